//! Parameters of `imageannotation`.

use std::collections::HashMap;

use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::base_annotations::{self, PERMISSIONS};
use crate::param::{ParamErrors, ParamReader, kind_of};
use crate::task_types::ParsedParams;
use crate::task_types::annotation_engine::answer::{self, Strictness};
use crate::task_types::annotation_engine::asked::{Asked, read_geometries, read_pixels};
use crate::task_types::annotation_engine::attribute_values::plain;
use crate::task_types::attachment::{
    AttachmentKind, check_content, read_attachment, with_attachment_type,
};

/// Most context attachments.
pub const CONTEXT_ATTACHMENTS_MAX: usize = 100;

/// Parameters of an image annotation.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "the parameters are kept as they were sent; this tells their shape"
)]
pub struct ImageAnnotationParams {
    /// Address of the picture.
    #[schema(example = "https://example.com/yard.jpg")]
    attachment: String,
    /// Only `image`.
    attachment_type: Option<String>,
    /// One or more kinds of shapes, with what each asks.
    geometries: Geometries,
    /// Attributes of the objects, or of the picture (condition `is_global`), by key.
    annotation_attributes: Option<HashMap<String, AnnotationAttribute>>,
    /// Further pictures that are shown, not labeled.
    context_attachments: Option<Vec<ContextAttachment>>,
    /// Room around the picture, in pixels, where shapes may reach.
    #[schema(default = 0)]
    padding: Option<u32>,
    /// Left and right, instead of `padding`.
    #[schema(rename = "paddingX")]
    padding_x: Option<u32>,
    /// Above and below, instead of `padding`.
    #[schema(rename = "paddingY")]
    padding_y: Option<u32>,
    /// What the labeler starts from: `{"annotations": […]}`.
    base_annotations: Option<HashMap<String, Value>>,
    /// Whether labelers may add objects to `base_annotations`.
    #[schema(default = true)]
    can_add_base_annotations: Option<bool>,
    /// Whether they may change the shapes of those given.
    #[schema(default = true)]
    can_edit_base_annotations: Option<bool>,
    /// Whether they may change their labels.
    #[schema(default = true)]
    can_edit_base_annotation_labels: Option<bool>,
    /// Whether they may delete them.
    #[schema(default = true)]
    can_delete_base_annotations: Option<bool>,
    /// A first guess, in the shape of the answer.
    hypothesis: Option<HashMap<String, Value>>,
}

/// Kinds of shapes; those that are given are asked for.
#[derive(ToSchema)]
#[expect(dead_code, reason = "this tells the shape")]
pub struct Geometries {
    /// Boxes.
    r#box: Option<BoxGeometry>,
    /// Closed areas.
    polygon: Option<VertexGeometry>,
    /// Open lines.
    line: Option<VertexGeometry>,
    /// Points.
    point: Option<PointGeometry>,
}

/// What is asked of boxes.
#[derive(ToSchema)]
#[expect(dead_code, reason = "this tells the shape")]
pub struct BoxGeometry {
    /// Labels: strings, or objects with `choice`, `display` and `subchoices`.
    objects_to_annotate: Option<Vec<Value>>,
    /// Pixels.
    #[schema(default = 0)]
    min_width: Option<f64>,
    /// Pixels.
    #[schema(default = 0)]
    min_height: Option<f64>,
    /// Boxes may be rotated.
    #[schema(default = false)]
    can_rotate: Option<bool>,
    /// Edges lie between pixels.
    #[schema(default = false)]
    integer_pixels: Option<bool>,
}

/// What is asked of polygons or lines.
#[derive(ToSchema)]
#[expect(dead_code, reason = "this tells the shape")]
pub struct VertexGeometry {
    /// Labels: strings, or objects with `choice`, `display` and `subchoices`.
    objects_to_annotate: Option<Vec<Value>>,
    /// Least number of vertices.
    #[schema(default = 1)]
    min_vertices: Option<u32>,
    /// Greatest number of vertices.
    max_vertices: Option<u32>,
}

/// What is asked of points.
#[derive(ToSchema)]
#[expect(dead_code, reason = "this tells the shape")]
pub struct PointGeometry {
    /// Labels: strings, or objects with `choice`, `display` and `subchoices`.
    objects_to_annotate: Vec<Value>,
    /// Edges of a skeleton: `{"pair": [label, label]}`.
    connections: Option<Vec<Value>>,
}

/// An attribute.
#[derive(ToSchema)]
#[expect(dead_code, reason = "this tells the shape")]
pub struct AnnotationAttribute {
    /// `category`, `number`, `angle`, `text`, `x`, `y` or `linked`.
    #[schema(default = "category")]
    r#type: Option<String>,
    /// Shown to the labeler.
    description: Option<String>,
    /// For categories.
    choices: Option<Vec<Value>>,
    /// For categories: several may be chosen.
    allow_multiple: Option<bool>,
    /// For numbers.
    min: Option<f64>,
    /// For numbers.
    max: Option<f64>,
    /// For numbers.
    step: Option<f64>,
    /// For links: labels of objects that may be linked.
    allowed_labels: Option<Vec<String>>,
    /// Whether an answer must be given; true unless it is a link.
    required: Option<bool>,
    /// When it is asked: `is_global`, `label_condition`, `attribute_conditions`.
    conditions: Option<HashMap<String, Value>>,
}

/// A picture that is shown beside the one to be labeled.
#[derive(ToSchema)]
#[expect(dead_code, reason = "this tells the shape")]
pub struct ContextAttachment {
    /// Its address.
    attachment: String,
}

/// What stored params ask; they were checked when they came in.
pub(super) fn asked_by(params: &Map<String, Value>) -> Asked {
    read_asked(&mut ParamReader::new(params.clone()), &mut Vec::new()).asked
}

#[derive(Default)]
struct ReadAsked {
    asked: Asked,
    /// As sent, with defaults.
    params: Map<String, Value>,
}

fn read_asked(reader: &mut ParamReader, warnings: &mut Vec<String>) -> ReadAsked {
    let mut read = ReadAsked::default();
    let padding = read_pixels(reader, "padding");
    let mut of_side = |reader: &mut ParamReader, name: &str| {
        let sent = reader.take(name)?;
        let mut one = ParamReader::new(Map::from_iter([(name.to_owned(), sent.clone())]));
        let pixels = read_pixels(&mut one, name);
        if let Err(errors) = one.finish() {
            reader.absorb(errors.0);
        }
        read.params.insert(name.to_owned(), sent);
        Some(pixels)
    };
    let padding_x = of_side(reader, "paddingX").unwrap_or(padding);
    let padding_y = of_side(reader, "paddingY").unwrap_or(padding);
    read.params.insert("padding".to_owned(), plain(padding));
    match reader.take("geometries") {
        Some(value) => {
            read.asked.geometries =
                read_geometries(reader, &value, (padding_x, padding_y), warnings);
            read.params.insert("geometries".to_owned(), value);
        }
        None => reader.error(
            "geometries",
            "is required: an object with one or more of box, polygon, line and point",
        ),
    }
    let attributes = read.asked.read_attributes(reader);
    let attributes = attributes.unwrap_or_else(|| Map::new().into());
    read.params
        .insert("annotation_attributes".to_owned(), attributes);
    read
}

pub(super) fn parse(mut merged: Map<String, Value>) -> Result<ParsedParams, ParamErrors> {
    let kinds = [AttachmentKind::Image];
    with_attachment_type(&mut merged, &kinds, AttachmentKind::Image);
    let mut warnings = Vec::new();
    let mut reader = ParamReader::new(merged);
    let attachment = read_attachment(&mut reader, &kinds);
    let ReadAsked {
        asked,
        params: read,
    } = read_asked(&mut reader, &mut warnings);
    let address = attachment
        .as_ref()
        .map(|attachment| attachment.content.as_str());
    let context = read_context_attachments(&mut reader, address);

    let mut params = Map::new();
    if let Some(attachment) = attachment {
        params.insert("attachment".to_owned(), attachment.content.into());
        params.insert(
            "attachment_type".to_owned(),
            attachment.kind.as_str().into(),
        );
    }
    params.extend(read);
    params.insert("context_attachments".to_owned(), context.into());
    let base = read_guess(&mut reader, "base_annotations", &asked);
    for permission in PERMISSIONS {
        let permitted = reader.boolean(permission);
        if base.is_some() || permitted.is_some() {
            params.insert(permission.to_owned(), permitted.unwrap_or(true).into());
        }
    }
    if let Some(base) = &base
        && let Some(error) = base_annotations::problem(base)
    {
        reader.absorb([error]);
    }
    params.extend(base.map(|base| ("base_annotations".to_owned(), base.into())));
    let hypothesis = read_guess(&mut reader, "hypothesis", &asked);
    params.extend(hypothesis.map(|guess| ("hypothesis".to_owned(), guess.into())));
    warnings.extend(reader.finish()?);
    Ok(ParsedParams { params, warnings })
}

/// Reads `base_annotations` or `hypothesis`, whose objects must be of the kinds and labels asked.
fn read_guess(reader: &mut ParamReader, name: &str, asked: &Asked) -> Option<Map<String, Value>> {
    let guess = reader.object(name)?;
    if !reader.has_errors() {
        let value = Value::Object(guess.clone());
        if let Err(errors) = answer::check(asked, &value, Strictness::Guess) {
            reader.absorb(errors.within(name).0);
        }
    }
    Some(guess)
}

fn read_context_attachments(reader: &mut ParamReader, attachment: Option<&str>) -> Vec<Value> {
    let values = reader.array("context_attachments").unwrap_or_default();
    if values.len() > CONTEXT_ATTACHMENTS_MAX {
        reader.error(
            "context_attachments",
            format!(
                "can hold at most {CONTEXT_ATTACHMENTS_MAX}, got {}",
                values.len()
            ),
        );
        return Vec::new();
    }
    for (index, value) in values.iter().enumerate() {
        let name = format!("context_attachments[{index}]");
        let Value::Object(members) = value else {
            let message = format!(
                "must be an object with `attachment`, got {}",
                kind_of(value)
            );
            reader.error(&name, message);
            continue;
        };
        let mut inner = ParamReader::at(&name, members.clone());
        let address = inner.required_string("attachment");
        if !address.is_empty() {
            check_content(&mut inner, "attachment", AttachmentKind::Image, &address);
        }
        if attachment == Some(address.as_str()) {
            inner.error("attachment", "must not be the attachment itself");
        }
        if let Err(errors) = inner.finish() {
            reader.absorb(errors.0);
        }
    }
    values
}
