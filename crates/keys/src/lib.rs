//! API keys and callback auth keys: their text, their digests, their sealed copies, the index by
//! which a request's key is found, and the reading of the `Authorization` header.
//!
//! The crate is a wall: the plain text of a key exists only here and while it is shown, as a
//! [`KeyText`], which has no `Display`, no `Serialize` and a masked `Debug`. What others get is a
//! [`KeyRecord`], which holds no secret. Nothing here knows of HTTP frameworks, SQL or a clock:
//! header lines, rows and the present time are passed in.
//!
//! Source: reference/authentication.md, parts 2.1 and 2.2; its cases 1–28 are the tests.

#![cfg_attr(
    test,
    allow(clippy::unwrap_used, reason = "a test that cannot go on is to panic")
)]

mod authorization;
mod digest;
mod import;
mod index;
mod random;
mod record;
mod seal;
mod secret;
mod secrets;
mod signing;
mod text;

pub use authorization::{
    AUTHORIZATION_LEN_MAX, AuthorizationError, AuthorizationProblem, AuthorizationSettings,
    CREDENTIALS_LEN_MAX, Challenge, verify_authorization,
};
pub use digest::{KeyDigest, Pepper, constant_time_eq, mac};
pub use import::{IMPORT_LEN_MAX, IMPORT_LEN_MIN, ImportError, read_imported_key};
pub use index::{KeyIndex, TOMBSTONES_MAX};
pub use random::RandomError;
pub use record::{KeyRecord, KeyRow, KeyStanding, KeyState, KeyUse};
pub use seal::{DataKey, SealError, SealedPlace, WrappedDataKey};
pub use secret::{Secret, SecretName, SecretVersions, UnknownSecretName};
pub use secrets::{Fingerprint, FingerprintError, Secrets, SecretsError};
pub use signing::{
    GivenSecret, GivenSecretError, PUBLIC_KEY_PREFIX, SIGNING_SECRET_PREFIX, SignedContent,
    SigningPlace, SigningSecret,
};
pub use text::{KEY_LEN, KeyForm, KeyKind, KeyText, UnknownKeyKind, classify};
