//! Parameters of `categorization`.

use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::param::{ParamErrors, ParamReader};
use crate::task_types::ParsedParams;
use crate::task_types::attachment::{AttachmentKind, read_attachment};
use crate::task_types::choices::{CHOICES_MAX, Choices};

/// Parameters of a categorization.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "the parameters are kept as they were sent; this tells their shape"
)]
pub struct CategorizationParams {
    /// Address of what is to be categorized, or the text itself.
    attachment: String,
    /// `text`, `image`, `video`, `audio`, `website` or `pdf`; guessed when absent.
    attachment_type: Option<String>,
    /// What to choose from: strings, or objects with `choice`, `display` and `subchoices`.
    categories: Vec<Value>,
    /// Ids that the answer carries beside the categories.
    category_ids: Option<std::collections::HashMap<String, String>>,
    /// Several may be chosen.
    #[schema(default = false)]
    allow_multiple: Option<bool>,
    /// A first guess, in the shape of the answer.
    hypothesis: Option<std::collections::HashMap<String, Value>>,
}

pub(super) fn parse(merged: Map<String, Value>) -> Result<ParsedParams, ParamErrors> {
    let mut reader = ParamReader::new(merged);
    let attachment = read_attachment(&mut reader, &AttachmentKind::ALL);
    let categories = reader.take("categories");
    let choices = match &categories {
        None => {
            reader.error("categories", "is required: what to choose from");
            Choices::default()
        }
        Some(value) => Choices::read(&mut reader, "categories", value),
    };
    let category_ids = reader.object("category_ids");
    if let Some(ids) = &category_ids
        && ids.len() > CHOICES_MAX
    {
        let message = format!("can hold at most {CHOICES_MAX} ids, got {}", ids.len());
        reader.error("category_ids", message);
    }
    for (id, category) in category_ids.iter().flatten().take(CHOICES_MAX) {
        let known = category
            .as_str()
            .is_some_and(|category| choices.has_leaf(category));
        if !known {
            reader.error(
                &format!("category_ids.{id}"),
                "must be one of the categories",
            );
        }
    }
    let allow_multiple = reader.boolean("allow_multiple").unwrap_or(false);
    // Newer variants whose shape is not documented: kept as they are.
    let kept = ["annotation_attributes", "taxonomies"].map(|name| (name, reader.take(name)));
    let hypothesis = reader.object("hypothesis");
    let mut params = Map::new();
    if let Some(attachment) = attachment {
        params.insert("attachment".into(), attachment.content.into());
        params.insert("attachment_type".into(), attachment.kind.as_str().into());
    }
    params.extend(categories.map(|value| ("categories".to_owned(), value)));
    params.extend(category_ids.map(|ids| ("category_ids".to_owned(), Value::Object(ids))));
    params.insert("allow_multiple".into(), allow_multiple.into());
    params.extend(
        kept.into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?))),
    );
    if let Some(hypothesis) = hypothesis {
        if !reader.has_errors()
            && let Err(errors) = super::response::check(&params, &Value::Object(hypothesis.clone()))
        {
            reader.absorb(errors.within("hypothesis").0);
        }
        params.insert("hypothesis".into(), Value::Object(hypothesis));
    }
    let warnings = reader.finish()?;
    Ok(ParsedParams { params, warnings })
}
