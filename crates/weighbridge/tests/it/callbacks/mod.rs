//! Delivery of callbacks end to end: the worker runs, a receiver on a loopback port answers by a
//! script, and the clock is the test's (callbacks.md 7).

mod actions;
mod answers;
mod fairness;
mod harness;
mod order;
mod plain_http;
mod schedule;
mod signatures;

pub use harness::{Delivering, Got, Receiver};
