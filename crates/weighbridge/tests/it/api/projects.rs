//! Projects over the API (api-v1.md 3).

use serde_json::json;

use crate::app::{TestApp, both_engines};

both_engines! {
    async fn tasks_inherit_params_by_version(app: TestApp) {
        let live = app.live();
        live.get("/v1/projects/cows").await.expect(404);
        let project = live
            .post("/v1/projects", json!({"type": "categorization", "name": "cows", "params": null,
                "rapid": false, "studio": false, "datasetId": null}))
            .await
            .expect(200);
        assert_eq!(project["param_history"][0]["version"], 0);
        assert_eq!(
            live.post("/v1/projects", json!({"type": "categorization", "name": "cows"})).await.expect(409)["code"],
            "project_name_taken"
        );
        let set = live
            .post("/v1/projects/cows/setParams", json!({"instruction": "P", "categories": ["a", "b"]}))
            .await
            .expect(200);
        assert_eq!(set["param_history"][1]["categories"], json!(["a", "b"]));
        let patched = live
            .post("/v1/projects/cows/setParams", json!({"patch": true, "categories": ["c"]}))
            .await
            .expect(200);
        assert_eq!(patched["param_history"][2]["instruction"], "P");

        let task = live
            .post("/v1/task/categorization", json!({"project": "cows", "attachment": "x", "instruction": "T"}))
            .await
            .expect(200);
        assert_eq!(task["params"]["categories"], json!(["c"]));
        assert_eq!((&task["instruction"], &task["project_param_version"]), (&json!("T"), &json!(2)));
        let older = live
            .post("/v1/task/categorization",
                json!({"project": "cows", "attachment": "x", "project_param_version": 1}))
            .await
            .expect(200);
        assert_eq!(older["params"]["categories"], json!(["a", "b"]));
        assert_eq!(older["instruction"], "P");
        live.post("/v1/task/categorization",
            json!({"project": "cows", "attachment": "x", "project_param_version": 9})).await.expect(400);
        assert_eq!(live.get("/v1/projects").await.expect(200).as_array().unwrap().len(), 1);
    }

    async fn names_are_any_text_percent_encoded_as_one_segment(app: TestApp) {
        let live = app.live();
        live.post("/v1/projects", json!({"type": "categorization", "name": "a b/ü?"})).await.expect(200);
        let found = live.get("/v1/projects/a%20b%2F%C3%BC%3F").await.expect(200);
        assert_eq!(found["name"], "a b/ü?");
    }
}
