//! Conditions of fields: an array is "one of", an object is "all of", `not` turns round,
//! `{"other_field": value}` compares an answer (api-v1.md 4.12).

use serde_json::Value;

use crate::param::{ParamError, join, kind_of};

/// Deepest nesting of a condition.
pub const CONDITION_DEPTH_MAX: usize = 16;
/// Most comparisons of a condition.
pub const CONDITION_COMPARISONS_MAX: usize = 100;

/// A condition, read.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// One of them holds.
    Any(Vec<Condition>),
    /// Each of them holds.
    All(Vec<Condition>),
    /// It does not hold.
    Not(Box<Condition>),
    /// An answer of the field is one of the values.
    Equals {
        /// The field.
        field_id: String,
        /// Its values; one is enough.
        values: Vec<Value>,
    },
}

impl Condition {
    /// Reads a condition that stands at `path`.
    pub fn read(path: &str, value: &Value) -> Result<Self, ParamError> {
        let condition = Self::read_at(path, value, CONDITION_DEPTH_MAX)?;
        let comparisons = condition.comparisons();
        if comparisons > CONDITION_COMPARISONS_MAX {
            return Err(ParamError::new(
                path,
                format!(
                    "can compare at most {CONDITION_COMPARISONS_MAX} values, this compares \
                     {comparisons}"
                ),
            ));
        }
        Ok(condition)
    }

    fn comparisons(&self) -> usize {
        match self {
            Self::Any(parts) | Self::All(parts) => parts.iter().map(Self::comparisons).sum(),
            Self::Not(inner) => inner.comparisons(),
            Self::Equals { values, .. } => values.len(),
        }
    }

    fn read_at(path: &str, value: &Value, depth_left: usize) -> Result<Self, ParamError> {
        let Some(depth_left) = depth_left.checked_sub(1) else {
            return Err(ParamError::new(
                path,
                format!("is nested deeper than {CONDITION_DEPTH_MAX} levels"),
            ));
        };
        match value {
            Value::Array(parts) => parts
                .iter()
                .enumerate()
                .map(|(index, part)| Self::read_at(&format!("{path}[{index}]"), part, depth_left))
                .collect::<Result<_, _>>()
                .map(Self::Any),
            Value::Object(members) => members
                .iter()
                .map(|(name, part)| Self::read_member(&join(path, name), name, part, depth_left))
                .collect::<Result<_, _>>()
                .map(Self::All),
            other => Err(ParamError::new(
                path,
                format!(
                    "must be an object such as {{\"other_field\": \"yes\"}} or an array of them, \
                     got {}",
                    kind_of(other)
                ),
            )),
        }
    }

    fn read_member(
        path: &str,
        name: &str,
        value: &Value,
        depth_left: usize,
    ) -> Result<Self, ParamError> {
        if name == "not" {
            return Self::read_at(path, value, depth_left).map(|inner| Self::Not(Box::new(inner)));
        }
        let field_id = name.to_owned();
        match value {
            Value::String(_) | Value::Number(_) | Value::Bool(_) => Ok(Self::Equals {
                field_id,
                values: vec![value.clone()],
            }),
            Value::Array(values)
                if !values.is_empty()
                    && values.iter().all(|value| {
                        value.is_string() || value.is_number() || value.is_boolean()
                    }) =>
            {
                Ok(Self::Equals {
                    field_id,
                    values: values.clone(),
                })
            }
            other => Err(ParamError::new(
                path,
                format!(
                    "must be the value to compare with (a string, number or boolean) or an array \
                     of such values, got {}",
                    kind_of(other)
                ),
            )),
        }
    }

    /// Ids of the fields that it looks at.
    pub fn field_ids(&self) -> Vec<&str> {
        match self {
            Self::Any(parts) | Self::All(parts) => parts.iter().flat_map(Self::field_ids).collect(),
            Self::Not(inner) => inner.field_ids(),
            Self::Equals { field_id, .. } => vec![field_id],
        }
    }

    /// Whether it holds; `has_answer(field, value)` tells whether a shown field has that answer.
    pub fn holds(&self, has_answer: &mut dyn FnMut(&str, &Value) -> bool) -> bool {
        match self {
            // Nothing to choose from is no condition.
            Self::Any(parts) => parts.is_empty() || parts.iter().any(|part| part.holds(has_answer)),
            Self::All(parts) => parts.iter().all(|part| part.holds(has_answer)),
            Self::Not(inner) => !inner.holds(has_answer),
            Self::Equals { field_id, values } => {
                values.iter().any(|value| has_answer(field_id, value))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn holds(condition: &Value, answers: &Value) -> bool {
        Condition::read("conditions", condition)
            .unwrap()
            .holds(&mut |field, value| answers.get(field) == Some(value))
    }

    #[test]
    fn arrays_are_one_of_and_objects_all_of() {
        let answers = json!({"a": "yes", "b": 2});
        assert!(holds(&json!({"a": "yes", "b": 2}), &answers));
        assert!(!holds(&json!({"a": "yes", "b": 3}), &answers));
        assert!(holds(&json!([{"a": "no"}, {"b": 2}]), &answers));
        assert!(!holds(&json!([{"a": "no"}, {"b": 3}]), &answers));
        assert!(holds(&json!({"not": {"a": "no"}}), &answers));
        assert!(!holds(
            &json!({"b": 2, "not": [{"a": "yes"}, {"a": "no"}]}),
            &answers
        ));
        assert!(holds(&json!({"b": [1, 2]}), &answers));
        assert!(!holds(&json!({"c": "yes"}), &answers));
        assert!(holds(&json!([]), &answers));
    }

    #[test]
    fn what_is_no_condition_is_told_with_its_path() {
        let path = |condition: Value| Condition::read("c", &condition).unwrap_err().path;
        assert_eq!(path(json!("yes")), "c");
        assert_eq!(path(json!([{"a": {"b": 1}}])), "c[0].a");
        assert_eq!(path(json!({"not": 1})), "c.not");
        assert_eq!(path(json!({"a": []})), "c.a");
        let mut deep = json!({"a": 1});
        for _ in 0..CONDITION_DEPTH_MAX {
            deep = json!({"not": deep});
        }
        assert!(
            Condition::read("c", &deep)
                .unwrap_err()
                .message
                .contains("deeper than 16")
        );
    }
}
