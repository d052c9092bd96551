//! What the commands do first: open the stores, load the secrets, put the app together.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, bail};
use axum::http::HeaderValue;
use keys::{Fingerprint, Secrets};
use outbound::{GuardedClient, OwnServices, Settings};
use store::control::accounts;
use store::{ControlStore, Location, StoreError, Stores};
use url::Url;

use crate::app::App;
use crate::clock::{Clock, random_bytes};
use crate::config::{Config, MailServer};
use crate::directory::Directory;
use crate::operations::manage_signing_secrets::make_missing_secrets;
use crate::operations::redigest_keys::redigest_keys;

/// Opens and migrates the three databases.
pub async fn open_stores(config: &Config) -> anyhow::Result<Stores> {
    if let Location::Folder(folder) = &config.location {
        make_private_folder(folder)?;
    }
    // Spreads this process's counter rows; PostgreSQL's threads add to it.
    let slot = i64::from(u16::from_ne_bytes(random_bytes()) & 0x3f) << 8;
    Ok(Stores::open(&config.location, slot).await?)
}

/// Makes a folder that only its owner may read.
pub fn make_private_folder(folder: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .with_context(|| format!("the folder {} cannot be made", folder.display()))
}

/// Keeps a second server off the same folder. Held as long as the file is open.
pub fn lock_folder(config: &Config) -> anyhow::Result<Option<File>> {
    let Location::Folder(folder) = &config.location else {
        return Ok(None);
    };
    let path = folder.join("serve.lock");
    let file = File::create(&path).with_context(|| format!("{} cannot be made", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => bail!(
            "another server runs on {} already\n  One process serves a folder of SQLite \
             databases. Stop the other one, or use --database postgres://… for several.",
            folder.display()
        ),
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("{} cannot be locked", path.display()))
        }
    }
}

/// Loads the secrets file; makes it where the database has never seen one.
pub async fn load_secrets(config: &Config, control: &ControlStore) -> anyhow::Result<Arc<Secrets>> {
    let known: Vec<Fingerprint> = control
        .read(accounts::secret_fingerprints)
        .await?
        .into_iter()
        .filter_map(|(entry, version, fingerprint)| {
            Some(Fingerprint {
                entry: entry.parse().ok()?,
                version: u32::try_from(version).ok()?,
                fingerprint: fingerprint.try_into().ok()?,
            })
        })
        .collect();
    let path = &config.secrets_file;
    let secrets = if path.exists() {
        Secrets::load(path)?
    } else if known.is_empty() {
        if let Some(folder) = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
        {
            make_private_folder(folder)?;
        }
        Secrets::create(path)?
    } else {
        bail!(
            "the secrets file {} is missing, and the database was made with one\n  Put it back \
             from where you keep it, or name it with --secrets-file.",
            path.display()
        );
    };
    let new = secrets.check_fingerprints(&known)?;
    control
        .write(move |tx| -> Result<(), StoreError> {
            for mark in &new {
                let version = i64::from(mark.version);
                accounts::remember_fingerprint(
                    tx,
                    mark.entry.as_str(),
                    version,
                    &mark.fingerprint,
                )?;
            }
            Ok(())
        })
        .await?;
    Ok(Arc::new(secrets))
}

/// What callbacks must never reach: where this server listens, and what its settings name.
fn own_services(config: &Config) -> OwnServices {
    let of_url = |url: &Url| Some((url.host_str()?.to_owned(), url.port_or_known_default()?));
    let mail = config.mail.as_ref().and_then(MailServer::address);
    OwnServices {
        listening: std::iter::once(config.listen)
            .chain(config.metrics_listen)
            .collect(),
        services: config.location.servers().into_iter().chain(mail).collect(),
        public: config.public_url.as_ref().and_then(of_url),
    }
}

/// Puts a server together: nothing listens yet.
pub async fn build_app(config: Config) -> anyhow::Result<Arc<App>> {
    let stores = open_stores(&config).await?;
    let secrets = load_secrets(&config, &stores.control).await?;
    let clock = Clock::System;
    let redigested = redigest_keys(&stores.control, &secrets, clock.now_ms()).await?;
    if redigested > 0 {
        tracing::info!(keys = redigested, "keys were moved to the newer pepper");
    }
    make_missing_secrets(&stores.control, &secrets, clock.now_ms()).await?;
    let directory = Directory::new(config.max_staleness_ms);
    directory.refresh(&stores.control, &secrets, &clock).await?;
    let user_agent = concat!("Weighbridge/", env!("CARGO_PKG_VERSION"));
    let outbound = GuardedClient::new(Settings {
        allow_list: config.allow_list.clone(),
        nat64_prefix: config.outbound_nat64_prefix,
        own_services: own_services(&config),
        proxy: config.outbound_proxy.clone(),
        extra_ca: config.outbound_ca_file.clone(),
        user_agent: HeaderValue::from_static(user_agent),
        ..Settings::default()
    })?;
    outbound.refresh_own_addresses().await;
    Ok(Arc::new(App::new(
        stores,
        directory,
        secrets,
        clock,
        outbound,
        Arc::new(config),
    )))
}
