//! Case 110: the table of authentication.md 2.6, capability by capability, role by role, route by
//! route. The list of routes is compared with the router's own, so none is forgotten.

use std::collections::{BTreeSet, HashMap};

use axum::body::Body;
use axum::http::{Method, Request};
use domain::{Capability, Environment, Permission, Role, permission};
use serde_json::{Value, json};
use store::StoreError;
use store::control::keys::{self as stored_keys, KeyRow};

use super::team_fixture::both_engines_with_mail;
use crate::app::{Person, TestApp, basic};

/// Who may call a route.
#[derive(Clone, Copy, Debug)]
enum Needs {
    /// Nobody needs to be logged in.
    Nobody,
    /// Everybody who is logged in; the answer is a stream without an end.
    Stream,
    /// The table says.
    May(Capability),
}
use Needs::{May, Nobody, Stream};

/// What a call is about; `{id}` in its path stands for its id. Made anew for each call.
#[derive(Clone, Copy, Debug)]
enum About {
    Nothing,
    Person(Role),
    Deactivated(Role),
    Invitation(Role),
    WaitingInvitation,
    Request,
    /// The key that the account has from the start.
    Key(Environment),
    /// A key of its own.
    NewKey(Environment),
    /// A key of its own, rolled and still running.
    RolledKey(Environment),
    /// The Live Callback Auth Key that is current.
    CallbackAuthKey,
}
use About::{
    CallbackAuthKey, Deactivated, Invitation, Key, NewKey, Nothing, RolledKey, WaitingInvitation,
};

/// What a call that is allowed does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Effect {
    /// It succeeds and leaves exactly one entry in the audit log.
    Audited,
    /// It succeeds and leaves none.
    Unaudited,
    /// Permission is all that is looked at: the call itself fails later, or is another test's.
    Unseen,
}
use Effect::{Audited, Unaudited, Unseen};

/// One call: method and path as the router has it, what fills the path's `{…}`, the body.
struct Row {
    route: &'static str,
    needs: Needs,
    about: About,
    body: Value,
    effect: Effect,
}

fn row(route: &'static str, needs: Needs, about: About, body: Value, effect: Effect) -> Row {
    Row {
        route,
        needs,
        about,
        body,
        effect,
    }
}

/// Capabilities that no route asks for.
const WITHOUT_ROUTE: &[Capability] = &[
    // Decides what `GET /web/team` shows.
    Capability::SeeTeamDetails,
];

fn table() -> Vec<Row> {
    use Capability as C;
    use Role::{Admin, Labeler, Manager, Member};
    let none = || json!({});
    let role = |role: Role| json!({"role": role});
    let invite = |role: Role| json!({"role": role, "email": "{new}@example.com"});
    let set_role = "PUT /web/team/people/{user_id}/role";
    let deactivate = "POST /web/team/people/{user_id}/deactivate";
    let reactivate = "POST /web/team/people/{user_id}/reactivate";
    let withdraw = "DELETE /web/team/invitations/{invitation_id}";
    let resend = "POST /web/team/invitations/{invitation_id}/resend";
    let claim = "/web/live/claims/{claim_id}";
    let mut rows = vec![
        // Getting in and out.
        row("POST /web/session", Nobody, Nothing, none(), Unseen),
        row("DELETE /web/session", Nobody, Nothing, none(), Unseen),
        row("GET /web/welcome", Nobody, Nothing, none(), Unseen),
        row("POST /web/sign-up", Nobody, Nothing, none(), Unseen),
        row("POST /web/confirm-email", Nobody, Nothing, none(), Unseen),
        row(
            "POST /web/confirm-email/resend",
            Nobody,
            Nothing,
            none(),
            Unseen,
        ),
        row("POST /web/password-reset", Nobody, Nothing, none(), Unseen),
        row(
            "POST /web/password-reset/complete",
            Nobody,
            Nothing,
            none(),
            Unseen,
        ),
        // What is everybody's own.
        row(
            "GET /web/sessions",
            May(C::OwnProfile),
            Nothing,
            none(),
            Unaudited,
        ),
        // There is no other session that it could end.
        row(
            "DELETE /web/sessions",
            May(C::OwnProfile),
            Nothing,
            none(),
            Unaudited,
        ),
        row(
            "DELETE /web/sessions/{session_id}",
            May(C::OwnProfile),
            Nothing,
            none(),
            Unseen,
        ),
        row(
            "PUT /web/profile",
            May(C::OwnProfile),
            Nothing,
            json!({"name": "Nia"}),
            Audited,
        ),
        // 403 `wrong_password` is an answer to who may ask.
        row(
            "POST /web/profile/password",
            May(C::OwnProfile),
            Nothing,
            none(),
            Unseen,
        ),
        row("POST /web/invitation", Nobody, Nothing, none(), Unseen),
        row(
            "POST /web/invitation/accept",
            Nobody,
            Nothing,
            none(),
            Unseen,
        ),
        row(
            "GET /web/session",
            May(C::OwnProfile),
            Nothing,
            none(),
            Unaudited,
        ),
        // 403 `wrong_password` is an answer to who may ask.
        row(
            "POST /web/session/confirm",
            May(C::OwnProfile),
            Nothing,
            none(),
            Unseen,
        ),
        // The team.
        row("GET /web/team", May(C::SeeTeam), Nothing, none(), Unaudited),
        row(
            "GET /web/team/admins",
            May(C::OwnProfile),
            Nothing,
            none(),
            Unaudited,
        ),
        row(
            set_role,
            May(C::ChangeMember),
            About::Person(Member),
            role(Labeler),
            Audited,
        ),
        row(
            set_role,
            May(C::ChangeMember),
            About::Person(Labeler),
            role(Member),
            Audited,
        ),
        row(
            set_role,
            May(C::ChangeManager),
            About::Person(Member),
            role(Manager),
            Audited,
        ),
        row(
            set_role,
            May(C::ChangeManager),
            About::Person(Labeler),
            role(Manager),
            Audited,
        ),
        row(
            set_role,
            May(C::ChangeManager),
            About::Person(Manager),
            role(Member),
            Audited,
        ),
        row(
            set_role,
            May(C::ChangeManager),
            About::Person(Manager),
            role(Labeler),
            Audited,
        ),
        row(
            set_role,
            May(C::ChangeAdmin),
            About::Person(Member),
            role(Admin),
            Audited,
        ),
        row(
            set_role,
            May(C::ChangeAdmin),
            About::Person(Manager),
            role(Admin),
            Audited,
        ),
        row(
            set_role,
            May(C::ChangeAdmin),
            About::Person(Admin),
            role(Manager),
            Audited,
        ),
        row(
            set_role,
            May(C::ChangeAdmin),
            About::Person(Admin),
            role(Labeler),
            Audited,
        ),
        row(
            set_role,
            May(C::ChangeMember),
            About::Person(Member),
            role(Member),
            Unaudited,
        ),
        row(
            deactivate,
            May(C::ChangeMember),
            About::Person(Member),
            none(),
            Audited,
        ),
        row(
            deactivate,
            May(C::ChangeMember),
            About::Person(Labeler),
            none(),
            Audited,
        ),
        row(
            deactivate,
            May(C::DeactivateManager),
            About::Person(Manager),
            none(),
            Audited,
        ),
        row(
            deactivate,
            May(C::DeactivateManager),
            About::Person(Admin),
            none(),
            Audited,
        ),
        row(
            deactivate,
            May(C::ChangeMember),
            Deactivated(Member),
            none(),
            Unaudited,
        ),
        row(
            reactivate,
            May(C::ChangeMember),
            Deactivated(Member),
            none(),
            Audited,
        ),
        row(
            reactivate,
            May(C::DeactivateManager),
            Deactivated(Manager),
            none(),
            Audited,
        ),
        row(
            reactivate,
            May(C::DeactivateManager),
            Deactivated(Admin),
            none(),
            Audited,
        ),
        row(
            "DELETE /web/team/people/{user_id}/sessions",
            May(C::DeactivateManager),
            About::Person(Labeler),
            none(),
            Audited,
        ),
        // Invitations.
        row(
            withdraw,
            May(C::InviteMember),
            Invitation(Labeler),
            none(),
            Audited,
        ),
        row(
            withdraw,
            May(C::InviteManager),
            Invitation(Manager),
            none(),
            Audited,
        ),
        row(
            withdraw,
            May(C::InviteManager),
            WaitingInvitation,
            none(),
            Audited,
        ),
        row(
            resend,
            May(C::InviteMember),
            Invitation(Member),
            none(),
            Audited,
        ),
        row(
            resend,
            May(C::InviteManager),
            Invitation(Admin),
            none(),
            Audited,
        ),
        row(
            "POST /web/team/invitations/{invitation_id}/approve",
            May(C::InviteManager),
            WaitingInvitation,
            none(),
            Audited,
        ),
        // Access to keys.
        row(
            "GET /web/access-requests/mine",
            May(C::OwnProfile),
            Nothing,
            none(),
            Unaudited,
        ),
        row(
            "POST /web/access-requests",
            May(C::AskForAccess),
            Nothing,
            none(),
            Audited,
        ),
        row(
            "POST /web/access-requests/{request_id}/grant",
            May(C::ChangeManager),
            About::Request,
            none(),
            Audited,
        ),
        row(
            "POST /web/access-requests/{request_id}/decline",
            May(C::ChangeManager),
            About::Request,
            none(),
            Audited,
        ),
        row(
            "GET /web/keys",
            May(C::SeeApiKeys),
            Nothing,
            none(),
            Unaudited,
        ),
        row(
            "POST /web/keys/{key_id}/reveal",
            May(C::RevealTestKey),
            Key(Environment::Test),
            none(),
            Unseen,
        ),
        row(
            "POST /web/keys/{key_id}/reveal",
            May(C::RevealLiveKey),
            Key(Environment::Live),
            none(),
            Unseen,
        ),
        // Tasks.
        row(
            "GET /web/{mode}/projects",
            May(C::ViewTasks),
            Nothing,
            none(),
            Unaudited,
        ),
        row(
            "GET /web/{mode}/projects/{name}",
            May(C::ViewTasks),
            Nothing,
            none(),
            Unseen,
        ),
        row(
            "GET /web/{mode}/batches",
            May(C::ViewTasks),
            Nothing,
            none(),
            Unaudited,
        ),
        row(
            "GET /web/{mode}/tasks",
            May(C::ViewTasks),
            Nothing,
            none(),
            Unaudited,
        ),
        row(
            "GET /web/{mode}/tasks/{task_id}",
            May(C::ViewTasks),
            Nothing,
            none(),
            Unseen,
        ),
        row(
            "GET /web/{mode}/tasks/{task_id}/attachments/{index}",
            May(C::ViewTasks),
            Nothing,
            none(),
            Unseen,
        ),
        row(
            "POST /web/{mode}/tasks/{task_id}/cancel",
            May(C::CancelTask),
            Nothing,
            none(),
            Unseen,
        ),
        row(
            "GET /web/{mode}/usage",
            May(C::ViewUsage),
            Nothing,
            none(),
            Unaudited,
        ),
        row(
            "GET /web/{mode}/usage.csv",
            May(C::ViewUsage),
            Nothing,
            none(),
            Unaudited,
        ),
        // Labeling.
        row(
            "GET /web/live/queue",
            May(C::LabelTasks),
            Nothing,
            none(),
            Unaudited,
        ),
        row(
            "POST /web/live/claims",
            May(C::LabelTasks),
            Nothing,
            none(),
            Unaudited,
        ),
    ];
    rows.extend(key_rows());
    for made in [Member, Labeler] {
        let route = "POST /web/team/invitations";
        rows.push(row(
            route,
            May(C::InviteMember),
            Nothing,
            invite(made),
            Audited,
        ));
    }
    for made in [Admin, Manager] {
        let route = "POST /web/team/invitations";
        rows.push(row(
            route,
            May(C::InviteManager),
            Nothing,
            invite(made),
            Audited,
        ));
    }
    for (method, rest) in [
        ("GET", ""),
        ("POST", "/heartbeat"),
        ("POST", "/take_over"),
        ("PUT", "/draft"),
        ("POST", "/submit"),
        ("POST", "/skip"),
        ("POST", "/release"),
        ("GET", "/attachments/{index}"),
    ] {
        let route: &'static str = format!("{method} {claim}{rest}").leak();
        rows.push(row(route, May(C::LabelTasks), Nothing, none(), Unseen));
    }
    rows
}

/// Routes of the section API Keys and of the account.
fn key_rows() -> Vec<Row> {
    use Capability as C;
    use Environment::{Live, Test};
    let none = || json!({});
    let mut rows = vec![
        row(
            "PUT /web/keys/policy",
            May(C::SetKeyPolicy),
            Nothing,
            json!({"keys_may_make_managers": false}),
            Audited,
        ),
        row(
            "POST /web/keys/{key_id}/roll",
            May(C::RollCallbackAuthKey),
            CallbackAuthKey,
            none(),
            Audited,
        ),
        row(
            "PUT /web/account",
            May(C::RenameAccount),
            Nothing,
            json!({"name": "Acme"}),
            Audited,
        ),
        row(
            "GET /web/audit",
            May(C::ReadAudit),
            Nothing,
            none(),
            Unaudited,
        ),
        row(
            "GET /web/audit/export",
            May(C::ExportAudit),
            Nothing,
            none(),
            Audited,
        ),
        // What the account decided about callbacks, and what they are signed with.
        row(
            "GET /web/callback-settings",
            May(C::ViewCallbacks),
            Nothing,
            none(),
            Unaudited,
        ),
        row(
            "POST /web/callback-settings",
            May(C::SetCallbackSettings),
            Nothing,
            json!({"default_callback_url": "https://{new}.example/"}),
            Audited,
        ),
        row(
            "POST /web/{mode}/callbacks/verify",
            May(C::ViewCallbacks),
            Nothing,
            json!({"headers": "", "body": ""}),
            Unaudited,
        ),
        row(
            "GET /web/{mode}/signing-secrets",
            May(C::SeeApiKeys),
            Nothing,
            none(),
            Unaudited,
        ),
        row(
            "POST /web/{mode}/signing-secrets/roll",
            May(C::RollCallbackAuthKey),
            Nothing,
            json!({"overlap": "0"}),
            Audited,
        ),
        // Whose secret it is, and in which mode, `signing_secrets.rs` looks at.
        row(
            "POST /web/{mode}/signing-secrets/{secret_id}/reveal",
            May(C::RevealLiveKey),
            Nothing,
            none(),
            Unseen,
        ),
        // Callbacks.
        row(
            "GET /web/{mode}/callbacks",
            May(C::ViewCallbacks),
            Nothing,
            none(),
            Unaudited,
        ),
        row(
            "GET /web/{mode}/callbacks/summary",
            May(C::ViewCallbacks),
            Nothing,
            none(),
            Unaudited,
        ),
        row(
            "GET /web/{mode}/callbacks/{callback_id}",
            May(C::ViewCallbacks),
            Nothing,
            none(),
            Unseen,
        ),
        row(
            "GET /web/{mode}/callbacks/replays",
            May(C::ViewCallbacks),
            Nothing,
            none(),
            Unaudited,
        ),
        row(
            "POST /web/{mode}/callbacks/replays",
            May(C::ManageCallbacks),
            Nothing,
            none(),
            Unseen,
        ),
        row(
            "POST /web/{mode}/callbacks/replays/preview",
            May(C::ManageCallbacks),
            Nothing,
            none(),
            Unaudited,
        ),
        row(
            "POST /web/{mode}/callbacks/replays/{replay_id}/pause",
            May(C::ManageCallbacks),
            Nothing,
            none(),
            Unseen,
        ),
        row(
            "POST /web/{mode}/callbacks/replays/{replay_id}/resume",
            May(C::ManageCallbacks),
            Nothing,
            none(),
            Unseen,
        ),
        row(
            "POST /web/{mode}/callbacks/replays/{replay_id}/cancel",
            May(C::ManageCallbacks),
            Nothing,
            none(),
            Unseen,
        ),
        row(
            "POST /web/{mode}/callbacks/targets/pause",
            May(C::ManageCallbacks),
            Nothing,
            none(),
            Unseen,
        ),
        row(
            "POST /web/{mode}/callbacks/targets/resume",
            May(C::ManageCallbacks),
            Nothing,
            none(),
            Unseen,
        ),
        row(
            "POST /web/{mode}/callbacks/targets/discard",
            May(C::ManageCallbacks),
            Nothing,
            none(),
            Unseen,
        ),
        row(
            "POST /web/{mode}/callbacks/test",
            May(C::ManageCallbacks),
            Nothing,
            none(),
            Unseen,
        ),
        row(
            "POST /web/{mode}/callbacks/{callback_id}/resend",
            May(C::ManageCallbacks),
            Nothing,
            none(),
            Unseen,
        ),
        row(
            "GET /web/{mode}/receivers",
            May(C::ViewCallbacks),
            Nothing,
            none(),
            Unaudited,
        ),
        row(
            "POST /web/{mode}/receivers",
            May(C::ManageCallbacks),
            Nothing,
            none(),
            Unaudited,
        ),
        row(
            "POST /web/{mode}/receivers/delete",
            May(C::ManageCallbacks),
            Nothing,
            none(),
            Unaudited,
        ),
        row(
            "GET /web/{mode}/receivers/requests",
            May(C::ViewCallbacks),
            Nothing,
            none(),
            Unaudited,
        ),
        // Its answer has no end; `home.rs` reads it.
        row("GET /web/{mode}/events", Stream, Nothing, none(), Unseen),
        row(
            "GET /web/{mode}/home",
            May(C::ViewTasks),
            Nothing,
            none(),
            Unaudited,
        ),
    ];
    for (mode, change, revoke) in [
        (Test, C::ChangeTestKey, C::ChangeTestKey),
        (Live, C::ChangeLiveKey, C::RevokeLiveKey),
    ] {
        let with_name = json!({"environment": mode, "name": "{new}"});
        let import =
            json!({"environment": mode, "name": "x", "text": "{new}-0f3b9a5d2c7e4416a8d1"});
        rows.extend([
            row(
                "POST /web/keys",
                May(change),
                Nothing,
                with_name.clone(),
                Audited,
            ),
            row(
                "POST /web/keys/import",
                May(change),
                Nothing,
                import,
                Audited,
            ),
            row(
                "PATCH /web/keys/{key_id}",
                May(change),
                Key(mode),
                with_name,
                Audited,
            ),
            row(
                "POST /web/keys/{key_id}/roll",
                May(change),
                NewKey(mode),
                none(),
                Audited,
            ),
            row(
                "PUT /web/keys/{key_id}/end",
                May(change),
                RolledKey(mode),
                json!({"at": "now"}),
                Audited,
            ),
            row(
                "POST /web/keys/{key_id}/suspend",
                May(change),
                NewKey(mode),
                none(),
                Audited,
            ),
            row(
                "POST /web/keys/{key_id}/resume",
                May(change),
                NewKey(mode),
                none(),
                Unseen,
            ),
            row(
                "POST /web/keys/{key_id}/revoke",
                May(revoke),
                NewKey(mode),
                none(),
                Audited,
            ),
            row(
                "POST /web/keys/revoke-all",
                May(revoke),
                Nothing,
                json!({"environment": mode}),
                Unseen,
            ),
        ]);
    }
    rows
}

#[test]
fn case_110_every_route_and_every_capability_is_in_the_table() {
    let served: BTreeSet<String> = weighbridge::http::web::routes()
        .into_iter()
        .map(|(method, path)| format!("{method} {path}"))
        .collect();
    let listed: BTreeSet<String> = table().iter().map(|row| row.route.to_owned()).collect();
    assert_eq!(
        listed, served,
        "the table and the router name the same routes"
    );

    for capability in Capability::ALL {
        let is_asked_for = table()
            .iter()
            .any(|row| matches!(row.needs, May(needed) if needed == *capability));
        assert_ne!(
            is_asked_for,
            WITHOUT_ROUTE.contains(capability),
            "{capability:?}"
        );
    }
}

/// The method, path and body of a row, about something that is made for this call.
async fn call_of(app: &TestApp, row: &Row, number: usize) -> (Method, String, Value) {
    let new = format!("new{number}");
    let email = format!("{new}@example.com");
    let id = match row.about {
        Nothing => "0123456789abcdef01234567".to_owned(),
        About::Person(role) => app.add_person(&email, role, true).await.to_string(),
        Deactivated(role) => app.add_person(&email, role, false).await.to_string(),
        Invitation(role) => app.add_invitation(&email, role, false).await.to_string(),
        WaitingInvitation => app
            .add_invitation(&email, Role::Manager, true)
            .await
            .to_string(),
        About::Request => {
            let person = app.add_person(&email, Role::Member, true).await;
            app.add_request(person).await.to_string()
        }
        Key(environment) => {
            key_of(app, |key| {
                key.environment == environment && key.kind == "wb"
            })
            .await
        }
        CallbackAuthKey => {
            key_of(app, |key| {
                key.environment == Environment::Live
                    && key.kind == "wc"
                    && key.replaced_by.is_none()
            })
            .await
        }
        NewKey(environment) => app.add_key(environment, false).await,
        RolledKey(environment) => app.add_key(environment, true).await,
    };
    let (method, path) = row.route.split_once(' ').unwrap();
    let mut filled = String::new();
    for segment in path.split('/').skip(1) {
        filled.push('/');
        filled.push_str(match segment {
            "{mode}" => "live",
            "{index}" => "0",
            _ if segment.starts_with('{') => &id,
            _ => segment,
        });
    }
    let body = row.body.to_string().replace("{new}", &new);
    (
        method.parse().unwrap(),
        filled,
        serde_json::from_str(&body).unwrap(),
    )
}

async fn key_of(app: &TestApp, wanted: impl Fn(&KeyRow) -> bool) -> String {
    let account = app.made.account_id;
    let keys = app
        .app
        .stores
        .control
        .read(move |tx| stored_keys::of_account(tx, account))
        .await
        .map_err(|error: StoreError| error)
        .unwrap();
    let key = keys.iter().find(|key| wanted(key)).unwrap();
    format!("key_{}", key.key_id)
}

/// Calls every row as every role and compares with the table. `stale`: the password was entered
/// longer ago than 15 minutes.
async fn walk(app: &TestApp, stale: bool) {
    let mut people: HashMap<Role, Person<'_>> = HashMap::new();
    for (role, email) in [
        (Role::Admin, "ada@example.com"),
        (Role::Manager, "max@example.com"),
        (Role::Member, "mia@example.com"),
        (Role::Labeler, "leo@example.com"),
    ] {
        people.insert(role, app.log_in(email).await);
    }
    if stale {
        app.advance(15 * 60 * 1000 + 1);
    }
    let mut number = 0;
    for row in table() {
        let May(capability) = row.needs else { continue };
        for role in Role::ALL {
            number += 1;
            let (method, path, body) = call_of(app, &row, number).await;
            let seq = app.audit_seq().await;
            let answer = people[&role].send(method, &path, body).await;
            let audited = app.audited_after(seq).await;
            let code = serde_json::from_str::<Value>(&answer.text)
                .ok()
                .and_then(|body| Some(body.get("code")?.as_str()?.to_owned()))
                .unwrap_or_default();
            let place = format!(
                "{} ({:?}, {}) as {role}: {} {}",
                row.route, row.about, row.body, answer.status, answer.text
            );
            let refusal = match permission(role, capability) {
                Permission::Deny => Some("role_required"),
                Permission::Recent if stale => Some("reauthentication_required"),
                Permission::Recent | Permission::Allow => None,
            };
            if let Some(refusal) = refusal {
                assert_eq!(
                    (answer.status.as_u16(), code.as_str()),
                    (403, refusal),
                    "{place}"
                );
                assert!(audited.is_empty(), "{place}: {audited:?}");
                continue;
            }
            assert!(
                answer.status != 401
                    && code != "role_required"
                    && code != "reauthentication_required",
                "{place}"
            );
            if row.effect != Unseen {
                assert!(answer.status.is_success(), "{place}");
                let entries = usize::from(row.effect == Audited);
                assert_eq!(audited.len(), entries, "{place}: {audited:?}");
            }
        }
    }
}

both_engines_with_mail! {
    async fn case_110_every_row_of_the_table_with_a_recent_password(app: TestApp) {
        walk(&app, false).await;
    }

    async fn case_110_every_row_of_the_table_with_a_password_of_16_minutes_ago(app: TestApp) {
        walk(&app, true).await;
    }

    async fn case_110_without_a_session_or_with_a_key_nothing_opens(app: TestApp) {
        for (number, row) in table().iter().enumerate() {
            let (method, path, body) = call_of(&app, row, number).await;
            let seq = app.audit_seq().await;
            let answer = app.visit(method.clone(), &path, body.clone()).await;
            let with_key = Request::builder()
                .method(method)
                .uri(&path)
                .header("sec-fetch-site", "same-origin")
                .header("content-type", "application/json")
                .header("authorization", basic(app.made.live_api_key.expose()))
                .body(Body::from(body.to_string()))
                .unwrap();
            let by_key = app.call(with_key).await;
            match row.needs {
                May(_) | Stream => {
                    assert_eq!(answer.status, 401, "{}", row.route);
                    assert_eq!(by_key.status, 401, "{}", row.route);
                }
                // A key is no log-in: it changes nothing of what a stranger gets.
                Nobody => assert_eq!(answer.status, by_key.status, "{}", row.route),
            }
            assert!(app.audited_after(seq).await.is_empty(), "{}", row.route);
        }
    }

    async fn case_46_another_accounts_ids_are_as_unknown_as_random_ones(app: TestApp) {
        app.add_account().await;
        let random = "0123456789abcdef01234567";
        let ada = app.log_in("ada@example.com").await;
        let beth = app.log_in("beth@example.com").await;
        let project = json!({"name": "cows", "type": "categorization"});
        app.live().post("/v1/projects", project).await.expect(200);
        let task = json!({"attachment": "http://127.0.0.1:9/x.jpg", "categories": ["a"], "project": "cows"});
        let task = app.live().post("/v1/task/categorization", task).await.expect(200);
        let claim = ada.post("/web/live/claims", json!({})).await.expect(200);
        let sessions = ada.get("/web/sessions").await.expect(200);
        let secrets = ada.get("/web/live/signing-secrets").await.expect(200);
        let blob = |digits: &str| {
            if app.app.stores.control.is_shared() {
                format!("'\\x{digits}'::bytea")
            } else {
                format!("x'{digits}'")
            }
        };
        let callback = "66b0c4d1e5a7f30912ab34ce";
        let told = format!(
            "INSERT INTO callbacks (account_id, callback_id, event, sequence, url, target, state, tries, \
            created_at, lease_epoch) VALUES ({}, {}, 'task.completed', 1, 'https://a.example/', \
            'https://a.example:443', 'failed', 1, 1, 1)",
            blob(&app.made.account_id.to_string()),
            blob(callback)
        );
        assert_eq!(app.by_the_back_door("live", &told), Ok(1));
        ada.get(&format!("/web/live/callbacks/cb_{callback}")).await.expect(200);
        let replay = "66b0c4d1e5a7f30912ab34cf";
        let asked = format!(
            "INSERT INTO callback_replays (account_id, replay_id, state, created_at, created_by, filter, \
            last_callback, total, sent, delivered, failed) VALUES ({}, {}, 'paused', 1, 'Ada', '{{}}', {}, \
            1, 0, 0, 0)",
            blob(&app.made.account_id.to_string()),
            blob(replay),
            blob(callback)
        );
        assert_eq!(app.by_the_back_door("live", &asked), Ok(1));
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let things = [
            ("{replay_id}", replay.to_owned()),
            ("{callback_id}", format!("cb_{callback}")),
            ("{task_id}", text(&task["task_id"])),
            ("{claim_id}", text(&claim["claim"]["claim_id"])),
            ("{session_id}", text(&sessions["sessions"][0]["session_id"])),
            ("{secret_id}", text(&secrets["secrets"][0]["id"])),
            ("{name}", "cows".to_owned()),
        ];

        let mut walked = BTreeSet::new();
        for (number, row) in table().iter().enumerate() {
            let has_id = row.route.replace("{mode}", "").replace("{index}", "").contains('{');
            if !has_id {
                continue;
            }
            let (method, mut path, mut body) = call_of(&app, row, number).await;
            // The table's rows of claims have no bodies: they would be refused for that first.
            if row.route.contains("{claim_id}") {
                body = match row.route.rsplit('/').next().unwrap() {
                    "heartbeat" => json!({"epoch": 1, "active": false}),
                    "draft" => json!({"epoch": 1, "version": 0, "draft": {}}),
                    "submit" => json!({"epoch": 1, "response": {"category": "a"}}),
                    "skip" => json!({"epoch": 1, "reason": "other", "text": "x"}),
                    _ => json!({"epoch": 1}),
                };
            }
            let id = match things.iter().find(|(name, _)| row.route.contains(name)) {
                Some((_, id)) => {
                    path = path.replace(random, id);
                    id.clone()
                }
                None => path
                    .split('/')
                    .find(|segment| segment.trim_start_matches("key_").len() == random.len())
                    .unwrap()
                    .to_owned(),
            };
            let prefix = ["key_", "cb_"].into_iter().find(|prefix| id.starts_with(prefix));
            let unknown = format!("{}{random}", prefix.unwrap_or_default());
            assert_ne!(id, unknown, "{}", row.route);
            let seq = app.audit_seq().await;
            let answer = beth.send(method.clone(), &path, body.clone()).await;
            let expected = beth.send(method, &path.replace(&id, &unknown), body).await;
            let place = format!("{} ({:?}): {}", row.route, row.about, answer.text);
            assert_eq!((answer.status, answer.status.as_u16()), (expected.status, 404), "{place}");
            let alike = |text: &str, id: &str| {
                let mut body: Value = serde_json::from_str(&text.replace(id, "ID")).unwrap();
                body.as_object_mut().unwrap().remove("request_id");
                body
            };
            assert_eq!(alike(&answer.text, &id), alike(&expected.text, &unknown), "{place}");
            assert!(app.audited_after(seq).await.is_empty(), "{place}");
            walked.insert(row.route);
        }
        let with_id = weighbridge::http::web::routes().into_iter().filter(|(_, path)| {
            path.replace("{mode}", "").replace("{index}", "").contains('{')
        });
        assert_eq!(walked.len(), with_id.count(), "{walked:?}");

        // Lists show nothing of the other account.
        let keys = ada.get("/web/keys").await.expect(200);
        let mut foreign: Vec<String> = things[..3].iter().map(|(_, id)| id.clone()).collect();
        foreign.extend(keys["api_keys"].as_array().unwrap().iter().map(|key| text(&key["hint"])));
        foreign.extend(["cows", "ada@example.com", "mia@example.com", "Acme"].map(str::to_owned));
        let mut lists = 0;
        for row in table() {
            let Some(path) = row.route.strip_prefix("GET ") else { continue };
            if matches!(row.needs, Stream) || path.replace("{mode}", "").contains('{') {
                continue;
            }
            for mode in ["live", "test"] {
                let answer = beth.get(&path.replace("{mode}", mode)).await;
                assert!(answer.status.is_success(), "{path}: {}", answer.text);
                let found: Vec<_> = foreign.iter().filter(|text| answer.text.contains(*text)).collect();
                assert!(found.is_empty(), "{path} shows {found:?}: {}", answer.text);
                lists += 1;
            }
        }
        assert!(lists > 20, "{lists}");
    }
}
