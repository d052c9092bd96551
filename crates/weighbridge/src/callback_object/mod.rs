//! Callbacks and their receivers as people see them, on the pages and in a terminal: with what is secret
//! masked.

mod detail;
mod item;
mod target;

use domain::time::format_time;
use serde_json::Value;

pub use detail::describe;
pub use item::render;
pub use target::render_target;

/// A time of a JSON answer.
pub fn time(unix_ms: Option<i64>) -> Value {
    unix_ms.map_or(Value::Null, |at| format_time(at).into())
}
