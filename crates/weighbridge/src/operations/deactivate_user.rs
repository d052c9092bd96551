//! Takes people their access and gives it back; ends their sessions (authentication.md 2.6).

use domain::{Capability, Environment, Role, UserId, to_deactivate};
use store::StoreError;
use store::control::sessions;
use store::control::team::{self, KnownKey, PersonRow};
use store::environment::claims;

use super::audit::{self, Event};
use super::authority::Authority;
use super::change_role::{keep_an_admin, person_not_found};
use crate::app::App;
use crate::error::ApiError;

/// Takes a person their access: their sessions end in the same transaction, their next request is
/// refused. Tasks that they hold return to the queue right after; should the process die in
/// between, their leases run out. Gives the keys that they created or revealed and that still work.
pub async fn deactivate_user(
    app: &App,
    by: Authority,
    target: UserId,
) -> Result<Vec<KnownKey>, ApiError> {
    let now_ms = app.clock.now_ms();
    let secrets = app.secrets.clone();
    let account = by.account;
    let known = app
        .stores
        .control
        .write(move |tx| {
            team::lock(tx, by.account)?;
            let person = team::find(tx, by.account, target)?.ok_or_else(person_not_found)?;
            let capability = to_deactivate(person.role);
            by.require(capability)?;
            if person.is_active() {
                if person.role == Role::Admin {
                    keep_an_admin(tx, by.account, target)?;
                }
                by.require_still(tx, capability)?;
                team::deactivate(tx, by.account, target, now_ms)?;
                let event = of_person("user.deactivate", target);
                audit::append(tx, &secrets, by.account, &by.actor, &event, now_ms)?;
            }
            Ok::<_, ApiError>(team::keys_known_to(tx, by.account, target, now_ms)?)
        })
        .await?;
    for environment in [Environment::Live, Environment::Test] {
        app.stores
            .environment(environment)
            .write(move |tx| claims::revoke_of_user(tx, account, target, now_ms))
            .await
            .map_err(|error: StoreError| ApiError::from(error))?;
    }
    Ok(known)
}

/// Gives a person their access back, with the role that they had.
pub async fn reactivate_user(
    app: &App,
    by: Authority,
    target: UserId,
) -> Result<PersonRow, ApiError> {
    let now_ms = app.clock.now_ms();
    let secrets = app.secrets.clone();
    app.stores
        .control
        .write(move |tx| {
            team::lock(tx, by.account)?;
            let mut person = team::find(tx, by.account, target)?.ok_or_else(person_not_found)?;
            by.require_still(tx, to_deactivate(person.role))?;
            if !person.is_active() {
                team::reactivate(tx, by.account, target)?;
                let event = of_person("user.reactivate", target);
                audit::append(tx, &secrets, by.account, &by.actor, &event, now_ms)?;
                person.deactivated_at = None;
            }
            Ok(person)
        })
        .await
}

/// Ends all sessions of a person.
pub async fn end_sessions(app: &App, by: Authority, target: UserId) -> Result<(), ApiError> {
    let now_ms = app.clock.now_ms();
    let secrets = app.secrets.clone();
    app.stores
        .control
        .write(move |tx| {
            team::lock(tx, by.account)?;
            by.require_still(tx, Capability::DeactivateManager)?;
            team::find(tx, by.account, target)?.ok_or_else(person_not_found)?;
            sessions::delete_of_user(tx, by.account, target)?;
            let event = of_person("user.end_sessions", target);
            audit::append(tx, &secrets, by.account, &by.actor, &event, now_ms)?;
            Ok(())
        })
        .await
}

fn of_person(action: &'static str, target: UserId) -> Event {
    Event {
        action,
        target: Some(target.to_string()),
        ..Event::default()
    }
}
