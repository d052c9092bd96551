//! Reading parameters: all errors of a request at once, each with the path of its parameter.

use std::fmt;

use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// What is wrong with one parameter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ParamError {
    /// Such as `geometries.box.objects_to_annotate[2]`.
    #[schema(example = "categories[1]")]
    pub path: String,
    /// What is wrong and what would be right.
    #[schema(example = "must be a string, got a number")]
    pub message: String,
}

impl ParamError {
    /// An error at `path`.
    pub fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            message: message.into(),
        }
    }
}

impl fmt::Display for ParamError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            formatter.write_str(&self.message)
        } else {
            write!(formatter, "`{}`: {}", self.path, self.message)
        }
    }
}

/// Most errors of one request that are told. A body of ten megabytes can hold a million of them.
pub const ERRORS_MAX: usize = 100;

/// All that is wrong with a request's parameters; never empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ParamErrors(pub Vec<ParamError>);

impl ParamErrors {
    /// A single error.
    pub fn one(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self(vec![ParamError::new(path, message)])
    }

    /// The same errors of a value that stands at `path`.
    #[must_use]
    pub fn within(self, path: &str) -> Self {
        let moved = |error: ParamError| {
            ParamError::new(join(path, &error.path).trim_end_matches('.'), error.message)
        };
        Self(self.0.into_iter().map(moved).collect())
    }
}

/// Keeps the first [`ERRORS_MAX`].
impl From<Vec<ParamError>> for ParamErrors {
    fn from(mut errors: Vec<ParamError>) -> Self {
        errors.truncate(ERRORS_MAX);
        Self(errors)
    }
}

impl fmt::Display for ParamErrors {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            if index > 0 {
                formatter.write_str("; ")?;
            }
            error.fmt(formatter)?;
        }
        Ok(())
    }
}

impl std::error::Error for ParamErrors {}

impl From<ParamError> for ParamErrors {
    fn from(error: ParamError) -> Self {
        Self(vec![error])
    }
}

/// What a JSON value is, in words.
pub fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// Longest piece of a sent text that an error repeats, in characters.
const EXCERPT_LENGTH_MAX: usize = 60;

/// A sent text as an error repeats it: shortened where it is long.
pub fn excerpt(text: &str) -> String {
    match text.char_indices().nth(EXCERPT_LENGTH_MAX) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

/// Joins a path and a member's name.
pub fn join(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

/// Takes members out of an object, notes what is wrong with them and goes on.
///
/// A null member counts as absent (api-v1.md 0.4). Strings that hold a number or a boolean are
/// taken where one is demanded, as form bodies and old programs send them.
pub struct ParamReader {
    path: String,
    members: Map<String, Value>,
    errors: Vec<ParamError>,
}

impl ParamReader {
    /// Reads a request's body.
    pub fn new(members: Map<String, Value>) -> Self {
        Self::at("", members)
    }

    /// Reads a nested object that stands at `path`.
    pub fn at(path: impl Into<String>, members: Map<String, Value>) -> Self {
        Self {
            path: path.into(),
            members,
            errors: Vec::new(),
        }
    }

    /// Full path of a member.
    pub fn path_of(&self, name: &str) -> String {
        join(&self.path, name)
    }

    /// Path of the object that is read; empty at the top.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Notes an error of a member.
    pub fn error(&mut self, name: &str, message: impl Into<String>) {
        let path = self.path_of(name);
        self.absorb([ParamError::new(path, message)]);
    }

    /// Takes over errors whose paths are full already.
    pub fn absorb(&mut self, errors: impl IntoIterator<Item = ParamError>) {
        let room = ERRORS_MAX.saturating_sub(self.errors.len());
        self.errors.extend(errors.into_iter().take(room));
    }

    /// Whether anything was wrong so far.
    pub fn has_errors(&self) -> bool {
        !self.errors.is_empty()
    }

    /// A member as it is; null counts as absent.
    pub fn take(&mut self, name: &str) -> Option<Value> {
        self.members
            .shift_remove(name)
            .filter(|value| !value.is_null())
    }

    fn wrong_kind(&mut self, name: &str, wanted: &str, value: &Value) {
        self.error(name, format!("must be {wanted}, got {}", kind_of(value)));
    }

    /// A string.
    pub fn string(&mut self, name: &str) -> Option<String> {
        match self.take(name)? {
            Value::String(text) => Some(text),
            other => {
                self.wrong_kind(name, "a string", &other);
                None
            }
        }
    }

    /// A string that must be there and not empty.
    pub fn required_string(&mut self, name: &str) -> String {
        let known = self.errors.len();
        match self.string(name) {
            Some(text) if !text.is_empty() => text,
            Some(_) => {
                self.error(name, "must not be empty");
                String::new()
            }
            None => {
                if self.errors.len() == known {
                    self.error(name, "is required");
                }
                String::new()
            }
        }
    }

    /// A boolean.
    pub fn boolean(&mut self, name: &str) -> Option<bool> {
        match self.take(name)? {
            Value::Bool(flag) => Some(flag),
            Value::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
            Value::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
            other => {
                self.wrong_kind(name, "true or false", &other);
                None
            }
        }
    }

    /// A finite number.
    pub fn number(&mut self, name: &str) -> Option<f64> {
        let value = self.take(name)?;
        let number = number_of(&value);
        if number.is_none() {
            self.wrong_kind(name, "a number", &value);
        }
        number
    }

    /// A whole number.
    pub fn integer(&mut self, name: &str) -> Option<i64> {
        let value = self.take(name)?;
        let number = number_of(&value)
            .filter(|number| number.fract() == 0.0 && number.abs() <= 9_007_199_254_740_992.0);
        if number.is_none() {
            self.wrong_kind(name, "a whole number", &value);
        }
        number.map(|number| number as i64)
    }

    /// An object.
    pub fn object(&mut self, name: &str) -> Option<Map<String, Value>> {
        match self.take(name)? {
            Value::Object(object) => Some(object),
            other => {
                self.wrong_kind(name, "an object", &other);
                None
            }
        }
    }

    /// An array.
    pub fn array(&mut self, name: &str) -> Option<Vec<Value>> {
        match self.take(name)? {
            Value::Array(values) => Some(values),
            other => {
                self.wrong_kind(name, "an array", &other);
                None
            }
        }
    }

    /// Ends reading: names of members that nobody took, or all errors.
    pub fn finish(self) -> Result<Vec<String>, ParamErrors> {
        if self.errors.is_empty() {
            let path = self.path;
            Ok(self.members.keys().map(|name| join(&path, name)).collect())
        } else {
            Err(ParamErrors(self.errors))
        }
    }
}

/// A number, or a string that holds one.
pub fn number_of(value: &Value) -> Option<f64> {
    let number = match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => {
            // `parse` would also take names such as "infinity".
            let digits = |byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E');
            Some(text.trim())
                .filter(|text| text.bytes().all(digits))?
                .parse()
                .ok()
        }
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    number.filter(|number| number.is_finite())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn reader(value: &Value) -> ParamReader {
        ParamReader::new(value.as_object().unwrap().clone())
    }

    #[test]
    fn all_errors_are_told_with_their_paths() {
        let mut reader = reader(&json!({"a": 1, "b": "x", "c": "yes", "unknown": 1}));
        reader.string("a");
        reader.number("b");
        reader.boolean("c");
        reader.required_string("d");
        let text = reader.finish().unwrap_err().to_string();
        assert_eq!(
            text,
            "`a`: must be a string, got a number; `b`: must be a number, got a string; `c`: must \
             be true or false, got a string; `d`: is required"
        );
    }

    #[test]
    fn no_more_errors_than_the_limit_are_told() {
        let mut reader = reader(&json!({}));
        let error = ParamError::new("a", "is wrong");
        reader.absorb(vec![error; 10 * ERRORS_MAX]);
        reader.error("b", "is wrong");
        assert_eq!(reader.finish().unwrap_err().0.len(), ERRORS_MAX);
    }

    #[test]
    fn strings_stand_for_numbers_and_null_for_absence() {
        let mut reader = reader(&json!({"n": "30", "f": "true", "gone": null, "more": 1}));
        assert_eq!(reader.integer("n"), Some(30));
        assert_eq!(reader.boolean("f"), Some(true));
        assert_eq!(reader.string("gone"), None);
        assert_eq!(reader.finish().unwrap(), ["more"]);
    }
}
