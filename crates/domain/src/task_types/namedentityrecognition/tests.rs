use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::task_types::cases;

#[test]
fn cases_hold() {
    cases::run(&NamedEntityRecognition, include_str!("cases/params.json"));
    cases::run_responses(
        &NamedEntityRecognition,
        include_str!("cases/responses.json"),
    );
}

fn parse(sent: &Value) -> Result<Map<String, Value>, String> {
    NamedEntityRecognition
        .parse(sent.as_object().unwrap().clone())
        .map(|parsed| parsed.params)
        .map_err(|errors| errors.to_string())
}

#[test]
fn the_documented_example_works() {
    let params = parse(&NamedEntityRecognition.documentation().example).unwrap();
    assert_eq!(
        NamedEntityRecognition.attachments(&params)[0].kind,
        AttachmentKind::Text
    );
}

#[test]
fn a_text_has_at_most_100_000_characters() {
    let text = |length: usize| parse(&json!({"text": "ü".repeat(length), "labels": ["a"]}));
    assert!(text(100_000).is_ok());
    assert!(
        text(100_001)
            .unwrap_err()
            .contains("at most 100000 characters, got 100001")
    );
}

/// Any JSON, with member names that are read now and then.
fn any_json() -> impl Strategy<Value = Value> {
    let name = prop::sample::select(vec![
        "annotations",
        "relationships",
        "global_attributes",
        "id",
        "start",
        "end",
        "label",
        "name",
        "attributes",
        "children",
        "type",
        "choices",
        "conditions",
        "attribute_condition",
        "a",
        "label_condition",
        "attribute_conditions",
        "attribute_key",
        "value",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        (-2_i64..9).prop_map(Value::from),
        prop::sample::select(vec!["a", "b", "number", "linked", ""]).prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((name.clone(), inner), 0..5).prop_map(|members| {
                members
                    .into_iter()
                    .map(|(name, value)| (name.to_owned(), value))
                    .collect()
            }),
        ]
    })
}

proptest! {
    #[test]
    fn made_up_answers_satisfy_the_check(
        text in r"\s{0,2}\S.{0,20}",
        labels in prop::collection::btree_set("[a-z]{1,6}", 1..4),
        allow_multiple: bool,
        least in -5_i32..5,
        seed: u64,
    ) {
        let labels: Vec<_> = labels
            .into_iter()
            .map(|name| json!({
                "name": name,
                "attributes": {
                    "sure": {"choices": ["yes", "no"], "allow_multiple": allow_multiple},
                    "count": {
                        "type": "number", "min": least, "step": 0.5,
                        "conditions": {"attribute_condition": {"sure": ["yes"]}},
                    },
                    "why": {"type": "text", "conditions": {"attribute_condition": {"sure": "no"}}},
                },
            }))
            .collect();
        let params = parse(&json!({
            "text": text, "labels": labels,
            "global_attributes": {"tone": {"type": "text"}},
        })).unwrap();
        let answer = NamedEntityRecognition.made_up(&params, seed);
        prop_assert_eq!(answer["annotations"].as_array().unwrap().len(), 1);
        let checked = NamedEntityRecognition.check_response(&params, answer.clone());
        prop_assert_eq!(checked.map_err(|errors| errors.to_string()), Ok(answer));
    }

    #[test]
    fn no_json_panics(labels in any_json(), answer in any_json()) {
        let sent = json!({
            "text": "a👩b c", "labels": labels, "global_attributes": labels,
            "relationships": labels, "hypothesis": answer,
        });
        let _ = parse(&sent);
        let params = sent.as_object().unwrap();
        let _ = NamedEntityRecognition.check_response(params, answer.clone());
        NamedEntityRecognition.made_up(params, 0);
        let good = parse(&json!({"text": "a👩b c", "labels": ["a", "b"]})).unwrap();
        let _ = NamedEntityRecognition.check_response(&good, answer.clone());
        let _ = NamedEntityRecognition.check_response(&good, json!({"annotations": [answer]}));
    }
}
