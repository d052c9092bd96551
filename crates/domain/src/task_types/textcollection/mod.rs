//! `textcollection`: a form of fields about some attachments (api-v1.md 4.12).

mod answer;
mod condition;
mod made_up;
mod params;
mod read;
mod read_choices;
mod read_conditions;
mod response;
#[cfg(test)]
mod tests;

use serde_json::{Map, Value, json};
use utoipa::{PartialSchema, ToSchema};

pub use params::TextcollectionParams;
pub use response::TextcollectionResponse;

use super::attachment::{Attachment, AttachmentKind, stored_attachment};
use super::{Documentation, ParsedParams, TaskType};
use crate::param::ParamErrors;

/// The type.
pub struct Textcollection;

impl TaskType for Textcollection {
    fn name(&self) -> &'static str {
        "textcollection"
    }

    fn parse(&self, merged: Map<String, Value>) -> Result<ParsedParams, ParamErrors> {
        read::parse(merged)
    }

    fn check_response(
        &self,
        params: &Map<String, Value>,
        response: Value,
    ) -> Result<Value, ParamErrors> {
        response::check(params, &response)
    }

    fn made_up(&self, params: &Map<String, Value>, _: u64) -> Value {
        let values = made_up::made_up(params);
        response::check(params, &values).unwrap_or(values)
    }

    fn attachments(&self, params: &Map<String, Value>) -> Vec<Attachment> {
        let mut attachments = stored_attachment(params);
        let listed = params.get("attachments").and_then(Value::as_array);
        attachments.extend(listed.into_iter().flatten().filter_map(|attachment| {
            let text = |name: &str| attachment.get(name).and_then(Value::as_str);
            let content = text("content")?.to_owned();
            let kind = text("type")
                .and_then(AttachmentKind::parse)
                .unwrap_or_else(|| AttachmentKind::guess(&content));
            Some(Attachment { kind, content })
        }));
        attachments
    }

    fn documentation(&self) -> Documentation {
        let name = TextcollectionParams::name().into_owned();
        let mut schemas = vec![(name.clone(), TextcollectionParams::schema())];
        TextcollectionParams::schemas(&mut schemas);
        Documentation {
            params: name,
            schemas,
            example: json!({
                "instruction": "Describe the truck.",
                "attachments": [
                    {"type": "image", "content": "https://example.com/truck.jpg"},
                ],
                "fields": [
                    {"type": "text", "field_id": "plate", "title": "Number plate", "required": true},
                    {
                        "type": "category",
                        "field_id": "damage",
                        "title": "Damage",
                        "choices": [
                            {"label": "None", "value": "none"},
                            {"label": "Dented", "value": "dented"},
                        ],
                    },
                ],
            }),
        }
    }
}
