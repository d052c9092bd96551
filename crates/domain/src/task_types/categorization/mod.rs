//! `categorization`: which of these is it? (api-v1.md 4.10)

mod params;
mod response;

use serde_json::{Map, Value, json};
use utoipa::{PartialSchema, ToSchema};

pub use params::CategorizationParams;
pub use response::CategorizationResponse;

use super::attachment::{Attachment, stored_attachment};
use super::{Documentation, ParsedParams, TaskType};
use crate::param::ParamErrors;

/// The type.
pub struct Categorization;

impl TaskType for Categorization {
    fn name(&self) -> &'static str {
        "categorization"
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
        let name = CategorizationParams::name().into_owned();
        let mut schemas = vec![(name.clone(), CategorizationParams::schema())];
        CategorizationParams::schemas(&mut schemas);
        Documentation {
            params: name,
            schemas,
            example: json!({
                "instruction": "Is the truck loaded?",
                "attachment": "https://example.com/truck.jpg",
                "attachment_type": "image",
                "categories": ["loaded", "empty"],
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::cases;
    use super::*;

    #[test]
    fn cases_hold() {
        cases::run(&Categorization, include_str!("cases/params.json"));
        cases::run_responses(&Categorization, include_str!("cases/responses.json"));
    }

    proptest! {
        #[test]
        fn made_up_answers_satisfy_the_check(
            categories in prop::collection::btree_set("[a-z]{1,6}", 1..6),
            allow_multiple: bool,
            seed: u64,
        ) {
            let sent = json!({"attachment": "x", "categories": categories, "allow_multiple": allow_multiple});
            let parsed = Categorization.parse(sent.as_object().unwrap().clone()).unwrap();
            let answer = Categorization.made_up(&parsed.params, seed);
            prop_assert!(Categorization.check_response(&parsed.params, answer).is_ok());
        }

        #[test]
        fn no_json_panics(categories in cases::any_json(), answer in cases::any_json()) {
            let sent = json!({"attachment": "x", "categories": categories, "category_ids": answer});
            let sent = sent.as_object().unwrap();
            let _ = Categorization.parse(sent.clone());
            let _ = Categorization.check_response(sent, answer);
            Categorization.made_up(sent, 0);
            Categorization.attachments(sent);
        }
    }
}
