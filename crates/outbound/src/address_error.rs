//! Why the text of a URL is not accepted.

use std::net::SocketAddr;

use crate::{address::URL_BYTES_MAX, ranges::Refused};

/// Why a URL is not accepted. The texts are written to follow the parameter's path and a colon:
/// `callback_url: must begin with http:// or https://, got "ftp:"`. None of them repeats a user
/// name, a password or a query.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// No text at all.
    #[error("must be a URL such as https://example.com/path, got an empty text")]
    Empty,
    /// Longer than 2,048 bytes.
    #[error("must have at most {URL_BYTES_MAX} bytes, got {bytes}")]
    TooLong {
        /// The length that was given.
        bytes: usize,
    },
    /// White space before or after the URL.
    #[error("must not begin or end with white space")]
    OuterSpace,
    /// A control character, tab or line break, which URL parsers drop silently.
    #[error(
        "must not contain control characters, got U+{code:04X} at byte {at}; percent-encode it"
    )]
    ControlCharacter {
        /// The character's code point.
        code: u32,
        /// Where it stands, in bytes from the start.
        at: usize,
    },
    /// A backslash, which some URL parsers read as a slash and some do not.
    #[error(
        "must not contain a backslash, got one at byte {at}; write / or percent-encode it as %5C"
    )]
    Backslash {
        /// Where it stands, in bytes from the start.
        at: usize,
    },
    /// Neither http nor https.
    #[error("must begin with http:// or https://, got \"{got}\"")]
    Scheme {
        /// What stands in the scheme's place.
        got: String,
    },
    /// Not exactly two slashes after the scheme.
    #[error("must have exactly two slashes after \"{scheme}:\"")]
    Slashes {
        /// The scheme, which is right.
        scheme: &'static str,
    },
    /// More than one `@` before the path, so that it is unclear where the host begins.
    #[error(
        "must have at most one @ before the path; percent-encode one in a user name or password as %40"
    )]
    TwoAt,
    /// A colon in the user name cannot be sent with Basic authentication (RFC 7617, part 2).
    #[error("must not have a colon (%3A) in the user name")]
    ColonInUserName,
    /// An IPv6 zone id names an interface of *this* machine.
    #[error("must not have an IPv6 zone id (%…) in the host")]
    ZoneId,
    /// The host is no name and no address.
    #[error("has no valid host: {reason}")]
    Host {
        /// What is wrong with it.
        reason: String,
    },
    /// Port 0, or a port of another protocol that HTTP clients refuse.
    #[error("must not use port {port}: {reason}")]
    Port {
        /// The port.
        port: u16,
        /// Why not.
        reason: &'static str,
    },
    /// The path or query cannot be sent.
    #[error("has a path or query that cannot be sent; percent-encode what is special in it")]
    Path,
    /// A name that always means this machine (RFC 6761, 6.3).
    #[error(
        "{name} is this machine itself (127.0.0.0/8, RFC 6761). \
         Allow it with --allow-callback-network 127.0.0.0/8."
    )]
    Localhost {
        /// The name.
        name: String,
    },
    /// An address in a refused range.
    #[error(transparent)]
    Range(#[from] Refused),
    /// An address at which this server or one of its own services listens.
    #[error("{0} belongs to this server itself and can never be a target")]
    OwnAddress(SocketAddr),
    /// The name of this server or of one of its own services.
    #[error("{host}:{port} belongs to this server itself and can never be a target")]
    OwnName {
        /// The name or address.
        host: String,
        /// The port.
        port: u16,
    },
}

impl AddressError {
    /// Whether the URL is well written and only the place that it names is refused.
    pub fn is_blocked(&self) -> bool {
        matches!(
            self,
            Self::Localhost { .. } | Self::Range(_) | Self::OwnAddress(_) | Self::OwnName { .. }
        )
    }
}
