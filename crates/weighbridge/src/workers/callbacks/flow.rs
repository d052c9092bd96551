//! What this process has claimed: how much is in flight and what waits for a place, by receiver and
//! by account (callbacks.md 3.6). Nothing here is asked of the store.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::AccountId;
use store::environment::callback_claims::LeasedCallback;
use store::environment::callback_targets::{IN_FLIGHT_MAX, TargetRow, Trust};
use tokio::sync::Notify;

/// In flight in this process and mode: in all, what receivers that have not proven themselves may
/// take of it, and of that those that fail. However many are dead, there is room for the others.
const IN_ALL_MAX: ByTrust = [512, 384, 256];
/// In flight for one account, likewise.
const ACCOUNT_MAX: ByTrust = [64, 48, 32];
/// Claimed for one account, those that wait for a place included.
const ACCOUNT_CLAIMED_MAX: ByTrust = [128, 48, 32];
/// Claimed for one receiver, those that wait for a place included.
const TARGET_CLAIMED_MAX: usize = 16;
/// Bodies in memory, in bytes: nothing is claimed beyond.
const BODY_BYTES_MAX: usize = 64 * 1024 * 1024;

/// A number for all receivers, for those that are new or fail, for those that fail.
type ByTrust = [usize; 3];

/// A receiver of an account.
pub type Key = (AccountId, String);

/// How a receiver stands, as far as sending needs to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// In flight at once, at most.
    pub limit: usize,
    /// How far it has proven itself.
    pub trust: Trust,
    /// Nothing further is sent for now: breaker, pause or its own wish.
    pub is_closed: bool,
}

impl Standing {
    /// How a receiver's row stands at `now_ms`.
    pub fn of(target: &TargetRow, now_ms: i64) -> Self {
        let trust = target.trust();
        // Of one that has taken none yet nobody knows whether it will: one callback finds out.
        let most = if trust == Trust::New {
            1
        } else {
            IN_FLIGHT_MAX
        };
        Self {
            limit: target.in_flight_max.clamp(1, most) as usize,
            trust,
            is_closed: target.open_ms.is_some()
                || target.paused_at.is_some()
                || target.not_before.is_some_and(|time| time > now_ms),
        }
    }

    /// How many may be claimed: some beyond those in flight, if they will surely go out soon.
    fn depth(self) -> usize {
        if self.trust == Trust::Proven {
            (2 * self.limit).min(TARGET_CLAIMED_MAX)
        } else {
            self.limit
        }
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Load {
    claimed: ByTrust,
    in_flight: ByTrust,
}

impl Load {
    /// Adds a receiver's.
    fn add(&mut self, trust: Trust, claimed: usize, in_flight: usize) {
        for level in 0..=trust as usize {
            self.claimed[level] += claimed;
            self.in_flight[level] += in_flight;
        }
    }

    /// Takes a receiver's away.
    fn subtract(&mut self, trust: Trust, claimed: usize, in_flight: usize) {
        for level in 0..=trust as usize {
            self.claimed[level] -= claimed;
            self.in_flight[level] -= in_flight;
        }
    }

    /// How many more of this trust may be claimed.
    fn room(&self, trust: Trust, most: ByTrust) -> usize {
        let levels = 0..=trust as usize;
        let room = levels.map(|level| most[level].saturating_sub(self.claimed[level]));
        room.min().unwrap_or_default()
    }

    /// Whether one more of this trust may be in flight.
    fn may_start(&self, trust: Trust, most: ByTrust) -> bool {
        (0..=trust as usize).all(|level| self.in_flight[level] < most[level])
    }
}

#[derive(Debug)]
struct Local {
    standing: Standing,
    in_flight: usize,
    waiting: VecDeque<LeasedCallback>,
    /// The last claim left some that were due, since this receiver had no room.
    is_cut: bool,
}

impl Local {
    fn claimed(&self) -> usize {
        self.in_flight + self.waiting.len()
    }
}

#[derive(Debug, Default)]
struct State {
    targets: HashMap<Key, Local>,
    accounts: HashMap<AccountId, Load>,
    all: Load,
    body_bytes: usize,
    unproven_finished: u64,
    is_closed: bool,
}

/// What this process has claimed in one mode.
#[derive(Debug, Default)]
pub struct Flow {
    state: Mutex<State>,
    /// Rung when there is room for more.
    pub wanted: Notify,
}

/// What was claimed for one receiver.
#[derive(Debug)]
pub struct Claimed {
    /// The receiver.
    pub key: Key,
    /// How it stands.
    pub standing: Standing,
    /// More is due than was claimed, since the receiver had no room for it.
    pub is_cut: bool,
    /// What was claimed.
    pub callbacks: Vec<LeasedCallback>,
}

/// Room for further claims, as it was when it was asked for.
#[derive(Clone, Debug, Default)]
pub struct Room {
    all: Load,
    body_bytes: usize,
    accounts: HashMap<AccountId, Load>,
    /// Claimed, waiting, and whether more was due: by receiver.
    targets: HashMap<Key, (usize, usize, bool)>,
    /// Sends that have ended so far to receivers that are new or fail.
    pub unproven_finished: u64,
}

impl Room {
    /// Whether anything may be claimed at all.
    pub fn is_any(&self) -> bool {
        self.all.claimed[0] < IN_ALL_MAX[0] && self.body_bytes < BODY_BYTES_MAX
    }

    /// Receivers of which something is claimed now.
    pub fn busy_targets(&self) -> usize {
        self.targets.len()
    }

    /// Whether the receiver's own limit kept due callbacks waiting.
    pub fn was_cut(&self, key: &Key) -> bool {
        self.targets.get(key).is_some_and(|local| local.2)
    }

    /// Of a receiver nothing is claimed now.
    pub fn is_idle(&self, key: &Key) -> bool {
        !self.targets.contains_key(key)
    }

    /// How many may be claimed for a receiver, and whether it is the receiver that has no room for
    /// more.
    pub fn of(&self, key: &Key, standing: Standing) -> (usize, bool) {
        let (claimed, waiting, _) = self.targets.get(key).copied().unwrap_or_default();
        let depth = standing.depth();
        // Few large claims rather than many small ones.
        if waiting > depth / 4 {
            return (0, true);
        }
        let own = depth.saturating_sub(claimed);
        let account = self.accounts.get(&key.0).copied().unwrap_or_default();
        let mut shared = self.all.room(standing.trust, IN_ALL_MAX);
        shared = shared.min(account.room(standing.trust, ACCOUNT_CLAIMED_MAX));
        if self.body_bytes >= BODY_BYTES_MAX {
            shared = 0;
        }
        (own.min(shared), own <= shared)
    }

    /// Takes claims into account.
    pub fn take(&mut self, key: &Key, standing: Standing, callbacks: &[LeasedCallback]) {
        let number = callbacks.len();
        self.body_bytes += bytes_of(callbacks);
        self.all.add(standing.trust, number, 0);
        let account = self.accounts.entry(key.0).or_default();
        account.add(standing.trust, number, 0);
    }
}

fn bytes_of(callbacks: &[LeasedCallback]) -> usize {
    callbacks.iter().map(|callback| callback.body.size()).sum()
}

impl Flow {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Room for further claims.
    pub fn room(&self) -> Room {
        let state = self.lock();
        Room {
            all: state.all,
            body_bytes: state.body_bytes,
            accounts: state.accounts.clone(),
            unproven_finished: state.unproven_finished,
            targets: state
                .targets
                .iter()
                .map(|(key, local)| {
                    let known = (local.claimed(), local.waiting.len(), local.is_cut);
                    (key.clone(), known)
                })
                .collect(),
        }
    }

    /// Claims and sends under way.
    pub fn claimed(&self) -> usize {
        self.lock().all.claimed[0]
    }

    /// Takes claims in; gives what may be sent at once.
    pub fn add(&self, claimed: Vec<Claimed>) -> Vec<LeasedCallback> {
        let mut state = self.lock();
        for Claimed {
            key,
            standing,
            is_cut,
            callbacks,
        } in claimed
        {
            if callbacks.is_empty() {
                continue;
            }
            state.body_bytes += bytes_of(&callbacks);
            let local = state.targets.entry(key.clone()).or_insert_with(|| Local {
                standing,
                in_flight: 0,
                waiting: VecDeque::new(),
                is_cut: false,
            });
            local.is_cut = is_cut;
            let before = local.standing.trust;
            local.standing = standing;
            let (claimed, in_flight) = (local.claimed(), local.in_flight);
            let number = callbacks.len();
            local.waiting.extend(callbacks);
            state.change(key.0, |load| {
                load.subtract(before, claimed, in_flight);
                load.add(standing.trust, claimed + number, in_flight);
            });
        }
        state.startable()
    }

    /// What may be sent now of what waits.
    pub fn start_waiting(&self) -> Vec<LeasedCallback> {
        self.lock().startable()
    }

    /// A send has ended; gives what may be sent in its place.
    pub fn finish(&self, key: &Key, body_bytes: usize) -> Option<LeasedCallback> {
        let mut state = self.lock();
        state.body_bytes = state.body_bytes.saturating_sub(body_bytes);
        let local = state.targets.get_mut(key)?;
        local.in_flight = local.in_flight.saturating_sub(1);
        let trust = local.standing.trust;
        let is_low = local.waiting.len() <= local.standing.depth() / 4;
        let is_empty = local.claimed() == 0;
        state.unproven_finished += u64::from(trust != Trust::Proven);
        state.change(key.0, |load| load.subtract(trust, 1, 1));
        if is_empty {
            state.targets.remove(key);
        }
        let next = state.start_one(key);
        drop(state);
        if is_low || next.is_none() {
            self.wanted.notify_one();
        }
        next
    }

    /// A receiver stands otherwise than before; gives what is not to be sent to it now.
    pub fn update(&self, key: &Key, standing: Standing) -> Vec<LeasedCallback> {
        let mut state = self.lock();
        let Some(local) = state.targets.get_mut(key) else {
            return Vec::new();
        };
        let before = local.standing.trust;
        local.standing = standing;
        let (claimed, in_flight) = (local.claimed(), local.in_flight);
        state.change(key.0, |load| {
            load.subtract(before, claimed, in_flight);
            load.add(standing.trust, claimed, in_flight);
        });
        if !standing.is_closed {
            return Vec::new();
        }
        state.take_waiting(key)
    }

    /// Lets nothing more begin; gives what waits.
    pub fn close(&self) -> Vec<LeasedCallback> {
        let mut state = self.lock();
        state.is_closed = true;
        let keys: Vec<Key> = state.targets.keys().cloned().collect();
        keys.iter()
            .flat_map(|key| state.take_waiting(key))
            .collect()
    }
}

impl State {
    /// Changes what an account, and all together, have claimed.
    fn change(&mut self, account: AccountId, change: impl Fn(&mut Load)) {
        change(&mut self.all);
        let load = self.accounts.entry(account).or_default();
        change(load);
        if load.claimed[0] == 0 {
            self.accounts.remove(&account);
        }
    }

    fn take_waiting(&mut self, key: &Key) -> Vec<LeasedCallback> {
        let Some(local) = self.targets.get_mut(key) else {
            return Vec::new();
        };
        let taken: Vec<LeasedCallback> = local.waiting.drain(..).collect();
        let trust = local.standing.trust;
        if local.in_flight == 0 {
            self.targets.remove(key);
        }
        let number = taken.len();
        if number > 0 {
            self.body_bytes = self.body_bytes.saturating_sub(bytes_of(&taken));
            self.change(key.0, |load| load.subtract(trust, number, 0));
        }
        taken
    }

    fn start_one(&mut self, key: &Key) -> Option<LeasedCallback> {
        if self.is_closed {
            return None;
        }
        let local = self.targets.get_mut(key)?;
        let account = self.accounts.get(&key.0).copied().unwrap_or_default();
        let trust = local.standing.trust;
        if local.in_flight >= local.standing.limit
            || !self.all.may_start(trust, IN_ALL_MAX)
            || !account.may_start(trust, ACCOUNT_MAX)
        {
            return None;
        }
        let next = local.waiting.pop_front()?;
        local.in_flight += 1;
        self.change(key.0, |load| load.add(trust, 0, 1));
        Some(next)
    }

    fn startable(&mut self) -> Vec<LeasedCallback> {
        let keys: Vec<Key> = self
            .targets
            .iter()
            .filter(|(_, local)| {
                !local.waiting.is_empty() && local.in_flight < local.standing.limit
            })
            .map(|(key, _)| key.clone())
            .collect();
        let mut started = Vec::new();
        for key in keys {
            while let Some(callback) = self.start_one(&key) {
                started.push(callback);
            }
        }
        started
    }
}
