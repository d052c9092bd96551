//! `GET /v1/tasks`.

use std::sync::Arc;

use axum::extract::State;
use domain::page::{Cursor, LIMIT_MAX};
use domain::{AccountId, TaskId, TaskStatus};
use store::environment::task_lists::{self, TaskFilter};
use store::environment::tasks::TaskRow;
use store::environment::{batches, projects};
use store::{EnvironmentStore, StoreError};

use crate::app::App;
use crate::error::{ApiError, ErrorBody};
use crate::http::auth::ApiCaller;
use crate::http::extract::{JsonText, Query};
use crate::http::v1::documents::{TaskPage, TaskQuery};
use crate::task_object::{ObjectWriter, Options, render, render_limited};

/// Largest `offset`: pages further back are reached by `next_token`, whose cost does not grow.
const OFFSET_MAX: i64 = 1_000_000;

/// List tasks
///
/// Newest first. Page by `next_token`; `has_more` is false on the last page.
#[utoipa::path(
    get, path = "/v1/tasks", tag = "Tasks",
    params(TaskQuery),
    responses(
        (status = 200, description = "A page of tasks", body = TaskPage),
        (status = 400, description = "A filter is invalid", body = ErrorBody),
        (status = 401, description = "No valid API key", body = ErrorBody),
    ),
)]
pub(super) async fn list_tasks(
    caller: ApiCaller,
    State(_): State<Arc<App>>,
    query: Query,
) -> Result<JsonText, ApiError> {
    list_page(caller.account, &caller.store, &query)
        .await
        .map(JsonText)
}

/// What a query matches; `None`: it names a project or batch that does not exist.
struct Search {
    filter: TaskFilter,
    project: Option<String>,
    batch: Option<String>,
    after: Option<TaskId>,
    limit: i64,
    offset: i64,
    /// A filter that nothing can match yet.
    nothing: bool,
}

/// A page of tasks as JSON, for the API and the web app alike.
pub(crate) async fn list_page(
    account: AccountId,
    store: &EnvironmentStore,
    query: &Query,
) -> Result<String, ApiError> {
    let search = read_query(query)?;
    let attachment_urls = query.boolean("include_attachment_url")?.unwrap_or(false);
    let limited = query.boolean("limited_response")?.unwrap_or(false);
    let (limit, offset) = (search.limit, search.offset);
    let (rows, total) = store
        .read(move |tx| find_page(tx, account, &search))
        .await?;
    let has_more = rows.len() as i64 > limit;
    let page = &rows[..rows.len().min(limit as usize)];
    let environment = store.environment();
    let mut docs = String::with_capacity(page.len() * 1024);
    docs.push('[');
    for (index, task) in page.iter().enumerate() {
        if index > 0 {
            docs.push(',');
        }
        docs.push_str(&if limited {
            render_limited(task)
        } else {
            render(
                task,
                environment,
                Options {
                    attachment_urls,
                    ..Options::default()
                },
            )
        });
    }
    docs.push(']');
    let mut answer = ObjectWriter::new(docs.len() + 200);
    answer
        .json("docs", &docs)
        .integer("total", total)
        .integer("limit", limit)
        .integer("offset", offset)
        .boolean("has_more", has_more);
    match page.last().filter(|_| has_more) {
        Some(last) => answer.string(
            "next_token",
            &Cursor {
                after: *last.task_id.as_bytes(),
            }
            .encode(),
        ),
        None => answer.json("next_token", "null"),
    };
    Ok(answer.finish())
}

fn read_query(query: &Query) -> Result<Search, ApiError> {
    let status = query
        .get("status")
        .map(|text| {
            text.parse::<TaskStatus>().map_err(|_| {
                ApiError::param("status", "must be pending, completed, canceled or error")
            })
        })
        .transpose()?;
    let after = query
        .get("next_token")
        .map(|token| {
            Cursor::decode(token)
                .ok()
                .and_then(|cursor| TaskId::from_bytes(&cursor.after))
                .ok_or_else(|| {
                    ApiError::param("next_token", "must be the next_token of an earlier answer")
                })
        })
        .transpose()?;
    let offset = query.integer("offset", 0, OFFSET_MAX)?.unwrap_or(0);
    Ok(Search {
        filter: TaskFilter {
            created_from: query.time("start_time")?,
            created_to: query.time("end_time")?,
            completed_from: query.time("completed_after")?,
            completed_to: query.time("completed_before")?,
            updated_from: query.time("updated_after")?,
            updated_to: query.time("updated_before")?,
            status,
            task_type: query.get("type").map(str::to_owned),
            project: None,
            batch: None,
            unique_ids: query.all("unique_id").map(str::to_owned).collect(),
            tags: query.all("tags").map(str::to_owned).collect(),
        },
        project: query.get("project").map(str::to_owned),
        batch: query.get("batch").map(str::to_owned),
        // The token wins over the offset.
        offset: if after.is_some() { 0 } else { offset },
        after,
        limit: query
            .integer("limit", 1, i64::from(LIMIT_MAX))?
            .unwrap_or(i64::from(LIMIT_MAX)),
        nothing: !review_statuses(query)?.is_empty(),
    })
}

/// Customer review has not begun on any task, so a filter by it matches nothing; a wrong value is
/// told all the same.
fn review_statuses(query: &Query) -> Result<Vec<String>, ApiError> {
    const STATUSES: [&str; 5] = ["pending", "fixed", "accepted", "rejected", "commented"];
    let asked = query.list("customer_review_status");
    match asked
        .iter()
        .find(|status| !STATUSES.contains(&status.as_str()))
    {
        None => Ok(asked),
        Some(_) => Err(ApiError::param(
            "customer_review_status",
            format!("must be one or several of {}", STATUSES.join(", ")),
        )),
    }
}

/// One row more than the limit, so that the page knows whether it is the last.
fn find_page(
    tx: &mut store::Tx<'_>,
    account: AccountId,
    search: &Search,
) -> Result<(Vec<TaskRow>, i64), StoreError> {
    let nothing = Ok((Vec::new(), 0));
    if search.nothing {
        return nothing;
    }
    let mut filter = search.filter.clone();
    if let Some(name) = &search.project {
        let Some(project) = projects::find(tx, account, name)? else {
            return nothing;
        };
        filter.project = Some(project.project_id);
    }
    if let Some(name) = &search.batch {
        let Some(batch) = batches::find(tx, account, name)? else {
            return nothing;
        };
        filter.batch = Some(batch.batch_id);
    }
    let limit = search.limit + 1;
    let rows = task_lists::list(tx, account, &filter, search.after, limit, search.offset)?;
    let total = task_lists::count(tx, account, &filter)?;
    Ok((rows, total))
}
