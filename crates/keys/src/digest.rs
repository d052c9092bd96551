//! Keyed digests of secrets: what the database and the index hold instead of the text.
//!
//! A key has 190 bits, so a slow hash would protect nothing and cost every request. The digest is
//! keyed because imported keys may be weak: a stolen database alone allows no guessing at all.
//!
//! Source: reference/authentication.md part 2.1, "Storage" and "Compare".

use std::fmt;
use std::hash::{Hash, Hasher};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::secret::{Secret, SecretVersions};

/// HMAC-SHA-256 of a key's text under one version of the pepper.
///
/// Equality takes the same time for every pair, so looking one up in a map compares the found
/// record's whole digest in constant time.
#[derive(Clone, Copy)]
pub struct KeyDigest([u8; 32]);

impl KeyDigest {
    /// A digest from its 32 bytes in the database; `None` for any other length.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl PartialEq for KeyDigest {
    fn eq(&self, other: &Self) -> bool {
        constant_time_eq(&self.0, &other.0)
    }
}

impl Eq for KeyDigest {}

impl Hash for KeyDigest {
    /// A keyed digest is evenly spread and cannot be steered from outside: its first eight bytes
    /// are as good a hash as any.
    fn hash<H: Hasher>(&self, state: &mut H) {
        let first = self.0.first_chunk().expect("32 bytes have 8");
        state.write_u64(u64::from_le_bytes(*first));
    }
}

impl fmt::Debug for KeyDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyDigest(…)")
    }
}

/// The secret under which keys are digested, in the versions that live at once.
pub struct Pepper {
    /// Newest first. Each is an HMAC that has taken its key in already.
    versions: Vec<(u32, Hmac<Sha256>)>,
}

impl Pepper {
    /// Prepares the pepper from its entry of the secrets file.
    pub fn new(secrets: &SecretVersions) -> Self {
        let versions = secrets
            .newest_first()
            .map(|(version, secret)| (version, keyed(secret)))
            .collect();
        Self { versions }
    }

    /// The version under which new digests are made.
    pub fn version(&self) -> u32 {
        self.versions
            .first()
            .expect("SecretVersions has at least one version")
            .0
    }

    /// The digest of `text` under the newest version, for a new row: version, digest.
    pub fn digest(&self, text: &[u8]) -> (u32, KeyDigest) {
        self.digests(text)
            .next()
            .expect("SecretVersions has at least one version")
    }

    /// The digests of `text` under every version, newest first, each made when it is asked for.
    pub fn digests(&self, text: &[u8]) -> impl Iterator<Item = (u32, KeyDigest)> {
        self.versions.iter().map(move |(version, keyed)| {
            let mut hmac = keyed.clone();
            hmac.update(text);
            (*version, KeyDigest(hmac.finalize().into_bytes().into()))
        })
    }
}

impl fmt::Debug for Pepper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pepper(…)")
    }
}

/// HMAC-SHA-256 of `message` under `secret`: for session ids, mail tokens, audit anchors.
pub fn mac(secret: &Secret, message: &[u8]) -> [u8; 32] {
    let mut hmac = keyed(secret);
    hmac.update(message);
    hmac.finalize().into_bytes().into()
}

/// Compares secret bytes in a time that depends on their lengths only. Use it in place of `==`.
pub fn constant_time_eq(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}

fn keyed(secret: &Secret) -> Hmac<Sha256> {
    Hmac::new_from_slice(secret.expose()).expect("HMAC takes a key of any length")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        use std::fmt::Write;
        bytes.iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    }

    #[test]
    fn digest_is_hmac_sha_256_of_the_text() {
        // RFC 4231 case 2 has a short key; HMAC pads it with zeros, as a 32-byte secret holds them.
        let mut bytes = [0; 32];
        bytes[..4].copy_from_slice(b"Jefe");
        let secrets = SecretVersions::from_newest(1, Secret::from_bytes(bytes));
        let (version, digest) = Pepper::new(&secrets).digest(b"what do ya want for nothing?");
        let expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(version, 1);
        assert_eq!(hex(digest.as_bytes()), expected);
        let direct = mac(&Secret::from_bytes(bytes), b"what do ya want for nothing?");
        assert_eq!(hex(&direct), expected);
    }

    #[test]
    fn digests_come_newest_version_first() {
        let mut secrets = SecretVersions::from_newest(7, Secret::from_bytes([7; 32]));
        secrets.add(8, Secret::from_bytes([8; 32]));
        let pepper = Pepper::new(&secrets);
        let versions: Vec<u32> = pepper
            .digests(b"text")
            .map(|(version, _)| version)
            .collect();
        assert_eq!(versions, [8, 7]);
        assert_eq!(pepper.version(), 8);
        let both: Vec<KeyDigest> = pepper.digests(b"text").map(|(_, digest)| digest).collect();
        assert_ne!(both[0], both[1]);
        assert_eq!(both[0], pepper.digest(b"text").1);
    }

    #[test]
    fn digest_reads_back_only_32_bytes() {
        assert!(KeyDigest::from_bytes(&[0; 31]).is_none());
        assert!(KeyDigest::from_bytes(&[0; 33]).is_none());
        assert_eq!(
            KeyDigest::from_bytes(&[5; 32]).unwrap().as_bytes(),
            &[5; 32]
        );
    }

    #[test]
    fn constant_time_eq_compares_bytes_and_lengths() {
        assert!(constant_time_eq(b"same", b"same"));
        assert!(!constant_time_eq(b"same", b"sama"));
        assert!(!constant_time_eq(b"same", b"sam"));
        assert!(constant_time_eq(b"", b""));
    }
}
