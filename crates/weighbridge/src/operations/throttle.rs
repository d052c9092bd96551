//! Throttles of what anybody may try (authentication.md 2.7). Counters live in the control database:
//! they survive a restart and hold across processes. A subject is stored as a digest.

use domain::time::{HOUR_MS, MINUTE_MS};
use std::net::IpAddr;

use axum::http::StatusCode;
use keys::{SecretName, Secrets, mac};
use store::Tx;
use store::control::attempts;

use crate::error::ApiError;

/// A limit: so many attempts in a window of time.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// What is attempted, as the error says it.
    what: &'static str,
    attempts_max: i64,
    window_ms: i64,
}

const SECOND_MS: i64 = 1000;
/// Failed log-ins from one network.
pub const LOG_INS_OF_NETWORK: Limit = Limit {
    what: "log-ins",
    attempts_max: 20,
    window_ms: 5 * MINUTE_MS,
};
/// Failed log-ins of the whole server.
pub const LOG_INS_OF_SERVER: Limit = Limit {
    what: "log-ins",
    attempts_max: 50,
    window_ms: SECOND_MS,
};
/// Sign-ups from one network.
pub const SIGN_UPS_OF_NETWORK: Limit = Limit {
    what: "sign-ups",
    attempts_max: 20,
    window_ms: HOUR_MS,
};
/// Resets asked for from one network.
pub const RESETS_OF_NETWORK: Limit = Limit {
    what: "requests for a new password",
    attempts_max: 10,
    window_ms: HOUR_MS,
};
/// Mails of one kind to one address: resets, confirmations, notices of a sign-up.
pub const MAILS_TO_ADDRESS: Limit = Limit {
    what: "mails to this address",
    attempts_max: 3,
    window_ms: HOUR_MS,
};

/// Wrong passwords for one e-mail address, or from one known device, before waiting begins.
const FAILURES_FREE: i64 = 5;
/// Longest wait after a wrong password.
const WAIT_MAX_MS: i64 = 15 * MINUTE_MS;

/// A digest of whom a counter is about. `kind` keeps counters of different kinds apart.
pub fn subject(secrets: &Secrets, kind: &str, of: &str) -> [u8; 32] {
    let (_, secret) = secrets.entry(SecretName::SessionMac).newest();
    mac(secret, format!("{kind}: {of}").as_bytes())
}

/// Whom the failed log-ins of a normalised e-mail address are counted for.
pub fn log_in_subject(secrets: &Secrets, email: &str) -> [u8; 32] {
    subject(secrets, "log-ins of", email)
}

/// The network that an address stands for: itself, or the /64 of an IPv6 address, of which a
/// client has as many addresses as it likes.
pub fn network_of(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

impl Limit {
    /// Counts an attempt, or refuses it: 429. A refusal rolls the transaction back, so only what
    /// was let through counts.
    pub fn count(self, tx: &mut Tx<'_>, subject: &[u8; 32], now_ms: i64) -> Result<(), ApiError> {
        let counted = attempts::count(tx, subject, self.window_ms, now_ms)?;
        if counted.attempts > self.attempts_max {
            return Err(self.refusal(counted.window_start, now_ms));
        }
        Ok(())
    }

    /// Counts an attempt; whether it is within the limit. For what is left undone beyond it.
    pub fn is_within(
        self,
        tx: &mut Tx<'_>,
        subject: &[u8; 32],
        now_ms: i64,
    ) -> Result<bool, ApiError> {
        let counted = attempts::count(tx, subject, self.window_ms, now_ms)?;
        Ok(counted.attempts <= self.attempts_max)
    }

    /// Refuses if the limit is reached already; counts nothing.
    pub fn check(self, tx: &mut Tx<'_>, subject: &[u8; 32], now_ms: i64) -> Result<(), ApiError> {
        let reached = attempts::find(tx, subject)?.filter(|found| {
            found.attempts >= self.attempts_max && found.window_start + self.window_ms > now_ms
        });
        match reached {
            None => Ok(()),
            Some(found) => Err(self.refusal(found.window_start, now_ms)),
        }
    }

    fn refusal(self, window_start: i64, now_ms: i64) -> ApiError {
        let Self { what, .. } = self;
        too_many(
            &format!("Too many {what}"),
            window_start + self.window_ms - now_ms,
        )
    }
}

/// Counts a log-in as failed before its password is looked at, or refuses it: 429 while the subject
/// has to wait. Gives the failures in a row, this one included.
pub fn count_log_in(tx: &mut Tx<'_>, subject: &[u8; 32], now_ms: i64) -> Result<i64, ApiError> {
    if let Some((failures, last_at)) = attempts::failures(tx, subject)? {
        let left_ms = last_at + wait_ms(failures) - now_ms;
        if failures >= FAILURES_FREE && left_ms > 0 {
            return Err(too_many("Too many wrong passwords", left_ms));
        }
    }
    Ok(attempts::add_failure(tx, subject, now_ms)?)
}

/// Whether so many failures in a row are worth a line in the audit log.
pub fn is_above_threshold(failures: i64) -> bool {
    failures >= FAILURES_FREE
}

fn wait_ms(failures: i64) -> i64 {
    let doublings = (failures - FAILURES_FREE).clamp(0, 20) as u32;
    (SECOND_MS << doublings).min(WAIT_MAX_MS)
}

/// 429 with a time after which to try again.
fn too_many(what: &str, left_ms: i64) -> ApiError {
    let seconds = (left_ms.max(1) as u64).div_ceil(1000) as u32;
    let mut error = ApiError::new(
        StatusCode::TOO_MANY_REQUESTS,
        "too_many_attempts",
        format!("{what}. Try again in {seconds} s."),
    );
    error.retry_after_seconds = Some(seconds);
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_73_an_ipv6_network_is_one_subject() {
        let network = |text: &str| network_of(text.parse().unwrap());
        assert_eq!(network("2001:db8:1:2::1"), network("2001:db8:1:2:ffff::9"));
        assert_ne!(network("2001:db8:1:2::1"), network("2001:db8:1:3::1"));
        assert_ne!(network("192.0.2.1"), network("192.0.2.2"));
    }

    #[test]
    fn case_72_waits_double_up_to_a_quarter_of_an_hour() {
        let waits: Vec<i64> = [5, 6, 7, 14, 15, 99].map(wait_ms).to_vec();
        assert_eq!(waits, [1_000, 2_000, 4_000, 512_000, 900_000, 900_000]);
    }
}
