//! Operations on the database of one mode. One file a noun.

pub mod batches;
pub mod callback_stream;
pub mod callbacks;
pub mod charges;
pub mod claims;
mod counts;
pub mod projects;
pub mod queue;
pub mod summary;
pub mod task_lists;
pub mod tasks;

pub use counts::StatusCounts;

/// Every statement, for the test that prepares them all.
pub(crate) static STATEMENTS: &[crate::driver::statement::StatementList] = &[
    ("batches", batches::STATEMENTS),
    ("callback_stream", callback_stream::STATEMENTS),
    ("callbacks", callbacks::STATEMENTS),
    ("charges", charges::STATEMENTS),
    ("claims", claims::STATEMENTS),
    ("counts", counts::STATEMENTS),
    ("projects", projects::STATEMENTS),
    ("queue", queue::STATEMENTS),
    ("summary", summary::STATEMENTS),
    ("tasks", tasks::STATEMENTS),
];
