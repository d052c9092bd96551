//! Meaning alone: ids, states, parameters, task types. No I/O, no clock, no HTTP, no SQL.
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test may panic"))]

pub mod callback;
pub mod environment;
pub mod form;
pub mod id;
pub mod json;
pub mod money;
pub mod page;
pub mod param;
pub mod project;
pub mod role;
pub mod task;
pub mod task_types;
pub mod time;

pub use callback::PlainHttp;
pub use environment::Environment;
pub use id::{
    AccessRequestId, AccountId, BatchId, CallbackId, ClaimId, InvitationId, KeyId, MailId,
    MailTokenId, NotAnId, ProjectId, ReplayId, SessionId, SigningSecretId, TaskId, UserId,
};
pub use money::MicroUnits;
pub use param::{ParamError, ParamErrors};
pub use role::{
    Capability, Permission, Role, permission, permits, to_change_role, to_deactivate, to_invite,
};
pub use task::{TaskRequest, TaskStatus};
