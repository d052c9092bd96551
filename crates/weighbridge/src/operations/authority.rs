//! Who changes the team, and whether they may (authentication.md 2.6): the role table is asked with
//! the role that the person had when they asked and, in the transaction, with their present one.

use axum::http::StatusCode;
use domain::{AccountId, Capability, Permission, Role, UserId, permission};
use store::Tx;
use store::control::team;

use super::audit::Actor;
use crate::error::ApiError;

/// A person who acts.
#[derive(Clone, Debug)]
pub struct Authority {
    /// Account.
    pub account: AccountId,
    /// Person.
    pub user: UserId,
    /// The person's role when the request came in.
    pub role: Role,
    /// Whether the password was entered within 15 minutes.
    pub is_recent: bool,
    /// The person as the audit log names them.
    pub actor: Actor,
}

impl Authority {
    /// Asks the table with the role of the request.
    pub fn require(&self, capability: Capability) -> Result<(), ApiError> {
        require(self.role, self.is_recent, capability)
    }

    /// Asks the table with the person's present role, which another Admin may have changed since
    /// the request came in. The account must be locked.
    pub fn require_still(&self, tx: &mut Tx<'_>, capability: Capability) -> Result<(), ApiError> {
        let present = team::find(tx, self.account, self.user)?.filter(team::PersonRow::is_active);
        match present {
            Some(person) => require(person.role, self.is_recent, capability),
            None => Err(ApiError::new(
                StatusCode::FORBIDDEN,
                "role_required",
                "You have no access to this account any more.",
            )),
        }
    }
}

/// 403 `role_required`, unless the role permits it; 403 `reauthentication_required` where the table
/// asks for a recent log-in and there was none.
pub fn require(role: Role, is_recent: bool, capability: Capability) -> Result<(), ApiError> {
    match permission(role, capability) {
        Permission::Allow => Ok(()),
        Permission::Recent if is_recent => Ok(()),
        Permission::Recent => Err(ApiError::new(
            StatusCode::FORBIDDEN,
            "reauthentication_required",
            "Enter your password again: this is possible only within 15 minutes of it.",
        )),
        Permission::Deny => Err(ApiError::new(
            StatusCode::FORBIDDEN,
            "role_required",
            format!("Your role, {role}, does not permit this."),
        )),
    }
}
