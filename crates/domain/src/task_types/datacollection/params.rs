//! Parameters of `datacollection`.

use std::collections::HashMap;

use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::param::{ParamErrors, ParamReader};
use crate::task_types::ParsedParams;
use crate::task_types::attachment::{AttachmentKind, read_attachment, with_attachment_type};
use crate::task_types::keyed_fields::KeyedFields;

/// Where data may be collected from.
const KINDS: [AttachmentKind; 3] = [
    AttachmentKind::Text,
    AttachmentKind::Image,
    AttachmentKind::Website,
];

/// Parameters of a data collection.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "the parameters are kept as they were sent; this tells their shape"
)]
pub struct DatacollectionParams {
    /// Where to begin: an address, or a text.
    attachment: String,
    /// `text`, `image` or `website`.
    #[schema(default = "website")]
    attachment_type: Option<String>,
    /// What to find out: an object of keys and descriptions, or an array of objects with `id`,
    /// `title`, `description`, `type` (`text`, `number`, `boolean`, `category`), `required`,
    /// `choices`.
    fields: HashMap<String, Value>,
    /// A first guess, in the shape of the answer.
    hypothesis: Option<HashMap<String, Value>>,
}

pub(super) fn parse(mut merged: Map<String, Value>) -> Result<ParsedParams, ParamErrors> {
    with_attachment_type(&mut merged, &[], AttachmentKind::Website);
    let mut reader = ParamReader::new(merged);
    let attachment = read_attachment(&mut reader, &KINDS);
    let fields = reader.take("fields");
    match &fields {
        Some(value) => {
            KeyedFields::read(&mut reader, "fields", value);
        }
        None => reader.error("fields", "is required: what to find out"),
    }
    let hypothesis = reader.object("hypothesis");
    let mut params = Map::new();
    if let Some(attachment) = attachment {
        params.insert("attachment".into(), attachment.content.into());
        params.insert("attachment_type".into(), attachment.kind.as_str().into());
    }
    params.extend(fields.map(|value| ("fields".to_owned(), value)));
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
