//! `imageannotation`: boxes, polygons, lines and points on a picture (api-v1.md 4.4).

mod base_annotations;
mod params;
mod response;
#[cfg(test)]
mod tests;

use serde_json::{Map, Value, json};
use utoipa::{PartialSchema, ToSchema};

pub use params::ImageAnnotationParams;
pub use response::ImageAnnotationResponse;

use super::attachment::{Attachment, AttachmentKind, stored_attachment};
use super::{Documentation, ParsedParams, TaskType};
use crate::param::ParamErrors;

/// The type.
pub struct ImageAnnotation;

impl TaskType for ImageAnnotation {
    fn name(&self) -> &'static str {
        "imageannotation"
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
        response::made_up(params, seed)
    }

    fn attachments(&self, params: &Map<String, Value>) -> Vec<Attachment> {
        let mut attachments = stored_attachment(params);
        let further = params.get("context_attachments").and_then(Value::as_array);
        attachments.extend(further.into_iter().flatten().filter_map(|attachment| {
            let content = attachment.get("attachment")?.as_str()?.to_owned();
            Some(Attachment {
                kind: AttachmentKind::Image,
                content,
            })
        }));
        attachments
    }

    fn documentation(&self) -> Documentation {
        let name = ImageAnnotationParams::name().into_owned();
        let mut schemas = vec![(name.clone(), ImageAnnotationParams::schema())];
        ImageAnnotationParams::schemas(&mut schemas);
        Documentation {
            params: name,
            schemas,
            example: json!({
                "instruction": "Box every truck.",
                "attachment": "https://example.com/yard.jpg",
                "geometries": {
                    "box": {"objects_to_annotate": ["truck", "trailer"], "min_width": 10, "min_height": 10},
                },
                "annotation_attributes": {
                    "loaded": {
                        "type": "category",
                        "description": "Is it loaded?",
                        "choices": ["yes", "no"],
                        "conditions": {"label_condition": {"label": ["truck"]}},
                    },
                },
            }),
        }
    }
}
