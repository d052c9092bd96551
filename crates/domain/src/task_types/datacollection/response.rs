//! Answers of `datacollection`: `fields`, and the time that the labeler took.

use std::collections::HashMap;

use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::param::{ParamError, ParamErrors, kind_of, number_of};
use crate::task_types::keyed_fields::{KeyedFields, Strictness};

/// Time that a made-up answer states, in seconds (api-v1.md 4.2).
const MADE_UP_TIME_SECONDS: u32 = 15;
/// Longest time that an answer may state, in seconds: a week.
const TIME_SECONDS_MAX: f64 = 604_800.0;

/// Answer of a data collection.
#[derive(ToSchema)]
#[expect(dead_code, reason = "this tells the shape of the answer")]
pub struct DatacollectionResponse {
    /// Values by key; a field that was not filled in is left out.
    fields: HashMap<String, Value>,
    /// Time that the labeler took, in whole seconds.
    time_spent_in_seconds: Option<u32>,
}

/// Checks an answer. Empty values are left out, but not all can be empty.
pub(super) fn check(params: &Map<String, Value>, response: &Value) -> Result<Value, ParamErrors> {
    let (fields, mut errors) = read(params, response, Strictness::Answer);
    let time = response
        .get("time_spent_in_seconds")
        .filter(|time| !time.is_null());
    let seconds = time
        .map(|time| number_of(time).filter(|seconds| (0.0..=TIME_SECONDS_MAX).contains(seconds)));
    if seconds == Some(None) {
        let message = format!("must be a number of seconds from 0 to {TIME_SECONDS_MAX}");
        errors.push(ParamError::new("time_spent_in_seconds", message));
    }
    if errors.is_empty() && fields.is_empty() {
        errors.push(ParamError::new("fields", "Fill in at least one field."));
    }
    if !errors.is_empty() {
        return Err(errors.into());
    }
    let mut answer = json!({"fields": fields});
    if let Some(seconds) = seconds.flatten() {
        answer["time_spent_in_seconds"] = (seconds.round() as u32).into();
    }
    Ok(answer)
}

/// Checks a hypothesis: as an answer, but nothing is required.
pub(super) fn check_guess(
    params: &Map<String, Value>,
    hypothesis: &Value,
) -> Result<(), ParamErrors> {
    let (_, errors) = read(params, hypothesis, Strictness::Guess);
    if errors.is_empty() {
        Ok(())
    } else {
        Err(errors.into())
    }
}

fn read(
    params: &Map<String, Value>,
    response: &Value,
    strictness: Strictness,
) -> (Map<String, Value>, Vec<ParamError>) {
    let mut errors = Vec::new();
    if !response.is_object() {
        let message = format!("The answer must be an object, got {}.", kind_of(response));
        return (Map::new(), vec![ParamError::new("", message)]);
    }
    let fields = KeyedFields::stored(params.get("fields"));
    let given = response.get("fields").unwrap_or(&Value::Null);
    let checked = fields.check("fields", given, strictness, &mut errors);
    (checked, errors)
}

/// A value for every field.
pub(super) fn made_up(params: &Map<String, Value>) -> Value {
    json!({
        "fields": KeyedFields::stored(params.get("fields")).made_up(),
        "time_spent_in_seconds": MADE_UP_TIME_SECONDS,
    })
}
