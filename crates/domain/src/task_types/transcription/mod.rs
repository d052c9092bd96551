//! `transcription`: write down what the attachment says (api-v1.md 4.13).

mod params;
mod response;

use serde_json::{Map, Value, json};
use utoipa::{PartialSchema, ToSchema};

pub use params::TranscriptionParams;
pub use response::TranscriptionResponse;

use super::attachment::{Attachment, stored_attachment};
use super::{Documentation, ParsedParams, TaskType};
use crate::param::ParamErrors;

/// The type.
pub struct Transcription;

impl TaskType for Transcription {
    fn name(&self) -> &'static str {
        "transcription"
    }

    fn parse(&self, merged: Map<String, Value>) -> Result<ParsedParams, ParamErrors> {
        params::parse(merged)
    }

    fn check_response(
        &self,
        params: &Map<String, Value>,
        response: Value,
    ) -> Result<Value, ParamErrors> {
        response::check(params, &response)
    }

    fn made_up(&self, params: &Map<String, Value>, _: u64) -> Value {
        response::made_up(params)
    }

    fn attachments(&self, params: &Map<String, Value>) -> Vec<Attachment> {
        stored_attachment(params)
    }

    fn documentation(&self) -> Documentation {
        let name = TranscriptionParams::name().into_owned();
        let mut schemas = vec![(name.clone(), TranscriptionParams::schema())];
        TranscriptionParams::schemas(&mut schemas);
        Documentation {
            params: name,
            schemas,
            example: json!({
                "instruction": "Copy the delivery note.",
                "attachment": "https://example.com/note.jpg",
                "attachment_type": "image",
                "fields": {"number": "Number of the note", "date": "Date, as written"},
                "repeatable_fields": {"item": "Name of the item", "count": "How many"},
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{cases, keyed_fields};
    use super::*;

    fn parse(sent: &Value) -> Result<ParsedParams, ParamErrors> {
        Transcription.parse(sent.as_object().unwrap().clone())
    }

    #[test]
    fn cases_hold() {
        cases::run(&Transcription, include_str!("cases/params.json"));
        cases::run_responses(&Transcription, include_str!("cases/responses.json"));
    }

    #[test]
    fn rows_are_limited() {
        let params =
            parse(&json!({"attachment": "https://x.example/", "repeatable_fields": {"a": "A"}}));
        let answer = |count: usize| json!({"repeatable_fields": vec![json!({"a": "x"}); count]});
        let params = params.unwrap().params;
        assert!(
            Transcription
                .check_response(&params, answer(keyed_fields::ROWS_MAX))
                .is_ok()
        );
        let errors = Transcription
            .check_response(&params, answer(keyed_fields::ROWS_MAX + 1))
            .unwrap_err();
        assert_eq!(
            errors.to_string(),
            "`repeatable_fields`: can hold at most 1000 rows, got 1001"
        );
    }

    proptest! {
        #[test]
        fn made_up_answers_satisfy_the_check(
            fields in prop::option::of(keyed_fields::any_fields()),
            rows in keyed_fields::any_fields(),
            seed: u64,
        ) {
            let sent = json!({
                "attachment": "https://x.example/a.pdf", "fields": fields, "repeatable_fields": rows,
            });
            let params = parse(&sent).unwrap().params;
            let answer = Transcription.made_up(&params, seed);
            prop_assert_eq!(Transcription.check_response(&params, answer.clone()), Ok(answer));
        }

        #[test]
        fn no_json_panics(fields in cases::any_json(), answer in cases::any_json()) {
            let sent = json!({
                "attachment": "https://x.example/", "fields": fields, "repeatable_fields": answer,
            });
            let _ = parse(&sent);
            let stored = sent.as_object().unwrap();
            let _ = Transcription.check_response(stored, answer);
            Transcription.made_up(stored, 0);
            Transcription.attachments(stored);
        }
    }
}
