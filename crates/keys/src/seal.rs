//! The encrypted copy of a key, by which the dashboard can show it again.
//!
//! Each account has a data key, which lies in the database wrapped by the secrets file's `wrap`.
//! Rotating `wrap` rewraps data keys only. Every ciphertext is bound to its row: a copy that
//! someone with write access moves to another row does not open there.
//!
//! Source: reference/authentication.md part 2.1, "Reveal".

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use domain::{AccountId, Environment, KeyId};
use zeroize::Zeroizing;

use crate::random::{self, RandomError};
use crate::secret::{Secret, SecretVersions};
use crate::text::{KeyKind, KeyText};

/// 24 bytes may be drawn at random without fear of drawing the same twice.
const NONCE_LEN: usize = 24;
const API_KEY_CONTEXT: &[u8] = b"weighbridge/api-key/v1";
const DATA_KEY_CONTEXT: &[u8] = b"weighbridge/data-key/v1";

/// The row that a sealed copy belongs to.
#[derive(Clone, Copy, Debug)]
pub struct SealedPlace {
    /// Whose key it is.
    pub account_id: AccountId,
    /// Which key it is.
    pub key_id: KeyId,
    /// Its mode.
    pub environment: Environment,
    /// Its kind.
    pub kind: KeyKind,
}

impl SealedPlace {
    /// The part after the context has the same length for every row, so no two rows run together.
    fn additional_data(&self) -> Vec<u8> {
        [
            API_KEY_CONTEXT,
            self.account_id.as_bytes(),
            self.key_id.as_bytes(),
            self.environment.as_str().as_bytes(),
            self.kind.as_str().as_bytes(),
        ]
        .concat()
    }
}

/// Why a copy could not be sealed or opened.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// It was made for another row or by another key, or it is damaged.
    #[error("the sealed copy does not open: it belongs to another row, or it is damaged")]
    DoesNotOpen,
    /// The secrets file no longer has the version that wrapped this data key.
    #[error(
        "the account's data key was wrapped by `wrap` version {0}, which the secrets file lacks"
    )]
    UnknownWrapVersion(u32),
    /// No nonce or key could be made.
    #[error(transparent)]
    Random(#[from] RandomError),
}

/// An account's data key as it lies in the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrappedDataKey {
    /// The version of `wrap` that it was wrapped by.
    pub wrap_version: u32,
    /// Nonce, ciphertext and tag: 72 bytes.
    pub bytes: Vec<u8>,
}

/// The key under which the texts of one account's keys are sealed.
#[derive(Debug)]
pub struct DataKey(Secret);

impl DataKey {
    /// Makes the data key of a new account.
    pub fn generate() -> Result<Self, RandomError> {
        Secret::generate().map(Self)
    }

    /// Wraps this data key by the newest version of `wrap`, bound to its account.
    pub fn wrap(
        &self,
        account_id: AccountId,
        wrap: &SecretVersions,
    ) -> Result<WrappedDataKey, SealError> {
        let (wrap_version, secret) = wrap.newest();
        let bytes = encrypt(secret, self.0.expose(), &data_key_context(account_id))?;
        Ok(WrappedDataKey {
            wrap_version,
            bytes,
        })
    }

    /// Unwraps the data key of `account_id`.
    pub fn unwrap(
        account_id: AccountId,
        wrapped: &WrappedDataKey,
        wrap: &SecretVersions,
    ) -> Result<Self, SealError> {
        let secret = wrap
            .version(wrapped.wrap_version)
            .ok_or(SealError::UnknownWrapVersion(wrapped.wrap_version))?;
        let plain = decrypt(secret, &wrapped.bytes, &data_key_context(account_id))?;
        let bytes = plain
            .as_slice()
            .try_into()
            .map_err(|_| SealError::DoesNotOpen)?;
        Ok(Self(Secret::from_bytes(bytes)))
    }

    /// Seals the text of a key for the row `place`: nonce, ciphertext and tag in one.
    pub fn seal(&self, place: &SealedPlace, text: &KeyText) -> Result<Vec<u8>, SealError> {
        encrypt(&self.0, text.expose().as_bytes(), &place.additional_data())
    }

    /// Opens what was sealed for the row `place`.
    pub fn open(&self, place: &SealedPlace, sealed: &[u8]) -> Result<KeyText, SealError> {
        let mut plain = decrypt(&self.0, sealed, &place.additional_data())?;
        // Taken out whole, so that the text is not copied: the `KeyText` wipes it.
        match String::from_utf8(std::mem::take(&mut *plain)) {
            Ok(text) => Ok(KeyText::from_checked(Zeroizing::new(text))),
            Err(error) => {
                drop(Zeroizing::new(error.into_bytes()));
                Err(SealError::DoesNotOpen)
            }
        }
    }

    /// Seals bytes that are bound to `additional_data`.
    pub(crate) fn seal_bytes(
        &self,
        plain: &[u8],
        additional_data: &[u8],
    ) -> Result<Vec<u8>, SealError> {
        encrypt(&self.0, plain, additional_data)
    }

    /// Opens what was sealed with the same `additional_data`.
    pub(crate) fn open_bytes(
        &self,
        sealed: &[u8],
        additional_data: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, SealError> {
        decrypt(&self.0, sealed, additional_data)
    }
}

fn data_key_context(account_id: AccountId) -> Vec<u8> {
    [DATA_KEY_CONTEXT, account_id.as_bytes()].concat()
}

fn encrypt(key: &Secret, plain: &[u8], additional_data: &[u8]) -> Result<Vec<u8>, SealError> {
    let mut nonce = [0; NONCE_LEN];
    random::fill(&mut nonce)?;
    let ciphertext = XChaCha20Poly1305::new(key.expose().into())
        .encrypt(
            &XNonce::from(nonce),
            Payload {
                msg: plain,
                aad: additional_data,
            },
        )
        .expect("fails only past 256 GiB");
    Ok([nonce.as_slice(), &ciphertext].concat())
}

fn decrypt(
    key: &Secret,
    sealed: &[u8],
    additional_data: &[u8],
) -> Result<Zeroizing<Vec<u8>>, SealError> {
    let (nonce, ciphertext) = sealed
        .split_first_chunk::<NONCE_LEN>()
        .ok_or(SealError::DoesNotOpen)?;
    XChaCha20Poly1305::new(key.expose().into())
        .decrypt(
            &XNonce::from(*nonce),
            Payload {
                msg: ciphertext,
                aad: additional_data,
            },
        )
        .map(Zeroizing::new)
        .map_err(|_| SealError::DoesNotOpen)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn account(number: u8) -> AccountId {
        AccountId::from_bytes(&[number; 12]).unwrap()
    }

    fn place() -> SealedPlace {
        SealedPlace {
            account_id: account(1),
            key_id: KeyId::from_bytes(&[2; 12]).unwrap(),
            environment: Environment::Live,
            kind: KeyKind::Api,
        }
    }

    #[test]
    fn sealed_text_opens_in_its_row() {
        let data_key = DataKey::generate().unwrap();
        let text = KeyText::generate(Environment::Live, KeyKind::Api).unwrap();
        let sealed = data_key.seal(&place(), &text).unwrap();
        assert_eq!(
            data_key.open(&place(), &sealed).unwrap().expose(),
            text.expose()
        );
        let again = data_key.seal(&place(), &text).unwrap();
        assert_ne!(sealed, again, "every seal has a nonce of its own");
    }

    #[test]
    fn case_65_a_copy_moved_to_another_row_does_not_open() {
        let data_key = DataKey::generate().unwrap();
        let text = KeyText::generate(Environment::Live, KeyKind::Api).unwrap();
        let sealed = data_key.seal(&place(), &text).unwrap();
        let others = [
            SealedPlace {
                account_id: account(9),
                ..place()
            },
            SealedPlace {
                key_id: KeyId::from_bytes(&[3; 12]).unwrap(),
                ..place()
            },
            SealedPlace {
                environment: Environment::Test,
                ..place()
            },
            SealedPlace {
                kind: KeyKind::Restricted,
                ..place()
            },
        ];
        for other in others {
            let opened = data_key.open(&other, &sealed);
            assert!(matches!(opened, Err(SealError::DoesNotOpen)), "{other:?}");
        }
        let other_account = DataKey::generate().unwrap();
        assert!(other_account.open(&place(), &sealed).is_err());
    }

    #[test]
    fn additional_data_is_context_account_key_mode_kind() {
        let expected = [
            b"weighbridge/api-key/v1".as_slice(),
            &[1; 12],
            &[2; 12],
            b"live",
            b"wb",
        ];
        assert_eq!(place().additional_data(), expected.concat());
    }

    #[test]
    fn data_key_survives_wrapping_and_rotation() {
        let data_key = DataKey::generate().unwrap();
        let text = KeyText::generate(Environment::Live, KeyKind::Api).unwrap();
        let sealed = data_key.seal(&place(), &text).unwrap();

        let mut wrap = SecretVersions::from_newest(1, Secret::generate().unwrap());
        let wrapped = data_key.wrap(account(1), &wrap).unwrap();
        assert_eq!((wrapped.wrap_version, wrapped.bytes.len()), (1, 72));

        wrap.add(2, Secret::generate().unwrap());
        let unwrapped = DataKey::unwrap(account(1), &wrapped, &wrap).unwrap();
        let rewrapped = unwrapped.wrap(account(1), &wrap).unwrap();
        assert_eq!(rewrapped.wrap_version, 2);
        let unwrapped = DataKey::unwrap(account(1), &rewrapped, &wrap).unwrap();
        assert_eq!(
            unwrapped.open(&place(), &sealed).unwrap().expose(),
            text.expose()
        );
    }

    #[test]
    fn data_key_of_another_account_or_unknown_version_is_refused() {
        let wrap = SecretVersions::from_newest(1, Secret::generate().unwrap());
        let mut wrapped = DataKey::generate()
            .unwrap()
            .wrap(account(1), &wrap)
            .unwrap();
        let moved = DataKey::unwrap(account(2), &wrapped, &wrap);
        assert!(matches!(moved, Err(SealError::DoesNotOpen)));
        wrapped.wrap_version = 5;
        let unknown = DataKey::unwrap(account(1), &wrapped, &wrap);
        assert!(matches!(unknown, Err(SealError::UnknownWrapVersion(5))));
    }

    proptest! {
        #[test]
        fn arbitrary_and_damaged_copies_are_refused(
            bytes in prop::collection::vec(any::<u8>(), 0..100),
            at in 0_usize..85,
            bit in 0_u32..8,
        ) {
            let data_key = DataKey::generate().unwrap();
            prop_assert!(data_key.open(&place(), &bytes).is_err());
            let text = KeyText::generate(Environment::Live, KeyKind::Api).unwrap();
            let mut sealed = data_key.seal(&place(), &text).unwrap();
            prop_assert_eq!(sealed.len(), 85);
            sealed[at] ^= 1 << bit;
            prop_assert!(data_key.open(&place(), &sealed).is_err());
        }
    }
}
