//! Jobs that send many callbacks once more (callbacks.md 3.9). A job asks for few tries at a time
//! and remembers how far it has looked, so that it goes on after a restart and ends at once when it
//! is canceled.

use domain::{AccountId, CallbackId, ReplayId};

use super::callback_controls::{Resend, ask_resend};
use super::callback_lists::CallbackFilter;
use crate::driver::statement::statements;
use crate::driver::value::{Row, ToValue, Value, params};
use crate::{StoreError, Tx};

/// Tries of a job that are asked for and not made yet.
pub const OUTSTANDING_MAX: i64 = 64;
/// Rows that are looked at together.
pub const WINDOW: i64 = 2_000;
/// A try that is asked for but not yet: year 9999.
const PARKED_AT: i64 = 253_402_300_799_999;

statements! {
    INSERT = "INSERT INTO callback_replays (account_id, replay_id, state, created_at, created_by,
        filter, last_callback, total, sent, delivered, failed)
        VALUES ($1, $2, 'running', $3, $4, $5, $6, $7, 0, 0, 0)";
    FIND = "SELECT replay_id, state, created_at, created_by, filter, total, sent, delivered, failed,
        looked_at, last_callback
        FROM callback_replays WHERE account_id = $1 AND replay_id = $2";
    LOCK = "SELECT replay_id, state, created_at, created_by, filter, total, sent, delivered, failed,
        looked_at, last_callback
        FROM callback_replays WHERE account_id = $1 AND replay_id = $2 AND state = 'running'"
        postgres_tail "FOR UPDATE SKIP LOCKED";
    LIST = "SELECT replay_id, state, created_at, created_by, filter, total, sent, delivered, failed,
        looked_at, last_callback
        FROM callback_replays WHERE account_id = $1 ORDER BY replay_id DESC LIMIT $2";
    RUNNING = "SELECT account_id, replay_id, filter FROM callback_replays WHERE state = 'running'
        ORDER BY replay_id LIMIT $1";
    SET_STATE = "UPDATE callback_replays SET state = $1, ended_at = $2
        WHERE account_id = $3 AND replay_id = $4 AND state IN ('running', 'paused')";
    LOOKED_AT = "UPDATE callback_replays SET looked_at = $1 WHERE account_id = $2 AND replay_id = $3";
    OUTSTANDING = "SELECT count(*) FROM callbacks
        WHERE account_id = $1 AND resend_at IS NOT NULL AND resend_job = $2";
    TAKE_BACK = "UPDATE callbacks SET resend_at = NULL, resend_cause = NULL, resend_url = NULL,
        resend_target = NULL, resend_job = NULL
        WHERE account_id = $1 AND resend_at IS NOT NULL AND resend_job = $2 AND state <> 'sending'";
    PARK = "UPDATE callbacks SET resend_at = $1
        WHERE account_id = $2 AND resend_at IS NOT NULL AND resend_job = $3 AND state <> 'sending'";
    PARKED_TARGETS = "SELECT DISTINCT resend_target FROM callbacks
        WHERE account_id = $1 AND resend_at IS NOT NULL AND resend_job = $2";
    NOTE_SENT = "UPDATE callback_replays SET sent = sent + 1, delivered = delivered + $1,
        failed = failed + $2 WHERE account_id = $3 AND replay_id = $4";
}

/// A job.
#[derive(Clone, Debug)]
pub struct ReplayRow {
    /// Id.
    pub replay_id: ReplayId,
    /// `running`, `paused`, `canceled`, `done`.
    pub state: String,
    /// Unix ms.
    pub created_at: i64,
    /// Name of the person.
    pub created_by: String,
    /// JSON object.
    pub filter: String,
    /// Callbacks that it is to send.
    pub total: i64,
    /// Those that were sent.
    pub sent: i64,
    /// Those of them that were delivered.
    pub delivered: i64,
    /// Those of them that were not.
    pub failed: i64,
    /// How far it has looked.
    pub looked_at: Option<CallbackId>,
    /// Where it ends.
    pub last_callback: CallbackId,
}

fn read_replay(row: &Row<'_>) -> Result<ReplayRow, StoreError> {
    Ok(ReplayRow {
        replay_id: row.get(0)?,
        state: row.get(1)?,
        created_at: row.get(2)?,
        created_by: row.get(3)?,
        filter: row.get(4)?,
        total: row.get(5)?,
        sent: row.get(6)?,
        delivered: row.get(7)?,
        failed: row.get(8)?,
        looked_at: row.get(9)?,
        last_callback: row.get(10)?,
    })
}

/// Which callbacks a job sends. Those that go out by themselves are never among them.
#[derive(Clone, Debug, Default)]
pub struct ReplayFilter {
    /// Target, project, event, times. Its `state` and `task` are not looked at.
    pub callbacks: CallbackFilter,
    /// One of [`REPLAYED_STATES`]; `None`: any of them.
    pub state: Option<&'static str>,
}

/// States that a job can send anew.
pub const REPLAYED_STATES: [&str; 5] =
    ["failed", "blocked", "discarded", "superseded", "delivered"];

/// What a window of candidates holds.
#[derive(Clone, Debug, Default)]
pub struct Candidates {
    /// Those to be sent, oldest first: id, scheme, host and port.
    pub found: Vec<(CallbackId, String)>,
    /// Callbacks whose body is no longer there.
    pub purged: i64,
    /// Callbacks whose task has told a newer state since.
    pub older_states: i64,
    /// The last row that was looked at; `None`: the end is reached.
    pub looked_at: Option<CallbackId>,
}

/// A row of a window, judged.
struct Looked {
    callback_id: CallbackId,
    target: String,
    matches: bool,
    has_body: bool,
    /// The task has told a newer state since.
    is_older: bool,
}

fn bind<'a>(text: &mut String, params: &mut Vec<Value<'a>>, before: &str, value: &'a dyn ToValue) {
    params.push(value.to_value());
    text.push_str(before);
    text.push('$');
    text.push_str(&params.len().to_string());
}

/// Looks at the next [`WINDOW`] rows after `after` and not after `last`, and takes at most `limit`
/// of those that match.
pub fn candidates(
    tx: &mut Tx<'_>,
    account: AccountId,
    filter: &ReplayFilter,
    after: Option<CallbackId>,
    last: CallbackId,
    limit: usize,
) -> Result<Candidates, StoreError> {
    let wanted = &filter.callbacks;
    let lowest = wanted
        .since
        .map(|time| CallbackId::lowest_at(time.max(0) as u64));
    let highest = wanted
        .until
        .map(|time| CallbackId::highest_at(time.max(0) as u64));
    let mut text = String::from(
        "SELECT c.callback_id, c.target, c.state, c.event, c.is_trial, c.project_id, c.target,
            (SELECT b.callback_id FROM callback_bodies b WHERE b.account_id = c.account_id
                AND b.callback_id = c.callback_id),
            (SELECT n.callback_id FROM callbacks n WHERE n.account_id = c.account_id
                AND n.task_id = c.task_id AND n.sequence > c.sequence LIMIT 1),
            c.resend_at
        FROM (SELECT * FROM callbacks",
    );
    let mut params = Vec::new();
    bind(&mut text, &mut params, " WHERE account_id = ", &account);
    if let Some(target) = &wanted.target {
        bind(&mut text, &mut params, " AND target = ", target);
    } else if let Some(project) = &wanted.project {
        bind(&mut text, &mut params, " AND project_id = ", project);
    } else {
        match filter.state {
            Some("failed") => text.push_str(" AND state = 'failed'"),
            Some(state @ ("blocked" | "discarded" | "superseded")) => {
                text.push_str(" AND state = '");
                text.push_str(state);
                text.push('\'');
            }
            Some(_) | None => {}
        }
    }
    if let Some(after) = &after {
        bind(&mut text, &mut params, " AND callback_id > ", after);
    }
    if let Some(lowest) = &lowest {
        bind(&mut text, &mut params, " AND callback_id >= ", lowest);
    }
    if let Some(highest) = &highest {
        bind(&mut text, &mut params, " AND callback_id <= ", highest);
    }
    bind(&mut text, &mut params, " AND callback_id <= ", &last);
    bind(
        &mut text,
        &mut params,
        " ORDER BY callback_id LIMIT ",
        &WINDOW,
    );
    text.push_str(") c ORDER BY c.callback_id");

    let rows = tx.query_text(&text, &params, |row| {
        let state: String = row.get(2)?;
        let event: String = row.get(3)?;
        let is_trial: bool = row.get(4)?;
        let project = row.get(5)?;
        let target: String = row.get(6)?;
        let is_asked_for = row.get::<Option<i64>>(9)?.is_some();
        let state_matches = match filter.state {
            Some(one) => state == one,
            None => REPLAYED_STATES.contains(&state.as_str()),
        };
        Ok(Looked {
            callback_id: row.get(0)?,
            matches: state_matches
                && !is_trial
                && !is_asked_for
                && wanted.event.as_ref().is_none_or(|wanted| *wanted == event)
                && (wanted.project.is_none() || wanted.project == project)
                && wanted
                    .target
                    .as_ref()
                    .is_none_or(|wanted| *wanted == target),
            target,
            has_body: row.get::<Option<CallbackId>>(7)?.is_some(),
            is_older: row.get::<Option<CallbackId>>(8)?.is_some(),
        })
    })?;
    Ok(take(rows, limit))
}

/// What of a window is to be sent, until `limit` are found.
fn take(rows: Vec<Looked>, limit: usize) -> Candidates {
    let is_full = rows.len() as i64 == WINDOW;
    let mut candidates = Candidates::default();
    for row in rows {
        if candidates.found.len() == limit {
            return candidates;
        }
        candidates.looked_at = Some(row.callback_id);
        if !row.matches {
            continue;
        }
        if row.is_older {
            candidates.older_states += 1;
        } else if row.has_body {
            candidates.found.push((row.callback_id, row.target));
        } else {
            candidates.purged += 1;
        }
    }
    if !is_full {
        candidates.looked_at = None;
    }
    candidates
}

/// A job to be made.
#[derive(Clone, Debug)]
pub struct NewReplay {
    /// Id; its time is the creation time, and callbacks made later are not its matter.
    pub replay_id: ReplayId,
    /// Name of the person.
    pub created_by: String,
    /// JSON object.
    pub filter: String,
    /// Callbacks that it is to send.
    pub total: i64,
}

/// Makes a job, which runs at once.
pub fn insert(tx: &mut Tx<'_>, account: AccountId, new: &NewReplay) -> Result<(), StoreError> {
    let now_ms = new.replay_id.time_ms();
    tx.execute(
        &INSERT,
        params![
            account,
            new.replay_id,
            now_ms,
            new.created_by,
            new.filter,
            CallbackId::highest_at(now_ms.max(0) as u64),
            new.total
        ],
    )?;
    Ok(())
}

/// One job.
pub fn find(
    tx: &mut Tx<'_>,
    account: AccountId,
    replay_id: ReplayId,
) -> Result<Option<ReplayRow>, StoreError> {
    tx.query_optional(&FIND, params![account, replay_id], read_replay)
}

/// The newest jobs of an account.
pub fn list(tx: &mut Tx<'_>, account: AccountId, limit: i64) -> Result<Vec<ReplayRow>, StoreError> {
    tx.query(&LIST, params![account, limit], read_replay)
}

/// Jobs that run, of all accounts: account, id, filter.
pub fn running(
    tx: &mut Tx<'_>,
    limit: i64,
) -> Result<Vec<(AccountId, ReplayId, String)>, StoreError> {
    tx.query(&RUNNING, params![limit], |row| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?))
    })
}

/// What a step of a job came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// This many further tries were asked for.
    Asked(u64),
    /// As many tries as may be are outstanding, or the last ones are.
    Waits,
    /// The job is done, or somebody has paused or canceled it, or another process is at it.
    Over,
}

/// Goes on with a job: asks for further tries until [`OUTSTANDING_MAX`] are outstanding.
pub fn step(
    tx: &mut Tx<'_>,
    account: AccountId,
    replay_id: ReplayId,
    filter: &ReplayFilter,
    now_ms: i64,
) -> Result<Step, StoreError> {
    let Some(job) = tx.query_optional(&LOCK, params![account, replay_id], read_replay)? else {
        return Ok(Step::Over);
    };
    let outstanding: i64 = tx
        .query_optional(&OUTSTANDING, params![account, replay_id], |row| row.get(0))?
        .unwrap_or(0);
    if job.looked_at == Some(job.last_callback) {
        if outstanding > 0 {
            return Ok(Step::Waits);
        }
        tx.execute(&SET_STATE, params!["done", now_ms, account, replay_id])?;
        return Ok(Step::Over);
    }
    let room = usize::try_from(OUTSTANDING_MAX - outstanding).unwrap_or(0);
    if room == 0 {
        return Ok(Step::Waits);
    }
    let window = candidates(tx, account, filter, job.looked_at, job.last_callback, room)?;
    let mut asked = 0;
    for (callback_id, target) in &window.found {
        let resend = Resend {
            at: now_ms,
            cause: "replay",
            url: None,
            target,
            job: Some(replay_id),
        };
        asked += u64::from(ask_resend(tx, account, *callback_id, &resend)?);
    }
    let looked_at = window.looked_at.unwrap_or(job.last_callback);
    tx.execute(&LOOKED_AT, params![looked_at, account, replay_id])?;
    Ok(Step::Asked(asked))
}

/// Stops a job for a while: what it has asked for and nobody has begun waits too. `false`: it does
/// not run.
pub fn pause(tx: &mut Tx<'_>, account: AccountId, replay_id: ReplayId) -> Result<bool, StoreError> {
    let no_end: Option<i64> = None;
    if !is_in_state(tx, account, replay_id, "running")? {
        return Ok(false);
    }
    tx.execute(&SET_STATE, params!["paused", no_end, account, replay_id])?;
    tx.execute(&PARK, params![PARKED_AT, account, replay_id])?;
    Ok(true)
}

/// Lets a paused job go on. `false`: it is not paused.
pub fn resume(
    tx: &mut Tx<'_>,
    account: AccountId,
    replay_id: ReplayId,
    now_ms: i64,
) -> Result<bool, StoreError> {
    let no_end: Option<i64> = None;
    if !is_in_state(tx, account, replay_id, "paused")? {
        return Ok(false);
    }
    tx.execute(&SET_STATE, params!["running", no_end, account, replay_id])?;
    tx.execute(&PARK, params![now_ms, account, replay_id])?;
    let targets: Vec<String> = tx.query(&PARKED_TARGETS, params![account, replay_id], |row| {
        row.get(0)
    })?;
    for target in targets {
        super::callback_targets::make_due(tx, account, &target, now_ms)?;
    }
    Ok(true)
}

/// Ends a job: what it has asked for and nobody has begun is not sent. `false`: it had ended.
pub fn cancel(
    tx: &mut Tx<'_>,
    account: AccountId,
    replay_id: ReplayId,
    now_ms: i64,
) -> Result<bool, StoreError> {
    let canceled = tx.execute(&SET_STATE, params!["canceled", now_ms, account, replay_id])?;
    tx.execute(&TAKE_BACK, params![account, replay_id])?;
    Ok(canceled == 1)
}

fn is_in_state(
    tx: &mut Tx<'_>,
    account: AccountId,
    replay_id: ReplayId,
    state: &str,
) -> Result<bool, StoreError> {
    let found = find(tx, account, replay_id)?;
    Ok(found.is_some_and(|job| job.state == state))
}

/// Notes that a try that a job asked for was made. Called in the transaction that records the try.
pub fn note_sent(
    tx: &mut Tx<'_>,
    account: AccountId,
    job: ReplayId,
    delivered: bool,
) -> Result<(), StoreError> {
    let failed = !delivered;
    tx.execute(&NOTE_SENT, params![delivered, failed, account, job])?;
    Ok(())
}
