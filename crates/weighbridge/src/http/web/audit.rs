//! The audit log, for Admins: a page of it, and the export.

use std::collections::HashMap;
use std::fmt::Write;
use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use domain::time::format_time;
use domain::{AccountId, Capability};
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use store::control::audit::{self as stored_audit, AuditRow};
use store::control::users;
use store::{StoreError, Tx};

use super::Person;
use super::routing::{Router, get};
use crate::app::App;
use crate::audit_words::in_words;
use crate::error::ApiError;
use crate::http::csv::csv_field;
use crate::http::extract::Query;
use crate::operations::audit::{self, Event, hex};

/// Most entries of a page.
const PAGE_MAX: i64 = 200;
/// Entries read at once for an export.
const EXPORT_PAGE: i64 = 1000;

/// Routes of this noun.
pub fn router() -> Router {
    Router::new()
        .route("/web/audit", get(list))
        .route("/web/audit/export", get(export))
}

async fn list(
    State(app): State<Arc<App>>,
    person: Person,
    query: Query,
) -> Result<Json<Value>, ApiError> {
    person.require(Capability::ReadAudit)?;
    let before = query.integer("before", 1, i64::MAX)?.unwrap_or(i64::MAX);
    let limit = query.integer("limit", 1, PAGE_MAX)?.unwrap_or(50);
    let account = person.session.account_id;
    let (mut rows, names) = app
        .stores
        .control
        .read(move |tx| -> Result<_, StoreError> {
            let rows = stored_audit::before(tx, account, before, limit + 1)?;
            Ok((rows, read_names(tx, account)?))
        })
        .await?;
    let more = rows.len() as i64 > limit;
    rows.truncate(limit as usize);
    let entries: Vec<Value> = rows.iter().map(|row| render(row, &names)).collect();
    Ok(Json(json!({"entries": entries, "more": more})))
}

/// Names of an account's people by their ids.
type Names = HashMap<String, String>;

fn read_names(tx: &mut Tx<'_>, account: AccountId) -> Result<Names, StoreError> {
    let names = users::names(tx, account)?;
    Ok(names
        .into_iter()
        .map(|(id, name)| (id.to_string(), name))
        .collect())
}

fn words(row: &AuditRow, names: &Names) -> String {
    in_words(row, |id| names.get(id).cloned())
}

fn render(row: &AuditRow, names: &Names) -> Value {
    let parsed = |text: &Option<String>| -> Value {
        text.as_deref()
            .and_then(|text| serde_json::from_str(text).ok())
            .unwrap_or(Value::Null)
    };
    json!({
        "seq": row.seq,
        "at": format_time(row.at),
        "actor": {"kind": row.actor_kind, "id": row.actor_id, "name": row.actor_name},
        "action": row.action,
        "text": words(row, names),
        "target": row.target,
        "environment": row.environment,
        "address": row.address,
        "user_agent": row.user_agent,
        "request_id": row.request_id,
        "before": parsed(&row.before),
        "after": parsed(&row.after),
    })
}

/// A form that the log is exported in.
struct ExportFormat {
    content_type: &'static str,
    file: &'static str,
    head: &'static str,
    write: fn(&mut String, &AuditRow, &Names),
}

static NDJSON: ExportFormat = ExportFormat {
    content_type: "application/x-ndjson",
    file: "audit-log.ndjson",
    head: "",
    write: write_json,
};
static CSV: ExportFormat = ExportFormat {
    content_type: "text/csv; charset=utf-8",
    file: "audit-log.csv",
    head: "seq,at,actor_kind,actor_id,actor_name,action,text,target,environment,address,user_agent,\
           request_id,before,after,prev_hash,hash\n",
    write: write_csv,
};

async fn export(
    State(app): State<Arc<App>>,
    person: Person,
    query: Query,
) -> Result<Response, ApiError> {
    person.require(Capability::ExportAudit)?;
    let format = match query.get("format") {
        None | Some("ndjson") => &NDJSON,
        Some("csv") => &CSV,
        Some(_) => return Err(ApiError::param("format", "must be ndjson or csv")),
    };
    let account = person.session.account_id;
    let (actor, secrets, now_ms) = (person.actor(), app.secrets.clone(), app.clock.now_ms());
    // The entry of the export itself is its last line.
    let (last, names) = app
        .stores
        .control
        .write(move |tx| -> Result<_, StoreError> {
            let event = Event {
                action: "audit.export",
                ..Event::default()
            };
            let last = audit::append(tx, &secrets, account, &actor, &event, now_ms)?;
            Ok((last, read_names(tx, account)?))
        })
        .await?;
    let pages = stream::try_unfold((app, 0), move |(app, seq)| {
        let names = names.clone();
        async move {
            if seq >= last {
                return Ok(None);
            }
            let page = read_page(&app, account, seq).await?;
            let Some(seq) = page.last().map(|row| row.seq) else {
                return Ok(None);
            };
            let mut text = String::new();
            for row in page.iter().filter(|row| row.seq <= last) {
                (format.write)(&mut text, row, &names);
            }
            Ok::<_, StoreError>(Some((text, (app, seq))))
        }
    });
    let body = stream::once(async { Ok(format.head.to_owned()) }).chain(pages);
    let headers = [
        (header::CONTENT_TYPE, format.content_type.to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{}\"", format.file),
        ),
    ];
    Ok((headers, Body::from_stream(body)).into_response())
}

async fn read_page(app: &App, account: AccountId, after: i64) -> Result<Vec<AuditRow>, StoreError> {
    app.stores
        .control
        .read(move |tx| stored_audit::after(tx, account, after, EXPORT_PAGE))
        .await
}

fn write_json(text: &mut String, row: &AuditRow, names: &Names) {
    let mut object = render(row, names);
    object["prev_hash"] = json!(hex(&row.prev_hash));
    object["hash"] = json!(hex(&row.hash));
    let _ = writeln!(text, "{object}");
}

fn write_csv(text: &mut String, row: &AuditRow, names: &Names) {
    let none = String::new();
    let seq = row.seq.to_string();
    let (at, words) = (format_time(row.at), words(row, names));
    let (prev_hash, hash) = (hex(&row.prev_hash), hex(&row.hash));
    let fields = [
        &seq,
        &at,
        &row.actor_kind,
        row.actor_id.as_ref().unwrap_or(&none),
        row.actor_name.as_ref().unwrap_or(&none),
        &row.action,
        &words,
        row.target.as_ref().unwrap_or(&none),
        row.environment.as_ref().unwrap_or(&none),
        row.address.as_ref().unwrap_or(&none),
        row.user_agent.as_ref().unwrap_or(&none),
        row.request_id.as_ref().unwrap_or(&none),
        row.before.as_ref().unwrap_or(&none),
        row.after.as_ref().unwrap_or(&none),
        &prev_hash,
        &hash,
    ];
    let fields: Vec<String> = fields.into_iter().map(|field| csv_field(field)).collect();
    text.push_str(&fields.join(","));
    text.push('\n');
}
