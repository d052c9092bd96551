//! One binary for all tests of the program: the whole server in this process, on a store of its
//! own, called as clients call it.
#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![allow(
    clippy::too_many_lines,
    reason = "a table of cases is as long as its cases are many"
)]

mod api;
mod app;
mod callbacks;
mod web;
