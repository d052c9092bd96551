//! Checks a labeler's shapes: each of a kind that is asked, within its limits, with its label and
//! attributes. Messages are those that the labeler reads (labeling.md 4.10).

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value, json};

use super::asked::{Asked, GeometryAsked, LabelRule};
use super::attributes::Subject;
use super::geometry::{GeometryKind, check_shape};
use crate::param::{ParamError, ParamErrors, kind_of};

/// Most objects of an answer.
pub const OBJECTS_MAX: usize = 20_000;
/// Most links of an answer.
pub const LINKS_MAX: usize = 20_000;
/// Longest uuid, in characters: those of the customer's own first guesses need not be UUIDs.
pub const UUID_LENGTH_MAX: usize = 256;

/// What is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Strictness {
    /// A labeler's answer.
    Answer,
    /// A first guess or a locked start: shapes may reach beyond the picture and lack attributes,
    /// labels and ids.
    Guess,
}

/// An answer in its final form.
#[derive(Debug, Default)]
pub(crate) struct Checked {
    pub annotations: Vec<Value>,
    pub links: Vec<Value>,
    pub global_attributes: Map<String, Value>,
}

/// Checks an answer of the form `{annotations, links, global_attributes}`.
pub(crate) fn check(
    asked: &Asked,
    response: &Value,
    strictness: Strictness,
) -> Result<Checked, ParamErrors> {
    let Some(Value::Array(given)) = response.get("annotations") else {
        return match response.get("annotations") {
            None | Some(Value::Null) if strictness == Strictness::Guess => Ok(Checked::default()),
            None | Some(Value::Null) => Err(ParamErrors::one(
                "annotations",
                "Draw at least one object or choose *Nothing to annotate*.",
            )),
            Some(other) => Err(ParamErrors::one(
                "annotations",
                format!("must be an array of objects, got {}", kind_of(other)),
            )),
        };
    };
    if given.len() > OBJECTS_MAX {
        let message = format!("{} objects, at most {OBJECTS_MAX}.", given.len());
        return Err(ParamErrors::one("annotations", message));
    }
    let mut check = Check {
        asked,
        strictness,
        labels_by_id: labels_by_id(given),
        ids: HashSet::new(),
        errors: Vec::new(),
    };
    let mut checked = Checked::default();
    for (index, object) in given.iter().enumerate() {
        checked.annotations.extend(check.object(index, object));
    }
    checked.links = check.links(response.get("links"));
    let whole = response.get("global_attributes");
    if strictness == Strictness::Answer {
        let subject = Subject {
            name: None,
            label: None,
            id: None,
            label_of: &|_| None,
        };
        checked.global_attributes = asked.attributes.check(
            "global_attributes",
            true,
            &subject,
            whole,
            &mut check.errors,
        );
    }
    if check.errors.is_empty() {
        Ok(checked)
    } else {
        Err(ParamErrors::from(check.errors))
    }
}

fn text<'v>(object: &'v Value, member: &str) -> Option<&'v str> {
    object
        .get(member)
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty())
}

fn labels_by_id(objects: &[Value]) -> HashMap<String, Option<String>> {
    objects
        .iter()
        .filter_map(|object| {
            Some((
                text(object, "uuid")?.to_owned(),
                text(object, "label").map(str::to_owned),
            ))
        })
        .collect()
}

struct Check<'a> {
    asked: &'a Asked,
    strictness: Strictness,
    labels_by_id: HashMap<String, Option<String>>,
    ids: HashSet<String>,
    errors: Vec<ParamError>,
}

impl<'a> Check<'a> {
    fn error(&mut self, path: String, message: String) {
        self.errors.push(ParamError::new(path, message));
    }

    fn object(&mut self, index: usize, given: &Value) -> Option<Value> {
        let path = format!("annotations[{index}]");
        let number = index + 1;
        if !given.is_object() {
            let message = format!(
                "Object {number}: must be an object, got {}.",
                kind_of(given)
            );
            self.error(path, message);
            return None;
        }
        let geometry = self.geometry(&path, number, given)?;
        let known = self.errors.len();
        let label = text(given, "label");
        let kind = geometry.kind.as_str();
        let subject = match label {
            Some(label) => format!("Object {number} ({label}, {kind})"),
            None => format!("Object {number} ({kind})"),
        };
        let id = self.id(&path, &subject, given);
        self.check_label(&path, number, geometry, given);
        let within_picture = self.strictness == Strictness::Answer;
        let shape = check_shape(
            geometry.kind,
            &geometry.limits,
            &path,
            &subject,
            given,
            within_picture,
        );
        let attributes = self.attributes(&path, number, label, id, given);
        let shape = shape.map_err(|error| self.errors.push(error)).ok()?;
        if self.errors.len() > known {
            return None;
        }
        let mut object = Map::new();
        object.extend(id.map(|id| ("uuid".to_owned(), id.into())));
        object.insert("type".to_owned(), kind.into());
        object.extend(label.map(|label| ("label".to_owned(), label.into())));
        object.extend(shape);
        object.insert("attributes".to_owned(), attributes.into());
        Some(Value::Object(object))
    }

    /// What is asked of shapes of the object's kind. Where only one kind is asked, the object need
    /// not name it.
    fn geometry(&mut self, path: &str, number: usize, given: &Value) -> Option<&'a GeometryAsked> {
        let asked = self.asked;
        let named = match given.get("type") {
            None | Some(Value::Null) => match asked.geometries.as_slice() {
                [only] => return Some(only),
                _ => None,
            },
            Some(value) => value.as_str(),
        };
        let found = named
            .and_then(GeometryKind::parse)
            .and_then(|kind| asked.geometry(kind));
        if found.is_none() {
            let kinds: Vec<_> = asked
                .geometries
                .iter()
                .map(|geometry| geometry.kind.as_str())
                .collect();
            let message = format!("Object {number}: type must be {}.", kinds.join(" or "));
            self.error(format!("{path}.type"), message);
        }
        found
    }

    fn id<'v>(&mut self, path: &str, subject: &str, given: &'v Value) -> Option<&'v str> {
        let path = format!("{path}.uuid");
        match given.get("uuid") {
            None | Some(Value::Null) if self.strictness == Strictness::Guess => None,
            Some(Value::String(id)) if (1..=UUID_LENGTH_MAX).contains(&id.chars().count()) => {
                if !self.ids.insert(id.clone()) {
                    let message = format!("{subject}: another object has the uuid \"{id}\" too.");
                    self.error(path, message);
                }
                Some(id)
            }
            _ => {
                let message =
                    format!("{subject}: needs a uuid of 1 to {UUID_LENGTH_MAX} characters.");
                self.error(path, message);
                None
            }
        }
    }

    fn check_label(&mut self, path: &str, number: usize, asked: &GeometryAsked, given: &Value) {
        let path = format!("{path}.label");
        match given.get("label") {
            None | Some(Value::Null) => {
                let needed = asked.label_rule == LabelRule::Required;
                if needed && self.strictness == Strictness::Answer {
                    self.error(path, format!("Object {number}: choose a label."));
                }
            }
            Some(Value::String(label)) if asked.labels.has_leaf(label) => {}
            Some(Value::String(label)) if label.is_empty() => {
                self.error(path, format!("Object {number}: choose a label."));
            }
            Some(Value::String(label)) => {
                let kind = asked.kind.as_str();
                let message =
                    format!("Object {number}: \"{label}\" is not one of the labels of a {kind}.");
                self.error(path, message);
            }
            Some(other) => {
                let message = format!(
                    "Object {number}: label must be a string, got {}.",
                    kind_of(other)
                );
                self.error(path, message);
            }
        }
    }

    fn attributes(
        &mut self,
        path: &str,
        number: usize,
        label: Option<&str>,
        id: Option<&str>,
        given: &Value,
    ) -> Map<String, Value> {
        let path = format!("{path}.attributes");
        let given = given.get("attributes");
        let name = match label {
            Some(label) => format!("Object {number} ({label})"),
            None => format!("Object {number}"),
        };
        let labels_by_id = &self.labels_by_id;
        let label_of = |id: &str| labels_by_id.get(id).cloned();
        let subject = Subject {
            name: Some(name),
            label,
            id,
            label_of: &label_of,
        };
        let mut errors = Vec::new();
        let checked = self
            .asked
            .attributes
            .check(&path, false, &subject, given, &mut errors);
        match self.strictness {
            Strictness::Answer => {
                self.errors.extend(errors);
                checked
            }
            // The labeler fills in what is missing and puts right what does not fit.
            Strictness::Guess => given
                .and_then(Value::as_object)
                .cloned()
                .unwrap_or_default(),
        }
    }

    fn links(&mut self, given: Option<&Value>) -> Vec<Value> {
        let given = match given {
            None | Some(Value::Null) => return Vec::new(),
            Some(Value::Array(links)) if links.len() <= LINKS_MAX => links,
            Some(Value::Array(links)) => {
                let message = format!("{} links, at most {LINKS_MAX}.", links.len());
                self.error("links".to_owned(), message);
                return Vec::new();
            }
            Some(other) => {
                let message = format!("must be an array of links, got {}", kind_of(other));
                self.error("links".to_owned(), message);
                return Vec::new();
            }
        };
        let mut links = Vec::new();
        for (index, link) in given.iter().enumerate() {
            let path = format!("links[{index}]");
            let name = format!("Link {}", index + 1);
            let ends = ["source", "target"]
                .map(|end| text(link, end).filter(|id| self.labels_by_id.contains_key(*id)));
            let [Some(source), Some(target)] = ends else {
                let message = format!("{name}: source and target must be uuids of objects.");
                self.error(path, message);
                continue;
            };
            let Some(id) = text(link, "uuid").filter(|_| source != target) else {
                let message =
                    format!("{name}: needs a uuid, and must go from one object to another.");
                self.error(path, message);
                continue;
            };
            let mut kept = json!({"uuid": id, "source": source, "target": target});
            if let Some(label) = text(link, "label") {
                kept["label"] = label.into();
            }
            if let Some(attributes) = link.get("attributes").filter(|value| value.is_object()) {
                kept["attributes"] = attributes.clone();
            }
            links.push(kept);
        }
        links
    }
}
