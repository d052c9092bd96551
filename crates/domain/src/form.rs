//! `application/x-www-form-urlencoded` bodies, as older clients send them (api-v1.md 0.4).
//!
//! They become the value that the same body in JSON would have, with all leaves texts: a repeated
//! name (`tags=a&tags=b`) or `tags[]=a` is an array, `fields[title]=…` an object,
//! `examples[0][correct]=true` an array of objects.

use serde_json::{Map, Value};

use crate::json::{DEPTH_MAX, problem_of_name, problem_of_text};
use crate::param::excerpt;

/// Why a form was refused, for the person who wrote it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("The form body is not acceptable: {message} (field {field}).")]
pub struct FormError {
    /// What was wrong and what would be right.
    pub message: String,
    /// Number of the `name=value` pair, from 1.
    pub field: usize,
}

/// Reads a form body. Refused: bad percent-encoding, bytes that are no UTF-8, NUL characters,
/// brackets that do not close or nest deeper than [`DEPTH_MAX`], a name used both as a value and
/// with brackets.
pub fn parse(bytes: &[u8]) -> Result<Value, FormError> {
    let mut form = Map::new();
    let pairs = bytes.split(|byte| *byte == b'&').enumerate();
    for (index, pair) in pairs.filter(|(_, pair)| !pair.is_empty()) {
        add(&mut form, pair).map_err(|message| FormError {
            message,
            field: index + 1,
        })?;
    }
    Ok(Value::Object(
        form.into_iter()
            .map(|(name, value)| (name, with_arrays(value)))
            .collect(),
    ))
}

fn add(form: &mut Map<String, Value>, pair: &[u8]) -> Result<(), String> {
    let end = pair
        .iter()
        .position(|byte| *byte == b'=')
        .unwrap_or(pair.len());
    let name = decode(&pair[..end])?;
    let value = decode(pair.get(end + 1..).unwrap_or_default())?;
    if let Some(problem) = problem_of_text(&value) {
        return Err(format!("`{}` {problem}", excerpt(&name)));
    }
    let (keys, is_list) = split_name(&name)?;
    if let Some(problem) = keys.iter().find_map(|key| problem_of_name(key)) {
        return Err(format!("`{}` {problem}", excerpt(&name)));
    }
    let clash = || {
        format!(
            "`{}` is used both as a value and with brackets",
            excerpt(&name)
        )
    };
    let (last, parents) = keys.split_last().expect("a name has at least one key");
    let mut object = form;
    for key in parents {
        object = object
            .entry(*key)
            .or_insert_with(|| Value::Object(Map::new()))
            .as_object_mut()
            .ok_or_else(clash)?;
    }
    match object.get_mut(*last) {
        None => {
            let value = if is_list {
                Value::from(vec![value])
            } else {
                Value::from(value)
            };
            object.insert((*last).to_owned(), value);
        }
        Some(Value::Array(items)) => items.push(value.into()),
        Some(Value::Object(_)) => return Err(clash()),
        Some(first) => *first = Value::Array(vec![first.take(), value.into()]),
    }
    Ok(())
}

/// `a[b][c]` as `a`, `b`, `c`; whether it ends with `[]`.
fn split_name(name: &str) -> Result<(Vec<&str>, bool), String> {
    let (head, mut rest) = name.split_at(name.find('[').unwrap_or(name.len()));
    if head.is_empty() {
        return Err("a field has no name; write `name=value`".to_owned());
    }
    let mut keys = vec![head];
    let mut is_list = false;
    while !rest.is_empty() {
        let key = rest
            .strip_prefix('[')
            .and_then(|inside| inside.split_once(']'))
            .filter(|(key, _)| !is_list && !key.contains('['));
        let Some((key, after)) = key else {
            return Err(format!(
                "the brackets of `{}` are wrong; write `name[key]`, `name[0][key]` or `name[]`",
                excerpt(name)
            ));
        };
        if key.is_empty() {
            is_list = true;
        } else {
            keys.push(key);
        }
        rest = after;
        if keys.len() > DEPTH_MAX {
            return Err(format!("brackets nest deeper than {DEPTH_MAX}"));
        }
    }
    Ok((keys, is_list))
}

/// Turns objects whose names are exactly 0 to n − 1 into arrays.
fn with_arrays(value: Value) -> Value {
    let members = match value {
        Value::Object(members) => members,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            return value;
        }
    };
    let count = members.len();
    let index_of = |name: &str| {
        name.parse::<usize>()
            .ok()
            .filter(|index| *index < count && index.to_string() == name)
    };
    // Names are unique, so n different indexes below n are all of them.
    let is_array = count > 0 && members.keys().all(|name| index_of(name).is_some());
    let mut members: Vec<_> = members
        .into_iter()
        .map(|(name, value)| (name, with_arrays(value)))
        .collect();
    if is_array {
        members.sort_by_key(|(name, _)| index_of(name));
        Value::Array(members.into_iter().map(|(_, value)| value).collect())
    } else {
        Value::Object(members.into_iter().collect())
    }
}

/// Undoes percent-encoding strictly; `+` is a space.
fn decode(text: &[u8]) -> Result<String, String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, after @ ..] = rest {
        rest = after;
        bytes.push(match first {
            b'+' => b' ',
            b'%' => {
                let digit = |index: usize| {
                    after
                        .get(index)
                        .and_then(|digit| char::from(*digit).to_digit(16))
                };
                let (Some(high), Some(low)) = (digit(0), digit(1)) else {
                    return Err("each % must be followed by two hexadecimal digits".to_owned());
                };
                rest = &after[2..];
                (high << 4 | low) as u8
            }
            other => *other,
        });
    }
    String::from_utf8(bytes).map_err(|_| "the percent-encoded bytes must be UTF-8".to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn every_form_of_the_reference_is_read() {
        for (body, value) in [
            ("", json!({})),
            ("a=1&b=x%20y+z&c", json!({"a": "1", "b": "x y z", "c": ""})),
            (
                "categories=a&categories=b&categories=c",
                json!({"categories": ["a", "b", "c"]}),
            ),
            ("tags[]=a", json!({"tags": ["a"]})),
            (
                "fields[title]=T&fields%5Bdate%5D=D",
                json!({"fields": {"title": "T", "date": "D"}}),
            ),
            (
                "examples[1][correct]=false&examples[0][correct]=true&examples[0][image]=%C3%BC",
                json!({"examples": [{"correct": "true", "image": "ü"}, {"correct": "false"}]}),
            ),
            ("f[0]=a&f[2]=b", json!({"f": {"0": "a", "2": "b"}})),
            ("a=b=c&&d=e", json!({"a": "b=c", "d": "e"})),
        ] {
            assert_eq!(parse(body.as_bytes()), Ok(value), "{body}");
        }
    }

    #[test]
    fn bad_forms_are_refused_with_the_field() {
        for (body, field, message) in [
            (
                "a=1&b=%4",
                2,
                "each % must be followed by two hexadecimal digits",
            ),
            (
                "a=%zz",
                1,
                "each % must be followed by two hexadecimal digits",
            ),
            ("a=%ff", 1, "the percent-encoded bytes must be UTF-8"),
            (
                "a=%00",
                1,
                "`a` holds a NUL character (\\u0000), which no text can have",
            ),
            ("=1", 1, "a field has no name; write `name=value`"),
            (
                "a[b=1",
                1,
                "the brackets of `a[b` are wrong; write `name[key]`, `name[0][key]` or `name[]`",
            ),
            (
                "a[][b]=1",
                1,
                "the brackets of `a[][b]` are wrong; write `name[key]`, `name[0][key]` or `name[]`",
            ),
            (
                "a=1&a[b]=2",
                2,
                "`a[b]` is used both as a value and with brackets",
            ),
            (
                "a[b]=1&a=2",
                2,
                "`a` is used both as a value and with brackets",
            ),
        ] {
            let error = FormError {
                message: message.to_owned(),
                field,
            };
            assert_eq!(parse(body.as_bytes()), Err(error), "{body}");
        }
        let deep = format!("a{}=1", "[b]".repeat(DEPTH_MAX));
        assert_eq!(
            parse(deep.as_bytes()).unwrap_err().message,
            "brackets nest deeper than 64"
        );
    }

    proptest! {
        #[test]
        fn no_body_panics(bytes: Vec<u8>, text in "[a-c0-2=&\\[\\]%+]{0,60}") {
            let _ = parse(&bytes);
            let _ = parse(text.as_bytes());
        }
    }
}
