//! Fields by key: what `transcription` and `datacollection` ask (api-v1.md 4.13).
//!
//! Two forms are taken: an object of keys, each with a description (or with the members of the
//! newer form), and an array of objects. Params keep the form that was sent.

use std::collections::HashSet;

use serde_json::{Map, Number, Value};

use super::choices::Choices;
use crate::param::{ParamError, ParamErrors, ParamReader, join, kind_of, number_of};
use crate::task::NAME_LENGTH_MAX;

/// Most fields of one list.
pub const FIELDS_MAX: usize = 200;
/// Longest title or description, in characters.
pub const DESCRIPTION_LENGTH_MAX: usize = 10_000;
/// Longest answer to a field, in characters.
pub const VALUE_LENGTH_MAX: usize = 100_000;
/// Most rows of repeatable fields in an answer.
pub const ROWS_MAX: usize = 1_000;

/// What a made-up text says (api-v1.md 4.2).
const MADE_UP_TEXT: &str = "test response";

/// How much of an answer must be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Strictness {
    /// A labeler's answer: required fields are required.
    Answer,
    /// A customer's first guess: anything may be missing.
    Guess,
}

/// What kind of value a field takes.
#[derive(Clone, Debug)]
enum FieldKind {
    Text,
    Number,
    Boolean,
    Category(Choices),
}

/// One field.
#[derive(Clone, Debug)]
struct KeyedField {
    id: String,
    /// What the labeler reads: the title, else the key.
    title: String,
    required: bool,
    kind: FieldKind,
}

/// A list of fields, in the order in which they are asked.
#[derive(Clone, Debug, Default)]
pub(super) struct KeyedFields(Vec<KeyedField>);

impl KeyedFields {
    /// Reads a sent list; errors go to the reader.
    pub(super) fn read(reader: &mut ParamReader, name: &str, value: &Value) -> Self {
        let path = reader.path_of(name);
        let sent: Vec<(String, Option<&str>, &Value)> = match value {
            Value::Object(members) => members
                .iter()
                .map(|(key, value)| (join(&path, key), Some(key.as_str()), value))
                .collect(),
            Value::Array(values) => values
                .iter()
                .enumerate()
                .map(|(index, value)| (format!("{path}[{index}]"), None, value))
                .collect(),
            other => {
                let message = format!(
                    "must be an object of keys and descriptions, or an array of fields, got {}",
                    kind_of(other)
                );
                reader.error(name, message);
                return Self::default();
            }
        };
        if sent.is_empty() {
            reader.error(name, "must hold at least one field");
        }
        if sent.len() > FIELDS_MAX {
            let message = format!("can hold at most {FIELDS_MAX} fields, got {}", sent.len());
            reader.error(name, message);
            return Self::default();
        }
        let mut fields = Vec::with_capacity(sent.len());
        let mut ids = HashSet::new();
        for (path, key, value) in sent {
            match read_field(&path, key, value) {
                Ok(field) if !ids.insert(field.id.clone()) => {
                    let message =
                        format!("\"{}\" stands there twice; ids must be unique", field.id);
                    reader.absorb([ParamError::new(join(&path, "id"), message)]);
                }
                Ok(field) => fields.push(field),
                Err(errors) => reader.absorb(errors.0),
            }
        }
        Self(fields)
    }

    /// Reads a stored list, which was checked when it came in.
    pub(super) fn stored(value: Option<&Value>) -> Self {
        let mut reader = ParamReader::new(Map::new());
        value.map_or_else(Self::default, |value| Self::read(&mut reader, "", value))
    }

    /// Checks the values of one set of answers; gives those that were filled in, in the fields'
    /// order. `null` and empty text mean "not filled in".
    pub(super) fn check(
        &self,
        path: &str,
        given: &Value,
        strictness: Strictness,
        errors: &mut Vec<ParamError>,
    ) -> Map<String, Value> {
        let mut checked = Map::new();
        let given = match given {
            Value::Object(given) => given,
            Value::Null => &Map::new(),
            other => {
                let message = format!("must be an object of answers, got {}", kind_of(other));
                errors.push(ParamError::new(path, message));
                return checked;
            }
        };
        if given.len() > FIELDS_MAX {
            let message = format!("can hold at most {FIELDS_MAX} answers, got {}", given.len());
            errors.push(ParamError::new(path, message));
            return checked;
        }
        for key in given.keys() {
            if !self.0.iter().any(|field| field.id == *key) {
                errors.push(ParamError::new(join(path, key), "is not one of the fields"));
            }
        }
        for field in &self.0 {
            let path = join(path, &field.id);
            let value = given.get(&field.id).filter(|value| !is_blank(value));
            match value.map(|value| field.check(value)) {
                Some(Ok(value)) => {
                    checked.insert(field.id.clone(), value);
                }
                Some(Err(message)) => errors.push(ParamError::new(path, message)),
                None if field.required && strictness == Strictness::Answer => {
                    let message = format!("*{}* is required.", field.title);
                    errors.push(ParamError::new(path, message));
                }
                None => {}
            }
        }
        checked
    }

    /// Checks rows of answers; rows in which nothing is filled in are left out.
    pub(super) fn check_rows(
        &self,
        path: &str,
        given: &Value,
        strictness: Strictness,
        errors: &mut Vec<ParamError>,
    ) -> Vec<Value> {
        let rows = match given {
            Value::Array(rows) if rows.len() <= ROWS_MAX => rows.as_slice(),
            Value::Null => &[],
            Value::Array(rows) => {
                let message = format!("can hold at most {ROWS_MAX} rows, got {}", rows.len());
                errors.push(ParamError::new(path, message));
                return Vec::new();
            }
            other => {
                let message = format!("must be an array of rows, got {}", kind_of(other));
                errors.push(ParamError::new(path, message));
                return Vec::new();
            }
        };
        let is_filled = |row: &Value| match row {
            Value::Object(values) => values.values().any(|value| !is_blank(value)),
            Value::Null => false,
            _ => true,
        };
        rows.iter()
            .enumerate()
            .filter(|(_, row)| is_filled(row))
            .map(|(index, row)| {
                self.check(&format!("{path}[{index}]"), row, strictness, errors)
                    .into()
            })
            .collect()
    }

    /// A value for every field.
    pub(super) fn made_up(&self) -> Map<String, Value> {
        self.0
            .iter()
            .map(|field| (field.id.clone(), field.kind.made_up()))
            .collect()
    }
}

/// Whether a value means "not filled in".
fn is_blank(value: &Value) -> bool {
    value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty())
}

fn read_field(path: &str, key: Option<&str>, value: &Value) -> Result<KeyedField, ParamErrors> {
    let members = match (key, value) {
        (Some(key), Value::String(_) | Value::Null) => {
            let mut reader = ParamReader::at(path, Map::new());
            if let Value::String(description) = value {
                check_length(&mut reader, "", description, DESCRIPTION_LENGTH_MAX);
            }
            check_id(&mut reader, "", key);
            reader.finish()?;
            return Ok(KeyedField {
                id: key.to_owned(),
                title: key.to_owned(),
                required: false,
                kind: FieldKind::Text,
            });
        }
        (_, Value::Object(members)) => members.clone(),
        (Some(_), other) => {
            let message = format!("must be a description, got {}", kind_of(other));
            return Err(ParamErrors::one(path, message));
        }
        (None, other) => {
            let message = format!("must be an object with an `id`, got {}", kind_of(other));
            return Err(ParamErrors::one(path, message));
        }
    };
    let mut reader = ParamReader::at(path, members);
    let id = if let Some(key) = key {
        check_id(&mut reader, "", key);
        reader.take("id");
        key.to_owned()
    } else {
        let id = reader.required_string("id");
        if !id.is_empty() {
            check_id(&mut reader, "id", &id);
        }
        id
    };
    let title = reader.string("title");
    let description = reader.string("description");
    for (name, text) in [("title", &title), ("description", &description)] {
        if let Some(text) = text {
            check_length(&mut reader, name, text, DESCRIPTION_LENGTH_MAX);
        }
    }
    let required = reader.boolean("required").unwrap_or(false);
    let kind = read_kind(&mut reader);
    reader.finish()?;
    let title = title
        .filter(|title| !title.is_empty())
        .unwrap_or_else(|| id.clone());
    Ok(KeyedField {
        id,
        title,
        required,
        kind,
    })
}

fn read_kind(reader: &mut ParamReader) -> FieldKind {
    let choices = reader.take("choices");
    let stated = reader.string("type");
    let name = stated.as_deref().unwrap_or(if choices.is_some() {
        "category"
    } else {
        "text"
    });
    match name {
        "text" => FieldKind::Text,
        "number" => FieldKind::Number,
        "boolean" => FieldKind::Boolean,
        "category" => {
            let choices = choices.unwrap_or_else(|| Value::Array(Vec::new()));
            FieldKind::Category(Choices::read(reader, "choices", &choices))
        }
        _ => {
            reader.error("type", "must be text, number, boolean or category");
            FieldKind::Text
        }
    }
}

/// `name` is empty where the key itself is meant.
fn check_id(reader: &mut ParamReader, name: &str, id: &str) {
    let length = id.chars().count();
    if !(1..=NAME_LENGTH_MAX).contains(&length) {
        let path = if name.is_empty() {
            reader.path().to_owned()
        } else {
            reader.path_of(name)
        };
        let message = format!("the key must have 1 to {NAME_LENGTH_MAX} characters, got {length}");
        reader.absorb([ParamError::new(path, message)]);
    }
}

fn check_length(reader: &mut ParamReader, name: &str, text: &str, max: usize) {
    let length = text.chars().count();
    if length > max {
        let path = if name.is_empty() {
            reader.path().to_owned()
        } else {
            reader.path_of(name)
        };
        let message = format!("can have at most {max} characters, got {length}");
        reader.absorb([ParamError::new(path, message)]);
    }
}

impl KeyedField {
    /// Checks one value that is filled in; the error is what the labeler reads.
    fn check(&self, value: &Value) -> Result<Value, String> {
        let title = &self.title;
        match (&self.kind, value) {
            (FieldKind::Text, Value::String(text)) => {
                let length = text.chars().count();
                if length > VALUE_LENGTH_MAX {
                    return Err(format!(
                        "*{title}*: {length} characters, at most {VALUE_LENGTH_MAX}."
                    ));
                }
                Ok(text.clone().into())
            }
            (FieldKind::Text, _) => Err(format!(
                "*{title}*: must be a text, got {}.",
                kind_of(value)
            )),
            (FieldKind::Number, Value::Number(_)) | (FieldKind::Boolean, Value::Bool(_)) => {
                Ok(value.clone())
            }
            (FieldKind::Number, _) => number_of(value)
                .and_then(Number::from_f64)
                .map(Value::Number)
                .ok_or_else(|| format!("*{title}*: must be a number, got {}.", kind_of(value))),
            (FieldKind::Boolean, _) => Err(format!(
                "*{title}*: must be true or false, got {}.",
                kind_of(value)
            )),
            (FieldKind::Category(choices), Value::String(text)) if choices.has_leaf(text) => {
                Ok(value.clone())
            }
            (FieldKind::Category(_), _) => Err(format!("*{title}*: choose one of the choices.")),
        }
    }
}

impl FieldKind {
    fn made_up(&self) -> Value {
        match self {
            Self::Text => MADE_UP_TEXT.into(),
            Self::Number => 1.into(),
            Self::Boolean => true.into(),
            Self::Category(choices) => choices.first_leaf().unwrap_or_default().into(),
        }
    }
}

/// Random lists of fields for property tests, in either form.
#[cfg(test)]
pub(super) fn any_fields() -> impl proptest::strategy::Strategy<Value = Value> {
    use proptest::prelude::*;
    use serde_json::json;

    let kind = prop_oneof![
        Just(json!({"type": "text"})),
        Just(json!({"type": "number", "title": "N"})),
        Just(json!({"type": "boolean", "required": true})),
        Just(json!({"choices": ["a", {"choice": "b", "subchoices": ["c"]}]})),
    ];
    let object = prop::collection::btree_map(
        "[a-z]{1,5}",
        prop_oneof![".{0,9}".prop_map(Value::from), kind.clone(),],
        1..6,
    )
    .prop_map(|fields| json!(fields));
    let array = prop::collection::btree_map("[a-z]{1,5}", kind, 1..6).prop_map(|fields| {
        let with_id = |(id, mut field): (String, Value)| {
            field["id"] = id.into();
            field
        };
        fields.into_iter().map(with_id).collect()
    });
    prop_oneof![object, array]
}
