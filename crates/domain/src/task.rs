//! Tasks: states and their moves, and the parameters that every creation takes (api-v1.md 4.1).

use std::str::FromStr;

use serde_json::{Map, Value};

use crate::param::{ParamError, ParamErrors, ParamReader, excerpt, kind_of};

/// Largest metadata, in bytes of its JSON.
pub const METADATA_BYTES_MAX: usize = 10 * 1024;
/// Longest unique id, tag or name, in characters.
pub const NAME_LENGTH_MAX: usize = 256;
/// Most tags of a task.
pub const TAGS_MAX: usize = 100;
/// Longest callback address, in bytes.
pub const CALLBACK_URL_BYTES_MAX: usize = 2_048;
/// Longest instruction, in characters.
pub const INSTRUCTION_LENGTH_MAX: usize = 100_000;

/// Status of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TaskStatus {
    /// Waits for a person, or is being worked on.
    Pending,
    /// Answered.
    Completed,
    /// Canceled by the customer.
    Canceled,
    /// Impossible.
    Error,
}

/// A text that names no status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a status is pending, completed, canceled or error")]
pub struct NotAStatus;

impl TaskStatus {
    /// The API's spelling.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Completed => "completed",
            Self::Canceled => "canceled",
            Self::Error => "error",
        }
    }

    /// Whether a task of this status may get another one (api-v1.md 1.2.1). The one way back is a
    /// redo, from completed to pending.
    pub fn may_become(self, next: Self) -> bool {
        match (self, next) {
            (Self::Pending, Self::Completed | Self::Canceled | Self::Error)
            | (Self::Completed, Self::Pending) => true,
            (Self::Pending, Self::Pending)
            | (Self::Completed, Self::Completed | Self::Canceled | Self::Error)
            | (Self::Canceled | Self::Error, _) => false,
        }
    }

    /// Whether a cancel can succeed, as far as the status goes.
    pub fn can_cancel(self) -> bool {
        self.may_become(Self::Canceled)
    }
}

impl FromStr for TaskStatus {
    type Err = NotAStatus;

    fn from_str(text: &str) -> Result<Self, NotAStatus> {
        match text {
            "pending" => Ok(Self::Pending),
            "completed" => Ok(Self::Completed),
            "canceled" => Ok(Self::Canceled),
            "error" => Ok(Self::Error),
            _ => Err(NotAStatus),
        }
    }
}

/// What a client asks for, apart from the type's own parameters.
#[derive(Clone, Debug, Default)]
pub struct TaskRequest {
    /// Project's name.
    pub project: Option<String>,
    /// Batch's name.
    pub batch: Option<String>,
    /// As sent.
    pub instruction: Option<String>,
    /// As sent: an http or https URL, or an e-mail address.
    pub callback_url: Option<String>,
    /// At most [`METADATA_BYTES_MAX`].
    pub metadata: Map<String, Value>,
    /// 10, 20 or 30.
    pub priority: Option<u8>,
    /// The customer's own id.
    pub unique_id: Option<String>,
    /// Drop the unique id when the task turns to `error`.
    pub clear_unique_id_on_error: bool,
    /// In order, without duplicates.
    pub tags: Option<Vec<String>>,
    /// Version of the project's params instead of the newest.
    pub project_param_version: Option<i64>,
    /// What belongs to the type.
    pub rest: Map<String, Value>,
}

/// Names of the common parameters: no type's parameter has one of them.
pub(crate) const COMMON: [&str; 13] = [
    "project",
    "batch",
    "instruction",
    "callback_url",
    "metadata",
    "priority",
    "unique_id",
    "clear_unique_id_on_error",
    "tags",
    "project_param_version",
    "urgency",
    "force",
    "type",
];

impl TaskRequest {
    /// Reads the common parameters; all errors at once.
    pub fn parse(body: Map<String, Value>) -> Result<Self, ParamErrors> {
        let mut common = Map::new();
        let mut rest = Map::new();
        for (name, value) in body {
            if COMMON.contains(&name.as_str()) {
                common.insert(name, value);
            } else if !value.is_null() {
                rest.insert(name, value);
            }
        }
        let mut reader = ParamReader::new(common);
        let project = read_name(&mut reader, "project");
        let batch = read_name(&mut reader, "batch");
        let instruction = reader.string("instruction");
        if instruction
            .as_ref()
            .is_some_and(|text| text.chars().count() > INSTRUCTION_LENGTH_MAX)
        {
            reader.error(
                "instruction",
                format!("can have at most {INSTRUCTION_LENGTH_MAX} characters"),
            );
        }
        let callback_url = reader.string("callback_url").filter(|url| !url.is_empty());
        if let Some(problem) = callback_url.as_deref().and_then(callback_address_problem) {
            reader.error("callback_url", problem);
        }
        let metadata = reader
            .take("metadata")
            .map_or(Ok(Map::new()), parse_metadata);
        let metadata = keep(&mut reader, metadata);
        let priority = reader.integer("priority");
        if priority.is_some_and(|priority| ![10, 20, 30].contains(&priority)) {
            reader.error("priority", "must be 10, 20 or 30");
        }
        let unique_id = reader.take("unique_id").map(parse_unique_id).transpose();
        let unique_id = keep(&mut reader, unique_id);
        let tags = reader.take("tags").map(parse_tags).transpose();
        let tags = keep(&mut reader, tags);
        let clear_unique_id_on_error = reader.boolean("clear_unique_id_on_error").unwrap_or(false);
        let project_param_version = reader.integer("project_param_version");
        if project_param_version.is_some_and(i64::is_negative) {
            reader.error("project_param_version", "must be 0 or more");
        }
        let urgency = reader.string("urgency");
        if urgency.is_some_and(|urgency| {
            !["standard", "immediate", "day", "week"].contains(&urgency.as_str())
        }) {
            reader.error(
                "urgency",
                "must be standard, immediate, day or week; it has no effect",
            );
        }
        reader.take("force");
        reader.take("type");
        reader.finish()?;
        Ok(Self {
            project,
            batch,
            instruction,
            callback_url,
            metadata,
            priority: priority.map(|priority| priority as u8),
            unique_id,
            clear_unique_id_on_error,
            tags,
            project_param_version,
            rest,
        })
    }
}

fn keep<T: Default>(reader: &mut ParamReader, read: Result<T, ParamErrors>) -> T {
    read.unwrap_or_else(|errors| {
        reader.absorb(errors.0);
        T::default()
    })
}

fn read_name(reader: &mut ParamReader, name: &str) -> Option<String> {
    reader.string(name).filter(|text| !text.is_empty())
}

/// What is wrong with the text of a callback address (an http or https URL, or an e-mail address);
/// where it points is judged elsewhere. `None`: nothing.
pub fn callback_address_problem(text: &str) -> Option<String> {
    if text.len() > CALLBACK_URL_BYTES_MAX {
        let length = text.len();
        return Some(format!(
            "can have at most {CALLBACK_URL_BYTES_MAX} bytes, got {length}"
        ));
    }
    if text.contains(|character: char| character.is_whitespace() || character.is_control()) {
        return Some("must not hold white space or control characters".to_owned());
    }
    let Some((scheme, rest)) = text.split_once("://") else {
        let is_email = text.split_once('@').is_some_and(|(name, host)| {
            !name.is_empty() && !host.is_empty() && !host.contains('@')
        });
        let problem = "must be an http or https URL, or an e-mail address";
        return if is_email {
            None
        } else {
            Some(problem.to_owned())
        };
    };
    if !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https") {
        return Some(format!(
            "must be an http or https URL, got \"{}\"",
            excerpt(scheme)
        ));
    }
    if rest.is_empty() || rest.starts_with(['/', '?', '#', ':']) {
        return Some("must name a host, as in https://example.com/callback".to_owned());
    }
    None
}

/// Reads metadata: an object of at most [`METADATA_BYTES_MAX`].
pub fn parse_metadata(value: Value) -> Result<Map<String, Value>, ParamErrors> {
    let Value::Object(metadata) = value else {
        let message = format!("must be an object, got {}", kind_of(&value));
        return Err(ParamErrors::one("metadata", message));
    };
    if !metadata.is_empty() {
        let bytes = serde_json::to_string(&metadata).map_or(usize::MAX, |text| text.len());
        if bytes > METADATA_BYTES_MAX {
            return Err(ParamErrors::one(
                "metadata",
                format!("is {bytes} bytes of JSON; at most {METADATA_BYTES_MAX} are taken"),
            ));
        }
    }
    Ok(metadata)
}

/// Reads tags: duplicates merged, order kept.
pub fn parse_tags(value: Value) -> Result<Vec<String>, ParamErrors> {
    let values = match value {
        Value::Array(values) => values,
        Value::String(_) => vec![value],
        other => {
            let message = format!("must be an array of strings, got {}", kind_of(&other));
            return Err(ParamErrors::one("tags", message));
        }
    };
    let mut tags: Vec<String> = Vec::new();
    let mut errors = Vec::new();
    for (index, value) in values.into_iter().enumerate() {
        let path = format!("tags[{index}]");
        match value {
            Value::String(tag) => match check_name(&path, &tag) {
                Ok(()) if !tags.contains(&tag) => tags.push(tag),
                Ok(()) => {}
                Err(error) => errors.push(error),
            },
            other => {
                let message = format!("must be a string, got {}", kind_of(&other));
                errors.push(ParamError::new(path, message));
            }
        }
        // Stops here: a body can hold a million tags, and each is compared with all before it.
        if tags.len() > TAGS_MAX {
            let message = format!("a task can have at most {TAGS_MAX} different tags");
            errors.push(ParamError::new("tags", message));
            break;
        }
    }
    if errors.is_empty() {
        Ok(tags)
    } else {
        Err(errors.into())
    }
}

/// Reads a unique id: a string, or a number as old programs send it.
pub fn parse_unique_id(value: Value) -> Result<String, ParamErrors> {
    let text = match value {
        Value::String(text) => text,
        Value::Number(number) => number.to_string(),
        Value::Null => return Err(ParamErrors::one("unique_id", "is required")),
        other => {
            let message = format!("must be a string, got {}", kind_of(&other));
            return Err(ParamErrors::one("unique_id", message));
        }
    };
    check_name("unique_id", &text)?;
    Ok(text)
}

/// 1 to [`NAME_LENGTH_MAX`] characters.
pub fn check_name(path: &str, text: &str) -> Result<(), ParamError> {
    let length = text.chars().count();
    if (1..=NAME_LENGTH_MAX).contains(&length) {
        return Ok(());
    }
    let message = format!("must have 1 to {NAME_LENGTH_MAX} characters, got {length}");
    Err(ParamError::new(path, message))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse(value: &Value) -> Result<TaskRequest, String> {
        TaskRequest::parse(value.as_object().unwrap().clone()).map_err(|error| error.to_string())
    }

    #[test]
    fn common_parameters_are_parted_from_the_types() {
        let request = parse(&json!({
            "project": "cows", "attachment": "x", "force": true, "priority": "20",
            "tags": ["a", "b", "a"], "gone": null, "callback_url": "http://www.example.com/callback",
        }))
        .unwrap();
        assert_eq!(request.project.as_deref(), Some("cows"));
        assert_eq!(request.priority, Some(20));
        assert_eq!(request.tags.unwrap(), ["a", "b"]);
        assert_eq!(Value::Object(request.rest), json!({"attachment": "x"}));
    }

    #[test]
    fn all_that_is_wrong_is_told() {
        let text = parse(&json!({
            "priority": 5, "metadata": [], "tags": [1, ""], "unique_id": "", "callback_url": "ftp://x",
        }))
        .unwrap_err();
        for part in [
            "`priority`: must be 10, 20 or 30",
            "`metadata`: must be an object, got an array",
            "`tags[0]`",
            "`tags[1]`",
            "`unique_id`: must have 1 to 256",
            "`callback_url`: must be an http",
        ] {
            assert!(text.contains(part), "{part} is missing in {text}");
        }
        let many: Vec<String> = (0..=TAGS_MAX).map(|index| index.to_string()).collect();
        assert!(parse_tags(json!(many[..TAGS_MAX])).is_ok());
        assert!(
            parse_tags(json!(many))
                .unwrap_err()
                .to_string()
                .contains("at most 100")
        );
        let large = json!({"metadata": {"x": "y".repeat(METADATA_BYTES_MAX)}});
        assert!(parse(&large).unwrap_err().contains("at most 10240"));
    }

    #[test]
    fn callback_addresses_are_judged_by_their_text() {
        let good = [
            "http://a.example",
            "HTTPS://a.example:8443/x?y=z",
            "http://[::1]/",
            "http://localhost",
            "ops@yard.example",
        ];
        for text in good {
            assert_eq!(callback_address_problem(text), None, "{text}");
        }
        let long = format!("https://a.example/{}", "x".repeat(CALLBACK_URL_BYTES_MAX));
        let bad = [
            "a.example",
            "//a.example",
            "http://",
            "https:///x",
            "http://?x",
            "javascript:alert(1)",
            "https://a b",
            "a@b@c",
            "@b",
            "ftp://a.example",
            &long,
        ];
        for text in bad {
            assert!(callback_address_problem(text).is_some(), "{text}");
        }
    }

    #[test]
    fn only_pending_tasks_move_on_and_only_completed_ones_come_back() {
        use TaskStatus::{Canceled, Completed, Error, Pending};
        let legal = [
            (Pending, Completed),
            (Pending, Canceled),
            (Pending, Error),
            (Completed, Pending),
        ];
        for from in [Pending, Completed, Canceled, Error] {
            for to in [Pending, Completed, Canceled, Error] {
                assert_eq!(
                    from.may_become(to),
                    legal.contains(&(from, to)),
                    "{from:?} to {to:?}"
                );
            }
            assert_eq!(from.as_str().parse(), Ok(from));
        }
        assert!(Pending.can_cancel() && !Completed.can_cancel() && !Canceled.can_cancel());
    }
}
