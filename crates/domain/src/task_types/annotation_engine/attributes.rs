//! Attributes of objects, and of the whole picture or text (api-v1.md 4.3): what is asked, when it
//! is asked, and what is a right answer.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::attribute_conditions::AttributeCondition;
use super::attribute_values::Kind;
use crate::param::{ParamError, ParamReader, join, kind_of, number_of};
use crate::task_types::choices::Choices;

/// Most attributes of a task.
pub const ATTRIBUTES_MAX: usize = 100;
/// The labeler's rotation of the picture: a global attribute that need not be declared.
pub const IMAGE_ROTATION: &str = "image_rotation";

/// The attributes of a task, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Attributes {
    list: Vec<Attribute>,
}

#[derive(Clone, Debug)]
struct Attribute {
    key: String,
    kind: Kind,
    required: bool,
    is_global: bool,
    condition: AttributeCondition,
}

/// What attributes are read for.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Declared {
    /// Objects; those with the condition `is_global` belong to the whole.
    ForObjects,
    /// The whole alone.
    ForWhole,
}

/// The object whose attributes are checked.
pub(crate) struct Subject<'a> {
    /// As messages name it: `Object 2 (car)`; none for the whole.
    pub name: Option<String>,
    /// Its label.
    pub label: Option<&'a str>,
    /// Its id.
    pub id: Option<&'a str>,
    /// The label of another object by its id; `None` if there is no such object.
    pub label_of: &'a dyn Fn(&str) -> Option<Option<String>>,
}

impl Attributes {
    /// Reads declarations: an object of key → attribute. `labels` are those that objects may have.
    pub(crate) fn read(
        reader: &mut ParamReader,
        name: &str,
        labels: &dyn Fn(&str) -> bool,
        declared: Declared,
    ) -> (Self, Option<Value>) {
        let Some(sent) = reader.object(name) else {
            return (Self::default(), None);
        };
        let path = reader.path_of(name);
        if sent.len() > ATTRIBUTES_MAX {
            reader.error(
                name,
                format!("can hold at most {ATTRIBUTES_MAX} attributes"),
            );
            return (Self::default(), None);
        }
        let mut errors = Vec::new();
        let mut list = Vec::new();
        for (key, value) in &sent {
            match read_attribute(&join(&path, key), key, value, labels, declared) {
                Ok(attribute) => list.push(attribute),
                Err(problems) => errors.extend(problems),
            }
        }
        let attributes = Self { list };
        if errors.is_empty() {
            errors.extend(attributes.condition_problems(&path));
        }
        reader.absorb(errors);
        (attributes, Some(Value::Object(sent)))
    }

    /// Reads stored declarations, which were checked when they came in.
    pub(crate) fn stored(value: Option<&Value>, declared: Declared) -> Self {
        let members = value.map(|value| ("a".to_owned(), value.clone()));
        let mut reader = ParamReader::new(members.into_iter().collect());
        Self::read(&mut reader, "a", &|_| true, declared).0
    }

    /// Conditions must look at attributes that exist beside them, and not go in circles.
    fn condition_problems(&self, path: &str) -> Vec<ParamError> {
        let mut problems = Vec::new();
        for attribute in &self.list {
            let path = join(&join(path, &attribute.key), "conditions");
            for key in attribute.condition.keys() {
                match self.find(key) {
                    None => problems.push(ParamError::new(
                        &path,
                        format!("\"{key}\" is not one of the attributes"),
                    )),
                    Some(other) if other.is_global != attribute.is_global => {
                        problems.push(ParamError::new(
                            &path,
                            format!(
                                "\"{key}\" is {}: conditions compare objects with objects and \
                                 the whole with the whole",
                                if other.is_global {
                                    "global"
                                } else {
                                    "not global"
                                }
                            ),
                        ));
                    }
                    Some(_) => {}
                }
            }
            if self.leads_back(attribute) {
                problems.push(ParamError::new(
                    &path,
                    "leads back to this attribute; conditions must not go in circles",
                ));
            }
        }
        problems
    }

    fn leads_back(&self, start: &Attribute) -> bool {
        let mut open: Vec<&str> = start.condition.keys().collect();
        let mut seen: Vec<&str> = Vec::new();
        while let Some(key) = open.pop() {
            if key == start.key {
                return true;
            }
            if !seen.contains(&key) {
                seen.push(key);
                open.extend(
                    self.find(key)
                        .into_iter()
                        .flat_map(|next| next.condition.keys()),
                );
            }
        }
        false
    }

    fn find(&self, key: &str) -> Option<&Attribute> {
        self.list.iter().find(|attribute| attribute.key == key)
    }

    /// Checks the attributes of an object, or of the whole (`global`): gives them in the order of
    /// their declaration, without those that are not asked.
    pub(crate) fn check(
        &self,
        path: &str,
        global: bool,
        subject: &Subject<'_>,
        given: Option<&Value>,
        errors: &mut Vec<ParamError>,
    ) -> Map<String, Value> {
        let empty = Map::new();
        let given = match given {
            None | Some(Value::Null) => &empty,
            Some(Value::Object(given)) => given,
            Some(other) => {
                let message = subject.says(&format!(
                    "attributes must be an object, got {}.",
                    kind_of(other)
                ));
                errors.push(ParamError::new(path, message));
                return empty;
            }
        };
        let asked: Vec<&Attribute> = self
            .list
            .iter()
            .filter(|attribute| attribute.is_global == global)
            .collect();
        for key in given.keys() {
            let free = global && key == IMAGE_ROTATION;
            if !free && !asked.iter().any(|attribute| attribute.key == *key) {
                let message = subject.says(&format!("*{key}* is not one of the attributes."));
                errors.push(ParamError::new(join(path, key), message));
            }
        }
        let mut checked = Map::new();
        let mut problems = Map::new();
        for attribute in &asked {
            match attribute.kind.check(given.get(&attribute.key), subject) {
                Ok(Some(value)) => {
                    checked.insert(attribute.key.clone(), value);
                }
                Ok(None) => {}
                Err(problem) => {
                    problems.insert(attribute.key.clone(), problem.into());
                }
            }
        }
        let shown = self.shown(&asked, subject.label, &checked);
        for attribute in asked {
            let key = &attribute.key;
            if !shown.contains(&key.as_str()) {
                checked.shift_remove(key);
            } else if let Some(problem) = problems.get(key).and_then(Value::as_str) {
                let message = subject.says(&format!("*{key}*: {problem}"));
                errors.push(ParamError::new(join(path, key), message));
            } else if attribute.required && !checked.contains_key(key) {
                let message = subject.says(&format!("*{key}* is required."));
                errors.push(ParamError::new(join(path, key), message));
            }
        }
        if global
            && let Some(rotation) = given.get(IMAGE_ROTATION)
            && self.find(IMAGE_ROTATION).is_none()
        {
            match number_of(rotation) {
                Some(_) => {
                    checked.insert(IMAGE_ROTATION.to_owned(), rotation.clone());
                }
                None => errors.push(ParamError::new(
                    join(path, IMAGE_ROTATION),
                    "*image_rotation*: must be a number of degrees.",
                )),
            }
        }
        checked
    }

    /// Keys of the attributes that are asked, given the label and the other answers.
    fn shown<'a>(
        &'a self,
        asked: &[&'a Attribute],
        label: Option<&str>,
        answers: &Map<String, Value>,
    ) -> Vec<&'a str> {
        let mut known = HashMap::new();
        asked
            .iter()
            .filter(|attribute| self.is_shown(attribute, label, answers, &mut known))
            .map(|attribute| attribute.key.as_str())
            .collect()
    }

    /// `known` keeps what was found out, so that each attribute is judged once.
    fn is_shown<'a>(
        &'a self,
        attribute: &'a Attribute,
        label: Option<&str>,
        answers: &Map<String, Value>,
        known: &mut HashMap<&'a str, bool>,
    ) -> bool {
        if let Some(shown) = known.get(attribute.key.as_str()) {
            return *shown;
        }
        // Conditions form no circle; should one be met all the same, it ends here.
        known.insert(&attribute.key, false);
        let shown = attribute.condition.holds(label, |key, values| {
            let has_value = answers.get(key).is_some_and(|answer| match answer {
                Value::Array(picked) => picked.iter().any(|picked| is_one_of(picked, values)),
                answer => is_one_of(answer, values),
            });
            has_value
                && self
                    .find(key)
                    .is_some_and(|other| self.is_shown(other, label, answers, known))
        });
        known.insert(&attribute.key, shown);
        shown
    }

    /// Made-up attributes: the first choice, "test response", the least number.
    pub(crate) fn made_up(&self, global: bool, label: Option<&str>) -> Map<String, Value> {
        let asked: Vec<&Attribute> = self
            .list
            .iter()
            .filter(|attribute| attribute.is_global == global)
            .collect();
        let mut answers: Map<String, Value> = asked
            .iter()
            .filter_map(|attribute| Some((attribute.key.clone(), attribute.kind.made_up()?)))
            .collect();
        let shown = self.shown(&asked, label, &answers);
        answers.retain(|key, _| shown.contains(&key.as_str()));
        answers
    }

    /// Links that an object of this label, with these answers, must have.
    pub(crate) fn required_links(
        &self,
        label: Option<&str>,
        answers: &Map<String, Value>,
    ) -> Vec<RequiredLink<'_>> {
        let asked: Vec<&Attribute> = self
            .list
            .iter()
            .filter(|attribute| !attribute.is_global)
            .collect();
        let shown = self.shown(&asked, label, answers);
        asked
            .into_iter()
            .filter(|attribute| attribute.required && shown.contains(&attribute.key.as_str()))
            .filter_map(|attribute| match &attribute.kind {
                Kind::Linked { allowed_labels } => Some(RequiredLink {
                    key: &attribute.key,
                    allowed_labels: allowed_labels.as_deref(),
                }),
                Kind::Category { .. }
                | Kind::Number { .. }
                | Kind::Angle
                | Kind::Text
                | Kind::Offset => None,
            })
            .collect()
    }
}

/// Whether an answer is one of the values; 5 and 5.0 are the same number.
fn is_one_of(answer: &Value, values: &[Value]) -> bool {
    values
        .iter()
        .any(|value| match (value.as_f64(), answer.as_f64()) {
            (Some(value), Some(answer)) => value.total_cmp(&answer).is_eq(),
            _ => value == answer,
        })
}

/// A linked attribute that must be answered.
pub(crate) struct RequiredLink<'a> {
    /// Its key.
    pub key: &'a str,
    /// Labels of which the linked object has one; any object where there are none.
    pub allowed_labels: Option<&'a [String]>,
}

impl Subject<'_> {
    fn says(&self, problem: &str) -> String {
        self.name
            .as_ref()
            .map_or_else(|| problem.to_owned(), |name| format!("{name}: {problem}"))
    }
}

fn read_attribute(
    path: &str,
    key: &str,
    value: &Value,
    labels: &dyn Fn(&str) -> bool,
    declared: Declared,
) -> Result<Attribute, Vec<ParamError>> {
    let Value::Object(members) = value else {
        let message = format!(
            "must be an object that describes it, got {}",
            kind_of(value)
        );
        return Err(vec![ParamError::new(path, message)]);
    };
    let mut reader = ParamReader::at(path, members.clone());
    let name = reader
        .string("type")
        .unwrap_or_else(|| "category".to_owned());
    reader.string("description");
    reader.boolean("global");
    let required = reader.boolean("required").unwrap_or(name != "linked");
    let mut condition = AttributeCondition::read(&mut reader, "conditions", labels);
    let is_global = condition.is_global || declared == Declared::ForWhole;
    condition.is_global = is_global;
    let kind = match name.as_str() {
        "category" => Some(read_category(&mut reader)),
        "number" => Some(read_number(&mut reader)),
        "text" => Some(Kind::Text),
        "angle" | "x" | "y" | "linked" if is_global => {
            reader.error(
                "type",
                format!("a global attribute is category, number or text, not \"{name}\""),
            );
            None
        }
        "angle" => Some(Kind::Angle),
        "x" | "y" => Some(Kind::Offset),
        "linked" => Some(read_linked(&mut reader, labels)),
        other => {
            reader.error(
                "type",
                format!("must be category, number, angle, text, x, y or linked, got \"{other}\""),
            );
            None
        }
    };
    reader.finish().map_err(|errors| errors.0)?;
    let Some(kind) = kind else {
        return Err(Vec::new());
    };
    Ok(Attribute {
        key: key.to_owned(),
        kind,
        required,
        is_global,
        condition,
    })
}

fn read_category(reader: &mut ParamReader) -> Kind {
    let choices = if let Some(value) = reader.take("choices") {
        Choices::read(reader, "choices", &value)
    } else {
        reader.error("choices", "is required: what to choose from");
        Choices::default()
    };
    let allow_multiple = reader.boolean("allow_multiple").unwrap_or(false);
    Kind::Category {
        choices,
        allow_multiple,
    }
}

fn read_number(reader: &mut ParamReader) -> Kind {
    let min = reader.number("min");
    let max = reader.number("max");
    if let (Some(min), Some(max)) = (min, max)
        && max < min
    {
        reader.error(
            "max",
            format!("must not be less than min ({min}), got {max}"),
        );
    }
    let step = reader.number("step");
    if step.is_some_and(|step| step <= 0.0) {
        reader.error("step", "must be more than 0");
    }
    Kind::Number { min, max, step }
}

fn read_linked(reader: &mut ParamReader, labels: &dyn Fn(&str) -> bool) -> Kind {
    let allowed_labels = reader.array("allowed_labels").map(|values| {
        let mut allowed = Vec::new();
        for (index, value) in values.iter().enumerate() {
            match value.as_str() {
                Some(label) if labels(label) => allowed.push(label.to_owned()),
                _ => reader.error(
                    &format!("allowed_labels[{index}]"),
                    "must be one of the labels that can be given",
                ),
            }
        }
        allowed
    });
    // An empty list names no label, so it restricts nothing.
    let allowed_labels = allowed_labels.filter(|allowed| !allowed.is_empty());
    Kind::Linked { allowed_labels }
}
