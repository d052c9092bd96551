//! A team under test: people, what is queued for them by mail, and what the audit log says.

use axum::http::Method;
use domain::{AccessRequestId, Environment, InvitationId, MailTokenId, Role, UserId};
use serde_json::{Value, json};
use store::StoreError;
use store::control::access_requests::{self, AccessRequestRow, Origin};
use store::control::invitations::{self, InvitationRow};
use store::control::mails;
use store::control::{team, users};
use weighbridge::operations::audit::Actor;
use weighbridge::operations::create_account::{NewUser, make_account};
use weighbridge::operations::manage_keys::KeyManager;
use weighbridge::operations::send_mail::token_digest;

use crate::app::{Answer, Engine, PASSWORD, Person, TestApp, web_request};

pub const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// A test body for a server that can mail, on both engines.
macro_rules! both_engines_with_mail {
    ($(async fn $name:ident($app:ident: TestApp) $body:block)*) => {$(
        mod $name {
            #[allow(unused_imports)]
            use super::*;
            async fn body($app: TestApp) $body
            #[tokio::test(flavor = "multi_thread")]
            async fn on_sqlite() {
                body(crate::web::team_fixture::start(crate::app::Engine::Sqlite).await).await;
            }
            #[tokio::test(flavor = "multi_thread")]
            async fn on_postgres() {
                body(crate::web::team_fixture::start(crate::app::Engine::Postgres).await).await;
            }
        }
    )*};
}
pub(crate) use both_engines_with_mail;

/// Acme: Admin Ada, Manager Max, Member Mia, Labeler Leo. Mail is queued; nothing sends it.
pub async fn start(engine: Engine) -> TestApp {
    let mail = [
        ("smtp_url", "smtp://127.0.0.1:1"),
        ("mail_from", "Weighbridge <weighbridge@example.com>"),
    ];
    let app = TestApp::start_with(engine, &mail).await;
    for (email, role) in [
        ("max@example.com", Role::Manager),
        ("mia@example.com", Role::Member),
        ("leo@example.com", Role::Labeler),
    ] {
        app.add_user(email, role).await;
    }
    app
}

/// A mail that was queued.
#[derive(Debug)]
pub struct Mail {
    pub to: String,
    pub letter: Value,
    /// The token of its link, made as the worker makes it.
    pub token: Option<String>,
}

impl TestApp {
    /// Takes the mails that are due.
    pub async fn mails(&self) -> Vec<Mail> {
        let now_ms = self.app.clock.now_ms();
        let secrets = self.app.secrets.clone();
        self.app
            .stores
            .control
            .write(move |tx| -> Result<_, StoreError> {
                let mut due = Vec::new();
                for mail in mails::lease_due(tx, 1000, now_ms + DAY_MS, now_ms)? {
                    let token = match mail.token_id {
                        None => None,
                        Some(id) => Some(set_token(tx, &secrets, id, now_ms)?),
                    };
                    mails::sent(tx, mail.mail_id, now_ms)?;
                    due.push(Mail {
                        to: mail.recipient,
                        letter: serde_json::from_str(&mail.letter).unwrap(),
                        token,
                    });
                }
                Ok(due)
            })
            .await
            .unwrap()
    }

    /// The audit log's actions after entry `seq`, with actor, target, before and after.
    pub async fn audited_after(&self, seq: i64) -> Vec<store::control::audit::AuditRow> {
        let account = self.made.account_id;
        self.app
            .stores
            .control
            .read(move |tx| store::control::audit::after(tx, account, seq, 10_000))
            .await
            .map_err(|error: StoreError| error)
            .unwrap()
            .into_iter()
            // Refusals are noted beside their answers, so one may come at any time.
            .filter(|entry| entry.action != "refused")
            .collect()
    }

    /// Makes a key, rolled if wanted; gives its public name.
    pub async fn add_key(&self, environment: Environment, is_rolled: bool) -> String {
        let (app, account) = (&self.app, self.made.account_id);
        let account = app
            .stores
            .control
            .read(move |tx| store::control::accounts::find(tx, account))
            .await
            .map_err(|error: StoreError| error)
            .unwrap();
        let manager = KeyManager::new(
            app.stores.control.clone(),
            app.secrets.clone(),
            account.unwrap(),
            app.ids.clone(),
            app.clock.clone(),
            Actor::operator(),
        )
        .unwrap();
        let made = manager.create(environment, "made").await.unwrap().value;
        if is_rolled {
            let keys = manager.list().await.unwrap();
            let row = keys.iter().find(|key| key.key_id == made.key_id).unwrap();
            manager.roll(row, 60 * 60 * 1000).await.unwrap();
        }
        format!("key_{}", made.key_id)
    }

    /// Number of the newest entry of the audit log.
    pub async fn audit_seq(&self) -> i64 {
        let account = self.made.account_id;
        self.app
            .stores
            .control
            .read(move |tx| store::control::audit::before(tx, account, i64::MAX, 1))
            .await
            .map_err(|error: StoreError| error)
            .unwrap()
            .first()
            .map_or(0, |entry| entry.seq)
    }

    fn next_id(&self) -> (u64, [u8; 6]) {
        self.app.id_parts()
    }

    /// A person with Ada's password, without the work of hashing it again.
    pub async fn add_person(&self, email: &str, role: Role, active: bool) -> UserId {
        let (time, random) = self.next_id();
        let user_id = UserId::from_parts(time, random);
        let (account, ada) = (self.made.account_id, self.made.user_id);
        let email = email.to_owned();
        let now_ms = self.app.clock.now_ms();
        self.app
            .stores
            .control
            .write(move |tx| -> Result<_, StoreError> {
                let mut row = users::find(tx, account, ada)?.unwrap();
                row.user_id = user_id;
                row.email.clone_from(&email);
                email.split('@').next().unwrap().clone_into(&mut row.name);
                row.role = role;
                assert!(users::insert(tx, &row, now_ms)?);
                if !active {
                    store::control::team::deactivate(tx, account, user_id, now_ms)?;
                }
                Ok(user_id)
            })
            .await
            .unwrap()
    }

    /// An invitation as Ada, or a key, makes it, without its mail.
    pub async fn add_invitation(&self, email: &str, role: Role, by_key: bool) -> InvitationId {
        let (time, random) = self.next_id();
        let now_ms = self.app.clock.now_ms();
        let row = InvitationRow {
            invitation_id: InvitationId::from_parts(time, random),
            email: email.to_owned(),
            role,
            invited_by: (!by_key).then_some(self.made.user_id),
            created_at: now_ms,
            expires_at: now_ms + DAY_MS,
            waits_for_admin: by_key,
            accepted_at: None,
            withdrawn_at: None,
            superseded_at: None,
        };
        let (account, id) = (self.made.account_id, row.invitation_id);
        self.app
            .stores
            .control
            .write(move |tx| invitations::insert(tx, account, &row))
            .await
            .map_err(|error: StoreError| error)
            .unwrap();
        id
    }

    /// An open request for a person.
    pub async fn add_request(&self, user_id: UserId) -> AccessRequestId {
        let (time, random) = self.next_id();
        let now_ms = self.app.clock.now_ms();
        let row = AccessRequestRow {
            request_id: AccessRequestId::from_parts(time, random),
            user_id,
            origin: Origin::Person,
            note: "please".to_owned(),
            created_at: now_ms,
            expires_at: now_ms + DAY_MS,
            decision: None,
        };
        let (account, id) = (self.made.account_id, row.request_id);
        self.app
            .stores
            .control
            .write(move |tx| access_requests::insert(tx, account, &row))
            .await
            .map_err(|error: StoreError| error)
            .unwrap();
        id
    }

    /// The present role of a person.
    pub async fn role_of(&self, user: UserId) -> Role {
        let account = self.made.account_id;
        self.app
            .stores
            .control
            .read(move |tx| users::find(tx, account, user))
            .await
            .map_err(|error: StoreError| error)
            .unwrap()
            .unwrap()
            .role
    }

    /// A request of somebody without a session.
    pub async fn visit(&self, method: Method, path: &str, body: Value) -> Answer {
        self.call(web_request(method, path, None, Some(&body)))
            .await
    }

    /// Accepts an invitation by its link.
    pub async fn accept(&self, token: &str) -> Answer {
        let body = json!({"token": token, "name": "Nia N.", "password": PASSWORD});
        self.visit(Method::POST, "/web/invitation/accept", body)
            .await
    }
}

fn set_token(
    tx: &mut store::Tx<'_>,
    secrets: &keys::Secrets,
    id: MailTokenId,
    now_ms: i64,
) -> Result<String, StoreError> {
    let token = format!("token of {id}");
    mails::set_token_digest(tx, id, &token_digest(secrets, &token), now_ms)?;
    Ok(token)
}

pub fn code(answer: &Answer, status: u16) -> String {
    answer.expect(status)["code"].as_str().unwrap().to_owned()
}

pub fn person<'a>(team: &'a Value, email: &str) -> &'a Value {
    let people = team["people"].as_array().unwrap();
    people
        .iter()
        .find(|person| person["email"] == email)
        .unwrap_or_else(|| panic!("{email} is not in {team}"))
}

pub async fn user_id(app: &TestApp, email: &str) -> UserId {
    let email = email.to_owned();
    app.app
        .stores
        .control
        .read(move |tx| users::find_by_email(tx, &email))
        .await
        .map_err(|error: StoreError| error)
        .unwrap()
        .unwrap()
        .user_id
}

pub async fn set_role(by: &Person<'_>, user: UserId, role: &str) -> Answer {
    let path = format!("/web/team/people/{user}/role");
    by.send(Method::PUT, &path, json!({"role": role})).await
}

pub async fn deactivate(by: &Person<'_>, user: UserId) -> Answer {
    let path = format!("/web/team/people/{user}/deactivate");
    by.post(&path, json!({})).await
}

pub async fn invite(by: &Person<'_>, email: &str, role: &str) -> Answer {
    let body = json!({"email": email, "role": role});
    by.post("/web/team/invitations", body).await
}

/// The token of the only mail that was queued, an invitation.
pub fn only_token(mails: Vec<Mail>) -> String {
    let [mail] = <[Mail; 1]>::try_from(mails).unwrap();
    assert_eq!(mail.letter["letter"], "invitation");
    mail.token.unwrap()
}

pub fn letters(mails: &[Mail]) -> Vec<(&str, &str)> {
    mails
        .iter()
        .map(|mail| (mail.to.as_str(), mail.letter["letter"].as_str().unwrap()))
        .collect()
}

/// One of two Admins who took each other's role at once has won; the other is the last Admin.
pub async fn one_of_two(app: &TestApp, one: &Answer, other: &Answer, round: &str) {
    let (won, lost) = if one.status == 200 {
        (one, other)
    } else {
        (other, one)
    };
    assert_eq!(won.status, 200, "{round}: {} {}", one.text, other.text);
    // The loser was judged after the winner, or came too late to be let in at all.
    match lost.status.as_u16() {
        409 => assert_eq!(lost.json()["code"], "last_admin"),
        403 => assert_eq!(lost.json()["code"], "role_required"),
        401 => assert_eq!(lost.json()["code"], "session_required"),
        status => panic!("{round}: {status} {}", lost.text),
    }
    let account = app.made.account_id;
    let admins = app
        .app
        .stores
        .control
        .read(move |tx| team::admins(tx, account))
        .await
        .map_err(|error: StoreError| error)
        .unwrap();
    assert_eq!(admins.len(), 1, "{round}");
}

pub async fn restore_admins(app: &TestApp, people: [UserId; 2]) {
    let account = app.made.account_id;
    app.app
        .stores
        .control
        .write(move |tx| -> Result<_, StoreError> {
            for user in people {
                team::set_role(tx, account, user, Role::Admin)?;
                team::reactivate(tx, account, user)?;
            }
            Ok(())
        })
        .await
        .unwrap();
}

/// Another account, of Bea.
pub async fn make_beta(app: &TestApp) {
    let admin = NewUser {
        email: "bea@beta.example",
        name: "Bea",
        role: Role::Admin,
        password: PASSWORD,
    };
    make_account(
        &app.app.stores.control,
        &app.app.secrets,
        "Beta",
        None,
        &admin,
    )
    .await
    .unwrap();
}
