//! Reads the choices of a field: a tree whose leaves can be picked.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::params::{CHOICES_MAX, Choice, Choices, leaf_values};
use super::read::{read_range, read_text};
use crate::param::{ParamError, ParamReader, kind_of};

pub(super) fn read_choices(reader: &mut ParamReader) -> Option<Choices> {
    let choices = read_choice_list(reader, "choices")?;
    let (min_choices, max_choices) =
        read_range(reader, ("min_choices", "max_choices"), CHOICES_MAX as u32);
    let leaves = leaf_values(&choices).len();
    if min_choices as usize > leaves && leaves > 0 {
        reader.error(
            "min_choices",
            format!("asks for {min_choices} of only {leaves} choices"),
        );
    }
    Some(Choices {
        choices,
        min_choices,
        max_choices,
    })
}

pub(super) fn read_choice_list(reader: &mut ParamReader, name: &str) -> Option<Vec<Choice>> {
    let Some(values) = reader.array(name) else {
        reader.error(
            name,
            format!("is required: an array of {name}, each with label and value"),
        );
        return None;
    };
    let path = reader.path_of(name);
    let mut walk = ChoiceWalk::default();
    let choices = walk.read(&path, values);
    if walk.errors.is_empty() && leaf_values(&choices).is_empty() {
        walk.errors.push(ParamError::new(
            &path,
            "must hold at least one that can be picked",
        ));
    }
    reader.absorb(walk.errors);
    Some(choices)
}

#[derive(Default)]
struct ChoiceWalk {
    errors: Vec<ParamError>,
    /// Values of leaves, as JSON text.
    seen: HashSet<String>,
    count: usize,
}

impl ChoiceWalk {
    fn read(&mut self, path: &str, values: Vec<Value>) -> Vec<Choice> {
        self.count += values.len();
        if self.count > CHOICES_MAX {
            let message = format!("a field can have at most {CHOICES_MAX} choices");
            self.errors.push(ParamError::new(path, message));
            return Vec::new();
        }
        let mut choices = Vec::new();
        for (index, value) in values.into_iter().enumerate() {
            choices.extend(self.read_one(&format!("{path}[{index}]"), value));
        }
        choices
    }

    fn read_one(&mut self, path: &str, value: Value) -> Option<Choice> {
        let members = match value {
            Value::Object(members) => members,
            // A label that is its own value.
            Value::String(text) => Map::from_iter([
                ("label".to_owned(), text.clone().into()),
                ("value".to_owned(), text.into()),
            ]),
            other => {
                let message = format!(
                    "must be an object with `label` and `value`, got {}",
                    kind_of(&other)
                );
                self.errors.push(ParamError::new(path, message));
                return None;
            }
        };
        let mut reader = ParamReader::at(path, members);
        let label = reader.required_string("label");
        let value = reader.take("value");
        let hint = read_text(&mut reader, "hint");
        let below = reader.array("subchoices").unwrap_or_default();
        let is_leaf = below.is_empty();
        let subchoices = self.read(&reader.path_of("subchoices"), below);
        match &value {
            Some(Value::String(_) | Value::Number(_) | Value::Bool(_)) => {
                if let Some(value) = value.as_ref().filter(|_| is_leaf)
                    && !self.seen.insert(value.to_string())
                {
                    reader.error(
                        "value",
                        format!("{value} stands there twice; each value must be unique"),
                    );
                }
            }
            Some(other) => reader.error(
                "value",
                format!(
                    "must be a string, number or boolean, got {}",
                    kind_of(other)
                ),
            ),
            None if is_leaf => reader.error("value", "is required: what the answer will hold"),
            None => {}
        }
        match reader.finish() {
            Ok(_) => Some(Choice {
                label,
                value,
                hint,
                subchoices,
            }),
            Err(errors) => {
                self.errors.extend(errors.0);
                None
            }
        }
    }
}
