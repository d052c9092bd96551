//! What callbacks are signed with: Standard Webhooks, a symmetric secret (`v1`) and an Ed25519 pair
//! (`v1a`) in one.
//!
//! Source: reference/callbacks.md parts 2.1 and 5; Standard Webhooks 1.0.0; RFC 8032.

use std::fmt;
use std::sync::OnceLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::{AccountId, Environment, SigningSecretId};
use hmac::{Hmac, KeyInit, Mac};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::digest::constant_time_eq;
use crate::random::{self, RandomError};
use crate::seal::{DataKey, SealError};
use crate::text::KeyText;

/// Bytes of the symmetric secret, and of the seed of the pair.
const SECRET_LEN: usize = 32;
/// Prefix of a symmetric secret's text; no part of the secret.
pub const SIGNING_SECRET_PREFIX: &str = "whsec_";
/// Prefix of a public key's text.
pub const PUBLIC_KEY_PREFIX: &str = "whpk_";
const SIGNING_CONTEXT: &[u8] = b"weighbridge/signing-secret/v1";

/// The row that a sealed secret belongs to.
#[derive(Clone, Copy, Debug)]
pub struct SigningPlace {
    /// Whose secret it is.
    pub account_id: AccountId,
    /// Which secret it is.
    pub secret_id: SigningSecretId,
    /// Its mode.
    pub environment: Environment,
}

impl SigningPlace {
    fn additional_data(&self) -> Vec<u8> {
        [
            SIGNING_CONTEXT,
            self.account_id.as_bytes(),
            self.secret_id.as_bytes(),
            self.environment.as_str().as_bytes(),
        ]
        .concat()
    }
}

/// A symmetric secret and an Ed25519 pair, ready to sign.
pub struct SigningSecret {
    /// The secret, then the seed of the pair.
    bytes: Zeroizing<[u8; 2 * SECRET_LEN]>,
    mac: Hmac<Sha256>,
    /// Made at its first use: it takes as long as a signature, and most accounts loaded at a start
    /// send nothing soon.
    pair: OnceLock<Ed25519KeyPair>,
}

impl SigningSecret {
    /// Makes a secret and a pair.
    pub fn generate() -> Result<Self, RandomError> {
        let mut bytes = Zeroizing::new([0; 2 * SECRET_LEN]);
        random::fill(&mut *bytes)?;
        Ok(Self::from_bytes(bytes))
    }

    fn from_bytes(bytes: Zeroizing<[u8; 2 * SECRET_LEN]>) -> Self {
        Self {
            mac: keyed(&bytes[..SECRET_LEN]),
            pair: OnceLock::new(),
            bytes,
        }
    }

    fn pair(&self) -> &Ed25519KeyPair {
        self.pair.get_or_init(|| {
            Ed25519KeyPair::from_seed_unchecked(&self.bytes[SECRET_LEN..])
                .expect("a seed has 32 bytes")
        })
    }

    /// The symmetric secret as receivers configure it: `whsec_` and Base64.
    pub fn text(&self) -> KeyText {
        // Reserved in full, so that growing never leaves a copy behind.
        let mut text = Zeroizing::new(String::with_capacity(64));
        text.push_str(SIGNING_SECRET_PREFIX);
        STANDARD.encode_string(&self.bytes[..SECRET_LEN], &mut text);
        KeyText::from_checked(text)
    }

    /// What may be shown of the symmetric secret: `…` and the last four characters of its text,
    /// padding left out.
    pub fn hint(&self) -> String {
        let text = self.text();
        let text = text.expose().trim_end_matches('=');
        format!("…{}", &text[text.len() - 4..])
    }

    /// The public key of the pair: `whpk_` and Base64.
    pub fn public_key(&self) -> String {
        format!(
            "{PUBLIC_KEY_PREFIX}{}",
            STANDARD.encode(self.pair().public_key().as_ref())
        )
    }

    /// Appends the signature `v1,…`: HMAC-SHA-256.
    pub fn sign_symmetric(&self, content: &SignedContent, signatures: &mut String) {
        signatures.push_str("v1,");
        STANDARD.encode_string(self.mac_of(&content.0), signatures);
    }

    /// Appends the signature `v1a,…`: Ed25519.
    pub fn sign_asymmetric(&self, content: &SignedContent, signatures: &mut String) {
        signatures.push_str("v1a,");
        STANDARD.encode_string(self.pair().sign(&content.0), signatures);
    }

    /// Whether these bytes are the content's symmetric signature. Takes the same time for every
    /// signature of the right length.
    pub fn is_symmetric(&self, content: &SignedContent, signature: &[u8]) -> bool {
        constant_time_eq(&self.mac_of(&content.0), signature)
    }

    /// Whether these bytes are an asymmetric signature of the content.
    pub fn is_asymmetric(&self, content: &SignedContent, signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, self.pair().public_key())
            .verify(&content.0, signature)
            .is_ok()
    }

    /// Whether these bytes are the content's symmetric signature as a sender or receiver makes it
    /// that takes the secret's text for the secret: with the prefix left on, or without it and not
    /// decoded.
    pub fn is_of_text(&self, content: &SignedContent, signature: &[u8], with_prefix: bool) -> bool {
        let text = self.text();
        let key = if with_prefix {
            text.expose()
        } else {
            text.expose()
                .strip_prefix(SIGNING_SECRET_PREFIX)
                .unwrap_or_default()
        };
        let mut mac = keyed(key.as_bytes());
        mac.update(&content.0);
        constant_time_eq(&mac.finalize().into_bytes(), signature)
    }

    fn mac_of(&self, content: &[u8]) -> [u8; 32] {
        let mut mac = self.mac.clone();
        mac.update(content);
        mac.finalize().into_bytes().into()
    }
}

/// A symmetric secret that a receiver has, read from its text.
pub struct GivenSecret(Hmac<Sha256>);

/// A text that is no symmetric secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GivenSecretError {
    /// Not Base64 after the prefix.
    #[error("is no signing secret: after whsec_ must stand Base64")]
    NotBase64,
    /// Standard Webhooks asks for 24 to 64 bytes.
    #[error("is no signing secret: it has {0} bytes, and 24 to 64 are asked for")]
    Length(usize),
}

impl GivenSecret {
    /// Reads `whsec_` and Base64, or Base64 alone.
    pub fn read(text: &str) -> Result<Self, GivenSecretError> {
        let encoded = text.strip_prefix(SIGNING_SECRET_PREFIX).unwrap_or(text);
        let bytes = Zeroizing::new(
            STANDARD
                .decode(encoded)
                .map_err(|_| GivenSecretError::NotBase64)?,
        );
        if !(24..=64).contains(&bytes.len()) {
            return Err(GivenSecretError::Length(bytes.len()));
        }
        Ok(Self(keyed(&bytes)))
    }

    /// Whether these bytes are the content's symmetric signature.
    pub fn is_symmetric(&self, content: &SignedContent, signature: &[u8]) -> bool {
        let mut mac = self.0.clone();
        mac.update(&content.0);
        constant_time_eq(&mac.finalize().into_bytes(), signature)
    }
}

impl fmt::Debug for GivenSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GivenSecret(…)")
    }
}

/// What is signed of one try: `id.timestamp.body`.
pub struct SignedContent(Vec<u8>);

impl SignedContent {
    /// Puts the parts together. `id` and `timestamp` are the values of `webhook-id` and
    /// `webhook-timestamp` (Unix seconds), `body` the exact bytes.
    pub fn new(id: &str, timestamp: &str, body: &[u8]) -> Self {
        Self([id.as_bytes(), b".", timestamp.as_bytes(), b".", body].concat())
    }
}

fn keyed(secret: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(secret).expect("HMAC takes a key of any length")
}

impl fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningSecret(…)")
    }
}

impl DataKey {
    /// Seals a signing secret for its row.
    pub fn seal_signing(
        &self,
        place: &SigningPlace,
        secret: &SigningSecret,
    ) -> Result<Vec<u8>, SealError> {
        self.seal_bytes(&*secret.bytes, &place.additional_data())
    }

    /// Opens what was sealed for the row `place`.
    pub fn open_signing(
        &self,
        place: &SigningPlace,
        sealed: &[u8],
    ) -> Result<SigningSecret, SealError> {
        let plain = self.open_bytes(sealed, &place.additional_data())?;
        let bytes = plain
            .as_slice()
            .try_into()
            .map_err(|_| SealError::DoesNotOpen)?;
        Ok(SigningSecret::from_bytes(Zeroizing::new(bytes)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn place() -> SigningPlace {
        SigningPlace {
            account_id: AccountId::from_bytes(&[1; 12]).unwrap(),
            secret_id: SigningSecretId::from_bytes(&[2; 12]).unwrap(),
            environment: Environment::Live,
        }
    }

    /// The bytes of a signature that stands behind `scheme` and a comma.
    fn bytes_of(signature: &str, scheme: &str) -> Vec<u8> {
        let encoded = signature
            .strip_prefix(scheme)
            .and_then(|rest| rest.strip_prefix(','))
            .unwrap();
        STANDARD.decode(encoded).unwrap()
    }

    #[test]
    fn a_sealed_secret_opens_in_its_row_alone() {
        let data_key = DataKey::generate().unwrap();
        let secret = SigningSecret::generate().unwrap();
        let sealed = data_key.seal_signing(&place(), &secret).unwrap();
        let opened = data_key.open_signing(&place(), &sealed).unwrap();
        assert_eq!(opened.text().expose(), secret.text().expose());
        assert_eq!(opened.public_key(), secret.public_key());
        for other in [
            SigningPlace {
                environment: Environment::Test,
                ..place()
            },
            SigningPlace {
                account_id: AccountId::from_bytes(&[3; 12]).unwrap(),
                ..place()
            },
            SigningPlace {
                secret_id: SigningSecretId::from_bytes(&[3; 12]).unwrap(),
                ..place()
            },
        ] {
            assert!(data_key.open_signing(&other, &sealed).is_err(), "{other:?}");
        }
    }

    #[test]
    fn texts_have_the_forms_of_standard_webhooks() {
        let secret = SigningSecret::generate().unwrap();
        let text = secret.text();
        let encoded = text.expose().strip_prefix("whsec_").unwrap();
        assert_eq!(STANDARD.decode(encoded).unwrap().len(), 32);
        let tail = secret.hint();
        let tail = tail.strip_prefix('…').unwrap();
        assert!(encoded.trim_end_matches('=').ends_with(tail));
        let public = secret.public_key();
        let encoded = public.strip_prefix("whpk_").unwrap();
        assert_eq!(STANDARD.decode(encoded).unwrap().len(), 32);
        assert_eq!(format!("{secret:?}"), "SigningSecret(…)");
    }

    #[test]
    fn a_signature_is_that_of_the_specification() {
        // The example of the libraries of Standard Webhooks.
        let secret = GivenSecret::read("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let content = SignedContent::new(
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            "1614265330",
            br#"{"test": 2432232314}"#,
        );
        let signature = bytes_of("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", "v1");
        assert!(secret.is_symmetric(&content, &signature));
        let later = SignedContent::new(
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            "1614265331",
            br#"{"test": 2432232314}"#,
        );
        assert!(!secret.is_symmetric(&later, &signature));
    }

    #[test]
    fn a_given_secret_is_read_or_refused_with_the_reason() {
        let secret = SigningSecret::generate().unwrap();
        let text = secret.text();
        let content = SignedContent::new("cb_1", "5", b"{}");
        let mut signature = String::new();
        secret.sign_symmetric(&content, &mut signature);
        let signature = bytes_of(&signature, "v1");
        for given in [text.expose(), &text.expose()["whsec_".len()..]] {
            let given = GivenSecret::read(given).unwrap();
            assert!(given.is_symmetric(&content, &signature));
        }
        let error = |text| GivenSecret::read(text).unwrap_err();
        assert_eq!(error("whsec_*"), GivenSecretError::NotBase64);
        assert_eq!(error("whsec_AAAA"), GivenSecretError::Length(3));
    }

    #[test]
    fn a_secret_that_is_taken_for_its_text_is_recognised() {
        let secret = SigningSecret::generate().unwrap();
        let content = SignedContent::new("cb_1", "5", b"{}");
        for with_prefix in [true, false] {
            let text = secret.text();
            let key = if with_prefix {
                text.expose()
            } else {
                &text.expose()["whsec_".len()..]
            };
            let mut mac = keyed(key.as_bytes());
            mac.update(b"cb_1.5.{}");
            let signature = mac.finalize().into_bytes();
            assert!(secret.is_of_text(&content, &signature, with_prefix));
            assert!(!secret.is_of_text(&content, &signature, !with_prefix));
            assert!(!secret.is_symmetric(&content, &signature));
        }
    }

    proptest! {
        #[test]
        fn case_120_a_signature_verifies_and_one_changed_byte_does_not(
            body in prop::collection::vec(any::<u8>(), 1..200),
            timestamp in 0_i64..4_000_000_000,
            place in 0_usize..300,
        ) {
            let secret = SigningSecret::generate().unwrap();
            let mut content = SignedContent::new("cb_1", &timestamp.to_string(), &body);
            let (mut symmetric, mut asymmetric) = (String::new(), String::new());
            secret.sign_symmetric(&content, &mut symmetric);
            secret.sign_asymmetric(&content, &mut asymmetric);
            let symmetric = bytes_of(&symmetric, "v1");
            let asymmetric = bytes_of(&asymmetric, "v1a");
            prop_assert!(secret.is_symmetric(&content, &symmetric));
            prop_assert!(secret.is_asymmetric(&content, &asymmetric));
            let place = place % content.0.len();
            content.0[place] ^= 1;
            prop_assert!(!secret.is_symmetric(&content, &symmetric));
            prop_assert!(!secret.is_asymmetric(&content, &asymmetric));
        }
    }
}
