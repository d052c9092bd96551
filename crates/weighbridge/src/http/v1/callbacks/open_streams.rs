//! How many streams are open: each looks at the outbox twice a second.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::http::StatusCode;
use domain::AccountId;

use crate::error::ApiError;

/// Streams of one account that a process serves at a time.
const STREAMS_MAX: usize = 16;
/// When a refused client may find a place, seconds.
const RETRY_AFTER_SECONDS: u32 = 10;

/// Open streams by account.
#[derive(Clone, Default)]
pub struct OpenStreams {
    open: Arc<Mutex<HashMap<AccountId, usize>>>,
}

/// The place of one open stream; dropping it gives the place back.
pub(super) struct OpenStream {
    streams: OpenStreams,
    account: AccountId,
}

impl OpenStreams {
    /// A place for one more stream of the account. `Err`: all are taken; the 429 to answer.
    pub(super) fn open(&self, account: AccountId) -> Result<OpenStream, ApiError> {
        if let Ok(mut open) = self.open.lock() {
            let count = open.entry(account).or_default();
            if *count >= STREAMS_MAX {
                let mut error = ApiError::new(
                    StatusCode::TOO_MANY_REQUESTS,
                    "too_many_streams",
                    format!(
                        "{STREAMS_MAX} streams of this account's callbacks are open on this \
                         server, the most there may be. End one of them."
                    ),
                );
                error.retry_after_seconds = Some(RETRY_AFTER_SECONDS);
                return Err(error);
            }
            *count += 1;
        }
        Ok(OpenStream {
            streams: self.clone(),
            account,
        })
    }
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        if let Ok(mut open) = self.streams.open.lock()
            && let Some(count) = open.get_mut(&self.account)
        {
            *count = count.saturating_sub(1);
            if *count == 0 {
                open.remove(&self.account);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_free_again_when_its_stream_ends() {
        let streams = OpenStreams::default();
        let account = AccountId::lowest_at(1);
        let mut open: Vec<OpenStream> = (0..STREAMS_MAX)
            .map(|_| streams.open(account).ok().unwrap())
            .collect();
        let refused = streams.open(account).err().unwrap();
        assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
        assert!(streams.open(AccountId::lowest_at(2)).is_ok());
        open.pop();
        assert!(streams.open(account).is_ok());
    }
}
