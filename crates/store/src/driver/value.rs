//! Values bound to statements and the rows that come back, alike on both engines.
//!
//! Only the five storage classes of SQLite exist here; PostgreSQL's columns are made to match
//! (see `migrate.rs`), so no statement needs a cast for one engine alone.

use crate::StoreError;

/// A value bound to a `$n` parameter. Borrowed: binding copies nothing of ours.
#[derive(Clone, Copy, Debug)]
pub enum Value<'a> {
    /// SQL NULL.
    Null,
    /// `INTEGER` / `BIGINT`.
    Integer(i64),
    /// `REAL` / `DOUBLE PRECISION`.
    Real(f64),
    /// `TEXT`, without NUL characters (PostgreSQL has none; the JSON reader refuses them).
    Text(&'a str),
    /// `BLOB` / `BYTEA`.
    Blob(&'a [u8]),
}

/// What can be bound to a statement.
pub trait ToValue {
    /// The value as the database sees it.
    fn to_value(&self) -> Value<'_>;
}

impl ToValue for i64 {
    fn to_value(&self) -> Value<'_> {
        Value::Integer(*self)
    }
}
impl ToValue for u32 {
    fn to_value(&self) -> Value<'_> {
        Value::Integer(i64::from(*self))
    }
}
impl ToValue for bool {
    fn to_value(&self) -> Value<'_> {
        Value::Integer(i64::from(*self))
    }
}
impl ToValue for f64 {
    fn to_value(&self) -> Value<'_> {
        Value::Real(*self)
    }
}
impl ToValue for str {
    fn to_value(&self) -> Value<'_> {
        Value::Text(self)
    }
}
impl ToValue for String {
    fn to_value(&self) -> Value<'_> {
        Value::Text(self)
    }
}
impl ToValue for [u8] {
    fn to_value(&self) -> Value<'_> {
        Value::Blob(self)
    }
}
impl<const N: usize> ToValue for [u8; N] {
    fn to_value(&self) -> Value<'_> {
        Value::Blob(self)
    }
}
impl ToValue for Vec<u8> {
    fn to_value(&self) -> Value<'_> {
        Value::Blob(self)
    }
}
impl<T: ToValue> ToValue for Option<T> {
    fn to_value(&self) -> Value<'_> {
        self.as_ref().map_or(Value::Null, ToValue::to_value)
    }
}
impl<T: ToValue + ?Sized> ToValue for &T {
    fn to_value(&self) -> Value<'_> {
        (**self).to_value()
    }
}
impl ToValue for Value<'_> {
    fn to_value(&self) -> Value<'_> {
        *self
    }
}

macro_rules! id_values {
    ($($name:ident),*) => {$(
        impl ToValue for domain::$name {
            fn to_value(&self) -> Value<'_> {
                Value::Blob(self.as_bytes())
            }
        }
        impl FromColumn for domain::$name {
            fn from_column(row: &Row<'_>, column: usize) -> Result<Self, StoreError> {
                row.blob(column, |bytes| {
                    bytes.and_then(domain::$name::from_bytes)
                })?
                .ok_or_else(|| StoreError::column(column, concat!("a ", stringify!($name))))
            }
        }
        impl FromColumn for Option<domain::$name> {
            fn from_column(row: &Row<'_>, column: usize) -> Result<Self, StoreError> {
                row.blob(column, |bytes| {
                    bytes.filter(|bytes| !bytes.is_empty()).map(domain::$name::from_bytes)
                })?
                .map(|id| id.ok_or_else(|| StoreError::column(column, concat!("a ", stringify!($name)))))
                .transpose()
            }
        }
    )*};
}
id_values!(
    AccountId,
    UserId,
    KeyId,
    SigningSecretId,
    ProjectId,
    BatchId,
    TaskId,
    ClaimId,
    CallbackId,
    ReplayId,
    SessionId,
    InvitationId,
    AccessRequestId,
    MailId,
    MailTokenId
);

/// Binds values by reference: `params![account, task_id, "pending"]`.
macro_rules! params {
    ($($value:expr),* $(,)?) => {
        &[$($crate::driver::value::ToValue::to_value(&$value)),*]
    };
}
pub(crate) use params;

/// One row of an answer, valid only inside the callback that reads it.
pub struct Row<'a> {
    inner: RowInner<'a>,
}

enum RowInner<'a> {
    Sqlite(&'a rusqlite::Row<'a>),
    Postgres(&'a postgres::Row),
}

impl<'a> Row<'a> {
    pub(super) fn sqlite(row: &'a rusqlite::Row<'a>) -> Self {
        Self {
            inner: RowInner::Sqlite(row),
        }
    }

    pub(super) fn postgres(row: &'a postgres::Row) -> Self {
        Self {
            inner: RowInner::Postgres(row),
        }
    }

    /// Reads column `column` (from 0).
    pub fn get<T: FromColumn>(&self, column: usize) -> Result<T, StoreError> {
        T::from_column(self, column)
    }

    fn integer(&self, column: usize) -> Result<Option<i64>, StoreError> {
        Ok(match self.inner {
            RowInner::Sqlite(row) => row.get(column)?,
            RowInner::Postgres(row) => row.try_get(column)?,
        })
    }

    fn real(&self, column: usize) -> Result<Option<f64>, StoreError> {
        Ok(match self.inner {
            RowInner::Sqlite(row) => row.get(column)?,
            RowInner::Postgres(row) => row.try_get(column)?,
        })
    }

    fn text(&self, column: usize) -> Result<Option<&str>, StoreError> {
        Ok(match self.inner {
            RowInner::Sqlite(row) => row
                .get_ref(column)?
                .as_str_or_null()
                .map_err(|_| StoreError::column(column, "TEXT"))?,
            RowInner::Postgres(row) => row.try_get(column)?,
        })
    }

    fn blob<T>(
        &self,
        column: usize,
        read: impl FnOnce(Option<&[u8]>) -> T,
    ) -> Result<T, StoreError> {
        Ok(match self.inner {
            RowInner::Sqlite(row) => read(
                row.get_ref(column)?
                    .as_blob_or_null()
                    .map_err(|_| StoreError::column(column, "BLOB"))?,
            ),
            RowInner::Postgres(row) => read(row.try_get(column)?),
        })
    }
}

/// What can be read from a column.
pub trait FromColumn: Sized {
    /// Reads the column; a wrong type or an unexpected NULL is an error that names the column.
    fn from_column(row: &Row<'_>, column: usize) -> Result<Self, StoreError>;
}

impl FromColumn for Option<i64> {
    fn from_column(row: &Row<'_>, column: usize) -> Result<Self, StoreError> {
        row.integer(column)
    }
}
impl FromColumn for i64 {
    fn from_column(row: &Row<'_>, column: usize) -> Result<Self, StoreError> {
        row.integer(column)?
            .ok_or_else(|| StoreError::column(column, "INTEGER"))
    }
}
impl FromColumn for bool {
    fn from_column(row: &Row<'_>, column: usize) -> Result<Self, StoreError> {
        Ok(i64::from_column(row, column)? != 0)
    }
}
impl FromColumn for f64 {
    fn from_column(row: &Row<'_>, column: usize) -> Result<Self, StoreError> {
        row.real(column)?
            .ok_or_else(|| StoreError::column(column, "REAL"))
    }
}
impl FromColumn for Option<String> {
    fn from_column(row: &Row<'_>, column: usize) -> Result<Self, StoreError> {
        Ok(row.text(column)?.map(str::to_owned))
    }
}
impl FromColumn for String {
    fn from_column(row: &Row<'_>, column: usize) -> Result<Self, StoreError> {
        row.text(column)?
            .map(str::to_owned)
            .ok_or_else(|| StoreError::column(column, "TEXT"))
    }
}
impl FromColumn for Option<Vec<u8>> {
    fn from_column(row: &Row<'_>, column: usize) -> Result<Self, StoreError> {
        row.blob(column, |bytes| bytes.map(<[u8]>::to_vec))
    }
}
impl FromColumn for Vec<u8> {
    fn from_column(row: &Row<'_>, column: usize) -> Result<Self, StoreError> {
        row.blob(column, |bytes| bytes.map(<[u8]>::to_vec))?
            .ok_or_else(|| StoreError::column(column, "BLOB"))
    }
}
