//! Operations on the control database. One file a noun.

pub mod accounts;
pub mod attempts;
pub mod audit;
pub mod feed;
pub mod keys;
pub mod mails;
pub mod sessions;
pub mod users;

/// Every statement, for the test that prepares them all.
pub(crate) static STATEMENTS: &[crate::driver::statement::StatementList] = &[
    ("accounts", accounts::STATEMENTS),
    ("attempts", attempts::STATEMENTS),
    ("audit", audit::STATEMENTS),
    ("feed", feed::STATEMENTS),
    ("keys", keys::STATEMENTS),
    ("mails", mails::STATEMENTS),
    ("sessions", sessions::STATEMENTS),
    ("users", users::STATEMENTS),
];
