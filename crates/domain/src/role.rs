//! Roles and what each may do (authentication.md 2.6): one table for router, pages and docs.

use std::fmt;
use std::str::FromStr;

/// What a person is in an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Everything, billing included.
    Admin,
    /// Keys, team of Members and Labelers, usage.
    Manager,
    /// Projects, tasks, export.
    Member,
    /// Labels what is assigned.
    Labeler,
}

impl Role {
    /// The role's name in the database and the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Manager => "manager",
            Self::Member => "member",
            Self::Labeler => "labeler",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// A text that names no role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a role is admin, manager, member or labeler")]
pub struct NotARole;

impl FromStr for Role {
    type Err = NotARole;

    fn from_str(text: &str) -> Result<Self, NotARole> {
        match text {
            "admin" => Ok(Self::Admin),
            "manager" => Ok(Self::Manager),
            "member" => Ok(Self::Member),
            "labeler" => Ok(Self::Labeler),
            _ => Err(NotARole),
        }
    }
}

impl serde::Serialize for Role {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// Something that a role may or may not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Capability {
    /// See the section API Keys.
    SeeApiKeys,
    /// Reveal a test key.
    RevealTestKey,
    /// Reveal a live key (with recent authentication).
    RevealLiveKey,
    /// See projects, batches and tasks.
    ViewTasks,
    /// Cancel tasks.
    CancelTask,
    /// See charges.
    ViewUsage,
    /// Claim and label tasks.
    LabelTasks,
    /// See the team list.
    SeeTeam,
}

impl Capability {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::SeeApiKeys,
        Self::RevealTestKey,
        Self::RevealLiveKey,
        Self::ViewTasks,
        Self::CancelTask,
        Self::ViewUsage,
        Self::LabelTasks,
        Self::SeeTeam,
    ];

    /// The capability's name in the app API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SeeApiKeys => "see_api_keys",
            Self::RevealTestKey => "reveal_test_key",
            Self::RevealLiveKey => "reveal_live_key",
            Self::ViewTasks => "view_tasks",
            Self::CancelTask => "cancel_task",
            Self::ViewUsage => "view_usage",
            Self::LabelTasks => "label_tasks",
            Self::SeeTeam => "see_team",
        }
    }
}

/// Whether a role may do something.
pub fn permits(role: Role, capability: Capability) -> bool {
    match (role, capability) {
        (
            Role::Admin | Role::Manager,
            Capability::SeeApiKeys
            | Capability::RevealTestKey
            | Capability::RevealLiveKey
            | Capability::ViewTasks
            | Capability::CancelTask
            | Capability::ViewUsage
            | Capability::LabelTasks
            | Capability::SeeTeam,
        )
        | (
            Role::Member,
            Capability::ViewTasks
            | Capability::CancelTask
            | Capability::LabelTasks
            | Capability::SeeTeam,
        )
        | (Role::Labeler, Capability::LabelTasks) => true,
        (
            Role::Member,
            Capability::SeeApiKeys
            | Capability::RevealTestKey
            | Capability::RevealLiveKey
            | Capability::ViewUsage,
        )
        | (
            Role::Labeler,
            Capability::SeeApiKeys
            | Capability::RevealTestKey
            | Capability::RevealLiveKey
            | Capability::ViewTasks
            | Capability::CancelTask
            | Capability::ViewUsage
            | Capability::SeeTeam,
        ) => false,
    }
}
