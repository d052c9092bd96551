//! Task types: what each asks, what it takes for an answer, and how it makes one up.
//!
//! A type is one folder here and its line in [`served`]. It knows nothing of HTTP or SQL.

mod annotation_engine;
pub mod attachment;
#[cfg(test)]
mod cases;
pub mod categorization;
mod choices;
pub mod datacollection;
mod keyed_fields;
pub mod namedentityrecognition;
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
    &[&categorization::Categorization, &textcollection::Textcollection,
        &transcription::Transcription, &datacollection::Datacollection,
        &namedentityrecognition::NamedEntityRecognition]
}

/// Names of the original's types that are not served yet (api-v1.md 4.2).
const NOT_SERVED_YET: [&str; 30] = [
    "imageannotation", "annotation", "polygonannotation", "lineannotation", "pointannotation",
    "segmentannotation", "videoannotation", "videoplaybackannotation", "lidarannotation",
    "lidarsegmentation", "lidartopdown", "lidarlinking", "sensorfusion", "comparison",
    "documenttranscription", "cuboidannotation", "audiotranscription", "phonecall",
    "documentmodel", "laneannotation", "videoboxannotation", "videocuboidannotation",
    "federal2dvideoannotation", "multistage", "chat", "chatlite", "chatexperimental",
    "multichat", "evaluation", "training",
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
    NOT_SERVED_YET.iter().find(|known| **known == name).map_or(Lookup::Unknown, |known| {
        Lookup::NotServedYet(known)
    })
}
