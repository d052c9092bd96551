//! What is a right answer to an attribute, by the attribute's type.

use serde_json::{Value, json};

use super::attributes::Subject;
use crate::param::{kind_of, number_of};
use crate::task_types::choices::Choices;

/// Longest text in an answer, in characters.
pub const ATTRIBUTE_TEXT_LENGTH_MAX: usize = 10_000;

/// An attribute's type, with what only that type has.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    Category {
        choices: Choices,
        allow_multiple: bool,
    },
    Number {
        min: Option<f64>,
        max: Option<f64>,
        step: Option<f64>,
    },
    Angle,
    Text,
    Offset,
    Linked {
        allowed_labels: Option<Vec<String>>,
    },
}

impl Kind {
    /// The answer in its final form; `None` where there is none.
    pub(super) fn check(
        &self,
        given: Option<&Value>,
        subject: &Subject<'_>,
    ) -> Result<Option<Value>, String> {
        let given = match given {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::String(text)) if text.trim().is_empty() => return Ok(None),
            Some(Value::Array(values)) if values.is_empty() => return Ok(None),
            Some(given) => given,
        };
        match self {
            Self::Category {
                choices,
                allow_multiple,
            } => check_category(given, choices, *allow_multiple),
            Self::Number { min, max, step } => check_number(given, *min, *max, *step),
            Self::Angle => check_number(given, Some(0.0), Some(360.0), None),
            Self::Offset => check_number(given, None, None, None),
            Self::Text => match given {
                Value::String(text) if text.chars().count() > ATTRIBUTE_TEXT_LENGTH_MAX => {
                    Err(format!(
                        "{} characters, at most {ATTRIBUTE_TEXT_LENGTH_MAX}.",
                        text.chars().count()
                    ))
                }
                Value::String(_) => Ok(Some(given.clone())),
                other => Err(format!("must be a text, got {}.", kind_of(other))),
            },
            Self::Linked { allowed_labels } => {
                check_linked(given, allowed_labels.as_deref(), subject)
            }
        }
    }

    pub(super) fn made_up(&self) -> Option<Value> {
        match self {
            Self::Category {
                choices,
                allow_multiple,
            } => {
                let first = choices.first_leaf().unwrap_or_default();
                Some(if *allow_multiple {
                    json!([first])
                } else {
                    first.into()
                })
            }
            Self::Number { min, max, step } => {
                // The least; else 0, or the step below the greatest where 0 is too much.
                let number = min.unwrap_or_else(|| match (max, step) {
                    (Some(max), Some(step)) if *max < 0.0 => (max / step).floor() * step,
                    (Some(max), None) if *max < 0.0 => *max,
                    _ => 0.0,
                });
                Some(plain(number))
            }
            Self::Angle | Self::Offset => Some(0.into()),
            Self::Text => Some("test response".into()),
            Self::Linked { .. } => None,
        }
    }
}

/// A number as JSON, without a fraction where it has none.
pub(crate) fn plain(number: f64) -> Value {
    if number.fract() == 0.0 && number.abs() < 9_007_199_254_740_992.0 {
        (number as i64).into()
    } else {
        number.into()
    }
}

fn check_category(
    given: &Value,
    choices: &Choices,
    allow_multiple: bool,
) -> Result<Option<Value>, String> {
    let picks = match given {
        Value::Array(picks) if allow_multiple => picks.as_slice(),
        Value::Array(_) => return Err("choose one.".to_owned()),
        pick => std::slice::from_ref(pick),
    };
    let mut picked: Vec<&str> = Vec::new();
    for pick in picks {
        match pick.as_str() {
            Some(text) if !choices.has_leaf(text) => {
                return Err(format!("\"{text}\" is not one of the choices."));
            }
            Some(text) if !picked.contains(&text) => picked.push(text),
            Some(_) => {}
            None => {
                return Err(format!(
                    "must be one of the choices, got {}.",
                    kind_of(pick)
                ));
            }
        }
    }
    Ok(Some(if allow_multiple {
        json!(picked)
    } else {
        json!(picked.first())
    }))
}

fn check_number(
    given: &Value,
    min: Option<f64>,
    max: Option<f64>,
    step: Option<f64>,
) -> Result<Option<Value>, String> {
    let Some(number) = number_of(given) else {
        return Err(format!("must be a number, got {}.", kind_of(given)));
    };
    if let Some(max) = max.filter(|max| number > *max) {
        return Err(format!("{number} is more than {max}."));
    }
    if let Some(min) = min.filter(|min| number < *min) {
        return Err(format!("{number} is less than {min}."));
    }
    if let Some(step) = step {
        let steps = (number - min.unwrap_or(0.0)) / step;
        // Binary fractions do not hit steps such as 0.1 exactly.
        if (steps - steps.round()).abs() > 1e-6 {
            return Err(format!(
                "{number} is not a whole number of steps of {step}."
            ));
        }
    }
    Ok(Some(if given.is_number() {
        given.clone()
    } else {
        plain(number)
    }))
}

fn check_linked(
    given: &Value,
    allowed_labels: Option<&[String]>,
    subject: &Subject<'_>,
) -> Result<Option<Value>, String> {
    let Some(id) = given.as_str() else {
        return Err(format!(
            "must be the uuid of another object, got {}.",
            kind_of(given)
        ));
    };
    if subject.id == Some(id) {
        return Err("must be another object, not this one.".to_owned());
    }
    match (subject.label_of)(id) {
        None => Err("there is no object of that uuid.".to_owned()),
        Some(label) => {
            let allowed = allowed_labels
                .is_none_or(|allowed| label.as_ref().is_some_and(|label| allowed.contains(label)));
            if allowed {
                Ok(Some(given.clone()))
            } else {
                let names = allowed_labels.unwrap_or_default().join(", ");
                Err(format!("must be an object of the label {names}."))
            }
        }
    }
}
