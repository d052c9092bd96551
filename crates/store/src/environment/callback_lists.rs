//! Callbacks as people look at them: a page of a list, one with its attempts, its task's others.
//!
//! A list's order is that of the ids, which begin with the creation time. Each filter has an index
//! that gives that order; what no index covers is looked for in windows of bounded size, so that a
//! page costs the same at any number of rows.

use domain::{AccountId, BatchId, CallbackId, ProjectId, TaskId};

use crate::driver::statement::statements;
use crate::driver::value::{Row, ToValue, Value, params};
use crate::{StoreError, Tx};

/// Rows that are looked at together.
const WINDOW: i64 = 5_000;
/// Windows that one page looks at before it ends short.
const WINDOWS_MAX: usize = 4;

statements! {
    FIND = "SELECT c.callback_id, c.event, c.sequence, c.url, c.target, c.task_id,
        coalesce(c.batch_id, c.of_batch), b.name, p.name, c.state, c.held_for, c.tries,
        c.last_status, c.last_outcome, c.last_latency_ms, c.next_try_at, c.created_at, c.done_at,
        c.first_try_at, c.is_trial, c.resend_at, c.resend_cause, c.resend_url
        FROM callbacks c
        LEFT JOIN batches b ON b.account_id = c.account_id
            AND b.batch_id = coalesce(c.batch_id, c.of_batch)
        LEFT JOIN projects p ON p.account_id = c.account_id AND p.project_id = c.project_id
        WHERE c.account_id = $1 AND c.callback_id = $2";
    OF_TASK = "SELECT callback_id, sequence, event, state, first_try_at FROM callbacks
        WHERE account_id = $1 AND task_id = $2 ORDER BY sequence DESC LIMIT $3";
    ATTEMPTS = "SELECT n, cause, url, started_at, duration_ms, dns_ms, connect_ms, address,
        http_status, outcome, detail, auth_hint, previous_hint, signature, answer_headers,
        answer_body, answer_complete
        FROM callback_attempts WHERE account_id = $1 AND callback_id = $2
        ORDER BY n DESC LIMIT $3";
    PROJECT_BY_NAME = "SELECT project_id FROM projects WHERE account_id = $1 AND name = $2";
}

/// States that a list can be restricted to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StateFilter {
    /// One state, by its stored name.
    One(&'static str),
    /// What a person should look at: failed, blocked, held, or tried in vain so far.
    Problem,
}

impl StateFilter {
    /// Reads a state's name, or `problem`.
    pub fn parse(text: &str) -> Option<Self> {
        const STATES: [&str; 8] = [
            "pending",
            "sending",
            "delivered",
            "failed",
            "blocked",
            "superseded",
            "held",
            "discarded",
        ];
        if text == "problem" {
            return Some(Self::Problem);
        }
        let found = STATES.into_iter().find(|state| *state == text)?;
        Some(Self::One(found))
    }
}

/// What a list of callbacks is restricted to. Times are Unix ms, bounds inclusive.
#[derive(Clone, Debug, Default)]
pub struct CallbackFilter {
    /// State.
    pub state: Option<StateFilter>,
    /// Scheme, host and port; or `mailto:` and the address.
    pub target: Option<String>,
    /// Project of the task or batch.
    pub project: Option<ProjectId>,
    /// Name of the event.
    pub event: Option<String>,
    /// Task that it tells of.
    pub task: Option<TaskId>,
    /// Lower bound of the creation time.
    pub since: Option<i64>,
    /// Upper bound of the creation time.
    pub until: Option<i64>,
}

/// A callback in a list.
#[derive(Clone, Debug)]
pub struct ListedCallback {
    /// Id.
    pub callback_id: CallbackId,
    /// Name of the event.
    pub event: String,
    /// Number of the task's change.
    pub sequence: i64,
    /// Where to. Not masked.
    pub url: String,
    /// Scheme, host and port.
    pub target: String,
    /// Task that it tells of.
    pub task_id: Option<TaskId>,
    /// Batch that it tells of, or that its task is in.
    pub batch_id: Option<BatchId>,
    /// That batch's name.
    pub batch: Option<String>,
    /// Name of the project.
    pub project: Option<String>,
    /// State.
    pub state: String,
    /// Why it is held.
    pub held_for: Option<String>,
    /// Tries so far that count.
    pub tries: i64,
    /// Status of the last answer.
    pub last_status: Option<i64>,
    /// Short name of the last outcome.
    pub last_outcome: Option<String>,
    /// Milliseconds of the last try.
    pub last_latency_ms: Option<i64>,
    /// Unix ms.
    pub next_try_at: Option<i64>,
    /// Unix ms.
    pub created_at: i64,
    /// When it ended, Unix ms.
    pub done_at: Option<i64>,
    /// Unix ms.
    pub first_try_at: Option<i64>,
    /// A person sent it to try out a receiver.
    pub is_trial: bool,
    /// When one try outside the schedule was asked for that was not made yet, Unix ms.
    pub resend_at: Option<i64>,
    /// Who asked for it: `person`, `replay`, `test`.
    pub resend_cause: Option<String>,
    /// Where it goes, if not to `url`. Not masked.
    pub resend_url: Option<String>,
}

fn read_listed(row: &Row<'_>) -> Result<ListedCallback, StoreError> {
    Ok(ListedCallback {
        callback_id: row.get(0)?,
        event: row.get(1)?,
        sequence: row.get(2)?,
        url: row.get(3)?,
        target: row.get(4)?,
        task_id: row.get(5)?,
        batch_id: row.get(6)?,
        batch: row.get(7)?,
        project: row.get(8)?,
        state: row.get(9)?,
        held_for: row.get(10)?,
        tries: row.get(11)?,
        last_status: row.get(12)?,
        last_outcome: row.get(13)?,
        last_latency_ms: row.get(14)?,
        next_try_at: row.get(15)?,
        created_at: row.get(16)?,
        done_at: row.get(17)?,
        first_try_at: row.get(18)?,
        is_trial: row.get(19)?,
        resend_at: row.get(20)?,
        resend_cause: row.get(21)?,
        resend_url: row.get(22)?,
    })
}

/// Columns that a window hands on to the page.
const WINDOW_COLUMNS: &str = "callback_id, event, sequence, url, target, task_id, batch_id,
    of_batch, project_id, state, held_for, tries, last_status, last_outcome, last_latency_ms,
    next_try_at, created_at, done_at, first_try_at, is_trial, resend_at, resend_cause, resend_url";

/// Columns of [`ListedCallback`], in its order.
const PAGE_COLUMNS: &str = "c.callback_id, c.event, c.sequence, c.url, c.target, c.task_id,
    coalesce(c.batch_id, c.of_batch), b.name, p.name, c.state, c.held_for, c.tries,
    c.last_status, c.last_outcome, c.last_latency_ms, c.next_try_at, c.created_at, c.done_at,
    c.first_try_at, c.is_trial, c.resend_at, c.resend_cause, c.resend_url";

/// A text put together of fixed parts, its parameters numbered in order of appearance (SQLite
/// demands it).
struct Composed<'a> {
    text: String,
    params: Vec<Value<'a>>,
}

impl<'a> Composed<'a> {
    fn push(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    fn bind(&mut self, value: &'a dyn ToValue) -> &mut Self {
        self.params.push(value.to_value());
        self.text.push('$');
        self.text.push_str(&self.params.len().to_string());
        self
    }
}

/// What a window is cut out of: the conditions that an index covers.
struct Window<'a> {
    filter: &'a CallbackFilter,
    account: &'a AccountId,
    before: Option<&'a CallbackId>,
    lowest: Option<&'a CallbackId>,
    highest: Option<&'a CallbackId>,
    size: &'a i64,
}

impl<'a> Window<'a> {
    /// Appends the query of the window's rows, newest first.
    fn push(&self, composed: &mut Composed<'a>, columns: &str) {
        let by_column = self.filter.task.is_some()
            || self.filter.target.is_some()
            || self.filter.project.is_some();
        if self.filter.state != Some(StateFilter::Problem) || by_column {
            self.push_part(composed, columns, None);
            return;
        }
        // Each part comes from an index of its own, in order.
        let parts = [
            "state = 'failed'",
            "state = 'blocked'",
            "state = 'held'",
            "state = 'pending' AND tries > 0",
        ];
        composed.push("SELECT * FROM (");
        for (index, part) in parts.into_iter().enumerate() {
            composed.push(if index == 0 {
                "SELECT * FROM ("
            } else {
                " UNION ALL SELECT * FROM ("
            });
            self.push_part(composed, columns, Some(part));
            composed.push(&format!(") part{index}"));
        }
        composed.push(") parts ORDER BY callback_id DESC LIMIT ");
        composed.bind(self.size);
    }

    fn push_part(&self, composed: &mut Composed<'a>, columns: &str, part: Option<&str>) {
        composed
            .push("SELECT ")
            .push(columns)
            .push(" FROM callbacks WHERE account_id = ");
        composed.bind(self.account);
        if let Some(part) = part {
            composed.push(" AND ").push(part);
        } else if let Some(task) = &self.filter.task {
            composed.push(" AND task_id = ").bind(task);
        } else if let Some(target) = &self.filter.target {
            composed.push(" AND target = ").bind(target);
        } else if let Some(project) = &self.filter.project {
            composed.push(" AND project_id = ").bind(project);
        } else {
            match self.filter.state {
                Some(StateFilter::One("failed")) => {
                    composed.push(" AND state = 'failed'");
                }
                Some(StateFilter::One(
                    state @ ("blocked" | "superseded" | "held" | "discarded"),
                )) => {
                    composed.push(&format!(" AND state = '{state}'"));
                }
                Some(_) | None => {}
            }
        }
        for (sign, bound) in [
            (" < ", self.before),
            (" >= ", self.lowest),
            (" <= ", self.highest),
        ] {
            if let Some(bound) = bound {
                composed.push(" AND callback_id").push(sign).bind(bound);
            }
        }
        composed
            .push(" ORDER BY callback_id DESC LIMIT ")
            .bind(self.size);
    }
}

/// Appends the conditions that the window's index may not cover.
fn push_conditions<'a>(composed: &mut Composed<'a>, filter: &'a CallbackFilter) {
    composed.push(" WHERE 1 = 1");
    match filter.state {
        Some(StateFilter::One(state)) => {
            composed.push(&format!(" AND c.state = '{state}'"));
        }
        Some(StateFilter::Problem) => {
            composed.push(
                " AND (c.state IN ('failed', 'blocked', 'held')
                OR c.state = 'pending' AND c.tries > 0)",
            );
        }
        None => {}
    }
    if let Some(target) = &filter.target {
        composed.push(" AND c.target = ").bind(target);
    }
    if let Some(project) = &filter.project {
        composed.push(" AND c.project_id = ").bind(project);
    }
    if let Some(event) = &filter.event {
        composed.push(" AND c.event = ").bind(event);
    }
}

/// A page of a list.
#[derive(Clone, Debug)]
pub struct Page {
    /// Newest first.
    pub callbacks: Vec<ListedCallback>,
    /// The next page goes on before this one; `None`: there is none.
    pub next: Option<CallbackId>,
}

/// A page of callbacks, newest first: those before `before`. A filter that matches few of many rows
/// gives a page that is short, or empty, and still has a next one.
pub fn list(
    tx: &mut Tx<'_>,
    account: AccountId,
    filter: &CallbackFilter,
    before: Option<CallbackId>,
    limit: i64,
) -> Result<Page, StoreError> {
    let lowest = filter
        .since
        .map(|time| CallbackId::lowest_at(time.max(0) as u64));
    let highest = filter
        .until
        .map(|time| CallbackId::highest_at(time.max(0) as u64));
    let mut before = before;
    let mut callbacks: Vec<ListedCallback> = Vec::new();
    for _ in 0..WINDOWS_MAX {
        let wanted = limit + 1 - callbacks.len() as i64;
        let window = Window {
            filter,
            account: &account,
            before: before.as_ref(),
            lowest: lowest.as_ref(),
            highest: highest.as_ref(),
            size: &WINDOW,
        };
        let mut composed = Composed {
            text: format!("SELECT {PAGE_COLUMNS} FROM ("),
            params: Vec::new(),
        };
        window.push(&mut composed, WINDOW_COLUMNS);
        composed
            .push(") c LEFT JOIN batches b ON b.account_id = ")
            .bind(&account)
            .push(" AND b.batch_id = coalesce(c.batch_id, c.of_batch)")
            .push(" LEFT JOIN projects p ON p.account_id = ")
            .bind(&account)
            .push(" AND p.project_id = c.project_id");
        push_conditions(&mut composed, filter);
        composed
            .push(" ORDER BY c.callback_id DESC LIMIT ")
            .bind(&wanted);
        callbacks.extend(tx.query_text(&composed.text, &composed.params, read_listed)?);
        if callbacks.len() as i64 > limit {
            callbacks.truncate(limit as usize);
            let next = callbacks.last().map(|callback| callback.callback_id);
            return Ok(Page { callbacks, next });
        }
        let end = window_end(tx, &window)?;
        if end.is_none() {
            return Ok(Page {
                callbacks,
                next: None,
            });
        }
        before = end;
    }
    Ok(Page {
        callbacks,
        next: before,
    })
}

/// The last row of a full window; `None`: it reached the end.
fn window_end(tx: &mut Tx<'_>, window: &Window<'_>) -> Result<Option<CallbackId>, StoreError> {
    const LAST: i64 = WINDOW - 1;
    let mut composed = Composed {
        text: "SELECT callback_id FROM (".to_owned(),
        params: Vec::new(),
    };
    window.push(&mut composed, "callback_id");
    composed
        .push(") c ORDER BY callback_id DESC LIMIT 1 OFFSET ")
        .bind(&LAST);
    let end = tx.query_text(&composed.text, &composed.params, |row| row.get(0))?;
    Ok(end.into_iter().next())
}

/// One callback.
pub fn find(
    tx: &mut Tx<'_>,
    account: AccountId,
    callback_id: CallbackId,
) -> Result<Option<ListedCallback>, StoreError> {
    tx.query_optional(&FIND, params![account, callback_id], read_listed)
}

/// A callback of the same task.
#[derive(Clone, Debug)]
pub struct Sibling {
    /// Id.
    pub callback_id: CallbackId,
    /// Number of the task's change.
    pub sequence: i64,
    /// Name of the event.
    pub event: String,
    /// State.
    pub state: String,
    /// When the receiver may have seen it first, Unix ms.
    pub first_try_at: Option<i64>,
}

/// Callbacks of a task, the newest state first.
pub fn of_task(
    tx: &mut Tx<'_>,
    account: AccountId,
    task_id: TaskId,
    limit: i64,
) -> Result<Vec<Sibling>, StoreError> {
    tx.query(&OF_TASK, params![account, task_id, limit], |row| {
        Ok(Sibling {
            callback_id: row.get(0)?,
            sequence: row.get(1)?,
            event: row.get(2)?,
            state: row.get(3)?,
            first_try_at: row.get(4)?,
        })
    })
}

/// A try, whole.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// From 1.
    pub n: i64,
    /// `schedule`, `probe`, `person`, `replay`, `test`, `listen`.
    pub cause: String,
    /// Where it went, if not to the callback's own address. Not masked.
    pub url: Option<String>,
    /// Unix ms.
    pub started_at: i64,
    /// Milliseconds.
    pub duration_ms: Option<i64>,
    /// Milliseconds of the look-up.
    pub dns_ms: Option<i64>,
    /// Milliseconds of connecting, TLS included.
    pub connect_ms: Option<i64>,
    /// Address that was connected to.
    pub address: Option<String>,
    /// Status of the answer.
    pub http_status: Option<i64>,
    /// Short name of the outcome.
    pub outcome: String,
    /// In words.
    pub detail: Option<String>,
    /// The last four signs of `scale-callback-auth`.
    pub auth_hint: Option<String>,
    /// The last four signs of `scale-callback-auth-previous`.
    pub previous_hint: Option<String>,
    /// `webhook-signature`.
    pub signature: Option<String>,
    /// JSON list of pairs, masked.
    pub answer_headers: Option<String>,
    /// The answer's first 64 KiB, masked.
    pub answer_body: Option<Vec<u8>>,
    /// Whether that is all of it.
    pub answer_complete: Option<i64>,
}

/// The last `limit` attempts of a callback, in order.
pub fn attempts(
    tx: &mut Tx<'_>,
    account: AccountId,
    callback_id: CallbackId,
    limit: i64,
) -> Result<Vec<Attempt>, StoreError> {
    let mut attempts = tx.query(&ATTEMPTS, params![account, callback_id, limit], |row| {
        Ok(Attempt {
            n: row.get(0)?,
            cause: row.get(1)?,
            url: row.get(2)?,
            started_at: row.get(3)?,
            duration_ms: row.get(4)?,
            dns_ms: row.get(5)?,
            connect_ms: row.get(6)?,
            address: row.get(7)?,
            http_status: row.get(8)?,
            outcome: row.get(9)?,
            detail: row.get(10)?,
            auth_hint: row.get(11)?,
            previous_hint: row.get(12)?,
            signature: row.get(13)?,
            answer_headers: row.get(14)?,
            answer_body: row.get(15)?,
            answer_complete: row.get(16)?,
        })
    })?;
    attempts.reverse();
    Ok(attempts)
}

/// The project of this name, for a filter.
pub fn project_by_name(
    tx: &mut Tx<'_>,
    account: AccountId,
    name: &str,
) -> Result<Option<ProjectId>, StoreError> {
    tx.query_optional(&PROJECT_BY_NAME, params![account, name], |row| row.get(0))
}
