//! Who uses each key, by address and program, for the page of a roll: noted in memory while requests
//! are served, written about once a minute by `workers/key_uses.rs`.

use std::cell::RefCell;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Mutex;

use axum::http::HeaderMap;
use domain::{AccountId, KeyId};
use store::control::key_uses::KeyUseRow;

/// Uses of one key from one address closer together than this are noted as one.
const RESOLUTION_MS: i64 = 1_000;
/// Most pairs of key and address that a thread remembers, or that wait to be written.
const PAIRS_MAX: usize = 10_000;
/// Most characters of a program's name that are kept.
const USER_AGENT_LENGTH_MAX: usize = 100;

/// Uses that wait to be written.
#[derive(Default)]
pub struct KeyUses {
    waiting: Mutex<HashMap<(KeyId, IpAddr), KeyUseRow>>,
}

impl KeyUses {
    /// Notes a use. No lock and no allocation but for the first use of a key from an address within
    /// a second: each thread knows what it has noted lately.
    pub fn note(
        &self,
        account_id: AccountId,
        key_id: KeyId,
        address: IpAddr,
        headers: &HeaderMap,
        now_ms: i64,
    ) {
        thread_local! {
            static NOTED: RefCell<HashMap<(KeyId, IpAddr), i64>> = RefCell::default();
        }
        let pair = (key_id, address);
        let is_new = NOTED.with_borrow_mut(|noted| {
            if noted
                .get(&pair)
                .is_some_and(|at| now_ms - at < RESOLUTION_MS)
            {
                return false;
            }
            if noted.len() >= PAIRS_MAX {
                noted.clear();
            }
            noted.insert(pair, now_ms);
            true
        });
        if !is_new {
            return;
        }
        let user_agent = headers
            .get(axum::http::header::USER_AGENT)
            .map(|value| String::from_utf8_lossy(value.as_bytes()))
            .unwrap_or_default();
        let user_agent = user_agent
            .chars()
            .filter(|character| !character.is_control())
            .take(USER_AGENT_LENGTH_MAX)
            .collect();
        let Ok(mut waiting) = self.waiting.lock() else {
            return;
        };
        if waiting.len() < PAIRS_MAX || waiting.contains_key(&pair) {
            let used = KeyUseRow {
                account_id,
                key_id,
                address: address.to_string(),
                user_agent,
                last_used_at: now_ms,
            };
            waiting.insert(pair, used);
        }
    }

    /// What waits to be written of an account's keys, newest first: this process's news of the last
    /// minute.
    pub fn of_account(&self, account_id: AccountId) -> Vec<KeyUseRow> {
        let Ok(waiting) = self.waiting.lock() else {
            return Vec::new();
        };
        let ours = waiting
            .values()
            .filter(|used| used.account_id == account_id);
        let mut found: Vec<KeyUseRow> = ours.cloned().collect();
        found.sort_by_key(|used| std::cmp::Reverse(used.last_used_at));
        found
    }

    /// Takes what waits to be written, oldest first.
    pub fn take(&self) -> Vec<KeyUseRow> {
        let Ok(mut waiting) = self.waiting.lock() else {
            return Vec::new();
        };
        let mut taken: Vec<KeyUseRow> = std::mem::take(&mut *waiting).into_values().collect();
        taken.sort_by_key(|used| used.last_used_at);
        taken
    }
}
