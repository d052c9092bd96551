//! Weighbridge: programs ask people for work. The way of a task through these modules is told in
//! `docs/architecture.md`.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test may panic"))]

pub mod app;
pub mod audit_words;
pub mod batch_object;
pub mod callback_masking;
pub mod callback_object;
pub mod callback_request;
pub mod callback_verification;
pub mod callback_words;
pub mod clock;
pub mod commands;
pub mod config;
pub mod directory;
pub mod error;
pub mod file_links;
pub mod freshness;
pub mod http;
pub mod international_host;
pub mod key_uses;
pub mod measures;
pub mod operations;
pub mod passwords;
pub mod pinned_hosts;
pub mod prices;
pub mod server;
pub mod signing_secrets;
pub mod startup;
pub mod task_attachments;
pub mod task_object;
pub mod workers;
