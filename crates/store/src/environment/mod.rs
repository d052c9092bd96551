//! Operations on the database of one mode. One file a noun.

pub mod batches;
pub mod callback_answers;
pub mod callback_bodies;
pub mod callback_claims;
pub mod callback_controls;
pub mod callback_holds;
pub mod callback_lists;
pub mod callback_measures;
pub mod callback_notices;
pub mod callback_purge;
pub mod callback_repairs;
pub mod callback_replays;
pub mod callback_results;
pub mod callback_stream;
pub mod callback_summary;
pub mod callback_targets;
pub mod callbacks;
pub mod charges;
pub mod claims;
mod counts;
pub mod delivery_clock;
pub mod projects;
pub mod queue;
pub mod summary;
pub mod task_lists;
pub mod tasks;
pub mod test_receivers;

pub use counts::StatusCounts;

/// Every statement, for the test that prepares them all.
pub(crate) static STATEMENTS: &[crate::driver::statement::StatementList] = &[
    ("batches", batches::STATEMENTS),
    ("callback_answers", callback_answers::STATEMENTS),
    ("callback_bodies", callback_bodies::STATEMENTS),
    ("callback_claims", callback_claims::STATEMENTS),
    ("callback_holds", callback_holds::STATEMENTS),
    ("callback_measures", callback_measures::STATEMENTS),
    ("callback_notices", callback_notices::STATEMENTS),
    ("callback_purge", callback_purge::STATEMENTS),
    ("callback_repairs", callback_repairs::STATEMENTS),
    ("callback_results", callback_results::STATEMENTS),
    ("callback_targets", callback_targets::STATEMENTS),
    ("callback_stream", callback_stream::STATEMENTS),
    ("callback_controls", callback_controls::STATEMENTS),
    ("callback_lists", callback_lists::STATEMENTS),
    ("callback_replays", callback_replays::STATEMENTS),
    ("callback_summary", callback_summary::STATEMENTS),
    ("callbacks", callbacks::STATEMENTS),
    ("charges", charges::STATEMENTS),
    ("claims", claims::STATEMENTS),
    ("counts", counts::STATEMENTS),
    ("delivery_clock", delivery_clock::STATEMENTS),
    ("projects", projects::STATEMENTS),
    ("queue", queue::STATEMENTS),
    ("summary", summary::STATEMENTS),
    ("tasks", tasks::STATEMENTS),
    ("test_receivers", test_receivers::STATEMENTS),
];
