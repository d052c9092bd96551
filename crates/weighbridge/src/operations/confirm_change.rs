//! Waits until every process has a change to keys in force, and says so (authentication.md 2.3).

use std::time::Duration;

use domain::time::format_time;
use serde_json::{Value, json};
use store::control::processes::{self, ProcessId};
use store::{ControlStore, StoreError};
use tokio::time::{Instant, sleep, timeout_at};

use crate::app::App;
use crate::clock::Clock;

/// Longest wait for the other processes.
const WAIT_MAX: Duration = Duration::from_secs(2);
/// Pause between two looks at how far the others are; it doubles up to the second number.
const LOOK_AGAIN: Duration = Duration::from_millis(5);
const LOOK_AGAIN_MAX: Duration = Duration::from_millis(40);
/// A process that said so within this time serves.
const SERVES_MS: i64 = 15_000;

/// Where a change is in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Processes that have it, this one included if it serves.
    pub confirmed_by: usize,
    /// Processes seen lately that have not said so.
    pub unconfirmed: usize,
    /// When it is in force everywhere at the latest, Unix ms.
    pub in_force_everywhere_by_ms: i64,
}

impl Receipt {
    /// The receipt's members in an answer.
    pub fn to_json(self) -> Value {
        json!({
            "confirmed_by": self.confirmed_by,
            "unconfirmed": self.unconfirmed,
            "in_force_everywhere_by": format_time(self.in_force_everywhere_by_ms),
        })
    }

    /// The receipt in words, a sentence.
    pub fn to_words(self) -> String {
        let servers = self.confirmed_by + self.unconfirmed;
        if servers == 0 {
            return "No server runs; in force as soon as one starts.".to_owned();
        }
        let noun = if servers == 1 { "server" } else { "servers" };
        let by = if self.unconfirmed == 0 {
            String::new()
        } else {
            let time = format_time(self.in_force_everywhere_by_ms);
            format!("; everywhere by {time} at the latest")
        };
        format!("In force in {} of {servers} {noun}{by}.", self.confirmed_by)
    }
}

/// Puts the change of this version, which is committed, into force here, then waits for the other
/// processes, 2 s at most.
///
/// Does not fail where the database is lost after the commit: a process that is not known to have
/// the change counts as unconfirmed.
pub async fn confirm_change(app: &App, version: i64) -> Result<Receipt, StoreError> {
    let deadline = Instant::now() + WAIT_MAX;
    let committed_ms = app.clock.now_ms();
    let here = timeout_at(deadline, follow_to(app, version)).await;
    if let Ok(Err(error)) = &here {
        tracing::warn!(%error, "a change could not be put into force yet");
    }
    let control = &app.stores.control;
    let others = Others {
        control,
        this: Some(app.process_id),
        max_staleness_ms: app.directory.freshness.max_staleness_ms(),
    };
    let (mut confirmed_by, mut unconfirmed) = others.wait(version, deadline).await;
    if matches!(here, Ok(Ok(()))) {
        confirmed_by += 1;
    } else {
        unconfirmed += 1;
    }
    Ok(others.receipt(confirmed_by, unconfirmed, committed_ms, &app.clock))
}

/// [`confirm_change`] for a command, which serves nothing itself.
///
/// `max_staleness_ms` is what the processes have as `max_staleness_seconds`.
pub async fn confirm_by_servers(
    control: &ControlStore,
    version: i64,
    max_staleness_ms: i64,
    clock: &Clock,
) -> Receipt {
    let committed_ms = clock.now_ms();
    let others = Others {
        control,
        this: None,
        max_staleness_ms,
    };
    let (confirmed_by, unconfirmed) = others.wait(version, Instant::now() + WAIT_MAX).await;
    others.receipt(confirmed_by, unconfirmed, committed_ms, clock)
}

async fn follow_to(app: &App, version: i64) -> Result<(), StoreError> {
    while app.directory.version() < version {
        app.directory
            .refresh(&app.stores.control, &app.secrets, &app.clock)
            .await?;
    }
    Ok(())
}

/// The processes that serve from the same databases.
struct Others<'a> {
    control: &'a ControlStore,
    this: Option<ProcessId>,
    max_staleness_ms: i64,
}

impl Others<'_> {
    /// Waits until each has the version, or for the deadline; gives how many have it and how many
    /// are not known to.
    async fn wait(&self, version: i64, deadline: Instant) -> (usize, usize) {
        // Of a database that does not answer nothing is known but that somebody may serve.
        let mut counts = (0, 1);
        let mut pause = LOOK_AGAIN;
        loop {
            match timeout_at(deadline, self.count(version)).await {
                Ok(Ok(now)) => counts = now,
                Ok(Err(error)) => {
                    tracing::debug!(%error, "the processes that serve could not be counted");
                }
                Err(_) => return counts,
            }
            if counts.1 == 0 || Instant::now() + pause > deadline {
                return counts;
            }
            sleep(pause).await;
            pause = LOOK_AGAIN_MAX.min(pause * 2);
        }
    }

    async fn count(&self, version: i64) -> Result<(usize, usize), StoreError> {
        // One that was silent for longer than this admits no key any more.
        let within_ms = SERVES_MS.max(self.max_staleness_ms);
        let rows = self
            .control
            .read(move |tx| processes::recent(tx, within_ms))
            .await?;
        let others: Vec<_> = rows
            .iter()
            .filter(|row| self.this.is_none_or(|this| this != row.process_id))
            .collect();
        let have = others
            .iter()
            .filter(|row| row.seen_version >= version)
            .count();
        Ok((have, others.len() - have))
    }

    fn receipt(
        &self,
        confirmed_by: usize,
        unconfirmed: usize,
        committed_ms: i64,
        clock: &Clock,
    ) -> Receipt {
        Receipt {
            confirmed_by,
            unconfirmed,
            in_force_everywhere_by_ms: if unconfirmed == 0 {
                clock.now_ms()
            } else {
                // Who looked last before the commit may trust what it saw for this long.
                committed_ms + self.max_staleness_ms
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Receipt;

    #[test]
    fn a_receipt_says_in_words_where_the_change_is_in_force() {
        let words = |confirmed_by, unconfirmed| {
            Receipt {
                confirmed_by,
                unconfirmed,
                in_force_everywhere_by_ms: 1_790_000_000_000,
            }
            .to_words()
        };
        assert_eq!(words(2, 0), "In force in 2 of 2 servers.");
        assert_eq!(words(1, 0), "In force in 1 of 1 server.");
        assert_eq!(
            words(1, 1),
            "In force in 1 of 2 servers; everywhere by 2026-09-21T14:13:20.000Z at the latest."
        );
        assert_eq!(
            words(0, 0),
            "No server runs; in force as soon as one starts."
        );
    }
}
