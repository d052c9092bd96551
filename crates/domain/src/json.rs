//! Strict reading of JSON bodies, in one pass.
//!
//! JSON allows what a store or a reader cannot keep apart: a name twice, a NUL character in a
//! text, nesting without end. Such a body is refused here, with the place, before anything else
//! sees it.

use std::fmt;

use serde::de::{self, DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::param::excerpt;

/// Deepest nesting of arrays and objects; the outermost counts as 1.
pub const DEPTH_MAX: usize = 64;
/// Names that the JSON library gives a meaning of its own when a stored text is read again.
const RESERVED_PREFIX: &str = "$serde_json::private::";

/// Why a body was refused, for the person who wrote it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("The body is not acceptable JSON: {message} at line {line} column {column}.")]
pub struct JsonError {
    /// What was wrong and what would be right, with the path where there is one.
    pub message: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in bytes, from 1.
    pub column: usize,
}

/// Whether a body holds nothing but white space. What that means is the caller's matter.
pub fn is_blank(bytes: &[u8]) -> bool {
    bytes
        .iter()
        .all(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'))
}

/// Reads a body as UTF-8 JSON (RFC 8259). Refused besides what is no JSON: nesting deeper than
/// [`DEPTH_MAX`], a member name twice in one object, a NUL character in a text or name, lone
/// surrogates, numbers past the range of a double.
pub fn parse(bytes: &[u8]) -> Result<Value, JsonError> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = Place::Root
        .deserialize(&mut reader)
        .map_err(|error| explain(&error))?;
    reader.end().map_err(|error| explain(&error))?;
    Ok(value)
}

/// The library's error in our words: its text ends with the place, which we tell ourselves.
fn explain(error: &serde_json::Error) -> JsonError {
    let (line, column) = (error.line(), error.column());
    let text = error.to_string();
    let said = text
        .strip_suffix(&format!(" at line {line} column {column}"))
        .unwrap_or(&text);
    let message = match said {
        "number out of range" => {
            "a number is out of range; the largest is about 1.8e308".to_owned()
        }
        "lone leading surrogate in hex escape" | "unexpected end of hex escape" => {
            "a \\u escape is half of a surrogate pair; write both halves".to_owned()
        }
        "invalid unicode code point" => {
            "the text is not UTF-8, or an escape names no character".to_owned()
        }
        "control character (\\u0000-\\u001F) found while parsing a string" => {
            "a text holds a raw control character; write it as an escape such as \\n".to_owned()
        }
        "trailing characters" => "something follows the end of the value".to_owned(),
        "recursion limit exceeded" => too_deep(),
        said => said.to_owned(),
    };
    JsonError {
        message,
        line,
        column,
    }
}

fn too_deep() -> String {
    format!("arrays and objects are nested deeper than {DEPTH_MAX}")
}

/// What is wrong with a text, if anything.
pub(crate) fn problem_of_text(text: &str) -> Option<&'static str> {
    text.contains('\0')
        .then_some("holds a NUL character (\\u0000), which no text can have")
}

/// What is wrong with a member's name, if anything.
pub(crate) fn problem_of_name(name: &str) -> Option<&'static str> {
    if name.contains('\0') {
        Some("holds a NUL character (\\u0000) in its name, which no text can have")
    } else if name.starts_with(RESERVED_PREFIX) {
        Some("is a reserved name; choose another")
    } else {
        None
    }
}

/// Where in the document the reading is: a chain on the stack, written out only in an error.
#[derive(Clone, Copy)]
enum Place<'a> {
    Root,
    Member(&'a Place<'a>, &'a str),
    Item(&'a Place<'a>, usize),
}

impl Place<'_> {
    /// Number of arrays and objects around this place.
    fn depth(&self) -> usize {
        let mut depth = 0;
        let mut place = self;
        while let Place::Member(parent, _) | Place::Item(parent, _) = place {
            depth += 1;
            place = parent;
        }
        depth
    }

    fn error<E: de::Error>(&self, problem: &str) -> E {
        let path = self.to_string();
        if path.is_empty() {
            E::custom(format_args!("the body {problem}"))
        } else {
            E::custom(format_args!("`{path}` {problem}"))
        }
    }

    fn check_text<E: de::Error>(&self, text: &str) -> Result<(), E> {
        problem_of_text(text).map_or(Ok(()), |problem| Err(self.error(problem)))
    }

    fn check_depth<E: de::Error>(&self) -> Result<(), E> {
        if self.depth() < DEPTH_MAX {
            Ok(())
        } else {
            Err(E::custom(too_deep()))
        }
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Member(Place::Root, name) => formatter.write_str(&excerpt(name)),
            Self::Member(parent, name) => write!(formatter, "{parent}.{}", excerpt(name)),
            Self::Item(parent, index) => write!(formatter, "{parent}[{index}]"),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Place<'_> {
    type Value = Value;

    fn deserialize<D: de::Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Place<'_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Value, E> {
        let number = Number::from_f64(value).ok_or_else(|| E::custom("number out of range"))?;
        Ok(Value::Number(number))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Value, E> {
        self.visit_string(text.to_owned())
    }

    fn visit_string<E: de::Error>(self, text: String) -> Result<Value, E> {
        self.check_text(&text)?;
        Ok(Value::String(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        self.check_depth()?;
        let mut array = Vec::new();
        while let Some(item) = items.next_element_seed(Place::Item(&self, array.len()))? {
            array.push(item);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        self.check_depth()?;
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            let place = Place::Member(&self, &name);
            if let Some(problem) = problem_of_name(&name) {
                return Err(place.error(problem));
            }
            if object.contains_key(&name) {
                return Err(place.error("stands there twice; each member may come once"));
            }
            let value = members.next_value_seed(place)?;
            object.insert(name, value);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn bad_bodies_are_refused_with_the_place() {
        for (body, message) in [
            (
                r#"{"a": {"b": 1, "b": 2}}"#,
                "`a.b` stands there twice; each member may come once",
            ),
            (
                r#"{"a": ["x", "y\u0000"]}"#,
                "`a[1]` holds a NUL character (\\u0000), which no text can have",
            ),
            (
                r#""\u0000""#,
                "the body holds a NUL character (\\u0000), which no text can have",
            ),
            (
                r#"{"a": 1e999}"#,
                "a number is out of range; the largest is about 1.8e308",
            ),
            (
                r#"{"a": "\ud800"}"#,
                "a \\u escape is half of a surrogate pair; write both halves",
            ),
            (r#"{"a": 1} x"#, "something follows the end of the value"),
            (r#"{"a": 1"#, "EOF while parsing an object"),
            (
                "{\"$serde_json::private::RawValue\": \"1\"}",
                "`$serde_json::private::RawValue` is a reserved name; choose another",
            ),
        ] {
            let error = parse(body.as_bytes()).unwrap_err();
            assert_eq!(error.message, message, "{body}");
            assert_eq!(error.line, 1, "{body}");
            assert!(error.column > 0, "{body}");
        }
        let name = parse(br#"{"a": {"b\u0000": 1}}"#).unwrap_err();
        assert!(
            name.message
                .contains("holds a NUL character (\\u0000) in its name"),
            "{name}"
        );
        for body in [
            &b"{\"a\": \"\xff\"}"[..],
            b"{'a': 1}",
            b"nul",
            b"\"\x01\"",
            b"[1,]",
            b"",
            b"NaN",
        ] {
            assert!(parse(body).is_err(), "{body:?}");
        }
    }

    #[test]
    fn nesting_is_limited() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(parse(nested(DEPTH_MAX).as_bytes()).is_ok());
        for depth in [DEPTH_MAX + 1, 100_000] {
            let error = parse(nested(depth).as_bytes()).unwrap_err();
            assert_eq!(
                error.message,
                "arrays and objects are nested deeper than 64"
            );
        }
    }

    #[test]
    fn order_of_members_is_kept() {
        let value = parse(br#"{"z": 1, "a": -0.5, "m": null, "\u00fc": "\ud83d\ude9a"}"#).unwrap();
        assert_eq!(value.to_string(), r#"{"z":1,"a":-0.5,"m":null,"ü":"🚚"}"#);
        assert!(is_blank(b" \r\n\t"));
        assert!(!is_blank(b"{}"));
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            (-1e300..1e300).prop_map(|number: f64| json!(number)),
            "[^\u{0}]{0,12}".prop_map(Value::from),
        ];
        leaf.prop_recursive(5, 60, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::vec(("[^\u{0}]{0,6}", inner), 0..6)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn valid_json_reads_as_by_the_library(value in any_json()) {
            for text in [value.to_string(), serde_json::to_string_pretty(&value).unwrap()] {
                let known: Value = serde_json::from_str(&text).unwrap();
                prop_assert_eq!(parse(text.as_bytes()), Ok(known));
            }
        }

        #[test]
        fn no_body_panics(bytes: Vec<u8>, text in "[\\[\\]{}\",:0-9eE.\\\\untrfals-]{0,60}") {
            let _ = parse(&bytes);
            let strict = parse(text.as_bytes());
            if strict.is_ok() {
                prop_assert!(serde_json::from_str::<Value>(&text).is_ok());
            }
        }
    }
}
