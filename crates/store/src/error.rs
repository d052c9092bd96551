//! What can go wrong in a store. Variants are those that a caller acts upon.

use std::sync::Arc;

/// A failure of the store itself, not of what was asked of it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The disk is full, or the database's own size limit is reached. Nothing was written.
    #[error("the disk that holds the database is full")]
    Full,
    /// More writes are waiting than the store accepts; try again shortly.
    #[error("the store has too many writes waiting")]
    Busy,
    /// The database cannot be reached or is shutting down; nothing is known to be written.
    #[error("the database cannot be reached: {0}")]
    Unavailable(String),
    /// The database was made by a newer version of this program.
    #[error("{database} was made by a newer version (schema {found}, this binary knows {known})")]
    Newer {
        /// File or schema.
        database: String,
        /// Newest migration found in the database.
        found: i64,
        /// Newest migration of this binary.
        known: i64,
    },
    /// A migration that was applied differs from the one in this binary.
    #[error(
        "{database}: migration {version} is not the one that was applied; the database was made by another build"
    )]
    Changed {
        /// File or schema.
        database: String,
        /// Number of the migration.
        version: i64,
    },
    /// The closure that ran in the transaction panicked; it was rolled back.
    #[error("a store operation panicked and was rolled back")]
    Panicked,
    /// A value in the database is not of the form that the code expects.
    #[error("column {column} does not hold {expected}")]
    Column {
        /// Position in the answer, from 0.
        column: usize,
        /// What the code expects there.
        expected: &'static str,
    },
    /// A unique index refused the row: another one has the same value.
    #[error("the value is taken: {0}")]
    Taken(String),
    /// A [`Permit`](crate::Permit) was refused: whoever asked for the write may no longer do it.
    /// It was rolled back. The reason is the permit's own.
    #[error("the right to write was withdrawn before the commit: {0}")]
    Withdrawn(Arc<dyn std::error::Error + Send + Sync>),
    /// Any other answer of the engine.
    #[error("database error: {0}")]
    Database(String),
}

impl StoreError {
    pub(crate) fn column(column: usize, expected: &'static str) -> Self {
        Self::Column { column, expected }
    }

    /// Another handle of the same failure, for the other members of a group that failed together.
    pub(crate) fn again(&self) -> Self {
        match self {
            Self::Full => Self::Full,
            Self::Busy => Self::Busy,
            Self::Panicked => Self::Panicked,
            Self::Unavailable(text) => Self::Unavailable(text.clone()),
            other => Self::Database(other.to_string()),
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            Some(ErrorCode::ConstraintViolation) if is_unique_violation(&error) => {
                Self::Taken(error.to_string())
            }
            // A failing write or an unreadable file: the database is there, its disk is not.
            Some(
                ErrorCode::SystemIoFailure
                | ErrorCode::CannotOpen
                | ErrorCode::ReadOnly
                | ErrorCode::NotADatabase
                | ErrorCode::DatabaseCorrupt,
            ) => Self::Unavailable(error.to_string()),
            _ => Self::Database(error.to_string()),
        }
    }
}

impl From<postgres::Error> for StoreError {
    fn from(error: postgres::Error) -> Self {
        let Some(cause) = error.as_db_error() else {
            return Self::Unavailable(error.to_string());
        };
        match cause.code().code() {
            "23505" => Self::Taken(cause.message().to_owned()),
            "53100" => Self::Full,
            "53300" | "57P01" | "57P02" | "57P03" => Self::Unavailable(cause.message().to_owned()),
            _ => Self::Database(format!("{} ({})", cause.message(), cause.code().code())),
        }
    }
}

fn is_unique_violation(error: &rusqlite::Error) -> bool {
    error.sqlite_error().is_some_and(|error| {
        matches!(
            error.extended_code,
            rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE | rusqlite::ffi::SQLITE_CONSTRAINT_PRIMARYKEY
        )
    })
}
