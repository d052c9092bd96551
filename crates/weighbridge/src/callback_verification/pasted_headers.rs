//! Headers as people copy them: out of a log, a terminal or a debugger.

use axum::http::{HeaderMap, HeaderValue};
use serde_json::Value;

/// Headers of one request, by lower-case name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PastedHeaders(Vec<(String, String)>);

impl PastedHeaders {
    /// Reads one header a line, `Name: value`; marks of direction before it (`<`, `>`) are left out.
    /// A JSON object of texts is read, too. What is no header is passed over.
    pub fn read(text: &str) -> Self {
        if let Ok(Value::Object(members)) = serde_json::from_str::<Value>(text) {
            let headers = members.into_iter().filter_map(|(name, value)| {
                let value = match value {
                    Value::String(value) => value,
                    // Frameworks that allow a header to come twice have lists.
                    Value::Array(values) => values.first()?.as_str()?.to_owned(),
                    _ => return None,
                };
                Some((name.trim().to_lowercase(), value.trim().to_owned()))
            });
            return Self(headers.collect());
        }
        let headers = text.lines().filter_map(|line| {
            let line = line.trim().trim_start_matches(['<', '>']).trim_start();
            let (name, value) = line.split_once(':')?;
            let is_name = !name.is_empty()
                && name
                    .chars()
                    .all(|sign| sign.is_ascii_alphanumeric() || sign == '-' || sign == '_');
            is_name.then(|| (name.to_lowercase(), value.trim().to_owned()))
        });
        Self(headers.collect())
    }

    /// Those of a request that came in.
    pub fn of(headers: &HeaderMap) -> Self {
        let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let headers = headers.iter();
        Self(
            headers
                .map(|(name, value)| (name.to_string(), text(value)))
                .collect(),
        )
    }

    /// The value of a header by its lower-case name, the first of several.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read_as_people_copy_them() {
        for text in [
            "POST /cb HTTP/1.1\r\nWebhook-Id: cb_1\r\nx: y\r\n",
            "< webhook-id:cb_1\n< X: y",
            "  > WEBHOOK-ID:   cb_1  \n>x: y\nno header",
            r#"{"webhook-id": "cb_1", "X": ["y", "z"], "n": 1}"#,
        ] {
            let headers = PastedHeaders::read(text);
            assert_eq!(headers.get("webhook-id"), Some("cb_1"), "{text}");
            assert_eq!(headers.get("x"), Some("y"), "{text}");
            assert_eq!(headers.get("n"), None);
        }
        assert_eq!(PastedHeaders::read(""), PastedHeaders::default());
    }
}
