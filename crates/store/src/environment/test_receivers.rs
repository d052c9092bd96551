//! Receivers that a person made to look at what would arrive (callbacks.md 6): one an account and
//! mode, for a day, with the last requests.

use domain::AccountId;

use crate::driver::statement::statements;
use crate::driver::value::{Row, params};
use crate::{StoreError, Tx};

/// Requests that are kept.
pub const REQUESTS_MAX: i64 = 500;

statements! {
    PUT = "INSERT INTO test_receivers (account_id, token, created_at, expires_at, answer_status,
        delay_ms, received) VALUES ($1, $2, $3, $4, $5, $6, 0)
        ON CONFLICT (account_id) DO UPDATE SET token = excluded.token,
        created_at = excluded.created_at, expires_at = excluded.expires_at,
        answer_status = excluded.answer_status, delay_ms = excluded.delay_ms, received = 0";
    CHANGE = "UPDATE test_receivers SET answer_status = $1, delay_ms = $2
        WHERE account_id = $3 AND expires_at > $4";
    OF_ACCOUNT = "SELECT account_id, token, expires_at, answer_status, delay_ms, received
        FROM test_receivers WHERE account_id = $1 AND expires_at > $2";
    BY_TOKEN = "SELECT account_id, token, expires_at, answer_status, delay_ms, received
        FROM test_receivers WHERE token = $1 AND expires_at > $2";
    COUNT = "UPDATE test_receivers SET received = received + 1
        WHERE account_id = $1 AND token = $2 RETURNING received";
    KEEP = "INSERT INTO test_receiver_requests (account_id, n, at, headers, body, body_bytes, auth,
        signature) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    FORGET_OLD = "DELETE FROM test_receiver_requests WHERE account_id = $1 AND n <= $2";
    REQUESTS = "SELECT n, at, headers, body, body_bytes, auth, signature
        FROM test_receiver_requests WHERE account_id = $1 AND n > $2 ORDER BY n DESC LIMIT $3";
    DELETE = "DELETE FROM test_receivers WHERE account_id = $1";
    DELETE_REQUESTS = "DELETE FROM test_receiver_requests WHERE account_id = $1";
    EXPIRED = "SELECT account_id FROM test_receivers WHERE expires_at <= $1 LIMIT $2";
}

/// A receiver.
#[derive(Clone, Debug)]
pub struct TestReceiver {
    /// Whose it is.
    pub account: AccountId,
    /// The part of its address that nobody can guess.
    pub token: String,
    /// Unix ms.
    pub expires_at: i64,
    /// Status that it answers.
    pub answer_status: i64,
    /// Milliseconds until it answers.
    pub delay_ms: i64,
    /// Requests so far.
    pub received: i64,
}

fn read_receiver(row: &Row<'_>) -> Result<TestReceiver, StoreError> {
    Ok(TestReceiver {
        account: row.get(0)?,
        token: row.get(1)?,
        expires_at: row.get(2)?,
        answer_status: row.get(3)?,
        delay_ms: row.get(4)?,
        received: row.get(5)?,
    })
}

/// Makes the account's receiver, in the place of one that was there.
pub fn put(tx: &mut Tx<'_>, receiver: &TestReceiver, now_ms: i64) -> Result<(), StoreError> {
    delete(tx, receiver.account)?;
    tx.execute(
        &PUT,
        params![
            receiver.account,
            receiver.token,
            now_ms,
            receiver.expires_at,
            receiver.answer_status,
            receiver.delay_ms
        ],
    )?;
    Ok(())
}

/// Changes what the account's receiver answers, and when.
pub fn change(
    tx: &mut Tx<'_>,
    account: AccountId,
    answer_status: i64,
    delay_ms: i64,
    now_ms: i64,
) -> Result<(), StoreError> {
    tx.execute(&CHANGE, params![answer_status, delay_ms, account, now_ms])?;
    Ok(())
}

/// The account's receiver, unless its day is over.
pub fn of_account(
    tx: &mut Tx<'_>,
    account: AccountId,
    now_ms: i64,
) -> Result<Option<TestReceiver>, StoreError> {
    tx.query_optional(&OF_ACCOUNT, params![account, now_ms], read_receiver)
}

/// The receiver of this token, unless its day is over.
pub fn by_token(
    tx: &mut Tx<'_>,
    token: &str,
    now_ms: i64,
) -> Result<Option<TestReceiver>, StoreError> {
    tx.query_optional(&BY_TOKEN, params![token, now_ms], read_receiver)
}

/// A request that came in.
#[derive(Clone, Debug)]
pub struct ReceivedRequest {
    /// From 1.
    pub n: i64,
    /// Unix ms.
    pub at: i64,
    /// JSON list of pairs, masked.
    pub headers: String,
    /// The beginning of the body.
    pub body: Vec<u8>,
    /// Bytes of the whole body.
    pub body_bytes: i64,
    /// The auth key: `ok`, `wrong`, `missing`.
    pub auth: String,
    /// The signature: `ok`, `wrong`, `missing`.
    pub signature: String,
}

/// Keeps a request; the oldest ones beyond [`REQUESTS_MAX`] are forgotten. Its `n` is not looked at.
pub fn keep(
    tx: &mut Tx<'_>,
    receiver: &TestReceiver,
    request: &ReceivedRequest,
) -> Result<(), StoreError> {
    let account = receiver.account;
    let counted: Option<i64> =
        tx.query_optional(&COUNT, params![account, receiver.token], |row| row.get(0))?;
    let Some(n) = counted else { return Ok(()) };
    tx.execute(
        &KEEP,
        params![
            account,
            n,
            request.at,
            request.headers,
            request.body,
            request.body_bytes,
            request.auth,
            request.signature
        ],
    )?;
    tx.execute(&FORGET_OLD, params![account, n - REQUESTS_MAX])?;
    Ok(())
}

/// Requests after number `after`, the newest first.
pub fn requests(
    tx: &mut Tx<'_>,
    account: AccountId,
    after: i64,
    limit: i64,
) -> Result<Vec<ReceivedRequest>, StoreError> {
    tx.query(&REQUESTS, params![account, after, limit], |row| {
        Ok(ReceivedRequest {
            n: row.get(0)?,
            at: row.get(1)?,
            headers: row.get(2)?,
            body: row.get(3)?,
            body_bytes: row.get(4)?,
            auth: row.get(5)?,
            signature: row.get(6)?,
        })
    })
}

/// Takes the account's receiver away, with all that came in.
pub fn delete(tx: &mut Tx<'_>, account: AccountId) -> Result<(), StoreError> {
    tx.execute(&DELETE_REQUESTS, params![account])?;
    tx.execute(&DELETE, params![account])?;
    Ok(())
}

/// Takes away receivers whose day is over, at most `limit`; gives their number.
pub fn forget_expired(tx: &mut Tx<'_>, now_ms: i64, limit: i64) -> Result<usize, StoreError> {
    let expired: Vec<AccountId> = tx.query(&EXPIRED, params![now_ms, limit], |row| row.get(0))?;
    for account in &expired {
        delete(tx, *account)?;
    }
    Ok(expired.len())
}
