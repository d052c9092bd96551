//! One answer to one field: of the right kind, within the field's limits. The texts are those that
//! the labeler reads (labeling.md 4.10).

use serde_json::{Map, Number, Value, json};

use super::params::{Choices, Field, FieldKind, leaf_values};
use super::response::{Level, Scope, Strictness};
use crate::param::{ParamError, kind_of, number_of};
use crate::time::parse_time;

/// Gives the answer in its final form; `None` is an empty answer, which counts as none.
pub(super) fn check_answer(
    path: &str,
    field: &Field,
    answer: &Value,
    scope: Option<&Scope<'_>>,
    strictness: Strictness,
) -> Result<Option<Value>, Vec<ParamError>> {
    if answer.is_null() {
        return Ok(None);
    }
    if let Some(fields) = field.kind.fields() {
        return check_group(path, field, fields, answer, scope, strictness);
    }
    check_simple(field, answer).map_err(|problem| {
        vec![ParamError::new(
            path,
            format!("*{}*: {problem}", field.title),
        )]
    })
}

fn check_group(
    path: &str,
    field: &Field,
    fields: &[Field],
    answer: &Value,
    scope: Option<&Scope<'_>>,
    strictness: Strictness,
) -> Result<Option<Value>, Vec<ParamError>> {
    let (Value::Object(given), Some(scope)) = (answer, scope) else {
        let message = format!(
            "*{}*: must be an object of answers, got {}.",
            field.title,
            kind_of(answer)
        );
        return Err(vec![ParamError::new(path, message)]);
    };
    let mut errors = Vec::new();
    let checked = Level::below(fields, scope, strictness).check(path, given, &mut errors);
    if !errors.is_empty() {
        // A group that nobody has begun, and need not be answered, lacks nothing.
        let untouched = checked.is_empty() && given.values().all(is_empty);
        let needed = field.required || matches!(field.kind, FieldKind::Form { .. });
        return if untouched && !needed {
            Ok(None)
        } else {
            Err(errors)
        };
    }
    Ok(Some(Value::Object(checked)).filter(|value| value != &json!({})))
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(values) => values.iter().all(is_empty),
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

fn check_simple(field: &Field, answer: &Value) -> Result<Option<Value>, String> {
    match &field.kind {
        FieldKind::Text { max_characters } => check_text(answer, *max_characters),
        FieldKind::Boolean {} => match answer {
            Value::Bool(_) => Ok(Some(answer.clone())),
            Value::String(text) if text.is_empty() => Ok(None),
            Value::String(text) if text == "true" || text == "false" => {
                Ok(Some((text == "true").into()))
            }
            other => Err(format!("must be true or false, got {}.", kind_of(other))),
        },
        FieldKind::Number { min, max, .. } => check_number(answer, min.as_ref(), max.as_ref()),
        FieldKind::Datetime {} => match answer {
            Value::String(text) if text.trim().is_empty() => Ok(None),
            Value::String(text) => match parse_time(text) {
                Ok(_) => Ok(Some(answer.clone())),
                Err(error) => Err(format!("{error}.")),
            },
            other => Err(format!("must be a date or time, got {}.", kind_of(other))),
        },
        FieldKind::Category(choices) | FieldKind::Select(choices) => check_picks(answer, choices),
        FieldKind::TimeRange {} => match answer {
            Value::Object(range) => check_time_range(range),
            other => Err(format!(
                "must be an object with start and end, got {}.",
                kind_of(other)
            )),
        },
        FieldKind::Ranking { options } => check_ranking(answer, &leaf_values(options)),
        FieldKind::FieldSet { .. } | FieldKind::Form { .. } => {
            Err("must be answered as a group.".to_owned())
        }
    }
}

fn check_text(answer: &Value, max_characters: Option<u32>) -> Result<Option<Value>, String> {
    let Value::String(text) = answer else {
        return Err(format!("must be a text, got {}.", kind_of(answer)));
    };
    if text.trim().is_empty() {
        return Ok(None);
    }
    let length = text.chars().count();
    match max_characters {
        Some(max) if length > max as usize => Err(format!("{length} characters, at most {max}.")),
        Some(_) | None => Ok(Some(answer.clone())),
    }
}

fn check_number(
    answer: &Value,
    min: Option<&Number>,
    max: Option<&Number>,
) -> Result<Option<Value>, String> {
    let number = match answer {
        Value::Number(number) => number.clone(),
        Value::String(text) if text.trim().is_empty() => return Ok(None),
        other => number_in_text(other)
            .ok_or_else(|| format!("must be a number, got {}.", kind_of(other)))?,
    };
    let value = number.as_f64();
    if let Some(max) = max.filter(|max| value > max.as_f64()) {
        return Err(format!("{number} is more than {max}."));
    }
    if let Some(min) = min.filter(|min| value < min.as_f64()) {
        return Err(format!("{number} is less than {min}."));
    }
    Ok(Some(Value::Number(number)))
}

/// The number in a string, as an integer where it is one.
pub(super) fn number_in_text(value: &Value) -> Option<Number> {
    let text = value.as_str()?.trim();
    text.parse::<i64>()
        .map(Number::from)
        .ok()
        .or_else(|| Number::from_f64(number_of(value)?))
}

fn check_picks(answer: &Value, choices: &Choices) -> Result<Option<Value>, String> {
    let picks = match answer {
        Value::Array(picks) => picks.as_slice(),
        Value::String(text) if text.is_empty() => &[],
        pick => std::slice::from_ref(pick),
    };
    let known = leaf_values(&choices.choices);
    let mut picked: Vec<&Value> = Vec::new();
    for pick in picks {
        match known.iter().find(|value| **value == pick) {
            Some(value) if !picked.contains(value) => picked.push(value),
            Some(_) => {}
            None => return Err(format!("{pick} is not one of the choices.")),
        }
    }
    let count = picked.len();
    let noun = if count == 1 { "choice" } else { "choices" };
    if count == 0 {
        return Ok(None);
    }
    if count > choices.max_choices as usize {
        return Err(format!("{count} {noun}, at most {}.", choices.max_choices));
    }
    if count < choices.min_choices as usize {
        return Err(format!("{count} {noun}, at least {}.", choices.min_choices));
    }
    Ok(Some(json!(picked)))
}

fn check_time_range(range: &Map<String, Value>) -> Result<Option<Value>, String> {
    let member = |name: &str| range.get(name).filter(|value| !is_empty(value));
    match (member("start"), member("end")) {
        (None, None) => Ok(None),
        (Some(start), Some(end)) => match (number_of(start), number_of(end)) {
            (Some(from), Some(to)) if from < 0.0 || to < from => {
                Err("the start must be 0 or more, and the end not before it.".to_owned())
            }
            (Some(from), Some(to)) => {
                let kept = |value: &Value, number: f64| {
                    if value.is_number() {
                        value.clone()
                    } else {
                        json!(number)
                    }
                };
                Ok(Some(
                    json!({"start": kept(start, from), "end": kept(end, to)}),
                ))
            }
            _ => Err("start and end must be numbers of seconds.".to_owned()),
        },
        _ => Err("both start and end are needed, in seconds.".to_owned()),
    }
}

fn check_ranking(answer: &Value, options: &[&Value]) -> Result<Option<Value>, String> {
    let Value::Array(order) = answer else {
        return Err(format!(
            "must be an array of all options in order, got {}.",
            kind_of(answer)
        ));
    };
    if order.is_empty() {
        return Ok(None);
    }
    if let Some(unknown) = order.iter().find(|value| !options.contains(value)) {
        return Err(format!("{unknown} is not one of the options."));
    }
    let complete = order.len() == options.len()
        && options
            .iter()
            .all(|option| order.iter().any(|value| value == *option));
    if !complete {
        return Err(format!(
            "put each of the {} options in order, once.",
            options.len()
        ));
    }
    Ok(Some(answer.clone()))
}
