//! What an annotation task asks: shapes, their labels and limits, attributes.

use std::collections::HashSet;

use serde_json::Value;

use super::attributes::{Attributes, Declared};
use super::geometry::{COORDINATE_MAX, GeometryKind, ShapeLimits, VERTICES_MAX};
use crate::param::{ParamError, ParamErrors, ParamReader, kind_of};
use crate::task_types::choices::Choices;

/// Shapes of the original that are not served yet.
const NOT_SERVED_YET: [&str; 2] = ["ellipse", "cuboid"];
/// Most edges of a skeleton.
pub const CONNECTIONS_MAX: usize = 1_000;

/// Whether an object has a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LabelRule {
    /// There are no labels.
    None,
    /// There are some, but nobody is asked for one.
    Optional,
    /// Each object has one.
    Required,
}

/// One kind of shape that is asked for.
#[derive(Clone, Debug)]
pub(crate) struct GeometryAsked {
    pub kind: GeometryKind,
    pub labels: Choices,
    pub label_rule: LabelRule,
    pub limits: ShapeLimits,
}

/// All that an answer is checked against.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked {
    pub geometries: Vec<GeometryAsked>,
    pub attributes: Attributes,
}

impl Asked {
    /// What is asked of shapes of a kind.
    pub(crate) fn geometry(&self, kind: GeometryKind) -> Option<&GeometryAsked> {
        self.geometries.iter().find(|asked| asked.kind == kind)
    }

    /// Labels of all shapes together.
    pub(crate) fn labels(&self) -> HashSet<&str> {
        self.geometries
            .iter()
            .flat_map(|asked| asked.labels.leaves())
            .map(String::as_str)
            .collect()
    }

    /// Reads `annotation_attributes`, which may name labels of the shapes read before.
    pub(crate) fn read_attributes(&mut self, reader: &mut ParamReader) -> Option<Value> {
        let labels = self.labels();
        let (attributes, sent) = Attributes::read(
            reader,
            "annotation_attributes",
            &|label| labels.contains(label),
            Declared::ForObjects,
        );
        self.attributes = attributes;
        sent
    }
}

/// Reads the parameter `geometries`.
pub(crate) fn read_geometries(
    reader: &mut ParamReader,
    value: &Value,
    padding: (f64, f64),
    warnings: &mut Vec<String>,
) -> Vec<GeometryAsked> {
    let Value::Object(members) = value else {
        reader.error(
            "geometries",
            format!(
                "must be an object with one or more of box, polygon, line and point, got {}",
                kind_of(value)
            ),
        );
        return Vec::new();
    };
    let mut asked = Vec::new();
    for (name, value) in members.iter().filter(|(_, value)| !value.is_null()) {
        let path = format!("{}.{name}", reader.path_of("geometries"));
        match read_named_geometry(&path, name, value, padding) {
            Ok((geometry, unknown)) => {
                asked.push(geometry);
                warnings.extend(unknown);
            }
            Err(errors) => reader.absorb(errors.0),
        }
    }
    if members.values().all(Value::is_null) {
        reader.error(
            "geometries",
            "must hold at least one of box, polygon, line and point",
        );
    }
    asked
}

fn read_named_geometry(
    path: &str,
    name: &str,
    value: &Value,
    padding: (f64, f64),
) -> Result<(GeometryAsked, Vec<String>), ParamErrors> {
    let Some(kind) = GeometryKind::parse(name) else {
        let problem = if NOT_SERVED_YET.contains(&name) {
            "this geometry is not served yet; served are box, polygon, line and point"
        } else {
            "is not a geometry; geometries are box, polygon, line and point"
        };
        return Err(ParamErrors::one(path, problem));
    };
    let Value::Object(members) = value else {
        let message = format!(
            "must be an object such as {{\"objects_to_annotate\": [\"truck\"]}}, got {}",
            kind_of(value)
        );
        return Err(ParamErrors::one(path, message));
    };
    let mut inner = ParamReader::at(path, members.clone());
    let labels = read_labels(&mut inner, kind == GeometryKind::Point);
    let limits = read_limits(&mut inner, kind, padding);
    if kind == GeometryKind::Point {
        read_connections(&mut inner, &labels);
    }
    let label_rule = if labels.leaves().is_empty() {
        LabelRule::None
    } else {
        LabelRule::Required
    };
    let unknown = inner.finish()?;
    Ok((
        GeometryAsked {
            kind,
            labels,
            label_rule,
            limits,
        },
        unknown,
    ))
}

/// Reads `objects_to_annotate`; unless `required` it may be absent or empty.
pub(crate) fn read_labels(reader: &mut ParamReader, required: bool) -> Choices {
    match reader.take("objects_to_annotate") {
        Some(Value::Array(values)) if values.is_empty() && !required => Choices::default(),
        Some(value) => Choices::read(reader, "objects_to_annotate", &value),
        None => {
            if required {
                reader.error("objects_to_annotate", "is required: an array of labels");
            }
            Choices::default()
        }
    }
}

/// Reads the limits that shapes of this kind can have.
pub(crate) fn read_limits(
    reader: &mut ParamReader,
    kind: GeometryKind,
    padding: (f64, f64),
) -> ShapeLimits {
    let mut limits = ShapeLimits {
        padding_x: padding.0,
        padding_y: padding.1,
        ..ShapeLimits::default()
    };
    match kind {
        GeometryKind::Box => {
            limits.min_width = read_pixels(reader, "min_width");
            limits.min_height = read_pixels(reader, "min_height");
            limits.can_rotate = reader.boolean("can_rotate").unwrap_or(false);
            limits.integer_pixels = reader.boolean("integer_pixels").unwrap_or(false);
        }
        GeometryKind::Polygon | GeometryKind::Line => {
            let least = read_vertices(reader, "min_vertices").unwrap_or(1);
            let most = read_vertices(reader, "max_vertices");
            let possible = kind.vertices_min();
            if let Some(most) = most {
                if most < least {
                    reader.error(
                        "max_vertices",
                        format!("must not be less than min_vertices ({least}), got {most}"),
                    );
                } else if most < possible {
                    reader.error(
                        "max_vertices",
                        format!(
                            "a {} has at least {possible} vertices, got {most}",
                            kind.as_str()
                        ),
                    );
                }
            }
            limits.min_vertices = least;
            limits.max_vertices = most;
        }
        GeometryKind::Point => {}
    }
    limits
}

/// A size in pixels, 0 or more; 0 by default.
pub(crate) fn read_pixels(reader: &mut ParamReader, name: &str) -> f64 {
    let pixels = reader.number(name).unwrap_or(0.0);
    if (0.0..=COORDINATE_MAX).contains(&pixels) {
        return pixels;
    }
    reader.error(
        name,
        format!("must be from 0 to {COORDINATE_MAX} pixels, got {pixels}"),
    );
    0.0
}

fn read_vertices(reader: &mut ParamReader, name: &str) -> Option<u32> {
    let count = reader.integer(name)?;
    if (1..=i64::from(VERTICES_MAX)).contains(&count) {
        return Some(count as u32);
    }
    reader.error(
        name,
        format!("must be from 1 to {VERTICES_MAX}, got {count}"),
    );
    None
}

/// Skeleton edges: `[{pair: [a, b], connection_attribute}]` between labels of points.
fn read_connections(reader: &mut ParamReader, labels: &Choices) {
    let values = reader.array("connections").unwrap_or_default();
    if values.len() > CONNECTIONS_MAX {
        reader.error(
            "connections",
            format!("can hold at most {CONNECTIONS_MAX} connections"),
        );
        return;
    }
    for (index, value) in values.iter().enumerate() {
        let pair = value.get("pair").and_then(Value::as_array);
        let fits = pair.is_some_and(|pair| {
            pair.len() == 2
                && pair
                    .iter()
                    .all(|end| end.as_str().is_some_and(|end| labels.has_leaf(end)))
        });
        if !fits {
            let path = format!("{}[{index}].pair", reader.path_of("connections"));
            let message = "must be an array of two of the labels of points";
            reader.absorb([ParamError::new(path, message)]);
        }
    }
}
