//! One try: headers, the request by the guarded client, and what its answer means
//! (callbacks.md 3.2, 3.5).

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use domain::{Environment, PlainHttp};
use outbound::{Exchange, Outcome, PostOptions, Target};
use store::environment::callback_claims::LeasedCallback;
use tokio::sync::watch;
use tokio::time::Instant;

use super::mail;
use super::outcome::{Ended, Health, ShownAnswer, TryResult, Verdict};
use super::retry_after::retry_after_ms;
use crate::app::App;
use crate::callback_masking::mask_answer;
use crate::callback_request::{self, Try, TryHeaders};
use crate::clock::random_bytes;
use crate::directory::AccountSettings;
use crate::http::{dev_receiver, test_receiver};
use crate::operations::check_callback_address::not_pinned;

/// A try is not begun with less than this left of the lease, ms.
const LEASE_LEFT_MIN_MS: i64 = 20 * 1000;
/// A callback without an auth key to send is looked at again after this long, ms.
const KEY_MISSING_WAIT_MS: i64 = 60 * 1000;
/// After a failure of the operator's proxy a callback is due again after this long, ms.
const PROXY_WAIT_MS: i64 = 30 * 1000;
/// A try that was cut by the stop is due again after this long, ms.
const INTERRUPTED_WAIT_MS: i64 = 5 * 1000;

/// Makes one try, unless it is too late for it; `cut` turns true when it must end.
pub async fn send(
    app: &App,
    environment: Environment,
    mut callback: LeasedCallback,
    mut cut: watch::Receiver<bool>,
) -> Ended {
    let started_ms = app.clock.now_ms();
    let body = std::mem::take(&mut callback.body);
    let body_bytes = body.size();
    let result = if started_ms > callback.lease_until - LEASE_LEFT_MIN_MS {
        TryResult::without_exchange(Verdict::NotSent, "late", "not sent: the lease was over")
    } else {
        match body.into_bytes() {
            Ok(body) => tokio::select! {
                result = attempt(app, environment, &callback, body, started_ms) => result,
                _ = cut.wait_for(|cut| *cut) => TryResult::without_exchange(
                    Verdict::Uncounted { again_ms: INTERRUPTED_WAIT_MS, may_have_arrived: true },
                    "interrupted",
                    "cut off: the server was stopped",
                ),
            },
            Err(error) => TryResult::without_exchange(
                Verdict::FailedForGood,
                "bad_body",
                &format!("not sent: {error}"),
            ),
        }
    };
    Ended {
        callback,
        body_bytes,
        started_ms,
        finished_ms: app.clock.now_ms(),
        result,
        chance: f64::from(u32::from_ne_bytes(random_bytes())) / f64::from(u32::MAX),
    }
}

/// Sends by the way that the address asks for.
async fn attempt(
    app: &App,
    environment: Environment,
    callback: &LeasedCallback,
    body: Vec<u8>,
    now_ms: i64,
) -> TryResult {
    match mail::recipient_of(&callback.target) {
        Some(to) => mail::send(app, environment, callback, to, body).await,
        None => exchange(app, environment, callback, body.into(), now_ms).await,
    }
}

async fn exchange(
    app: &App,
    environment: Environment,
    callback: &LeasedCallback,
    body: Bytes,
    now_ms: i64,
) -> TryResult {
    let of = Try {
        callback_id: callback.callback_id,
        event: &callback.event,
        sequence: callback.sequence,
        attempt: callback.tries + 1,
        body: &body,
        is_replay: callback.cause.is_resend() && !callback.is_trial,
        is_trial: callback.is_trial,
    };
    let account = app.directory.account(callback.account);
    let made = account.and_then(|account| {
        let headers = callback_request::headers(&account, environment, &of, now_ms)?;
        Some((account, headers))
    });
    let Some((account, headers)) = made else {
        tracing::error!(account.id = %callback.account, "the account has no callback auth key to send");
        let verdict = Verdict::Uncounted {
            again_ms: KEY_MISSING_WAIT_MS,
            may_have_arrived: false,
        };
        let detail = "not sent: the account has no callback auth key";
        return TryResult::without_exchange(verdict, "no_auth_key", detail);
    };
    let TryHeaders {
        headers,
        auth_hint,
        previous_hint,
        signature,
    } = headers;
    let own = match dev_receiver::receive(app, &callback.url, &headers, &body) {
        Some(exchange) => Some(exchange),
        None => test_receiver::receive(app, &callback.url, &headers, &body).await,
    };
    let exchange = if let Some(exchange) = own {
        exchange
    } else {
        // The account may have pinned its hosts after this callback was made.
        if let Some(problem) = problem_of_target(&account, &callback.url) {
            return TryResult::without_exchange(Verdict::Blocked, "not_pinned", &problem);
        }
        post(app, &account, callback, headers, body).await
    };
    let mut result = read(&account, exchange, app.clock.now_ms());
    result.auth_hint = Some(auth_hint);
    result.previous_hint = previous_hint;
    result.signature = signature;
    result
}

/// Why the account's callbacks may not go to a URL: it pinned other hosts.
fn problem_of_target(account: &AccountSettings, url: &str) -> Option<String> {
    let pinned = account.pinned_hosts.as_ref()?;
    // What does not parse is refused by the guarded client, which says why.
    let target = Target::parse(url).ok()?;
    (!account.allows_target(&target))
        .then(|| format!("not sent: it {}", not_pinned(pinned, &target)))
}

async fn post(
    app: &App,
    account: &Arc<AccountSettings>,
    callback: &LeasedCallback,
    headers: axum::http::HeaderMap,
    body: Bytes,
) -> Exchange {
    // In this order: a process that is frozen in between must come out late, not early.
    let now = Instant::now();
    let left_ms = callback.lease_until - LEASE_LEFT_MIN_MS - app.clock.now_ms();
    let options = PostOptions {
        plain_http: account.plain_http == PlainHttp::Send,
        send_before: Some(now + Duration::from_millis(left_ms.max(0) as u64)),
    };
    app.outbound
        .post_with(&callback.url, headers, body, options)
        .await
}

/// What an exchange means.
fn read(account: &AccountSettings, exchange: Exchange, now_ms: i64) -> TryResult {
    let verdict = verdict(&exchange, now_ms);
    let answer = exchange.status.map(|_| {
        let masked = mask_answer(account, &exchange.headers, &exchange.body);
        ShownAnswer {
            headers: masked.headers,
            body: masked.body,
            is_complete: exchange.body_complete,
        }
    });
    TryResult {
        verdict,
        outcome: exchange.outcome.as_str(),
        detail: exchange.detail,
        status: exchange.status,
        address: exchange.address.map(|address| address.to_string()),
        dns_ms: exchange.phases_ms.dns.map(|ms| ms as i64),
        connect_ms: exchange.phases_ms.connect.map(|ms| ms as i64),
        duration_ms: Some(exchange.phases_ms.total as i64),
        answer,
        auth_hint: None,
        previous_hint: None,
        signature: None,
    }
}

fn verdict(exchange: &Exchange, now_ms: i64) -> Verdict {
    let failed = |health, slow_down| Verdict::Failed {
        health,
        retry_after_ms: None,
        slow_down,
    };
    match exchange.outcome {
        Outcome::Delivered => Verdict::Delivered,
        Outcome::Gone => Verdict::Gone,
        Outcome::BlockedLiteral => Verdict::Blocked,
        Outcome::PlainHttp => Verdict::HeldPlainHttp,
        Outcome::TooLate => Verdict::NotSent,
        Outcome::Proxy => Verdict::Uncounted {
            again_ms: PROXY_WAIT_MS,
            may_have_arrived: false,
        },
        Outcome::Redirect { .. } => failed(Health::Answers, false),
        Outcome::HttpStatus => {
            let status = exchange.status.unwrap_or_default();
            let wish = matches!(status, 429 | 503)
                .then(|| retry_after_ms(&exchange.headers, now_ms))
                .flatten();
            Verdict::Failed {
                health: if status == 429 || status >= 500 {
                    Health::Sick
                } else {
                    Health::Answers
                },
                retry_after_ms: wish,
                slow_down: wish.is_some() || matches!(status, 429 | 502 | 504),
            }
        }
        Outcome::TimeoutConnect | Outcome::TimeoutWhole => failed(Health::Sick, true),
        Outcome::Dns
        | Outcome::BlockedAddress { .. }
        | Outcome::Refused
        | Outcome::Reset
        | Outcome::Tls
        | Outcome::BadHttp => failed(Health::Sick, false),
    }
}
