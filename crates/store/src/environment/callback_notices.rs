//! When people were last told of a receiver by mail (callbacks.md 3.6).

use domain::AccountId;

use crate::driver::statement::statements;
use crate::driver::value::params;
use crate::{StoreError, Tx};

statements! {
    TELL = "UPDATE callback_targets SET mailed_at = $1 WHERE account_id = $2 AND target = $3
        AND (mailed_at IS NULL OR mailed_at <= $4)";
}

/// Notes that people are told of a receiver now. `false`: they were told after `not_since_ms`, or
/// it is unknown, and nobody must be told again.
pub fn may_tell(
    tx: &mut Tx<'_>,
    account: AccountId,
    target: &str,
    now_ms: i64,
    not_since_ms: i64,
) -> Result<bool, StoreError> {
    Ok(tx.execute(&TELL, params![now_ms, account, target, not_since_ms])? == 1)
}
