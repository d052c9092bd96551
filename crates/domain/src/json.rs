//! Strict reading of JSON bodies: one pass, with limits, and errors that name the place.

use std::fmt;

use serde::de::{self, DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// Deepest nesting of arrays and objects.
pub const DEPTH_MAX: usize = 64;

/// Why a body is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("The body is not acceptable JSON: {0}.")]
pub struct JsonError(String);

/// Whether a body is empty, or holds only white space.
pub fn is_blank(bytes: &[u8]) -> bool {
    bytes.iter().all(u8::is_ascii_whitespace)
}

/// Reads a body.
pub fn parse(bytes: &[u8]) -> Result<Value, JsonError> {
    if let Err(error) = std::str::from_utf8(bytes) {
        return Err(JsonError(format!("byte {} is not UTF-8", error.valid_up_to())));
    }
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let mut path = Vec::new();
    let value = Node { path: &mut path }
        .deserialize(&mut deserializer)
        .and_then(|value| deserializer.end().map(|()| value))
        .map_err(|error| JsonError(describe(&error)))?;
    Ok(value)
}

fn describe(error: &serde_json::Error) -> String {
    let text = error.to_string();
    if text.contains("recursion limit") {
        return too_deep();
    }
    if text.contains("surrogate") || text.contains("end of hex escape") {
        return format!(
            "half of a surrogate pair (\\uD800 to \\uDFFF stand in pairs) at line {} column {}",
            error.line(),
            error.column()
        );
    }
    text
}

fn too_deep() -> String {
    format!("arrays and objects are nested deeper than {DEPTH_MAX} levels")
}

enum Step {
    Member(String),
    Index(usize),
}

fn path_text(path: &[Step]) -> String {
    let mut text = String::new();
    for step in path {
        match step {
            Step::Member(name) => {
                if !text.is_empty() {
                    text.push('.');
                }
                text.push_str(name);
            }
            Step::Index(index) => text.push_str(&format!("[{index}]")),
        }
    }
    if text.is_empty() { "the body".to_owned() } else { format!("`{text}`") }
}

struct Node<'p> {
    path: &'p mut Vec<Step>,
}

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = Value;

    fn deserialize<D: de::Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

fn no_nul<E: de::Error>(text: &str, path: &[Step]) -> Result<(), E> {
    if text.contains('\0') {
        return Err(E::custom(format!(
            "{} holds a NUL character (\\u0000), which no text can have",
            path_text(path)
        )));
    }
    Ok(())
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Value, E> {
        Ok(Value::Bool(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Number(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Number(number.into()))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Value, E> {
        Number::from_f64(number).map(Value::Number).ok_or_else(|| {
            E::custom(format!("{} is a number out of range", path_text(self.path)))
        })
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Value, E> {
        no_nul(text, self.path)?;
        Ok(Value::String(text.to_owned()))
    }

    fn visit_string<E: de::Error>(self, text: String) -> Result<Value, E> {
        no_nul(&text, self.path)?;
        Ok(Value::String(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        if self.path.len() >= DEPTH_MAX {
            return Err(de::Error::custom(too_deep()));
        }
        let mut values = Vec::new();
        self.path.push(Step::Index(0));
        while let Some(value) = members.next_element_seed(Node { path: &mut *self.path })? {
            values.push(value);
            if let Some(Step::Index(index)) = self.path.last_mut() {
                *index += 1;
            }
        }
        self.path.pop();
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        if self.path.len() >= DEPTH_MAX {
            return Err(de::Error::custom(too_deep()));
        }
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            self.path.push(Step::Member(name));
            let Some(Step::Member(name)) = self.path.last() else { unreachable_step() };
            no_nul(name, self.path)?;
            if object.contains_key(name) {
                return Err(de::Error::custom(format!(
                    "{} stands there twice; each member may come once",
                    path_text(self.path)
                )));
            }
            let value = members.next_value_seed(Node { path: &mut *self.path })?;
            if let Some(Step::Member(name)) = self.path.pop() {
                object.insert(name, value);
            }
        }
        Ok(Value::Object(object))
    }
}

/// The step was pushed one line before it is looked at.
fn unreachable_step() -> ! {
    unreachable!("the last step of the path is the member just pushed")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn error(text: &str) -> String {
        parse(text.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn duplicates_are_refused_with_their_path() {
        assert!(error(r#"{"a": [1, {"b": 1, "b": 2}]}"#).contains("`a[1].b` stands there twice"));
    }

    #[test]
    fn nul_surrogates_and_numbers_out_of_range_are_refused() {
        assert!(error(r#"{"a": ["x", "y\u0000"]}"#).contains("`a[1]` holds a NUL"));
        assert!(error(r#"{"a\u0000": 1}"#).contains("holds a NUL"));
        assert!(error(r#"{"a": "\ud800"}"#).contains("surrogate"), "{}", error(r#"{"a": "\ud800"}"#));
        assert!(error(r#"{"a": 1e999}"#).contains("out of range"));
        assert!(error("{\"a\": 1} x").contains("line 1"));
        assert!(parse(b"{\"a\": \"\xff\"}").unwrap_err().to_string().contains("byte 7"));
    }

    #[test]
    fn nesting_is_taken_to_64_levels_and_no_deeper() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(parse(nested(DEPTH_MAX).as_bytes()).is_ok());
        assert!(error(&nested(DEPTH_MAX + 1)).contains("deeper than 64"));
        assert!(error(&nested(100_000)).contains("deeper than 64"));
    }

    proptest! {
        #[test]
        fn no_text_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse(&bytes);
        }

        #[test]
        fn valid_json_reads_as_itself(name in "[a-z]{1,8}", text in "[^\0]*", number in any::<i64>()) {
            let value = json!({name: [text, number, null, true, 1.5, {"x": {}}]});
            prop_assert_eq!(parse(value.to_string().as_bytes()).unwrap(), value);
        }
    }
}
