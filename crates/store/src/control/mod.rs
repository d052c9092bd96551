//! Operations on the control database. One file a noun.

pub mod access_requests;
pub mod accounts;
pub mod attempts;
pub mod audit;
pub mod callback_settings;
pub mod feed;
pub mod invitations;
pub mod key_uses;
pub mod keys;
pub mod mails;
pub mod processes;
pub mod sessions;
pub mod signing_secrets;
pub mod team;
pub mod users;

/// Every statement, for the test that prepares them all.
pub(crate) static STATEMENTS: &[crate::driver::statement::StatementList] = &[
    ("access_requests", access_requests::STATEMENTS),
    ("accounts", accounts::STATEMENTS),
    ("attempts", attempts::STATEMENTS),
    ("audit", audit::STATEMENTS),
    ("callback_settings", callback_settings::STATEMENTS),
    ("feed", feed::STATEMENTS),
    ("key_uses", key_uses::STATEMENTS),
    ("invitations", invitations::STATEMENTS),
    ("keys", keys::STATEMENTS),
    ("mails", mails::STATEMENTS),
    ("processes", processes::STATEMENTS),
    ("sessions", sessions::STATEMENTS),
    ("signing_secrets", signing_secrets::STATEMENTS),
    ("team", team::STATEMENTS),
    ("users", users::STATEMENTS),
];
