//! When an attribute is asked (api-v1.md 4.3). All members must hold; an array of values is "one
//! of". Members that are not known are refused, since to ignore one would change what is asked.

use serde_json::Value;

use crate::param::{ParamError, ParamReader, join, kind_of};

/// Most values that a condition compares.
pub const CONDITION_VALUES_MAX: usize = 100;

/// The conditions of one attribute.
#[derive(Clone, Debug, Default)]
pub(super) struct AttributeCondition {
    /// Asked once, for the whole.
    pub(super) is_global: bool,
    labels: Option<Vec<String>>,
    /// Another attribute, and its values of which one must be given.
    attributes: Vec<(String, Vec<Value>)>,
}

impl AttributeCondition {
    /// Reads the member `name`; what is wrong is noted in the reader.
    pub(super) fn read(
        reader: &mut ParamReader,
        name: &str,
        labels: &dyn Fn(&str) -> bool,
    ) -> Self {
        let Some(sent) = reader.object(name) else {
            return Self::default();
        };
        let mut inner = ParamReader::at(reader.path_of(name), sent);
        let mut condition = Self {
            is_global: inner.boolean("is_global").unwrap_or(false),
            ..Self::default()
        };
        condition.read_labels(&mut inner, labels);
        condition.read_attribute_list(&mut inner);
        condition.read_attribute_object(&mut inner);
        if condition.is_global && condition.labels.is_some() {
            inner.error("label_condition", "a global attribute belongs to no label");
        }
        let count: usize = condition
            .attributes
            .iter()
            .map(|(_, values)| values.len())
            .sum();
        if count > CONDITION_VALUES_MAX {
            reader.error(
                name,
                format!("can compare at most {CONDITION_VALUES_MAX} values"),
            );
        }
        match inner.finish() {
            Ok(unknown) => reader.absorb(unknown.into_iter().map(|path| {
                ParamError::new(
                    path,
                    "is not known; conditions are is_global, label_condition, \
                     attribute_conditions and attribute_condition",
                )
            })),
            Err(errors) => reader.absorb(errors.0),
        }
        condition
    }

    fn read_labels(&mut self, inner: &mut ParamReader, labels: &dyn Fn(&str) -> bool) {
        let Some(condition) = inner.object("label_condition") else {
            return;
        };
        let path = inner.path_of("label_condition");
        let mut within = ParamReader::at(&path, condition);
        let values = within.take("label").map(values_of).unwrap_or_default();
        if values.is_empty() && !within.has_errors() {
            within.error("label", "is required: an array of labels");
        }
        let mut named = Vec::new();
        for (index, value) in values.iter().enumerate() {
            match value.as_str() {
                Some(label) if labels(label) => named.push(label.to_owned()),
                _ => within.error(
                    &format!("label[{index}]"),
                    "must be one of the labels that can be given",
                ),
            }
        }
        self.labels = Some(named);
        if let Err(errors) = within.finish() {
            inner.absorb(errors.0);
        }
    }

    /// `[{"attribute_key": "k", "value": […]}]`
    fn read_attribute_list(&mut self, inner: &mut ParamReader) {
        let values = inner.array("attribute_conditions").unwrap_or_default();
        for (index, value) in values.into_iter().enumerate() {
            let path = format!("{}[{index}]", inner.path_of("attribute_conditions"));
            let Value::Object(members) = value else {
                let message = format!(
                    "must be an object with `attribute_key` and `value`, got {}",
                    kind_of(&value)
                );
                inner.absorb([ParamError::new(path, message)]);
                continue;
            };
            let mut within = ParamReader::at(&path, members);
            let key = within.required_string("attribute_key");
            let values = within.take("value").map(values_of).unwrap_or_default();
            if values.is_empty() {
                within.error("value", "is required: the values to compare with");
            }
            match within.finish() {
                Ok(_) => self.attributes.push((key, values)),
                Err(errors) => inner.absorb(errors.0),
            }
        }
    }

    /// `{"k": ["v"]}`
    fn read_attribute_object(&mut self, inner: &mut ParamReader) {
        let members = inner.object("attribute_condition").unwrap_or_default();
        let path = inner.path_of("attribute_condition");
        for (key, value) in members {
            let values = values_of(value);
            if values.is_empty() {
                inner.absorb([ParamError::new(
                    join(&path, &key),
                    "must hold the values to compare with",
                )]);
            }
            self.attributes.push((key, values));
        }
    }

    /// Keys of the attributes that it looks at.
    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        self.attributes.iter().map(|(key, _)| key.as_str())
    }

    /// Whether all of it holds; `has_one_of(key, values)` tells about another attribute.
    pub(super) fn holds(
        &self,
        label: Option<&str>,
        mut has_one_of: impl FnMut(&str, &[Value]) -> bool,
    ) -> bool {
        let of_label = self.labels.as_ref().is_none_or(|labels| {
            label.is_some_and(|label| labels.iter().any(|named| named == label))
        });
        of_label
            && self
                .attributes
                .iter()
                .all(|(key, values)| has_one_of(key, values))
    }
}

/// A lone value is an array of one.
fn values_of(value: Value) -> Vec<Value> {
    match value {
        Value::Array(values) => values,
        other => vec![other],
    }
}
