//! The made-up answer of test mode: one shape of each kind that is asked, with the first label.

use serde_json::{Map, Value, json};

use super::asked::Asked;
use super::geometry::made_up_shape;

/// One object for each geometry. The same seed gives the same uuids.
pub(crate) fn made_up_objects(asked: &Asked, seed: u64) -> Vec<Value> {
    let ids: Vec<(String, Option<&str>)> = asked
        .geometries
        .iter()
        .enumerate()
        .map(|(index, geometry)| (made_up_uuid(seed, index), geometry.labels.first_leaf()))
        .collect();
    asked
        .geometries
        .iter()
        .zip(&ids)
        .map(|(geometry, (id, label))| {
            let mut object = Map::new();
            object.insert("uuid".to_owned(), id.clone().into());
            object.insert("type".to_owned(), geometry.kind.as_str().into());
            object.extend(label.map(|label| ("label".to_owned(), label.into())));
            object.extend(made_up_shape(geometry.kind, &geometry.limits));
            let attributes = asked.attributes.made_up(false, *label);
            object.insert("attributes".to_owned(), attributes.into());
            Value::Object(object)
        })
        .collect()
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
    let (high, low) = (spread(seed.wrapping_add(first)), spread(seed.wrapping_add(first + 1)));
    format!(
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xfff,
        low >> 48 & 0x3fff | 0x8000,
        low & 0xffff_ffff_ffff
    )
}
