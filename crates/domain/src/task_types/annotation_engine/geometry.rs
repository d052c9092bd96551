//! Shapes in pixels of the oriented picture: x right, y down, origin top left; pixel i covers
//! [i, i + 1). Rounding and limits are those of labeling.md 4.5; the workspace draws by the same.

use std::f64::consts::TAU;

use serde_json::{Map, Value, json};

use super::attribute_values::plain;
use crate::param::{ParamError, kind_of, number_of};

/// Greatest absolute coordinate, in pixels.
pub const COORDINATE_MAX: f64 = 1_000_000.0;
/// Most vertices of a polygon or line.
pub const VERTICES_MAX: u32 = 10_000;
/// Vertices nearer than this, in pixels, are one.
const SAME_VERTEX_DISTANCE: f64 = 0.01;

/// A kind of shape that is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GeometryKind {
    Box,
    Polygon,
    Line,
    Point,
}

impl GeometryKind {
    /// All of them.
    pub(crate) const ALL: [Self; 4] = [Self::Box, Self::Polygon, Self::Line, Self::Point];

    /// The API's spelling.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Box => "box",
            Self::Polygon => "polygon",
            Self::Line => "line",
            Self::Point => "point",
        }
    }

    /// Reads the API's spelling.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// Least vertices that make such a shape.
    pub(crate) fn vertices_min(self) -> u32 {
        match self {
            Self::Polygon => 3,
            Self::Line => 2,
            Self::Box | Self::Point => 1,
        }
    }
}

/// What a shape must keep to.
#[derive(Clone, Debug)]
pub(crate) struct ShapeLimits {
    /// Pixels.
    pub min_width: f64,
    /// Pixels.
    pub min_height: f64,
    /// Boxes may be rotated.
    pub can_rotate: bool,
    /// Edges of boxes lie between pixels.
    pub integer_pixels: bool,
    /// For polygons and lines.
    pub min_vertices: u32,
    /// For polygons and lines.
    pub max_vertices: Option<u32>,
    /// Pixels left of the picture (and right of it) that belong to the allowed area.
    pub padding_x: f64,
    /// Pixels above the picture (and below it).
    pub padding_y: f64,
}

impl Default for ShapeLimits {
    fn default() -> Self {
        Self {
            min_width: 0.0,
            min_height: 0.0,
            can_rotate: false,
            integer_pixels: false,
            min_vertices: 0,
            max_vertices: None,
            padding_x: 0.0,
            padding_y: 0.0,
        }
    }
}

/// A number with 2 decimals, half away from zero, never `-0`.
pub(crate) fn rounded(number: f64) -> f64 {
    // `+ 0.0` turns -0 into 0.
    (number * 100.0).round() / 100.0 + 0.0
}

/// A whole number, half up.
fn rounded_to_pixel(number: f64) -> f64 {
    (number + 0.5).floor() + 0.0
}

/// The least size: what is asked, else one pixel.
pub(crate) fn least_size(asked: f64) -> f64 {
    if asked > 0.0 { asked } else { 1.0 }
}

/// Checks a shape and gives its members in their final form. `subject` is the object as messages
/// name it; whether it stays within the picture is asked only with `within_picture`.
pub(crate) fn check_shape(
    kind: GeometryKind,
    limits: &ShapeLimits,
    path: &str,
    subject: &str,
    given: &Value,
    within_picture: bool,
) -> Result<Map<String, Value>, ParamError> {
    let shape = Shape {
        limits,
        path,
        subject,
        within_picture,
    };
    match kind {
        GeometryKind::Box => shape.check_box(given),
        GeometryKind::Polygon | GeometryKind::Line => shape.check_vertices(kind, given),
        GeometryKind::Point => {
            let (x, y) = (shape.coordinate(given, "x")?, shape.coordinate(given, "y")?);
            let (x, y) = (rounded(x), rounded(y));
            shape.check_place(x, y)?;
            Ok(Map::from_iter([
                ("x".to_owned(), plain(x)),
                ("y".to_owned(), plain(y)),
            ]))
        }
    }
}

struct Shape<'a> {
    limits: &'a ShapeLimits,
    path: &'a str,
    subject: &'a str,
    within_picture: bool,
}

impl Shape<'_> {
    fn error(&self, member: &str, problem: &str) -> ParamError {
        let path = if member.is_empty() {
            self.path.to_owned()
        } else {
            format!("{}.{member}", self.path)
        };
        ParamError::new(path, format!("{}: {problem}", self.subject))
    }

    fn coordinate(&self, given: &Value, member: &str) -> Result<f64, ParamError> {
        let value = given.get(member).unwrap_or(&Value::Null);
        let Some(number) = number_of(value) else {
            let problem = format!(
                "{member} must be a number of pixels, got {}.",
                kind_of(value)
            );
            return Err(self.error(member, &problem));
        };
        if number.abs() > COORDINATE_MAX {
            let problem = format!("{member} is beyond {COORDINATE_MAX} px.");
            return Err(self.error(member, &problem));
        }
        Ok(number)
    }

    /// The right and lower border depend on the picture, which is not known here.
    fn check_place(&self, x: f64, y: f64) -> Result<(), ParamError> {
        if self.within_picture && (x < -self.limits.padding_x || y < -self.limits.padding_y) {
            return Err(self.error("", "reaches beyond the picture's left or upper border."));
        }
        Ok(())
    }

    fn check_box(&self, given: &Value) -> Result<Map<String, Value>, ParamError> {
        let left = self.coordinate(given, "left")?;
        let top = self.coordinate(given, "top")?;
        let width = self.coordinate(given, "width")?;
        let height = self.coordinate(given, "height")?;
        let (left, top, width, height) = if self.limits.integer_pixels {
            // The edges are rounded, not the sizes: boxes that adjoin go on doing so.
            let (right, bottom) = (
                rounded_to_pixel(left + width),
                rounded_to_pixel(top + height),
            );
            let (left, top) = (rounded_to_pixel(left), rounded_to_pixel(top));
            (left, top, right - left, bottom - top)
        } else {
            (rounded(left), rounded(top), rounded(width), rounded(height))
        };
        let least = (
            least_size(self.limits.min_width),
            least_size(self.limits.min_height),
        );
        if width < least.0 || height < least.1 {
            return Err(self.error(
                "",
                &format!(
                    "{width} × {height} px is smaller than the least size {} × {} px.",
                    least.0, least.1
                ),
            ));
        }
        let mut shape = Map::new();
        for (name, value) in [
            ("left", left),
            ("top", top),
            ("width", width),
            ("height", height),
        ] {
            shape.insert(name.to_owned(), plain(value));
        }
        let rotation = self.rotation(given)?;
        if rotation == 0.0 {
            self.check_place(left, top)?;
            return Ok(shape);
        }
        if !self.limits.can_rotate {
            return Err(self.error("rotation", "must not be rotated."));
        }
        shape.insert("rotation".to_owned(), plain(rotation));
        shape.insert(
            "vertices".to_owned(),
            corners(left, top, width, height, rotation),
        );
        Ok(shape)
    }

    /// Radians clockwise with 4 decimals, less than a full turn.
    fn rotation(&self, given: &Value) -> Result<f64, ParamError> {
        let value = given.get("rotation").unwrap_or(&Value::Null);
        if value.is_null() {
            return Ok(0.0);
        }
        let Some(angle) = number_of(value) else {
            let problem = format!(
                "rotation must be a number of radians, got {}.",
                kind_of(value)
            );
            return Err(self.error("rotation", &problem));
        };
        let rounded = ((angle % TAU) * 10_000.0).round() / 10_000.0 + 0.0;
        // What rounds up to a full turn is none.
        Ok(if rounded.abs() < TAU { rounded } else { 0.0 })
    }

    fn check_vertices(
        &self,
        kind: GeometryKind,
        given: &Value,
    ) -> Result<Map<String, Value>, ParamError> {
        let vertices = match given.get("vertices") {
            Some(Value::Array(vertices)) => vertices,
            other => {
                let problem = format!(
                    "vertices must be an array of points, got {}.",
                    kind_of(other.unwrap_or(&Value::Null))
                );
                return Err(self.error("vertices", &problem));
            }
        };
        if vertices.len() > VERTICES_MAX as usize {
            let problem = format!("{} vertices, at most {VERTICES_MAX}.", vertices.len());
            return Err(self.error("vertices", &problem));
        }
        let mut points: Vec<(f64, f64)> = Vec::with_capacity(vertices.len());
        for (index, vertex) in vertices.iter().enumerate() {
            let place = format!("{}.vertices[{index}]", self.path);
            let at = Shape {
                path: &place,
                ..*self
            };
            let point = (
                rounded(at.coordinate(vertex, "x")?),
                rounded(at.coordinate(vertex, "y")?),
            );
            at.check_place(point.0, point.1)?;
            if points.last().is_none_or(|last| !same_vertex(*last, point)) {
                points.push(point);
            }
        }
        // A polygon is closed by itself.
        if kind == GeometryKind::Polygon
            && let [first, .., last] = points.as_slice()
            && same_vertex(*first, *last)
        {
            points.pop();
        }
        let least = self.limits.min_vertices.max(kind.vertices_min());
        let count = points.len();
        let noun = if count == 1 { "vertex" } else { "vertices" };
        if count < least as usize {
            return Err(self.error("vertices", &format!("{count} {noun}, at least {least}.")));
        }
        if let Some(most) = self
            .limits
            .max_vertices
            .filter(|most| count > *most as usize)
        {
            return Err(self.error("vertices", &format!("{count} {noun}, at most {most}.")));
        }
        let vertices: Vec<Value> = points.into_iter().map(|(x, y)| point(x, y)).collect();
        Ok(Map::from_iter([("vertices".to_owned(), vertices.into())]))
    }
}

fn same_vertex(one: (f64, f64), other: (f64, f64)) -> bool {
    // Both lie on a grid of 0.01, so half of that tells them apart without doubt.
    (one.0 - other.0).hypot(one.1 - other.1) < SAME_VERTEX_DISTANCE / 2.0
}

pub(super) fn point(x: f64, y: f64) -> Value {
    json!({"x": plain(x), "y": plain(y)})
}

/// Corners of a box that is turned about its middle: top left first, then clockwise.
fn corners(left: f64, top: f64, width: f64, height: f64, rotation: f64) -> Value {
    let (middle_x, middle_y) = (left + width / 2.0, top + height / 2.0);
    let (sine, cosine) = rotation.sin_cos();
    [(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)]
        .into_iter()
        .map(|(across, down)| {
            let (x, y) = (across * width, down * height);
            // With y down, this turns clockwise.
            point(
                rounded(middle_x + x * cosine - y * sine),
                rounded(middle_y + x * sine + y * cosine),
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::task_types::annotation_engine::made_up::made_up_shape;

    fn check(kind: GeometryKind, limits: &ShapeLimits, given: &Value) -> Result<Value, String> {
        check_shape(kind, limits, "a", "Object 1", given, true)
            .map(Value::Object)
            .map_err(|error| error.to_string())
    }

    fn check_box(
        limits: &ShapeLimits,
        left: f64,
        top: f64,
        width: f64,
        height: f64,
    ) -> Result<Value, String> {
        let given = json!({"left": left, "top": top, "width": width, "height": height});
        check(GeometryKind::Box, limits, &given)
    }

    #[test]
    fn w22_coordinates_have_2_decimals_half_away_from_zero_and_no_minus_zero() {
        for (number, expected) in [
            (1.125, 1.13),
            (-1.125, -1.13),
            (12.344, 12.34),
            (-0.001, 0.0),
            (0.0, 0.0),
        ] {
            assert_eq!(
                rounded(number).to_bits(),
                f64::to_bits(expected),
                "{number}"
            );
        }
        let shape = check_box(&ShapeLimits::default(), 12.5, -0.001, 310.0, 122.754).unwrap();
        assert_eq!(
            shape.to_string(),
            r#"{"left":12.5,"top":0,"width":310,"height":122.75}"#
        );
    }

    #[test]
    fn w24_padding_widens_the_picture() {
        let limits = ShapeLimits {
            padding_x: 10.0,
            padding_y: 5.0,
            ..ShapeLimits::default()
        };
        assert!(check_box(&limits, -10.0, -5.0, 20.0, 20.0).is_ok());
        for (left, top) in [(-10.01, 0.0), (0.0, -5.01)] {
            let error = check_box(&limits, left, top, 20.0, 20.0).unwrap_err();
            assert!(error.contains("reaches beyond the picture"), "{error}");
        }
        let line = json!({"vertices": [{"x": 0, "y": 0}, {"x": 1, "y": -6}]});
        assert!(
            check(GeometryKind::Line, &limits, &line)
                .unwrap_err()
                .starts_with("`a.vertices[1]`")
        );
    }

    #[test]
    fn w25_edges_are_rounded_and_adjoining_boxes_stay_adjoining() {
        let limits = ShapeLimits {
            integer_pixels: true,
            ..ShapeLimits::default()
        };
        let one = check_box(&limits, 0.4, 0.0, 10.3, 5.5).unwrap();
        let other = check_box(&limits, 10.7, 0.5, 9.8, 5.0).unwrap();
        assert_eq!(one, json!({"left": 0, "top": 0, "width": 11, "height": 6}));
        assert_eq!(
            other,
            json!({"left": 11, "top": 1, "width": 10, "height": 5})
        );
        // Half up, also below zero.
        assert_eq!(plain(rounded_to_pixel(-1.5)), json!(-1));
    }

    #[test]
    fn w26_a_box_below_the_least_size_is_told_both_sizes() {
        let limits = ShapeLimits {
            min_width: 10.0,
            min_height: 10.0,
            ..ShapeLimits::default()
        };
        assert_eq!(
            check_box(&limits, 0.0, 0.0, 4.0, 2.0).unwrap_err(),
            "`a`: Object 1: 4 × 2 px is smaller than the least size 10 × 10 px."
        );
        assert!(check_box(&ShapeLimits::default(), 0.0, 0.0, 0.99, 5.0).is_err());
    }

    #[test]
    fn a_rotated_box_gets_its_corners() {
        let given = json!({
            "left": 0, "top": 10, "width": 20, "height": 10,
            "rotation": std::f64::consts::FRAC_PI_2,
        });
        assert!(check(GeometryKind::Box, &ShapeLimits::default(), &given).is_err());
        let limits = ShapeLimits {
            can_rotate: true,
            ..ShapeLimits::default()
        };
        let shape = check(GeometryKind::Box, &limits, &given).unwrap();
        assert_eq!(shape["rotation"].to_string(), "1.5708");
        assert_eq!(
            shape["vertices"],
            json!([{"x": 15, "y": 5}, {"x": 15, "y": 25}, {"x": 5, "y": 25}, {"x": 5, "y": 5}])
        );
    }

    #[test]
    fn w27_equal_neighbours_are_merged_and_polygons_close_by_themselves() {
        let given = json!({"vertices": [
            {"x": 0, "y": 0}, {"x": 0.004, "y": 0}, {"x": 5, "y": 0}, {"x": 5, "y": 5}, {"x": 0, "y": 0},
        ]});
        let polygon = check(GeometryKind::Polygon, &ShapeLimits::default(), &given).unwrap();
        assert_eq!(
            polygon,
            json!({"vertices": [{"x": 0, "y": 0}, {"x": 5, "y": 0}, {"x": 5, "y": 5}]})
        );
        let line = check(GeometryKind::Line, &ShapeLimits::default(), &given).unwrap();
        assert_eq!(line["vertices"].as_array().unwrap().len(), 4);
        let limits = ShapeLimits {
            min_vertices: 4,
            ..ShapeLimits::default()
        };
        assert_eq!(
            check(GeometryKind::Polygon, &limits, &given).unwrap_err(),
            "`a.vertices`: Object 1: 3 vertices, at least 4."
        );
        let limits = ShapeLimits {
            max_vertices: Some(2),
            ..ShapeLimits::default()
        };
        assert!(
            check(GeometryKind::Line, &limits, &given)
                .unwrap_err()
                .contains("4 vertices, at most 2.")
        );
    }

    proptest! {
        #[test]
        fn a_checked_shape_is_checked_to_itself(
            left in -50.0_f64..500.0, top in -50.0_f64..500.0,
            width in 0.0_f64..500.0, height in 0.0_f64..500.0,
            rotation in prop::option::of(-7.0_f64..7.0), integer_pixels: bool,
        ) {
            let limits = ShapeLimits {
                can_rotate: true, integer_pixels, padding_x: 60.0, padding_y: 60.0,
                ..ShapeLimits::default()
            };
            let given = json!({"left": left, "top": top, "width": width, "height": height, "rotation": rotation});
            if let Ok(shape) = check(GeometryKind::Box, &limits, &given) {
                prop_assert_eq!(check(GeometryKind::Box, &limits, &shape), Ok(shape));
            }
        }

        #[test]
        fn made_up_shapes_keep_to_the_limits(
            min_width in 0.0_f64..5000.0, min_height in 0.0_f64..5000.0,
            min_vertices in 0_u32..200, more in prop::option::of(0_u32..5), integer_pixels: bool,
        ) {
            let limits = ShapeLimits {
                min_width, min_height, integer_pixels, min_vertices,
                max_vertices: more.map(|more| min_vertices.max(3) + more),
                ..ShapeLimits::default()
            };
            for kind in GeometryKind::ALL {
                let shape = Value::Object(made_up_shape(kind, &limits));
                prop_assert_eq!(check(kind, &limits, &shape), Ok(shape));
            }
        }
    }
}
