//! Numbers of shapes on a picture: rounding, clipping to the allowed area, least sizes.
//!
//! The frame is the oriented picture: origin top left, pixels, x to the right, y down; pixel `i`
//! covers `[i, i + 1)`. The rules are those of labeling.md 4.5, and the web app follows the same
//! ones, so a shape that the browser already rounded passes through unchanged.

use serde::{Serialize, Serializer};
use utoipa::ToSchema;

/// The longest side of a picture in pixels (labeling.md 4.7).
pub const PICTURE_SIDE_PX_MAX: f64 = 32_768.0;

/// The farthest a coordinate, a width or a height may lie from zero before it is clipped.
pub const COORDINATE_PX_MAX: f64 = 1_000_000.0;

/// A length or a place in pixels. Serialises whole values without a fraction: `40`, `12.5`.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, ToSchema)]
#[schema(value_type = f64)]
pub struct Pixels(pub f64);

impl Serialize for Pixels {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.fract() == 0.0 && self.0.abs() <= COORDINATE_PX_MAX * 8.0 {
            serializer.serialize_i64(self.0 as i64)
        } else {
            serializer.serialize_f64(self.0)
        }
    }
}

/// A corner of a polygon, of a line or of a rotated box.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct Vertex {
    /// Pixels from the left edge of the picture.
    pub x: Pixels,
    /// Pixels from the top edge of the picture.
    pub y: Pixels,
}

impl Vertex {
    /// A vertex at `x`, `y`, as they are.
    pub fn new(x: f64, y: f64) -> Self {
        Self {
            x: Pixels(x),
            y: Pixels(y),
        }
    }
}

/// Rounds to two decimals, half away from zero, never `-0`.
pub fn round_to_hundredths(value: f64) -> f64 {
    (value * 100.0).round() / 100.0 + 0.0
}

/// Rounds an edge to a whole pixel, half up: `0.5` to `1`, `-0.5` to `0`.
pub fn round_edge(value: f64) -> f64 {
    (value + 0.5).floor() + 0.0
}

/// Room around the picture in which coordinates are allowed, in pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Padding {
    /// Left and right of the picture.
    pub x: f64,
    /// Above and below the picture.
    pub y: f64,
}

/// Where coordinates may lie: the picture, widened by the padding.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Area {
    left: f64,
    top: f64,
    right: f64,
    bottom: f64,
}

impl Area {
    /// The area of a picture of `width` × `height` pixels.
    pub fn of_picture(width: f64, height: f64, padding: Padding) -> Self {
        Self {
            left: -padding.x,
            top: -padding.y,
            right: width + padding.x,
            bottom: height + padding.y,
        }
    }

    /// The area of a picture whose size is not known: that of the largest one.
    pub fn of_largest_picture(padding: Padding) -> Self {
        Self::of_picture(PICTURE_SIDE_PX_MAX, PICTURE_SIDE_PX_MAX, padding)
    }

    /// The nearest place inside the area, rounded.
    pub fn clip_vertex(&self, vertex: Vertex) -> Vertex {
        Vertex::new(
            round_to_hundredths(vertex.x.0.clamp(self.left, self.right)),
            round_to_hundredths(vertex.y.0.clamp(self.top, self.bottom)),
        )
    }

    /// The part of an upright box inside the area, its edges rounded: to whole pixels with
    /// `integer_pixels`, else to hundredths. Two boxes that shared an edge still share it.
    pub fn clip_box(&self, shape: Rectangle, integer_pixels: bool) -> Rectangle {
        let left = shape.left.clamp(self.left, self.right);
        let top = shape.top.clamp(self.top, self.bottom);
        let right = (shape.left + shape.width).clamp(self.left, self.right);
        let bottom = (shape.top + shape.height).clamp(self.top, self.bottom);
        Rectangle::from_edges(left, top, right, bottom, integer_pixels)
    }

    /// Whether the point lies inside the area or on its border.
    pub fn contains(&self, x: f64, y: f64) -> bool {
        (self.left..=self.right).contains(&x) && (self.top..=self.bottom).contains(&y)
    }
}

/// An upright box.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rectangle {
    /// Left edge in pixels.
    pub left: f64,
    /// Top edge in pixels.
    pub top: f64,
    /// Width in pixels.
    pub width: f64,
    /// Height in pixels.
    pub height: f64,
}

impl Rectangle {
    fn from_edges(left: f64, top: f64, right: f64, bottom: f64, integer_pixels: bool) -> Self {
        let round = if integer_pixels {
            round_edge
        } else {
            round_to_hundredths
        };
        let (left, top) = (round(left), round(top));
        Self {
            left,
            top,
            width: round_to_hundredths(round(right) - left),
            height: round_to_hundredths(round(bottom) - top),
        }
    }

    /// The box with its edges rounded, clipped nowhere: rotated boxes may reach over the border.
    pub fn rounded(self, integer_pixels: bool) -> Self {
        Self::from_edges(
            self.left,
            self.top,
            self.left + self.width,
            self.top + self.height,
            integer_pixels,
        )
    }

    /// Centre of the box: x, y.
    pub fn centre(&self) -> (f64, f64) {
        (
            self.left + self.width / 2.0,
            self.top + self.height / 2.0,
        )
    }

    /// The four corners after a turn by `rotation` radians clockwise about the centre, beginning
    /// with the one that was top left, rounded to hundredths.
    pub fn rotated_corners(&self, rotation: f64) -> [Vertex; 4] {
        let (centre_x, centre_y) = self.centre();
        let (sin, cos) = rotation.sin_cos();
        let (half_width, half_height) = (self.width / 2.0, self.height / 2.0);
        [
            (-half_width, -half_height),
            (half_width, -half_height),
            (half_width, half_height),
            (-half_width, half_height),
        ]
        .map(|(x, y)| {
            Vertex::new(
                round_to_hundredths(centre_x + x * cos - y * sin),
                round_to_hundredths(centre_y + x * sin + y * cos),
            )
        })
    }
}

/// Merges neighbours of a rounded vertex list that lie on the same place; for a closed shape also
/// a last vertex that repeats the first. The order stays as drawn.
pub fn merge_equal_neighbours(vertices: &mut Vec<Vertex>, closed: bool) {
    vertices.dedup();
    while closed && vertices.len() > 1 && vertices.first() == vertices.last() {
        vertices.pop();
    }
}

/// The least length that counts: the one demanded, else one pixel.
pub fn least_side(demanded: f64) -> f64 {
    if demanded > 0.0 { demanded } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rectangle(left: f64, top: f64, width: f64, height: f64) -> Rectangle {
        Rectangle {
            left,
            top,
            width,
            height,
        }
    }

    #[test]
    fn hundredths_round_half_away_from_zero_without_negative_zero() {
        assert_eq!(round_to_hundredths(0.125), 0.13);
        assert_eq!(round_to_hundredths(-0.125), -0.13);
        assert!(round_to_hundredths(-0.001).is_sign_positive());
        assert!(round_edge(-0.4).is_sign_positive());
        assert_eq!(round_edge(-0.5), 0.0);
        assert_eq!(round_edge(2.5), 3.0);
    }

    #[test]
    fn whole_pixels_are_written_without_a_fraction() {
        let text = serde_json::to_string(&Vertex::new(40.0, 12.5)).unwrap();
        assert_eq!(text, r#"{"x":40,"y":12.5}"#);
    }

    #[test]
    fn case_w22_coordinates_with_two_decimals_stay_exact() {
        let area = Area::of_picture(640.0, 480.0, Padding::default());
        let drawn = rectangle(12.1, 40.2, 310.3, 122.75);
        assert_eq!(area.clip_box(drawn, false), drawn);
    }

    #[test]
    fn case_w24_a_box_is_clipped_at_the_border() {
        let area = Area::of_picture(640.0, 480.0, Padding::default());
        let clipped = area.clip_box(rectangle(-10.0, 470.0, 30.0, 30.0), false);
        assert_eq!(clipped, rectangle(0.0, 470.0, 20.0, 10.0));
        let outside = area.clip_box(rectangle(700.0, 10.0, 30.0, 30.0), false);
        assert_eq!(outside.width, 0.0);
    }

    #[test]
    fn case_w24_padding_lets_coordinates_pass_the_border() {
        let area = Area::of_picture(640.0, 480.0, Padding { x: 20.0, y: 5.0 });
        let clipped = area.clip_box(rectangle(-30.0, -30.0, 50.0, 50.0), false);
        assert_eq!(clipped, rectangle(-20.0, -5.0, 40.0, 25.0));
        let vertex = area.clip_vertex(Vertex::new(700.0, 600.0));
        assert_eq!(vertex, Vertex::new(660.0, 485.0));
    }

    #[test]
    fn case_w25_adjoining_boxes_still_adjoin_in_whole_pixels() {
        let area = Area::of_largest_picture(Padding::default());
        let first = area.clip_box(rectangle(10.3, 0.0, 20.2, 9.6), true);
        let second = area.clip_box(rectangle(30.5, 0.0, 20.2, 9.6), true);
        assert_eq!(first, rectangle(10.0, 0.0, 21.0, 10.0));
        assert_eq!(first.left + first.width, second.left);
    }

    #[test]
    fn a_quarter_turn_clockwise_moves_the_top_left_corner_to_the_top_right() {
        let corners =
            rectangle(0.0, 0.0, 10.0, 10.0).rotated_corners(std::f64::consts::FRAC_PI_2);
        assert_eq!(corners[0], Vertex::new(10.0, 0.0));
        assert_eq!(corners[1], Vertex::new(10.0, 10.0));
    }

    #[test]
    fn equal_neighbours_and_a_closing_duplicate_are_merged() {
        let a = Vertex::new(1.0, 1.0);
        let b = Vertex::new(5.0, 1.0);
        let mut polygon = vec![a, a, b, b, a];
        merge_equal_neighbours(&mut polygon, true);
        assert_eq!(polygon, [a, b]);
        let mut line = vec![a, b, a];
        merge_equal_neighbours(&mut line, false);
        assert_eq!(line, [a, b, a]);
    }

    proptest! {
        #[test]
        fn clipping_twice_changes_nothing(
            left in -5_000.0..50_000.0, top in -5_000.0..50_000.0,
            width in 0.0..50_000.0, height in 0.0..50_000.0, integer_pixels: bool,
        ) {
            let area = Area::of_largest_picture(Padding { x: 10.0, y: 0.0 });
            let once = area.clip_box(rectangle(left, top, width, height), integer_pixels);
            prop_assert_eq!(area.clip_box(once, integer_pixels), once);
        }
    }
}
