//! Answers of `imageannotation`.

use std::collections::HashMap;

use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::base_annotations;
use super::params::asked_by;
use crate::param::ParamErrors;
use crate::task_types::annotation_engine::answer::{self, Strictness};
use crate::task_types::annotation_engine::asked::Asked;
use crate::task_types::annotation_engine::made_up;

/// Answer of an image annotation.
#[derive(ToSchema)]
#[expect(dead_code, reason = "this tells the shape of the answer")]
pub struct ImageAnnotationResponse {
    /// The objects; none if there was nothing to annotate.
    annotations: Vec<ImageAnnotationObject>,
    /// Links between objects.
    links: Vec<Value>,
    /// Attributes of the whole picture.
    global_attributes: HashMap<String, Value>,
}

/// An object; coordinates are pixels of the oriented picture, from its upper left corner.
#[derive(ToSchema)]
#[expect(dead_code, reason = "this tells the shape of the answer")]
pub struct ImageAnnotationObject {
    /// Stays the same through edits.
    uuid: String,
    /// `box`, `polygon`, `line` or `point`.
    r#type: String,
    /// Label; absent where there are no labels.
    label: Option<String>,
    /// Of boxes.
    left: Option<f64>,
    /// Of boxes.
    top: Option<f64>,
    /// Of boxes.
    width: Option<f64>,
    /// Of boxes.
    height: Option<f64>,
    /// Of rotated boxes: radians clockwise about the middle; the other members are those of the
    /// box before it was rotated.
    rotation: Option<f64>,
    /// Of polygons and lines in drawing order, of rotated boxes the corners.
    vertices: Option<Vec<Vertex>>,
    /// Of points.
    x: Option<f64>,
    /// Of points.
    y: Option<f64>,
    /// Attributes by key.
    attributes: HashMap<String, Value>,
}

/// A vertex.
#[derive(ToSchema)]
#[expect(dead_code, reason = "this tells the shape of the answer")]
pub struct Vertex {
    /// Pixels from the left.
    x: f64,
    /// Pixels from the top.
    y: f64,
}

pub(super) fn check(params: &Map<String, Value>, response: &Value) -> Result<Value, ParamErrors> {
    let asked = asked_by(params);
    let checked = answer::check(&asked, response, Strictness::Answer)?;
    let errors = base_annotations::check(params, &checked.annotations);
    if !errors.is_empty() {
        return Err(ParamErrors::from(errors));
    }
    Ok(json!({
        "annotations": checked.annotations,
        "links": checked.links,
        "global_attributes": checked.global_attributes,
    }))
}

/// One object for each geometry; with base annotations, those in addition.
pub(super) fn made_up(params: &Map<String, Value>, seed: u64) -> Value {
    let asked = asked_by(params);
    let mut answer = made_up::made_up(&asked, seed);
    let base = base_annotations::stored(params);
    if base.is_empty() && base_annotations::may_add(params) {
        return answer;
    }
    let mut objects: Vec<Value> = base
        .iter()
        .filter_map(|object| complete(&asked, object))
        .collect();
    if base_annotations::may_add(params)
        && let Some(added) = answer["annotations"].as_array()
    {
        objects.extend(added.iter().cloned());
    }
    let may_add = base_annotations::may_add(params);
    made_up::link_objects(&asked, &mut objects, may_add, seed);
    answer["annotations"] = objects.into();
    answer
}

/// A base annotation as an answer holds it: moved into the picture where it reaches beyond, with
/// the attributes that it lacks.
fn complete(asked: &Asked, object: &Value) -> Option<Value> {
    let kind = object.get("type").and_then(Value::as_str);
    let geometry = match asked.geometries.as_slice() {
        [only] => Some(only),
        geometries => geometries
            .iter()
            .find(|geometry| Some(geometry.kind.as_str()) == kind),
    }?;
    let label = object
        .get("label")
        .and_then(Value::as_str)
        .or_else(|| geometry.labels.first_leaf())
        .map(str::to_owned);
    let mut object = object.as_object()?.clone();
    object.insert("type".to_owned(), geometry.kind.as_str().into());
    object.extend(
        label
            .clone()
            .map(|label| ("label".to_owned(), label.into())),
    );
    let attributes = asked.attributes.made_up(false, label.as_deref());
    object.insert("attributes".to_owned(), attributes.into());
    let alone = json!({"annotations": [object]});
    if answer::check(asked, &alone, Strictness::Answer).is_err() {
        object.extend(made_up::shape_of(geometry));
    }
    Some(Value::Object(object))
}
