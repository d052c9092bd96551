//! Answers of `categorization`: `{"category": …}`, with `category_id` where ids were given; both
//! are arrays with `allow_multiple`.

use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::param::{ParamErrors, kind_of};
use crate::task_types::choices::{CHOICES_MAX, Choices};

/// Answer of a categorization.
#[derive(ToSchema)]
#[expect(dead_code, reason = "this tells the shape of the answer")]
pub struct CategorizationResponse {
    /// The category; an array where several may be chosen.
    category: Value,
    /// Its id, where `category_ids` was given.
    category_id: Option<Value>,
}

fn allows_multiple(params: &Map<String, Value>) -> bool {
    params
        .get("allow_multiple")
        .and_then(Value::as_bool)
        .unwrap_or(false)
}

/// Puts the answer together in its final form.
fn build(params: &Map<String, Value>, chosen: &[&str]) -> Value {
    let id_of = |category: &str| -> Value {
        params
            .get("category_ids")
            .and_then(Value::as_object)
            .and_then(|ids| {
                ids.iter()
                    .find(|(_, value)| value.as_str() == Some(category))
            })
            .map_or(Value::Null, |(id, _)| id.clone().into())
    };
    let ids: Vec<Value> = chosen.iter().map(|category| id_of(category)).collect();
    let has_ids = params.contains_key("category_ids");
    if allows_multiple(params) {
        let mut answer = json!({"category": chosen});
        if has_ids {
            answer["category_id"] = ids.into();
        }
        return answer;
    }
    let mut answer = json!({"category": chosen.first()});
    if has_ids {
        answer["category_id"] = ids.into_iter().next().unwrap_or_default();
    }
    answer
}

pub(super) fn check(params: &Map<String, Value>, response: &Value) -> Result<Value, ParamErrors> {
    let choices = Choices::stored(params.get("categories"));
    let category = response.get("category").cloned().unwrap_or_default();
    let picked: Vec<Value> = match category {
        Value::Null => Vec::new(),
        Value::Array(values) if allows_multiple(params) => values,
        Value::String(_) => vec![category],
        other => {
            let wanted = if allows_multiple(params) {
                "an array of categories"
            } else {
                "a category"
            };
            return Err(ParamErrors::one(
                "category",
                format!("must be {wanted}, got {}", kind_of(&other)),
            ));
        }
    };
    if picked.is_empty() {
        let text = if allows_multiple(params) {
            "Choose at least one category."
        } else {
            "Choose one category."
        };
        return Err(ParamErrors::one("category", text));
    }
    if picked.len() > CHOICES_MAX {
        let message = format!(
            "can hold at most {CHOICES_MAX} categories, got {}",
            picked.len()
        );
        return Err(ParamErrors::one("category", message));
    }
    let mut chosen: Vec<&str> = Vec::new();
    for (index, value) in picked.iter().enumerate() {
        match value.as_str() {
            Some(text) if choices.has_leaf(text) && !chosen.contains(&text) => chosen.push(text),
            Some(text) if choices.has_leaf(text) => {}
            _ => {
                let path = if allows_multiple(params) {
                    format!("category[{index}]")
                } else {
                    "category".to_owned()
                };
                return Err(ParamErrors::one(path, "is not one of the categories"));
            }
        }
    }
    Ok(build(params, &chosen))
}

pub(super) fn made_up(params: &Map<String, Value>) -> Value {
    let choices = Choices::stored(params.get("categories"));
    let first = choices.first_leaf().unwrap_or_default();
    build(params, &[first])
}
