//! Projects as the web app lists them.

use domain::{AccountId, Capability};
use store::environment::StatusCounts;
use store::environment::projects::{self, ParamsRow, ProjectRow};
use store::{StoreError, Tx};

use super::routing::{Router, get};
use super::{Mode, Person, WebSegment};
use crate::error::ApiError;
use crate::http::extract::JsonText;
use crate::http::v1::projects::render_history;
use crate::operations::create_task::project_not_found;
use crate::task_object::ObjectWriter;

/// Routes of this noun.
pub fn router() -> Router {
    Router::new()
        .route("/web/{mode}/projects", get(list))
        .route("/web/{mode}/projects/{name}", get(show))
}

async fn list(person: Person, Mode(store): Mode) -> Result<JsonText, ApiError> {
    person.require(Capability::ViewTasks)?;
    let account = person.session.account_id;
    let docs = store
        .read(move |tx| -> Result<_, StoreError> {
            let mut docs = Vec::new();
            for project in projects::list(tx, account)? {
                docs.push(with_numbers(tx, account, &project, None)?);
            }
            Ok(docs)
        })
        .await?;
    Ok(JsonText(format!("[{}]", docs.join(","))))
}

async fn show(
    person: Person,
    Mode(store): Mode,
    WebSegment(name): WebSegment,
) -> Result<JsonText, ApiError> {
    person.require(Capability::ViewTasks)?;
    let account = person.session.account_id;
    let wanted = name.clone();
    let found = store
        .read(move |tx| -> Result<_, StoreError> {
            let Some(project) = projects::find(tx, account, &wanted)? else {
                return Ok(None);
            };
            let history = projects::history(tx, account, project.project_id)?;
            with_numbers(tx, account, &project, Some(&history)).map(Some)
        })
        .await?;
    found
        .map(JsonText)
        .ok_or_else(|| project_not_found(&name, store.environment()))
}

fn with_numbers(
    tx: &mut Tx<'_>,
    account: AccountId,
    project: &ProjectRow,
    history: Option<&[ParamsRow]>,
) -> Result<String, StoreError> {
    let counts = projects::status_counts(tx, account, project.project_id)?;
    let last_task_at = projects::last_task_at(tx, account, project.project_id)?;
    let mut object = ObjectWriter::new(400);
    object
        .string("id", &project.project_id.to_string())
        .string("name", &project.name)
        .string("type", &project.task_type)
        .time("created_at", project.created_at);
    write_counts(&mut object, &counts);
    match last_task_at {
        Some(at) => object.time("last_task_at", at),
        None => object.json("last_task_at", "null"),
    };
    if let Some(history) = history {
        object.json("param_history", &render_history(history));
    }
    Ok(object.finish())
}

/// Numbers of tasks by status.
pub(super) fn write_counts(object: &mut ObjectWriter, counts: &StatusCounts) {
    object
        .integer("pending", counts.pending)
        .integer("completed", counts.completed)
        .integer("canceled", counts.canceled)
        .integer("error", counts.error);
}
