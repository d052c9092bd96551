//! `GET /v1/batches`.

use domain::page::LIMIT_MAX;
use store::StoreError;
use store::environment::batches::{self, BatchFilter, BatchStatus};
use store::environment::projects;

use crate::batch_object;
use crate::error::{ApiError, ErrorBody};
use crate::http::auth::ApiCaller;
use crate::http::extract::{JsonText, Query};
use crate::http::v1::documents::{BatchPage, BatchQuery};
use crate::task_object::ObjectWriter;

/// List batches
///
/// Newest first.
#[utoipa::path(
    get, path = "/v1/batches", tag = "Batches",
    params(BatchQuery),
    responses(
        (status = 200, description = "A page of batches", body = BatchPage),
        (status = 400, description = "A filter is invalid", body = ErrorBody),
        (status = 401, description = "No valid API key", body = ErrorBody),
    ),
)]
pub(super) async fn list_batches(caller: ApiCaller, query: Query) -> Result<JsonText, ApiError> {
    let status = query
        .get("status")
        .map(|text| {
            BatchStatus::parse(text).ok_or_else(|| {
                ApiError::param("status", "must be staging, in_progress or completed")
            })
        })
        .transpose()?;
    query.boolean("exclude_archived")?;
    let limit_max = i64::from(LIMIT_MAX);
    let limit = query.integer("limit", 1, limit_max)?.unwrap_or(limit_max) as usize;
    let offset = query
        .integer("offset", 0, i64::from(u32::MAX))?
        .unwrap_or(0) as usize;
    let mut filter = BatchFilter {
        created_from: query.time("start_time")?,
        created_to: query.time("end_time")?,
        project: None,
        status,
    };
    let project = query.get("project").map(str::to_owned);
    let account = caller.account;
    let (page, total) = caller
        .store
        .read(move |tx| -> Result<_, StoreError> {
            if let Some(name) = &project {
                let Some(project) = projects::find(tx, account, name)? else {
                    return Ok((Vec::new(), 0));
                };
                filter.project = Some(project.project_id);
            }
            batches::list(tx, account, &filter, limit, offset)
        })
        .await?;
    let docs: Vec<String> = page.iter().map(batch_object::render).collect();
    let mut answer = ObjectWriter::new(400 * docs.len() + 200);
    answer
        .json("docs", &format!("[{}]", docs.join(",")))
        .integer("totalDocs", total as i64)
        .integer("limit", limit as i64)
        .integer("offset", offset as i64)
        .boolean("has_more", offset + page.len() < total);
    Ok(JsonText(answer.finish()))
}
