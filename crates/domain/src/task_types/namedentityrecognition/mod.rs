//! `namedentityrecognition`: spans of a text, with labels and relationships (api-v1.md 4.15).

mod labels;
mod made_up;
mod params;
mod response;
#[cfg(test)]
mod tests;

use serde_json::{Map, Value, json};
use utoipa::{PartialSchema, ToSchema};

pub use params::NamedEntityRecognitionParams;
pub use response::NamedEntityRecognitionResponse;

use super::attachment::{Attachment, AttachmentKind};
use super::{Documentation, ParsedParams, TaskType};
use crate::param::ParamErrors;

/// The type.
pub struct NamedEntityRecognition;

impl TaskType for NamedEntityRecognition {
    fn name(&self) -> &'static str {
        "namedentityrecognition"
    }

    fn parse(&self, merged: Map<String, Value>) -> Result<ParsedParams, ParamErrors> {
        params::parse(merged)
    }

    fn check_response(
        &self,
        params: &Map<String, Value>,
        response: Value,
    ) -> Result<Value, ParamErrors> {
        response::check(params, &response)
    }

    fn made_up(&self, params: &Map<String, Value>, seed: u64) -> Value {
        made_up::made_up(params, seed)
    }

    fn attachments(&self, params: &Map<String, Value>) -> Vec<Attachment> {
        let text = params.get("text").and_then(Value::as_str);
        text.map(|text| Attachment {
            kind: AttachmentKind::Text,
            content: text.to_owned(),
        })
        .into_iter()
        .collect()
    }

    fn documentation(&self) -> Documentation {
        let name = NamedEntityRecognitionParams::name().into_owned();
        let mut schemas = vec![(name.clone(), NamedEntityRecognitionParams::schema())];
        NamedEntityRecognitionParams::schemas(&mut schemas);
        Documentation {
            params: name,
            schemas,
            example: json!({
                "instruction": "Mark places and companies.",
                "text": "Lagos is where Acme has its seat.",
                "labels": [
                    {"name": "place", "description": "Towns, countries, rivers"},
                    {"name": "company", "description": "Firms"},
                ],
                "relationships": [{
                    "name": "based_in",
                    "source_labels": ["company"],
                    "target_labels": ["place"],
                    "is_directed": true,
                }],
            }),
        }
    }
}
