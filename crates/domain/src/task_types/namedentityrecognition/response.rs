//! Answers of `namedentityrecognition`. Offsets count Unicode code points, the end is excluded: a
//! Python slice of the text gives the entity.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::labels::{Labels, Relationship, stored_relationships};
use crate::param::{ParamError, ParamErrors, kind_of, number_of};
use crate::task_types::annotation_engine::attributes::{Attributes, Declared, Subject};

/// Most entities of an answer.
pub const ENTITIES_MAX: usize = 20_000;
/// Most relationships of an answer.
pub const RELATIONSHIPS_MAX: usize = 20_000;

/// Answer of a named entity recognition.
#[derive(ToSchema)]
#[expect(dead_code, reason = "this tells the shape of the answer")]
pub struct NamedEntityRecognitionResponse {
    /// The entities.
    annotations: Vec<Entity>,
    /// What was drawn between them.
    relationships: Vec<EntityLink>,
    /// Attributes of the whole text.
    global_attributes: HashMap<String, Value>,
}

/// A span of the text.
#[derive(ToSchema)]
#[expect(dead_code, reason = "this tells the shape of the answer")]
pub struct Entity {
    /// Unique within the answer.
    #[schema(example = "a1")]
    id: String,
    /// First character, counted in Unicode code points from 0.
    #[schema(example = 0)]
    start: u32,
    /// Character after the last.
    #[schema(example = 5)]
    end: u32,
    /// The characters.
    #[schema(example = "Lagos")]
    text: String,
    /// Label.
    #[schema(example = "place")]
    label: String,
    /// Attributes of the label.
    attributes: HashMap<String, Value>,
}

/// A relationship between two entities.
#[derive(ToSchema)]
#[expect(dead_code, reason = "this tells the shape of the answer")]
pub struct EntityLink {
    /// Unique within the answer.
    #[schema(example = "r1")]
    id: String,
    /// Id of an entity.
    #[schema(example = "a2")]
    source_ref: String,
    /// Id of another.
    #[schema(example = "a1")]
    target_ref: String,
    /// Which relationship.
    #[schema(example = "based_in")]
    name: String,
}

/// Byte offsets of a text's characters, so that spans are cut in constant time.
pub(super) struct Characters<'t> {
    text: &'t str,
    offsets: Vec<usize>,
}

impl<'t> Characters<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        let mut offsets: Vec<usize> = text.char_indices().map(|(offset, _)| offset).collect();
        offsets.push(text.len());
        Self { text, offsets }
    }

    /// Number of characters.
    fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// The characters from `start` to before `end`; both within the text.
    pub(super) fn slice(&self, start: usize, end: usize) -> &'t str {
        &self.text[self.offsets[start]..self.offsets[end]]
    }
}

/// Checks an answer against stored params.
pub(super) fn check(params: &Map<String, Value>, response: &Value) -> Result<Value, ParamErrors> {
    Check::new(params).run(response, true)
}

/// Checks a first guess: attributes of the whole may be missing.
pub(super) fn check_guess(
    params: &Map<String, Value>,
    hypothesis: &Value,
) -> Result<(), ParamErrors> {
    Check::new(params).run(hypothesis, false).map(|_| ())
}

struct Check<'p> {
    characters: Characters<'p>,
    labels: Labels,
    relationships: Vec<Relationship>,
    global_attributes: Attributes,
    errors: Vec<ParamError>,
}

impl<'p> Check<'p> {
    fn new(params: &'p Map<String, Value>) -> Self {
        let text = params
            .get("text")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let labels = Labels::stored(params);
        Self {
            characters: Characters::of(text),
            relationships: stored_relationships(params, &labels),
            labels,
            global_attributes: Attributes::stored(
                params.get("global_attributes"),
                Declared::ForWhole,
            ),
            errors: Vec::new(),
        }
    }

    fn run(mut self, response: &Value, whole: bool) -> Result<Value, ParamErrors> {
        let Some(given) = response.get("annotations").filter(|given| !given.is_null()) else {
            return Err(ParamErrors::one(
                "annotations",
                "is required: an array of entities",
            ));
        };
        let given = self.list("annotations", Some(given), ENTITIES_MAX);
        // Label by id: the attributes of an entity and the relationships refer to others.
        let by_id: HashMap<String, Option<String>> = given
            .iter()
            .filter_map(|entity| {
                let label = entity
                    .get("label")
                    .and_then(Value::as_str)
                    .map(str::to_owned);
                Some((entity.get("id").and_then(Value::as_str)?.to_owned(), label))
            })
            .collect();
        let mut ids = HashSet::new();
        let mut entities = Vec::new();
        for (index, entity) in given.iter().enumerate() {
            entities.extend(self.check_entity(index, entity, &by_id, &mut ids));
        }
        let given = self.list(
            "relationships",
            response.get("relationships"),
            RELATIONSHIPS_MAX,
        );
        let mut links = Vec::new();
        let mut link_ids = HashSet::new();
        for (index, link) in given.iter().enumerate() {
            links.extend(self.check_link(index, link, &by_id, &mut link_ids));
        }
        let given = response.get("global_attributes");
        let of_whole = if whole || given.is_some_and(|given| !given.is_null()) {
            let subject = Subject {
                name: None,
                label: None,
                id: None,
                label_of: &|_| None,
            };
            let attributes = &self.global_attributes;
            attributes.check("global_attributes", true, &subject, given, &mut self.errors)
        } else {
            Map::new()
        };
        if self.errors.is_empty() {
            Ok(json!({
                "annotations": entities,
                "relationships": links,
                "global_attributes": of_whole,
            }))
        } else {
            Err(ParamErrors::from(self.errors))
        }
    }

    fn error(&mut self, path: String, message: impl Into<String>) {
        self.errors.push(ParamError::new(path, message));
    }

    fn list<'v>(&mut self, name: &str, given: Option<&'v Value>, most: usize) -> &'v [Value] {
        match given {
            None | Some(Value::Null) => &[],
            Some(Value::Array(values)) if values.len() <= most => values,
            Some(Value::Array(values)) => {
                let message = format!("can hold at most {most}, got {}", values.len());
                self.error(name.to_owned(), message);
                &[]
            }
            Some(other) => {
                let message = format!("must be an array, got {}", kind_of(other));
                self.error(name.to_owned(), message);
                &[]
            }
        }
    }

    fn check_entity(
        &mut self,
        index: usize,
        given: &Value,
        by_id: &HashMap<String, Option<String>>,
        ids: &mut HashSet<String>,
    ) -> Option<Value> {
        let path = format!("annotations[{index}]");
        let number = index + 1;
        let known = self.errors.len();
        let label_name = given
            .get("label")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let name = if label_name.is_empty() {
            format!("Entity {number}")
        } else {
            format!("Entity {number} ({label_name})")
        };
        if !given.is_object() {
            self.error(
                path,
                format!("{name}: must be an object, got {}.", kind_of(given)),
            );
            return None;
        }
        let id = match given.get("id") {
            Some(Value::String(id)) if !id.is_empty() => id.clone(),
            None | Some(Value::Null) => {
                self.error(format!("{path}.id"), format!("{name}: has no id."));
                String::new()
            }
            Some(_) => {
                let message = format!("{name}: the id must be a string, not empty.");
                self.error(format!("{path}.id"), message);
                String::new()
            }
        };
        if !id.is_empty() && !ids.insert(id.clone()) {
            let message = format!("{name}: another entity has the id \"{id}\" too.");
            self.error(format!("{path}.id"), message);
        }
        let span = self.check_span(&path, &name, given);
        let mut attributes = Map::new();
        match self.labels.find(label_name) {
            Some(label) => {
                let label_of = |id: &str| by_id.get(id).cloned();
                let subject = Subject {
                    name: Some(name),
                    label: Some(label_name),
                    id: Some(&id),
                    label_of: &label_of,
                };
                let path = format!("{path}.attributes");
                let given = given.get("attributes");
                attributes =
                    label
                        .attributes
                        .check(&path, false, &subject, given, &mut self.errors);
            }
            None if label_name.is_empty() => {
                self.error(format!("{path}.label"), format!("{name}: choose a label."));
            }
            None => {
                let message = format!("{name}: \"{label_name}\" is not one of the labels.");
                self.error(format!("{path}.label"), message);
            }
        }
        let (start, end) = span?;
        (self.errors.len() == known).then(|| {
            json!({
                "id": id,
                "start": start,
                "end": end,
                "text": self.characters.slice(start, end),
                "label": label_name,
                "attributes": attributes,
            })
        })
    }

    fn check_span(&mut self, path: &str, name: &str, given: &Value) -> Option<(usize, usize)> {
        let length = self.characters.len();
        let mut offset = |member: &str| {
            let number = given.get(member).and_then(number_of);
            let offset = number.filter(|number| number.fract() == 0.0 && *number >= 0.0);
            if offset.is_none() {
                let message =
                    format!("{name}: {member} must be a whole number of characters, 0 or more.");
                self.errors
                    .push(ParamError::new(format!("{path}.{member}"), message));
            }
            offset.map(|offset| offset as usize)
        };
        let (start, end) = (offset("start"), offset("end"));
        let (start, end) = (start?, end?);
        if end > length {
            let message =
                format!("{name}: ends at {end}, but the text has only {length} characters.");
            self.error(format!("{path}.end"), message);
            return None;
        }
        if start >= end {
            let message = format!("{name}: must hold at least one character.");
            self.error(format!("{path}.end"), message);
            return None;
        }
        let text = self.characters.slice(start, end);
        match given.get("text") {
            None | Some(Value::Null) => {}
            Some(Value::String(said)) if said == text => {}
            Some(_) => {
                let message = format!(
                    "{name}: the text from {start} to {end} is \"{}\"; offsets count Unicode \
                     code points.",
                    shortened(text)
                );
                self.error(format!("{path}.text"), message);
                return None;
            }
        }
        Some((start, end))
    }

    fn check_link(
        &mut self,
        index: usize,
        given: &Value,
        by_id: &HashMap<String, Option<String>>,
        ids: &mut HashSet<String>,
    ) -> Option<Value> {
        let path = format!("relationships[{index}]");
        let text = |member: &str| {
            given
                .get(member)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        let name = format!("Relationship {}", index + 1);
        let id = text("id");
        if id.is_empty() || !ids.insert(id.to_owned()) {
            let message = format!("{name}: needs an id of its own.");
            self.error(format!("{path}.id"), message);
            return None;
        }
        let mut end = |member: &str| {
            let label = by_id.get(text(member)).cloned().flatten();
            if label.is_none() {
                let message = format!("{name}: {member} is not the id of an entity.");
                self.errors
                    .push(ParamError::new(format!("{path}.{member}"), message));
            }
            label
        };
        let (source, target) = (end("source_ref"), end("target_ref"));
        let (source, target) = (source?, target?);
        if text("source_ref") == text("target_ref") {
            let message = format!("{name}: must go to another entity.");
            self.error(format!("{path}.target_ref"), message);
            return None;
        }
        let kind = self
            .relationships
            .iter()
            .find(|kind| kind.name == text("name"));
        match kind.map(|kind| kind.fits(&source, &target)) {
            None => {
                let message = format!(
                    "{name}: \"{}\" is not one of the relationships.",
                    text("name")
                );
                self.error(format!("{path}.name"), message);
                None
            }
            Some(false) => {
                let message = format!(
                    "{name}: {} is not allowed from {source} to {target}.",
                    text("name")
                );
                self.error(format!("{path}.name"), message);
                None
            }
            Some(true) => Some(json!({
                "id": id,
                "source_ref": text("source_ref"),
                "target_ref": text("target_ref"),
                "name": text("name"),
            })),
        }
    }
}

/// The beginning of a text, for a message.
fn shortened(text: &str) -> String {
    const LENGTH_MAX: usize = 40;
    if text.chars().count() <= LENGTH_MAX {
        return text.to_owned();
    }
    let start: String = text.chars().take(LENGTH_MAX).collect();
    format!("{start}…")
}
