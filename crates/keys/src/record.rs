//! What is known of one key: its row as it comes from the database, and its record as the request
//! path sees it.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};

use domain::{AccountId, Environment, KeyId};

use crate::digest::KeyDigest;
use crate::text::KeyKind;

/// Uses closer together than this are noted as one, so that a busy key's record is not written to
/// by every request.
const USE_RESOLUTION_MS: i64 = 1_000;

/// Stands for "no such time" in an atomic; later than any time.
const NEVER: i64 = i64::MAX;

/// What was decided about a key. Expiry is no state: it is a comparison with the present time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// May be used.
    Active,
    /// May not be used for now.
    Suspended,
    /// May never be used again.
    Revoked {
        /// Since when, Unix milliseconds.
        at_ms: i64,
    },
}

/// A key as its row in the control database has it; times in Unix milliseconds.
#[derive(Clone, Debug)]
pub struct KeyRow {
    /// Whose key it is.
    pub account_id: AccountId,
    /// Its public name.
    pub key_id: KeyId,
    /// The mode that requests with it work in.
    pub environment: Environment,
    /// What it is for.
    pub kind: KeyKind,
    /// The name that people gave it.
    pub name: String,
    /// What may be shown of its text.
    pub hint: String,
    /// The digest of its text.
    pub digest: KeyDigest,
    /// The version of the pepper that the digest was made under.
    pub digest_version: u32,
    /// What was decided about it.
    pub state: KeyState,
    /// From when on it may be used.
    pub not_before_ms: Option<i64>,
    /// From when on it may no longer be used.
    pub expires_at_ms: Option<i64>,
    /// When it was last used, as far as the database knows.
    pub last_used_at_ms: Option<i64>,
    /// Whether its account is closed or frozen.
    pub account_frozen: bool,
}

/// Whether a key may be used at a given time. What is further up counts first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyStanding {
    /// It was revoked.
    Revoked {
        /// When, Unix milliseconds.
        at_ms: i64,
    },
    /// Its time is over.
    Expired {
        /// Since when, Unix milliseconds.
        at_ms: i64,
    },
    /// Its time has not come.
    NotYetValid {
        /// From when on it may be used, Unix milliseconds.
        from_ms: i64,
    },
    /// It is suspended.
    Suspended,
    /// Its account is closed or frozen.
    AccountFrozen,
    /// It may be used.
    Usable,
}

/// A key as the request path sees it. Holds no secret.
///
/// All records ever made of one key share what can change under a request in flight: whoever holds
/// an older record learns of a revocation too.
#[derive(Debug)]
pub struct KeyRecord {
    /// Whose key it is.
    pub account_id: AccountId,
    /// Its public name.
    pub key_id: KeyId,
    /// The mode that requests with it work in.
    pub environment: Environment,
    /// What it is for.
    pub kind: KeyKind,
    /// The name that people gave it.
    pub name: String,
    /// What may be shown of its text.
    pub hint: String,
    not_before_ms: Option<i64>,
    digest: KeyDigest,
    digest_version: u32,
    /// The digest under the pepper's version before. It stays findable in processes that have not
    /// been restarted with the newer pepper yet.
    older_digest: Option<KeyDigest>,
    live: Arc<KeyLive>,
}

/// What changes while requests hold a record.
#[derive(Debug)]
struct KeyLive {
    revoked_at_ms: AtomicI64,
    expires_at_ms: AtomicI64,
    suspended: AtomicBool,
    account_frozen: AtomicBool,
    last_used_at_ms: AtomicI64,
    taken_used_at_ms: AtomicI64,
    newer_digest: OnceLock<(u32, KeyDigest)>,
}

/// A use that the database is to learn of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyUse {
    /// Whose key was used.
    pub account_id: AccountId,
    /// Which key was used.
    pub key_id: KeyId,
    /// When it was last used, Unix milliseconds.
    pub last_used_at_ms: i64,
    /// Version and digest by which the row's are to be replaced: it was found by an older pepper,
    /// and only its use has shown the text from which the new digest is made.
    pub newer_digest: Option<(u32, KeyDigest)>,
}

impl KeyLive {
    fn new(row: &KeyRow) -> Self {
        let last_used_at_ms = row.last_used_at_ms.unwrap_or(i64::MIN);
        let live = Self {
            revoked_at_ms: AtomicI64::new(NEVER),
            expires_at_ms: AtomicI64::new(NEVER),
            suspended: AtomicBool::new(false),
            account_frozen: AtomicBool::new(false),
            last_used_at_ms: AtomicI64::new(last_used_at_ms),
            taken_used_at_ms: AtomicI64::new(last_used_at_ms),
            newer_digest: OnceLock::new(),
        };
        live.follow(row);
        live
    }

    fn follow(&self, row: &KeyRow) {
        self.expires_at_ms
            .store(row.expires_at_ms.unwrap_or(NEVER), Ordering::Release);
        self.suspended
            .store(row.state == KeyState::Suspended, Ordering::Release);
        self.account_frozen
            .store(row.account_frozen, Ordering::Release);
        if let KeyState::Revoked { at_ms } = row.state {
            self.revoke(at_ms);
        }
    }

    /// Revocation is for ever: a row that was read before it cannot take it back.
    fn revoke(&self, at_ms: i64) {
        self.revoked_at_ms.fetch_min(at_ms, Ordering::AcqRel);
    }
}

impl KeyRecord {
    /// The record of a row. One of a key that has a record already shares its live part and stays
    /// findable by the digest it had.
    pub(crate) fn new(row: KeyRow, previous: Option<&Self>) -> Self {
        let live = previous.map_or_else(
            || Arc::new(KeyLive::new(&row)),
            |previous| {
                previous.live.follow(&row);
                Arc::clone(&previous.live)
            },
        );
        let older_digest = previous.and_then(|previous| {
            if previous.digest == row.digest {
                previous.older_digest
            } else {
                Some(previous.digest)
            }
        });
        Self {
            account_id: row.account_id,
            key_id: row.key_id,
            environment: row.environment,
            kind: row.kind,
            name: row.name,
            hint: row.hint,
            not_before_ms: row.not_before_ms,
            digest: row.digest,
            digest_version: row.digest_version,
            older_digest,
            live,
        }
    }

    /// The digests by which the key is found.
    pub(crate) fn digests(&self) -> impl Iterator<Item = KeyDigest> {
        [self.digest].into_iter().chain(self.older_digest)
    }

    /// Takes the key out of use, for whoever holds any record of it.
    pub(crate) fn revoke(&self, at_ms: i64) {
        self.live.revoke(at_ms);
    }

    /// Whether the key may be used at `now_ms` (Unix milliseconds). Ask again right before a
    /// commit: the key may have been revoked since the request was admitted.
    pub fn standing(&self, now_ms: i64) -> KeyStanding {
        let revoked_at_ms = self.live.revoked_at_ms.load(Ordering::Acquire);
        if revoked_at_ms != NEVER {
            return KeyStanding::Revoked {
                at_ms: revoked_at_ms,
            };
        }
        let expires_at_ms = self.live.expires_at_ms.load(Ordering::Acquire);
        if expires_at_ms <= now_ms {
            return KeyStanding::Expired {
                at_ms: expires_at_ms,
            };
        }
        if let Some(from_ms) = self.not_before_ms.filter(|from_ms| now_ms < *from_ms) {
            return KeyStanding::NotYetValid { from_ms };
        }
        if self.live.suspended.load(Ordering::Acquire) {
            return KeyStanding::Suspended;
        }
        if self.live.account_frozen.load(Ordering::Acquire) {
            return KeyStanding::AccountFrozen;
        }
        KeyStanding::Usable
    }

    /// When the key stops working, Unix milliseconds.
    pub fn expires_at_ms(&self) -> Option<i64> {
        Some(self.live.expires_at_ms.load(Ordering::Acquire)).filter(|at_ms| *at_ms != NEVER)
    }

    /// When the key was last used, Unix milliseconds, exact to a second.
    pub fn last_used_at_ms(&self) -> Option<i64> {
        Some(self.live.last_used_at_ms.load(Ordering::Relaxed)).filter(|at_ms| *at_ms != i64::MIN)
    }

    /// Remembers in memory that the key was used; [`KeyIndex::take_uses`](crate::KeyIndex::take_uses) hands it on.
    pub(crate) fn note_use(&self, now_ms: i64) {
        let last_ms = self.live.last_used_at_ms.load(Ordering::Relaxed);
        if now_ms.saturating_sub(last_ms) >= USE_RESOLUTION_MS {
            self.live
                .last_used_at_ms
                .fetch_max(now_ms, Ordering::Relaxed);
        }
    }

    /// Whether the row's digest was made under an older version of the pepper than `version`.
    pub(crate) fn is_digested_before(&self, version: u32) -> bool {
        self.digest_version < version
    }

    /// Remembers the digest under a newer pepper, for the row to follow.
    pub(crate) fn note_newer_digest(&self, version: u32, digest: KeyDigest) {
        // Set once: a process has one newest pepper all its life.
        let _ = self.live.newer_digest.set((version, digest));
    }

    /// The use since the last call, if there was one, or a newer digest that the row does not have
    /// yet.
    pub(crate) fn take_use(&self) -> Option<KeyUse> {
        let last_used_at_ms = self.live.last_used_at_ms.load(Ordering::Relaxed);
        let taken_ms = self
            .live
            .taken_used_at_ms
            .swap(last_used_at_ms, Ordering::Relaxed);
        let newer_digest = self
            .live
            .newer_digest
            .get()
            .copied()
            .filter(|(version, _)| *version > self.digest_version);
        (last_used_at_ms > taken_ms || newer_digest.is_some()).then_some(KeyUse {
            account_id: self.account_id,
            key_id: self.key_id,
            last_used_at_ms,
            newer_digest,
        })
    }

    /// When the key's use ended, if it has.
    pub(crate) fn ended_at_ms(&self, now_ms: i64) -> Option<i64> {
        match self.standing(now_ms) {
            KeyStanding::Revoked { at_ms } | KeyStanding::Expired { at_ms } => Some(at_ms),
            KeyStanding::NotYetValid { .. }
            | KeyStanding::Suspended
            | KeyStanding::AccountFrozen
            | KeyStanding::Usable => None,
        }
    }
}
