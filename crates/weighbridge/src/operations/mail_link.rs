//! The one-time links of mails, as they come back (authentication.md 2.7): each is for one purpose,
//! works once and for a while, and a newer one takes its place.

use axum::http::StatusCode;
use domain::UserId;
use store::Tx;
use store::control::mails::{self, Purpose, TokenRow};

use crate::error::ApiError;

/// The link with this digest, if it works: else 404 or 410. It is not used up.
pub fn find(
    tx: &mut Tx<'_>,
    digest: &[u8; 32],
    purpose: Purpose,
    now_ms: i64,
) -> Result<TokenRow, ApiError> {
    let link = find_known(tx, digest, purpose)?;
    if link.expires_at <= now_ms {
        return Err(gone(
            "link_expired",
            "This link has expired. Ask for a new one.",
        ));
    }
    Ok(link)
}

/// The link with this digest, expired or not, unless it was used or a newer one took its place.
pub fn find_known(
    tx: &mut Tx<'_>,
    digest: &[u8; 32],
    purpose: Purpose,
) -> Result<TokenRow, ApiError> {
    let link = mails::find_token(tx, digest)?
        .filter(|link| link.purpose == purpose.as_str())
        .ok_or_else(unknown)?;
    if link.used_at.is_some() {
        return Err(used());
    }
    if link.superseded_at.is_some() {
        return Err(superseded());
    }
    Ok(link)
}

/// Uses a link up. Somebody else may have done so since it was found.
pub fn use_up(tx: &mut Tx<'_>, link: &TokenRow, now_ms: i64) -> Result<(), ApiError> {
    if mails::use_token(tx, link.token_id, now_ms)? {
        return Ok(());
    }
    Err(used())
}

/// The person whom a link is for.
pub fn person(link: &TokenRow) -> Result<UserId, ApiError> {
    UserId::from_bytes(&link.subject_id).ok_or_else(unknown)
}

/// 404: not one of ours, or of another purpose.
pub fn unknown() -> ApiError {
    ApiError::not_found(
        "link_unknown",
        "This link is not one of ours, or it was cut off. Open it from the mail again.",
    )
}

fn used() -> ApiError {
    gone("link_used", "This link was used already.")
}

fn superseded() -> ApiError {
    gone(
        "link_superseded",
        "A newer link took the place of this one: use that of the newest mail.",
    )
}

fn gone(code: &'static str, text: &str) -> ApiError {
    ApiError::new(StatusCode::GONE, code, text)
}
