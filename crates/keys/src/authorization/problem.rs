//! Why a request was not admitted, in words for the person who wrote the program that sent it.
//!
//! Every text is fixed, but for times out of the key's record: it can repeat no part of what was
//! sent. Equal causes give equal bytes.

use std::borrow::Cow;

use domain::time::format_time;
use std::fmt;

use crate::record::KeyStanding;

/// The challenge that goes with a refusal in `WWW-Authenticate`: exactly one, since many clients
/// read only the first or the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Challenge {
    /// The usual one.
    Basic,
    /// In answer to a request that itself came with Bearer.
    Bearer,
    /// With a status other than 401.
    None,
}

impl Challenge {
    /// The value of the `WWW-Authenticate` field.
    pub fn header_value(self) -> Option<&'static str> {
        match self {
            Self::Basic => Some(r#"Basic realm="Weighbridge API", charset="UTF-8""#),
            Self::Bearer => Some(r#"Bearer realm="Weighbridge API", error="invalid_token""#),
            Self::None => None,
        }
    }
}

/// What is wrong with a request's authorization. Times are Unix milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthorizationProblem {
    /// No field, an empty one, a scheme with nothing after it, or an empty user name.
    Missing,
    /// An empty user name, and the key in the password.
    KeyAsPassword,
    /// More than one field line.
    Duplicate,
    /// The field value is longer than [`AUTHORIZATION_LEN_MAX`](super::AUTHORIZATION_LEN_MAX).
    FieldTooLong,
    /// Neither Basic nor Bearer.
    UnsupportedScheme,
    /// The key without a scheme.
    BareKey,
    /// The key after `Basic` without encoding.
    NotEncoded,
    /// `-` or `_` in Base64.
    UrlSafeBase64,
    /// A space or tab within the Base64.
    InnerSpace,
    /// A comma within the Base64, perhaps before a second credential.
    Comma,
    /// Padding that is neither right nor absent, or a length that no bytes encode to.
    WrongPadding,
    /// Bits after the last byte that are not zero.
    UnusedBits,
    /// Anything else that is not in the Base64 alphabet.
    NotBase64,
    /// The credentials are longer than [`CREDENTIALS_LEN_MAX`](super::CREDENTIALS_LEN_MAX).
    CredentialsTooLong,
    /// A line break in the credentials.
    LineBreak,
    /// A byte above 0x7F in the credentials.
    NotAscii,
    /// Another control character in the credentials.
    ControlCharacter,
    /// No colon in the credentials.
    MissingColon,
    /// A password where the operator wants none.
    PasswordNotBlank,
    /// A Bearer token with a space, control or non-ASCII character.
    BearerNotOneToken,
    /// What belongs after `Basic`, after `Bearer`.
    BearerInBasicForm,
    /// Starts like one of our keys, but is not whole.
    MistypedKey,
    /// A callback auth key.
    CallbackAuthKey,
    /// No such key.
    UnknownKey,
    /// The key was revoked.
    Revoked {
        /// When.
        at_ms: i64,
    },
    /// The key's time is over.
    Expired {
        /// Since when.
        at_ms: i64,
    },
    /// The key's time has not come.
    NotYetValid {
        /// From when on it may be used.
        from_ms: i64,
    },
    /// The key is suspended.
    Suspended,
    /// The key's account is closed or frozen.
    AccountFrozen,
}

/// How every 401 text begins, as in the original's table of errors.
const NO_VALID_KEY: &str = "No valid API key provided";

impl AuthorizationProblem {
    /// What is wrong with a key of this standing; `None` if it may be used.
    pub fn of_standing(standing: KeyStanding) -> Option<Self> {
        match standing {
            KeyStanding::Usable => None,
            KeyStanding::Revoked { at_ms } => Some(Self::Revoked { at_ms }),
            KeyStanding::Expired { at_ms } => Some(Self::Expired { at_ms }),
            KeyStanding::NotYetValid { from_ms } => Some(Self::NotYetValid { from_ms }),
            KeyStanding::Suspended => Some(Self::Suspended),
            KeyStanding::AccountFrozen => Some(Self::AccountFrozen),
        }
    }

    /// Whether this was told by the index of keys, and not by the request's own form: an index that
    /// is out of date may be wrong about it.
    pub fn is_told_by_index(self) -> bool {
        match self {
            Self::UnknownKey
            | Self::Revoked { .. }
            | Self::Expired { .. }
            | Self::NotYetValid { .. }
            | Self::Suspended
            | Self::AccountFrozen => true,
            Self::Missing
            | Self::KeyAsPassword
            | Self::Duplicate
            | Self::FieldTooLong
            | Self::UnsupportedScheme
            | Self::BareKey
            | Self::NotEncoded
            | Self::UrlSafeBase64
            | Self::InnerSpace
            | Self::Comma
            | Self::WrongPadding
            | Self::UnusedBits
            | Self::NotBase64
            | Self::CredentialsTooLong
            | Self::LineBreak
            | Self::NotAscii
            | Self::ControlCharacter
            | Self::MissingColon
            | Self::PasswordNotBlank
            | Self::BearerNotOneToken
            | Self::BearerInBasicForm
            | Self::MistypedKey
            | Self::CallbackAuthKey => false,
        }
    }

    /// The stable code for programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::Missing | Self::KeyAsPassword => "missing_api_key",
            Self::Duplicate => "duplicate_authorization",
            Self::UnsupportedScheme | Self::BareKey => "unsupported_scheme",
            Self::FieldTooLong
            | Self::NotEncoded
            | Self::UrlSafeBase64
            | Self::InnerSpace
            | Self::Comma
            | Self::WrongPadding
            | Self::UnusedBits
            | Self::NotBase64
            | Self::CredentialsTooLong
            | Self::LineBreak
            | Self::NotAscii
            | Self::ControlCharacter
            | Self::BearerNotOneToken
            | Self::BearerInBasicForm => "malformed_authorization",
            Self::MissingColon => "missing_colon",
            Self::PasswordNotBlank => "password_not_blank",
            Self::MistypedKey | Self::CallbackAuthKey | Self::UnknownKey => "invalid_api_key",
            Self::Revoked { .. } => "revoked_api_key",
            Self::Expired { .. } => "expired_api_key",
            Self::NotYetValid { .. } => "key_not_yet_valid",
            Self::Suspended => "suspended_api_key",
            Self::AccountFrozen => "account_frozen",
        }
    }

    /// The HTTP status: 401, but 400 for a duplicate field and 403 for a frozen account.
    pub fn status(self) -> u16 {
        match self {
            Self::Duplicate => 400,
            Self::AccountFrozen => 403,
            _ => 401,
        }
    }

    /// The text for the person who reads the error.
    #[expect(clippy::too_many_lines, reason = "one text for each problem")]
    pub fn text(self) -> Cow<'static, str> {
        let reason: Cow<'static, str> = match self {
            Self::Duplicate => {
                return "More than one Authorization header was sent. Send exactly one, since \
                        programs on the way could each read another."
                    .into();
            }
            Self::AccountFrozen => {
                return "The account of this API key is closed or frozen. An Admin of the account \
                        can tell why."
                    .into();
            }
            Self::Missing => {
                ". Send it as the Basic auth user name with a blank password, for example: \
                 curl -u \"YOUR_KEY:\" …"
                    .into()
            }
            Self::KeyAsPassword => {
                ": the user name is empty. The key is the user name, not the password: \
                 curl -u \"YOUR_KEY:\" …"
                    .into()
            }
            Self::FieldTooLong => {
                ": the Authorization header is longer than 1,024 bytes, and no key is.".into()
            }
            Self::UnsupportedScheme => {
                ": the Authorization header has a scheme other than Basic and Bearer, or no space \
                 after the scheme. Send `Basic ` and the Base64 of `key:`."
                    .into()
            }
            Self::BareKey => {
                ": the Authorization header holds the key alone. Put `Basic ` and the Base64 of \
                 `key:` in its place: curl -u \"YOUR_KEY:\" does that."
                    .into()
            }
            Self::NotEncoded => {
                ": after `Basic ` came the key itself. Send the standard Base64 of `key:` instead, \
                 or the key itself after `Bearer `."
                    .into()
            }
            Self::UrlSafeBase64 => {
                ": what follows `Basic ` has `-` or `_`, letters of URL-safe Base64. Use standard \
                 Base64, which has `+` and `/`."
                    .into()
            }
            Self::InnerSpace => {
                ": what follows `Basic ` has a space in it. It must be one piece of Base64.".into()
            }
            Self::Comma => {
                ": what follows `Basic ` has a comma in it. Send one credential only, as one piece \
                 of Base64."
                    .into()
            }
            Self::WrongPadding => {
                ": the Base64 after `Basic ` was cut off or has `=` at a wrong place. Pad it with \
                 `=` at its end to a multiple of four, or not at all."
                    .into()
            }
            Self::UnusedBits => {
                ": the last letter of the Base64 after `Basic ` is not what any text encodes to: \
                 it was changed or cut off."
                    .into()
            }
            Self::NotBase64 => {
                ": what follows `Basic ` is not Base64. It must be the standard Base64 of `key:`."
                    .into()
            }
            Self::CredentialsTooLong => {
                ": the decoded credentials are longer than 512 bytes, and no key is.".into()
            }
            Self::LineBreak => {
                ": there is a line break in the decoded credentials. Probably your shell added a \
                 line break: use `printf` or `curl -u`."
                    .into()
            }
            Self::NotAscii => {
                ": the decoded credentials are not ASCII, and a key has only ASCII characters."
                    .into()
            }
            Self::ControlCharacter => {
                ": there is a control character in the decoded credentials, and a key has only \
                 visible ASCII characters."
                    .into()
            }
            Self::MissingColon => {
                ": the decoded credentials have no colon. Encode `key:`, the key with a colon \
                 after it."
                    .into()
            }
            Self::PasswordNotBlank => {
                ": this server demands a blank password. Send nothing after the colon of `key:`."
                    .into()
            }
            Self::BearerNotOneToken => {
                ": what follows `Bearer ` must be the key alone, in visible ASCII characters \
                 without a space."
                    .into()
            }
            Self::BearerInBasicForm => {
                ": after `Bearer ` belongs the key as it is, without a colon and without Base64. \
                 The Base64 of `key:` belongs after `Basic `."
                    .into()
            }
            Self::MistypedKey => {
                ": this key is mistyped or cut off. Copy it again from the section API Keys of \
                 your dashboard."
                    .into()
            }
            Self::CallbackAuthKey => {
                ": this is a callback auth key; API keys are in the section API Keys of your \
                 dashboard."
                    .into()
            }
            Self::UnknownKey => {
                ": there is no such key. Compare it with the section API Keys of your dashboard."
                    .into()
            }
            Self::Revoked { at_ms } => {
                format!(": this key was revoked at {}.", format_time(at_ms)).into()
            }
            Self::Expired { at_ms } => {
                format!(": this key expired at {}.", format_time(at_ms)).into()
            }
            Self::NotYetValid { from_ms } => {
                format!(": this key is valid from {} on.", format_time(from_ms)).into()
            }
            Self::Suspended => {
                ": this key is suspended. An Admin or Manager can resume it in the section API \
                 Keys of the dashboard."
                    .into()
            }
        };
        format!("{NO_VALID_KEY}{reason}").into()
    }
}

/// A request was not admitted. Displays as [`text`](Self::text).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuthorizationError {
    problem: AuthorizationProblem,
    challenge: Challenge,
}

impl AuthorizationError {
    /// An error whose challenge is `asked` where its status is 401, else none.
    pub fn new(problem: AuthorizationProblem, asked: Challenge) -> Self {
        let challenge = if problem.status() == 401 {
            asked
        } else {
            Challenge::None
        };
        Self { problem, challenge }
    }

    /// What is wrong.
    pub fn problem(&self) -> AuthorizationProblem {
        self.problem
    }

    /// The stable code for programs.
    pub fn code(&self) -> &'static str {
        self.problem.code()
    }

    /// The HTTP status: 401, 400 or 403.
    pub fn status(&self) -> u16 {
        self.problem.status()
    }

    /// The text for the person who reads the error: no part of what was sent, under 2 KiB.
    pub fn text(&self) -> Cow<'static, str> {
        self.problem.text()
    }

    /// What to put into `WWW-Authenticate`.
    pub fn challenge(&self) -> Challenge {
        self.challenge
    }
}

impl fmt::Display for AuthorizationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

impl std::error::Error for AuthorizationError {}
