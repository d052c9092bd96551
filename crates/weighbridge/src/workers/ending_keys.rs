//! Tells Admins and Managers by mail of rolled keys that end within the hour and are still used
//! (authentication.md 2.3, Rolling).

use std::sync::Arc;
use std::time::Duration;

use domain::Role;
use domain::time::{HOUR_MS, format_time};
use store::StoreError;
use store::control::{keys, team};
use tokio::sync::watch;

use crate::app::App;
use crate::operations::send_mail::{Letter, queue_mail};

/// How often.
const LOOK_EVERY: Duration = Duration::from_secs(60);
/// Runs until `stop` turns true.
pub(super) async fn run(app: Arc<App>, mut stop: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            _ = stop.changed() => return,
        }
        if let Err(error) = run_once(&app).await {
            tracing::warn!(%error, "nobody could be told of keys that end soon");
        }
    }
}

/// Queues the mail that is due now; gives for how many keys.
pub async fn run_once(app: &App) -> Result<usize, StoreError> {
    if !app.can_mail() {
        return Ok(0);
    }
    let now_ms = app.clock.now_ms();
    let ids = app.ids.clone();
    let told = app
        .stores
        .control
        .write(move |tx| -> Result<usize, StoreError> {
            let ending = keys::ending(tx, now_ms, now_ms + HOUR_MS, now_ms - HOUR_MS)?;
            let mut told = 0;
            for key in &ending {
                // Another process may be at it, too.
                if !keys::set_end_told(tx, key.account_id, key.key_id, now_ms)? {
                    continue;
                }
                told += 1;
                let letter = Letter::KeyEnds {
                    name: key.name.clone(),
                    hint: key.hint.clone(),
                    mode: key.environment.clone(),
                    ends_at: format_time(key.expires_at),
                };
                for person in team::people(tx, key.account_id)? {
                    let may_help = matches!(person.role, Role::Admin | Role::Manager);
                    if may_help && person.is_active() {
                        let to = &person.email;
                        queue_mail(tx, &ids, key.account_id, to, &letter, None, now_ms)?;
                    }
                }
            }
            Ok(told)
        })
        .await?;
    if told > 0 {
        app.mail_due.notify_one();
    }
    Ok(told)
}
