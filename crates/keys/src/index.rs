//! The complete index of keys in memory: digest → record.
//!
//! A hit takes no lock, no allocation and no database read: readers load an immutable map behind
//! an atomic pointer. A change of which keys exist copies that map (pointers only), which is right
//! because such changes are rare; a revocation only sets the record's atomics.
//!
//! Revoked and expired keys stay as tombstones, so that whoever still holds one is told what
//! happened to it.
//!
//! Source: reference/authentication.md part 2.2, "Index".

use std::cmp::Reverse;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use domain::KeyId;

use crate::digest::KeyDigest;
use crate::record::{KeyRecord, KeyRow, KeyUse};

/// How many revoked and expired keys are remembered, the newest ones first.
pub const TOMBSTONES_MAX: usize = 100_000;

/// A digest is its own hash.
#[derive(Default)]
struct DigestHasher(u64);

impl Hasher for DigestHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }
}

#[derive(Clone, Default)]
struct KeyMap {
    by_digest: HashMap<KeyDigest, Arc<KeyRecord>, BuildHasherDefault<DigestHasher>>,
    by_id: HashMap<KeyId, Arc<KeyRecord>>,
}

impl KeyMap {
    /// Puts a row in. `known` is the map of before.
    fn put(&mut self, row: KeyRow, known: &Self) {
        let previous = known.by_id.get(&row.key_id).map(Arc::as_ref);
        self.remove(row.key_id);
        let record = Arc::new(KeyRecord::new(row, previous));
        for digest in record.digests() {
            self.by_digest.insert(digest, Arc::clone(&record));
        }
        self.by_id.insert(record.key_id, record);
    }

    fn remove(&mut self, key_id: KeyId) {
        if let Some(record) = self.by_id.remove(&key_id) {
            for digest in record.digests() {
                self.by_digest.remove(&digest);
            }
        }
    }

    /// Forgets the oldest tombstones past `tombstones_max`.
    fn forget_old_tombstones(&mut self, now_ms: i64, tombstones_max: usize) {
        if self.by_id.len() <= tombstones_max {
            return;
        }
        let ended = |record: &Arc<KeyRecord>| Some((record.ended_at_ms(now_ms)?, record.key_id));
        let mut tombstones: Vec<(i64, KeyId)> = self.by_id.values().filter_map(ended).collect();
        if tombstones.len() > tombstones_max {
            tombstones.sort_unstable_by_key(|tombstone| Reverse(*tombstone));
            for (_, key_id) in tombstones.drain(tombstones_max..) {
                self.remove(key_id);
            }
        }
    }
}

/// All keys of an installation, found by digest.
pub struct KeyIndex {
    map: ArcSwap<KeyMap>,
    /// Held by whoever replaces the map; readers never ask for it.
    changing: Mutex<()>,
    filled: AtomicBool,
    tombstones_max: usize,
}

impl Default for KeyIndex {
    fn default() -> Self {
        Self::new()
    }
}

impl KeyIndex {
    /// An index without keys; not ready before [`replace`](Self::replace) was called.
    pub fn new() -> Self {
        Self::with_tombstones_max(TOMBSTONES_MAX)
    }

    fn with_tombstones_max(tombstones_max: usize) -> Self {
        Self {
            map: ArcSwap::default(),
            changing: Mutex::new(()),
            filled: AtomicBool::new(false),
            tombstones_max,
        }
    }

    /// Whether the index has ever been filled from the database: before, a miss means nothing and
    /// the process must not answer requests.
    pub fn is_filled(&self) -> bool {
        self.filled.load(Ordering::Acquire)
    }

    /// The record with this digest. No lock, no allocation.
    pub fn find(&self, digest: &KeyDigest) -> Option<Arc<KeyRecord>> {
        self.map.load().by_digest.get(digest).cloned()
    }

    /// The record of this key.
    pub fn find_by_id(&self, key_id: KeyId) -> Option<Arc<KeyRecord>> {
        self.map.load().by_id.get(&key_id).cloned()
    }

    /// How many keys are held, tombstones included.
    pub fn key_count(&self) -> usize {
        self.map.load().by_id.len()
    }

    /// Replaces everything by a snapshot of the database. What was noted in memory of keys that
    /// are in it (uses, revocations) is kept.
    pub fn replace(&self, rows: impl IntoIterator<Item = KeyRow>, now_ms: i64) {
        self.change(|_| KeyMap::default(), rows, now_ms);
        self.filled.store(true, Ordering::Release);
    }

    /// Puts new and changed rows in. Copies the map once, however many rows there are: hand over
    /// together what changed together.
    pub fn put(&self, rows: impl IntoIterator<Item = KeyRow>, now_ms: i64) {
        self.change(KeyMap::clone, rows, now_ms);
    }

    fn change(
        &self,
        start: impl FnOnce(&KeyMap) -> KeyMap,
        rows: impl IntoIterator<Item = KeyRow>,
        now_ms: i64,
    ) {
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let known = self.map.load_full();
        let mut map = start(&known);
        for row in rows {
            map.put(row, &known);
        }
        map.forget_old_tombstones(now_ms, self.tombstones_max);
        self.map.store(Arc::new(map));
    }

    /// Takes a key out of use at once, also for requests in flight. Returns whether it is known.
    pub fn revoke(&self, key_id: KeyId, at_ms: i64) -> bool {
        // Under the lock, so that a replacement of the map that is under way cannot miss it.
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        self.find_by_id(key_id)
            .map(|record| record.revoke(at_ms))
            .is_some()
    }

    /// The keys used since the last call, for one batch of writes.
    pub fn take_uses(&self) -> Vec<KeyUse> {
        self.map
            .load()
            .by_id
            .values()
            .filter_map(|record| record.take_use())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use domain::{AccountId, Environment};

    use super::*;
    use crate::record::{KeyStanding, KeyState};
    use crate::text::KeyKind;

    const NOW_MS: i64 = 1_790_000_000_000;

    fn digest(number: u8) -> KeyDigest {
        KeyDigest::from_bytes(&[number; 32]).unwrap()
    }

    fn id(number: u8) -> KeyId {
        KeyId::from_bytes(&[number; 12]).unwrap()
    }

    fn row(number: u8) -> KeyRow {
        KeyRow {
            account_id: AccountId::from_bytes(&[1; 12]).unwrap(),
            key_id: id(number),
            environment: Environment::Live,
            kind: KeyKind::Api,
            name: format!("key {number}"),
            hint: "live_wb…0000".to_owned(),
            digest: digest(number),
            digest_version: 1,
            state: KeyState::Active,
            not_before_ms: None,
            expires_at_ms: None,
            last_used_at_ms: None,
            account_frozen: false,
        }
    }

    fn index(rows: impl IntoIterator<Item = KeyRow>) -> KeyIndex {
        let index = KeyIndex::new();
        index.replace(rows, NOW_MS);
        index
    }

    fn standing(index: &KeyIndex, number: u8, now_ms: i64) -> KeyStanding {
        index.find(&digest(number)).unwrap().standing(now_ms)
    }

    #[test]
    fn index_is_not_ready_before_it_is_filled() {
        let index = KeyIndex::new();
        assert!(!index.is_filled());
        index.put([row(1)], NOW_MS);
        assert!(!index.is_filled());
        index.replace([], NOW_MS);
        assert!(index.is_filled());
        assert_eq!(index.key_count(), 0);
    }

    #[test]
    fn find_tells_keys_apart() {
        let index = index([row(1), row(2)]);
        assert_eq!(index.find(&digest(1)).unwrap().name, "key 1");
        assert_eq!(index.find(&digest(2)).unwrap().key_id, id(2));
        assert!(index.find(&digest(3)).is_none());
        let mut near = *digest(1).as_bytes();
        near[31] ^= 1;
        assert!(index.find(&KeyDigest::from_bytes(&near).unwrap()).is_none());
    }

    #[test]
    fn standing_follows_state_and_time() {
        let revoked = KeyState::Revoked { at_ms: NOW_MS - 5 };
        let index = index([
            KeyRow {
                state: revoked,
                expires_at_ms: Some(NOW_MS - 9),
                ..row(1)
            },
            KeyRow {
                expires_at_ms: Some(NOW_MS),
                state: KeyState::Suspended,
                ..row(2)
            },
            KeyRow {
                not_before_ms: Some(NOW_MS + 1),
                ..row(3)
            },
            KeyRow {
                state: KeyState::Suspended,
                ..row(4)
            },
            KeyRow {
                account_frozen: true,
                ..row(5)
            },
            KeyRow {
                not_before_ms: Some(NOW_MS),
                expires_at_ms: Some(NOW_MS + 1),
                ..row(6)
            },
        ]);
        let expected = [
            KeyStanding::Revoked { at_ms: NOW_MS - 5 },
            KeyStanding::Expired { at_ms: NOW_MS },
            KeyStanding::NotYetValid {
                from_ms: NOW_MS + 1,
            },
            KeyStanding::Suspended,
            KeyStanding::AccountFrozen,
            KeyStanding::Usable,
        ];
        for (number, expected) in (1..).zip(expected) {
            assert_eq!(standing(&index, number, NOW_MS), expected, "key {number}");
        }
    }

    #[test]
    fn case_30_revocation_reaches_requests_in_flight() {
        let index = index([row(1), row(2)]);
        let in_flight = index.find(&digest(1)).unwrap();
        // A new record of the same key is made in between.
        index.put(
            [KeyRow {
                name: "renamed".to_owned(),
                ..row(1)
            }],
            NOW_MS,
        );
        assert!(index.revoke(id(1), NOW_MS));
        let revoked = KeyStanding::Revoked { at_ms: NOW_MS };
        assert_eq!(in_flight.standing(NOW_MS), revoked);
        assert_eq!(standing(&index, 1, NOW_MS), revoked);
        assert_eq!(standing(&index, 2, NOW_MS), KeyStanding::Usable);
        assert!(!index.revoke(id(9), NOW_MS));
    }

    #[test]
    fn revocation_is_not_taken_back_by_an_older_row() {
        let index = index([row(1)]);
        index.revoke(id(1), NOW_MS);
        index.put([row(1)], NOW_MS);
        assert_eq!(
            standing(&index, 1, NOW_MS),
            KeyStanding::Revoked { at_ms: NOW_MS }
        );
        index.replace([row(1)], NOW_MS);
        assert_eq!(
            standing(&index, 1, NOW_MS),
            KeyStanding::Revoked { at_ms: NOW_MS }
        );
    }

    #[test]
    fn changed_rows_replace_what_was_there() {
        let index = index([row(1)]);
        index.put(
            [
                KeyRow {
                    state: KeyState::Suspended,
                    ..row(1)
                },
                row(2),
            ],
            NOW_MS,
        );
        assert_eq!(standing(&index, 1, NOW_MS), KeyStanding::Suspended);
        index.put(
            [KeyRow {
                expires_at_ms: Some(NOW_MS + 10),
                ..row(1)
            }],
            NOW_MS,
        );
        assert_eq!(standing(&index, 1, NOW_MS), KeyStanding::Usable);
        assert_eq!(
            index.find(&digest(1)).unwrap().expires_at_ms(),
            Some(NOW_MS + 10)
        );
        assert_eq!(index.key_count(), 2);
        index.replace([row(2)], NOW_MS);
        assert!(index.find(&digest(1)).is_none());
        assert!(index.find_by_id(id(1)).is_none());
    }

    #[test]
    fn oldest_tombstones_are_forgotten_first_and_valid_keys_never() {
        let index = KeyIndex::with_tombstones_max(2);
        let revoked = |number, ago_ms| KeyRow {
            state: KeyState::Revoked {
                at_ms: NOW_MS - ago_ms,
            },
            ..row(number)
        };
        let expired = KeyRow {
            expires_at_ms: Some(NOW_MS - 20),
            ..row(3)
        };
        index.replace(
            [row(1), revoked(2, 30), expired, revoked(4, 10), row(5)],
            NOW_MS,
        );
        assert!(index.find(&digest(2)).is_none());
        assert_eq!(index.key_count(), 4);
        index.put([revoked(6, 5)], NOW_MS);
        assert!(index.find(&digest(3)).is_none());
        for number in [1, 4, 5, 6] {
            assert!(index.find(&digest(number)).is_some(), "key {number}");
        }
    }

    #[test]
    fn case_40_key_stays_findable_by_the_digest_of_before() {
        let index = index([row(1)]);
        let redigested = KeyRow {
            digest: digest(101),
            digest_version: 2,
            ..row(1)
        };
        index.put([redigested.clone()], NOW_MS);
        assert_eq!(index.find(&digest(1)).unwrap().key_id, id(1));
        assert_eq!(index.find(&digest(101)).unwrap().key_id, id(1));
        index.replace([redigested.clone()], NOW_MS);
        assert_eq!(index.find(&digest(1)).unwrap().key_id, id(1));
        index.put(
            [KeyRow {
                name: "renamed".to_owned(),
                ..redigested
            }],
            NOW_MS,
        );
        assert_eq!(index.find(&digest(1)).unwrap().name, "renamed");
        index.revoke(id(1), NOW_MS);
        for number in [1, 101] {
            assert_ne!(standing(&index, number, NOW_MS), KeyStanding::Usable);
        }
        index.replace([], NOW_MS);
        assert!(index.find(&digest(1)).is_none() && index.find(&digest(101)).is_none());
    }

    #[test]
    fn case_28_uses_are_taken_once_and_survive_changes() {
        let index = index([
            KeyRow {
                last_used_at_ms: Some(NOW_MS - 60_000),
                ..row(1)
            },
            row(2),
        ]);
        assert_eq!(index.take_uses(), []);
        let record = index.find(&digest(1)).unwrap();
        for after_ms in [0, 1, 2_500, 2_600] {
            record.note_use(NOW_MS + after_ms);
        }
        index.put([row(1)], NOW_MS);
        let uses = index.take_uses();
        assert_eq!(uses.len(), 1);
        assert_eq!(
            (uses[0].key_id, uses[0].last_used_at_ms),
            (id(1), NOW_MS + 2_500)
        );
        assert_eq!(uses[0].newer_digest, None);
        assert_eq!(index.take_uses(), []);
        assert_eq!(record.last_used_at_ms(), Some(NOW_MS + 2_500));
        assert_eq!(index.find(&digest(2)).unwrap().last_used_at_ms(), None);
    }

    #[test]
    fn case_40_a_newer_digest_is_handed_over_until_the_row_has_it() {
        let index = index([row(1)]);
        let record = index.find(&digest(1)).unwrap();
        record.note_newer_digest(2, digest(101));
        for _ in 0..2 {
            let uses = index.take_uses();
            assert_eq!(uses.len(), 1);
            assert_eq!(uses[0].newer_digest, Some((2, digest(101))));
        }
        let redigested = KeyRow {
            digest: digest(101),
            digest_version: 2,
            ..row(1)
        };
        index.put([redigested], NOW_MS);
        assert_eq!(index.take_uses(), []);
    }

    #[test]
    fn case_28_readers_never_miss_a_key_while_others_change() {
        let index = index([row(1)]);
        std::thread::scope(|scope| {
            for writer in 0..2 {
                let index = &index;
                scope.spawn(move || {
                    for number in 2..120 {
                        index.put([row(number * 2 + writer)], NOW_MS);
                    }
                });
            }
            for _ in 0..20_000 {
                assert!(index.find(&digest(1)).is_some());
            }
        });
        assert_eq!(index.key_count(), 1 + 2 * 118, "no change was lost");
    }
}
