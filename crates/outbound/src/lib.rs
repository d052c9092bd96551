//! The only way out to an address that a user gave: callbacks and attachments.
//!
//! A customer can write any URL into a task. Without care the server would then knock at
//! databases, routers and cloud metadata services on that customer's behalf. So every such
//! request goes through [`GuardedClient`], in one fixed order: parse the text once
//! ([`Target::parse`]), judge the text ([`check_text`]), resolve the name ([`Resolve`]), judge
//! *every* answer ([`judge`]), connect only to a judged address, and compare the peer's address
//! with it. Nothing is parsed twice and no name is resolved twice, so there is no gap in which
//! the judged thing and the contacted thing can differ.
//!
//! This crate must not know what it carries: no keys, no signatures, no schedule, no store.
//!
//! Source of all rules: reference page *callback delivery*, parts 3.4, 3.5, 4 and 5.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test fails by panicking"))]

mod address;
mod address_error;
mod allow_list;
mod callback;
mod certificate;
mod client;
mod connect;
mod connection;
mod failure;
mod fetch;
mod nat64;
mod operator;
mod own_addresses;
mod pool;
mod proxy;
mod ranges;
mod resolve;
mod tls;

pub use address::{Host, Scheme, Target, UserInfo, check_text};
pub use address_error::AddressError;
pub use allow_list::{AllowList, AllowListError};
pub use callback::{Exchange, Outcome, PhasesMs, PostOptions};
pub use client::{GuardedClient, Limits, Settings, SettingsError};
pub use failure::Failure;
pub use fetch::{FetchError, Fetched};
pub use nat64::{Nat64Prefix, Nat64PrefixError};
pub use operator::{OperatorAnswer, OperatorClient};
pub use own_addresses::OwnServices;
pub use proxy::{Proxy, ProxyError};
pub use ranges::{METADATA, RANGES, Range, Refused, judge};
pub use resolve::{Addresses, Resolve, SystemResolver};
pub use tls::TlsInfo;
