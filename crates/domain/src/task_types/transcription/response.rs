//! Answers of `transcription`: `fields` and rows of `repeatable_fields`, those that were asked.

use std::collections::HashMap;

use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::param::{ParamError, ParamErrors, kind_of};
use crate::task_types::keyed_fields::{KeyedFields, Strictness};

/// Answer of a transcription.
#[derive(ToSchema)]
#[expect(dead_code, reason = "this tells the shape of the answer")]
pub struct TranscriptionResponse {
    /// Values by key; a field that was not filled in is left out.
    fields: Option<HashMap<String, Value>>,
    /// One object for each row.
    repeatable_fields: Option<Vec<HashMap<String, Value>>>,
}

/// Checks an answer. Empty values and rows are left out, but not everything can be empty.
pub(super) fn check(params: &Map<String, Value>, response: &Value) -> Result<Value, ParamErrors> {
    let (answer, errors) = read(params, response, Strictness::Answer);
    let is_empty = answer.values().all(|part| match part {
        Value::Object(fields) => fields.is_empty(),
        Value::Array(rows) => rows.is_empty(),
        _ => false,
    });
    if !errors.is_empty() {
        Err(errors.into())
    } else if is_empty {
        let path = if params.contains_key("fields") {
            "fields"
        } else {
            "repeatable_fields"
        };
        Err(ParamErrors::one(path, "Fill in at least one field."))
    } else {
        Ok(Value::Object(answer))
    }
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
    let mut answer = Map::new();
    let mut errors = Vec::new();
    if !response.is_object() {
        let message = format!("The answer must be an object, got {}.", kind_of(response));
        return (answer, vec![ParamError::new("", message)]);
    }
    let given = |name: &str| response.get(name).unwrap_or(&Value::Null);
    if let Some(fields) = params.get("fields") {
        let fields = KeyedFields::stored(Some(fields));
        let checked = fields.check("fields", given("fields"), strictness, &mut errors);
        answer.insert("fields".into(), checked.into());
    }
    if let Some(rows) = params.get("repeatable_fields") {
        let rows = KeyedFields::stored(Some(rows));
        let name = "repeatable_fields";
        let checked = rows.check_rows(name, given(name), strictness, &mut errors);
        answer.insert("repeatable_fields".into(), checked.into());
    }
    (answer, errors)
}

/// A value for every field, and one row.
pub(super) fn made_up(params: &Map<String, Value>) -> Value {
    let mut answer = json!({});
    if let Some(fields) = params.get("fields") {
        answer["fields"] = KeyedFields::stored(Some(fields)).made_up().into();
    }
    if let Some(rows) = params.get("repeatable_fields") {
        answer["repeatable_fields"] = json!([KeyedFields::stored(Some(rows)).made_up()]);
    }
    answer
}
