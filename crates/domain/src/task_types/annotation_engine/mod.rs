//! What the annotation types share: what is asked, attributes, shapes and their rounding.

pub(crate) mod answer;
pub(crate) mod asked;
mod attribute_conditions;
pub(crate) mod attribute_values;
pub(crate) mod attributes;
pub(crate) mod geometry;
pub(crate) mod legacy;
pub(crate) mod made_up;
