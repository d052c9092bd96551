//! Form bodies (`application/x-www-form-urlencoded`), as older programs send them (api-v1.md 0.4):
//! repeated names make arrays, brackets make objects. Texts stay texts; the reader of a parameter
//! takes a number out of one where a number is demanded.

use serde_json::{Map, Value};

use crate::json::DEPTH_MAX;

/// Why a form is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("The form body is not acceptable: {0}.")]
pub struct FormError(String);

/// Reads a form as a JSON object.
pub fn parse(bytes: &[u8]) -> Result<Value, FormError> {
    let mut root = Value::Object(Map::new());
    for pair in bytes.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
        let (name, value) = match pair.iter().position(|byte| *byte == b'=') {
            Some(at) => (&pair[..at], &pair[at + 1..]),
            None => (pair, &[][..]),
        };
        let name = decode(name)?;
        let value = decode(value)?;
        let steps = steps_of(&name)?;
        insert(&mut root, &steps, value, &name)?;
    }
    Ok(root)
}

fn decode(bytes: &[u8]) -> Result<String, FormError> {
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut rest = bytes.iter();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => decoded.push(b' '),
            b'%' => {
                let mut digit = || rest.next().and_then(|byte| char::from(*byte).to_digit(16));
                match (digit(), digit()) {
                    (Some(high), Some(low)) => decoded.push((high * 16 + low) as u8),
                    _ => {
                        return Err(FormError(format!(
                            "in \"{}\" a % is not followed by two hexadecimal digits",
                            String::from_utf8_lossy(&bytes[..bytes.len().min(80)])
                        )));
                    }
                }
            }
            other => decoded.push(*other),
        }
    }
    let text = String::from_utf8(decoded)
        .map_err(|_| FormError("a name or value is not UTF-8".to_owned()))?;
    if text.contains('\0') {
        return Err(FormError("a name or value holds a NUL character (%00)".to_owned()));
    }
    Ok(text)
}

/// `a[b][]` as `a`, `b`, ``.
fn steps_of(name: &str) -> Result<Vec<&str>, FormError> {
    let malformed = || FormError(format!("the name \"{name}\" has unbalanced brackets"));
    let (first, mut rest) = match name.find('[') {
        Some(at) => name.split_at(at),
        None => (name, ""),
    };
    let mut steps = vec![first];
    while !rest.is_empty() {
        let inner = rest.strip_prefix('[').ok_or_else(malformed)?;
        let end = inner.find(']').ok_or_else(malformed)?;
        steps.push(&inner[..end]);
        rest = &inner[end + 1..];
    }
    if steps.len() > DEPTH_MAX {
        return Err(FormError(format!("a name is nested deeper than {DEPTH_MAX} levels")));
    }
    Ok(steps)
}

/// An index beyond the end would make a list of a million nulls from twenty bytes.
fn index_of(step: &str, length: usize) -> Option<usize> {
    if step.is_empty() {
        return Some(length);
    }
    step.parse().ok().filter(|index| *index <= length)
}

fn insert(node: &mut Value, steps: &[&str], text: String, name: &str) -> Result<(), FormError> {
    let clash = || FormError(format!("the name \"{name}\" contradicts an earlier one"));
    let Some((step, rest)) = steps.split_first() else {
        match node {
            Value::Null => *node = Value::String(text),
            // A repeated name makes an array.
            Value::String(first) => {
                *node = Value::Array(vec![Value::String(std::mem::take(first)), text.into()]);
            }
            Value::Array(values) => values.push(text.into()),
            Value::Bool(_) | Value::Number(_) | Value::Object(_) => return Err(clash()),
        }
        return Ok(());
    };
    let is_list_step = step.is_empty() || step.bytes().all(|byte| byte.is_ascii_digit());
    if node.is_null() {
        *node = if is_list_step { Value::Array(Vec::new()) } else { Value::Object(Map::new()) };
    }
    match node {
        Value::Object(members) => {
            let member = members.entry((*step).to_owned()).or_insert(Value::Null);
            insert(member, rest, text, name)
        }
        Value::Array(values) => {
            let index = index_of(step, values.len()).ok_or_else(clash)?;
            if index == values.len() {
                values.push(Value::Null);
            }
            insert(&mut values[index], rest, text, name)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Err(clash()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn repeated_names_and_brackets() {
        let body = b"categories=a&categories=b&fields[title]=T%20x&examples[0][correct]=true\
                     &examples[1][correct]=false&tags[]=one";
        assert_eq!(
            parse(body).unwrap(),
            json!({
                "categories": ["a", "b"],
                "fields": {"title": "T x"},
                "examples": [{"correct": "true"}, {"correct": "false"}],
                "tags": ["one"],
            })
        );
    }

    #[test]
    fn bad_forms_are_refused() {
        for body in ["a=%zz", "a=%4", "a=%ff", "a[=1", "a=1&a[b]=2", "a[7]=1", "a=%00"] {
            assert!(parse(body.as_bytes()).is_err(), "{body}");
        }
    }

    proptest! {
        #[test]
        fn no_form_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse(&bytes);
        }

        #[test]
        fn no_name_panics(name in "[a-b\\[\\]0-2]{0,12}", other in "[a-b\\[\\]0-2]{0,12}") {
            let _ = parse(format!("{name}=1&{other}=2&{name}=3").as_bytes());
        }
    }
}
