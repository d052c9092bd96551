//! What a key may do of the team: `/v1/teams…` (authentication.md 2.4).

use domain::Role;
use serde_json::{Value, json};
use store::StoreError;
use store::control::accounts::{self, KeyPolicy};

use super::team_fixture::{DAY_MS, both_engines_with_mail, code, letters, only_token, user_id};
use crate::app::TestApp;

both_engines_with_mail! {
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
            .write(move |tx| {
                let policy = KeyPolicy {
                    keys_may_make_managers: true,
                    ..KeyPolicy::default()
                };
                accounts::set_key_policy(tx, account, policy)
            })
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
