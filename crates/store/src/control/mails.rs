//! Mail that waits to be sent, and the one-time links in it.
//!
//! A link's token is made when its mail is sent and only its digest is kept, so neither table ever
//! holds a token. A mail that has to be sent again gets a new one.

use domain::time::{DAY_MS, MINUTE_MS};
use domain::{AccountId, MailId, MailTokenId};

use crate::driver::statement::statements;
use crate::driver::value::params;
use crate::{StoreError, Tx};

statements! {
    INSERT = "INSERT INTO mails (mail_id, account_id, recipient, letter, token_id, created_at,
        due_at) VALUES ($1, $2, $3, $4, $5, $6, $6)";
    DUE = "SELECT mail_id, account_id, recipient, letter, token_id, tries FROM mails
        WHERE due_at <= $1 AND sent_at IS NULL AND failed_at IS NULL
        ORDER BY due_at LIMIT $2" postgres_tail "FOR UPDATE SKIP LOCKED";
    LEASE = "UPDATE mails SET due_at = $1, tries = tries + 1 WHERE mail_id = $2";
    SENT = "UPDATE mails SET sent_at = $1, last_error = NULL WHERE mail_id = $2";
    RETRY = "UPDATE mails SET due_at = $1, last_error = $2 WHERE mail_id = $3";
    FAILED = "UPDATE mails SET failed_at = $1, last_error = $2 WHERE mail_id = $3";
    SUPERSEDE = "UPDATE mail_tokens SET superseded_at = $1 WHERE account_id = $2
        AND subject_id = $3 AND purpose = $4 AND used_at IS NULL AND superseded_at IS NULL";
    INSERT_TOKEN = "INSERT INTO mail_tokens (token_id, account_id, purpose, subject_id, email,
        created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    SET_DIGEST = "UPDATE mail_tokens SET digest = $1 WHERE token_id = $2 AND used_at IS NULL
        AND superseded_at IS NULL AND expires_at > $3";
    FIND_TOKEN = "SELECT token_id, account_id, purpose, subject_id, email, expires_at, used_at,
        superseded_at FROM mail_tokens WHERE digest = $1";
    USE_TOKEN = "UPDATE mail_tokens SET used_at = $1
        WHERE token_id = $2 AND used_at IS NULL AND superseded_at IS NULL";
    FORGET = "DELETE FROM mails WHERE created_at < $1
        AND (sent_at IS NOT NULL OR failed_at IS NOT NULL)";
    FORGET_TOKENS = "DELETE FROM mail_tokens WHERE expires_at < $1";
}

/// What a one-time link is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Confirms the address of a new person.
    Confirm,
    /// Sets a new password.
    Reset,
    /// Accepts an invitation.
    Invitation,
}

impl Purpose {
    /// The purpose's name in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Confirm => "confirm",
            Self::Reset => "reset",
            Self::Invitation => "invitation",
        }
    }

    /// How long a link of this purpose works, ms.
    pub fn life_ms(self) -> i64 {
        match self {
            Self::Confirm => DAY_MS,
            Self::Reset => 30 * MINUTE_MS,
            Self::Invitation => 7 * DAY_MS,
        }
    }
}

/// A mail to be sent.
#[derive(Clone, Debug)]
pub struct MailRow {
    /// Id.
    pub mail_id: MailId,
    /// Account.
    pub account_id: AccountId,
    /// Address.
    pub recipient: String,
    /// Which letter and what it says, as JSON.
    pub letter: String,
    /// The one-time link that it carries.
    pub token_id: Option<MailTokenId>,
    /// Tries so far.
    pub tries: i64,
}

/// A one-time link.
#[derive(Clone, Debug)]
pub struct TokenRow {
    /// Id.
    pub token_id: MailTokenId,
    /// Account.
    pub account_id: AccountId,
    /// `confirm`, `reset` or `invitation`.
    pub purpose: String,
    /// Id of the user or the invitation: twelve bytes.
    pub subject_id: Vec<u8>,
    /// Address that it was sent to.
    pub email: String,
    /// Unix ms.
    pub expires_at: i64,
    /// Unix ms.
    pub used_at: Option<i64>,
    /// When a newer one took its place, Unix ms.
    pub superseded_at: Option<i64>,
}

/// Queues a mail.
pub fn insert(tx: &mut Tx<'_>, mail: &MailRow, now_ms: i64) -> Result<(), StoreError> {
    tx.execute(
        &INSERT,
        params![
            mail.mail_id,
            mail.account_id,
            mail.recipient,
            mail.letter,
            mail.token_id,
            now_ms
        ],
    )?;
    Ok(())
}

/// Takes up to `limit` mails that are due. Each is due again at `until_ms`, should its sender die.
pub fn lease_due(
    tx: &mut Tx<'_>,
    limit: i64,
    until_ms: i64,
    now_ms: i64,
) -> Result<Vec<MailRow>, StoreError> {
    let due = tx.query(&DUE, params![now_ms, limit], |row| {
        Ok(MailRow {
            mail_id: row.get(0)?,
            account_id: row.get(1)?,
            recipient: row.get(2)?,
            letter: row.get(3)?,
            token_id: row.get(4)?,
            tries: row.get(5)?,
        })
    })?;
    for mail in &due {
        tx.execute(&LEASE, params![until_ms, mail.mail_id])?;
    }
    Ok(due)
}

/// The mail server has taken the mail.
pub fn sent(tx: &mut Tx<'_>, mail: MailId, now_ms: i64) -> Result<(), StoreError> {
    tx.execute(&SENT, params![now_ms, mail])?;
    Ok(())
}

/// The mail is tried again at `due_ms`.
pub fn retry(tx: &mut Tx<'_>, mail: MailId, due_ms: i64, error: &str) -> Result<(), StoreError> {
    tx.execute(&RETRY, params![due_ms, error, mail])?;
    Ok(())
}

/// The mail is given up.
pub fn fail(tx: &mut Tx<'_>, mail: MailId, now_ms: i64, error: &str) -> Result<(), StoreError> {
    tx.execute(&FAILED, params![now_ms, error, mail])?;
    Ok(())
}

/// Makes a one-time link; older ones of the same purpose and subject stop working.
pub fn insert_token(
    tx: &mut Tx<'_>,
    token: MailTokenId,
    account: AccountId,
    purpose: Purpose,
    subject: &[u8; 12],
    email: &str,
    now_ms: i64,
) -> Result<(), StoreError> {
    supersede_tokens(tx, account, purpose, subject, now_ms)?;
    tx.execute(
        &INSERT_TOKEN,
        params![
            token,
            account,
            purpose.as_str(),
            subject,
            email,
            now_ms,
            now_ms + purpose.life_ms()
        ],
    )?;
    Ok(())
}

/// Stops all one-time links of a purpose and subject.
pub fn supersede_tokens(
    tx: &mut Tx<'_>,
    account: AccountId,
    purpose: Purpose,
    subject: &[u8; 12],
    now_ms: i64,
) -> Result<(), StoreError> {
    tx.execute(
        &SUPERSEDE,
        params![now_ms, account, subject, purpose.as_str()],
    )?;
    Ok(())
}

/// The token of a link was made: right before its mail is sent. `false`: the link is used, expired
/// or superseded, so its mail need not go out.
pub fn set_token_digest(
    tx: &mut Tx<'_>,
    token: MailTokenId,
    digest: &[u8; 32],
    now_ms: i64,
) -> Result<bool, StoreError> {
    Ok(tx.execute(&SET_DIGEST, params![digest, token, now_ms])? == 1)
}

/// The one-time link whose token has this digest, used or not.
pub fn find_token(tx: &mut Tx<'_>, digest: &[u8; 32]) -> Result<Option<TokenRow>, StoreError> {
    tx.query_optional(&FIND_TOKEN, params![digest], |row| {
        Ok(TokenRow {
            token_id: row.get(0)?,
            account_id: row.get(1)?,
            purpose: row.get(2)?,
            subject_id: row.get(3)?,
            email: row.get(4)?,
            expires_at: row.get(5)?,
            used_at: row.get(6)?,
            superseded_at: row.get(7)?,
        })
    })
}

/// Uses a one-time link up. `false`: somebody else did, or a newer one took its place.
pub fn use_token(tx: &mut Tx<'_>, token: MailTokenId, now_ms: i64) -> Result<bool, StoreError> {
    Ok(tx.execute(&USE_TOKEN, params![now_ms, token])? == 1)
}

/// Forgets mails that are done with and were queued before `before_ms`, and links that expired
/// before it, Unix ms.
pub fn forget_old(tx: &mut Tx<'_>, before_ms: i64) -> Result<(), StoreError> {
    tx.execute(&FORGET, params![before_ms])?;
    tx.execute(&FORGET_TOKENS, params![before_ms])?;
    Ok(())
}
