//! Parameters of `polygonannotation`.

use std::collections::HashMap;

use serde_json::Value;
use utoipa::ToSchema;

/// Parameters of a task that asks for polygons.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "the parameters are kept as they were sent; this tells their shape"
)]
pub struct PolygonAnnotationParams {
    /// Address of the picture.
    #[schema(example = "https://example.com/yard.jpg")]
    attachment: String,
    /// Only `image`.
    attachment_type: Option<String>,
    /// Labels: strings, or objects with `choice`, `display` and `subchoices`.
    objects_to_annotate: Vec<Value>,
    /// Whether each object gets a label.
    #[schema(default = false)]
    with_labels: Option<bool>,
    /// Least number of vertices.
    #[schema(default = 1)]
    min_vertices: Option<u32>,
    /// Greatest number of vertices.
    max_vertices: Option<u32>,
    /// Examples that are shown: objects with `correct`, `image` and `explanation`.
    examples: Option<Vec<HashMap<String, Value>>>,
    /// Attributes of the objects, by key.
    annotation_attributes: Option<HashMap<String, Value>>,
    /// A first guess, in the shape of the answer.
    hypothesis: Option<HashMap<String, Value>>,
}
