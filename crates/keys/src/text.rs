//! The text of a key: `live_wb` + 32 base62 characters + a 6-character CRC-32 tail.
//!
//! Source: reference/authentication.md part 2.1.

use std::fmt;
use std::str::FromStr;

use domain::Environment;
use zeroize::{Zeroize, Zeroizing};

use crate::random::{self, RandomError};

/// Length in bytes of a key of our own form.
pub const KEY_LEN: usize = PREFIX_LEN + BODY_LEN + TAIL_LEN;

/// `live_` or `test_`, and the two letters of the kind.
const PREFIX_LEN: usize = 7;
/// 32 base62 characters hold 190.5 bits.
const BODY_LEN: usize = 32;
/// 62⁶ is the first power of 62 above 2³².
const TAIL_LEN: usize = 6;
/// How many of a key's last characters its hint shows.
const HINT_TAIL_LEN: usize = 4;

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// The largest multiple of 62 that fits a byte: bytes from here up are drawn again, since keeping
/// them would make some letters likelier than others.
const UNBIASED_BYTES: u8 = 248;

/// What a key is for; two letters in its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyKind {
    /// `wb`: an API key that may do everything the API offers in its mode.
    Api,
    /// `wr`: an API key with restrictions.
    Restricted,
    /// `wc`: proves to a customer's receiver that a callback is ours; never admits a request.
    CallbackAuth,
}

impl KeyKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Api, Self::Restricted, Self::CallbackAuth];

    /// The two letters in the key's text and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Api => "wb",
            Self::Restricted => "wr",
            Self::CallbackAuth => "wc",
        }
    }
}

impl fmt::Display for KeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A kind that is none of `wb`, `wr`, `wc`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a kind of key: must be wb, wr or wc")]
pub struct UnknownKeyKind;

impl FromStr for KeyKind {
    type Err = UnknownKeyKind;

    fn from_str(text: &str) -> Result<Self, UnknownKeyKind> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or(UnknownKeyKind)
    }
}

/// The plain text of a key. Wiped from memory when dropped; never printed by accident.
pub struct KeyText(Zeroizing<String>);

impl KeyText {
    /// Makes a new key of our own form from the operating system's generator.
    pub fn generate(environment: Environment, kind: KeyKind) -> Result<Self, RandomError> {
        // Reserved in full, so that growing never leaves a copy behind.
        let mut text = Zeroizing::new(String::with_capacity(KEY_LEN));
        text.push_str(mode_prefix(environment));
        text.push_str(kind.as_str());
        let mut drawn = Zeroizing::new([0_u8; 2 * BODY_LEN]);
        while text.len() < PREFIX_LEN + BODY_LEN {
            random::fill(&mut *drawn)?;
            let missing = PREFIX_LEN + BODY_LEN - text.len();
            let letters = drawn.iter().filter(|byte| **byte < UNBIASED_BYTES);
            text.extend(
                letters
                    .map(|byte| char::from(BASE62[usize::from(byte % 62)]))
                    .take(missing),
            );
        }
        let mut tail = tail_of(text.as_bytes());
        text.extend(tail.map(char::from));
        tail.zeroize();
        Ok(Self(text))
    }

    /// Takes a text over as it is; for texts that were checked (import) or sealed by us.
    pub(crate) fn from_checked(text: Zeroizing<String>) -> Self {
        Self(text)
    }

    /// The plain text. Where this is called is where a key can leak: only to digest it, to seal
    /// it, to set the callback header, and to show it to a person who may see it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What may be shown of this key in lists, logs, mail and audit: mode, kind, `…` and the last
    /// four characters, for example `live_wb…4f2a`. Mode and kind are the record's, since an
    /// imported key's text does not tell them.
    pub fn hint(&self, environment: Environment, kind: KeyKind) -> String {
        let start = self.0.len().saturating_sub(HINT_TAIL_LEN);
        // Every key is ASCII; a text that is not shows no tail.
        let tail = self.0.get(start..).unwrap_or_default();
        format!("{}{kind}…{tail}", mode_prefix(environment))
    }
}

impl fmt::Debug for KeyText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyText(…)")
    }
}

/// What a text looks like, without any lookup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyForm {
    /// Of our own form, with the right tail. Whether such a key was ever issued is another matter.
    Whole {
        /// The mode that the text names.
        environment: Environment,
        /// The kind that the text names.
        kind: KeyKind,
    },
    /// Starts with mode and kind like a key of ours (in whatever case), but has the wrong length,
    /// a wrong letter or a wrong tail: mistyped or cut off.
    LooksLikeOursButBroken,
    /// Anything else: perhaps a key that was imported from another platform.
    Foreign,
}

/// Tells the form of a candidate text.
pub fn classify(text: &str) -> KeyForm {
    classify_bytes(text.as_bytes())
}

pub(crate) fn classify_bytes(text: &[u8]) -> KeyForm {
    let Some((prefix, rest)) = text.split_at_checked(PREFIX_LEN) else {
        return KeyForm::Foreign;
    };
    let Some((environment, kind)) = named_by_prefix(prefix) else {
        return KeyForm::Foreign;
    };
    let whole = rest.len() == BODY_LEN + TAIL_LEN
        && prefix.iter().all(|byte| !byte.is_ascii_uppercase())
        && rest.iter().all(u8::is_ascii_alphanumeric)
        && text[PREFIX_LEN + BODY_LEN..] == tail_of(&text[..PREFIX_LEN + BODY_LEN]);
    if whole {
        KeyForm::Whole { environment, kind }
    } else {
        KeyForm::LooksLikeOursButBroken
    }
}

/// `live_` or `test_`.
pub(crate) fn mode_prefix(environment: Environment) -> &'static str {
    match environment {
        Environment::Live => "live_",
        Environment::Test => "test_",
    }
}

fn named_by_prefix(prefix: &[u8]) -> Option<(Environment, KeyKind)> {
    let (mode, letters) = prefix.split_at_checked(PREFIX_LEN - 2)?;
    let environment = [Environment::Live, Environment::Test]
        .into_iter()
        .find(|environment| mode.eq_ignore_ascii_case(mode_prefix(*environment).as_bytes()))?;
    let kind = KeyKind::ALL
        .into_iter()
        .find(|kind| letters.eq_ignore_ascii_case(kind.as_str().as_bytes()))?;
    Some((environment, kind))
}

/// CRC-32 of all that stands before the tail, as base62, most significant digit first, padded on
/// the left with `0`. It finds typing mistakes without a lookup; it is no security.
fn tail_of(head: &[u8]) -> [u8; TAIL_LEN] {
    let mut rest = crc32fast::hash(head);
    let mut tail = [b'0'; TAIL_LEN];
    for digit in tail.iter_mut().rev() {
        *digit = BASE62[(rest % 62) as usize];
        rest /= 62;
    }
    tail
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    const ZEROS: &str = "00000000000000000000000000000000";

    #[test]
    fn case_25_the_four_vectors_verify() {
        let vectors = [
            (
                format!("live_wb{ZEROS}0qqfUM"),
                Environment::Live,
                KeyKind::Api,
            ),
            (
                format!("test_wb{ZEROS}26Ahc7"),
                Environment::Test,
                KeyKind::Api,
            ),
            (
                format!("live_wr{ZEROS}4WjXZM"),
                Environment::Live,
                KeyKind::Restricted,
            ),
            (
                "test_wbEXAMPLEEXAMPLEEXAMPLEEXAMPLEEXAM2OLDOh".to_owned(),
                Environment::Test,
                KeyKind::Api,
            ),
        ];
        for (text, environment, kind) in vectors {
            assert_eq!(
                classify(&text),
                KeyForm::Whole { environment, kind },
                "{text}"
            );
        }
    }

    #[test]
    fn generated_keys_are_whole_and_differ() {
        let mut seen = HashSet::new();
        let mut letters = HashSet::new();
        for environment in [Environment::Live, Environment::Test] {
            for kind in KeyKind::ALL {
                for _ in 0..100 {
                    let key = KeyText::generate(environment, kind).unwrap();
                    assert_eq!(key.expose().len(), KEY_LEN);
                    assert_eq!(classify(key.expose()), KeyForm::Whole { environment, kind });
                    letters.extend(key.expose()[PREFIX_LEN..].chars());
                    assert!(seen.insert(key.expose().to_owned()), "the same key twice");
                }
            }
        }
        assert_eq!(letters.len(), 62, "every letter of base62 is drawn");
    }

    #[test]
    fn case_24_mistyped_keys_are_recognised() {
        let whole = "test_wbEXAMPLEEXAMPLEEXAMPLEEXAMPLEEXAM2OLDOh";
        let broken = [
            whole.replace("test_", "live_"),
            whole.replace("test_wb", "test_wr"),
            whole.replace("test_wb", "TEST_wb"),
            whole[..KEY_LEN - 1].to_owned(),
            format!("{whole}0"),
            format!("{whole} "),
            whole.replacen('E', "e", 1),
            whole.replacen("EX", "XE", 1),
            whole.replacen('E', "é", 1),
            "live_wb".to_owned(),
        ];
        for text in broken {
            assert_eq!(classify(&text), KeyForm::LooksLikeOursButBroken, "{text}");
        }
        for text in [
            "",
            "live_",
            "live_ScaleRocks",
            "live_wxEXAMPLE",
            "xest_wb",
            "é_é_é_é",
        ] {
            assert_eq!(classify(text), KeyForm::Foreign, "{text}");
        }
    }

    #[test]
    fn hint_shows_mode_kind_and_the_last_four() {
        let own = KeyText::from_checked(Zeroizing::new(format!("live_wb{ZEROS}0qqfUM")));
        assert_eq!(own.hint(Environment::Live, KeyKind::Api), "live_wb…qfUM");
        let imported = KeyText::from_checked(Zeroizing::new("live_ScaleRocks".to_owned()));
        assert_eq!(
            imported.hint(Environment::Live, KeyKind::Api),
            "live_wb…ocks"
        );
    }

    #[test]
    fn debug_shows_nothing() {
        let key = KeyText::generate(Environment::Live, KeyKind::Api).unwrap();
        assert_eq!(format!("{key:?}"), "KeyText(…)");
    }

    proptest! {
        #[test]
        fn any_text_is_classified(text in ".*") {
            classify(&text);
        }

        #[test]
        fn any_changed_letter_breaks_a_key(at in PREFIX_LEN..KEY_LEN, letter in "[0-9A-Za-z]") {
            let whole = "test_wbEXAMPLEEXAMPLEEXAMPLEEXAMPLEEXAM2OLDOh";
            let mut text = whole.to_owned();
            text.replace_range(at..=at, &letter);
            prop_assert_eq!(text == whole, matches!(classify(&text), KeyForm::Whole { .. }));
        }
    }
}
