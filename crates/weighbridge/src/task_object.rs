//! The task object of the API (api-v1.md 1.2), written from a stored task.
//!
//! Params, metadata and response are stored as the JSON that goes out, so they are copied and not
//! parsed: a GET costs one row and one pass over it.

use domain::TaskStatus;
use domain::time::format_time;
use store::Environment;
use store::environment::tasks::TaskRow;

/// Message of a 404 for a task, whatever the reason (api-v1.md 1.2.4).
pub const NOT_FOUND: &str = "Task with that ID not found.";

/// Appends members to a JSON object that is being written.
pub struct ObjectWriter {
    text: String,
}

impl ObjectWriter {
    /// Begins an object; `capacity` is a guess at its size in bytes.
    pub fn new(capacity: usize) -> Self {
        let mut text = String::with_capacity(capacity);
        text.push('{');
        Self { text }
    }

    fn name(&mut self, name: &str) {
        if self.text.len() > 1 {
            self.text.push(',');
        }
        self.text.push('"');
        self.text.push_str(name);
        self.text.push_str("\":");
    }

    /// A member whose value is JSON already.
    pub fn json(&mut self, name: &str, json: &str) -> &mut Self {
        self.name(name);
        self.text.push_str(json);
        self
    }

    /// A string member.
    pub fn string(&mut self, name: &str, value: &str) -> &mut Self {
        self.name(name);
        push_string(&mut self.text, value);
        self
    }

    /// A string member, if there is a value.
    pub fn optional_string(&mut self, name: &str, value: Option<&str>) -> &mut Self {
        if let Some(value) = value {
            self.string(name, value);
        }
        self
    }

    /// A whole number.
    pub fn integer(&mut self, name: &str, value: i64) -> &mut Self {
        self.json(name, &value.to_string())
    }

    /// `true` or `false`.
    pub fn boolean(&mut self, name: &str, value: bool) -> &mut Self {
        self.json(name, if value { "true" } else { "false" })
    }

    /// A time, from Unix milliseconds.
    pub fn time(&mut self, name: &str, unix_ms: i64) -> &mut Self {
        self.name(name);
        self.text.push('"');
        self.text.push_str(&format_time(unix_ms));
        self.text.push('"');
        self
    }

    /// Ends the object.
    pub fn finish(mut self) -> String {
        self.text.push('}');
        self.text
    }
}

/// Appends `value` as a JSON string.
pub fn push_string(text: &mut String, value: &str) {
    let plain = value
        .bytes()
        .all(|byte| byte >= 0x20 && byte != b'"' && byte != b'\\');
    if plain {
        text.push('"');
        text.push_str(value);
        text.push('"');
    } else {
        text.push_str(&serde_json::to_string(value).expect("a string is always valid JSON"));
    }
}

/// What a task object shows beyond the row.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options<'a> {
    /// Names of parameters that were not understood and not kept.
    pub warnings: &'a [String],
    /// Add `attachmentS3Downloads`.
    pub attachment_urls: bool,
    /// Show the form before completion: the answer to the POST that made a test task.
    pub as_pending: bool,
}

/// The task object as JSON.
pub fn render(task: &TaskRow, environment: Environment, options: Options<'_>) -> String {
    let created_at = task.task_id.time_ms();
    let status = if options.as_pending {
        TaskStatus::Pending
    } else {
        task.status
    };
    let updated_at = if options.as_pending {
        created_at
    } else {
        task.updated_at.unwrap_or(created_at)
    };
    let mut object = ObjectWriter::new(512 + task.params.len() + task.metadata.len());
    object
        .string("task_id", &task.task_id.to_string())
        .time("created_at", created_at)
        .time("updated_at", updated_at);
    if status == TaskStatus::Completed
        && let Some(completed_at) = task.completed_at
    {
        object.time("completed_at", completed_at);
    }
    object
        .string("type", &task.task_type)
        .string("status", status.as_str())
        .boolean("is_test", environment.is_test())
        .string("urgency", "standard")
        .optional_string("instruction", task.instruction.as_deref())
        .optional_string("callback_url", task.callback_url.as_deref());
    if let Some(succeeded) = task.callback_succeeded {
        object.boolean("callback_succeeded", succeeded);
    }
    if let Some(at) = task.callback_succeeded_at {
        object.time("callback_succeeded_at", at);
    }
    object.optional_string("project", task.project.as_deref());
    if let Some(version) = task.project_param_version {
        object.integer("project_param_version", version);
    }
    object
        .optional_string("batch", task.batch.as_deref())
        .optional_string("unique_id", task.unique_id.as_deref())
        .json("metadata", &task.metadata);
    if let Some(tags) = &task.tags {
        object.json("tags", tags);
    }
    if let Some(priority) = task.priority {
        object.integer("priority", priority);
    }
    object.json("params", &task.params);
    if matches!(status, TaskStatus::Completed | TaskStatus::Error)
        && let Some(response) = &task.response
    {
        object.json("response", response);
    }
    object.json("processed_attachments", "[]");
    if options.attachment_urls {
        object.json("attachmentS3Downloads", &attachment_downloads(task));
    }
    if !options.warnings.is_empty() {
        let warnings = serde_json::to_string(options.warnings)
            .expect("a list of strings is always valid JSON");
        object.json("warnings", &warnings);
    }
    object.finish()
}

/// The short form of `limited_response=true`.
pub fn render_limited(task: &TaskRow) -> String {
    let mut object = ObjectWriter::new(200 + task.metadata.len());
    object
        .string("task_id", &task.task_id.to_string())
        .string("status", task.status.as_str())
        .json("metadata", &task.metadata)
        .optional_string("project", task.project.as_deref())
        .json("otherVersion", "null");
    object.finish()
}

/// Body of a task's callback (api-v1.md 1.3).
pub fn render_callback(task: &TaskRow, environment: Environment) -> String {
    let rendered = render(task, environment, Options::default());
    let mut object = ObjectWriter::new(rendered.len() + 200);
    object.json("task", &rendered);
    if let Some(response) = &task.response {
        object.json("response", response);
    }
    object
        .string("task_id", &task.task_id.to_string())
        .string("status", task.status.as_str());
    object.finish()
}

fn attachment_downloads(task: &TaskRow) -> String {
    let mut text = String::from("[");
    for attachment in crate::task_attachments::of(task) {
        if !attachment.is_url() {
            continue;
        }
        if text.len() > 1 {
            text.push(',');
        }
        let mut object = ObjectWriter::new(200);
        object
            .string("attachmentURL", &attachment.content)
            .string("s3URL", &attachment.content)
            .boolean("isConvertedImage", false);
        text.push_str(&object.finish());
    }
    text.push(']');
    text
}
