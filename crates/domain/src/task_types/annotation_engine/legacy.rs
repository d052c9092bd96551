//! The older image types: one kind of shape each, labels at the top level (api-v1.md 4.16). Their
//! answers are those of imageannotation without what such a task cannot ask.

use serde_json::{Map, Value, json};

use super::answer::{self, Strictness};
use super::asked::{Asked, GeometryAsked, LabelRule, read_labels, read_limits};
use super::geometry::GeometryKind;
use super::made_up;
use crate::param::{ParamErrors, ParamReader};
use crate::task_types::ParsedParams;
use crate::task_types::attachment::{AttachmentKind, read_attachment, with_attachment_type};

/// Most examples.
pub const EXAMPLES_MAX: usize = 100;

/// Names of numbers that shapes of a kind can have, 0 by default.
fn sizes_of(kind: GeometryKind) -> &'static [&'static str] {
    match kind {
        GeometryKind::Box => &["min_width", "min_height"],
        GeometryKind::Polygon | GeometryKind::Line | GeometryKind::Point => &[],
    }
}

/// Reads the parameters of an older type.
pub(crate) fn parse(
    kind: GeometryKind,
    mut merged: Map<String, Value>,
) -> Result<ParsedParams, ParamErrors> {
    let kinds = [AttachmentKind::Image];
    with_attachment_type(&mut merged, &kinds, AttachmentKind::Image);
    let kept = |name: &str| merged.get(name).filter(|value| !value.is_null()).cloned();
    let mut params = Map::new();
    let sent = [
        "attachment",
        "attachment_type",
        "objects_to_annotate",
        "min_vertices",
        "max_vertices",
    ];
    for name in sent {
        params.extend(kept(name).map(|value| (name.to_owned(), value)));
    }
    for name in sizes_of(kind) {
        params.insert((*name).to_owned(), kept(name).unwrap_or_else(|| 0.into()));
    }
    let mut reader = ParamReader::new(merged);
    read_attachment(&mut reader, &kinds);
    let (asked, attributes) = read_asked(kind, &mut reader);
    params.insert("with_labels".to_owned(), asked.with_labels.into());
    if kind == GeometryKind::Line {
        let splines = reader.boolean("splines").unwrap_or(false);
        params.insert("splines".to_owned(), splines.into());
    }
    let examples = reader.array("examples").unwrap_or_default();
    if examples.len() > EXAMPLES_MAX {
        reader.error("examples", format!("can hold at most {EXAMPLES_MAX}"));
    } else if let Some(index) = examples.iter().position(|example| !example.is_object()) {
        reader.error(
            &format!("examples[{index}]"),
            "must be an object with an image",
        );
    }
    params.insert("examples".to_owned(), examples.into());
    params.extend(attributes.map(|sent| ("annotation_attributes".to_owned(), sent)));
    if let Some(hypothesis) = reader.object("hypothesis") {
        let value = Value::Object(hypothesis);
        if !reader.has_errors()
            && let Err(errors) = answer::check(&asked.asked, &value, Strictness::Guess)
        {
            reader.absorb(errors.within("hypothesis").0);
        }
        params.insert("hypothesis".to_owned(), value);
    }
    let warnings = reader.finish()?;
    Ok(ParsedParams { params, warnings })
}

struct LegacyAsked {
    asked: Asked,
    with_labels: bool,
}

fn read_asked(kind: GeometryKind, reader: &mut ParamReader) -> (LegacyAsked, Option<Value>) {
    let labels = read_labels(reader, true);
    let limits = read_limits(reader, kind, (0.0, 0.0));
    let with_labels = reader.boolean("with_labels").unwrap_or(false);
    let label_rule = if with_labels {
        LabelRule::Required
    } else {
        LabelRule::Optional
    };
    let mut asked = Asked {
        geometries: vec![GeometryAsked {
            kind,
            labels,
            label_rule,
            limits,
        }],
        ..Asked::default()
    };
    let attributes = asked.read_attributes(reader);
    (LegacyAsked { asked, with_labels }, attributes)
}

/// What stored params ask; they were checked when they came in.
fn asked_by(kind: GeometryKind, params: &Map<String, Value>) -> Asked {
    read_asked(kind, &mut ParamReader::new(params.clone()))
        .0
        .asked
}

/// Checks an answer of an older type.
pub(crate) fn check(
    kind: GeometryKind,
    params: &Map<String, Value>,
    response: &Value,
) -> Result<Value, ParamErrors> {
    let checked = answer::check(&asked_by(kind, params), response, Strictness::Answer)?;
    Ok(build(&checked.annotations, checked.global_attributes))
}

/// The made-up answer of an older type.
pub(crate) fn made_up(kind: GeometryKind, params: &Map<String, Value>, seed: u64) -> Value {
    let asked = asked_by(kind, params);
    build(
        &made_up::made_up_objects(&asked, seed),
        asked.attributes.made_up(true, None),
    )
}

fn build(annotations: &[Value], global_attributes: Map<String, Value>) -> Value {
    let mut answer = json!({"annotations": annotations});
    if !global_attributes.is_empty() {
        answer["global_attributes"] = global_attributes.into();
    }
    answer
}
