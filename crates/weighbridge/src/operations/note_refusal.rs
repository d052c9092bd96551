//! Notes refused attempts at what needs a recent log-in (authentication.md 2.9): at most one entry a
//! minute for an actor and a capability.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use domain::{AccountId, Capability};
use serde_json::json;

use super::audit::{self, Actor, Event};
use crate::app::App;

/// Time between two entries for the same actor and capability.
const PAUSE_MS: i64 = 60 * 1000;
/// Actors and capabilities that are remembered.
const REMEMBERED_MAX: usize = 10_000;

/// When a refusal was last noted, by actor and capability.
#[derive(Default)]
pub struct Refusals {
    noted: Mutex<HashMap<(Option<String>, Capability), i64>>,
}

impl Refusals {
    fn is_due(&self, actor: &Actor, capability: Capability, now_ms: i64) -> bool {
        let Ok(mut noted) = self.noted.lock() else {
            return false;
        };
        if noted.len() >= REMEMBERED_MAX {
            noted.retain(|_, at| now_ms - *at < PAUSE_MS);
        }
        let last = noted
            .entry((actor.id.clone(), capability))
            .or_insert(i64::MIN);
        let is_due = now_ms.saturating_sub(*last) >= PAUSE_MS;
        if is_due {
            *last = now_ms;
        }
        is_due
    }
}

/// Notes a refusal beside the answer, which does not wait for it.
pub fn note_refusal(
    app: &Arc<App>,
    account: AccountId,
    actor: Actor,
    capability: Capability,
    code: &'static str,
) {
    let now_ms = app.clock.now_ms();
    if !app.refusals.is_due(&actor, capability, now_ms) {
        return;
    }
    let app = app.clone();
    tokio::spawn(async move {
        let secrets = app.secrets.clone();
        let event = Event {
            action: "refused",
            target: Some(capability.as_str().to_owned()),
            after: Some(json!({"what": capability.description(), "code": code})),
            ..Event::default()
        };
        let written = app
            .stores
            .control
            .write(move |tx| audit::append(tx, &secrets, account, &actor, &event, now_ms))
            .await;
        if let Err(error) = written {
            tracing::warn!(%error, "a refusal could not be noted");
        }
    });
}
