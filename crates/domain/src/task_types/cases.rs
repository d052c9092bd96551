//! Runs a type's `cases/*.json`: what is sent, and what must come of it.

use proptest::prelude::*;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::TaskType;

#[derive(Deserialize)]
struct Case {
    name: String,
    #[serde(default)]
    params: Map<String, Value>,
    #[serde(default)]
    response: Value,
    /// Members that the result must have.
    ok: Option<Value>,
    /// Parts of the error's text, path included.
    error: Option<Vec<String>>,
    #[serde(default)]
    warnings: Vec<String>,
}

/// Params in, normalised params or errors out.
pub(super) fn run(task_type: &dyn TaskType, cases: &str) {
    let cases: Vec<Case> = serde_json::from_str(cases).unwrap();
    for case in cases {
        match (task_type.parse(case.params), case.ok, case.error) {
            (Ok(parsed), Some(expected), None) => {
                assert_eq!(Value::Object(parsed.params), expected, "{}", case.name);
                assert_eq!(parsed.warnings, case.warnings, "{}", case.name);
            }
            (Err(errors), None, Some(parts)) => {
                let text = errors.to_string();
                for part in parts {
                    assert!(
                        text.contains(&part),
                        "{}: {part} is missing in {text}",
                        case.name
                    );
                }
            }
            (result, ..) => panic!("{}: {result:?}", case.name),
        }
    }
}

/// Params and an answer in, normalised answer or errors out.
pub(super) fn run_responses(task_type: &dyn TaskType, cases: &str) {
    let cases: Vec<Case> = serde_json::from_str(cases).unwrap();
    for case in cases {
        let params = task_type.parse(case.params).expect(&case.name).params;
        match (
            task_type.check_response(&params, case.response),
            case.ok,
            case.error,
        ) {
            (Ok(answer), Some(expected), None) => assert_eq!(answer, expected, "{}", case.name),
            (Err(errors), None, Some(parts)) => {
                let text = errors.to_string();
                for part in parts {
                    assert!(
                        text.contains(&part),
                        "{}: {part} is missing in {text}",
                        case.name
                    );
                }
            }
            (result, ..) => panic!("{}: {result:?}", case.name),
        }
    }
}

/// Any JSON, with member names that the types read.
pub(super) fn any_json() -> impl Strategy<Value = Value> {
    let name = prop::sample::select(vec![
        "id",
        "title",
        "type",
        "choices",
        "choice",
        "subchoices",
        "required",
        "fields",
        "repeatable_fields",
        "a",
        "b",
        "",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        prop::sample::select(vec!["text", "number", "category", "a", ""]).prop_map(Value::from),
        ".{0,5}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 30, 5, move |inner| {
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
