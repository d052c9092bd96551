//! Asking for access to API keys (authentication.md 2.6).

use domain::Role;
use serde_json::json;

use super::team_fixture::{DAY_MS, both_engines_with_mail, code, letters, set_role, user_id};
use crate::app::TestApp;

both_engines_with_mail! {
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
}
