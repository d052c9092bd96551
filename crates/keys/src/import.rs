//! Reading a key that another platform issued, so that programs keep working after a move.
//!
//! Source: reference/authentication.md part 2.1, "Import". Whether its digest already exists is
//! for the database to say.

use domain::Environment;
use zeroize::Zeroizing;

use crate::text::{KeyForm, KeyKind, KeyText, classify, mode_prefix};

/// Fewest bytes of an imported key.
pub const IMPORT_LEN_MIN: usize = 8;
/// Most bytes of an imported key.
pub const IMPORT_LEN_MAX: usize = 255;
/// Shorter keys are weak.
const STRONG_LEN_MIN: usize = 20;
/// Keys with fewer distinct characters are weak.
const STRONG_DISTINCT_MIN: usize = 8;

/// Why a text cannot be imported. No text repeats any part of the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// Too short or too long.
    #[error("the key has {0} bytes: an imported key has 8 to 255")]
    Length(usize),
    /// A space, a control character or a non-ASCII character.
    #[error("character {0} of the key is not visible ASCII: an imported key has only 0x21 to 0x7E")]
    NotVisibleAscii(usize),
    /// A colon, which Basic authentication cannot carry in a user name.
    #[error("character {0} of the key is a colon, which a Basic auth user name cannot hold")]
    Colon(usize),
    /// Too short or too uniform to resist guessing.
    #[error(
        "the key is weak: at least 20 characters, 8 of them distinct, unless --allow-weak is given"
    )]
    Weak,
    /// The text names the other mode.
    #[error("the key's text names {named} mode, but it is to be imported for {asked} mode")]
    OtherMode {
        /// The mode in the text.
        named: Environment,
        /// The mode asked for.
        asked: Environment,
    },
    /// Starts like a Weighbridge key but is not whole.
    #[error("the key starts like a key of Weighbridge but is mistyped or cut off")]
    Broken,
    /// A whole Weighbridge key of a kind that means something else than "may do everything".
    #[error(
        "the key is a restricted key or a callback auth key of Weighbridge: only API keys can be imported"
    )]
    OtherKind,
}

/// Checks a text that is to be imported as an API key of the mode `asked`. `allow_weak` lets short
/// and uniform keys pass.
pub fn read_imported_key(
    text: Zeroizing<String>,
    asked: Environment,
    allow_weak: bool,
) -> Result<KeyText, ImportError> {
    let bytes = text.as_bytes();
    if !(IMPORT_LEN_MIN..=IMPORT_LEN_MAX).contains(&bytes.len()) {
        return Err(ImportError::Length(bytes.len()));
    }
    if let Some(at) = bytes.iter().position(|byte| !byte.is_ascii_graphic()) {
        return Err(ImportError::NotVisibleAscii(at + 1));
    }
    if let Some(at) = bytes.iter().position(|byte| *byte == b':') {
        return Err(ImportError::Colon(at + 1));
    }
    match classify(&text) {
        KeyForm::Whole {
            kind: KeyKind::Api, ..
        }
        | KeyForm::Foreign => {}
        KeyForm::Whole { .. } => return Err(ImportError::OtherKind),
        KeyForm::LooksLikeOursButBroken => return Err(ImportError::Broken),
    }
    let named = [Environment::Live, Environment::Test]
        .into_iter()
        .find(|mode| *mode != asked && names_mode(&text, *mode));
    if let Some(named) = named {
        return Err(ImportError::OtherMode { named, asked });
    }
    if !allow_weak && is_weak(bytes) {
        return Err(ImportError::Weak);
    }
    Ok(KeyText::from_checked(text))
}

/// Some keys of other platforms name their mode at the start, some at the end.
fn names_mode(text: &str, mode: Environment) -> bool {
    text.starts_with(mode_prefix(mode))
        || text
            .strip_suffix(mode.as_str())
            .is_some_and(|head| head.ends_with('|'))
}

fn is_weak(bytes: &[u8]) -> bool {
    let mut seen = [false; 256];
    for byte in bytes {
        seen[usize::from(*byte)] = true;
    }
    let distinct = seen.iter().filter(|seen| **seen).count();
    bytes.len() < STRONG_LEN_MIN || distinct < STRONG_DISTINCT_MIN
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, allow_weak: bool) -> Result<String, ImportError> {
        read_imported_key(
            Zeroizing::new(text.to_owned()),
            Environment::Live,
            allow_weak,
        )
        .map(|key| key.expose().to_owned())
    }

    #[test]
    fn strong_foreign_keys_are_taken_as_they_are() {
        for text in [
            "live_0123456789abcdef0123456789abcdef",
            "0123456789abcdefghij",
            "0123456789abcdefghij|live",
            "live_wb000000000000000000000000000000000qqfUM",
        ] {
            assert_eq!(read(text, false).unwrap(), text);
        }
    }

    #[test]
    fn weak_keys_need_leave() {
        for text in ["live_ScaleRocks", "aaaaaaaaaaaaaaaaaaaaaaaaa"] {
            assert_eq!(read(text, false), Err(ImportError::Weak), "{text}");
            assert_eq!(read(text, true).unwrap(), text);
        }
    }

    #[test]
    fn refused_texts_say_why() {
        let other_mode = ImportError::OtherMode {
            named: Environment::Test,
            asked: Environment::Live,
        };
        let refused = [
            ("short", ImportError::Length(5)),
            (&"x".repeat(256), ImportError::Length(256)),
            ("with space", ImportError::NotVisibleAscii(5)),
            ("line-break\n", ImportError::NotVisibleAscii(11)),
            ("schlüssel", ImportError::NotVisibleAscii(5)),
            ("user:password", ImportError::Colon(5)),
            ("test_0123456789abcdef", other_mode),
            ("0123456789abcdefghij|test", other_mode),
            ("live_wb0000", ImportError::Broken),
            (
                "live_wr000000000000000000000000000000004WjXZM",
                ImportError::OtherKind,
            ),
        ];
        for (text, error) in refused {
            assert_eq!(read(text, true), Err(error), "{text}");
        }
    }
}
