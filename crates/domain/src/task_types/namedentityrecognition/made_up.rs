//! The made-up answer of test mode: one entity, the first word.

use serde_json::{Map, Value, json};

use super::labels::Labels;
use super::response::Characters;
use crate::task_types::annotation_engine::attributes::{Attributes, Declared};

pub(super) fn made_up(params: &Map<String, Value>, seed: u64) -> Value {
    let text = params
        .get("text")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let start = text
        .chars()
        .take_while(|character| character.is_whitespace())
        .count();
    let word = text
        .chars()
        .skip(start)
        .take_while(|character| !character.is_whitespace())
        .count();
    let labels = Labels::stored(params);
    let entity = labels.first().filter(|_| word > 0).map(|label| {
        json!({
            "id": format!("{seed:016x}"),
            "start": start,
            "end": start + word,
            "text": Characters::of(text).slice(start, start + word),
            "label": label.name,
            "attributes": label.attributes.made_up(false, Some(&label.name)),
        })
    });
    let global_attributes = Attributes::stored(params.get("global_attributes"), Declared::ForWhole);
    json!({
        "annotations": entity.into_iter().collect::<Vec<_>>(),
        "relationships": [],
        "global_attributes": global_attributes.made_up(true, None),
    })
}
