//! Ids: twelve bytes, written as 24 lower-case hexadecimal digits (api-v1.md 0.9).
//!
//! The first six bytes are the Unix time in milliseconds, big endian, so ids sort by creation.

use std::fmt;
use std::str::FromStr;

/// A text that is not 24 lower-case hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an id has 24 lower-case hexadecimal digits")]
pub struct NotAnId;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; 12]);

        impl $name {
            /// Makes an id of its creation time (Unix milliseconds; the low 48 bits count) and six
            /// further bytes.
            pub fn from_parts(time_ms: u64, random: [u8; 6]) -> Self {
                let mut bytes = [0; 12];
                bytes[..6].copy_from_slice(&time_ms.to_be_bytes()[2..]);
                bytes[6..].copy_from_slice(&random);
                Self(bytes)
            }

            /// The least id of a millisecond.
            pub fn lowest_at(time_ms: u64) -> Self {
                Self::from_parts(time_ms, [0; 6])
            }

            /// The greatest id of a millisecond.
            pub fn highest_at(time_ms: u64) -> Self {
                Self::from_parts(time_ms, [0xff; 6])
            }

            /// Reads twelve bytes; any other number of bytes is no id.
            pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
                bytes.try_into().ok().map(Self)
            }

            /// The twelve bytes.
            pub fn as_bytes(&self) -> &[u8; 12] {
                &self.0
            }

            /// Creation time, Unix milliseconds.
            pub fn time_ms(&self) -> i64 {
                self.0[..6].iter().fold(0, |time, byte| time << 8 | i64::from(*byte))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                const DIGITS: &[u8; 16] = b"0123456789abcdef";
                let mut text = [0; 24];
                for (index, byte) in self.0.iter().enumerate() {
                    text[2 * index] = DIGITS[usize::from(byte >> 4)];
                    text[2 * index + 1] = DIGITS[usize::from(byte & 15)];
                }
                formatter.write_str(std::str::from_utf8(&text).expect("digits are ASCII"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, formatter)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;

            fn from_str(text: &str) -> Result<Self, NotAnId> {
                let digits = text.as_bytes();
                if digits.len() != 24 {
                    return Err(NotAnId);
                }
                let value = |digit: u8| match digit {
                    b'0'..=b'9' => Ok(digit - b'0'),
                    b'a'..=b'f' => Ok(digit - b'a' + 10),
                    _ => Err(NotAnId),
                };
                let mut bytes = [0; 12];
                for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
                    *byte = value(pair[0])? << 4 | value(pair[1])?;
                }
                Ok(Self(bytes))
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
    )*};
}

ids! {
    /// A company.
    AccountId,
    /// A person in an account.
    UserId,
    /// An API key or callback auth key.
    KeyId,
    /// A secret that callbacks are signed with.
    SigningSecretId,
    /// A project.
    ProjectId,
    /// A batch.
    BatchId,
    /// A task.
    TaskId,
    /// A labeler's lease on a task.
    ClaimId,
    /// A callback.
    CallbackId,
    /// A job that sends callbacks once more.
    ReplayId,
    /// A log-in of one browser.
    SessionId,
    /// An invitation into an account.
    InvitationId,
    /// A request for the role Manager.
    AccessRequestId,
    /// A mail.
    MailId,
    /// A one-time link in a mail.
    MailTokenId,
}
