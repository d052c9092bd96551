//! One round of claiming (callbacks.md 3.6): receivers that are due, least recently served first, and
//! a few callbacks of each, in one short transaction.

use std::time::{Duration, Instant};

use store::environment::callback_claims::{self, Claimer, LEASE_MS, LeasedCallback};
use store::environment::callback_holds;
use store::environment::callback_targets::{self, HELD_LOOK_EVERY_MS, TargetRow, Trust};
use store::{StoreError, Tx};

use super::flow::{Claimed, Key, Room, Standing};
use crate::workers::schedule::window_at_claim;

/// Receivers that one round serves, of those of one trust.
const TARGETS_AT_ONCE: usize = 64;
/// Receivers that one round looks at for them, beside those that are busy: an account with many
/// due ones and no room left must not hide those of others.
const TARGETS_LOOKED_AT: usize = 1000;
/// Leases of lost workers that one round takes back.
const LAPSED_AT_ONCE: i64 = 100;
/// A receiver whose queue has run empty is looked at again after this long, ms: an insert that
/// read its row before may be committed after.
const LOOK_AGAIN_MS: i64 = 1000;
/// After this long without a claim, ms, nothing can be under way to a receiver unseen.
const QUIET_MS: i64 = 10 * 1000;
/// Receivers that found no room are looked at again after this long.
const CROWD_LOOK_EVERY: Duration = Duration::from_millis(200);
/// A paused receiver is probed this often, ms.
const PROBE_EVERY_MS: i64 = 60 * 60 * 1000;
/// What is held longer is given up, ms.
const HELD_MAX_MS: i64 = 7 * 24 * 60 * 60 * 1000;

/// What a round of claims needs.
#[derive(Clone, Debug)]
pub struct Round<'a> {
    /// Who claims, when.
    pub claimer: Claimer<'a>,
    /// Length of the schedule, ms.
    pub length_ms: i64,
    /// Receivers that were never served are paused: the server was started to call nobody.
    pub holds_new: bool,
    /// Receivers of this trust are not looked at.
    pub left_out: [bool; 3],
}

/// What came of looking at one receiver.
enum Served {
    /// What was claimed, and whether the receiver's own limit left some that are due.
    Claimed(Vec<LeasedCallback>, bool),
    /// It is busy up to its own limit; its row stays as it is.
    Busy,
    /// There is no place for it among the others; its row stays as it is.
    NoPlace,
}

/// What came of a round.
#[derive(Debug, Default)]
pub struct Claims {
    /// What was claimed.
    pub claimed: Vec<Claimed>,
    /// By trust: some receivers were due, and there was no room for them.
    pub is_crowded: [bool; 3],
}

/// Receivers for which there was no room. Where many wait for a place, reading all of them in each
/// round would keep the others waiting: those that are new or fail are looked at again when one of
/// their places is free, or after [`CROWD_LOOK_EVERY`].
#[derive(Debug, Default)]
pub struct Crowds([Option<Crowd>; 3]);

#[derive(Debug)]
struct Crowd {
    seen_at: Instant,
    unproven_finished: u64,
}

impl Crowds {
    /// Receivers of which trust the next round leaves out.
    pub fn left_out(&self, room: &Room) -> [bool; 3] {
        Trust::ALL.map(|trust| {
            trust != Trust::Proven
                && self.0[trust as usize].as_ref().is_some_and(|crowd| {
                    crowd.unproven_finished == room.unproven_finished
                        && crowd.seen_at.elapsed() < CROWD_LOOK_EVERY
                })
        })
    }

    /// Notes what a round has met.
    pub fn note(&mut self, room: &Room, left_out: [bool; 3], is_crowded: [bool; 3]) {
        for trust in Trust::ALL {
            let index = trust as usize;
            if !left_out[index] {
                self.0[index] = is_crowded[index].then(|| Crowd {
                    seen_at: Instant::now(),
                    unproven_finished: room.unproven_finished,
                });
            }
        }
    }
}

/// Whether a round would find anything. Cheap, so that an idle server writes nothing.
pub fn is_anything_due(tx: &mut Tx<'_>, now_ms: i64) -> Result<bool, StoreError> {
    Ok(callback_targets::any_due(tx, now_ms)? || callback_claims::any_lapsed(tx, now_ms)?)
}

impl Round<'_> {
    /// Claims what there is room for.
    pub fn run(&self, tx: &mut Tx<'_>, room: &Room) -> Result<Claims, StoreError> {
        let now_ms = self.claimer.now_ms;
        callback_claims::return_lapsed(tx, now_ms, LAPSED_AT_ONCE)?;
        let mut room = room.clone();
        let limit = (TARGETS_LOOKED_AT + room.busy_targets()) as i64;
        let mut claims = Claims::default();
        for trust in Trust::ALL {
            if self.left_out[trust as usize] {
                continue;
            }
            let mut served = 0;
            for mut target in callback_targets::due(tx, now_ms, trust, limit)? {
                let key: Key = (target.account, target.target.clone());
                let (callbacks, is_cut) = match self.serve(tx, &mut target, &key, &room)? {
                    Served::Claimed(callbacks, is_cut) => (callbacks, is_cut),
                    Served::Busy => continue,
                    Served::NoPlace => {
                        claims.is_crowded[trust as usize] = true;
                        continue;
                    }
                };
                callback_targets::save(tx, &target)?;
                let standing = Standing::of(&target, now_ms);
                room.take(&key, standing, &callbacks);
                claims.claimed.push(Claimed {
                    key,
                    standing,
                    is_cut,
                    callbacks,
                });
                served += 1;
                if served == TARGETS_AT_ONCE {
                    break;
                }
            }
        }
        Ok(claims)
    }

    /// Claims for one receiver and says when it is due next.
    fn serve(
        &self,
        tx: &mut Tx<'_>,
        target: &mut TargetRow,
        key: &Key,
        room: &Room,
    ) -> Result<Served, StoreError> {
        let now_ms = self.claimer.now_ms;
        if self.holds_new && target.served_at == 0 && target.paused_at.is_none() {
            target.paused_by = Some("start".to_owned());
            target.paused_at = Some(now_ms);
        }
        if target.paused_at.is_some() {
            let leased = self.serve_paused(tx, target)?;
            return Ok(Served::Claimed(leased, false));
        }
        if target.releasing {
            let with_gone = target.gone_urls == 0;
            let released = callback_holds::release(tx, key.0, &key.1, with_gone, now_ms)? as i64;
            target.releasing = released == callback_holds::STEP;
        }
        for bound in [target.open_until, target.not_before] {
            if let Some(until) = bound.filter(|until| *until > now_ms) {
                target.receiver_late_until = Some(now_ms);
                target.next_due_at = Some(until);
                return Ok(Served::Claimed(Vec::new(), false));
            }
        }
        let is_probe = target.open_ms.is_some();
        if is_probe {
            let before = now_ms - self.length_ms;
            if self.claimer.clock.resumed_at < before
                && self.give_up_waiting(tx, target, before)? == callback_holds::GIVE_UP_STEP
            {
                return Ok(Served::Claimed(Vec::new(), false));
            }
        }
        let standing = Standing::of(target, now_ms);
        let (mut limit, is_own_limit) = room.of(key, standing);
        if is_probe {
            if !room.is_idle(key) {
                return Ok(Served::Busy);
            }
            limit = limit.min(1);
        }
        if limit == 0 {
            return Ok(if is_own_limit {
                Served::Busy
            } else {
                Served::NoPlace
            });
        }
        if is_probe || room.was_cut(key) {
            target.receiver_late_until = Some(now_ms);
        }
        let waited_until = [target.receiver_late_until, target.not_before]
            .into_iter()
            .flatten()
            .fold(self.claimer.clock.resumed_at, i64::max);
        let mut leased = self.lease(tx, key, limit)?;
        for callback in &mut leased {
            callback.probes_breaker = is_probe;
            let due = callback.due_at.unwrap_or(now_ms).max(waited_until);
            if !callback.cause.is_resend() {
                callback.window_start = window_at_claim(callback.window_start, due, now_ms);
            }
        }
        let is_full = leased.len() >= limit;
        if !leased.is_empty() {
            target.served_at = now_ms;
        }
        if is_probe && !leased.is_empty() {
            // Nobody else probes meanwhile.
            target.open_until = Some(now_ms + LEASE_MS);
            target.next_due_at = target.open_until;
        } else if !is_full {
            target.next_due_at = self.next_look(tx, target, !leased.is_empty())?;
        }
        Ok(Served::Claimed(leased, is_full && is_own_limit))
    }

    /// What a person asked for first, then what is due, then replays in what room is left: at most
    /// half of it.
    fn lease(
        &self,
        tx: &mut Tx<'_>,
        key: &Key,
        limit: usize,
    ) -> Result<Vec<LeasedCallback>, StoreError> {
        let (account, target) = (key.0, key.1.as_str());
        let claimer = &self.claimer;
        let is_resend_due = callback_claims::next_resend(tx, account, target)?
            .is_some_and(|due| due <= claimer.now_ms);
        let half = (limit / 2).max(1) as i64;
        let mut leased = if is_resend_due {
            claimer.lease_resends(tx, account, target, false, half)?
        } else {
            Vec::new()
        };
        let left = limit.saturating_sub(leased.len()) as i64;
        if left > 0 {
            leased.extend(claimer.lease_due(tx, account, target, left)?);
        }
        let left = limit.saturating_sub(leased.len()) as i64;
        if is_resend_due && left > 0 {
            leased.extend(claimer.lease_resends(tx, account, target, true, left.min(half))?);
        }
        Ok(leased)
    }

    /// When a receiver whose queue holds nothing that could be claimed now is looked at again.
    fn next_look(
        &self,
        tx: &mut Tx<'_>,
        target: &TargetRow,
        has_claimed: bool,
    ) -> Result<Option<i64>, StoreError> {
        let now_ms = self.claimer.now_ms;
        if target.releasing {
            return Ok(Some(now_ms));
        }
        let (account, name) = (target.account, target.target.as_str());
        // What is due and could not be claimed has a reason that may take a moment.
        let next = callback_claims::next_due(tx, account, name)?
            .map(|due| due.max(now_ms + if due <= now_ms { LOOK_AGAIN_MS } else { 0 }));
        let again = if has_claimed {
            Some(now_ms + LOOK_AGAIN_MS)
        } else if now_ms - target.served_at < QUIET_MS {
            Some(target.served_at + QUIET_MS)
        } else {
            None
        };
        if let Some(look_at) = next.into_iter().chain(again).min() {
            return Ok(Some(look_at));
        }
        if !callback_holds::is_any_held(tx, account, name)? {
            return Ok(None);
        }
        let before = now_ms - HELD_MAX_MS;
        let given_up = callback_holds::give_up_held(tx, account, name, before, now_ms)?;
        Ok(Some(if given_up as i64 == callback_holds::GIVE_UP_STEP {
            now_ms
        } else {
            now_ms + HELD_LOOK_EVERY_MS
        }))
    }

    /// Holds what still waits for a paused receiver; probes one that was paused for failing.
    fn serve_paused(
        &self,
        tx: &mut Tx<'_>,
        target: &mut TargetRow,
    ) -> Result<Vec<LeasedCallback>, StoreError> {
        let now_ms = self.claimer.now_ms;
        let (account, name) = (target.account, target.target.clone());
        let held = callback_holds::hold(tx, account, &name, now_ms)? as i64;
        let before = now_ms - HELD_MAX_MS;
        let given_up = callback_holds::give_up_held(tx, account, &name, before, now_ms)? as i64;
        let is_more = held == callback_holds::STEP || given_up == callback_holds::GIVE_UP_STEP;
        let last_probe = target.paused_at.unwrap_or(now_ms).max(target.served_at);
        let is_auto = target.paused_by.as_deref() == Some("auto");
        let mut leased = Vec::new();
        if is_auto && now_ms - last_probe >= PROBE_EVERY_MS {
            leased.extend(self.claimer.lease_held(tx, account, &name)?);
            target.served_at = now_ms;
        }
        target.next_due_at = Some(if is_more {
            now_ms
        } else if is_auto {
            last_probe.max(target.served_at) + PROBE_EVERY_MS
        } else {
            now_ms + HELD_LOOK_EVERY_MS
        });
        Ok(leased)
    }

    /// Gives up what has waited for a receiver that is down for as long as the schedule is.
    fn give_up_waiting(
        &self,
        tx: &mut Tx<'_>,
        target: &mut TargetRow,
        before_ms: i64,
    ) -> Result<i64, StoreError> {
        let now_ms = self.claimer.now_ms;
        let (account, name) = (target.account, target.target.as_str());
        let given_up =
            callback_holds::give_up_waiting(tx, account, name, before_ms, now_ms)? as i64;
        target.failing_callbacks += given_up;
        Ok(given_up)
    }
}
