//! From the `Authorization` field lines of a request to the record of its key.
//!
//! One strict reading: nothing is trimmed, case-folded or guessed, so that no proxy in front of us
//! can read another key out of the same header. No input leads to anything but a record or an
//! [`AuthorizationError`]. A hit takes no lock and no allocation.
//!
//! Source: reference/authentication.md part 2.2, steps 1 to 10; RFC 7617 (Basic), RFC 6750
//! (Bearer), RFC 9110 part 11.

mod problem;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use zeroize::Zeroize;

pub use self::problem::{AuthorizationError, AuthorizationProblem, Challenge};
use crate::digest::Pepper;
use crate::index::KeyIndex;
use crate::record::KeyRecord;
use crate::text::{KeyForm, KeyKind, classify_bytes};

/// Most bytes of the field value, outer whitespace not counted.
pub const AUTHORIZATION_LEN_MAX: usize = 1_024;
/// Most bytes of decoded Basic credentials.
pub const CREDENTIALS_LEN_MAX: usize = 512;

/// Every Base64 text that fits the field value decodes into this many bytes.
const DECODED_LEN_MAX: usize = AUTHORIZATION_LEN_MAX / 4 * 3;

/// What an operator can set.
#[derive(Clone, Copy, Debug, Default)]
pub struct AuthorizationSettings {
    /// `api.require_blank_password`: refuse Basic credentials with a password, which otherwise is
    /// not looked at.
    pub require_blank_password: bool,
}

/// The record of the key that a request came with, usable at `now_ms` (Unix milliseconds); its use
/// is noted.
///
/// `lines` are the values of *all* `Authorization` field lines, as they were received.
pub fn verify_authorization<'a>(
    lines: impl IntoIterator<Item = &'a [u8]>,
    settings: AuthorizationSettings,
    index: &KeyIndex,
    pepper: &Pepper,
    now_ms: i64,
) -> Result<Arc<KeyRecord>, AuthorizationError> {
    let (scheme, rest) = read_field(lines)?;
    let find = |candidate: &[u8]| find_usable(candidate, index, pepper, now_ms);
    match scheme {
        Scheme::Basic => with_basic_key(rest, settings, find),
        Scheme::Bearer => read_bearer(rest).and_then(find),
    }
    .map_err(|problem| AuthorizationError::new(problem, scheme.challenge()))
}

#[derive(Clone, Copy)]
enum Scheme {
    Basic,
    Bearer,
}

impl Scheme {
    fn challenge(self) -> Challenge {
        match self {
            Self::Basic => Challenge::Basic,
            Self::Bearer => Challenge::Bearer,
        }
    }
}

/// Steps 1 to 3: the one field line, its scheme, and what follows the spaces after it.
fn read_field<'a>(
    lines: impl IntoIterator<Item = &'a [u8]>,
) -> Result<(Scheme, &'a [u8]), AuthorizationError> {
    let refused = |problem| AuthorizationError::new(problem, Challenge::Basic);
    let mut lines = lines.into_iter();
    let line = lines.next().ok_or(refused(AuthorizationProblem::Missing))?;
    if lines.next().is_some() {
        return Err(AuthorizationError::new(
            AuthorizationProblem::Duplicate,
            Challenge::None,
        ));
    }
    let value = trim_outer_whitespace(line);
    if value.is_empty() {
        return Err(refused(AuthorizationProblem::Missing));
    }
    let scheme_len = value
        .iter()
        .position(|byte| *byte == b' ')
        .unwrap_or(value.len());
    let (name, rest) = value.split_at(scheme_len);
    let scheme = if name.eq_ignore_ascii_case(b"Basic") {
        Some(Scheme::Basic)
    } else if name.eq_ignore_ascii_case(b"Bearer") {
        Some(Scheme::Bearer)
    } else {
        None
    };
    if value.len() > AUTHORIZATION_LEN_MAX {
        let challenge = scheme.map_or(Challenge::Basic, Scheme::challenge);
        return Err(AuthorizationError::new(
            AuthorizationProblem::FieldTooLong,
            challenge,
        ));
    }
    let Some(scheme) = scheme else {
        return Err(refused(if rest.is_empty() && looks_like_a_key(value) {
            AuthorizationProblem::BareKey
        } else {
            AuthorizationProblem::UnsupportedScheme
        }));
    };
    let spaces = rest.iter().take_while(|byte| **byte == b' ').count();
    Ok((scheme, &rest[spaces..]))
}

/// Steps 4 to 7: decodes Basic credentials on the stack, hands the user name to `find`, and wipes
/// the decoded bytes.
fn with_basic_key(
    token: &[u8],
    settings: AuthorizationSettings,
    find: impl FnOnce(&[u8]) -> Result<Arc<KeyRecord>, AuthorizationProblem>,
) -> Result<Arc<KeyRecord>, AuthorizationProblem> {
    if token.is_empty() {
        return Err(AuthorizationProblem::Missing);
    }
    let mut buffer = [0; DECODED_LEN_MAX];
    // Padding is right or absent. The engines refuse anything between, and unused bits not zero.
    let decoded = if token.contains(&b'=') {
        STANDARD.decode_slice(token, &mut buffer)
    } else {
        STANDARD_NO_PAD.decode_slice(token, &mut buffer)
    };
    let found = match decoded {
        Ok(len) => read_basic(&buffer[..len], settings).and_then(find),
        Err(_) => Err(problem_of_base64(token)),
    };
    buffer[..token.len().min(DECODED_LEN_MAX)].zeroize();
    found
}

/// Steps 5 to 7: the user name in decoded Basic credentials.
fn read_basic(
    credentials: &[u8],
    settings: AuthorizationSettings,
) -> Result<&[u8], AuthorizationProblem> {
    if credentials.len() > CREDENTIALS_LEN_MAX {
        return Err(AuthorizationProblem::CredentialsTooLong);
    }
    if let Some(strange) = credentials.iter().find(|byte| !matches!(byte, 0x20..=0x7E)) {
        return Err(match strange {
            b'\n' | b'\r' => AuthorizationProblem::LineBreak,
            0x80.. => AuthorizationProblem::NotAscii,
            _ => AuthorizationProblem::ControlCharacter,
        });
    }
    let colon = credentials
        .iter()
        .position(|byte| *byte == b':')
        .ok_or(AuthorizationProblem::MissingColon)?;
    let (user, password) = (&credentials[..colon], &credentials[colon + 1..]);
    if user.is_empty() {
        return Err(if looks_like_a_key(password) {
            AuthorizationProblem::KeyAsPassword
        } else {
            AuthorizationProblem::Missing
        });
    }
    if settings.require_blank_password && !password.is_empty() {
        return Err(AuthorizationProblem::PasswordNotBlank);
    }
    Ok(user)
}

/// Step 8: the token of a Bearer field, which is the key as it is.
fn read_bearer(token: &[u8]) -> Result<&[u8], AuthorizationProblem> {
    if token.is_empty() {
        return Err(AuthorizationProblem::Missing);
    }
    if !token.iter().all(u8::is_ascii_graphic) {
        return Err(AuthorizationProblem::BearerNotOneToken);
    }
    if token.ends_with(b":") || is_base64_of_basic_credentials(token) {
        return Err(AuthorizationProblem::BearerInBasicForm);
    }
    Ok(token)
}

/// Steps 9 and 10: the record of a candidate text.
fn find_usable(
    candidate: &[u8],
    index: &KeyIndex,
    pepper: &Pepper,
    now_ms: i64,
) -> Result<Arc<KeyRecord>, AuthorizationProblem> {
    match classify_bytes(candidate) {
        KeyForm::LooksLikeOursButBroken => return Err(AuthorizationProblem::MistypedKey),
        KeyForm::Whole {
            kind: KeyKind::CallbackAuth,
            ..
        } => {
            return Err(AuthorizationProblem::CallbackAuthKey);
        }
        KeyForm::Whole {
            kind: KeyKind::Api | KeyKind::Restricted,
            ..
        }
        | KeyForm::Foreign => {}
    }
    let record = pepper
        .digests(candidate)
        .find_map(|(_, digest)| index.find(&digest))
        .ok_or(AuthorizationProblem::UnknownKey)?;
    if record.kind == KeyKind::CallbackAuth {
        return Err(AuthorizationProblem::CallbackAuthKey);
    }
    if let Some(problem) = AuthorizationProblem::of_standing(record.standing(now_ms)) {
        return Err(problem);
    }
    if record.is_digested_before(pepper.version()) {
        let (version, digest) = pepper.digest(candidate);
        record.note_newer_digest(version, digest);
    }
    record.note_use(now_ms);
    Ok(record)
}

/// Whitespace around a field value is not part of it (RFC 9110 part 5.5).
fn trim_outer_whitespace(value: &[u8]) -> &[u8] {
    let is_inner = |byte: &u8| !matches!(byte, b' ' | b'\t');
    let start = value.iter().position(is_inner).unwrap_or(value.len());
    let end = value
        .iter()
        .rposition(is_inner)
        .map_or(start, |last| last + 1);
    &value[start..end]
}

/// Whether a text at the wrong place is probably a key. Only chooses the words of a refusal.
fn looks_like_a_key(text: &[u8]) -> bool {
    classify_bytes(text) != KeyForm::Foreign
        || [b"live_".as_slice(), b"test_"]
            .iter()
            .any(|mode| text.starts_with(mode))
        || [b"|live".as_slice(), b"|test"]
            .iter()
            .any(|mode| text.ends_with(mode))
}

/// Whether a Bearer token is what belongs after `Basic`: Base64 of a text that ends in a colon.
fn is_base64_of_basic_credentials(token: &[u8]) -> bool {
    let mut buffer = [0; DECODED_LEN_MAX];
    let decoded = if token.ends_with(b"=") {
        STANDARD.decode_slice(token, &mut buffer)
    } else {
        STANDARD_NO_PAD.decode_slice(token, &mut buffer)
    };
    let is_credentials = decoded.is_ok_and(|len| {
        let text = &buffer[..len];
        text.ends_with(b":") && text.iter().all(u8::is_ascii_graphic)
    });
    buffer[..token.len().min(DECODED_LEN_MAX)].zeroize();
    is_credentials
}

/// Step 4: names what is wrong with a token that does not decode.
fn problem_of_base64(token: &[u8]) -> AuthorizationProblem {
    if looks_like_a_key(token) {
        return AuthorizationProblem::NotEncoded;
    }
    let in_alphabet = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    let unpadded = token
        .iter()
        .rposition(|byte| *byte != b'=')
        .map_or(0, |last| last + 1);
    match token[..unpadded].iter().find(|byte| !in_alphabet(byte)) {
        Some(b'-' | b'_') => AuthorizationProblem::UrlSafeBase64,
        Some(b' ' | b'\t') => AuthorizationProblem::InnerSpace,
        Some(b',') => AuthorizationProblem::Comma,
        Some(b'=') => AuthorizationProblem::WrongPadding,
        Some(_) => AuthorizationProblem::NotBase64,
        // A length of 1 modulo 4 is no number of whole bytes, padded or not.
        None if unpadded % 4 == 1 || unpadded == 0 => AuthorizationProblem::WrongPadding,
        None if unpadded < token.len() && !token.len().is_multiple_of(4) => {
            AuthorizationProblem::WrongPadding
        }
        None if token.len() - unpadded > 2 => AuthorizationProblem::WrongPadding,
        None => AuthorizationProblem::UnusedBits,
    }
}
