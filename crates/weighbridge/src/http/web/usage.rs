//! Charges per day, project and type, as JSON and CSV.

use std::fmt::Write;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use domain::time::{DAY_MS, format_time, parse_time};
use domain::{AccountId, Capability, MicroUnits};
use serde_json::{Value, json};
use store::environment::charges::{self, DayRow};
use store::{EnvironmentStore, StoreError};

use super::routing::{Router, get};
use super::{Mode, Person};
use crate::app::App;
use crate::error::ApiError;
use crate::http::csv::csv_field;
use crate::http::extract::Query;
use crate::prices::CURRENCY;

/// Days shown when nothing is asked for.
const DAYS_SHOWN: i64 = 30;
/// Longest period.
const DAYS_MAX: i64 = 400;

/// Routes of this noun.
pub fn router() -> Router {
    Router::new()
        .route("/web/{mode}/usage", get(show))
        .route("/web/{mode}/usage.csv", get(download))
}

struct Period {
    first_day: i64,
    last_day: i64,
}

impl Period {
    /// `from` and `to` are days of UTC, both included.
    fn read(query: &Query, now_ms: i64) -> Result<Self, ApiError> {
        let day = |name: &str| -> Result<Option<i64>, ApiError> {
            query
                .get(name)
                .map(|text| match parse_time(text) {
                    Ok(time) if text.len() == 10 => Ok(time.div_euclid(DAY_MS)),
                    _ => Err(ApiError::param(name, "must be a day, such as 2026-11-24")),
                })
                .transpose()
        };
        let last_day = day("to")?.unwrap_or(now_ms.div_euclid(DAY_MS));
        let first_day = day("from")?.unwrap_or(last_day - DAYS_SHOWN + 1);
        if first_day > last_day || last_day - first_day >= DAYS_MAX {
            return Err(ApiError::param(
                "from",
                format!("must be at most {DAYS_MAX} days before `to`"),
            ));
        }
        Ok(Self {
            first_day,
            last_day,
        })
    }

    async fn rows(
        &self,
        account: AccountId,
        store: &EnvironmentStore,
    ) -> Result<Vec<DayRow>, ApiError> {
        let (from, to) = (self.first_day * DAY_MS, (self.last_day + 1) * DAY_MS);
        store
            .read(move |tx| charges::by_day(tx, account, from, to))
            .await
            .map_err(|error: StoreError| ApiError::from(error))
    }
}

fn day_text(day: i64) -> String {
    format_time(day * DAY_MS)[..10].to_owned()
}

async fn show(
    person: Person,
    Mode(store): Mode,
    State(app): State<Arc<App>>,
    query: Query,
) -> Result<Json<Value>, ApiError> {
    person.require(Capability::ViewUsage)?;
    let period = Period::read(&query, app.clock.now_ms())?;
    let rows = period.rows(person.session.account_id, &store).await?;
    let total_micros: i64 = rows.iter().map(|row| row.amount_micros).sum();
    let total_tasks: i64 = rows.iter().map(|row| row.tasks).sum();
    let rows: Vec<Value> = rows
        .iter()
        .map(|row| {
            json!({
                "day": day_text(row.day),
                "project": row.project,
                "type": row.task_type,
                "tasks": row.tasks,
                "amount_micros": row.amount_micros,
            })
        })
        .collect();
    Ok(Json(json!({
        "currency": CURRENCY,
        "from": day_text(period.first_day),
        "to": day_text(period.last_day),
        "rows": rows,
        "total_micros": total_micros,
        "total_tasks": total_tasks,
    })))
}

async fn download(
    person: Person,
    Mode(store): Mode,
    State(app): State<Arc<App>>,
    query: Query,
) -> Result<Response, ApiError> {
    person.require(Capability::ViewUsage)?;
    let period = Period::read(&query, app.clock.now_ms())?;
    let rows = period.rows(person.session.account_id, &store).await?;
    let mut text = String::from("day,project,type,tasks,amount,currency\r\n");
    for row in rows {
        let project = row.project.as_deref().unwrap_or_default();
        let amount = MicroUnits(row.amount_micros);
        let _ = write!(
            text,
            "{},{},{},{},{amount},{CURRENCY}\r\n",
            day_text(row.day),
            csv_field(project),
            row.task_type,
            row.tasks,
        );
    }
    let name = format!(
        "attachment; filename=\"usage-{}-{}.csv\"",
        day_text(period.first_day),
        day_text(period.last_day)
    );
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, name),
    ];
    Ok((headers, text).into_response())
}
