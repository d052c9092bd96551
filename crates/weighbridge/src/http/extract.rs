//! Reading requests: path segments, query strings and bodies, each with the limits that hold
//! everywhere and with errors that name the place.

use std::time::Duration;

use axum::body::Body;
use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde_json::{Map, Value};

use crate::error::ApiError;

/// Largest JSON or form body (api-v1.md part 8, 12).
pub const BODY_BYTES_MAX: usize = 10 * 1024 * 1024;
/// Time for a body to arrive.
const BODY_TIME_MAX: Duration = Duration::from_secs(60);

/// One percent-decoded path segment: an id or a name.
pub struct Segment(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Segment {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match Path::<String>::from_request_parts(parts, state).await {
            Ok(Path(text)) if !text.contains('\0') => Ok(Self(text)),
            Ok(_) => Err(ApiError::bad_request(
                "invalid_path",
                "The path has a NUL character (%00), which no id or name can have.",
            )),
            Err(_) => Err(ApiError::bad_request(
                "invalid_path",
                "The path is not percent-encoded UTF-8: each % must be followed by two \
                 hexadecimal digits, and the bytes must be UTF-8.",
            )),
        }
    }
}

/// A query string: names and values in order, empty values left out (they mean "absent").
#[derive(Clone, Debug, Default)]
pub struct Query {
    pairs: Vec<(String, String)>,
}

impl<S: Send + Sync> FromRequestParts<S> for Query {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        Self::parse(parts.uri.query().unwrap_or_default())
    }
}

impl Query {
    /// Decodes a query string strictly: bad percent-encoding is an error, not a guess.
    pub fn parse(text: &str) -> Result<Self, ApiError> {
        let mut pairs = Vec::new();
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let name = decode(name)?;
            let value = decode(value)?;
            if !value.is_empty() {
                pairs.push((name, value));
            }
        }
        Ok(Self { pairs })
    }

    /// The last value of a name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.pairs
            .iter()
            .rev()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// All values of a name, each split at commas (api-v1.md 0.4 accepts both forms).
    pub fn list(&self, name: &str) -> Vec<String> {
        self.all(name)
            .flat_map(|value| value.split(','))
            .map(str::to_owned)
            .collect()
    }

    /// All values of a name as they are.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.pairs
            .iter()
            .filter(move |(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// A boolean in any case, or `1` and `0`.
    pub fn boolean(&self, name: &str) -> Result<Option<bool>, ApiError> {
        match self.get(name).map(str::to_ascii_lowercase).as_deref() {
            None => Ok(None),
            Some("true" | "1") => Ok(Some(true)),
            Some("false" | "0") => Ok(Some(false)),
            Some(_) => Err(ApiError::param(name, "must be true or false")),
        }
    }

    /// A time (api-v1.md 0.9), as Unix ms.
    pub fn time(&self, name: &str) -> Result<Option<i64>, ApiError> {
        self.get(name)
            .map(|text| {
                domain::time::parse_time(text)
                    .map_err(|error| ApiError::param(name, error.to_string()))
            })
            .transpose()
    }

    /// A whole number within bounds.
    pub fn integer(&self, name: &str, min: i64, max: i64) -> Result<Option<i64>, ApiError> {
        self.get(name)
            .map(|text| match text.parse::<i64>() {
                Ok(number) if (min..=max).contains(&number) => Ok(number),
                _ => Err(ApiError::param(
                    name,
                    format!("must be a whole number from {min} to {max}"),
                )),
            })
            .transpose()
    }
}

fn decode(text: &str) -> Result<String, ApiError> {
    let bytes = text.as_bytes();
    let malformed = bytes.iter().enumerate().any(|(index, byte)| {
        *byte == b'%'
            && !bytes
                .get(index + 1..index + 3)
                .is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    });
    let text = text.replace('+', " ");
    let decoded = percent_encoding::percent_decode_str(&text).decode_utf8();
    match decoded {
        Ok(decoded) if !malformed && !decoded.contains('\0') => Ok(decoded.into_owned()),
        _ => Err(ApiError::bad_request(
            "invalid_query",
            "The query string is not percent-encoded UTF-8 without NUL: each % must be followed \
             by two hexadecimal digits, and the bytes must be UTF-8.",
        )),
    }
}

/// Reads a body within the limits of size and time.
pub async fn read_body(body: Body, bytes_max: usize) -> Result<Bytes, ApiError> {
    let collected = tokio::time::timeout(BODY_TIME_MAX, Limited::new(body, bytes_max).collect());
    match collected.await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.downcast_ref::<LengthLimitError>().is_some() => Err(ApiError::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "body_too_large",
            format!("The body is larger than {bytes_max} bytes, the most that is accepted."),
        )),
        Ok(Err(_)) => Err(ApiError::bad_request(
            "incomplete_body",
            "The connection ended before the whole body had arrived.",
        )),
        Err(_) => Err(ApiError::new(
            StatusCode::REQUEST_TIMEOUT,
            "body_timeout",
            format!(
                "The body did not arrive within {} s.",
                BODY_TIME_MAX.as_secs()
            ),
        )),
    }
}

/// Reads a JSON or form body; an empty one is `None` (Python sends it for `[]` and `{}`).
pub async fn read_value(headers: &HeaderMap, body: Body) -> Result<Option<Value>, ApiError> {
    let content_type = headers
        .get(header::CONTENT_TYPE)
        .map(|value| value.to_str().unwrap_or_default().to_ascii_lowercase());
    let bytes = read_body(body, BODY_BYTES_MAX).await?;
    if domain::json::is_blank(&bytes) {
        return Ok(None);
    }
    let essence = content_type
        .as_deref()
        .map(|text| text.split(';').next().unwrap_or_default().trim());
    let parsed = match essence {
        Some("application/x-www-form-urlencoded") => {
            domain::form::parse(&bytes).map_err(|error| error.to_string())
        }
        Some(essence) if essence == "application/json" || essence.ends_with("+json") => {
            check_charset(content_type.as_deref().unwrap_or_default())?;
            domain::json::parse(&bytes).map_err(|error| error.to_string())
        }
        _ => {
            return Err(ApiError::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_media_type",
                "The Content-Type must be application/json \
                 (or application/x-www-form-urlencoded).",
            ));
        }
    };
    parsed
        .map(Some)
        .map_err(|message| ApiError::bad_request("invalid_body", message))
}

fn check_charset(content_type: &str) -> Result<(), ApiError> {
    let charset = content_type
        .split(';')
        .skip(1)
        .filter_map(|parameter| parameter.trim().strip_prefix("charset="))
        .map(|charset| charset.trim_matches('"'));
    for charset in charset {
        if charset != "utf-8" && charset != "utf8" {
            return Err(ApiError::bad_request(
                "unsupported_charset",
                "The charset of the Content-Type must be utf-8: JSON is always UTF-8.",
            ));
        }
    }
    Ok(())
}

/// Reads a body that must be a JSON object (or empty: an empty object).
pub async fn read_object(headers: &HeaderMap, body: Body) -> Result<Map<String, Value>, ApiError> {
    match read_value(headers, body).await? {
        None => Ok(Map::new()),
        Some(Value::Object(object)) => Ok(object),
        Some(other) => Err(ApiError::bad_request(
            "invalid_body",
            format!("The body must be a JSON object, got {}.", kind_of(&other)),
        )),
    }
}

/// A text of a body; `""` where there is none.
pub fn text_or_empty(body: &Map<String, Value>, name: &str) -> String {
    let text = body.get(name).and_then(Value::as_str);
    text.unwrap_or_default().to_owned()
}

/// Reads a body that must be a JSON array (or empty: an empty array).
pub async fn read_array(headers: &HeaderMap, body: Body) -> Result<Vec<Value>, ApiError> {
    match read_value(headers, body).await? {
        None => Ok(Vec::new()),
        Some(Value::Array(array)) => Ok(array),
        Some(other) => Err(ApiError::bad_request(
            "invalid_body",
            format!("The body must be a JSON array, got {}.", kind_of(&other)),
        )),
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// A 200 with JSON that is serialised already.
pub struct JsonText(pub String);

impl IntoResponse for JsonText {
    fn into_response(self) -> Response {
        ([(header::CONTENT_TYPE, "application/json")], self.0).into_response()
    }
}

/// A 200 with a value as JSON.
pub fn json<T: serde::Serialize>(value: &T) -> Result<JsonText, ApiError> {
    serde_json::to_string(value).map(JsonText).map_err(|error| {
        tracing::error!(%error, "an answer could not be serialised");
        ApiError::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal_error",
            "Something broke on our side.",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::Query;

    #[test]
    fn values_are_decoded_strictly() {
        let query = Query::parse("a=1&b=x%20y+z&a=2&empty=&c").unwrap();
        assert_eq!(query.get("a"), Some("2"));
        assert_eq!(query.get("b"), Some("x y z"));
        assert_eq!(query.get("empty"), None);
        assert_eq!(query.get("c"), None);
        for bad in ["a=%", "a=%4", "a=%zz", "a=%ff", "a=%00", "%=1"] {
            assert!(Query::parse(bad).is_err(), "{bad} must be refused");
        }
    }

    #[test]
    fn booleans_come_in_any_case() {
        let query = Query::parse("t=True&f=FALSE&one=1&bad=yes").unwrap();
        assert_eq!(query.boolean("t").unwrap(), Some(true));
        assert_eq!(query.boolean("f").unwrap(), Some(false));
        assert_eq!(query.boolean("one").unwrap(), Some(true));
        assert!(query.boolean("bad").is_err());
    }
}
