//! What a task shows to its labeler: found by the task's type, loaded by the guarded client.

use bytes::Bytes;
use domain::task_types::{self, Attachment, Lookup};
use store::environment::tasks::TaskRow;

use crate::app::App;
use crate::http::samples;

/// Largest attachment.
pub const ATTACHMENT_BYTES_MAX: usize = 50 * 1024 * 1024;
/// Time to load one, milliseconds.
const LOAD_TIME_MAX_MS: u64 = 20_000;

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

/// Loads an attachment; the error is a sentence for the labeler.
pub async fn load(app: &App, url: &str) -> Result<Loaded, String> {
    if let Some(body) = samples::find_by_url(&app.config, url) {
        let content_type = content_type_of(&body, None);
        return Ok(Loaded { body, content_type });
    }
    if url.starts_with("s3://") || url.starts_with("scaledata://") {
        return Err(
            "We could not load the attachment: addresses of this scheme are not served \
                    yet. Give an http or https URL."
                .to_owned(),
        );
    }
    let fetched = app
        .outbound
        .get(url, ATTACHMENT_BYTES_MAX, LOAD_TIME_MAX_MS)
        .await
        .map_err(|error| format!("We could not load the attachment: {error}"))?;
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
