//! Parameters of `transcription`.

use std::collections::HashMap;

use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::param::{ParamErrors, ParamReader};
use crate::task_types::ParsedParams;
use crate::task_types::attachment::{AttachmentKind, read_attachment, with_attachment_type};
use crate::task_types::keyed_fields::KeyedFields;

/// What may be transcribed. Sound has a type of its own.
const KINDS: [AttachmentKind; 3] = [
    AttachmentKind::Image,
    AttachmentKind::Pdf,
    AttachmentKind::Website,
];

/// Parameters of a transcription. At least one of `fields` and `repeatable_fields` is required.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "the parameters are kept as they were sent; this tells their shape"
)]
pub struct TranscriptionParams {
    /// Address of what is to be transcribed.
    attachment: String,
    /// `image`, `pdf` or `website`; guessed when absent.
    attachment_type: Option<String>,
    /// What occurs once: an object of keys and descriptions, or an array of objects with `id`,
    /// `title`, `description`, `type` (`text`, `number`, `boolean`, `category`), `required`,
    /// `choices`.
    fields: Option<HashMap<String, Value>>,
    /// What occurs in every row of a table, in the same form. Also taken by its old name
    /// `row_fields`.
    repeatable_fields: Option<HashMap<String, Value>>,
    /// A first guess, in the shape of the answer.
    hypothesis: Option<HashMap<String, Value>>,
}

pub(super) fn parse(mut merged: Map<String, Value>) -> Result<ParsedParams, ParamErrors> {
    with_attachment_type(&mut merged, &KINDS, AttachmentKind::Image);
    let mut reader = ParamReader::new(merged);
    let attachment = read_attachment(&mut reader, &KINDS);
    let fields = reader.take("fields");
    let old_name = reader.take("row_fields");
    let (rows_name, rows) = match reader.take("repeatable_fields") {
        Some(rows) => ("repeatable_fields", Some(rows)),
        None => ("row_fields", old_name),
    };
    if fields.is_none() && rows.is_none() {
        reader.error(
            "fields",
            "is required (or `repeatable_fields`): what to write down",
        );
    }
    for (name, value) in [("fields", &fields), (rows_name, &rows)] {
        if let Some(value) = value {
            KeyedFields::read(&mut reader, name, value);
        }
    }
    let hypothesis = reader.object("hypothesis");
    let mut params = Map::new();
    if let Some(attachment) = attachment {
        params.insert("attachment".into(), attachment.content.into());
        params.insert("attachment_type".into(), attachment.kind.as_str().into());
    }
    params.extend(fields.map(|value| ("fields".to_owned(), value)));
    params.extend(rows.map(|value| ("repeatable_fields".to_owned(), value)));
    if let Some(hypothesis) = hypothesis {
        let hypothesis = Value::Object(hypothesis);
        if !reader.has_errors()
            && let Err(errors) = super::response::check_guess(&params, &hypothesis)
        {
            reader.absorb(errors.within("hypothesis").0);
        }
        params.insert("hypothesis".into(), hypothesis);
    }
    let warnings = reader.finish()?;
    Ok(ParsedParams { params, warnings })
}
