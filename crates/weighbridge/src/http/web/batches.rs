//! Batches as the web app lists them.

use domain::Capability;
use store::StoreError;
use store::environment::batches::{self, BatchFilter};
use store::environment::projects;

use super::projects::write_counts;
use super::routing::{Router, get};
use super::{Mode, Person};
use crate::error::ApiError;
use crate::http::extract::{JsonText, Query};
use crate::task_object::ObjectWriter;

/// Batches shown at once, newest first.
const SHOWN_MAX: usize = 100;

/// Routes of this noun.
pub fn router() -> Router {
    Router::new().route("/web/{mode}/batches", get(list))
}

async fn list(person: Person, Mode(store): Mode, query: Query) -> Result<JsonText, ApiError> {
    person.require(Capability::ViewTasks)?;
    let account = person.session.account_id;
    let project = query.get("project").map(str::to_owned);
    let (page, total) = store
        .read(move |tx| -> Result<_, StoreError> {
            let mut filter = BatchFilter::default();
            if let Some(name) = &project {
                let Some(project) = projects::find(tx, account, name)? else {
                    return Ok((Vec::new(), 0));
                };
                filter.project = Some(project.project_id);
            }
            batches::list(tx, account, &filter, SHOWN_MAX, 0)
        })
        .await?;
    let docs: Vec<String> = page
        .iter()
        .map(|batch| {
            let mut object = ObjectWriter::new(300);
            object
                .string("name", &batch.name)
                .string("project", &batch.project)
                .string("status", batch.status.as_str())
                .time("created_at", batch.created_at);
            write_counts(&mut object, &batch.counts);
            object.finish()
        })
        .collect();
    let mut answer = ObjectWriter::new(1024);
    answer
        .json("docs", &format!("[{}]", docs.join(",")))
        .integer("total", total as i64);
    Ok(JsonText(answer.finish()))
}
