//! Operations on the database of one mode. One file a noun.

pub mod batches;
pub mod callbacks;
pub mod charges;
pub mod claims;
mod counts;
pub mod projects;
pub mod queue;
pub mod tasks;

pub use counts::StatusCounts;
