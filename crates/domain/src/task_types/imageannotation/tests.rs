use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::task_types::cases;
use crate::task_types::{
    annotation::Annotation, lineannotation::LineAnnotation, pointannotation::PointAnnotation,
    polygonannotation::PolygonAnnotation,
};

#[test]
fn cases_hold() {
    cases::run(&ImageAnnotation, include_str!("cases/params.json"));
    cases::run_responses(&ImageAnnotation, include_str!("cases/responses.json"));
}

fn parse(task_type: &dyn TaskType, sent: &Value) -> Result<Map<String, Value>, String> {
    task_type
        .parse(sent.as_object().unwrap().clone())
        .map(|parsed| parsed.params)
        .map_err(|errors| errors.to_string())
}

#[test]
fn context_attachments_are_shown_after_the_picture() {
    let params = parse(
        &ImageAnnotation,
        &json!({
            "attachment": "https://a.example/1.png", "geometries": {"box": {}},
            "context_attachments": [{"attachment": "https://a.example/2.png"}],
        }),
    )
    .unwrap();
    let shown: Vec<_> = ImageAnnotation
        .attachments(&params)
        .into_iter()
        .map(|shown| shown.content)
        .collect();
    assert_eq!(
        shown,
        ["https://a.example/1.png", "https://a.example/2.png"]
    );
}

#[test]
fn the_made_up_box_is_that_of_the_recordings() {
    let params = parse(
        &Annotation,
        &json!({
            "attachment": "https://a.example/1.png", "objects_to_annotate": ["cow", "horse"],
        }),
    )
    .unwrap();
    let answer = Annotation.made_up(&params, 7);
    let uuid = answer["annotations"][0]["uuid"].as_str().unwrap();
    assert_eq!((uuid.len(), uuid.as_bytes()[14]), (36, b'4'), "{uuid}");
    assert_eq!(
        answer,
        json!({"annotations": [{
            "uuid": uuid, "type": "box", "label": "cow", "left": 0, "top": 0, "width": 100,
            "height": 100, "attributes": {},
        }]})
    );
    assert_eq!(Annotation.made_up(&params, 7), answer);
    assert_ne!(Annotation.made_up(&params, 8), answer);
}

#[test]
fn a_made_up_answer_keeps_to_what_is_permitted_with_base_annotations() {
    let base = json!({"annotations": [
        {"uuid": "1", "type": "box", "label": "bus", "left": -5, "top": 0, "width": 50, "height": 50},
    ]});
    let sent = json!({
        "attachment": "https://a.example/1.png",
        "geometries": {"box": {"objects_to_annotate": ["car", "bus"]}},
        "annotation_attributes": {"a": {"type": "text"}},
        "base_annotations": base,
        "can_add_base_annotations": false,
        "can_delete_base_annotations": false,
        "can_edit_base_annotation_labels": false,
    });
    let params = parse(&ImageAnnotation, &sent).unwrap();
    let answer = ImageAnnotation.made_up(&params, 1);
    assert_eq!(answer["annotations"].as_array().unwrap().len(), 1);
    let checked = ImageAnnotation.check_response(&params, answer);
    assert!(checked.is_ok(), "{checked:?}");
}

#[test]
fn a_made_up_answer_adds_what_must_be_linked_to() {
    let params = parse(
        &ImageAnnotation,
        &json!({
            "attachment": "https://a.example/1.png",
            "geometries": {
                "box": {"objects_to_annotate": ["truck"]},
                "point": {"objects_to_annotate": ["hook", "wheel"]},
            },
            "annotation_attributes": {
                "wheel_of": {
                    "type": "linked", "required": true, "allowed_labels": ["truck"],
                    "conditions": {"label_condition": {"label": ["wheel"]}},
                },
                "nearest": {"type": "linked", "required": true, "allowed_labels": ["wheel"]},
            },
        }),
    )
    .unwrap();
    let answer = ImageAnnotation.made_up(&params, 3);
    let checked = ImageAnnotation.check_response(&params, answer.clone());
    assert_eq!(checked, Ok(answer.clone()));
    let labels: Vec<_> = answer["annotations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|object| object["label"].as_str().unwrap())
        .collect();
    // The first wheel cannot be nearest to itself.
    assert_eq!(labels, ["truck", "hook", "wheel", "wheel"]);
}

#[test]
fn a_turn_that_rounds_up_to_a_full_one_is_none() {
    let params = parse(
        &ImageAnnotation,
        &json!({"attachment": "https://a.example/1.png", "geometries": {"box": {"can_rotate": true}}}),
    )
    .unwrap();
    let rotation = std::f64::consts::TAU - 1e-5;
    let answer = json!({"annotations": [
        {"uuid": "1", "left": 0, "top": 0, "width": 5, "height": 5, "rotation": rotation},
    ]});
    let checked = ImageAnnotation.check_response(&params, answer).unwrap();
    assert_eq!(checked["annotations"][0].get("rotation"), None);
}

#[test]
fn conditions_compare_numbers_by_value() {
    let params = parse(
        &ImageAnnotation,
        &json!({
            "attachment": "https://a.example/1.png", "geometries": {"box": {}},
            "annotation_attributes": {
                "axles": {"type": "number"},
                "why": {"type": "text", "conditions": {"attribute_condition": {"axles": [5.0]}}},
            },
        }),
    )
    .unwrap();
    let answer = json!({"annotations": [
        {"uuid": "1", "left": 0, "top": 0, "width": 5, "height": 5, "attributes": {"axles": 5}},
    ]});
    let errors = ImageAnnotation.check_response(&params, answer).unwrap_err();
    assert_eq!(
        errors.to_string(),
        "`annotations[0].attributes.why`: Object 1: *why* is required."
    );
}

fn geometry(kind: &'static str) -> impl Strategy<Value = Value> {
    let labels = prop::collection::btree_set("[a-d]", usize::from(kind == "point")..4);
    let sizes = (0_u32..200, 0_u32..200, any::<bool>(), any::<bool>());
    let vertices = (1_u32..9, prop::option::of(0_u32..5));
    (labels, sizes, vertices).prop_map(move |(labels, sizes, (least, more))| match kind {
        "box" => json!({
            "objects_to_annotate": labels, "min_width": sizes.0, "min_height": sizes.1.to_string(),
            "can_rotate": sizes.2, "integer_pixels": sizes.3,
        }),
        "point" => json!({"objects_to_annotate": labels}),
        _ => json!({
            "objects_to_annotate": labels, "min_vertices": least,
            "max_vertices": more.map(|more| least.max(3) + more),
        }),
    })
}

fn geometries() -> impl Strategy<Value = Value> {
    let kinds = prop::sample::subsequence(vec!["box", "polygon", "line", "point"], 1..5);
    kinds.prop_flat_map(|kinds| {
        let asked: Vec<_> = kinds
            .into_iter()
            .map(|kind| (Just(kind.to_owned()), geometry(kind)))
            .collect();
        asked.prop_map(|asked| Value::Object(asked.into_iter().collect()))
    })
}

fn attributes() -> impl Strategy<Value = Value> {
    let flags = (any::<bool>(), any::<bool>(), any::<bool>());
    (flags, -9_i32..9).prop_map(|((several, text, linked), least)| {
        let value = if text { "yes" } else { "no" };
        json!({
            "a": {"choices": ["yes", {"choice": "group", "subchoices": ["no"]}], "allow_multiple": several},
            "b": {"type": "number", "min": least, "max": least + 3, "step": 1,
                  "conditions": {"attribute_condition": {"a": value}}},
            "c": {"type": "angle", "conditions": {"attribute_conditions": [{"attribute_key": "b", "value": least}]}},
            "d": {"type": "linked", "required": linked, "allowed_labels": []},
            "e": {"type": "text", "conditions": {"is_global": true}},
            "f": {"type": "x"},
            "g": {"type": "number", "max": f64::from(least) / 2.0, "step": 0.3},
        })
    })
}

proptest! {
    #[test]
    fn made_up_answers_satisfy_the_check(
        geometries in geometries(), attributes in attributes(), padding in 0_u32..9, seed: u64,
    ) {
        let params = parse(&ImageAnnotation, &json!({
            "attachment": "https://a.example/1.png", "geometries": geometries,
            "annotation_attributes": attributes, "padding": padding,
        })).unwrap();
        let answer = ImageAnnotation.made_up(&params, seed);
        let checked = ImageAnnotation.check_response(&params, answer.clone());
        prop_assert_eq!(checked.map_err(|errors| errors.to_string()), Ok(answer));
    }

    #[test]
    fn made_up_answers_of_the_older_types_satisfy_the_check(
        labels in prop::collection::btree_set("[a-z]{1,6}", 1..4), with_labels: bool,
        min_width in 0_u32..500, min_vertices in 1_u32..20, attributes in attributes(), seed: u64,
    ) {
        let types: [&dyn TaskType; 4] =
            [&Annotation, &PolygonAnnotation, &LineAnnotation, &PointAnnotation];
        for task_type in types {
            let params = parse(task_type, &json!({
                "attachment": "https://a.example/1.png", "objects_to_annotate": labels,
                "with_labels": with_labels, "min_width": min_width.to_string(),
                "min_vertices": min_vertices, "annotation_attributes": attributes,
            })).unwrap();
            let answer = task_type.made_up(&params, seed);
            let checked = task_type.check_response(&params, answer.clone());
            prop_assert_eq!(checked.map_err(|errors| errors.to_string()), Ok(answer));
        }
    }

    #[test]
    fn a_checked_answer_is_checked_to_itself(
        boxes in prop::collection::vec((0.0_f64..900.0, 0.0_f64..900.0, 1.0_f64..90.0, 1.0_f64..90.0, -7.0_f64..7.0), 0..5),
    ) {
        let params = parse(&ImageAnnotation, &json!({
            "attachment": "https://a.example/1.png", "geometries": {"box": {"can_rotate": true}},
        })).unwrap();
        let annotations: Vec<_> = boxes
            .iter()
            .enumerate()
            .map(|(index, (left, top, width, height, rotation))| json!({
                "uuid": index.to_string(), "left": left, "top": top, "width": width,
                "height": height, "rotation": rotation,
            }))
            .collect();
        let answer = ImageAnnotation.check_response(&params, json!({"annotations": annotations})).unwrap();
        prop_assert_eq!(ImageAnnotation.check_response(&params, answer.clone()), Ok(answer));
    }

    #[test]
    fn no_json_panics(one in any_json(), other in any_json()) {
        let sent = json!({
            "attachment": "https://a.example/1.png", "geometries": one, "objects_to_annotate": one,
            "annotation_attributes": other, "hypothesis": other, "base_annotations": one,
            "context_attachments": other, "padding": other,
        });
        let good = json!({
            "attachment": "https://a.example/1.png", "objects_to_annotate": ["a"],
            "geometries": {"box": {"objects_to_annotate": ["a"], "can_rotate": true}, "line": {}},
        });
        let types: [&dyn TaskType; 5] =
            [&ImageAnnotation, &Annotation, &PolygonAnnotation, &LineAnnotation, &PointAnnotation];
        for task_type in types {
            let _ = parse(task_type, &sent);
            let params = sent.as_object().unwrap();
            let _ = task_type.check_response(params, other.clone());
            task_type.made_up(params, 0);
            task_type.attachments(params);
            let params = parse(task_type, &good).unwrap();
            let _ = task_type.check_response(&params, one.clone());
            let _ = task_type.check_response(&params, json!({"annotations": [one, other], "links": [other]}));
        }
    }
}

/// Any JSON, with member names that are read now and then.
fn any_json() -> impl Strategy<Value = Value> {
    let name = prop::sample::select(vec![
        "annotations",
        "box",
        "line",
        "point",
        "objects_to_annotate",
        "label",
        "type",
        "vertices",
        "x",
        "y",
        "left",
        "top",
        "width",
        "height",
        "rotation",
        "attributes",
        "uuid",
        "conditions",
        "attribute_condition",
        "choices",
        "min_width",
        "max_vertices",
        "connections",
        "pair",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        (-2_i64..9).prop_map(Value::from),
        prop::sample::select(vec!["a", "box", "line", "linked", ""]).prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((name.clone(), inner), 0..7).prop_map(|members| {
                members
                    .into_iter()
                    .map(|(name, value)| (name.to_owned(), value))
                    .collect()
            }),
        ]
    })
}
