//! The guarded client against real servers on loopback ports.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod addresses;
mod answers;
mod fetching;
mod keep_alive;
mod names;
mod receiver;
mod spellings;
mod tls;
