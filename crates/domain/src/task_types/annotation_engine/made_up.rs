//! The made-up answer of test mode: one shape of each kind that is asked, with the first label.

use std::collections::HashMap;
use std::f64::consts::TAU;

use serde_json::{Map, Value, json};

use super::asked::{Asked, GeometryAsked};
use super::attribute_values::plain;
use super::geometry::{GeometryKind, ShapeLimits, least_size, point, rounded};

/// One object for each geometry, and those that they must be linked to. The same seed gives the
/// same uuids.
pub(crate) fn made_up_objects(asked: &Asked, seed: u64) -> Vec<Value> {
    let mut objects: Vec<Value> = asked
        .geometries
        .iter()
        .enumerate()
        .map(|(index, geometry)| {
            let label = geometry.labels.first_leaf();
            made_up_object(asked, geometry, label, made_up_uuid(seed, index))
        })
        .collect();
    link_objects(asked, &mut objects, true, seed);
    objects
}

fn made_up_object(
    asked: &Asked,
    geometry: &GeometryAsked,
    label: Option<&str>,
    uuid: String,
) -> Value {
    let mut object = Map::new();
    object.insert("uuid".to_owned(), uuid.into());
    object.insert("type".to_owned(), geometry.kind.as_str().into());
    object.extend(label.map(|label| ("label".to_owned(), label.into())));
    object.extend(made_up_shape(geometry.kind, &geometry.limits));
    let attributes = asked.attributes.made_up(false, label);
    object.insert("attributes".to_owned(), attributes.into());
    Value::Object(object)
}

/// Answers the linked attributes that are required. Where no object can be the target, one is
/// added, if that is permitted.
pub(crate) fn link_objects(asked: &Asked, objects: &mut Vec<Value>, may_add: bool, seed: u64) {
    let mut targets = Targets::default();
    for object in &*objects {
        targets.add(object);
    }
    let mut index = 0;
    while index < objects.len() {
        let label = text_of(&objects[index], "label").map(str::to_owned);
        let uuid = text_of(&objects[index], "uuid")
            .unwrap_or_default()
            .to_owned();
        let answers = objects[index]["attributes"].as_object();
        let answers = answers.cloned().unwrap_or_default();
        for link in asked.attributes.required_links(label.as_deref(), &answers) {
            let mut target = targets.find(&uuid, link.allowed_labels);
            if target.is_none() && may_add {
                let new_uuid = made_up_uuid(seed, objects.len());
                if let Some(object) = made_up_target(asked, link.allowed_labels, new_uuid) {
                    targets.add(&object);
                    objects.push(object);
                    target = targets.find(&uuid, link.allowed_labels);
                }
            }
            if let Some(target) = target {
                objects[index]["attributes"][link.key] = target.into();
            }
        }
        index += 1;
    }
}

fn made_up_target(asked: &Asked, allowed: Option<&[String]>, uuid: String) -> Option<Value> {
    let Some(label) = allowed.and_then(<[String]>::first) else {
        let geometry = asked.geometries.first()?;
        let label = geometry.labels.first_leaf();
        return Some(made_up_object(asked, geometry, label, uuid));
    };
    let geometry = asked
        .geometries
        .iter()
        .find(|geometry| geometry.labels.has_leaf(label))?;
    Some(made_up_object(asked, geometry, Some(label), uuid))
}

fn text_of<'v>(object: &'v Value, member: &str) -> Option<&'v str> {
    object.get(member).and_then(Value::as_str)
}

/// Objects that can be linked to. Two of each label are enough: one of them is another than the
/// object that is linked.
#[derive(Default)]
struct Targets {
    any: Vec<String>,
    by_label: HashMap<String, Vec<String>>,
}

impl Targets {
    fn add(&mut self, object: &Value) {
        let Some(uuid) = text_of(object, "uuid") else {
            return;
        };
        let of_label = text_of(object, "label")
            .map(|label| self.by_label.entry(label.to_owned()).or_default());
        for known in [Some(&mut self.any), of_label].into_iter().flatten() {
            if known.len() < 2 {
                known.push(uuid.to_owned());
            }
        }
    }

    fn find(&self, uuid: &str, allowed: Option<&[String]>) -> Option<String> {
        let other = |known: &Vec<String>| known.iter().find(|known| *known != uuid).cloned();
        match allowed {
            None => other(&self.any),
            Some(labels) => labels
                .iter()
                .find_map(|label| self.by_label.get(label).and_then(other)),
        }
    }
}

/// The whole answer.
pub(crate) fn made_up(asked: &Asked, seed: u64) -> Value {
    json!({
        "annotations": made_up_objects(asked, seed),
        "links": [],
        "global_attributes": asked.attributes.made_up(true, None),
    })
}

/// A UUID of version 4 in form; its bits are the seed's, spread (splitmix64).
pub(crate) fn made_up_uuid(seed: u64, index: usize) -> String {
    let spread = |number: u64| {
        let mut mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    };
    let first = 2 * index as u64 + 1;
    let (high, low) = (
        spread(seed.wrapping_add(first)),
        spread(seed.wrapping_add(first + 1)),
    );
    format!(
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xfff,
        low >> 48 & 0x3fff | 0x8000,
        low & 0xffff_ffff_ffff
    )
}

/// A shape of the kind that is asked.
pub(crate) fn shape_of(geometry: &GeometryAsked) -> Map<String, Value> {
    made_up_shape(geometry.kind, &geometry.limits)
}

/// A shape within these limits, near the upper left corner of the picture: box 0, 0, 100, 100;
/// vertices (10, 10), (110, 110), (10, 110) (api-v1.md 4.2).
pub(super) fn made_up_shape(kind: GeometryKind, limits: &ShapeLimits) -> Map<String, Value> {
    match kind {
        GeometryKind::Box => {
            let size = |least: f64| plain(least_size(least).ceil().max(100.0));
            Map::from_iter([
                ("left".to_owned(), 0.into()),
                ("top".to_owned(), 0.into()),
                ("width".to_owned(), size(limits.min_width)),
                ("height".to_owned(), size(limits.min_height)),
            ])
        }
        GeometryKind::Point => {
            Map::from_iter([("x".to_owned(), 10.into()), ("y".to_owned(), 10.into())])
        }
        GeometryKind::Polygon | GeometryKind::Line => {
            let least = limits.min_vertices.max(kind.vertices_min());
            let count = limits.max_vertices.map_or(3, |most| most.min(3)).max(least);
            Map::from_iter([("vertices".to_owned(), made_up_vertices(count).into())])
        }
    }
}

fn made_up_vertices(count: u32) -> Vec<Value> {
    if count <= 3 {
        let three = [(10.0, 10.0), (110.0, 110.0), (10.0, 110.0)];
        return three
            .into_iter()
            .take(count as usize)
            .map(|(x, y)| point(x, y))
            .collect();
    }
    // On a circle, wide enough that no two of them fall together.
    let radius = f64::from(count).max(50.0);
    (0..count)
        .map(|index| {
            let angle = TAU * f64::from(index) / f64::from(count);
            let middle = radius + 10.0;
            point(
                rounded(middle + radius * angle.cos()),
                rounded(middle + radius * angle.sin()),
            )
        })
        .collect()
}
