//! How long what this process holds in memory may be trusted (authentication.md 2.3).
//!
//! A process that is cut off from the control database does not learn of a revocation. So what it
//! holds is good for a set time after its last successful look at the feed, and no longer: then
//! no key is admitted until it can look again.

use std::sync::atomic::{AtomicI64, Ordering};

/// Default of the setting `max_staleness_seconds`.
pub const MAX_STALENESS_SECONDS_DEFAULT: i64 = 10;
/// Difference of the clocks of database and process past which it is told.
pub const CLOCK_SKEW_TOLD_MS: i64 = 2_000;
/// Difference past which the process is not ready: expiries are compared with its clock.
pub const CLOCK_SKEW_MAX_MS: i64 = 30_000;

/// Until when the directory may be trusted, and how far the clocks are apart.
///
/// Times are those of [`Clock::since_boot_ms`](crate::clock::Clock::since_boot_ms).
#[derive(Debug)]
#[expect(clippy::struct_field_names, reason = "units stand last in names")]
pub struct Freshness {
    max_staleness_ms: i64,
    until_ms: AtomicI64,
    clock_skew_ms: AtomicI64,
}

impl Freshness {
    /// Nothing is to be trusted before the first look at the feed.
    pub fn new(max_staleness_ms: i64) -> Self {
        Self {
            max_staleness_ms,
            until_ms: AtomicI64::new(i64::MIN),
            clock_skew_ms: AtomicI64::new(0),
        }
    }

    /// How long what was read stays good, milliseconds.
    pub fn max_staleness_ms(&self) -> i64 {
        self.max_staleness_ms
    }

    /// A look at the feed that began at `started_ms` has succeeded, and what it told is in force.
    /// Its start counts, since a change may be committed right after it.
    pub fn renew(&self, started_ms: i64) {
        self.until_ms
            .fetch_max(started_ms + self.max_staleness_ms, Ordering::AcqRel);
    }

    /// Whether what is held may be trusted.
    pub fn is_fresh(&self, since_boot_ms: i64) -> bool {
        since_boot_ms < self.until_ms.load(Ordering::Acquire)
    }

    /// Notes how far the database's clock is ahead (positive) or behind.
    pub fn set_clock_skew_ms(&self, skew_ms: i64) {
        self.clock_skew_ms.store(skew_ms, Ordering::Relaxed);
    }

    /// How far the database's clock is ahead (positive) or behind, as of the last look.
    pub fn clock_skew_ms(&self) -> i64 {
        self.clock_skew_ms.load(Ordering::Relaxed)
    }
}

/// How far a database's clock is ahead or behind that told `database_ms` some time between
/// `before_ms` and `after_ms` of this process's clock; 0 where it may have been right.
pub fn clock_skew_ms(before_ms: i64, database_ms: i64, after_ms: i64) -> i64 {
    if database_ms < before_ms {
        database_ms - before_ms
    } else {
        (database_ms - after_ms).max(0)
    }
}

#[cfg(test)]
mod tests {
    use super::{Freshness, clock_skew_ms};

    #[test]
    fn case_34_trust_ends_a_set_time_after_the_start_of_the_last_look() {
        let freshness = Freshness::new(10_000);
        assert!(!freshness.is_fresh(0));
        freshness.renew(1_000);
        assert!(freshness.is_fresh(10_999));
        assert!(!freshness.is_fresh(11_000));
        freshness.renew(5_000);
        assert!(freshness.is_fresh(14_999));
        // A slow look that began before must not take trust back, nor lend more.
        freshness.renew(2_000);
        assert!(freshness.is_fresh(14_999));
        assert!(!freshness.is_fresh(15_000));
    }

    #[test]
    fn skew_is_what_the_duration_of_the_question_cannot_explain() {
        for (before_ms, database_ms, after_ms, skew_ms) in [
            (100, 100, 100, 0),
            (100, 150, 200, 0),
            (100, 90, 200, -10),
            (100, 31_000, 200, 30_800),
        ] {
            assert_eq!(clock_skew_ms(before_ms, database_ms, after_ms), skew_ms);
        }
    }
}
