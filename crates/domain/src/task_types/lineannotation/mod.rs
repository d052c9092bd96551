//! `lineannotation`: lines on a picture, the older form (api-v1.md 4.16).

mod params;

use serde_json::{Map, Value, json};
use utoipa::{PartialSchema, ToSchema};

pub use params::LineAnnotationParams;

use super::annotation_engine::geometry::GeometryKind;
use super::annotation_engine::legacy;
use super::attachment::{Attachment, stored_attachment};
use super::{Documentation, ParsedParams, TaskType};
use crate::param::ParamErrors;

/// The type.
pub struct LineAnnotation;

impl TaskType for LineAnnotation {
    fn name(&self) -> &'static str {
        "lineannotation"
    }

    fn parse(&self, merged: Map<String, Value>) -> Result<ParsedParams, ParamErrors> {
        legacy::parse(GeometryKind::Line, merged)
    }

    fn check_response(
        &self,
        params: &Map<String, Value>,
        response: Value,
    ) -> Result<Value, ParamErrors> {
        legacy::check(GeometryKind::Line, params, &response)
    }

    fn made_up(&self, params: &Map<String, Value>, seed: u64) -> Value {
        legacy::made_up(GeometryKind::Line, params, seed)
    }

    fn attachments(&self, params: &Map<String, Value>) -> Vec<Attachment> {
        stored_attachment(params)
    }

    fn documentation(&self) -> Documentation {
        let name = LineAnnotationParams::name().into_owned();
        let mut schemas = vec![(name.clone(), LineAnnotationParams::schema())];
        LineAnnotationParams::schemas(&mut schemas);
        Documentation {
            params: name,
            schemas,
            example: json!({
                "instruction": "Mark every truck with lines.",
                "attachment": "https://example.com/yard.jpg",
                "objects_to_annotate": ["truck", "trailer"],
                "with_labels": true,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::task_types::cases;

    #[test]
    fn cases_hold() {
        cases::run(&LineAnnotation, include_str!("cases/params.json"));
        cases::run_responses(&LineAnnotation, include_str!("cases/responses.json"));
    }
}
