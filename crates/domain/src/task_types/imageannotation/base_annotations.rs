//! `base_annotations`: objects that the labeler starts from, and what may be done to them.

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::param::ParamError;

/// What labelers may do to base annotations; each is true by default.
pub(super) const PERMISSIONS: [&str; 4] = [ADD, "can_edit_base_annotations", EDIT_LABELS, DELETE];
const ADD: &str = "can_add_base_annotations";
const EDIT_LABELS: &str = "can_edit_base_annotation_labels";
const DELETE: &str = "can_delete_base_annotations";

/// Base annotations must be told apart, so each needs a uuid.
pub(super) fn problem(base: &Map<String, Value>) -> Option<ParamError> {
    let index = objects(base)
        .iter()
        .position(|object| uuid(object).is_none())?;
    let path = format!("base_annotations.annotations[{index}].uuid");
    Some(ParamError::new(
        path,
        "is required: an answer refers to base annotations by uuid",
    ))
}

fn objects(base: &Map<String, Value>) -> &[Value] {
    base.get("annotations")
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

fn uuid(object: &Value) -> Option<&str> {
    object.get("uuid").and_then(Value::as_str)
}

fn permitted(params: &Map<String, Value>, name: &str) -> bool {
    params.get(name).and_then(Value::as_bool).unwrap_or(true)
}

/// The base annotations of a task.
pub(super) fn stored(params: &Map<String, Value>) -> &[Value] {
    params
        .get("base_annotations")
        .and_then(Value::as_object)
        .map_or(&[], objects)
}

/// Whether objects may be added.
pub(super) fn may_add(params: &Map<String, Value>) -> bool {
    params.get("base_annotations").is_none() || permitted(params, ADD)
}

/// Checks that an answer does to base annotations only what is permitted. Shapes are not compared:
/// the workspace clips those that reach beyond the picture, whose size is not known here.
pub(super) fn check(params: &Map<String, Value>, annotations: &[Value]) -> Vec<ParamError> {
    if !params.contains_key("base_annotations") {
        return Vec::new();
    }
    let base: HashMap<&str, &Value> = stored(params)
        .iter()
        .filter_map(|object| Some((uuid(object)?, object)))
        .collect();
    let mut errors = Vec::new();
    let mut kept = 0;
    for (index, object) in annotations.iter().enumerate() {
        let number = index + 1;
        let Some(before) = uuid(object).and_then(|uuid| base.get(uuid)) else {
            if !permitted(params, ADD) {
                errors.push(ParamError::new(
                    format!("annotations[{index}]"),
                    format!("Object {number}: no objects may be added to those given."),
                ));
            }
            continue;
        };
        kept += 1;
        let label = before.get("label").filter(|label| !label.is_null());
        if label.is_some() && object.get("label") != label && !permitted(params, EDIT_LABELS) {
            errors.push(ParamError::new(
                format!("annotations[{index}].label"),
                format!("Object {number}: the label of a given object must not be changed."),
            ));
        }
    }
    if kept < base.len() && !permitted(params, DELETE) {
        let missing = base.len() - kept;
        errors.push(ParamError::new(
            "annotations",
            format!("Given objects must not be deleted; {missing} are missing."),
        ));
    }
    errors
}
