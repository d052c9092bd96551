//! Invitations (authentication.md 2.7).

use axum::http::Method;
use domain::Role;
use serde_json::{Value, json};
use weighbridge::operations::invite_user::INVITATIONS_PER_DAY_MAX;

use super::team_fixture::{
    DAY_MS, both_engines_with_mail, code, deactivate, invite, letters, make_beta, only_token,
    set_role, user_id,
};
use crate::app::{Engine, PASSWORD, TestApp};

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
}
