//! What callbacks carry. A body of some size is stored compressed; each try sends the bytes that
//! were given.

use domain::{AccountId, CallbackId};

use crate::driver::statement::statements;
use crate::driver::value::{Row, params};
use crate::{StoreError, Tx};

statements! {
    INSERT = "INSERT INTO callback_bodies (account_id, callback_id, body, encoding)
        VALUES ($1, $2, $3, $4)";
    FIND = "SELECT body, encoding FROM callback_bodies WHERE account_id = $1 AND callback_id = $2";
}

/// From this size on, in bytes, a body is compressed: below it little is won.
const COMPRESSED_FROM: usize = 4 * 1024;
/// Level of zstd: the fastest of the ordinary ones, since the one writer of SQLite compresses.
const LEVEL: i32 = 1;
/// The name under which it is stored that a body is compressed.
const ZSTD: &str = "zstd";

/// A body as it is stored.
#[derive(Clone, Default)]
pub struct StoredBody {
    bytes: Vec<u8>,
    is_compressed: bool,
}

impl StoredBody {
    /// The bytes that are sent.
    pub fn into_bytes(self) -> Result<Vec<u8>, StoreError> {
        if !self.is_compressed {
            return Ok(self.bytes);
        }
        zstd::decode_all(self.bytes.as_slice())
            .map_err(|error| StoreError::Database(format!("a callback's body: {error}")))
    }

    /// Bytes that it takes in memory as it is.
    pub fn size(&self) -> usize {
        self.bytes.len()
    }

    /// Reads the columns `body` and `encoding`, which stand side by side; `None`: the body was
    /// purged.
    pub(super) fn read(row: &Row<'_>, column: usize) -> Result<Option<Self>, StoreError> {
        let Some(bytes) = row.get::<Option<Vec<u8>>>(column)? else {
            return Ok(None);
        };
        let encoding: Option<String> = row.get(column + 1)?;
        Ok(Some(Self {
            bytes,
            is_compressed: encoding.as_deref() == Some(ZSTD),
        }))
    }
}

impl std::fmt::Debug for StoredBody {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "StoredBody({} bytes)", self.bytes.len())
    }
}

/// Stores the body of a new callback.
pub(super) fn insert(
    tx: &mut Tx<'_>,
    account: AccountId,
    callback_id: CallbackId,
    body: &[u8],
) -> Result<(), StoreError> {
    let compressed = (body.len() >= COMPRESSED_FROM)
        .then(|| zstd::bulk::compress(body, LEVEL))
        .transpose()
        .map_err(|error| StoreError::Database(format!("a callback's body: {error}")))?;
    let encoding = compressed.is_some().then_some(ZSTD);
    let stored = compressed.as_deref().unwrap_or(body);
    tx.execute(&INSERT, params![account, callback_id, stored, encoding])?;
    Ok(())
}

/// The body of a callback; `None`: it was purged.
pub fn find(
    tx: &mut Tx<'_>,
    account: AccountId,
    callback_id: CallbackId,
) -> Result<Option<Vec<u8>>, StoreError> {
    let stored = tx.query_optional(&FIND, params![account, callback_id], |row| {
        StoredBody::read(row, 0)
    })?;
    stored.flatten().map(StoredBody::into_bytes).transpose()
}
