//! Labels and relationships: the names that may be given, and between what.

use serde_json::{Map, Value};

use crate::param::{ParamError, ParamReader, kind_of};
use crate::task_types::annotation_engine::attributes::{Attributes, Declared};

/// Most labels, nested ones included.
pub const LABELS_MAX: usize = 1_000;
/// Most kinds of relationship.
pub const RELATIONSHIPS_MAX: usize = 100;
/// Longest name of a label or relationship, in characters.
pub const NAME_LENGTH_MAX: usize = 256;

/// A label that can be given.
#[derive(Debug)]
pub(super) struct Label {
    pub(super) name: String,
    pub(super) attributes: Attributes,
}

/// The labels of a task; those with children cannot be given themselves.
#[derive(Debug, Default)]
pub(super) struct Labels {
    leaves: Vec<Label>,
    seen: Vec<String>,
}

impl Labels {
    /// Reads the parameter `labels`.
    pub(super) fn read(reader: &mut ParamReader, values: &[Value]) -> Self {
        let mut labels = Self::default();
        let mut errors = Vec::new();
        let path = reader.path_of("labels");
        labels.walk(&path, values, &mut errors);
        if errors.is_empty() && labels.leaves.is_empty() {
            errors.push(ParamError::new(path, "must hold at least one label"));
        }
        reader.absorb(errors);
        labels
    }

    /// Reads stored labels, which were checked when they came in.
    pub(super) fn stored(params: &Map<String, Value>) -> Self {
        let mut reader = ParamReader::new(Map::new());
        let values = params.get("labels").and_then(Value::as_array);
        Self::read(&mut reader, values.map_or(&[], Vec::as_slice))
    }

    fn walk(&mut self, path: &str, values: &[Value], errors: &mut Vec<ParamError>) {
        if self.seen.len() + values.len() > LABELS_MAX {
            errors.push(ParamError::new(
                path,
                format!("can hold at most {LABELS_MAX} labels"),
            ));
            return;
        }
        for (index, value) in values.iter().enumerate() {
            self.walk_one(&format!("{path}[{index}]"), value, errors);
        }
    }

    fn walk_one(&mut self, path: &str, value: &Value, errors: &mut Vec<ParamError>) {
        let members = match value {
            Value::Object(members) => members.clone(),
            Value::String(name) => Map::from_iter([("name".to_owned(), name.clone().into())]),
            other => {
                let message = format!("must be an object with a `name`, got {}", kind_of(other));
                errors.push(ParamError::new(path, message));
                return;
            }
        };
        let mut reader = ParamReader::at(path, members);
        let name = reader.required_string("name");
        if name.chars().count() > NAME_LENGTH_MAX {
            reader.error(
                "name",
                format!("can have at most {NAME_LENGTH_MAX} characters"),
            );
        } else if !name.is_empty() && self.seen.contains(&name) {
            reader.error(
                "name",
                format!("\"{name}\" stands there twice; each label must be unique"),
            );
        }
        self.seen.push(name.clone());
        reader.string("description");
        let (attributes, _) =
            Attributes::read(&mut reader, "attributes", &|_| true, Declared::ForObjects);
        let children = reader.array("children").unwrap_or_default();
        if children.is_empty() {
            self.leaves.push(Label { name, attributes });
        } else {
            self.walk(&reader.path_of("children"), &children, errors);
        }
        if let Err(problems) = reader.finish() {
            errors.extend(problems.0);
        }
    }

    /// A label that can be given.
    pub(super) fn find(&self, name: &str) -> Option<&Label> {
        self.leaves.iter().find(|label| label.name == name)
    }

    /// The first label that can be given.
    pub(super) fn first(&self) -> Option<&Label> {
        self.leaves.first()
    }

    /// Whether the label, or a group of labels, exists.
    fn knows(&self, name: &str) -> bool {
        self.seen.iter().any(|seen| seen == name)
    }
}

/// A kind of relationship.
#[derive(Debug)]
pub(super) struct Relationship {
    pub(super) name: String,
    /// Labels it may come from; none given: any.
    source_labels: Vec<String>,
    target_labels: Vec<String>,
    is_directed: bool,
}

impl Relationship {
    /// Whether it may stand between entities of these labels; without direction either way.
    pub(super) fn fits(&self, source: &str, target: &str) -> bool {
        let holds = |labels: &[String], label: &str| {
            labels.is_empty() || labels.iter().any(|allowed| allowed == label)
        };
        let forth = holds(&self.source_labels, source) && holds(&self.target_labels, target);
        let back = holds(&self.source_labels, target) && holds(&self.target_labels, source);
        forth || (!self.is_directed && back)
    }
}

/// Reads the parameter `relationships`.
pub(super) fn read_relationships(
    reader: &mut ParamReader,
    values: &[Value],
    labels: &Labels,
) -> Vec<Relationship> {
    if values.len() > RELATIONSHIPS_MAX {
        reader.error(
            "relationships",
            format!(
                "can hold at most {RELATIONSHIPS_MAX} relationships, got {}",
                values.len()
            ),
        );
        return Vec::new();
    }
    let mut read: Vec<Relationship> = Vec::new();
    for (index, value) in values.iter().enumerate() {
        let path = format!("{}[{index}]", reader.path_of("relationships"));
        let Value::Object(members) = value else {
            let message = format!("must be an object with a `name`, got {}", kind_of(value));
            reader.absorb([ParamError::new(path, message)]);
            continue;
        };
        let mut inner = ParamReader::at(path, members.clone());
        let name = inner.required_string("name");
        if read.iter().any(|other| other.name == name) {
            inner.error("name", format!("\"{name}\" stands there twice"));
        }
        inner.string("description");
        let relationship = Relationship {
            name,
            source_labels: read_label_names(&mut inner, "source_labels", labels),
            target_labels: read_label_names(&mut inner, "target_labels", labels),
            is_directed: inner.boolean("is_directed").unwrap_or(true),
        };
        match inner.finish() {
            Ok(_) => read.push(relationship),
            Err(errors) => reader.absorb(errors.0),
        }
    }
    read
}

/// Reads stored relationships, which were checked when they came in.
pub(super) fn stored_relationships(
    params: &Map<String, Value>,
    labels: &Labels,
) -> Vec<Relationship> {
    let mut reader = ParamReader::new(Map::new());
    let values = params.get("relationships").and_then(Value::as_array);
    read_relationships(&mut reader, values.map_or(&[], Vec::as_slice), labels)
}

fn read_label_names(reader: &mut ParamReader, name: &str, labels: &Labels) -> Vec<String> {
    let mut names = Vec::new();
    for (index, value) in reader.array(name).unwrap_or_default().iter().enumerate() {
        match value.as_str() {
            Some(label) if labels.knows(label) => names.push(label.to_owned()),
            _ => reader.error(
                &format!("{name}[{index}]"),
                "must be the name of one of the labels",
            ),
        }
    }
    names
}
