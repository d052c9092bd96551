//! What changes state, one file a verb. An operation knows no HTTP: it takes what was asked and
//! gives what came of it, or the error that the caller will read.

pub mod accept_invitation;
pub mod answer_callback;
pub mod audit;
pub mod authority;
pub mod cancel_task;
pub mod change_password;
pub mod change_role;
pub mod change_task;
pub mod check_audit;
pub mod claim_task;
pub mod confirm_change;
pub mod confirm_email;
pub mod confirm_password;
pub mod create_account;
pub mod create_batch;
pub mod create_project;
pub mod create_task;
pub mod deactivate_user;
pub(crate) mod enqueue_callback;
pub mod invite_user;
pub mod keep_claim;
pub mod log_in;
pub mod mail_link;
pub mod manage_keys;
pub mod note_refusal;
pub mod open_session;
pub mod redigest_keys;
pub mod request_access;
pub mod reset_password;
pub mod send_mail;
pub mod sign_up;
pub mod skip_task;
pub mod submit_response;
pub mod throttle;
