//! The one error that leaves the program by HTTP, and its body.
//!
//! `status_code` and `error` are the shape that the official clients read (api-v1.md 0.5); `code`,
//! `param`, `errors` and `request_id` are additions.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::{ParamError, ParamErrors};
use serde::Serialize;
use store::StoreError;
use utoipa::ToSchema;

/// An error answer.
#[derive(Clone, Debug)]
pub struct ApiError {
    /// HTTP status.
    pub status: StatusCode,
    /// Short name for programs.
    pub code: &'static str,
    /// What was wrong, where, and what would be right.
    pub message: String,
    /// Path of the parameter at fault.
    pub param: Option<String>,
    /// All parameters at fault, where there may be several.
    pub errors: Vec<ParamError>,
    /// Seconds after which a retry makes sense.
    pub retry_after_seconds: Option<u32>,
    /// Value of `WWW-Authenticate`.
    pub challenge: Option<&'static str>,
    /// Further members of the body.
    pub more: Option<serde_json::Map<String, serde_json::Value>>,
}

impl ApiError {
    /// An error with a text.
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            param: None,
            errors: Vec::new(),
            retry_after_seconds: None,
            challenge: None,
            more: None,
        }
    }

    /// 400.
    pub fn bad_request(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    /// 404.
    pub fn not_found(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, code, message)
    }

    /// 409.
    pub fn conflict(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, message)
    }

    /// 400 for one parameter.
    pub fn param(path: &str, message: impl AsRef<str>) -> Self {
        Self::from(ParamErrors::one(path, message.as_ref()))
    }

    /// Names the parameter at fault.
    #[must_use]
    pub fn at(mut self, param: &str) -> Self {
        self.param = Some(param.to_owned());
        self
    }

    /// Adds a member to the body.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<serde_json::Value>) -> Self {
        self.more
            .get_or_insert_default()
            .insert(name.to_owned(), value.into());
        self
    }

    /// The body as the client gets it.
    pub fn body(&self, request_id: &str) -> Vec<u8> {
        let body = ErrorBody {
            status_code: self.status.as_u16(),
            error: &self.message,
            code: self.code,
            param: self.param.as_deref(),
            errors: &self.errors,
            more: self.more.as_ref(),
            request_id,
        };
        serde_json::to_vec(&body).expect("an error body holds only strings and numbers")
    }
}

/// Body of every answer that is not a success.
#[derive(Serialize, ToSchema)]
#[schema(as = Error)]
pub struct ErrorBody<'a> {
    /// The HTTP status again.
    #[schema(example = 404)]
    status_code: u16,
    /// What was wrong, where, and what would be right.
    #[schema(example = "Task with that ID not found.")]
    error: &'a str,
    /// Short name for programs.
    #[schema(example = "task_not_found")]
    code: &'a str,
    /// Path of the parameter at fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    param: Option<&'a str>,
    /// All parameters at fault.
    #[serde(skip_serializing_if = "<[ParamError]>::is_empty")]
    errors: &'a [ParamError],
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    #[schema(ignore)]
    more: Option<&'a serde_json::Map<String, serde_json::Value>>,
    /// Names this request in the server's log.
    #[schema(example = "req_66b0c4d1e5a7f30912ab34cd")]
    request_id: &'a str,
}

/// Why a [`Permit`](store::Permit) was refused, on its way through the store.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.message)]
pub(crate) struct Withdrawal(pub(crate) ApiError);

impl From<ParamErrors> for ApiError {
    fn from(errors: ParamErrors) -> Self {
        let mut error = Self::bad_request("invalid_parameter", errors.to_string());
        error.param = errors.0.first().map(|first| first.path.clone());
        error.errors = errors.0;
        error
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        if let StoreError::Withdrawn(reason) = &error
            && let Some(Withdrawal(answer)) = reason.downcast_ref()
        {
            return answer.clone();
        }
        let (code, text) = match &error {
            StoreError::Full => (
                "storage_full",
                "The server's disk is full. Nothing was stored; try again later.",
            ),
            StoreError::Busy => (
                "overloaded",
                "The server has too many writes waiting. Try again shortly.",
            ),
            StoreError::Unavailable(_) => (
                "storage_unavailable",
                "The server's database cannot be reached. Try again shortly.",
            ),
            StoreError::Newer { .. }
            | StoreError::Changed { .. }
            | StoreError::Panicked
            | StoreError::Column { .. }
            | StoreError::Taken(_)
            | StoreError::Withdrawn(_)
            | StoreError::Database(_) => {
                tracing::error!(%error, "a store operation failed");
                return Self::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "internal_error",
                    "Something broke on our side. Nothing was changed.",
                );
            }
        };
        tracing::warn!(%error, "a store operation was refused");
        let mut answer = Self::new(StatusCode::SERVICE_UNAVAILABLE, code, text);
        answer.retry_after_seconds = Some(1);
        answer
    }
}

/// Marks an answer whose body the outermost layer writes, since only it knows the request id.
#[derive(Clone)]
pub(crate) struct PendingError(pub(crate) std::sync::Arc<ApiError>);

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        );
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after_seconds {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Some(challenge) = self.challenge {
            headers.insert(
                header::WWW_AUTHENTICATE,
                HeaderValue::from_static(challenge),
            );
        }
        response
            .extensions_mut()
            .insert(PendingError(std::sync::Arc::new(self)));
        response
    }
}
