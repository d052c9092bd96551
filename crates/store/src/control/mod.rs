//! Operations on the control database. One file a noun.

pub mod accounts;
pub mod keys;
pub mod sessions;
pub mod users;
