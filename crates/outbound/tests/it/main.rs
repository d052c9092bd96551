//! The guarded client against real servers on loopback ports.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(
    clippy::disallowed_methods,
    reason = "a test talks to its own loopback servers"
)]

mod addresses;
mod answers;
mod dns;
mod fetching;
mod keep_alive;
mod names;
mod outside;
mod proxy;
mod rebinding;
mod receiver;
mod reference_ranges;
mod send_before;
mod spellings;
mod tls;
