//! Changes of receivers that the account's people are told of (callbacks.md 3.6).

use domain::{AccountId, Environment};

use super::breaker::Turn;
use crate::app::App;

/// Something about a receiver that people are told.
#[derive(Clone, Debug)]
pub struct Notice {
    /// Account.
    pub account: AccountId,
    /// Which receiver.
    pub target: String,
    /// What happened.
    pub turn: Turn,
}

/// Tells it, after the transaction in which it happened.
pub fn notify(_app: &App, environment: Environment, notices: Vec<Notice>) {
    for notice in notices {
        let Notice {
            account, target, ..
        } = notice;
        match notice.turn {
            Turn::FirstFailure => {
                tracing::warn!(account.id = %account, target, %environment, "a receiver's callbacks begin to fail");
            }
            Turn::Paused => {
                tracing::warn!(account.id = %account, target, %environment, "a receiver was paused: it has been failing for three days");
            }
            Turn::Resumed => {
                tracing::info!(account.id = %account, target, %environment, "a receiver is back, and its pause is over");
            }
        }
    }
}
