//! Why no answer came.

use crate::{address_error::AddressError, ranges::Refused};

/// Why no answer came. Each text says what happened, for the person who runs the receiver.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The URL itself is refused: badly written, or it names a refused address. Trying again
    /// cannot help.
    #[error("{}{}", if .0.is_blocked() { "" } else { "the URL " }, .0)]
    Text(AddressError),
    /// The name could not be resolved.
    #[error("{0}")]
    Dns(String),
    /// The name resolves to an address that is refused.
    #[error("{detail}")]
    BlockedAddress {
        /// The refused range, or "own address".
        range: String,
        /// The whole sentence.
        detail: String,
    },
    /// Plain http to a public address, which the caller did not want.
    #[error("plain http to a public address: what is sent could be read on the way")]
    PlainHttp,
    /// Nobody took the connection.
    #[error("{0}")]
    Refused(String),
    /// The connection broke before an answer.
    #[error("{0}")]
    Reset(String),
    /// No TLS connection that could be trusted.
    #[error("{0}")]
    Tls(String),
    /// The time to send was over before the request was written. Nothing of it was sent.
    #[error("the time to send it was over before it could be written")]
    TooLate,
    /// The operator's proxy failed; the target is not to blame.
    #[error("{0}")]
    Proxy(String),
    /// No connection within the limit for it.
    #[error("{0}")]
    TimeoutConnect(String),
    /// No answer within the limit for the whole.
    #[error("{0}")]
    TimeoutWhole(String),
    /// What came back was not HTTP.
    #[error("{0}")]
    BadHttp(String),
}

impl Failure {
    /// The refusal of one answer of a look-up.
    pub(crate) fn blocked(name: &str, refused: &Refused) -> Self {
        Self::BlockedAddress {
            range: refused.range.clone(),
            detail: format!("{name} resolves to a refused address: {refused}"),
        }
    }
}
