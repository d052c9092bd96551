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
    /// All of them, the most powerful first.
    pub const ALL: [Self; 4] = [Self::Admin, Self::Manager, Self::Member, Self::Labeler];

    /// The role's name in the database and the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Manager => "manager",
            Self::Member => "member",
            Self::Labeler => "labeler",
        }
    }

    /// Whether a person of role `self` would gain power by the role `other`.
    pub fn is_below(self, other: Self) -> bool {
        let rank = |role: Self| match role {
            Self::Admin => 3,
            Self::Manager => 2,
            Self::Member => 1,
            Self::Labeler => 0,
        };
        rank(self) < rank(other)
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

/// What the table says of a role and a capability.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Permission {
    /// May do it.
    Allow,
    /// May do it within 15 minutes of entering the password.
    Recent,
    /// May not do it.
    Deny,
}

impl Permission {
    /// The permission's name in the app API and the docs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Recent => "recent",
            Self::Deny => "deny",
        }
    }
}

use Permission::{Allow, Deny, Recent};

macro_rules! capabilities {
    ($($(#[doc = $doc:literal])* $name:ident $text:literal
        [$admin:ident $manager:ident $member:ident $labeler:ident],)*) => {
        /// Something that a role may or may not do.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Capability {
            $($(#[doc = $doc])* $name,)*
        }

        impl Capability {
            /// All of them, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The capability's name in the app API.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }

            /// What it is, in words: the row's head in the docs.
            pub fn description(self) -> &'static str {
                match self {
                    $(Self::$name => concat!($($doc),*).trim_ascii(),)*
                }
            }

            /// The row of the table: Admin, Manager, Member, Labeler.
            fn row(self) -> [Permission; 4] {
                match self {
                    $(Self::$name => [$admin, $manager, $member, $labeler],)*
                }
            }
        }
    };
}

// Columns: Admin, Manager, Member, Labeler.
capabilities! {
    /// Own profile, password and sessions
    OwnProfile "own_profile" [Allow Allow Allow Allow],
    /// See the section API Keys, with hints
    SeeApiKeys "see_api_keys" [Allow Allow Deny Deny],
    /// Ask an Admin for access to API keys
    AskForAccess "ask_for_access" [Deny Deny Allow Allow],
    /// Reveal a test key or the Test Callback Auth Key
    RevealTestKey "reveal_test_key" [Allow Allow Deny Deny],
    /// Reveal a live key or the Live Callback Auth Key
    RevealLiveKey "reveal_live_key" [Recent Recent Deny Deny],
    /// Create, rename, roll, suspend and revoke test keys
    ChangeTestKey "change_test_key" [Allow Allow Deny Deny],
    /// Create, rename, roll and suspend live keys
    ChangeLiveKey "change_live_key" [Recent Recent Deny Deny],
    /// Revoke a live key
    RevokeLiveKey "revoke_live_key" [Allow Allow Deny Deny],
    /// Roll a callback auth key
    RollCallbackAuthKey "roll_callback_auth_key" [Recent Recent Deny Deny],
    /// Show keys once, keys that make Managers, key of test callbacks
    SetKeyPolicy "set_key_policy" [Recent Deny Deny Deny],
    /// See projects, batches and tasks
    ViewTasks "view_tasks" [Allow Allow Allow Deny],
    /// Cancel tasks
    CancelTask "cancel_task" [Allow Allow Allow Deny],
    /// See callbacks: lists, requests, answers
    ViewCallbacks "view_callbacks" [Allow Allow Allow Deny],
    /// Send callbacks again, try out receivers, pause, resume and discard
    ManageCallbacks "manage_callbacks" [Allow Allow Deny Deny],
    /// Decide about callbacks: default address, plain http, hosts, events
    SetCallbackSettings "set_callback_settings" [Allow Allow Deny Deny],
    /// See charges
    ViewUsage "view_usage" [Allow Allow Deny Deny],
    /// Claim and label tasks
    LabelTasks "label_tasks" [Allow Allow Allow Allow],
    /// See the team: names and roles
    SeeTeam "see_team" [Allow Allow Allow Deny],
    /// See the team's e-mail addresses and last log-ins
    SeeTeamDetails "see_team_details" [Allow Allow Deny Deny],
    /// Invite a Member or Labeler; withdraw such an invitation
    InviteMember "invite_member" [Allow Allow Deny Deny],
    /// Invite a Manager or Admin; withdraw such an invitation
    InviteManager "invite_manager" [Recent Deny Deny Deny],
    /// Change roles between Member and Labeler; deactivate those
    ChangeMember "change_member" [Allow Allow Deny Deny],
    /// Give or take the role Manager; decide requests for it
    ChangeManager "change_manager" [Allow Deny Deny Deny],
    /// Give or take the role Admin
    ChangeAdmin "change_admin" [Recent Deny Deny Deny],
    /// Deactivate a Manager or Admin; end another person's sessions
    DeactivateManager "deactivate_manager" [Recent Deny Deny Deny],
    /// Rename the account
    RenameAccount "rename_account" [Recent Deny Deny Deny],
    /// Read the audit log
    ReadAudit "read_audit" [Allow Deny Deny Deny],
    /// Export the audit log
    ExportAudit "export_audit" [Recent Deny Deny Deny],
}

/// What the table says.
pub fn permission(role: Role, capability: Capability) -> Permission {
    let [admin, manager, member, labeler] = capability.row();
    match role {
        Role::Admin => admin,
        Role::Manager => manager,
        Role::Member => member,
        Role::Labeler => labeler,
    }
}

impl Capability {
    /// Whether anybody needs a recent log-in for it: refusals of such are noted.
    pub fn is_sensitive(self) -> bool {
        self.row().contains(&Recent)
    }
}

/// Whether a role may do something, be it only right after entering the password.
pub fn permits(role: Role, capability: Capability) -> bool {
    permission(role, capability) != Deny
}

/// What it takes to change a person's role: both the role that they have and the one that they get
/// count.
pub fn to_change_role(present: Role, granted: Role) -> Capability {
    match (present, granted) {
        (Role::Admin, _) | (_, Role::Admin) => Capability::ChangeAdmin,
        (Role::Manager, _) | (_, Role::Manager) => Capability::ChangeManager,
        (Role::Member | Role::Labeler, Role::Member | Role::Labeler) => Capability::ChangeMember,
    }
}

/// What it takes to invite somebody as this role, or to withdraw such an invitation.
pub fn to_invite(role: Role) -> Capability {
    match role {
        Role::Admin | Role::Manager => Capability::InviteManager,
        Role::Member | Role::Labeler => Capability::InviteMember,
    }
}

/// What it takes to take a person of this role their access, or to give it back.
pub fn to_deactivate(role: Role) -> Capability {
    match role {
        Role::Admin | Role::Manager => Capability::DeactivateManager,
        Role::Member | Role::Labeler => Capability::ChangeMember,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_may_give_a_role_above_their_own() {
        for actor in Role::ALL {
            for present in Role::ALL {
                for granted in Role::ALL {
                    if permits(actor, to_change_role(present, granted)) {
                        assert!(!actor.is_below(granted), "{actor}: {present} to {granted}");
                        assert!(!actor.is_below(present), "{actor}: {present} to {granted}");
                    }
                }
                if permits(actor, to_invite(present)) || permits(actor, to_deactivate(present)) {
                    assert!(!actor.is_below(present), "{actor}: {present}");
                }
            }
        }
    }
}
