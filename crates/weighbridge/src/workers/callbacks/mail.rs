//! A try at a callback whose address is an e-mail address (callbacks.md 3.1): the JSON is mailed to a
//! person of the account. A mail carries no key: it goes to people, not to programs that compare it.

use std::fmt::Write as _;
use std::time::Duration;

use domain::Environment;
use store::environment::callback_claims::LeasedCallback;
use tokio::time::timeout;

use super::outcome::{Health, TryResult, Verdict};
use crate::app::App;
use crate::file_links::File;
use crate::operations::check_callback_address::is_confirmed;
use crate::workers::letters::Words;
use crate::workers::mail::{self, OutgoingMail};

/// A larger body is not attached: the mail gives its address instead.
const ATTACHED_BYTES_MAX: usize = 256 * 1024;
/// Time for the mail server to take the mail; the lease holds longer.
const SEND_TIME_MAX: Duration = Duration::from_secs(30);
/// When the people of the account could not be looked up, it is tried again after this long, ms.
const LOOK_UP_WAIT_MS: i64 = 5 * 1000;

/// The address of a receiver that is a person's mail box, normalised; `None`: it is none.
pub(super) fn recipient_of(target: &str) -> Option<&str> {
    target.strip_prefix("mailto:")
}

/// Mails the callback to `to`.
pub(super) async fn send(
    app: &App,
    environment: Environment,
    callback: &LeasedCallback,
    to: &str,
    body: Vec<u8>,
) -> TryResult {
    let began_ms = app.clock.now_ms();
    match is_confirmed(app, callback.account, to.to_owned()).await {
        Ok(true) => {}
        Ok(false) => {
            let detail = format!(
                "not sent: {to} is no longer the confirmed address of a person of this account"
            );
            return TryResult::without_exchange(Verdict::FailedForGood, "mail_refused", &detail);
        }
        Err(error) => {
            tracing::warn!(%error, "it could not be looked up whether a callback may be mailed");
            let verdict = Verdict::Uncounted {
                again_ms: LOOK_UP_WAIT_MS,
                may_have_arrived: false,
            };
            let detail = "not sent: the people of the account could not be looked up";
            return TryResult::without_exchange(verdict, "mail_deferred", detail);
        }
    }
    let Some(way) = app.mail_way() else {
        let detail = "not sent: this server has no mail server";
        return TryResult::without_exchange(failed(Health::Unknown), "mail_failed", detail);
    };
    let outgoing = write(app, environment, callback, to, body);
    let sent = timeout(SEND_TIME_MAX, mail::send(app, way, outgoing)).await;
    let mut result = read(sent.ok());
    result.duration_ms = Some((app.clock.now_ms() - began_ms).max(0));
    result
}

/// What the mail server's word means; `None`: it gave none in time.
fn read(sent: Option<Result<(), mail::NotSent>>) -> TryResult {
    match sent {
        Some(Ok(())) => TryResult::without_exchange(
            Verdict::Delivered,
            "delivered",
            "the mail server took the mail",
        ),
        Some(Err(error)) if error.is_final => TryResult::without_exchange(
            Verdict::FailedForGood,
            "mail_refused",
            &format!("the mail server refuses it: {}", error.reason),
        ),
        Some(Err(error)) => {
            let (health, outcome) = match error.code {
                Some(400..500) => (Health::Answers, "mail_deferred"),
                Some(_) => (Health::Answers, "mail_failed"),
                None => (Health::Unknown, "mail_failed"),
            };
            let detail = format!("the mail server did not take it: {}", error.reason);
            TryResult::without_exchange(failed(health), outcome, &detail)
        }
        None => TryResult::without_exchange(
            failed(Health::Unknown),
            "mail_failed",
            &format!(
                "the mail server did not take it within {} s",
                SEND_TIME_MAX.as_secs()
            ),
        ),
    }
}

fn failed(health: Health) -> Verdict {
    Verdict::Failed {
        health,
        retry_after_ms: None,
        slow_down: false,
    }
}

/// The mail: what happened in words, and the JSON or its address.
fn write<'a>(
    app: &App,
    environment: Environment,
    callback: &LeasedCallback,
    to: &'a str,
    body: Vec<u8>,
) -> OutgoingMail<'a> {
    let id = callback.callback_id;
    let event = &callback.event;
    let (noun, subject_id) = match (callback.task_id, callback.batch_id) {
        (Some(task), _) => ("task", task.to_string()),
        (None, Some(batch)) => ("batch", batch.to_string()),
        (None, None) => ("callback", id.to_string()),
    };
    let mode = if environment.is_test() {
        " (test mode)"
    } else {
        ""
    };
    let mut text = format!(
        "Event: {event}\n{noun}: {subject_id}\nSequence: {}\nId: cb_{id}\nMode: {environment}\n\n",
        callback.sequence
    );
    let attachment = if body.len() <= ATTACHED_BYTES_MAX {
        text.push_str("The callback is attached as JSON.\n");
        Some((format!("{noun}-{subject_id}.json"), body))
    } else {
        let file = File::Body(id);
        let links = app.file_links(environment);
        let link = links.link(callback.account, file, app.clock.now_ms());
        let _ = writeln!(
            text,
            "The callback is too large for a mail. Its JSON is here for 7 days:\n\n{link}"
        );
        None
    };
    let base = app.config.base_url();
    let _ = writeln!(text, "\n-- \nWeighbridge, {base}");
    let host = url::Url::parse(&base)
        .ok()
        .and_then(|url| url.host_str().map(str::to_owned))
        .unwrap_or_else(|| "weighbridge".to_owned());
    OutgoingMail {
        to,
        words: Words {
            subject: format!("[Weighbridge] {event}: {noun} {subject_id}{mode}"),
            text,
        },
        // The same over all tries, so that a mail box shows a repeated one once.
        message_id: Some(format!("<cb_{id}@{host}>")),
        attachment,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(code: Option<u16>, is_final: bool) -> TryResult {
        read(Some(Err(mail::NotSent {
            reason: "no".to_owned(),
            is_final,
            code,
        })))
    }

    #[test]
    fn case_150_what_the_mail_server_says_decides() {
        assert_eq!(read(Some(Ok(()))).verdict, Verdict::Delivered);
        let refusal = refused(Some(550), true);
        assert_eq!(
            (refusal.verdict, refusal.outcome),
            (Verdict::FailedForGood, "mail_refused")
        );
        for (code, outcome) in [
            (Some(451), "mail_deferred"),
            (Some(535), "mail_failed"),
            (None, "mail_failed"),
        ] {
            let result = refused(code, false);
            assert!(matches!(result.verdict, Verdict::Failed { .. }), "{code:?}");
            assert_eq!(result.outcome, outcome, "{code:?}");
        }
        assert!(matches!(read(None).verdict, Verdict::Failed { .. }));
    }
}
