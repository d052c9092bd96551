//! One secret, the names of the secrets that an installation has, and their versions.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::random::{self, RandomError};

/// 32 secret bytes. Wiped from memory when dropped; never printed.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Secret([u8; 32]);

impl Secret {
    /// Makes a new secret from the operating system's generator.
    pub fn generate() -> Result<Self, RandomError> {
        let mut secret = Self([0; 32]);
        random::fill(&mut secret.0)?;
        Ok(secret)
    }

    /// Takes over the bytes of a secret that is kept elsewhere.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes, for the algorithm that needs them.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    pub(crate) fn from_base64(text: &str) -> Option<Self> {
        let decoded = Zeroizing::new(STANDARD.decode(text).ok()?);
        decoded.as_slice().try_into().ok().map(Self)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// An entry of the secrets file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SecretName {
    /// Keys the digests of API keys.
    Pepper,
    /// Wraps the data keys of accounts.
    Wrap,
    /// The secret input of password hashing.
    PasswordPepper,
    /// Keys the digests of session ids and of mail tokens.
    SessionMac,
    /// Signs the heads of the audit log.
    AuditMac,
}

impl SecretName {
    /// Every entry, in the order of the file.
    pub const ALL: [Self; 5] = [
        Self::Pepper,
        Self::Wrap,
        Self::PasswordPepper,
        Self::SessionMac,
        Self::AuditMac,
    ];

    /// The name in the file and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pepper => "pepper",
            Self::Wrap => "wrap",
            Self::PasswordPepper => "password_pepper",
            Self::SessionMac => "session_mac",
            Self::AuditMac => "audit_mac",
        }
    }
}

impl fmt::Display for SecretName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The database names a secret that this program does not know.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this version of Weighbridge knows no secret `{0}`")]
pub struct UnknownSecretName(String);

impl FromStr for SecretName {
    type Err = UnknownSecretName;

    fn from_str(text: &str) -> Result<Self, UnknownSecretName> {
        let named = Self::ALL.into_iter().find(|name| name.as_str() == text);
        named.ok_or_else(|| UnknownSecretName(text.to_owned()))
    }
}

/// The versions of one entry that live at once; at least one.
#[derive(Debug)]
pub struct SecretVersions {
    newest_first: Vec<(u32, Secret)>,
}

impl SecretVersions {
    /// An entry of one version.
    pub fn from_newest(version: u32, secret: Secret) -> Self {
        Self {
            newest_first: vec![(version, secret)],
        }
    }

    /// Adds a version, or replaces the secret of a version that is there.
    pub fn add(&mut self, version: u32, secret: Secret) {
        self.newest_first.retain(|(present, _)| *present != version);
        self.newest_first.push((version, secret));
        self.newest_first
            .sort_by_key(|(version, _)| std::cmp::Reverse(*version));
    }

    /// The version to use for what is made now.
    pub fn newest(&self) -> (u32, &Secret) {
        self.newest_first()
            .next()
            .expect("made with one version, none is ever taken away")
    }

    /// The secret of the version that a row names.
    pub fn version(&self, version: u32) -> Option<&Secret> {
        self.newest_first()
            .find(|(present, _)| *present == version)
            .map(|(_, secret)| secret)
    }

    /// Every version, newest first.
    pub fn newest_first(&self) -> impl Iterator<Item = (u32, &Secret)> {
        self.newest_first
            .iter()
            .map(|(version, secret)| (*version, secret))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back() {
        for name in SecretName::ALL {
            assert_eq!(name.as_str().parse(), Ok(name));
            assert_eq!(SecretName::ALL[name as usize], name);
        }
        assert!("peper".parse::<SecretName>().is_err());
    }

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", Secret::from_bytes([65; 32])), "Secret(…)");
    }

    #[test]
    fn versions_are_ordered_and_replaced() {
        let mut versions = SecretVersions::from_newest(3, Secret::from_bytes([3; 32]));
        versions.add(2, Secret::from_bytes([2; 32]));
        versions.add(3, Secret::from_bytes([4; 32]));
        assert_eq!(versions.newest().0, 3);
        assert_eq!(versions.newest().1.expose(), &[4; 32]);
        assert_eq!(versions.version(2).map(Secret::expose), Some(&[2; 32]));
        assert!(versions.version(1).is_none());
        assert_eq!(versions.newest_first().count(), 2);
    }
}
