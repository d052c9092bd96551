use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::task_types::cases;

#[test]
fn cases_hold() {
    cases::run(&Textcollection, include_str!("cases/params.json"));
    cases::run_responses(&Textcollection, include_str!("cases/responses.json"));
}

fn parse(sent: &Value) -> Result<Map<String, Value>, String> {
    Textcollection
        .parse(sent.as_object().unwrap().clone())
        .map(|parsed| parsed.params)
        .map_err(|errors| errors.to_string())
}

#[test]
fn the_documented_example_works() {
    let params = parse(&Textcollection.documentation().example).unwrap_or_else(|errors| {
        // The example holds a common parameter, which is no error.
        panic!("{errors}")
    });
    let attachments = Textcollection.attachments(&params);
    assert_eq!(attachments.len(), 1);
    assert_eq!(attachments[0].kind, AttachmentKind::Image);
}

#[test]
fn limits_have_a_number() {
    let field = |index: usize| json!({"type": "text", "field_id": index.to_string(), "title": "T"});
    let fields: Vec<Value> = (0..201).map(field).collect();
    assert!(
        parse(&json!({"fields": fields}))
            .unwrap_err()
            .contains("at most 200 fields")
    );
    assert!(parse(&json!({"fields": &fields[..200]})).is_ok());
    let choices: Vec<Value> = (0..1001)
        .map(|index: usize| index.to_string().into())
        .collect();
    let category = |choices: &[Value]| json!({"fields": [{"type": "category", "field_id": "c", "title": "C", "choices": choices}]});
    assert!(
        parse(&category(&choices))
            .unwrap_err()
            .contains("at most 1000 choices")
    );
    assert!(parse(&category(&choices[..1000])).is_ok());
}

#[test]
fn parsed_params_are_parsed_to_themselves() {
    let sent = json!({"fields": [
        {"type": "number", "field_id": "n", "title": "N", "min": 0, "max": 2.5, "use_slider": true},
        {"type": "ranking", "field_id": "r", "title": "R", "options": ["a", {"label": "B", "value": 2}]},
    ]});
    let once = parse(&sent).unwrap();
    assert_eq!(parse(&Value::Object(once.clone())).unwrap(), once);
}

/// A field of any type but a group, without conditions.
fn simple_field(id: String) -> impl Strategy<Value = Value> {
    let base = (any::<bool>(), 0_u32..4, 0_u32..3);
    let kind = prop_oneof![
        (1_u32..40).prop_map(|max| json!({"type": "text", "max_characters": max})),
        Just(json!({"type": "text"})),
        Just(json!({"type": "boolean"})),
        Just(json!({"type": "datetime"})),
        Just(json!({"type": "time_range"})),
        (any::<Option<i32>>(), 0_i32..1000).prop_map(|(min, range)| {
            let max = min.map(|min| i64::from(min) + i64::from(range));
            json!({"type": "number", "min": min, "max": max})
        }),
        (1_u32..6, 0_u32..6, 0_u32..3).prop_map(|(count, min, more)| {
            let choices: Vec<_> = (0..count)
                .map(|index| json!({"label": "x", "value": index}))
                .collect();
            let min = min.min(count);
            json!({
                "type": "category", "choices": choices,
                "min_choices": min, "max_choices": (min + more).max(1),
            })
        }),
        (2_u32..5).prop_map(|count| {
            let options: Vec<_> = (0..count).map(|index| index.to_string()).collect();
            json!({"type": "ranking", "options": options})
        }),
    ];
    (base, kind).prop_map(move |((required, min, more), mut field)| {
        field["field_id"] = id.clone().into();
        field["title"] = "Title".into();
        field["required"] = required.into();
        field["min_responses_required"] = min.into();
        field["max_responses_required"] = (min + more).max(1).into();
        field
    })
}

fn fields() -> impl Strategy<Value = Vec<Value>> {
    (1_usize..6).prop_flat_map(|count| {
        let simple: Vec<_> = (0..count)
            .map(|index| simple_field(format!("f{index}")))
            .collect();
        let within: Vec<_> = (0..2)
            .map(|index| simple_field(format!("g{index}")))
            .collect();
        let conditions: Vec<_> = (0..count)
            .map(|index| {
                prop::option::of((
                    0..=index,
                    any::<bool>(),
                    prop::sample::select(vec![
                        json!("test response"),
                        json!(true),
                        json!(0),
                        json!("other"),
                    ]),
                ))
            })
            .collect();
        (simple, within, conditions, any::<bool>()).prop_map(
            |(mut simple, within, conditions, form)| {
                for (index, condition) in conditions.into_iter().enumerate() {
                    // Looks only at fields before it, so no circle comes about.
                    let Some((target, turned, value)) = condition else {
                        continue;
                    };
                    if target >= index {
                        continue;
                    }
                    let compare = json!({format!("f{target}"): value});
                    simple[index]["conditions"] = if turned {
                        json!([{"not": compare}])
                    } else {
                        compare
                    };
                }
                let kind = if form { "form" } else { "field_set" };
                simple.push(json!({
                    "type": kind, "field_id": "group", "title": "Group", "required": form,
                    "max_responses_required": 3, "fields": within,
                }));
                simple
            },
        )
    })
}

/// Any JSON, with member names that are read now and then.
fn any_json() -> impl Strategy<Value = Value> {
    let name = prop::sample::select(vec![
        "fields",
        "type",
        "field_id",
        "title",
        "choices",
        "options",
        "conditions",
        "annotations",
        "response",
        "not",
        "value",
        "label",
        "subchoices",
        "attachments",
        "content",
        "start",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        prop::sample::select(vec![
            "text",
            "number",
            "category",
            "field_set",
            "ranking",
            "",
            "0"
        ])
        .prop_map(Value::from),
        ".{0,5}".prop_map(Value::from),
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
    fn made_up_answers_satisfy_the_check(fields in fields(), seed: u64) {
        let params = parse(&json!({"fields": fields})).unwrap();
        let answer = Textcollection.made_up(&params, seed);
        let checked = Textcollection.check_response(&params, answer.clone());
        prop_assert!(checked.is_ok(), "{checked:?} of {answer}");
        prop_assert_eq!(checked.unwrap(), answer);
    }

    #[test]
    fn no_params_panic(value in any_json(), other in any_json()) {
        let sent = json!({"fields": value, "attachments": other, "hypothesis": other});
        let _ = Textcollection.parse(sent.as_object().unwrap().clone());
        let params = Map::from_iter([("fields".to_owned(), value)]);
        let _ = Textcollection.check_response(&params, other);
        Textcollection.made_up(&params, 0);
        Textcollection.attachments(&params);
    }

    #[test]
    fn no_answer_panics(fields in fields(), answer in any_json(), names in prop::collection::vec(0_usize..6, 0..4)) {
        let params = parse(&json!({"fields": fields})).unwrap();
        let annotations: Map<_, _> =
            names.iter().map(|index| (format!("f{index}"), answer.clone())).collect();
        let _ = Textcollection.check_response(&params, json!({"annotations": annotations}));
        let _ = Textcollection.check_response(&params, answer);
    }
}
