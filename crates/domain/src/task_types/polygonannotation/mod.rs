//! `polygonannotation`: polygons on a picture, the older form (api-v1.md 4.16).

mod params;

use serde_json::{Map, Value, json};
use utoipa::{PartialSchema, ToSchema};

pub use params::PolygonAnnotationParams;

use super::annotation_engine::geometry::GeometryKind;
use super::annotation_engine::legacy;
use super::attachment::{Attachment, stored_attachment};
use super::{Documentation, ParsedParams, TaskType};
use crate::param::ParamErrors;

/// The type.
pub struct PolygonAnnotation;

impl TaskType for PolygonAnnotation {
    fn name(&self) -> &'static str {
        "polygonannotation"
    }

    fn parse(&self, merged: Map<String, Value>) -> Result<ParsedParams, ParamErrors> {
        legacy::parse(GeometryKind::Polygon, merged)
    }

    fn check_response(
        &self,
        params: &Map<String, Value>,
        response: Value,
    ) -> Result<Value, ParamErrors> {
        legacy::check(GeometryKind::Polygon, params, &response)
    }

    fn made_up(&self, params: &Map<String, Value>, seed: u64) -> Value {
        legacy::made_up(GeometryKind::Polygon, params, seed)
    }

    fn attachments(&self, params: &Map<String, Value>) -> Vec<Attachment> {
        stored_attachment(params)
    }

    fn documentation(&self) -> Documentation {
        let name = PolygonAnnotationParams::name().into_owned();
        let mut schemas = vec![(name.clone(), PolygonAnnotationParams::schema())];
        PolygonAnnotationParams::schemas(&mut schemas);
        Documentation {
            params: name,
            schemas,
            example: json!({
                "instruction": "Mark every truck with polygons.",
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
        cases::run(&PolygonAnnotation, include_str!("cases/params.json"));
        cases::run_responses(&PolygonAnnotation, include_str!("cases/responses.json"));
    }
}
