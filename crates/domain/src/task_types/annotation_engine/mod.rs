//! What the annotation types share: attributes, labels, geometry, rounding.

mod attribute_conditions;
pub(crate) mod attributes;
