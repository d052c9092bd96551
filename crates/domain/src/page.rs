//! The opaque cursor of lists: where the page before ended.

use crate::id::TaskId;

/// Most members of a page.
pub const LIMIT_MAX: u32 = 100;

/// The last member of a page; the next one goes on behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// Its id.
    pub after: [u8; 12],
}

/// A token that no answer gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be the next_token of an earlier answer")]
pub struct CursorError;

/// Form of the token; another one gets another letter.
const VERSION: &str = "a";

impl Cursor {
    /// The token as clients get it.
    pub fn encode(&self) -> String {
        let id = TaskId::from_bytes(&self.after).expect("a cursor has twelve bytes");
        format!("{VERSION}{id}")
    }

    /// Reads a token.
    pub fn decode(token: &str) -> Result<Self, CursorError> {
        let id: TaskId = token
            .strip_prefix(VERSION)
            .and_then(|id| id.parse().ok())
            .ok_or(CursorError)?;
        Ok(Self {
            after: *id.as_bytes(),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_is_read(after in any::<[u8; 12]>()) {
            let cursor = Cursor { after };
            prop_assert_eq!(Cursor::decode(&cursor.encode()), Ok(cursor));
        }

        #[test]
        fn no_token_panics(token in ".*") {
            let _ = Cursor::decode(&token);
        }
    }
}
