//! `weighbridge dev`: everything on one machine, with a demo account and sample work. What it
//! makes is kept over restarts.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use clap::Args;
use domain::{AccountId, Environment, Role, UserId};
use keys::KeyKind;
use serde_json::{Value, json};
use store::StoreError;
use store::control::feed::{self, Change};
use store::control::{accounts, keys as stored_keys, users};
use tokio::net::TcpListener;

use super::{Sources, print};
use crate::app::App;
use crate::clock::{Clock, IdSource};
use crate::config::Config;
use crate::directory::{open_data_key, open_key};
use crate::http::{dev_mail, dev_receiver, samples};
use crate::operations::create_account::{NewUser, make_first_account, read_user};
use crate::operations::create_project::{CreateProject, create_project};
use crate::operations::create_task::{CreateTask, create_task};
use crate::{server, startup};

/// The demo account is no secret: it lives on this machine alone.
const PASSWORD: &str = "weighbridge-demo";
const ADMIN: &str = "admin@example.com";
const LABELER: &str = "labeler@example.com";

#[derive(Args)]
pub(super) struct Dev {
    /// Where to listen [default: 127.0.0.1:8080]
    #[arg(long, value_name = "HOST:PORT")]
    listen: Option<String>,
    /// Folder of the demo's data
    #[arg(long, value_name = "DIR")]
    data_dir: Option<String>,
}

impl Dev {
    pub(super) async fn run(self, sources: &Sources) -> anyhow::Result<()> {
        let options = vec![
            ("listen", self.listen.into_iter().collect()),
            ("data_dir", self.data_dir.into_iter().collect()),
        ];
        let mut values = sources.values(&options)?;
        values.preset("data_dir", &["./.weighbridge"]);
        values.preset("allow_callback_network", &["127.0.0.0/8", "::1/128"]);
        let mut config = Config::read(&values, true)?;
        startup::make_private_folder(&config.data_dir)?;
        let _lock = startup::lock_folder(&config)?;
        let listener = TcpListener::bind(config.listen).await.with_context(|| {
            format!(
                "cannot listen on {}\n  Choose another: weighbridge dev --listen 127.0.0.1:8081",
                config.listen
            )
        })?;
        config.listen = listener.local_addr()?;
        let stop = server::stop_signal();
        let base = config.base_url();
        let folder = config.data_dir.clone();
        let app = startup::build_app(config).await?;
        let account = make_demo(&app).await?;
        print(&welcome(&app, account, &base, &folder).await?)?;
        server::run(app, listener, None, stop).await;
        Ok(())
    }
}

async fn make_demo(app: &Arc<App>) -> anyhow::Result<AccountId> {
    let control = &app.stores.control;
    let receiver = format!("{}{}", app.config.base_url(), dev_receiver::PATH);
    if let Some(account) = control.read(accounts::list).await?.first() {
        // The port may be another one than last time.
        let account_id = account.account_id;
        let now_ms = app.clock.now_ms();
        control
            .write(move |tx| -> Result<(), StoreError> {
                accounts::set_default_callback_url(tx, account_id, Some(&receiver))?;
                feed::record(tx, account_id, Change::Account, now_ms)?;
                Ok(())
            })
            .await?;
        refresh(app).await?;
        return Ok(account_id);
    }
    let admin = NewUser {
        email: ADMIN,
        name: "Ada Admin",
        role: Role::Admin,
        password: PASSWORD,
    };
    let made = make_first_account(control, &app.secrets, "Demo", Some(receiver), &admin).await?;
    let now_ms = Clock::System.now_ms();
    let (time, random) = IdSource::default().next(now_ms);
    let labeler = NewUser {
        email: LABELER,
        name: "Leo Labeler",
        role: Role::Labeler,
        password: PASSWORD,
    };
    let labeler = read_user(
        &app.secrets,
        made.account_id,
        UserId::from_parts(time, random),
        &labeler,
    )?;
    control
        .write(move |tx| users::insert(tx, &labeler, now_ms))
        .await
        .map_err(|error: StoreError| error)?;
    refresh(app).await?;
    make_samples(app, made.account_id).await?;
    Ok(made.account_id)
}

async fn refresh(app: &App) -> anyhow::Result<()> {
    app.directory
        .refresh(&app.stores.control, &app.secrets, &app.clock)
        .await?;
    Ok(())
}

/// Sample projects of live mode, with a task for each picture.
async fn make_samples(app: &App, account: AccountId) -> anyhow::Result<()> {
    let boxes = json!({
        "instruction": "Draw a **box** around each thing that you see, and a **polygon** around \
            its most important part.",
        "geometries": {
            "box": {"objects_to_annotate": ["animal", "cup", "person", "vehicle"]},
            "polygon": {"objects_to_annotate": ["face", "cup", "helmet", "flame"]},
        },
    });
    let categories = json!({
        "instruction": "Choose what the picture shows.",
        "attachment_type": "image",
        "categories": ["animal", "food or drink", "person", "something else"],
    });
    make_sample(app, account, "Things in pictures", "imageannotation", boxes).await?;
    make_sample(
        app,
        account,
        "What is in the picture?",
        "categorization",
        categories,
    )
    .await
}

async fn make_sample(
    app: &App,
    account: AccountId,
    name: &str,
    task_type: &str,
    params: Value,
) -> anyhow::Result<()> {
    let object = |value: Value| value.as_object().cloned().unwrap_or_default();
    let failed = |error: crate::error::ApiError| anyhow::anyhow!("sample data: {}", error.message);
    let live = &app.stores.live;
    let project = CreateProject {
        name: name.to_owned(),
        task_type: task_type.to_owned(),
        params: object(params),
        rapid: false,
        studio: false,
        dataset_id: None,
        pipeline: None,
    };
    create_project(app, account, live, project)
        .await
        .map_err(failed)?;
    for picture in samples::names() {
        let attachment = format!("{}/samples/{picture}", app.config.base_url());
        let body = object(json!({"project": name, "attachment": attachment}));
        let request = CreateTask {
            task_type: task_type.to_owned(),
            body,
            idempotency_key: None,
        };
        create_task(app, account, live, request)
            .await
            .map_err(failed)?;
    }
    Ok(())
}

async fn welcome(
    app: &App,
    account_id: AccountId,
    base: &str,
    folder: &Path,
) -> anyhow::Result<String> {
    let (account, keys) = app
        .stores
        .control
        .read(move |tx| -> Result<_, StoreError> {
            Ok((
                accounts::find(tx, account_id)?,
                stored_keys::of_account(tx, account_id)?,
            ))
        })
        .await?;
    let account = account.context("the demo account is missing")?;
    let data_key = open_data_key(&account, &app.secrets)
        .context("the secrets file does not fit the demo's databases")?;
    let text = |kind: KeyKind, environment: Environment| {
        keys.iter()
            .filter(|row| row.kind == kind.as_str() && row.environment == environment)
            .find_map(|row| open_key(row, kind, &data_key))
            .map_or_else(|| "-".to_owned(), |text| text.expose().to_owned())
    };
    let live_key = text(KeyKind::Api, Environment::Live);
    let test_key = text(KeyKind::Api, Environment::Test);
    let auth = text(KeyKind::CallbackAuth, Environment::Live);
    let sample = samples::names().into_iter().next().unwrap_or_default();
    Ok(format!(
        "Weighbridge is running: {base}\n\n\
         Log in          {base}/login\n\
         \x20 admin         {ADMIN}    password {PASSWORD}\n\
         \x20 labeler       {LABELER}  password {PASSWORD}\n\n\
         Live API key    {live_key}\n\
         Test API key    {test_key}\n\
         Live Callback Auth Key\n\
         \x20               {auth}\n\n\
         API             {base}/v1\n\
         API document    {base}/openapi.json\n\
         Sample photo    {base}/samples/{sample}   (all: {base}/samples)\n\
         Callbacks       {base}{receiver}   (what the built-in receiver got)\n\
         Mail            {base}{mail}   (what would have gone out)\n\
         Data            {folder}\n\n\
         Create a task:\n\
         \x20 curl {base}/v1/task/categorization -u \"{live_key}:\" \\\n\
         \x20   -H 'content-type: application/json' \\\n\
         \x20   -d '{{\"attachment\":\"{base}/samples/{sample}\",\"attachment_type\":\"image\",\
         \"categories\":[\"animal\",\"food\"],\"instruction\":\"What is it?\"}}'\n\
         \x20 then log in as the labeler and press Start.\n\n\
         Stop with Ctrl-C.",
        receiver = dev_receiver::PATH,
        mail = dev_mail::PATH,
        folder = folder.display(),
    ))
}
