//! The team: who sees what of it, invitations, roles, access requests, deactivation
//! (authentication.md 2.6, 2.7), and what a key may do of it (2.4).

use axum::http::Method;
use domain::{Capability, Role, UserId, permits, to_change_role};
use serde_json::{Value, json};
use store::StoreError;
use store::control::{team, users};
use weighbridge::operations::audit::{Actor, ActorKind, Event, append};
use weighbridge::operations::create_account::{NewUser, make_account};
use weighbridge::operations::invite_user::INVITATIONS_PER_DAY_MAX;

use super::team_fixture::{DAY_MS, Mail, both_engines_with_mail};
use crate::app::{Answer, Engine, PASSWORD, Person, TestApp};

fn code(answer: &Answer, status: u16) -> String {
    answer.expect(status)["code"].as_str().unwrap().to_owned()
}

fn person<'a>(team: &'a Value, email: &str) -> &'a Value {
    let people = team["people"].as_array().unwrap();
    people
        .iter()
        .find(|person| person["email"] == email)
        .unwrap_or_else(|| panic!("{email} is not in {team}"))
}

async fn user_id(app: &TestApp, email: &str) -> UserId {
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

async fn set_role(by: &Person<'_>, user: UserId, role: &str) -> Answer {
    let path = format!("/web/team/people/{user}/role");
    by.send(Method::PUT, &path, json!({"role": role})).await
}

async fn deactivate(by: &Person<'_>, user: UserId) -> Answer {
    let path = format!("/web/team/people/{user}/deactivate");
    by.post(&path, json!({})).await
}

async fn invite(by: &Person<'_>, email: &str, role: &str) -> Answer {
    let body = json!({"email": email, "role": role});
    by.post("/web/team/invitations", body).await
}

/// The token of the only mail that was queued, an invitation.
fn only_token(mails: Vec<Mail>) -> String {
    let [mail] = <[Mail; 1]>::try_from(mails).unwrap();
    assert_eq!(mail.letter["letter"], "invitation");
    mail.token.unwrap()
}

fn letters(mails: &[Mail]) -> Vec<(&str, &str)> {
    mails
        .iter()
        .map(|mail| (mail.to.as_str(), mail.letter["letter"].as_str().unwrap()))
        .collect()
}

/// One of two Admins who took each other's role at once has won; the other is the last Admin.
async fn one_of_two(app: &TestApp, one: &Answer, other: &Answer, round: &str) {
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

async fn restore_admins(app: &TestApp, people: [UserId; 2]) {
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
async fn make_beta(app: &TestApp) {
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

#[tokio::test(flavor = "multi_thread")]
async fn without_a_mail_server_an_invitation_says_that_nothing_went_out() {
    let app = TestApp::start(Engine::Sqlite).await;
    let ada = app.log_in("ada@example.com").await;
    let made = invite(&ada, "nia@example.com", "member").await.expect(201);
    assert_eq!(
        (&made["state"], &made["mailed"]),
        (&json!("open"), &json!(false))
    );
    assert!(app.mails().await.is_empty());
}

both_engines_with_mail! {
    async fn cases_53_54_each_role_sees_its_part_of_the_team(app: TestApp) {
        let ada = app.log_in("ada@example.com").await;
        invite(&ada, "nia@example.com", "member").await.expect(201);
        let mia = app.log_in("mia@example.com").await;
        mia.post("/web/access-requests", json!({"note": "for the export"}))
            .await
            .expect(201);

        let team = ada.get("/web/team").await.expect(200);
        assert_eq!(person(&team, "ada@example.com")["you"], true);
        assert_eq!(person(&team, "mia@example.com")["role"], "member");
        let invitation = &team["invitations"][0];
        assert_eq!(
            (
                &invitation["email"],
                &invitation["state"],
                &invitation["invited_by"]
            ),
            (&json!("nia@example.com"), &json!("open"), &json!("Ada"))
        );
        let request = &team["requests"][0];
        assert_eq!(
            (&request["name"], &request["note"], &request["origin"]),
            (&json!("mia"), &json!("for the export"), &json!("person"))
        );

        let max = app.log_in("max@example.com").await;
        let team = max.get("/web/team").await.expect(200);
        assert_eq!(team["invitations"].as_array().unwrap().len(), 1);
        assert_eq!(team.get("requests"), None, "a Manager decides no requests");

        let team = mia.get("/web/team").await;
        let seen = team.expect(200);
        let rows = seen["people"].as_array().unwrap().iter();
        let mut names: Vec<_> = rows.map(|row| row["name"].as_str().unwrap()).collect();
        names.sort_unstable();
        assert_eq!(names, ["Ada", "leo", "max", "mia"]);
        assert!(
            !team.text.contains('@'),
            "a Member sees no address: {}",
            team.text
        );
        assert_eq!(seen.as_object().unwrap().len(), 1);

        let leo = app.log_in("leo@example.com").await;
        assert_eq!(code(&leo.get("/web/team").await, 403), "role_required");
        for by in [&leo, &mia, &max] {
            let admins = by.get("/web/team/admins").await.expect(200);
            assert_eq!(admins, json!({"admins": ["Ada"]}));
        }
    }

    async fn case_55_ask_an_admin(app: TestApp) {
        let mia = app.log_in("mia@example.com").await;
        let mine = mia.get("/web/access-requests/mine").await.expect(200);
        assert_eq!(mine, json!({"state": "none", "admins": ["Ada"]}));
        let asked = mia
            .post("/web/access-requests", json!({"note": "please"}))
            .await
            .expect(201);
        assert_eq!(
            (&asked["state"], &asked["admins"]),
            (&json!("open"), &json!(["Ada"]))
        );
        let mails = app.mails().await;
        assert_eq!(letters(&mails), [("ada@example.com", "access_requested")]);
        let mia_id = user_id(&app, "mia@example.com").await;
        assert_eq!(mails[0].letter["user_id"], mia_id.to_string());

        // Once more within 24 hours: the same request, no second mail, no second entry.
        app.advance(DAY_MS - 60 * 1000);
        let seq = app.audit_seq().await;
        let again = mia
            .post("/web/access-requests", json!({"note": "hello?"}))
            .await
            .expect(200);
        assert_eq!(
            (&again["state"], &again["created_at"]),
            (&asked["state"], &asked["created_at"])
        );
        assert!(app.mails().await.is_empty());
        assert!(app.audited_after(seq).await.is_empty());
        assert_eq!(code(&mia.get("/web/keys").await, 403), "role_required");

        // After them a new one takes its place.
        app.advance(2 * 60 * 1000);
        let mia = app.log_in("mia@example.com").await;
        mia.post("/web/access-requests", json!({"note": "once more"}))
            .await
            .expect(201);
        assert_eq!(
            letters(&app.mails().await),
            [("ada@example.com", "access_requested")]
        );
        let ada = app.log_in("ada@example.com").await;
        let requests = ada.get("/web/team").await.expect(200)["requests"].clone();
        assert_eq!(
            requests.as_array().unwrap().len(),
            1,
            "one open request a person: {requests}"
        );
        assert_eq!(requests[0]["note"], "once more");

        let grant = format!(
            "/web/access-requests/{}/grant",
            requests[0]["request_id"].as_str().unwrap()
        );
        let seq = app.audit_seq().await;
        ada.post(&grant, json!({})).await.expect(200);
        let entries = app.audited_after(seq).await;
        assert_eq!(entries.len(), 1);
        assert_eq!(entries[0].action, "access_request.grant");
        assert_eq!(
            entries[0].target.as_deref(),
            Some(mia_id.to_string().as_str())
        );
        assert_eq!(entries[0].before.as_deref(), Some(r#"{"role":"member"}"#));
        // Mia's open page: no log-in is needed.
        mia.get("/web/keys").await.expect(200);
        assert_eq!(
            mia.get("/web/access-requests/mine").await.expect(200)["state"],
            "granted"
        );
        let mails = app.mails().await;
        assert_eq!(letters(&mails), [("mia@example.com", "access_decided")]);
        assert_eq!(
            (&mails[0].letter["granted"], &mails[0].letter["by"]),
            (&json!(true), &json!("Ada"))
        );
        assert_eq!(
            code(&ada.post(&grant, json!({})).await, 409),
            "request_decided"
        );
        let actions: Vec<String> = app
            .audited_after(0)
            .await
            .into_iter()
            .map(|entry| entry.action)
            .filter(|action| action.starts_with("access_request."))
            .collect();
        assert_eq!(
            actions,
            [
                "access_request.create",
                "access_request.create",
                "access_request.grant"
            ]
        );
    }

    async fn case_55_a_request_can_be_declined_and_is_answered_by_the_team_page(app: TestApp) {
        let ada = app.log_in("ada@example.com").await;
        let leo = app.log_in("leo@example.com").await;
        leo.post("/web/access-requests", json!({}))
            .await
            .expect(201);
        let request = ada.get("/web/team").await.expect(200)["requests"][0]["request_id"].clone();
        let decline = format!("/web/access-requests/{}/decline", request.as_str().unwrap());
        ada.post(&decline, json!({})).await.expect(200);
        assert_eq!(
            leo.get("/web/access-requests/mine").await.expect(200)["state"],
            "declined"
        );
        assert_eq!(
            app.role_of(user_id(&app, "leo@example.com").await).await,
            Role::Labeler
        );
        let refused = leo.post("/web/access-requests", json!({})).await;
        assert_eq!(code(&refused, 409), "asked_recently");
        let letters_sent = app.mails().await;
        assert_eq!(
            letters(&letters_sent),
            [
                ("ada@example.com", "access_requested"),
                ("leo@example.com", "access_decided")
            ]
        );

        let mia = app.log_in("mia@example.com").await;
        let long = "x".repeat(501);
        assert_eq!(
            mia.post("/web/access-requests", json!({"note": long}))
                .await
                .expect(400)["param"],
            "note"
        );
        mia.post("/web/access-requests", json!({"note": null}))
            .await
            .expect(201);
        set_role(&ada, user_id(&app, "mia@example.com").await, "manager")
            .await
            .expect(200);
        assert_eq!(
            mia.get("/web/access-requests/mine").await.expect(200)["state"],
            "granted"
        );
        assert_eq!(
            ada.get("/web/team").await.expect(200)["requests"],
            json!([])
        );
        assert_eq!(
            letters(&app.mails().await).last().unwrap(),
            &("mia@example.com", "access_decided")
        );
    }

    async fn case_56_a_demotion_works_on_the_next_request(app: TestApp) {
        let ada = app.log_in("ada@example.com").await;
        let max = app.log_in("max@example.com").await;
        max.get("/web/keys").await.expect(200);
        let changed = set_role(&ada, user_id(&app, "max@example.com").await, "member").await;
        assert_eq!(changed.expect(200)["role"], "member");
        assert_eq!(code(&max.get("/web/keys").await, 403), "role_required");
        assert_eq!(
            max.get("/web/session").await.expect(200)["user"]["role"],
            "member"
        );
    }

    async fn case_86_deactivation_ends_sessions_and_returns_tasks(app: TestApp) {
        let ada = app.log_in("ada@example.com").await;
        let mia = app.log_in("mia@example.com").await;
        let mia_id = user_id(&app, "mia@example.com").await;
        let body = json!({"attachment": "hello", "categories": ["a"], "instruction": "which?"});
        let task = app
            .live()
            .post("/v1/task/categorization", body)
            .await
            .expect(200);
        let claim = mia.post("/web/live/claims", json!({})).await.expect(200);
        assert_eq!(claim["task"]["task_id"], task["task_id"]);
        let leo = app.log_in("leo@example.com").await;
        let nothing = leo.post("/web/live/claims", json!({})).await.expect(200);
        assert_eq!(nothing["task"], json!(null));

        // Mia created one key and revealed another.
        let account = app.made.account_id;
        let keys = ada.get("/web/keys").await.expect(200);
        let revealed = keys["api_keys"][0]["key_id"].as_str().unwrap().to_owned();
        let secrets = app.app.secrets.clone();
        let target = revealed.clone();
        app.app
            .stores
            .control
            .write(move |tx| {
                let actor = Actor {
                    kind: ActorKind::User,
                    id: Some(mia_id.to_string()),
                    ..Actor::system()
                };
                let event = Event {
                    action: "key.reveal",
                    target: Some(target.clone()),
                    ..Event::default()
                };
                append(tx, &secrets, account, &actor, &event, 0)
            })
            .await
            .map_err(|error: StoreError| error)
            .unwrap();

        let answer = deactivate(&ada, mia_id).await.expect(200);
        assert_eq!(answer["keys"][0]["key_id"], revealed.as_str());
        assert_eq!(answer["keys"].as_array().unwrap().len(), 1);
        mia.get("/web/session").await.expect(401);
        let claim = leo.post("/web/live/claims", json!({})).await.expect(200);
        assert_eq!(claim["task"]["task_id"], task["task_id"]);
        let team = ada.get("/web/team").await.expect(200);
        assert_eq!(person(&team, "mia@example.com")["active"], false);
        assert_eq!(
            code(&set_role(&ada, mia_id, "labeler").await, 409),
            "person_deactivated"
        );

        // Access given back: the old session stays dead.
        let path = format!("/web/team/people/{mia_id}/reactivate");
        assert_eq!(ada.post(&path, json!({})).await.expect(200)["active"], true);
        mia.get("/web/session").await.expect(401);
        let mia = app.log_in("mia@example.com").await;
        let path = format!("/web/team/people/{mia_id}/sessions");
        ada.send(Method::DELETE, &path, json!({})).await.expect(200);
        mia.get("/web/session").await.expect(401);
    }

    async fn case_108_an_invitation_is_for_its_address_and_role_once(app: TestApp) {
        let ada = app.log_in("ada@example.com").await;
        let made = invite(&ada, " Nia@Example.com ", "labeler")
            .await
            .expect(201);
        assert_eq!(
            (&made["email"], &made["role"]),
            (&json!("nia@example.com"), &json!("labeler"))
        );
        let token = only_token(app.mails().await);

        // Opening it consumes nothing.
        for _ in 0..3 {
            let shown = app
                .visit(Method::POST, "/web/invitation", json!({"token": token}))
                .await;
            assert_eq!(
                shown.expect(200),
                json!({"company": "Acme", "email": "nia@example.com", "role": "labeler"})
            );
        }
        assert_eq!(
            code(
                &app.visit(Method::POST, "/web/invitation", json!({"token": "guess"}))
                    .await,
                404
            ),
            "link_unknown"
        );

        // Another address is logged in.
        let mia = app.log_in("mia@example.com").await;
        let body = json!({"token": token, "name": "Nia", "password": PASSWORD});
        let refused = mia.post("/web/invitation/accept", body.clone()).await;
        assert_eq!(code(&refused, 409), "logged_in_as_other");

        for (name, value, param) in [
            ("password", json!("too short"), "password"),
            ("name", json!("  "), "name"),
            ("name", json!("a\nb"), "name"),
        ] {
            let mut bad = body.clone();
            bad[name] = value;
            let refused = app.visit(Method::POST, "/web/invitation/accept", bad).await;
            assert_eq!(refused.expect(400)["param"], param);
        }

        // Role and address are those of the record, whatever is sent.
        let mut bold = body;
        bold["role"] = "admin".into();
        bold["email"] = "boss@example.com".into();
        let accepted = app
            .visit(Method::POST, "/web/invitation/accept", bold)
            .await;
        let session = accepted.expect(201);
        assert_eq!(session["user"]["role"], "labeler");
        assert_eq!(session["user"]["email"], "nia@example.com");
        let cookie = accepted
            .header("set-cookie")
            .unwrap()
            .split(';')
            .next()
            .unwrap();
        let nia = app.person(cookie);
        assert_eq!(
            nia.get("/web/session").await.expect(200)["user"]["name"],
            "Nia"
        );
        app.log_in("nia@example.com").await;
        assert_eq!(code(&app.accept(&token).await, 410), "invitation_used");
        assert_eq!(
            ada.get("/web/team").await.expect(200)["invitations"],
            json!([])
        );
    }

    async fn case_108_withdrawn_superseded_and_expired_answer_410(app: TestApp) {
        let ada = app.log_in("ada@example.com").await;
        let made = invite(&ada, "nia@example.com", "member").await.expect(201);
        let first = only_token(app.mails().await);
        let path = format!(
            "/web/team/invitations/{}",
            made["invitation_id"].as_str().unwrap()
        );
        let again = ada
            .post(&format!("{path}/resend"), json!({}))
            .await
            .expect(201);
        let second = only_token(app.mails().await);
        assert_eq!(
            code(&app.accept(&first).await, 410),
            "invitation_superseded"
        );
        assert_eq!(
            code(&ada.post(&format!("{path}/resend"), json!({})).await, 410),
            "invitation_superseded"
        );

        let path = format!(
            "/web/team/invitations/{}",
            again["invitation_id"].as_str().unwrap()
        );
        ada.send(Method::DELETE, &path, json!({})).await.expect(200);
        assert_eq!(
            code(&app.accept(&second).await, 410),
            "invitation_withdrawn"
        );
        assert_eq!(
            code(&ada.send(Method::DELETE, &path, json!({})).await, 410),
            "invitation_withdrawn"
        );

        invite(&ada, "nia@example.com", "member").await.expect(201);
        let third = only_token(app.mails().await);
        // Another role for the same address: the older link is dead.
        invite(&ada, "nia@example.com", "labeler").await.expect(201);
        let fourth = only_token(app.mails().await);
        assert_eq!(
            code(&app.accept(&third).await, 410),
            "invitation_superseded"
        );

        app.advance(7 * DAY_MS);
        assert_eq!(code(&app.accept(&fourth).await, 410), "invitation_expired");
        let ada = app.log_in("ada@example.com").await;
        let listed = ada.get("/web/team").await.expect(200)["invitations"].clone();
        assert_eq!(listed.as_array().unwrap().len(), 1, "{listed}");
        assert_eq!(listed[0]["state"], "expired");
        let path = format!(
            "/web/team/invitations/{}/resend",
            listed[0]["invitation_id"].as_str().unwrap()
        );
        ada.post(&path, json!({})).await.expect(201);
        app.accept(&only_token(app.mails().await)).await.expect(201);
    }

    async fn case_108_the_inviters_right_is_asked_again(app: TestApp) {
        let ada = app.log_in("ada@example.com").await;
        let max = app.log_in("max@example.com").await;
        let max_id = user_id(&app, "max@example.com").await;
        for role in ["manager", "admin"] {
            assert_eq!(
                code(&invite(&max, "nia@example.com", role).await, 403),
                "role_required"
            );
        }
        assert!(app.mails().await.is_empty());
        invite(&max, "nia@example.com", "member").await.expect(201);
        let token = only_token(app.mails().await);
        set_role(&ada, max_id, "member").await.expect(200);
        assert_eq!(code(&app.accept(&token).await, 403), "inviter_lost_right");
        set_role(&ada, max_id, "manager").await.expect(200);
        deactivate(&ada, max_id).await.expect(200);
        assert_eq!(code(&app.accept(&token).await, 403), "inviter_lost_right");

        // A Manager may not send on what an Admin invited.
        let other = app.add_person("moe@example.com", Role::Manager, true).await;
        let moe = app.log_in("moe@example.com").await;
        let made = invite(&ada, "boss@example.com", "manager")
            .await
            .expect(201);
        let path = format!(
            "/web/team/invitations/{}",
            made["invitation_id"].as_str().unwrap()
        );
        assert_eq!(
            code(&moe.post(&format!("{path}/resend"), json!({})).await, 403),
            "role_required"
        );
        assert_eq!(
            code(&moe.send(Method::DELETE, &path, json!({})).await, 403),
            "role_required"
        );
        assert_eq!(app.role_of(other).await, Role::Manager);
    }

    async fn invitations_tell_nothing_of_other_accounts(app: TestApp) {
        make_beta(&app).await;
        let ada = app.log_in("ada@example.com").await;
        let known = invite(&ada, "bea@beta.example", "member").await.expect(201);
        let unknown = invite(&ada, "nobody@beta.example", "member")
            .await
            .expect(201);
        let members = |answer: &Value| -> Vec<String> {
            answer.as_object().unwrap().keys().cloned().collect()
        };
        assert_eq!(members(&known), members(&unknown));
        assert_eq!(
            (&known["state"], &known["mailed"]),
            (&unknown["state"], &unknown["mailed"])
        );
        let mails = app.mails().await;
        assert_eq!(
            letters(&mails),
            [
                ("bea@beta.example", "invited_elsewhere"),
                ("nobody@beta.example", "invitation")
            ]
        );
        assert!(mails[0].token.is_none());

        for (email, expected) in [
            ("mia@example.com", "already_in_team"),
            ("MIA@example.com", "already_in_team"),
        ] {
            assert_eq!(code(&invite(&ada, email, "member").await, 409), expected);
        }
        deactivate(&ada, user_id(&app, "mia@example.com").await)
            .await
            .expect(200);
        assert_eq!(
            code(&invite(&ada, "mia@example.com", "member").await, 409),
            "person_deactivated"
        );
        for (email, role, param) in [
            ("nonsense", "member", "email"),
            ("a@b.example", "owner", "role"),
        ] {
            assert_eq!(invite(&ada, email, role).await.expect(400)["param"], param);
        }
        // Another account's people and invitations are not found.
        let bea = app.log_in("bea@beta.example").await;
        let leo = user_id(&app, "leo@example.com").await;
        assert_eq!(
            code(&set_role(&bea, leo, "member").await, 404),
            "person_not_found"
        );
        assert_eq!(code(&deactivate(&bea, leo).await, 404), "person_not_found");
        let path = format!(
            "/web/team/invitations/{}",
            known["invitation_id"].as_str().unwrap()
        );
        assert_eq!(
            code(&bea.send(Method::DELETE, &path, json!({})).await, 404),
            "invitation_not_found"
        );
    }

    async fn case_108_of_two_who_accept_at_once_one_is_in(app: TestApp) {
        let ada = app.log_in("ada@example.com").await;
        invite(&ada, "nia@example.com", "member").await.expect(201);
        let token = only_token(app.mails().await);
        let (one, other) = tokio::join!(app.accept(&token), app.accept(&token));
        let mut statuses = [one.status.as_u16(), other.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 410], "{} {}", one.text, other.text);

        // Somebody whose address has come into another account meanwhile.
        invite(&ada, "bea@beta.example", "member").await.expect(201);
        let token = only_token(app.mails().await);
        make_beta(&app).await;
        assert_eq!(code(&app.accept(&token).await, 409), "email_taken");
    }

    async fn no_more_invitations_than_the_limit_go_out_in_a_day(app: TestApp) {
        let ada = app.log_in("ada@example.com").await;
        for number in 0..INVITATIONS_PER_DAY_MAX {
            invite(&ada, &format!("n{number}@example.com"), "labeler")
                .await
                .expect(201);
        }
        let seq = app.audit_seq().await;
        let refused = invite(&ada, "one-more@example.com", "labeler").await;
        assert_eq!(code(&refused, 429), "invitations_per_day_max");
        assert!(refused.text.contains("50"), "{}", refused.text);
        let by_key = json!({"emails": ["one-more@example.com"], "team_role": "labeler"});
        app.test()
            .post("/v1/teams/invite", by_key)
            .await
            .expect(429);
        assert!(app.audited_after(seq).await.is_empty());
        app.advance(DAY_MS + 1);
        let ada = app.log_in("ada@example.com").await;
        invite(&ada, "one-more@example.com", "labeler")
            .await
            .expect(201);
    }

    async fn case_109_an_account_keeps_an_admin_who_can_log_in(app: TestApp) {
        const TEXT: &str = "You are the only Admin. Make someone else Admin first.";
        let ada = app.log_in("ada@example.com").await;
        let ada_id = app.made.user_id;
        let try_all = async || {
            for role in ["manager", "member", "labeler"] {
                let refused = set_role(&ada, ada_id, role).await;
                assert_eq!(code(&refused, 409), "last_admin");
                assert_eq!(refused.json()["error"], TEXT);
            }
            assert_eq!(code(&deactivate(&ada, ada_id).await, 409), "last_admin");
            assert_eq!(app.role_of(ada_id).await, Role::Admin);
        };
        let seq = app.audit_seq().await;
        try_all().await;
        assert!(app.audited_after(seq).await.is_empty());
        // A second Admin who is only invited, deactivated, or has not confirmed the address.
        invite(&ada, "nia@example.com", "admin").await.expect(201);
        try_all().await;
        app.add_person("gone@example.com", Role::Admin, false).await;
        try_all().await;
        let account = app.made.account_id;
        let (time, random) = app.app.id_parts();
        app.app
            .stores
            .control
            .write(move |tx| -> Result<_, StoreError> {
                let mut row = users::find(tx, account, ada_id)?.unwrap();
                row.user_id = UserId::from_parts(time, random);
                "unconfirmed@example.com".clone_into(&mut row.email);
                row.email_confirmed_at = None;
                users::insert(tx, &row, 0)
            })
            .await
            .unwrap();
        try_all().await;

        // With another one she may lower herself, and is then no Admin any more.
        app.add_person("adam@example.com", Role::Admin, true).await;
        set_role(&ada, ada_id, "member").await.expect(200);
        assert_eq!(
            code(&set_role(&ada, ada_id, "admin").await, 403),
            "role_required"
        );
    }

    async fn case_109_two_admins_who_demote_each_other_leave_one(app: TestApp) {
        let first_id = app.made.user_id;
        let second_id = app.add_person("adam@example.com", Role::Admin, true).await;
        let ada = app.log_in("ada@example.com").await;
        let adam = app.log_in("adam@example.com").await;
        for round in 0..200 {
            let seq = app.audit_seq().await;
            let (one, other) = tokio::join!(
                set_role(&ada, second_id, "member"),
                set_role(&adam, first_id, "member")
            );
            one_of_two(&app, &one, &other, &format!("round {round}")).await;
            assert_eq!(app.audited_after(seq).await.len(), 1, "round {round}");
            restore_admins(&app, [first_id, second_id]).await;
        }
    }

    async fn case_109_two_admins_who_deactivate_each_other_leave_one(app: TestApp) {
        let first_id = app.made.user_id;
        let second_id = app.add_person("adam@example.com", Role::Admin, true).await;
        for round in 0..20 {
            let ada = app.log_in("ada@example.com").await;
            let adam = app.log_in("adam@example.com").await;
            let (one, other) = tokio::join!(
                deactivate(&ada, second_id),
                // Of two ways to lose an Admin at once each counts.
                async {
                    if round % 2 == 0 {
                        deactivate(&adam, first_id).await
                    } else {
                        set_role(&adam, first_id, "labeler").await
                    }
                }
            );
            one_of_two(&app, &one, &other, &format!("round {round}")).await;
            restore_admins(&app, [first_id, second_id]).await;
        }
    }

    async fn case_110_nobody_raises_their_own_role(app: TestApp) {
        for (email, own) in [
            ("ada@example.com", Role::Admin),
            ("max@example.com", Role::Manager),
            ("mia@example.com", Role::Member),
            ("leo@example.com", Role::Labeler),
        ] {
            let by = app.log_in(email).await;
            let id = user_id(&app, email).await;
            for role in Role::ALL {
                if !own.is_below(role) {
                    continue;
                }
                let seq = app.audit_seq().await;
                assert_eq!(
                    code(&set_role(&by, id, role.as_str()).await, 403),
                    "role_required"
                );
                assert_eq!(app.role_of(id).await, own);
                assert!(app.audited_after(seq).await.is_empty());
            }
        }
        // A Manager may lower themselves.
        let max = app.log_in("max@example.com").await;
        let max_id = user_id(&app, "max@example.com").await;
        set_role(&max, max_id, "member").await.expect(200);
        assert_eq!(app.role_of(max_id).await, Role::Member);
    }

    async fn case_110_actor_target_and_grant_are_compared(app: TestApp) {
        // Every actor × present role × granted role, against the rule.
        for (email, actor) in [
            ("ada@example.com", Role::Admin),
            ("max@example.com", Role::Manager),
            ("mia@example.com", Role::Member),
            ("leo@example.com", Role::Labeler),
        ] {
            let by = app.log_in(email).await;
            for present in Role::ALL {
                for granted in Role::ALL {
                    let name = format!("{actor}-{present}-{granted}@example.com");
                    let target = app.add_person(&name, present, true).await;
                    let answer = set_role(&by, target, granted.as_str()).await;
                    // The same role again is no change, but still not for who may not set it.
                    let may = permits(actor, Capability::ChangeMember)
                        && permits(actor, to_change_role(present, granted));
                    if may {
                        answer.expect(200);
                        assert_eq!(app.role_of(target).await, granted, "{name}");
                    } else {
                        assert_eq!(code(&answer, 403), "role_required", "{name}");
                        assert_eq!(app.role_of(target).await, present, "{name}");
                    }
                }
            }
        }
    }

    async fn case_110_by_key_a_manager_waits_for_an_admin(app: TestApp) {
        let key = app.test();
        let body = |role: &str| json!({"emails": ["mia@example.com"], "team_role": role});
        let listed_role = |answer: &Value, email: &str| -> Value {
            let all = answer.as_array().unwrap();
            let one = all
                .iter()
                .filter(|one| one["email"] == email)
                .collect::<Vec<_>>();
            assert_eq!(one.len(), 1, "{answer}");
            one[0]["role"].clone()
        };
        assert_eq!(
            key.post("/v1/teams/set_role", body("admin"))
                .await
                .expect(400)["param"],
            "team_role"
        );
        let seq = app.audit_seq().await;
        let answer = key
            .post("/v1/teams/set_role", body("manager"))
            .await
            .expect(200);
        assert_eq!(listed_role(&answer, "mia@example.com"), "member");
        // Asked again: one request, one mail.
        key.post("/v1/teams/set_role", body("manager"))
            .await
            .expect(200);
        let entries = app.audited_after(seq).await;
        assert_eq!(entries.len(), 1);
        assert_eq!(
            (entries[0].actor_kind.as_str(), entries[0].action.as_str()),
            ("key", "access_request.create")
        );
        let mails = app.mails().await;
        assert_eq!(letters(&mails), [("ada@example.com", "manager_by_key")]);

        let ada = app.log_in("ada@example.com").await;
        let request = ada.get("/web/team").await.expect(200)["requests"][0].clone();
        assert_eq!(
            (&request["origin"], &request["name"]),
            (&json!("key"), &json!("mia"))
        );
        // It is none of Mia's own.
        let mia = app.log_in("mia@example.com").await;
        assert_eq!(
            mia.get("/web/access-requests/mine").await.expect(200)["state"],
            "none"
        );
        let grant = format!(
            "/web/access-requests/{}/grant",
            request["request_id"].as_str().unwrap()
        );
        ada.post(&grant, json!({})).await.expect(200);
        let answer = key.get("/v1/teams").await.expect(200);
        assert_eq!(listed_role(&answer, "mia@example.com"), "manager");

        // An invitation waits likewise, and lapses after seven days.
        let invite = json!({"emails": ["nia@example.com"], "team_role": "manager"});
        key.post("/v1/teams/invite", invite.clone())
            .await
            .expect(200);
        assert_eq!(
            letters(&app.mails().await),
            [("ada@example.com", "manager_by_key")]
        );
        let waiting = ada.get("/web/team").await.expect(200)["invitations"][0].clone();
        assert_eq!(
            (&waiting["state"], &waiting["invited_by"]),
            (&json!("waits_for_admin"), &json!(null))
        );
        let path = format!(
            "/web/team/invitations/{}",
            waiting["invitation_id"].as_str().unwrap()
        );
        assert_eq!(
            code(&ada.post(&format!("{path}/resend"), json!({})).await, 409),
            "waits_for_admin"
        );
        ada.post(&format!("{path}/approve"), json!({}))
            .await
            .expect(200);
        let accepted = app.accept(&only_token(app.mails().await)).await.expect(201);
        assert_eq!(accepted["user"]["role"], "manager");
        assert_eq!(
            code(&ada.post(&format!("{path}/approve"), json!({})).await, 410),
            "invitation_used"
        );

        let invite = json!({"emails": ["zoe@example.com"], "team_role": "manager"});
        key.post("/v1/teams/invite", invite).await.expect(200);
        let waiting = ada.get("/web/team").await.expect(200)["invitations"][0].clone();
        app.advance(7 * DAY_MS);
        let ada = app.log_in("ada@example.com").await;
        let path = format!(
            "/web/team/invitations/{}/approve",
            waiting["invitation_id"].as_str().unwrap()
        );
        assert_eq!(
            code(&ada.post(&path, json!({})).await, 410),
            "invitation_expired"
        );
    }

    async fn case_110_a_key_touches_no_admin_and_no_stranger(app: TestApp) {
        let key = app.live();
        let team = key.get("/v1/teams").await.expect(200);
        assert_eq!(
            team[0],
            json!({
                "email": "ada@example.com", "role": "admin", "company": "Acme", "firstName": "Ada",
            })
        );
        let seq = app.audit_seq().await;
        for (emails, role, param) in [
            (json!(["ada@example.com"]), "member", "emails[0]"),
            (
                json!(["leo@example.com", "nobody@example.com"]),
                "member",
                "emails[1]",
            ),
            (
                json!(["leo@example.com", "nonsense"]),
                "member",
                "emails[1]",
            ),
            (json!(["leo@example.com"]), "owner", "team_role"),
            (json!(["leo@example.com"]), "", "team_role"),
            (json!([]), "member", "emails"),
            (json!("leo@example.com"), "member", "emails"),
            (json!([7]), "member", "emails[0]"),
        ] {
            let body = json!({"emails": emails, "team_role": role});
            let refused = key.post("/v1/teams/set_role", body).await.expect(400);
            assert_eq!(refused["param"], param, "{refused}");
        }
        // All or none: Leo of the second call stays a Labeler.
        assert_eq!(
            app.role_of(user_id(&app, "leo@example.com").await).await,
            Role::Labeler
        );
        assert_eq!(key.get("/v1/teams").await.expect(200), team);
        assert!(app.audited_after(seq).await.is_empty());

        // Inviting who is in the team changes nothing.
        let present =
            json!({"emails": ["leo@example.com", "LEO@example.com"], "team_role": "member"});
        assert_eq!(
            key.post("/v1/teams/invite", present).await.expect(200),
            team
        );
        assert!(app.mails().await.is_empty());

        // Both modes change the same team, and a Manager can be made a Member by key.
        let body = json!({"emails": ["leo@example.com", "max@example.com"], "team_role": "member"});
        let changed = app
            .test()
            .post("/v1/teams/set_role", body)
            .await
            .expect(200);
        assert_eq!(key.get("/v1/teams").await.expect(200), changed);
        let entries = app.audited_after(seq).await;
        assert_eq!(entries.len(), 2);
        assert!(
            entries
                .iter()
                .all(|entry| entry.action == "user.set_role" && entry.actor_kind == "key")
        );
        assert!(entries[0].actor_id.as_deref().unwrap().starts_with("key_"));

        // Who is invited is listed with the end of the invitation; another role replaces it.
        let invite = |role: &str| json!({"emails": ["nia@example.com"], "team_role": role});
        let listed = key
            .post("/v1/teams/invite", invite("labeler"))
            .await
            .expect(200);
        let nia = listed.as_array().unwrap().last().unwrap().clone();
        assert_eq!(
            (&nia["email"], &nia["role"]),
            (&json!("nia@example.com"), &json!("labeler"))
        );
        assert!(nia["expiry"].is_string());
        assert_eq!(
            key.post("/v1/teams/invite", invite("labeler"))
                .await
                .expect(200),
            listed
        );
        let first = only_token(app.mails().await);
        key.post("/v1/teams/set_role", invite("manager"))
            .await
            .expect(200);
        let still = key.get("/v1/teams").await.expect(200);
        assert_eq!(
            still.as_array().unwrap().last().unwrap(),
            &nia,
            "the role held now"
        );
        app.mails().await;
        key.post("/v1/teams/set_role", invite("member"))
            .await
            .expect(200);
        let second = only_token(app.mails().await);
        assert_eq!(
            code(&app.accept(&first).await, 410),
            "invitation_superseded"
        );
        assert_eq!(
            app.accept(&second).await.expect(201)["user"]["role"],
            "member"
        );
    }

    async fn keys_may_make_managers_where_the_account_says_so(app: TestApp) {
        let account = app.made.account_id;
        app.app
            .stores
            .control
            .write(move |tx| team::let_keys_make_managers(tx, account, true))
            .await
            .map_err(|error: StoreError| error)
            .unwrap();
        let body = json!({"emails": ["mia@example.com"], "team_role": "manager"});
        app.live()
            .post("/v1/teams/set_role", body)
            .await
            .expect(200);
        assert_eq!(
            app.role_of(user_id(&app, "mia@example.com").await).await,
            Role::Manager
        );
        let invite = json!({"emails": ["nia@example.com"], "team_role": "manager"});
        app.live()
            .post("/v1/teams/invite", invite)
            .await
            .expect(200);
        let accepted = app.accept(&only_token(app.mails().await)).await.expect(201);
        assert_eq!(accepted["user"]["role"], "manager");
        let admin = json!({"emails": ["mia@example.com"], "team_role": "admin"});
        app.live()
            .post("/v1/teams/set_role", admin)
            .await
            .expect(400);
    }
}
