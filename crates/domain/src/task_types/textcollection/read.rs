//! Reads the parameters of textcollection: all errors at once, each with its path.

use std::collections::HashSet;

use serde_json::{Map, Number, Value};

use super::answer::number_in_text;
use super::condition::Condition;
use super::params::{
    ATTACHMENTS_MAX, FIELDS_MAX, Field, FieldKind, FormAttachment, RESPONSES_MAX, TEXT_LENGTH_MAX,
    TextcollectionParams,
};
use super::read_choices::{read_choice_list, read_choices};
use super::read_conditions::check_conditions;
use crate::param::{ParamError, ParamErrors, ParamReader, kind_of};
use crate::task_types::ParsedParams;
use crate::task_types::attachment::{AttachmentKind, check_content, read_attachment};

const FIELD_TYPES: &str = "text, boolean, number, datetime, category, select, time_range, \
                           field_set, ranking or form";

/// Where a field stands: groups hold no groups of their own kind.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Top,
    InForm,
    InFieldSet,
}

/// What is gathered over the whole tree of fields.
#[derive(Default)]
struct Gathered {
    errors: Vec<ParamError>,
    warnings: Vec<String>,
    ids: HashSet<String>,
    fields: usize,
}

pub(super) fn parse(merged: Map<String, Value>) -> Result<ParsedParams, ParamErrors> {
    let has_single = merged
        .get("attachment")
        .is_some_and(|value| !value.is_null());
    let mut reader = ParamReader::new(merged);
    let mut gathered = Gathered::default();
    let fields = if let Some(values) = reader.array("fields") {
        read_fields("fields", values, Place::Top, &mut gathered)
    } else {
        if !reader.has_errors() {
            reader.error("fields", "is required: the questions to ask, at least one");
        }
        Vec::new()
    };
    if gathered.errors.is_empty() {
        check_conditions("fields", &fields, &[], &mut gathered.errors);
    }
    let Gathered {
        errors,
        mut warnings,
        ..
    } = gathered;
    reader.absorb(errors);

    let single = if has_single {
        read_attachment(&mut reader, &AttachmentKind::ALL)
    } else {
        None
    };
    let attachments = read_attachments(&mut reader, &fields);
    let title = reader.string("title");
    let description = reader.string("description");
    let responses_required = reader.integer("responses_required").unwrap_or(1);
    if !(1..=i64::from(RESPONSES_MAX)).contains(&responses_required) {
        reader.error(
            "responses_required",
            format!("must be from 1 to {RESPONSES_MAX}"),
        );
    }
    let hypothesis = reader.object("hypothesis");
    let params = TextcollectionParams {
        attachments,
        attachment_type: single
            .as_ref()
            .map(|single| single.kind.as_str().to_owned()),
        attachment: single.map(|single| single.content),
        title,
        description,
        fields,
        responses_required: responses_required as u32,
        hypothesis,
    };
    if let Some(hypothesis) = &params.hypothesis
        && !reader.has_errors()
        && let Err(errors) = super::response::check_guess(&params.fields, hypothesis)
    {
        reader.absorb(errors.within("hypothesis").0);
    }
    warnings.extend(reader.finish()?);
    match serde_json::to_value(&params) {
        Ok(Value::Object(params)) => Ok(ParsedParams { params, warnings }),
        _ => Err(ParamErrors::one("fields", "cannot be written as JSON")),
    }
}

fn read_attachments(reader: &mut ParamReader, fields: &[Field]) -> Vec<FormAttachment> {
    // Of no account beside a single attachment, which has taken it already.
    let kind = reader
        .string("attachment_type")
        .and_then(|text| AttachmentKind::parse(&text));
    let values = reader.array("attachments").unwrap_or_default();
    if values.len() > ATTACHMENTS_MAX {
        reader.error(
            "attachments",
            format!(
                "can hold at most {ATTACHMENTS_MAX} attachments, got {}",
                values.len()
            ),
        );
        return Vec::new();
    }
    let mut attachments = Vec::new();
    for (index, value) in values.into_iter().enumerate() {
        let path = format!("attachments[{index}]");
        match read_form_attachment(&path, value, kind, fields) {
            Ok(attachment) => attachments.push(attachment),
            Err(errors) => reader.absorb(errors.0),
        }
    }
    attachments
}

fn read_form_attachment(
    path: &str,
    value: Value,
    kind: Option<AttachmentKind>,
    fields: &[Field],
) -> Result<FormAttachment, ParamErrors> {
    let members = match value {
        Value::Object(members) => members,
        Value::String(content) => {
            let kind = kind
                .unwrap_or_else(|| AttachmentKind::guess(&content))
                .as_str();
            Map::from_iter([
                ("type".to_owned(), kind.into()),
                ("content".to_owned(), content.into()),
            ])
        }
        other => {
            let message = format!(
                "must be an object with `type` and `content`, or an address, got {}",
                kind_of(&other)
            );
            return Err(ParamErrors::one(path, message));
        }
    };
    let mut reader = ParamReader::at(path, members);
    let kind = reader.required_string("type");
    let content = reader.required_string("content");
    match AttachmentKind::parse(&kind) {
        Some(kind) if !content.is_empty() => check_content(&mut reader, "content", kind, &content),
        None if !kind.is_empty() => {
            let names = AttachmentKind::ALL.map(AttachmentKind::as_str).join(", ");
            reader.error("type", format!("must be one of {names}, got \"{kind}\""));
        }
        Some(_) | None => {}
    }
    let mut forms = Vec::new();
    for (index, form) in reader
        .array("forms")
        .unwrap_or_default()
        .into_iter()
        .enumerate()
    {
        let name = format!("forms[{index}]");
        let known = fields
            .iter()
            .find(|field| form.as_str() == Some(&field.field_id));
        match known.map(|field| &field.kind) {
            Some(FieldKind::Form { .. }) => forms.extend(form.as_str().map(str::to_owned)),
            Some(_) => reader.error(&name, "must be the field_id of a field of type form"),
            None => reader.error(&name, "must be the field_id of one of the fields"),
        }
    }
    reader.finish()?;
    Ok(FormAttachment {
        kind,
        content,
        forms,
    })
}

fn read_fields(
    path: &str,
    values: Vec<Value>,
    place: Place,
    gathered: &mut Gathered,
) -> Vec<Field> {
    if values.is_empty() {
        gathered
            .errors
            .push(ParamError::new(path, "must hold at least one field"));
    }
    gathered.fields += values.len();
    if gathered.fields > FIELDS_MAX {
        let message = format!("a task can have at most {FIELDS_MAX} fields, those in groups too");
        gathered.errors.push(ParamError::new(path, message));
        return Vec::new();
    }
    let mut fields = Vec::new();
    for (index, value) in values.into_iter().enumerate() {
        let path = format!("{path}[{index}]");
        match value {
            Value::Object(members) => fields.extend(read_field(&path, members, place, gathered)),
            other => gathered.errors.push(ParamError::new(
                path,
                format!(
                    "must be an object with `type`, `field_id` and `title`, got {}",
                    kind_of(&other)
                ),
            )),
        }
    }
    fields
}

fn read_field(
    path: &str,
    members: Map<String, Value>,
    place: Place,
    gathered: &mut Gathered,
) -> Option<Field> {
    let mut reader = ParamReader::at(path, members);
    let field_id = read_id(&mut reader, gathered);
    let title = reader.required_string("title");
    let description = read_text(&mut reader, "description");
    let hint = read_text(&mut reader, "hint");
    let required = reader.boolean("required").unwrap_or(false);
    let (min_responses_required, max_responses_required) = read_range(
        &mut reader,
        ("min_responses_required", "max_responses_required"),
        RESPONSES_MAX,
    );
    let conditions = reader.take("conditions");
    if let Some(conditions) = &conditions
        && let Err(error) = Condition::read(&reader.path_of("conditions"), conditions)
    {
        reader.absorb([error]);
    }
    let name = reader.required_string("type");
    let kind = read_kind(&mut reader, &name, place, gathered);
    match reader.finish() {
        Ok(unknown) => gathered.warnings.extend(unknown),
        Err(errors) => {
            gathered.errors.extend(errors.0);
            return None;
        }
    }
    Some(Field {
        field_id,
        title,
        description,
        hint,
        required,
        min_responses_required,
        max_responses_required,
        conditions,
        kind: kind?,
    })
}

fn read_id(reader: &mut ParamReader, gathered: &mut Gathered) -> String {
    let field_id = reader.required_string("field_id");
    if field_id.is_empty() {
        return field_id;
    }
    if field_id.chars().count() > TEXT_LENGTH_MAX {
        reader.error(
            "field_id",
            format!("can have at most {TEXT_LENGTH_MAX} characters"),
        );
    } else if field_id == "not" {
        reader.error(
            "field_id",
            "\"not\" has a meaning of its own in conditions; take another",
        );
    } else if !gathered.ids.insert(field_id.clone()) {
        reader.error(
            "field_id",
            format!("\"{field_id}\" stands there twice; each field_id must be unique"),
        );
    }
    field_id
}

pub(super) fn read_text(reader: &mut ParamReader, name: &str) -> Option<String> {
    let text = reader.string(name)?;
    if text.chars().count() > TEXT_LENGTH_MAX {
        reader.error(
            name,
            format!("can have at most {TEXT_LENGTH_MAX} characters"),
        );
    }
    Some(text)
}

/// Reads a least and a greatest count, each 1 by default; a least count above 1 lifts the default
/// of the greatest.
pub(super) fn read_range(
    reader: &mut ParamReader,
    names: (&str, &str),
    greatest: u32,
) -> (u32, u32) {
    let least = reader.integer(names.0);
    let most = reader.integer(names.1);
    let min = least.unwrap_or(1);
    let max = most.unwrap_or_else(|| min.max(1));
    if !(0..=i64::from(greatest)).contains(&min) {
        reader.error(names.0, format!("must be from 0 to {greatest}"));
    } else if !(1..=i64::from(greatest)).contains(&max) {
        reader.error(names.1, format!("must be from 1 to {greatest}"));
    } else if max < min && least.is_none() {
        reader.error(names.1, "must be 1 or more");
    } else if max < min {
        reader.error(
            names.1,
            format!("must not be less than {} ({min})", names.0),
        );
    } else {
        return (min as u32, max as u32);
    }
    (1, 1)
}

fn read_kind(
    reader: &mut ParamReader,
    name: &str,
    place: Place,
    gathered: &mut Gathered,
) -> Option<FieldKind> {
    match name {
        "text" => {
            let max_characters = reader.integer("max_characters");
            if max_characters.is_some_and(|max| !(1..=i64::from(u32::MAX)).contains(&max)) {
                reader.error("max_characters", "must be 1 or more");
            }
            Some(FieldKind::Text {
                max_characters: max_characters.map(|max| max as u32),
            })
        }
        "boolean" => Some(FieldKind::Boolean {}),
        "number" => Some(read_number_kind(reader)),
        "datetime" => Some(FieldKind::Datetime {}),
        "category" => read_choices(reader).map(FieldKind::Category),
        "select" => read_choices(reader).map(FieldKind::Select),
        "time_range" => Some(FieldKind::TimeRange {}),
        "ranking" => read_choice_list(reader, "options").map(|options| {
            if options.len() < 2 {
                reader.error("options", "must hold at least 2 options to be put in order");
            }
            FieldKind::Ranking { options }
        }),
        "field_set" if place != Place::InFieldSet => read_field_set(reader, gathered),
        "form" if place == Place::Top => {
            let fields = read_group(reader, Place::InForm, gathered)?;
            Some(FieldKind::Form { fields })
        }
        "field_set" => {
            reader.error("type", "a field_set cannot hold another field_set");
            None
        }
        "form" => {
            reader.error("type", "a form cannot stand within another field");
            None
        }
        "" => None,
        other => {
            reader.error("type", format!("must be {FIELD_TYPES}, got \"{other}\""));
            None
        }
    }
}

fn read_group(
    reader: &mut ParamReader,
    place: Place,
    gathered: &mut Gathered,
) -> Option<Vec<Field>> {
    let Some(values) = reader.array("fields") else {
        reader.error("fields", "is required: the fields of the group");
        return None;
    };
    let path = reader.path_of("fields");
    Some(read_fields(&path, values, place, gathered))
}

fn read_field_set(reader: &mut ParamReader, gathered: &mut Gathered) -> Option<FieldKind> {
    let before = gathered.fields;
    let fields = read_group(reader, Place::InFieldSet, gathered)?;
    let sent = gathered.fields - before;
    if sent == 1 {
        reader.error("fields", "must hold at least 2 fields");
    }
    let inline = reader.boolean("inline");
    if inline == Some(true) {
        let short = |field: &Field| {
            matches!(
                field.kind,
                FieldKind::Text { .. } | FieldKind::Number { .. }
            )
        };
        if sent > 2 || !fields.iter().all(short) {
            reader.error(
                "inline",
                "can be true for at most 2 fields, each of type text or number",
            );
        }
    }
    Some(FieldKind::FieldSet { fields, inline })
}

fn read_number_kind(reader: &mut ParamReader) -> FieldKind {
    let min = read_number(reader, "min");
    let max = read_number(reader, "max");
    if let (Some(least), Some(most)) = (&min, &max)
        && least.as_f64() > most.as_f64()
    {
        reader.error(
            "max",
            format!("must not be less than min ({least}), got {most}"),
        );
    }
    let use_slider = reader.boolean("use_slider");
    if use_slider == Some(true) && (min.is_none() || max.is_none()) {
        reader.error("use_slider", "a slider needs both min and max");
    }
    FieldKind::Number {
        min,
        max,
        use_slider,
        prefix: read_text(reader, "prefix"),
        suffix: read_text(reader, "suffix"),
    }
}

/// A number as it was sent; a string that holds one is turned into it.
fn read_number(reader: &mut ParamReader, name: &str) -> Option<Number> {
    match reader.take(name)? {
        Value::Number(number) => Some(number),
        value => {
            let number = number_in_text(&value);
            if number.is_none() {
                reader.error(name, format!("must be a number, got {}", kind_of(&value)));
            }
            number
        }
    }
}
