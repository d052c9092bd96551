//! Invitations into an account, each bound to an address and a role.

use domain::{AccountId, InvitationId, Role, UserId};

use crate::driver::statement::statements;
use crate::driver::value::{Row, params};
use crate::{StoreError, Tx};

statements! {
    INSERT = "INSERT INTO invitations (account_id, invitation_id, email, role, invited_by,
        created_at, expires_at, waits_for_admin) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    FIND = "SELECT invitation_id, email, role, invited_by, created_at, expires_at,
        waits_for_admin, accepted_at, withdrawn_at, superseded_at
        FROM invitations WHERE account_id = $1 AND invitation_id = $2";
    UNANSWERED = "SELECT invitation_id, email, role, invited_by, created_at, expires_at,
        waits_for_admin, accepted_at, withdrawn_at, superseded_at
        FROM invitations WHERE account_id = $1 AND expires_at > $2
        AND accepted_at IS NULL AND withdrawn_at IS NULL AND superseded_at IS NULL
        ORDER BY invitation_id";
    UNANSWERED_OF_EMAIL = "SELECT invitation_id, email, role, invited_by, created_at, expires_at,
        waits_for_admin, accepted_at, withdrawn_at, superseded_at
        FROM invitations WHERE account_id = $1 AND email = $2
        AND accepted_at IS NULL AND withdrawn_at IS NULL AND superseded_at IS NULL
        ORDER BY invitation_id";
    MADE_SINCE = "SELECT count(*) FROM invitations
        WHERE account_id = $1 AND invitation_id >= $2";
    ACCEPT = "UPDATE invitations SET accepted_at = $1
        WHERE account_id = $2 AND invitation_id = $3";
    WITHDRAW = "UPDATE invitations SET withdrawn_at = $1
        WHERE account_id = $2 AND invitation_id = $3";
    SUPERSEDE = "UPDATE invitations SET superseded_at = $1
        WHERE account_id = $2 AND invitation_id = $3";
    APPROVE = "UPDATE invitations SET waits_for_admin = 0, invited_by = $1, expires_at = $2
        WHERE account_id = $3 AND invitation_id = $4";
}

/// An invitation.
#[derive(Clone, Debug)]
pub struct InvitationRow {
    /// Id.
    pub invitation_id: InvitationId,
    /// Normalised address.
    pub email: String,
    /// Role that it gives.
    pub role: Role,
    /// Whose right is checked again at acceptance; `None`: invited by a key.
    pub invited_by: Option<UserId>,
    /// Unix ms.
    pub created_at: i64,
    /// Unix ms.
    pub expires_at: i64,
    /// A Manager invited by a key, until an Admin approves.
    pub waits_for_admin: bool,
    /// Unix ms.
    pub accepted_at: Option<i64>,
    /// Unix ms.
    pub withdrawn_at: Option<i64>,
    /// When a newer one of the same address took its place, Unix ms.
    pub superseded_at: Option<i64>,
}

fn read_row(row: &Row<'_>) -> Result<InvitationRow, StoreError> {
    let role: String = row.get(2)?;
    Ok(InvitationRow {
        invitation_id: row.get(0)?,
        email: row.get(1)?,
        role: role.parse().map_err(|_| StoreError::column(2, "a role"))?,
        invited_by: row.get(3)?,
        created_at: row.get(4)?,
        expires_at: row.get(5)?,
        waits_for_admin: row.get::<i64>(6)? != 0,
        accepted_at: row.get(7)?,
        withdrawn_at: row.get(8)?,
        superseded_at: row.get(9)?,
    })
}

/// Stores an invitation that nobody has answered yet.
pub fn insert(
    tx: &mut Tx<'_>,
    account: AccountId,
    invitation: &InvitationRow,
) -> Result<(), StoreError> {
    tx.execute(
        &INSERT,
        params![
            account,
            invitation.invitation_id,
            invitation.email,
            invitation.role.as_str(),
            invitation.invited_by,
            invitation.created_at,
            invitation.expires_at,
            invitation.waits_for_admin
        ],
    )?;
    Ok(())
}

/// One invitation, in whatever state.
pub fn find(
    tx: &mut Tx<'_>,
    account: AccountId,
    invitation: InvitationId,
) -> Result<Option<InvitationRow>, StoreError> {
    tx.query_optional(&FIND, params![account, invitation], read_row)
}

/// Invitations that were not accepted, withdrawn or superseded and that end after `ended_after_ms`,
/// oldest first.
pub fn unanswered(
    tx: &mut Tx<'_>,
    account: AccountId,
    ended_after_ms: i64,
) -> Result<Vec<InvitationRow>, StoreError> {
    tx.query(&UNANSWERED, params![account, ended_after_ms], read_row)
}

/// Invitations of one address that were not accepted, withdrawn or superseded, oldest first;
/// expired ones too.
pub fn unanswered_of_email(
    tx: &mut Tx<'_>,
    account: AccountId,
    email: &str,
) -> Result<Vec<InvitationRow>, StoreError> {
    tx.query(&UNANSWERED_OF_EMAIL, params![account, email], read_row)
}

/// Number of invitations made at or after `since_ms`, whatever became of them.
pub fn made_since(tx: &mut Tx<'_>, account: AccountId, since_ms: i64) -> Result<i64, StoreError> {
    let first = InvitationId::lowest_at(since_ms.max(0) as u64);
    Ok(tx
        .query_optional(&MADE_SINCE, params![account, first], |row| row.get(0))?
        .unwrap_or(0))
}

/// The invited person is in.
pub fn accept(
    tx: &mut Tx<'_>,
    account: AccountId,
    invitation: InvitationId,
    now_ms: i64,
) -> Result<(), StoreError> {
    tx.execute(&ACCEPT, params![now_ms, account, invitation])?;
    Ok(())
}

/// Takes an invitation back.
pub fn withdraw(
    tx: &mut Tx<'_>,
    account: AccountId,
    invitation: InvitationId,
    now_ms: i64,
) -> Result<(), StoreError> {
    tx.execute(&WITHDRAW, params![now_ms, account, invitation])?;
    Ok(())
}

/// A newer invitation of the same address takes this one's place.
pub fn supersede(
    tx: &mut Tx<'_>,
    account: AccountId,
    invitation: InvitationId,
    now_ms: i64,
) -> Result<(), StoreError> {
    tx.execute(&SUPERSEDE, params![now_ms, account, invitation])?;
    Ok(())
}

/// An Admin stands for an invitation that a key made.
pub fn approve(
    tx: &mut Tx<'_>,
    account: AccountId,
    invitation: InvitationId,
    admin: UserId,
    expires_at_ms: i64,
) -> Result<(), StoreError> {
    tx.execute(&APPROVE, params![admin, expires_at_ms, account, invitation])?;
    Ok(())
}
