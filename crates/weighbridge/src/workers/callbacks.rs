//! Sends callbacks: leases due rows of the outbox, posts them by the guarded client, records each
//! attempt and what follows from it (callbacks.md 3).

use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderMap;
use bytes::Bytes;
use domain::Environment;
use outbound::{Exchange, Outcome};
use store::environment::callbacks::{self, LeasedCallback, NewAttempt, Next};
use store::environment::tasks;
use store::{EnvironmentStore, StoreError};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

pub use super::schedule::TRIES_MAX;
use super::schedule::{next_try, window_start};
use crate::app::App;
use crate::callback_request::{self, Try};
use crate::clock::random_bytes;
use crate::http::dev_receiver;

/// How long a row is leased; a whole try fits three times.
const LEASE_MS: i64 = 60 * 1000;
/// A try is not begun with less than this left of the lease.
const LEASE_LEFT_MIN_MS: i64 = 20 * 1000;
/// Tries in flight, per process and mode.
const IN_FLIGHT_MAX: usize = 64;
/// The outbox is looked at this often, whatever the bell says.
const POLL_EVERY: Duration = Duration::from_secs(1);
/// After a stop, tries under way get this long.
const STOP_GRACE: Duration = Duration::from_secs(20);
/// A row without an auth key to send is looked at again after this long.
const KEY_MISSING_WAIT_MS: i64 = 60 * 1000;

/// Runs until `stop` turns true, then waits for what is under way.
pub async fn run(app: Arc<App>, environment: Environment, mut stop: watch::Receiver<bool>) {
    let owner = format!(
        "{}-{:016x}",
        std::process::id(),
        u64::from_ne_bytes(random_bytes())
    );
    let places = Arc::new(Semaphore::new(IN_FLIGHT_MAX));
    let mut tries = JoinSet::new();
    while !*stop.borrow() {
        while tries.try_join_next().is_some() {}
        let free = places.available_permits();
        let leased = if free == 0 {
            Vec::new()
        } else {
            lease(&app, environment, &owner, free).await
        };
        if leased.is_empty() {
            tokio::select! {
                () = app.callbacks_due(environment).notified(), if free > 0 => {}
                () = tokio::time::sleep(POLL_EVERY) => {}
                Some(_) = tries.join_next(), if free == 0 => {}
                _ = stop.changed() => {}
            }
            continue;
        }
        for callback in leased {
            let Ok(place) = places.clone().acquire_owned().await else {
                return;
            };
            let (app, stop) = (app.clone(), stop.clone());
            tries.spawn(async move {
                let _place = place;
                handle(&app, environment, callback, &stop).await;
            });
        }
    }
    let finished = async { while tries.join_next().await.is_some() {} };
    if tokio::time::timeout(STOP_GRACE, finished).await.is_err() {
        // The leases of what is cut here lapse, and the rows go out again.
        tracing::warn!("callbacks that were under way at the stop are sent again later");
    }
}

async fn lease(
    app: &App,
    environment: Environment,
    owner: &str,
    limit: usize,
) -> Vec<LeasedCallback> {
    let now_ms = app.clock.now_ms();
    let owner = owner.to_owned();
    let leased = app
        .stores
        .environment(environment)
        .write(move |tx| callbacks::lease_due(tx, &owner, now_ms, now_ms + LEASE_MS, limit as i64))
        .await;
    leased.unwrap_or_else(|error: StoreError| {
        tracing::warn!(%error, %environment, "no callbacks could be leased");
        Vec::new()
    })
}

async fn handle(
    app: &App,
    environment: Environment,
    callback: LeasedCallback,
    stop: &watch::Receiver<bool>,
) {
    let store = app.stores.environment(environment);
    let leased_at_ms = app.clock.now_ms();
    if callback.worker_lost {
        note_lost_worker(store, &callback, leased_at_ms).await;
    }
    if *stop.borrow() {
        let unsent = callback.clone();
        let handed_back = store
            .write(move |tx| callbacks::hand_back(tx, &unsent))
            .await;
        if let Err::<_, StoreError>(error) = handed_back {
            tracing::warn!(%error, "a callback could not be handed back");
        }
        return;
    }
    let started_ms = app.clock.now_ms();
    if started_ms > leased_at_ms + LEASE_MS - LEASE_LEFT_MIN_MS {
        return;
    }
    let Some(headers) = headers(app, environment, &callback, started_ms) else {
        tracing::error!(account.id = %callback.account, "the account has no callback auth key to send");
        wait_for_key(store, &callback, started_ms).await;
        return;
    };
    let body = Bytes::from(callback.body.clone());
    let exchange = match dev_receiver::receive(app, &callback.url, &headers, &body) {
        Some(exchange) => exchange,
        None => app.outbound.post(&callback.url, headers, body).await,
    };
    let ended_ms = app.clock.now_ms();
    app.measures
        .count_callback(exchange.outcome == Outcome::Delivered);
    record(store, callback, &exchange, started_ms, ended_ms).await;
}

fn headers(
    app: &App,
    environment: Environment,
    callback: &LeasedCallback,
    now_ms: i64,
) -> Option<HeaderMap> {
    let account = app.directory.account(callback.account)?;
    let of = Try {
        callback_id: callback.callback_id,
        event: &callback.event,
        sequence: callback.sequence,
        attempt: callback.tries + 1,
        body: &callback.body,
        is_replay: false,
        is_trial: false,
    };
    Some(callback_request::headers(&account, environment, &of, now_ms)?.headers)
}

/// What is kept of a try. Not the answer's body: an echoing receiver sends our key back in it.
fn attempt_of(exchange: &Exchange, started_ms: i64) -> NewAttempt {
    NewAttempt {
        started_at: started_ms,
        duration_ms: Some(exchange.phases_ms.total as i64),
        address: exchange.address.map(|address| address.to_string()),
        http_status: exchange.status.map(i64::from),
        outcome: exchange.outcome.as_str().to_owned(),
        detail: Some(exchange.detail.clone()),
    }
}

async fn record(
    store: &EnvironmentStore,
    callback: LeasedCallback,
    exchange: &Exchange,
    started_ms: i64,
    ended_ms: i64,
) {
    let tries = callback.tries + 1;
    let window = window_start(callback.window_start, callback.due_at, started_ms);
    let chance = f64::from(u32::from_ne_bytes(random_bytes())) / f64::from(u32::MAX);
    let next = match exchange.outcome {
        Outcome::Delivered => Next::Delivered,
        Outcome::Gone => Next::Failed,
        Outcome::BlockedLiteral => Next::Blocked,
        Outcome::Redirect { .. }
        | Outcome::HttpStatus
        | Outcome::Dns
        | Outcome::BlockedAddress { .. }
        | Outcome::PlainHttp
        | Outcome::Refused
        | Outcome::Reset
        | Outcome::Tls
        | Outcome::TimeoutConnect
        | Outcome::TimeoutWhole
        | Outcome::BadHttp
        | Outcome::TooLate
        | Outcome::Proxy => {
            next_try(tries, window, ended_ms, chance).map_or(Next::Failed, Next::TryAt)
        }
    };
    let attempt = attempt_of(exchange, started_ms);
    let (account, callback_id) = (callback.account, callback.callback_id);
    let written = store
        .write(move |tx| -> Result<(), StoreError> {
            let ours =
                callbacks::record_attempt(tx, &callback, &attempt, tries, window, next, ended_ms)?;
            if let (true, Some(task_id)) = (ours, callback.task_id) {
                match next {
                    Next::Delivered => {
                        tasks::set_callback_result(tx, account, task_id, true, ended_ms)?;
                    }
                    Next::Failed | Next::Blocked => {
                        tasks::set_callback_result(tx, account, task_id, false, ended_ms)?;
                    }
                    Next::TryAt(_) => {}
                }
            }
            Ok(())
        })
        .await;
    if let Err(error) = written {
        // The lease lapses and the row goes out again with the same id.
        tracing::warn!(%error, callback.id = %callback_id, "an attempt could not be recorded");
    }
}

async fn note_lost_worker(store: &EnvironmentStore, callback: &LeasedCallback, now_ms: i64) {
    let attempt =
        NewAttempt::without_exchange(now_ms - LEASE_MS, "worker_lost", "unknown: worker lost");
    let lost = callback.clone();
    let written = store
        .write(move |tx| callbacks::add_attempt(tx, &lost, &attempt))
        .await;
    if let Err::<_, StoreError>(error) = written {
        tracing::warn!(%error, "a lost worker's attempt could not be recorded");
    }
}

async fn wait_for_key(store: &EnvironmentStore, callback: &LeasedCallback, now_ms: i64) {
    let attempt = NewAttempt::without_exchange(
        now_ms,
        "no_auth_key",
        "not sent: the account has no callback auth key",
    );
    let waiting = callback.clone();
    let written = store
        .write(move |tx| {
            let window = waiting.window_start.unwrap_or(now_ms);
            let next = Next::TryAt(now_ms + KEY_MISSING_WAIT_MS);
            callbacks::record_attempt(tx, &waiting, &attempt, waiting.tries, window, next, now_ms)
        })
        .await;
    if let Err::<_, StoreError>(error) = written {
        tracing::warn!(%error, "a waiting callback could not be put back");
    }
}
