//! Counts requests whose key was refused, by network (authentication.md 2.2, "Failed attempts"). It
//! shields weak imported keys and the logs. Only failures count and only failures are held back: a
//! bad program never stops its neighbours.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Mutex;

use axum::http::StatusCode;

use crate::error::ApiError;
use crate::operations::throttle::network_of;

/// Failures of one network that are answered as such, one right after the other.
const FAILURES_AT_ONCE_MAX: i64 = 1000;
/// Time after which one more is answered as such: 50 a second.
const FAILURE_MS: i64 = 20;
/// Networks that are remembered. Beyond them the others share one count.
const NETWORKS_MAX: usize = 10_000;

/// Failures by network.
#[derive(Default)]
pub struct FailedKeys {
    /// When a network has nothing counted against it any more, Unix ms: each failure puts that off
    /// by [`FAILURE_MS`].
    clear_at: Mutex<HashMap<String, i64>>,
}

impl FailedKeys {
    /// Counts a failure from an address. `Err`: there were too many; the 429 to answer instead.
    pub fn count(&self, address: IpAddr, now_ms: i64) -> Result<(), ApiError> {
        let Ok(mut clear_at) = self.clear_at.lock() else {
            return Ok(());
        };
        let mut network = network_of(address.to_canonical());
        if clear_at.len() >= NETWORKS_MAX && !clear_at.contains_key(&network) {
            clear_at.retain(|_, at| *at > now_ms);
            if clear_at.len() >= NETWORKS_MAX {
                "others".clone_into(&mut network);
            }
        }
        let at = clear_at.entry(network).or_insert(now_ms);
        let next = (*at).max(now_ms) + FAILURE_MS;
        let over_ms = next - now_ms - FAILURES_AT_ONCE_MAX * FAILURE_MS;
        if over_ms > 0 {
            return Err(refusal(over_ms));
        }
        *at = next;
        Ok(())
    }
}

fn refusal(left_ms: i64) -> ApiError {
    let seconds = (left_ms.max(1) as u64).div_ceil(1000) as u32;
    let mut error = ApiError::new(
        StatusCode::TOO_MANY_REQUESTS,
        "too_many_failures",
        format!(
            "More than {FAILURES_AT_ONCE_MAX} requests without a valid API key came from your \
             network. A valid key works at any time. Try again in {seconds} s."
        ),
    );
    error.retry_after_seconds = Some(seconds);
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many of `tries` failures are answered as such.
    fn passed(failed: &FailedKeys, address: &str, tries: usize, now_ms: i64) -> usize {
        let address = address.parse().unwrap();
        (0..tries)
            .filter(|_| failed.count(address, now_ms).is_ok())
            .count()
    }

    #[test]
    fn a_thousand_at_once_then_fifty_a_second() {
        let failed = FailedKeys::default();
        assert_eq!(passed(&failed, "192.0.2.1", 1100, 0), 1000);
        assert_eq!(passed(&failed, "192.0.2.1", 100, 1000), 50);
        assert_eq!(passed(&failed, "192.0.2.2", 1100, 1000), 1000);
        let error = failed
            .count("192.0.2.1".parse().unwrap(), 1000)
            .unwrap_err();
        assert_eq!(error.retry_after_seconds, Some(1));
        // After a while there is nothing against it.
        assert_eq!(passed(&failed, "192.0.2.1", 1100, 60_000), 1000);
    }

    #[test]
    fn an_ipv6_network_is_one_and_a_mapped_address_is_its_ipv4() {
        let failed = FailedKeys::default();
        assert_eq!(passed(&failed, "2001:db8::1", 1100, 0), 1000);
        assert_eq!(passed(&failed, "2001:db8::2", 1, 0), 0);
        assert_eq!(passed(&failed, "2001:db8:0:1::2", 1, 0), 1);
        assert_eq!(passed(&failed, "192.0.2.1", 1100, 0), 1000);
        assert_eq!(passed(&failed, "::ffff:192.0.2.1", 1, 0), 0);
    }

    #[test]
    fn many_networks_take_no_more_memory() {
        let failed = FailedKeys::default();
        for number in 0..20_000_u32 {
            let address = IpAddr::V4(number.into());
            let _ = failed.count(address, 0);
        }
        assert_eq!(failed.clear_at.lock().unwrap().len(), NETWORKS_MAX + 1);
        // A network that has nothing against it makes room.
        assert_eq!(passed(&failed, "192.0.2.1", 1, 60_000), 1);
        assert_eq!(failed.clear_at.lock().unwrap().len(), 1);
    }
}
