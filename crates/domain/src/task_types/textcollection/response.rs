//! Answers of textcollection: taken in both generations (the value alone, or
//! `{type, field_id, response: [value, …]}`), given back in the second (api-v1.md 4.12).

use std::cell::OnceCell;

use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::answer::check_answer;
use super::condition::Condition;
use super::params::{Field, FieldKind, TextcollectionParams};
use crate::param::{ParamError, ParamErrors, join, kind_of};

/// Answer of a textcollection task.
#[derive(ToSchema)]
#[expect(dead_code, reason = "this tells the shape of the answer")]
pub struct TextcollectionResponse {
    /// One member for each answered field, named by its `field_id`.
    annotations: std::collections::HashMap<String, FieldAnswer>,
}

/// Answers to one field.
#[derive(ToSchema)]
#[expect(dead_code, reason = "this tells the shape of the answer")]
pub struct FieldAnswer {
    /// The field's type.
    #[schema(example = "text")]
    r#type: String,
    /// The field.
    #[schema(example = "plate")]
    field_id: String,
    /// The answers, in order; that of a category or select is an array of the picked values, that
    /// of a group is an object of such members.
    #[schema(example = json!(["AB-123"]))]
    response: Vec<Value>,
}

/// How strict a check is.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Strictness {
    /// An answer of a labeler: whole.
    Answer,
    /// A first guess: what is there must fit, nothing must be there.
    Guess,
}

/// Checks an answer against stored params.
pub(super) fn check(params: &Map<String, Value>, response: &Value) -> Result<Value, ParamErrors> {
    let params: TextcollectionParams = serde_json::from_value(Value::Object(params.clone()))
        .map_err(|error| {
            ParamErrors::one("", format!("The task's parameters cannot be read: {error}"))
        })?;
    let annotations = annotations_of(response)?;
    let mut errors = Vec::new();
    let checked = Level {
        fields: &params.fields,
        around: None,
        strictness: Strictness::Answer,
    }
    .check("annotations", annotations, &mut errors);
    if errors.is_empty() {
        Ok(json!({"annotations": checked}))
    } else {
        Err(ParamErrors::from(errors))
    }
}

/// Checks a first guess.
pub(super) fn check_guess(
    fields: &[Field],
    hypothesis: &Map<String, Value>,
) -> Result<(), ParamErrors> {
    let annotations = match hypothesis.get("annotations") {
        None | Some(Value::Null) => return Ok(()),
        Some(Value::Object(annotations)) => annotations,
        Some(other) => {
            let message = format!("must be an object, got {}", kind_of(other));
            return Err(ParamErrors::one("annotations", message));
        }
    };
    let mut errors = Vec::new();
    Level {
        fields,
        around: None,
        strictness: Strictness::Guess,
    }
    .check("annotations", annotations, &mut errors);
    if errors.is_empty() {
        Ok(())
    } else {
        Err(ParamErrors::from(errors))
    }
}

fn annotations_of(response: &Value) -> Result<&Map<String, Value>, ParamErrors> {
    match response.get("annotations") {
        Some(Value::Object(annotations)) => Ok(annotations),
        Some(other) => Err(ParamErrors::one(
            "annotations",
            format!(
                "must be an object of answers by field_id, got {}",
                kind_of(other)
            ),
        )),
        None => Err(ParamErrors::one(
            "annotations",
            "is required: an object of answers by field_id",
        )),
    }
}

/// The answers to one field, checked.
#[derive(Default)]
pub(super) struct Answered {
    answers: Vec<Value>,
    errors: Vec<ParamError>,
    /// Whether the field is shown, once that is known.
    shown: OnceCell<bool>,
}

/// Fields that are answered together: those of the task, or those of one answer to a group.
pub(super) struct Level<'a> {
    fields: &'a [Field],
    around: Option<&'a Scope<'a>>,
    strictness: Strictness,
}

/// Answers that a condition may look at.
pub(super) struct Scope<'a> {
    fields: &'a [Field],
    answered: &'a [Answered],
    around: Option<&'a Scope<'a>>,
}

impl<'a> Level<'a> {
    /// The fields of a group within a scope.
    pub(super) fn below(
        fields: &'a [Field],
        around: &'a Scope<'a>,
        strictness: Strictness,
    ) -> Self {
        Self {
            fields,
            around: Some(around),
            strictness,
        }
    }

    /// Gives the answers of the shown fields, in the fields' order; notes what is wrong.
    pub(super) fn check(
        &self,
        path: &str,
        given: &Map<String, Value>,
        errors: &mut Vec<ParamError>,
    ) -> Map<String, Value> {
        for name in given.keys() {
            if !self.fields.iter().any(|field| field.field_id == *name) {
                errors.push(ParamError::new(
                    join(path, name),
                    "is not one of the fields",
                ));
            }
        }
        // Simple answers come first: conditions, also those within groups, look at them alone.
        let mut answered: Vec<Answered> = self
            .fields
            .iter()
            .map(|field| match field.kind.fields() {
                Some(_) => Answered::default(),
                None => self.answer(path, field, given, None),
            })
            .collect();
        let groups: Vec<(usize, Answered)> = {
            let scope = Scope {
                fields: self.fields,
                answered: &answered,
                around: self.around,
            };
            let is_group = |(_, field): &(usize, &Field)| field.kind.fields().is_some();
            self.fields
                .iter()
                .enumerate()
                .filter(is_group)
                .map(|(index, field)| (index, self.answer(path, field, given, Some(&scope))))
                .collect()
        };
        for (index, group) in groups {
            answered[index] = group;
        }
        let scope = Scope {
            fields: self.fields,
            answered: &answered,
            around: self.around,
        };
        let mut checked = Map::new();
        for (index, field) in self.fields.iter().enumerate() {
            if !scope.shows(index, self.fields.len()) {
                continue;
            }
            let Answered {
                answers,
                errors: problems,
                ..
            } = &answered[index];
            errors.extend(problems.iter().cloned());
            if answers.is_empty() {
                if field.required && problems.is_empty() && self.strictness == Strictness::Answer {
                    let message = format!("*{}* is required.", field.title);
                    errors.push(ParamError::new(join(path, &field.field_id), message));
                }
                continue;
            }
            checked.insert(
                field.field_id.clone(),
                json!({
                    "type": field.kind.name(),
                    "field_id": field.field_id,
                    "response": answers,
                }),
            );
        }
        checked
    }

    /// All answers to one field, of either generation; empty ones count as none.
    fn answer(
        &self,
        path: &str,
        field: &Field,
        given: &Map<String, Value>,
        scope: Option<&Scope<'_>>,
    ) -> Answered {
        let mut answered = Answered::default();
        let path = join(path, &field.field_id);
        let given = given
            .get(&field.field_id)
            .map(|value| answers_of(field, value));
        let mut given = given.unwrap_or_default();
        // A form is always shown, so what it requires is required even if it was left out.
        let untouched = json!({});
        if given.is_empty() && matches!(field.kind, FieldKind::Form { .. }) {
            given.push(&untouched);
        }
        for (index, value) in given.into_iter().enumerate() {
            let path = if field.max_responses_required > 1 {
                format!("{path}[{index}]")
            } else {
                path.clone()
            };
            match check_answer(&path, field, value, scope, self.strictness) {
                Ok(answer) => answered.answers.extend(answer),
                Err(errors) => answered.errors.extend(errors),
            }
        }
        let count = answered.answers.len();
        let (min, max) = (field.min_responses_required, field.max_responses_required);
        if answered.errors.is_empty() && count > 0 {
            let title = &field.title;
            let answers = if count == 1 { "answer" } else { "answers" };
            if count > max as usize {
                let message = format!("*{title}*: {count} {answers}, at most {max}.");
                answered.errors.push(ParamError::new(&path, message));
            } else if count < min as usize && self.strictness == Strictness::Answer {
                let message = format!("*{title}*: {count} {answers}, at least {min}.");
                answered.errors.push(ParamError::new(&path, message));
            }
        }
        answered
    }
}

impl Scope<'_> {
    /// Whether the conditions of a field hold. Conditions form no circle; `steps_left` makes sure
    /// of an end all the same.
    fn shows(&self, index: usize, steps_left: usize) -> bool {
        let known = &self.answered[index].shown;
        if let Some(shown) = known.get() {
            return *shown;
        }
        let condition = self.fields[index]
            .conditions
            .as_ref()
            .and_then(|conditions| Condition::read("", conditions).ok());
        let shown = condition.is_none_or(|condition| {
            condition.holds(&mut |id, value| self.has_answer(id, value, steps_left))
        });
        *known.get_or_init(|| shown)
    }

    /// Whether a field that is shown has this answer, here or further out.
    fn has_answer(&self, id: &str, value: &Value, steps_left: usize) -> bool {
        match self.fields.iter().position(|field| field.field_id == id) {
            Some(index) => {
                steps_left > 0
                    && self.answered[index]
                        .answers
                        .iter()
                        .any(|answer| match answer {
                            Value::Array(picked) => {
                                picked.iter().any(|picked| equal(picked, value))
                            }
                            answer => equal(answer, value),
                        })
                    && self.shows(index, steps_left - 1)
            }
            None => self
                .around
                .is_some_and(|around| around.has_answer(id, value, around.fields.len())),
        }
    }
}

/// Numbers are equal by value (1 and 1.0); all else as it stands.
fn equal(left: &Value, right: &Value) -> bool {
    match (left.as_f64(), right.as_f64()) {
        (Some(left), Some(right)) => left.total_cmp(&right).is_eq(),
        _ => left == right,
    }
}

/// Parts what was given for a field into single answers.
fn answers_of<'v>(field: &Field, given: &'v Value) -> Vec<&'v Value> {
    if let Value::Object(members) = given
        && let Some(Value::Array(answers)) = members.get("response")
        && (field.kind.fields().is_none()
            || members.get("field_id").and_then(Value::as_str) == Some(&field.field_id))
    {
        return answers.iter().collect();
    }
    match given {
        Value::Null => Vec::new(),
        Value::Array(values) if field.kind.answer_is_array() => {
            if !values.is_empty() && values.iter().all(Value::is_array) {
                values.iter().collect()
            } else {
                vec![given]
            }
        }
        Value::Array(values) => values.iter().collect(),
        _ => vec![given],
    }
}
