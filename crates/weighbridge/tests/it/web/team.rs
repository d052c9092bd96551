//! The team: who sees what of it, roles, deactivation, the last Admin (authentication.md 2.6).

use axum::http::Method;
use domain::{Capability, Role, UserId, permits, to_change_role};
use serde_json::json;
use store::StoreError;
use store::control::users;
use weighbridge::operations::audit::{Actor, ActorKind, Event, append};

use super::team_fixture::{
    both_engines_with_mail, code, deactivate, invite, one_of_two, person, restore_admins, set_role,
    user_id,
};
use crate::app::TestApp;

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
}
