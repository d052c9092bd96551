//! The made-up answer of test mode: the first choice, or "test response" (api-v1.md 4.2).

use serde_json::{Map, Number, Value, json};

use super::params::{Field, FieldKind, TextcollectionParams, leaf_values};

/// What a made-up text says.
const TEXT: &str = "test response";

/// Values for all fields; the check then drops those that conditions hide.
pub(super) fn made_up(params: &Map<String, Value>) -> Value {
    let params: Result<TextcollectionParams, _> =
        serde_json::from_value(Value::Object(params.clone()));
    let values = params
        .map(|params| answers(&params.fields))
        .unwrap_or_default();
    json!({"annotations": values})
}

fn answers(fields: &[Field]) -> Map<String, Value> {
    fields
        .iter()
        .map(|field| {
            let count = field.min_responses_required.max(1) as usize;
            let response = vec![answer(&field.kind); count];
            let answer = json!({
                "type": field.kind.name(),
                "field_id": field.field_id,
                "response": response,
            });
            (field.field_id.clone(), answer)
        })
        .collect()
}

fn answer(kind: &FieldKind) -> Value {
    match kind {
        FieldKind::Text { max_characters } => {
            let length = max_characters.map_or(TEXT.len(), |max| max as usize);
            TEXT.chars().take(length).collect::<String>().into()
        }
        FieldKind::Boolean {} => true.into(),
        FieldKind::Number { min, max, .. } => number(min.as_ref(), max.as_ref()),
        FieldKind::Datetime {} => "2000-01-01T00:00:00.000Z".into(),
        FieldKind::Category(choices) | FieldKind::Select(choices) => {
            let count = choices.min_choices.max(1) as usize;
            leaf_values(&choices.choices)
                .into_iter()
                .take(count)
                .cloned()
                .collect()
        }
        FieldKind::TimeRange {} => json!({"start": 0, "end": 1}),
        FieldKind::Ranking { options } => leaf_values(options).into_iter().cloned().collect(),
        FieldKind::FieldSet { fields, .. } | FieldKind::Form { fields } => {
            Value::Object(answers(fields))
        }
    }
}

/// 1, or the end of the range that is nearest to it.
fn number(min: Option<&Number>, max: Option<&Number>) -> Value {
    let above = |least: &&Number| least.as_f64() > Some(1.0);
    let below = |most: &&Number| most.as_f64() < Some(1.0);
    min.filter(above)
        .or(max.filter(below))
        .map_or_else(|| 1.into(), |end| end.clone().into())
}
