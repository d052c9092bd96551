//! What a task shows to its labeler: found by the task's type, loaded by the guarded client.

use bytes::Bytes;
use domain::task_types::{self, Attachment, Lookup};
use futures_util::{StreamExt, stream};
use outbound::{Failure, FetchError};
use store::environment::tasks::TaskRow;

use crate::app::App;
use crate::http::samples;

/// Largest attachment.
pub const ATTACHMENT_BYTES_MAX: usize = 50 * 1024 * 1024;
/// Time to load one, milliseconds.
const LOAD_TIME_MAX_MS: u64 = 20_000;
/// Attachments of one task that are loaded at once.
const LOADS_AT_ONCE: usize = 4;

/// A task's attachments, in order.
pub fn of(task: &TaskRow) -> Vec<Attachment> {
    let Lookup::Served(task_type) = task_types::find(&task.task_type) else {
        return Vec::new();
    };
    serde_json::from_str(&task.params)
        .map(|params| task_type.attachments(&params))
        .unwrap_or_default()
}

/// A loaded attachment.
pub struct Loaded {
    /// Its bytes.
    pub body: Bytes,
    /// Its media type, told by its first bytes where they tell it.
    pub content_type: String,
}

/// Why an attachment could not be loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadError {
    /// A sentence for the labeler.
    pub reason: String,
    /// Status of its server's answer, if one came.
    pub status: Option<u16>,
    /// Another try would end the same way: the address is refused or unknown to its server, not
    /// merely out of reach now.
    pub is_permanent: bool,
}

impl From<FetchError> for LoadError {
    fn from(error: FetchError) -> Self {
        let is_permanent = match &error {
            // Request Timeout, Too Early and Too Many Requests pass.
            FetchError::Status { status } => {
                (400..500).contains(status) && !matches!(status, 408 | 425 | 429)
            }
            FetchError::Failed(failure) => matches!(failure, Failure::Text(_)),
            FetchError::TooLarge { .. } => true,
            FetchError::Redirect { .. }
            | FetchError::NoLocation { .. }
            | FetchError::TooManyRedirects { .. }
            | FetchError::BrokenOff { .. }
            | FetchError::Timeout { .. } => false,
        };
        Self {
            reason: format!("We could not load the attachment: {error}"),
            status: error.status(),
            is_permanent,
        }
    }
}

/// An attachment that could not be loaded.
#[derive(Clone, Debug)]
pub struct Broken {
    /// Its address, as the customer gave it.
    pub url: String,
    /// Why.
    pub error: LoadError,
}

/// Loads all of a task's attachments that are addresses; gives those that cannot be loaded.
pub async fn find_broken(app: &App, task: &TaskRow) -> Vec<Broken> {
    let loads = of(task)
        .into_iter()
        .filter(Attachment::is_url)
        .map(async |attachment| {
            let error = load(app, &attachment.content).await.err()?;
            let url = attachment.content;
            Some(Broken { url, error })
        });
    let loaded = stream::iter(loads)
        .buffered(LOADS_AT_ONCE)
        .collect::<Vec<_>>();
    loaded.await.into_iter().flatten().collect()
}

/// Loads an attachment.
pub async fn load(app: &App, url: &str) -> Result<Loaded, LoadError> {
    if let Some(body) = samples::find_by_url(&app.config, url) {
        let content_type = content_type_of(&body, None);
        return Ok(Loaded { body, content_type });
    }
    if url.starts_with("s3://") || url.starts_with("scaledata://") {
        return Err(LoadError {
            reason: "We could not load the attachment: addresses of this scheme are not served \
                     yet. Give an http or https URL."
                .to_owned(),
            status: None,
            is_permanent: true,
        });
    }
    let fetched = app
        .outbound
        .get(url, ATTACHMENT_BYTES_MAX, LOAD_TIME_MAX_MS)
        .await?;
    let content_type = content_type_of(&fetched.body, fetched.content_type.as_deref());
    Ok(Loaded {
        body: fetched.body,
        content_type,
    })
}

/// The media type by the first bytes; what the server said counts only for types that no browser
/// runs as a page.
fn content_type_of(body: &[u8], said: Option<&str>) -> String {
    let told: &[(&[u8], &str)] = &[
        (b"\xff\xd8\xff", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"GIF87a", "image/gif"),
        (b"GIF89a", "image/gif"),
        (b"BM", "image/bmp"),
        (b"%PDF-", "application/pdf"),
    ];
    if let Some((_, name)) = told.iter().find(|(magic, _)| body.starts_with(magic)) {
        return (*name).to_owned();
    }
    if body.starts_with(b"RIFF") && body.get(8..12) == Some(b"WEBP") {
        return "image/webp".to_owned();
    }
    if body.get(4..12) == Some(b"ftypavif") {
        return "image/avif".to_owned();
    }
    let essence = said
        .unwrap_or_default()
        .split(';')
        .next()
        .unwrap_or_default()
        .trim();
    match essence.to_ascii_lowercase().as_str() {
        media if media.starts_with("audio/") || media.starts_with("video/") => media.to_owned(),
        "text/plain" => "text/plain; charset=utf-8".to_owned(),
        _ => "application/octet-stream".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::content_type_of;

    #[test]
    fn a_page_is_never_served_as_a_page() {
        assert_eq!(
            content_type_of(b"<html>", Some("text/html")),
            "application/octet-stream"
        );
        assert_eq!(
            content_type_of(b"<svg>", Some("image/svg+xml")),
            "application/octet-stream"
        );
        assert_eq!(
            content_type_of(b"\xff\xd8\xff\xe0", Some("text/html")),
            "image/jpeg"
        );
        assert_eq!(
            content_type_of(b"hello", Some("Text/Plain")),
            "text/plain; charset=utf-8"
        );
    }
}
