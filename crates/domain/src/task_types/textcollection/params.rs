//! Parameters of textcollection, typed; read by `read.rs`, stored in this form.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value};
use utoipa::ToSchema;

/// Most fields of a task, those within groups included.
pub const FIELDS_MAX: usize = 200;
/// Most choices of a field, nested ones included.
pub const CHOICES_MAX: usize = 1_000;
/// Most answers that one field may take.
pub const RESPONSES_MAX: u32 = 100;
/// Longest `field_id`, `title` and the like, in characters.
pub const TEXT_LENGTH_MAX: usize = 2_000;
/// Most attachments of a task.
pub const ATTACHMENTS_MAX: usize = 100;

/// Parameters of a textcollection task (api-v1.md 4.12).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TextcollectionParams {
    /// Shown to the labeler, in order.
    #[serde(default)]
    pub attachments: Vec<FormAttachment>,
    /// A single attachment, the older form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attachment: Option<String>,
    /// Kind of the single attachment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attachment_type: Option<String>,
    /// Heading above the fields.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Text below the heading, in Markdown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What is asked, in order.
    #[schema(min_items = 1, max_items = 200)]
    pub fields: Vec<Field>,
    /// Number of people who answer.
    #[schema(minimum = 1, maximum = 100)]
    pub responses_required: u32,
    /// A first guess shown to the labeler, in the shape of the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hypothesis: Option<Map<String, Value>>,
}

/// One attachment of a textcollection task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FormAttachment {
    /// `pdf`, `image`, `text`, `video`, `website` or `audio`.
    #[serde(rename = "type")]
    #[schema(example = "image")]
    pub kind: String,
    /// Address, or the text itself where the type is `text`.
    #[schema(example = "https://yard.example/p/117.jpg")]
    pub content: String,
    /// Ids of the fields of type `form` that stand beside this attachment.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub forms: Vec<String>,
}

/// One question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[expect(clippy::struct_field_names, reason = "the original's member names")]
pub struct Field {
    /// Name of the answer; unique over the task.
    #[schema(example = "plate")]
    pub field_id: String,
    /// The question.
    #[schema(example = "Number plate")]
    pub title: String,
    /// Longer text, in Markdown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Short help.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// Whether an answer must be given while the field is shown.
    #[serde(default)]
    pub required: bool,
    /// Least number of answers, where there is one at all.
    #[serde(default = "one")]
    pub min_responses_required: u32,
    /// Most answers.
    #[serde(default = "one")]
    #[schema(maximum = 100)]
    pub max_responses_required: u32,
    /// When the field is shown: an array is "one of", an object is "all of", `not` turns round,
    /// `{"other_field": value}` compares.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conditions: Option<Value>,
    /// What kind of answer is asked.
    #[serde(flatten)]
    pub kind: FieldKind,
}

fn one() -> u32 {
    1
}

/// The kind of a field, with what only that kind has.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum FieldKind {
    /// Free text.
    Text {
        /// Most characters (Unicode code points).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max_characters: Option<u32>,
    },
    /// Yes or no.
    Boolean {},
    /// A number.
    Number {
        /// Least value.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(value_type = Option<f64>)]
        min: Option<Number>,
        /// Greatest value.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(value_type = Option<f64>)]
        max: Option<Number>,
        /// Show a slider.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        use_slider: Option<bool>,
        /// Shown before the number.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        prefix: Option<String>,
        /// Shown after the number.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        suffix: Option<String>,
    },
    /// Date, or date and time, ISO 8601.
    Datetime {},
    /// Radio buttons or check boxes.
    Category(Choices),
    /// A drop-down list.
    Select(Choices),
    /// Start and end, in seconds.
    TimeRange {},
    /// Fields that are answered together; their answer is an object.
    FieldSet {
        /// Two fields or more.
        #[schema(no_recursion)]
        fields: Vec<Field>,
        /// Show the fields side by side.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        inline: Option<bool>,
    },
    /// Options to be put in order.
    Ranking {
        /// What is ordered.
        options: Vec<Choice>,
    },
    /// Fields that belong to an attachment; their answer is an object.
    Form {
        /// The fields.
        #[schema(no_recursion)]
        fields: Vec<Field>,
    },
}

/// Choices of a field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[expect(clippy::struct_field_names, reason = "the original's member names")]
pub struct Choices {
    /// What may be picked.
    pub choices: Vec<Choice>,
    /// Least number of picks in an answer.
    #[serde(default = "one")]
    pub min_choices: u32,
    /// Most picks in an answer; more than 1 shows check boxes.
    #[serde(default = "one")]
    pub max_choices: u32,
}

/// One choice or option.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Choice {
    /// Shown text.
    #[schema(example = "No damage")]
    pub label: String,
    /// What the answer holds: a string, number or boolean. A choice with `subchoices` may lack it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "none")]
    pub value: Option<Value>,
    /// Short help.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// Choices below; a choice with some cannot be picked itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(no_recursion)]
    pub subchoices: Vec<Choice>,
}

impl FieldKind {
    /// The kind's name, as in the member `type`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Text { .. } => "text",
            Self::Boolean {} => "boolean",
            Self::Number { .. } => "number",
            Self::Datetime {} => "datetime",
            Self::Category(_) => "category",
            Self::Select(_) => "select",
            Self::TimeRange {} => "time_range",
            Self::FieldSet { .. } => "field_set",
            Self::Ranking { .. } => "ranking",
            Self::Form { .. } => "form",
        }
    }

    /// The fields of a group.
    pub fn fields(&self) -> Option<&[Field]> {
        match self {
            Self::FieldSet { fields, .. } | Self::Form { fields } => Some(fields),
            Self::Text { .. }
            | Self::Boolean {}
            | Self::Number { .. }
            | Self::Datetime {}
            | Self::Category(_)
            | Self::Select(_)
            | Self::TimeRange {}
            | Self::Ranking { .. } => None,
        }
    }

    /// Whether one answer is an array by itself.
    pub fn answer_is_array(&self) -> bool {
        match self {
            Self::Category(_) | Self::Select(_) | Self::Ranking { .. } => true,
            Self::Text { .. }
            | Self::Boolean {}
            | Self::Number { .. }
            | Self::Datetime {}
            | Self::TimeRange {}
            | Self::FieldSet { .. }
            | Self::Form { .. } => false,
        }
    }
}

/// Values of the choices that can be picked: the leaves, in order.
pub fn leaf_values(choices: &[Choice]) -> Vec<&Value> {
    let mut values = Vec::new();
    for choice in choices {
        if choice.subchoices.is_empty() {
            values.extend(&choice.value);
        } else {
            values.extend(leaf_values(&choice.subchoices));
        }
    }
    values
}
