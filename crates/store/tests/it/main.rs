//! Every store operation on both engines. PostgreSQL is that of `WEIGHBRIDGE_TEST_POSTGRES`
//! (`scripts/with-postgres` starts one); each test has a database of its own.
#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![allow(missing_docs, reason = "tests are no library")]

mod callback_accounts;
mod callback_purge;
mod callbacks;
mod claims;
mod engine;
mod feed;
mod fixture;
mod people;
mod tasks;
