//! What an account's callbacks are signed with: made, shown and rolled, each with its audit entry in
//! the same transaction (callbacks.md 2.1, 5). Every change advances the feed by which running
//! servers learn of it.

use std::sync::Arc;

use domain::time::format_time;
use domain::{AccountId, Environment, SigningSecretId};
use keys::{DataKey, KeyText, SealError, Secrets, SigningPlace, SigningSecret};
use serde_json::json;
use store::control::signing_secrets::{self, NewSigningSecret, SigningSecretRow};
use store::control::{accounts, audit as stored_audit, feed};
use store::{ControlStore, StoreError, Tx};

use super::audit::{self, Event};
use super::authority::Authority;
use super::manage_keys::Changed;
use crate::app::App;
use crate::clock::IdSource;
use crate::directory::open_data_key;
use crate::signing_secrets::{RUNNING_MAX, open_secret};

/// Why a signing secret is not shown or rolled.
#[derive(Debug, thiserror::Error)]
pub enum SecretProblem {
    /// No such secret that runs, in this account and mode.
    #[error("There is no such signing secret; it may have ended.")]
    NotFound,
    /// Another would be one too many.
    #[error(
        "{RUNNING_MAX} signing secrets run already, the most there may be; the next of them ends \
         at {0}. To end all older ones now, roll without overlap."
    )]
    TooMany(String),
    /// It was moved here or damaged, or the secrets file is another one.
    #[error("This secret cannot be shown. Roll it to get one that can.")]
    DoesNotOpen,
    /// Sealing or the system's generator failed.
    #[error("The secret could not be sealed: {0}")]
    Sealing(String),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A new secret, and its row: ready to be stored as the current one.
pub fn new_secret(
    ids: &IdSource,
    data_key: &DataKey,
    account_id: AccountId,
    environment: Environment,
    now_ms: i64,
) -> Result<(SigningSecret, NewSigningSecret), SealError> {
    let (time, random) = ids.next(now_ms);
    let place = SigningPlace {
        account_id,
        secret_id: SigningSecretId::from_parts(time, random),
        environment,
    };
    let secret = SigningSecret::generate()?;
    let row = NewSigningSecret {
        account_id,
        secret_id: place.secret_id,
        environment,
        hint: secret.hint(),
        sealed: data_key.seal_signing(&place, &secret)?,
        public_key: secret.public_key(),
        created_at: now_ms,
    };
    Ok((secret, row))
}

/// Gives accounts that an older version made their secrets; gives how many secrets that were.
///
/// Processes that start at once agree: the store keeps one current secret of an account and mode,
/// and only who stored it records the change.
pub async fn make_missing_secrets(
    control: &ControlStore,
    secrets: &Secrets,
    now_ms: i64,
) -> Result<usize, StoreError> {
    let missing = control
        .read(|tx| -> Result<_, StoreError> {
            let mut missing = Vec::new();
            for environment in [Environment::Live, Environment::Test] {
                for account in signing_secrets::accounts_without(tx, environment)? {
                    missing.push((account, environment));
                }
            }
            missing
                .into_iter()
                .map(|(account, environment)| Ok((accounts::find(tx, account)?, environment)))
                .collect::<Result<Vec<_>, StoreError>>()
        })
        .await?;
    if missing.is_empty() {
        return Ok(0);
    }
    let ids = IdSource::default();
    // What does not open was told to the log; such an account signs nothing.
    let rows: Vec<_> = missing
        .into_iter()
        .filter_map(|(account, environment)| {
            let account = account?;
            let data_key = open_data_key(&account, secrets)?;
            new_secret(&ids, &data_key, account.account_id, environment, now_ms)
                .inspect_err(|error| tracing::error!(%error, "a signing secret was not made"))
                .ok()
        })
        .map(|(_, row)| row)
        .collect();
    control
        .write(move |tx| -> Result<usize, StoreError> {
            let mut changed = Vec::new();
            for row in &rows {
                if signing_secrets::insert(tx, row)? {
                    changed.push(row.account_id);
                }
            }
            let made = changed.len();
            changed.sort_unstable();
            changed.dedup();
            for account in changed {
                feed::record(tx, account, feed::Change::Account, now_ms)?;
            }
            Ok(made)
        })
        .await
}

/// The secrets of a mode that run, newest first.
pub async fn list(
    app: &App,
    account: AccountId,
    environment: Environment,
) -> Result<Vec<SigningSecretRow>, StoreError> {
    let now_ms = app.clock.now_ms();
    let mut rows = app
        .stores
        .control
        .read(move |tx| signing_secrets::of_account(tx, account))
        .await?;
    rows.retain(|row| row.environment == environment && row.is_running(now_ms));
    Ok(rows)
}

/// Opens a running secret's text. The audit entry is durable before the text leaves.
pub async fn reveal(
    app: &App,
    authority: Authority,
    environment: Environment,
    secret_id: SigningSecretId,
) -> Result<KeyText, SecretProblem> {
    let account = authority.account;
    let row = list(app, account, environment)
        .await?
        .into_iter()
        .find(|row| row.secret_id == secret_id)
        .ok_or(SecretProblem::NotFound)?;
    let data_key = data_key_of(app, account).await?;
    let secret = open_secret(&row, &data_key).ok_or(SecretProblem::DoesNotOpen)?;
    let change = Change::new(app, authority, environment);
    app.stores
        .control
        .write(move |tx| change.audit(tx, "signing_secret.reveal", secret_id, &row.hint, None))
        .await?;
    Ok(secret.text())
}

/// Makes a secret in the place of the current one, which goes on signing for `overlap_ms`. Without
/// overlap every older secret ends: one of them may be known to others.
pub async fn roll(
    app: &App,
    authority: Authority,
    environment: Environment,
    overlap_ms: i64,
) -> Result<Changed<KeyText>, SecretProblem> {
    let account = authority.account;
    let data_key = data_key_of(app, account).await?;
    let change = Change::new(app, authority, environment);
    let (secret, row) = new_secret(&app.ids, &data_key, account, environment, change.now_ms)
        .map_err(|error| SecretProblem::Sealing(error.to_string()))?;
    let version = app
        .stores
        .control
        .write(move |tx| change.roll(tx, &row, overlap_ms))
        .await?;
    Ok(Changed {
        value: secret.text(),
        version,
    })
}

async fn data_key_of(app: &App, account: AccountId) -> Result<DataKey, SecretProblem> {
    let row = app
        .stores
        .control
        .read(move |tx| accounts::find(tx, account))
        .await
        .map_err(SecretProblem::Store)?
        .ok_or(SecretProblem::NotFound)?;
    open_data_key(&row, &app.secrets).ok_or(SecretProblem::DoesNotOpen)
}

/// What a change's transaction needs.
struct Change {
    authority: Authority,
    environment: Environment,
    secrets: Arc<Secrets>,
    now_ms: i64,
}

impl Change {
    fn new(app: &App, authority: Authority, environment: Environment) -> Self {
        Self {
            authority,
            environment,
            secrets: app.secrets.clone(),
            now_ms: app.clock.now_ms(),
        }
    }

    fn roll(
        &self,
        tx: &mut Tx<'_>,
        row: &NewSigningSecret,
        overlap_ms: i64,
    ) -> Result<i64, SecretProblem> {
        let (account, mode) = (self.authority.account, self.environment);
        // Two rolls at once come one after the other.
        stored_audit::lock_and_find_last(tx, account)?;
        let running: Vec<_> = signing_secrets::of_account(tx, account)?
            .into_iter()
            .filter(|old| old.environment == mode && old.is_running(self.now_ms))
            .collect();
        if overlap_ms > 0 && running.len() >= RUNNING_MAX {
            let next_end = running.iter().filter_map(|old| old.expires_at).min();
            let next_end = next_end.map(format_time).unwrap_or_default();
            return Err(SecretProblem::TooMany(next_end));
        }
        let end = self.now_ms + overlap_ms;
        signing_secrets::end_current(tx, account, mode, end)?;
        if overlap_ms == 0 {
            signing_secrets::erase_older(tx, account, mode)?;
        }
        if !signing_secrets::insert(tx, row)? {
            return Err(StoreError::Database("a current signing secret is left".to_owned()).into());
        }
        let end = format_time(end);
        self.audit(
            tx,
            "signing_secret.roll",
            row.secret_id,
            &row.hint,
            Some(end),
        )?;
        Ok(feed::record(
            tx,
            account,
            feed::Change::Account,
            self.now_ms,
        )?)
    }

    fn audit(
        &self,
        tx: &mut Tx<'_>,
        action: &'static str,
        secret_id: SigningSecretId,
        hint: &str,
        old_ends_at: Option<String>,
    ) -> Result<(), SecretProblem> {
        let event = Event {
            action,
            target: Some(name_of(secret_id)),
            environment: Some(self.environment),
            before: None,
            after: Some(match old_ends_at {
                Some(end) => json!({"hint": hint, "old_secret_ends_at": end}),
                None => json!({"hint": hint}),
            }),
        };
        let (account, actor) = (self.authority.account, &self.authority.actor);
        audit::append(tx, &self.secrets, account, actor, &event, self.now_ms)?;
        Ok(())
    }
}

/// The public name of a secret.
pub fn name_of(secret_id: SigningSecretId) -> String {
    format!("ss_{secret_id}")
}
