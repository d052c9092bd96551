//! Migrations: embedded, forward only, run at start in one transaction. They are written once, as
//! SQLite `STRICT` DDL; [`to_postgres`] replaces the handful of words that PostgreSQL has other
//! names for. What the engines write quite differently (triggers) stands in sections of its own.

use super::Tx;
use super::statement::{Statement, statements};
use super::value::params;
use crate::StoreError;

/// One migration: its number (from 1, without gaps), name and DDL.
pub struct Migration {
    /// Number, from 1.
    pub version: i64,
    /// What it does, in words.
    pub name: &'static str,
    /// SQLite DDL.
    pub text: &'static str,
}

static APPLIED: Statement =
    statements!(@one "SELECT version, checksum FROM schema_migrations ORDER BY version");
static RECORD: Statement = statements!(@one
    "INSERT INTO schema_migrations (version, name, checksum) VALUES ($1, $2, $3)");

const TABLE: &str = "CREATE TABLE IF NOT EXISTS schema_migrations (
    version INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL, checksum INTEGER NOT NULL) STRICT";

pub(super) fn run(
    tx: &mut Tx<'_>,
    migrations: &[Migration],
    database: &str,
) -> Result<(), StoreError> {
    tx.lock_migrations()?;
    tx.batch(TABLE)?;
    let applied: Vec<(i64, i64)> = tx.query(&APPLIED, &[], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let known = migrations.len() as i64;
    if let Some(&(found, _)) = applied.last()
        && found > known
    {
        return Err(StoreError::Newer {
            database: database.to_owned(),
            found,
            known,
        });
    }
    for (&(version, checksum), migration) in applied.iter().zip(migrations) {
        if checksum != checksum_of(migration.text) {
            return Err(StoreError::Changed {
                database: database.to_owned(),
                version,
            });
        }
    }
    for migration in &migrations[applied.len()..] {
        tx.batch(migration.text)?;
        tx.execute(
            &RECORD,
            params![
                migration.version,
                migration.name,
                checksum_of(migration.text)
            ],
        )?;
    }
    Ok(())
}

/// FNV-1a: it tells an edited migration from the applied one, nothing more.
fn checksum_of(text: &str) -> i64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    }) as i64
}

/// What of a migration is for one engine: the text outside the other engine's sections.
pub(crate) fn section(text: &str, engine: &str) -> String {
    let mut wanted = true;
    let mut result = String::with_capacity(text.len());
    for line in text.lines() {
        let name = line
            .strip_prefix("-- [")
            .and_then(|rest| rest.strip_suffix(']'));
        if let Some(name) = name {
            wanted = name == engine || name == "both";
        } else if wanted {
            result.push_str(line);
            result.push('\n');
        }
    }
    result
}

/// Rewrites SQLite DDL for PostgreSQL. Words are replaced whole; migrations use no string or
/// identifier that contains one of them.
pub(crate) fn to_postgres(text: &str) -> String {
    let text = section(text, "postgres");
    let mut result = String::with_capacity(text.len());
    let mut word = String::new();
    for character in text.chars().chain(std::iter::once('\n')) {
        if character.is_ascii_alphanumeric() || character == '_' {
            word.push(character);
            continue;
        }
        result.push_str(match word.as_str() {
            "INTEGER" => "BIGINT",
            "BLOB" => "BYTEA",
            "REAL" => "DOUBLE PRECISION",
            other => other,
        });
        word.clear();
        result.push(character);
    }
    result
        .replace(") STRICT, WITHOUT ROWID", ")")
        .replace(") WITHOUT ROWID, STRICT", ")")
        .replace(") STRICT", ")")
        .replace("x''", "'\\x'")
}

impl Tx<'_> {
    /// Two processes that start together must not migrate together. SQLite's write transaction is
    /// that lock already.
    fn lock_migrations(&mut self) -> Result<(), StoreError> {
        if let super::TxInner::Postgres(session) = &mut self.inner {
            session.batch("SELECT pg_advisory_xact_lock(7364523)")?;
        }
        Ok(())
    }
}
