//! Changes of receivers that the account's people are told of by mail (callbacks.md 3.6).

use std::sync::Arc;

use domain::time::DAY_MS;
use domain::{AccountId, Environment, Role};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use store::StoreError;
use store::control::team;
use store::environment::callback_notices;

use super::breaker::Turn;
use crate::app::App;
use crate::operations::send_mail::{Letter, queue_mail};

/// At most one mail in this time about one receiver.
const MAIL_EVERY_MS: i64 = DAY_MS;

/// Something about a receiver that people are told.
#[derive(Clone, Debug)]
pub struct Notice {
    /// Account.
    pub account: AccountId,
    /// Which receiver.
    pub target: String,
    /// What happened.
    pub turn: Turn,
}

/// Tells it, after the transaction in which it happened. Returns at once: deliveries do not wait for
/// letters.
pub fn notify(app: &Arc<App>, environment: Environment, notices: Vec<Notice>) {
    for notice in &notices {
        let Notice {
            account, target, ..
        } = notice;
        match notice.turn {
            Turn::FirstFailure => {
                tracing::warn!(account.id = %account, target, %environment, "a receiver's callbacks begin to fail");
            }
            Turn::Paused => {
                tracing::warn!(account.id = %account, target, %environment, "a receiver was paused: it has been failing for three days");
            }
            Turn::Resumed => {
                tracing::info!(account.id = %account, target, %environment, "a receiver is back, and its pause is over");
            }
        }
    }
    if environment.is_test() || !app.can_mail() {
        return;
    }
    let app = app.clone();
    tokio::spawn(async move {
        for notice in notices {
            if let Err(error) = mail(&app, &notice).await {
                tracing::warn!(%error, account.id = %notice.account, "nobody could be told of a receiver");
            }
        }
    });
}

/// Queues the letters of a notice of live mode, unless there was one about the receiver lately. A
/// crash in between costs a letter: the page shows the same.
async fn mail(app: &App, notice: &Notice) -> Result<(), StoreError> {
    let now_ms = app.clock.now_ms();
    let (account, target) = (notice.account, notice.target.clone());
    let may_tell = app
        .stores
        .live
        .write(move |tx| {
            let not_since_ms = now_ms - MAIL_EVERY_MS;
            callback_notices::may_tell(tx, account, &target, now_ms, not_since_ms)
        })
        .await?;
    if !may_tell {
        return Ok(());
    }
    let letter = letter(notice);
    let ids = app.ids.clone();
    app.stores
        .control
        .write(move |tx| -> Result<(), StoreError> {
            for person in team::people(tx, account)? {
                let may_help = matches!(person.role, Role::Admin | Role::Manager);
                if may_help && person.is_active() && person.email_confirmed_at.is_some() {
                    queue_mail(tx, &ids, account, &person.email, &letter, None, now_ms)?;
                }
            }
            Ok(())
        })
        .await?;
    app.mail_due.notify_one();
    Ok(())
}

fn letter(notice: &Notice) -> Letter {
    let target = notice.target.clone();
    let page = format!(
        "live/callbacks?target={}",
        utf8_percent_encode(&target, NON_ALPHANUMERIC)
    );
    match notice.turn {
        Turn::FirstFailure => Letter::ReceiverFails { target, page },
        Turn::Paused => Letter::ReceiverPaused { target, page },
        Turn::Resumed => Letter::ReceiverResumed { target, page },
    }
}
