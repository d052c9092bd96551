//! Labels and choices: strings, or objects with `choice`, `display` and `subchoices`
//! (api-v1.md 4.3). Only leaves can be picked; their values are unique over the whole tree.

use std::collections::HashSet;

use serde_json::Value;

use crate::param::{ERRORS_MAX, ParamError, ParamReader, join, kind_of};

/// Most choices of one list, subchoices included.
pub const CHOICES_MAX: usize = 1_000;
/// Longest choice, in characters.
pub const CHOICE_LENGTH_MAX: usize = 256;

/// The leaves of a tree of choices, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Choices {
    leaves: Vec<String>,
}

impl Choices {
    /// Reads a list (or an object, whose member names are the choices); errors go to the reader.
    pub(crate) fn read(reader: &mut ParamReader, name: &str, value: &Value) -> Self {
        let path = reader.path_of(name);
        let mut choices = Self::default();
        let mut seen = HashSet::new();
        let mut errors = Vec::new();
        match value {
            Value::Array(values) => choices.walk(values, &path, &mut seen, &mut errors),
            Value::Object(members) => {
                let values: Vec<Value> = members.keys().map(|key| key.clone().into()).collect();
                choices.walk(&values, &path, &mut seen, &mut errors);
            }
            Value::String(_) => {
                choices.walk(std::slice::from_ref(value), &path, &mut seen, &mut errors);
            }
            other => errors.push(ParamError::new(
                &path,
                format!("must be an array of choices, got {}", kind_of(other)),
            )),
        }
        if errors.is_empty() && choices.leaves.is_empty() {
            errors.push(ParamError::new(&path, "must hold at least one choice"));
        }
        if seen.len() > CHOICES_MAX {
            errors.push(ParamError::new(
                &path,
                format!("can hold at most {CHOICES_MAX} choices"),
            ));
        }
        reader.absorb(errors);
        choices
    }

    /// Reads stored choices, which were checked when they came in.
    pub(crate) fn stored(value: Option<&Value>) -> Self {
        let mut reader = ParamReader::new(serde_json::Map::new());
        value.map_or_else(Self::default, |value| Self::read(&mut reader, "", value))
    }

    fn walk(
        &mut self,
        values: &[Value],
        path: &str,
        seen: &mut HashSet<String>,
        errors: &mut Vec<ParamError>,
    ) {
        for (index, value) in values.iter().enumerate() {
            let path = format!("{path}[{index}]");
            let (choice, subchoices) = match value {
                Value::String(choice) => (Some(choice.as_str()), None),
                Value::Object(members) => (
                    members.get("choice").and_then(Value::as_str),
                    members.get("subchoices").filter(|value| !value.is_null()),
                ),
                _ => (None, None),
            };
            let Some(choice) = choice else {
                errors.push(ParamError::new(
                    path,
                    format!(
                        "must be a string or an object with a string `choice`, got {}",
                        kind_of(value)
                    ),
                ));
                continue;
            };
            let length = choice.chars().count();
            if length == 0 || length > CHOICE_LENGTH_MAX {
                errors.push(ParamError::new(
                    &path,
                    format!("must have 1 to {CHOICE_LENGTH_MAX} characters, got {length}"),
                ));
            } else if !seen.insert(choice.to_owned()) {
                errors.push(ParamError::new(
                    &path,
                    format!("\"{choice}\" stands there twice; each choice must be unique"),
                ));
            }
            if seen.len() > CHOICES_MAX || errors.len() > ERRORS_MAX {
                return;
            }
            match subchoices {
                None => self.leaves.push(choice.to_owned()),
                Some(Value::Array(values)) if values.is_empty() => {
                    self.leaves.push(choice.to_owned());
                }
                Some(Value::Array(values)) => {
                    self.walk(values, &join(&path, "subchoices"), seen, errors);
                }
                Some(other) => errors.push(ParamError::new(
                    join(&path, "subchoices"),
                    format!("must be an array of choices, got {}", kind_of(other)),
                )),
            }
        }
    }

    /// Whether a value can be picked.
    pub(crate) fn has_leaf(&self, choice: &str) -> bool {
        self.leaves.iter().any(|leaf| leaf == choice)
    }

    /// The first value that can be picked.
    pub(crate) fn first_leaf(&self) -> Option<&str> {
        self.leaves.first().map(String::as_str)
    }

    /// All values that can be picked, in order.
    pub(crate) fn leaves(&self) -> &[String] {
        &self.leaves
    }
}
