//! Attachments: what a task shows to its labeler, and the parameters that name it.

use serde_json::{Map, Value};

use crate::param::{ParamReader, kind_of};

/// Longest address of an attachment, in bytes.
pub const URL_BYTES_MAX: usize = 2_048;
/// Longest inline text, in characters.
pub const TEXT_LENGTH_MAX: usize = 100_000;

/// What an attachment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttachmentKind {
    /// A picture.
    Image,
    /// Text, inline or by URL.
    Text,
    /// A video.
    Video,
    /// A recording.
    Audio,
    /// A page on the web.
    Website,
    /// A PDF.
    Pdf,
}

impl AttachmentKind {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Image,
        Self::Text,
        Self::Video,
        Self::Audio,
        Self::Website,
        Self::Pdf,
    ];

    /// The API's spelling.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Text => "text",
            Self::Video => "video",
            Self::Audio => "audio",
            Self::Website => "website",
            Self::Pdf => "pdf",
        }
    }

    /// Reads the API's spelling.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// What an attachment of no stated kind most likely is.
    pub fn guess(content: &str) -> Self {
        if !is_url(content) {
            return Self::Text;
        }
        let path = content
            .split(['?', '#'])
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase();
        match path.rsplit('.').next().unwrap_or_default() {
            "mp4" | "webm" | "ogv" | "mov" => Self::Video,
            "mp3" | "wav" | "ogg" | "flac" | "m4a" => Self::Audio,
            "pdf" => Self::Pdf,
            "txt" => Self::Text,
            "html" | "htm" => Self::Website,
            _ => Self::Image,
        }
    }
}

/// One attachment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// What it is.
    pub kind: AttachmentKind,
    /// Its address, or the text itself.
    pub content: String,
}

impl Attachment {
    /// Whether the content is an address.
    pub fn is_url(&self) -> bool {
        is_url(&self.content)
    }
}

fn is_url(content: &str) -> bool {
    ["http://", "https://", "s3://", "scaledata://"]
        .iter()
        .any(|scheme| {
            content
                .get(..scheme.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(scheme))
        })
}

/// Fills in `attachment_type` where it is absent: by the content, or `default` where that says
/// none of `kinds`.
pub(crate) fn with_attachment_type(
    params: &mut Map<String, Value>,
    kinds: &[AttachmentKind],
    default: AttachmentKind,
) {
    if params
        .get("attachment_type")
        .is_some_and(|value| !value.is_null())
    {
        return;
    }
    let guess = params
        .get("attachment")
        .and_then(Value::as_str)
        .map(AttachmentKind::guess);
    let kind = guess.filter(|kind| kinds.contains(kind)).unwrap_or(default);
    params.insert("attachment_type".into(), kind.as_str().into());
}

/// Reads `attachment` and `attachment_type`: the content and its kind, both checked.
pub(crate) fn read_attachment(
    reader: &mut ParamReader,
    kinds: &[AttachmentKind],
) -> Option<Attachment> {
    let kind_text = reader.string("attachment_type");
    let content = match reader.take("attachment") {
        Some(Value::String(content)) if !content.trim().is_empty() => content,
        Some(Value::String(_)) | None => {
            reader.error(
                "attachment",
                "Please include an attachment or attachments parameter.",
            );
            return None;
        }
        Some(other) => {
            reader.error(
                "attachment",
                format!("must be a string, got {}", kind_of(&other)),
            );
            return None;
        }
    };
    let kind = match kind_text.as_deref() {
        None => AttachmentKind::guess(&content),
        Some(text) => {
            let kind = AttachmentKind::parse(text).filter(|kind| kinds.contains(kind));
            let Some(kind) = kind else {
                let names: Vec<_> = kinds.iter().map(|kind| kind.as_str()).collect();
                reader.error(
                    "attachment_type",
                    format!("must be one of {}", names.join(", ")),
                );
                return None;
            };
            kind
        }
    };
    check_content(reader, "attachment", kind, &content);
    Some(Attachment { kind, content })
}

/// An address must be one; only text may stand inline.
pub(crate) fn check_content(
    reader: &mut ParamReader,
    name: &str,
    kind: AttachmentKind,
    content: &str,
) {
    if is_url(content) {
        if content.len() > URL_BYTES_MAX {
            reader.error(
                name,
                format!("an address can have at most {URL_BYTES_MAX} bytes"),
            );
        }
    } else if kind != AttachmentKind::Text {
        reader.error(
            name,
            format!(
                "must be an address (http://, https://, s3:// or scaledata://) of the {}",
                kind.as_str()
            ),
        );
    } else if content.chars().count() > TEXT_LENGTH_MAX {
        reader.error(
            name,
            format!("a text can have at most {TEXT_LENGTH_MAX} characters"),
        );
    }
}

/// The attachment of stored params with `attachment` and `attachment_type`.
pub(crate) fn stored_attachment(params: &Map<String, Value>) -> Vec<Attachment> {
    let text = |name: &str| params.get(name).and_then(Value::as_str);
    let Some(content) = text("attachment") else {
        return Vec::new();
    };
    let kind = text("attachment_type")
        .and_then(AttachmentKind::parse)
        .unwrap_or_else(|| AttachmentKind::guess(content));
    vec![Attachment {
        kind,
        content: content.to_owned(),
    }]
}
