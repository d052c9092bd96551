//! Parameters of `namedentityrecognition`.

use std::collections::HashMap;

use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::labels::{Labels, read_relationships};
use super::response::check_guess;
use crate::param::{ParamErrors, ParamReader};
use crate::task_types::ParsedParams;
use crate::task_types::annotation_engine::attributes::{Attributes, Declared};
use crate::task_types::attachment::TEXT_LENGTH_MAX;

/// Parameters of a named entity recognition.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "the parameters are kept as they were sent; this tells their shape"
)]
pub struct NamedEntityRecognitionParams {
    /// The text, at most 100,000 characters.
    #[schema(max_length = 100_000, example = "Lagos is where Acme has its seat.")]
    text: String,
    /// What may be marked; names are unique.
    #[schema(min_items = 1)]
    labels: Vec<EntityLabel>,
    /// What may be drawn between two entities.
    relationships: Option<Vec<EntityRelationship>>,
    /// Attributes of the whole text.
    global_attributes: Option<HashMap<String, Value>>,
    /// Show single line breaks as spaces.
    #[schema(default = false)]
    merge_newlines: Option<bool>,
    /// A first guess, in the shape of the answer.
    hypothesis: Option<HashMap<String, Value>>,
}

/// A label.
#[derive(ToSchema)]
#[expect(dead_code, reason = "this tells the shape")]
pub struct EntityLabel {
    /// The value in the answer.
    #[schema(example = "place")]
    name: String,
    /// Shown to the labeler.
    description: Option<String>,
    /// Attributes of entities with this label.
    attributes: Option<HashMap<String, Value>>,
    /// Labels below; a label with some cannot be given itself.
    #[schema(no_recursion)]
    children: Option<Vec<EntityLabel>>,
}

/// A kind of relationship.
#[derive(ToSchema)]
#[expect(dead_code, reason = "this tells the shape")]
pub struct EntityRelationship {
    /// The value in the answer.
    #[schema(example = "based_in")]
    name: String,
    /// Labels it may come from; absent: any.
    source_labels: Option<Vec<String>>,
    /// Labels it may go to; absent: any.
    target_labels: Option<Vec<String>>,
    /// Whether source and target differ.
    #[schema(default = true)]
    is_directed: Option<bool>,
}

pub(super) fn parse(merged: Map<String, Value>) -> Result<ParsedParams, ParamErrors> {
    let mut reader = ParamReader::new(merged);
    let text = read_text(&mut reader);
    let label_values = reader.array("labels");
    let labels = if let Some(values) = &label_values {
        Labels::read(&mut reader, values)
    } else {
        reader.error(
            "labels",
            "is required: an array of labels, each with a name",
        );
        Labels::default()
    };
    let relationships = reader.array("relationships").unwrap_or_default();
    if !reader.has_errors() {
        read_relationships(&mut reader, &relationships, &labels);
    }
    let (_, global_attributes) = Attributes::read(
        &mut reader,
        "global_attributes",
        &|_| true,
        Declared::ForWhole,
    );
    let merge_newlines = reader.boolean("merge_newlines").unwrap_or(false);
    let hypothesis = reader.object("hypothesis");

    let mut params = Map::new();
    params.insert("text".into(), text.into());
    params.insert("labels".into(), label_values.unwrap_or_default().into());
    params.insert("relationships".into(), relationships.into());
    params.extend(global_attributes.map(|sent| ("global_attributes".to_owned(), sent)));
    params.insert("merge_newlines".into(), merge_newlines.into());
    if let Some(hypothesis) = hypothesis {
        if !reader.has_errors()
            && let Err(errors) = check_guess(&params, &Value::Object(hypothesis.clone()))
        {
            reader.absorb(errors.within("hypothesis").0);
        }
        params.insert("hypothesis".into(), hypothesis.into());
    }
    let warnings = reader.finish()?;
    Ok(ParsedParams { params, warnings })
}

fn read_text(reader: &mut ParamReader) -> String {
    let Some(text) = reader.string("text") else {
        if !reader.has_errors() {
            reader.error("text", "is required: the text to be labeled");
        }
        return String::new();
    };
    let length = text.chars().count();
    if text.trim().is_empty() {
        reader.error("text", "must hold more than white space");
    } else if length > TEXT_LENGTH_MAX {
        reader.error(
            "text",
            format!("can have at most {TEXT_LENGTH_MAX} characters, got {length}"),
        );
    }
    text
}
