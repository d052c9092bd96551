//! Requests for the role Manager: by a person for themselves, or by a key for a person.

use domain::{AccessRequestId, AccountId, UserId};

use crate::driver::statement::statements;
use crate::driver::value::{Row, params};
use crate::{StoreError, Tx};

statements! {
    INSERT = "INSERT INTO access_requests (account_id, request_id, user_id, origin, note,
        created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    FIND = "SELECT request_id, user_id, origin, note, created_at, expires_at, decision
        FROM access_requests WHERE account_id = $1 AND request_id = $2";
    OPEN = "SELECT r.request_id, r.user_id, r.origin, r.note, r.created_at, r.expires_at,
        r.decision FROM access_requests r
        JOIN users u ON u.account_id = r.account_id AND u.user_id = r.user_id
        WHERE r.account_id = $1 AND r.decision IS NULL AND r.expires_at > $2
        AND u.deactivated_at IS NULL ORDER BY r.request_id";
    OPEN_OF_USER = "SELECT request_id, user_id, origin, note, created_at, expires_at, decision
        FROM access_requests WHERE account_id = $1 AND user_id = $2 AND decision IS NULL
        AND expires_at > $3 ORDER BY request_id";
    LAST_OF_PERSON = "SELECT request_id, user_id, origin, note, created_at, expires_at, decision
        FROM access_requests WHERE account_id = $1 AND user_id = $2 AND origin = 'person'
        ORDER BY created_at DESC, request_id DESC LIMIT 1";
    DECIDE = "UPDATE access_requests SET decided_at = $1, decided_by = $2, decision = $3
        WHERE account_id = $4 AND request_id = $5";
    END = "UPDATE access_requests SET expires_at = $1 WHERE account_id = $2 AND request_id = $3";
}

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The person.
    Person,
    /// An API key.
    Key,
}

impl Origin {
    /// The origin's name in the database and the app API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Key => "key",
        }
    }
}

/// What an Admin said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The person is Manager.
    Granted,
    /// The person is not.
    Declined,
}

impl Decision {
    /// The decision's name in the database and the app API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Granted => "granted",
            Self::Declined => "declined",
        }
    }
}

/// A request.
#[derive(Clone, Debug)]
pub struct AccessRequestRow {
    /// Id.
    pub request_id: AccessRequestId,
    /// Who is to be Manager.
    pub user_id: UserId,
    /// Who asks.
    pub origin: Origin,
    /// What the person wrote; may be empty.
    pub note: String,
    /// Unix ms.
    pub created_at: i64,
    /// Unix ms.
    pub expires_at: i64,
    /// `None`: none yet.
    pub decision: Option<Decision>,
}

fn read_row(row: &Row<'_>) -> Result<AccessRequestRow, StoreError> {
    let origin: String = row.get(2)?;
    let decision: Option<String> = row.get(6)?;
    Ok(AccessRequestRow {
        request_id: row.get(0)?,
        user_id: row.get(1)?,
        origin: match origin.as_str() {
            "person" => Origin::Person,
            "key" => Origin::Key,
            _ => return Err(StoreError::column(2, "an origin")),
        },
        note: row.get(3)?,
        created_at: row.get(4)?,
        expires_at: row.get(5)?,
        decision: match decision.as_deref() {
            None => None,
            Some("granted") => Some(Decision::Granted),
            Some("declined") => Some(Decision::Declined),
            Some(_) => return Err(StoreError::column(6, "a decision")),
        },
    })
}

/// Stores a request that nobody has decided yet.
pub fn insert(
    tx: &mut Tx<'_>,
    account: AccountId,
    request: &AccessRequestRow,
) -> Result<(), StoreError> {
    tx.execute(
        &INSERT,
        params![
            account,
            request.request_id,
            request.user_id,
            request.origin.as_str(),
            request.note,
            request.created_at,
            request.expires_at
        ],
    )?;
    Ok(())
}

/// One request, in whatever state.
pub fn find(
    tx: &mut Tx<'_>,
    account: AccountId,
    request: AccessRequestId,
) -> Result<Option<AccessRequestRow>, StoreError> {
    tx.query_optional(&FIND, params![account, request], read_row)
}

/// Requests of active people that nobody has decided and that have not ended, oldest first.
pub fn open(
    tx: &mut Tx<'_>,
    account: AccountId,
    now_ms: i64,
) -> Result<Vec<AccessRequestRow>, StoreError> {
    tx.query(&OPEN, params![account, now_ms], read_row)
}

/// Open requests for one person, oldest first.
pub fn open_of_user(
    tx: &mut Tx<'_>,
    account: AccountId,
    user: UserId,
    now_ms: i64,
) -> Result<Vec<AccessRequestRow>, StoreError> {
    tx.query(&OPEN_OF_USER, params![account, user, now_ms], read_row)
}

/// The newest request that the person made.
pub fn last_of_person(
    tx: &mut Tx<'_>,
    account: AccountId,
    user: UserId,
) -> Result<Option<AccessRequestRow>, StoreError> {
    tx.query_optional(&LAST_OF_PERSON, params![account, user], read_row)
}

/// Notes an Admin's decision.
pub fn decide(
    tx: &mut Tx<'_>,
    account: AccountId,
    request: AccessRequestId,
    decision: Decision,
    admin: UserId,
    now_ms: i64,
) -> Result<(), StoreError> {
    tx.execute(
        &DECIDE,
        params![now_ms, admin, decision.as_str(), account, request],
    )?;
    Ok(())
}

/// Ends a request without a decision: a newer one takes its place.
pub fn end(
    tx: &mut Tx<'_>,
    account: AccountId,
    request: AccessRequestId,
    now_ms: i64,
) -> Result<(), StoreError> {
    tx.execute(&END, params![now_ms, account, request])?;
    Ok(())
}
