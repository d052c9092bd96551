//! What a try at a callback came to, whatever carried it, and what follows from that for the
//! callback (callbacks.md 3.5).

use store::environment::callback_claims::LeasedCallback;
use store::environment::callback_results::{NewAttempt, Next};

use crate::workers::schedule::Schedule;

/// What a try says of the receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// It takes callbacks.
    Well,
    /// It answers, but does not take this one.
    Answers,
    /// It does not answer, or says that it cannot now: this counts for the breaker.
    Sick,
    /// Nothing: the receiver had no part in it.
    Unknown,
}

/// What a try came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Acknowledged.
    Delivered,
    /// A failure; the schedule goes on.
    Failed {
        /// What it says of the receiver.
        health: Health,
        /// For how long the receiver wants to be left alone, ms.
        retry_after_ms: Option<i64>,
        /// Fewer at once would be better for the receiver.
        slow_down: bool,
    },
    /// 410: the receiver wants no more at this URL.
    Gone,
    /// Another try would end the same way.
    FailedForGood,
    /// The address filter refuses the URL for good.
    Blocked,
    /// The account's policy holds callbacks over plain http.
    HeldPlainHttp,
    /// Not a try of the receiver's: due again after `again_ms`, uncounted.
    Uncounted {
        /// Milliseconds.
        again_ms: i64,
        /// Whether the request may have gone out.
        may_have_arrived: bool,
    },
    /// Nothing was sent, and nothing is recorded.
    NotSent,
}

/// A try, as it is recorded. What it shows of request and answer is masked.
#[derive(Clone, Debug)]
pub struct TryResult {
    /// What it came to.
    pub verdict: Verdict,
    /// Short name of the outcome.
    pub outcome: &'static str,
    /// What happened, as a sentence.
    pub detail: String,
    /// Status of the answer.
    pub status: Option<u16>,
    /// Address that was connected to.
    pub address: Option<String>,
    /// Milliseconds of the look-up.
    pub dns_ms: Option<i64>,
    /// Milliseconds of connecting, with TLS.
    pub connect_ms: Option<i64>,
    /// Milliseconds in all.
    pub duration_ms: Option<i64>,
    /// What came back.
    pub answer: Option<ShownAnswer>,
    /// The last four signs of `scale-callback-auth`.
    pub auth_hint: Option<String>,
    /// The last four signs of `scale-callback-auth-previous`.
    pub previous_hint: Option<String>,
    /// `webhook-signature`.
    pub signature: Option<String>,
}

/// What is kept of an answer.
#[derive(Clone, Debug)]
pub struct ShownAnswer {
    /// JSON list of pairs.
    pub headers: String,
    /// The beginning of the body.
    pub body: Vec<u8>,
    /// Whether that is all of it.
    pub is_complete: bool,
}

impl TryResult {
    /// A try without an exchange.
    pub fn without_exchange(verdict: Verdict, outcome: &'static str, detail: &str) -> Self {
        Self {
            verdict,
            outcome,
            detail: detail.to_owned(),
            status: None,
            address: None,
            dns_ms: None,
            connect_ms: None,
            duration_ms: None,
            answer: None,
            auth_hint: None,
            previous_hint: None,
            signature: None,
        }
    }
}

/// A try that has ended and is to be recorded.
#[derive(Clone, Debug)]
pub struct Ended {
    /// What was tried; without its body.
    pub callback: LeasedCallback,
    /// Bytes that the body took in memory.
    pub body_bytes: usize,
    /// When it began, Unix ms.
    pub started_ms: i64,
    /// When it ended, Unix ms.
    pub finished_ms: i64,
    /// What it came to.
    pub result: TryResult,
    /// In 0..1: the jitter of the next try.
    pub chance: f64,
}

/// What follows from a try for its callback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// How it goes on.
    pub next: Next,
    /// Tries that count.
    pub tries: i64,
    /// Start of the schedule's window, Unix ms.
    pub window_start: Option<i64>,
    /// When its first try began, Unix ms.
    pub first_try_at: Option<i64>,
}

impl Ended {
    /// What the receiver's row learns.
    pub fn health(&self) -> Health {
        match self.result.verdict {
            Verdict::Delivered => Health::Well,
            Verdict::Failed { health, .. } => health,
            Verdict::Gone => Health::Answers,
            Verdict::FailedForGood
            | Verdict::Blocked
            | Verdict::HeldPlainHttp
            | Verdict::Uncounted { .. }
            | Verdict::NotSent => Health::Unknown,
        }
    }

    /// How the callback goes on.
    pub fn plan(&self, schedule: &Schedule) -> Plan {
        let callback = &self.callback;
        let counts = !matches!(
            self.result.verdict,
            Verdict::HeldPlainHttp | Verdict::Uncounted { .. } | Verdict::NotSent
        );
        let may_have_arrived = counts
            || matches!(
                self.result.verdict,
                Verdict::Uncounted {
                    may_have_arrived: true,
                    ..
                }
            );
        let tries = callback.tries + i64::from(counts);
        let window_start = if counts {
            Some(callback.window_start.unwrap_or(self.started_ms))
        } else {
            callback.window_start
        };
        let next = match self.result.verdict {
            Verdict::Delivered => Next::Delivered,
            Verdict::Gone | Verdict::FailedForGood => Next::Failed,
            Verdict::Blocked => Next::Blocked,
            Verdict::HeldPlainHttp => Next::Held("plain_http"),
            Verdict::Uncounted { again_ms, .. } => Next::TryAt(self.finished_ms + again_ms),
            Verdict::NotSent => Next::TryAt(self.finished_ms),
            Verdict::Failed { retry_after_ms, .. } => {
                let start = window_start.unwrap_or(self.started_ms);
                let ended = self.finished_ms;
                match retry_after_ms {
                    Some(asked_ms) => schedule.next_try_after(tries, start, ended, asked_ms),
                    None => schedule.next_try(tries, start, ended, self.chance),
                }
                .map_or(Next::Failed, Next::TryAt)
            }
        };
        Plan {
            next,
            tries,
            window_start,
            first_try_at: callback
                .first_try_at
                .or(may_have_arrived.then_some(self.started_ms)),
        }
    }

    /// The attempt as it is recorded.
    pub fn attempt(&self) -> NewAttempt {
        let result = &self.result;
        let answer = result.answer.as_ref();
        NewAttempt {
            started_at: self.started_ms,
            duration_ms: result.duration_ms,
            address: result.address.clone(),
            http_status: result.status.map(i64::from),
            outcome: result.outcome.to_owned(),
            detail: Some(result.detail.clone()),
            cause: self.callback.cause.as_str(),
            dns_ms: result.dns_ms,
            connect_ms: result.connect_ms,
            url: (!self.callback.is_own_url).then(|| self.callback.url.clone()),
            auth_hint: result.auth_hint.clone(),
            previous_hint: result.previous_hint.clone(),
            signature: result.signature.clone(),
            answer_headers: answer.map(|answer| answer.headers.clone()),
            answer_body: answer.map(|answer| answer.body.clone()),
            answer_complete: answer.map(|answer| answer.is_complete),
        }
    }
}
