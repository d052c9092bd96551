//! `datacollection`: find something out and fill in the fields (api-v1.md 4.13).

mod params;
mod response;

use serde_json::{Map, Value, json};
use utoipa::{PartialSchema, ToSchema};

pub use params::DatacollectionParams;
pub use response::DatacollectionResponse;

use super::attachment::{Attachment, stored_attachment};
use super::{Documentation, ParsedParams, TaskType};
use crate::param::ParamErrors;

/// The type.
pub struct Datacollection;

impl TaskType for Datacollection {
    fn name(&self) -> &'static str {
        "datacollection"
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
        let name = DatacollectionParams::name().into_owned();
        let mut schemas = vec![(name.clone(), DatacollectionParams::schema())];
        DatacollectionParams::schemas(&mut schemas);
        Documentation {
            params: name,
            schemas,
            example: json!({
                "instruction": "Find the page on which the company looks for staff.",
                "attachment": "https://example.com/",
                "attachment_type": "website",
                "fields": {"hiring_page": "Address of the page"},
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
        Datacollection.parse(sent.as_object().unwrap().clone())
    }

    #[test]
    fn cases_hold() {
        cases::run(&Datacollection, include_str!("cases/params.json"));
        cases::run_responses(&Datacollection, include_str!("cases/responses.json"));
    }

    proptest! {
        #[test]
        fn made_up_answers_satisfy_the_check(fields in keyed_fields::any_fields(), seed: u64) {
            let params = parse(&json!({"attachment": "x", "attachment_type": "text", "fields": fields}));
            let params = params.unwrap().params;
            let answer = Datacollection.made_up(&params, seed);
            prop_assert_eq!(Datacollection.check_response(&params, answer.clone()), Ok(answer));
        }

        #[test]
        fn no_json_panics(fields in cases::any_json(), answer in cases::any_json()) {
            let sent = json!({"attachment": answer, "fields": fields, "hypothesis": answer});
            let _ = parse(&sent);
            let stored = sent.as_object().unwrap();
            let _ = Datacollection.check_response(stored, answer);
            Datacollection.made_up(stored, 0);
            Datacollection.attachments(stored);
        }
    }
}
