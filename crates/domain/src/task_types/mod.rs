//! Task types: what each asks, what it takes for an answer, and how it makes one up.
//!
//! A type is one folder here and its line in [`served`]. It knows nothing of HTTP or SQL.

pub mod annotation;
mod annotation_engine;
pub mod attachment;
#[cfg(test)]
mod cases;
pub mod categorization;
mod choices;
pub mod datacollection;
pub mod imageannotation;
mod keyed_fields;
pub mod lineannotation;
pub mod namedentityrecognition;
pub mod pointannotation;
pub mod polygonannotation;
pub mod textcollection;
pub mod transcription;

use serde_json::{Map, Value};
use utoipa::openapi::{RefOr, Schema};

pub use attachment::{Attachment, AttachmentKind};

use crate::param::ParamErrors;

/// Parameters of a type, normalised: defaults filled in, sent values as they were sent.
#[derive(Clone, Debug, Default)]
pub struct ParsedParams {
    /// As the task object shows them.
    pub params: Map<String, Value>,
    /// Names that the type does not know; they are not kept.
    pub warnings: Vec<String>,
}

/// How the OpenAPI document tells a type's parameters.
pub struct Documentation {
    /// Name of the schema of the parameters.
    pub params: String,
    /// That schema and those that it refers to.
    pub schemas: Vec<(String, RefOr<Schema>)>,
    /// A body that works as it stands.
    pub example: Value,
}

/// A type of task.
pub trait TaskType: Sync {
    /// The name in paths and task objects.
    fn name(&self) -> &'static str;

    /// Reads the parameters (the task's merged with the project's): all errors at once.
    fn parse(&self, merged: Map<String, Value>) -> Result<ParsedParams, ParamErrors>;

    /// Checks and normalises a labeler's answer against stored params. Messages are those that the
    /// labeler reads (labeling.md 4.10), paths point into the answer.
    fn check_response(
        &self,
        params: &Map<String, Value>,
        response: Value,
    ) -> Result<Value, ParamErrors>;

    /// The made-up answer of test mode: the same for the same seed, of the right shape, within
    /// what the params ask (api-v1.md 1.2.6).
    fn made_up(&self, params: &Map<String, Value>, seed: u64) -> Value;

    /// What the labeler is shown, in order.
    fn attachments(&self, params: &Map<String, Value>) -> Vec<Attachment>;

    /// The parameters as the OpenAPI document tells them.
    fn documentation(&self) -> Documentation;
}

/// The types that are served.
pub fn served() -> &'static [&'static dyn TaskType] {
    &[
        &categorization::Categorization,
        &textcollection::Textcollection,
        &transcription::Transcription,
        &datacollection::Datacollection,
        &namedentityrecognition::NamedEntityRecognition,
        &imageannotation::ImageAnnotation,
        &annotation::Annotation,
        &polygonannotation::PolygonAnnotation,
        &lineannotation::LineAnnotation,
        &pointannotation::PointAnnotation,
    ]
}

/// Names of the original's types that are not served yet (api-v1.md 4.2).
const NOT_SERVED_YET: [&str; 23] = [
    "segmentannotation",
    "videoannotation",
    "videoplaybackannotation",
    "lidarannotation",
    "lidarsegmentation",
    "lidartopdown",
    "lidarlinking",
    "sensorfusion",
    "comparison",
    "documenttranscription",
    "cuboidannotation",
    "audiotranscription",
    "phonecall",
    "documentmodel",
    "laneannotation",
    "videoboxannotation",
    "videocuboidannotation",
    "federal2dvideoannotation",
    "multistage",
    "chat",
    "chatlite",
    "chatexperimental",
    "multichat",
];

/// What a name stands for.
pub enum Lookup {
    /// A served type.
    Served(&'static dyn TaskType),
    /// A type of the original that is not served yet.
    NotServedYet(&'static str),
    /// No type.
    Unknown,
}

/// Looks a type up.
pub fn find(name: &str) -> Lookup {
    if let Some(task_type) = served().iter().find(|task_type| task_type.name() == name) {
        return Lookup::Served(*task_type);
    }
    NOT_SERVED_YET
        .iter()
        .find(|known| **known == name)
        .map_or(Lookup::Unknown, |known| Lookup::NotServedYet(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The body of a documented example without the common parameters.
    fn example_of(task_type: &dyn TaskType) -> Map<String, Value> {
        let Value::Object(body) = task_type.documentation().example else {
            panic!("{}: an example is an object", task_type.name());
        };
        crate::TaskRequest::parse(body).unwrap().rest
    }

    #[test]
    fn every_documented_example_works_as_it_stands() {
        for task_type in served() {
            let name = task_type.name();
            let parsed = task_type.parse(example_of(*task_type)).expect(name);
            assert_eq!(parsed.warnings, [""; 0], "{name}");
            assert!(!task_type.attachments(&parsed.params).is_empty(), "{name}");
            let answer = task_type.made_up(&parsed.params, 1);
            let checked = task_type.check_response(&parsed.params, answer.clone());
            assert_eq!(checked.expect(name), answer, "{name}");
        }
    }

    #[test]
    fn params_survive_being_parsed_again() {
        for task_type in served() {
            let name = task_type.name();
            let once = task_type.parse(example_of(*task_type)).expect(name).params;
            assert_eq!(
                task_type.parse(once.clone()).expect(name).params,
                once,
                "{name}"
            );
        }
    }

    #[test]
    fn every_schema_that_is_referred_to_is_documented() {
        for task_type in served() {
            let documentation = task_type.documentation();
            let text = serde_json::to_string(&documentation.schemas).unwrap();
            let known: Vec<_> = documentation
                .schemas
                .iter()
                .map(|(name, _)| name.as_str())
                .collect();
            assert!(known.contains(&documentation.params.as_str()));
            for reference in text.split("#/components/schemas/").skip(1) {
                let name = reference.split('"').next().unwrap_or_default();
                assert!(known.contains(&name), "{}: {name}", task_type.name());
            }
        }
    }

    #[test]
    fn schemas_of_one_name_are_one() {
        let mut known = std::collections::HashMap::new();
        for task_type in served() {
            for (name, schema) in task_type.documentation().schemas {
                let schema = serde_json::to_value(schema).unwrap();
                let before = known.entry(name.clone()).or_insert_with(|| schema.clone());
                assert_eq!(*before, schema, "{}: {name}", task_type.name());
            }
        }
    }

    #[test]
    fn names_are_found() {
        for task_type in served() {
            assert!(matches!(find(task_type.name()), Lookup::Served(_)));
            assert!(!NOT_SERVED_YET.contains(&task_type.name()));
        }
        assert!(matches!(
            find("lidarannotation"),
            Lookup::NotServedYet("lidarannotation")
        ));
        assert!(matches!(find("ImageAnnotation"), Lookup::Unknown));
    }
}
