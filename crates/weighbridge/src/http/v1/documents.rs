//! The shapes of requests and answers as the OpenAPI document tells them.
//!
//! Tasks leave the server as text that is copied out of the store (`task_object.rs`), so their
//! shape is told here; a test compares it with real answers.
#![expect(dead_code, reason = "these types exist for their schemas")]
#![expect(clippy::struct_field_names, reason = "the names are those of the API")]

use std::collections::HashMap;

use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

/// A task.
#[derive(ToSchema)]
pub struct Task {
    /// 24 hexadecimal digits.
    #[schema(example = "66b0c4d1e5a7f30912ab34cd")]
    task_id: String,
    /// UTC, with milliseconds.
    #[schema(example = "2026-11-24T12:21:05.117Z")]
    created_at: String,
    /// Time of the last change.
    updated_at: String,
    /// Once the task is completed.
    completed_at: Option<String>,
    /// Task type.
    #[schema(example = "categorization")]
    r#type: String,
    /// `pending`, `completed`, `canceled` or `error`.
    #[schema(example = "completed")]
    status: String,
    /// Whether it was made in test mode.
    is_test: bool,
    /// Always `standard`.
    urgency: String,
    /// The task's instruction, else the project's.
    instruction: Option<String>,
    /// As sent.
    callback_url: Option<String>,
    /// How delivery of the callback ended; absent before.
    callback_succeeded: Option<bool>,
    /// When the callback was acknowledged.
    callback_succeeded_at: Option<String>,
    /// Project's name.
    project: Option<String>,
    /// Version of the project's params that was used.
    project_param_version: Option<i64>,
    /// Batch's name.
    batch: Option<String>,
    /// Only when set.
    unique_id: Option<String>,
    /// Free members.
    metadata: HashMap<String, Value>,
    /// Only when tags were ever set.
    tags: Option<Vec<String>>,
    /// 10, 20 or 30.
    priority: Option<i64>,
    /// The type's parameters with defaults filled in.
    params: HashMap<String, Value>,
    /// Once the task is completed; its shape is the type's.
    response: Option<HashMap<String, Value>>,
    /// Always empty.
    processed_attachments: Vec<Value>,
    /// Only with `include_attachment_url`.
    #[schema(rename = "attachmentS3Downloads")]
    attachment_s3_downloads: Option<Vec<Value>>,
    /// Only in the answer to a creation: parameters that were not understood and not kept.
    warnings: Option<Vec<String>>,
}

/// Parameters that every creation takes beside those of its type.
#[derive(ToSchema)]
pub struct CommonParams {
    /// Project's name.
    project: Option<String>,
    /// Batch's name; the task takes its project from it.
    batch: Option<String>,
    /// What to do, in Markdown.
    #[schema(example = "Is the truck loaded?")]
    instruction: Option<String>,
    /// Where the callback goes; without one the account's default.
    callback_url: Option<String>,
    /// At most 10 KB.
    metadata: Option<HashMap<String, Value>>,
    /// 10, 20 or 30; higher first.
    priority: Option<i64>,
    /// Your own id, unique over the account and mode.
    unique_id: Option<String>,
    /// Free the `unique_id` if the task turns to `error`.
    clear_unique_id_on_error: Option<bool>,
    /// At most 100 tags of at most 256 characters.
    tags: Option<Vec<String>>,
    /// A version of the project's params instead of the newest.
    project_param_version: Option<i64>,
}

/// Filters of the list of tasks.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TaskQuery {
    /// Created at or after.
    start_time: Option<String>,
    /// Created at or before.
    end_time: Option<String>,
    /// Completed at or after.
    completed_after: Option<String>,
    /// Completed at or before.
    completed_before: Option<String>,
    /// Changed at or after.
    updated_after: Option<String>,
    /// Changed at or before.
    updated_before: Option<String>,
    /// `pending`, `completed`, `canceled` or `error`.
    status: Option<String>,
    /// Task type.
    r#type: Option<String>,
    /// Project's name.
    project: Option<String>,
    /// Batch's name.
    batch: Option<String>,
    /// Any of these.
    unique_id: Option<Vec<String>>,
    /// All of these.
    tags: Option<Vec<String>>,
    /// Any of `pending`, `fixed`, `accepted`, `rejected`, `commented`.
    customer_review_status: Option<Vec<String>>,
    /// 1 to 100, default 100.
    limit: Option<i64>,
    /// From the page before.
    next_token: Option<String>,
    /// Tasks left out; prefer `next_token`.
    offset: Option<i64>,
    /// Add `attachmentS3Downloads`.
    include_attachment_url: Option<bool>,
    /// Only id, status, metadata and project.
    limited_response: Option<bool>,
}

/// A page of tasks.
#[derive(ToSchema)]
pub struct TaskPage {
    /// Newest first.
    docs: Vec<Task>,
    /// All that match.
    total: i64,
    /// In force.
    limit: i64,
    /// In force.
    offset: i64,
    /// Whether there is a further page.
    has_more: bool,
    /// For the next page.
    next_token: Option<String>,
}

/// A unique id to be set.
#[derive(ToSchema)]
pub struct UniqueId {
    /// 1 to 256 characters.
    #[schema(example = "gate4-000117")]
    unique_id: String,
}

/// A batch.
#[derive(ToSchema)]
pub struct Batch {
    id: String,
    /// Unique in the account and mode.
    name: String,
    /// Project's name.
    project: String,
    /// `staging`, `in_progress` or `completed`.
    status: String,
    /// As sent.
    callback: Option<String>,
    created_at: String,
    completed_at: Option<String>,
    calibration_batch: bool,
    self_label_batch: bool,
    metadata: HashMap<String, Value>,
}

/// A batch to be made.
#[derive(ToSchema)]
pub struct BatchCreation {
    /// Project's name.
    project: String,
    /// 1 to 256 characters.
    name: String,
    /// Where the batch's callback goes; empty: nowhere.
    callback: Option<String>,
    calibration_batch: Option<bool>,
    self_label_batch: Option<bool>,
    /// At most 10 KB.
    metadata: Option<HashMap<String, Value>>,
}

/// Filters of the list of batches.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct BatchQuery {
    /// Created at or after.
    start_time: Option<String>,
    /// Created at or before.
    end_time: Option<String>,
    /// Project's name.
    project: Option<String>,
    /// `staging`, `in_progress` or `completed`.
    status: Option<String>,
    /// Leave archived batches out.
    exclude_archived: Option<bool>,
    /// 1 to 100, default 100.
    limit: Option<i64>,
    /// Batches left out.
    offset: Option<i64>,
}

/// A page of batches.
#[derive(ToSchema)]
pub struct BatchPage {
    /// Newest first.
    docs: Vec<Batch>,
    /// All that match.
    #[schema(rename = "totalDocs")]
    total_docs: i64,
    limit: i64,
    offset: i64,
    has_more: bool,
}

/// A batch's status and numbers of tasks.
#[derive(ToSchema)]
pub struct BatchCounts {
    status: String,
    pending: i64,
    completed: i64,
    canceled: i64,
    error: i64,
}

/// A project.
#[derive(ToSchema)]
pub struct Project {
    id: String,
    /// Unique in the account and mode.
    name: String,
    /// Task type.
    r#type: String,
    created_at: String,
    rapid: bool,
    studio: bool,
    #[schema(rename = "datasetId")]
    dataset_id: Option<String>,
    pipeline: Option<String>,
    /// Versions from 0, newest last; each holds `version`, `created_at` and the parameters.
    param_history: Vec<HashMap<String, Value>>,
}

/// A project to be made.
#[derive(ToSchema)]
pub struct ProjectCreation {
    /// 1 to 256 characters.
    name: String,
    /// Task type.
    r#type: String,
    /// Parameters that tasks inherit.
    params: Option<HashMap<String, Value>>,
    rapid: Option<bool>,
    studio: Option<bool>,
    #[schema(rename = "datasetId")]
    dataset_id: Option<String>,
    /// `standard_task`.
    pipeline: Option<String>,
}

/// The next version of a project's parameters.
#[derive(ToSchema)]
pub struct ProjectParams {
    /// Keep parameters that are not sent.
    patch: Option<bool>,
    /// What to do, in Markdown.
    instruction: Option<String>,
}

/// A person of the account, or somebody who is invited.
#[derive(ToSchema)]
pub struct Teammate {
    #[schema(example = "mia@example.com")]
    email: String,
    /// `labeler`, `member`, `manager` or `admin`.
    #[schema(example = "labeler")]
    role: String,
    company: Option<String>,
    #[schema(rename = "firstName")]
    first_name: Option<String>,
    #[schema(rename = "lastName")]
    last_name: Option<String>,
    /// When the invitation of who is only invited ends.
    expiry: Option<String>,
}

/// Whom to invite or change, and the role that they get.
#[derive(ToSchema)]
pub struct TeammatesChange {
    /// 1 to 50 addresses.
    emails: Vec<String>,
    /// `labeler`, `member` or `manager`.
    team_role: String,
}
