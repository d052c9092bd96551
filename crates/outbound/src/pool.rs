//! Connections that wait for the next request to the same target.
//!
//! A waiting connection is tied to the judged address that it leads to, and is used again only if
//! that address is among those judged anew for the next request: a name that has moved, or an
//! allow list that has shrunk, is followed at once.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, Weak},
    time::Duration,
};

use tokio::time::{Instant, sleep_until};

use crate::{
    address::{Host, Scheme, Target},
    connection::Connection,
};

/// Waiting connections to one target: as many as requests may be in flight to it.
const PER_TARGET_MAX: usize = 8;
/// Waiting connections in all.
const TOTAL_MAX: usize = 512;

/// Who a connection may be used for again. With TLS the certificate was verified for this host.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    scheme: Scheme,
    host: Host,
    port: u16,
}

impl Key {
    fn of(target: &Target) -> Self {
        Self {
            scheme: target.scheme,
            host: target.host.clone(),
            port: target.port,
        }
    }
}

#[derive(Debug)]
struct Waiting {
    connection: Connection,
    since: Instant,
}

#[derive(Debug, Default)]
struct State {
    waiting: HashMap<Key, Vec<Waiting>>,
    count: usize,
    generation: u64,
    sweeping: bool,
}

/// The waiting connections of one client.
#[derive(Debug)]
pub(crate) struct Pool {
    idle_max: Duration,
    age_max: Duration,
    state: Mutex<State>,
}

impl Pool {
    /// A pool that keeps a connection at most `idle_max` without use and `age_max` in all.
    pub(crate) fn new(idle_max: Duration, age_max: Duration) -> Arc<Self> {
        Arc::new(Self {
            idle_max,
            age_max,
            state: Mutex::default(),
        })
    }

    /// Counts how often the pool was emptied. A connection may come back only to the generation
    /// in which its address was judged.
    pub(crate) fn generation(&self) -> u64 {
        self.lock().generation
    }

    /// A waiting connection to `target` at one of `addresses`.
    pub(crate) fn take(&self, target: &Target, addresses: &[SocketAddr]) -> Option<Connection> {
        let mut state = self.lock();
        let now = Instant::now();
        let State { waiting, count, .. } = &mut *state;
        let of_target = waiting.get_mut(&Key::of(target))?;
        let i = of_target.iter().rposition(|waiting| {
            addresses.contains(&waiting.connection.address()) && self.is_good(waiting, now)
        })?;
        if let Some(shared) = of_target[i].connection.share() {
            of_target[i].since = Instant::now();
            return Some(shared);
        }
        *count -= 1;
        Some(of_target.swap_remove(i).connection)
    }

    /// Puts a connection back whose answer was read to the end.
    pub(crate) fn put(self: &Arc<Self>, target: &Target, connection: Connection, generation: u64) {
        let mut state = self.lock();
        if state.generation != generation
            || state.count >= TOTAL_MAX
            || connection.opened().elapsed() >= self.age_max
        {
            return;
        }
        let of_target = state.waiting.entry(Key::of(target)).or_default();
        // One shared connection is enough for all that comes.
        let enough = if connection.share().is_some() {
            1
        } else {
            PER_TARGET_MAX
        };
        if of_target.len() >= enough {
            return;
        }
        of_target.push(Waiting {
            connection,
            since: Instant::now(),
        });
        state.count += 1;
        if !state.sweeping {
            state.sweeping = true;
            tokio::spawn(sweep(Arc::downgrade(self)));
        }
    }

    /// Closes every waiting connection, and every connection under way when its answer is read.
    pub(crate) fn clear(&self) {
        let mut state = self.lock();
        state.generation += 1;
        state.count = 0;
        state.waiting.clear();
    }

    fn expires(&self, waiting: &Waiting) -> Instant {
        (waiting.since + self.idle_max).min(waiting.connection.opened() + self.age_max)
    }

    fn is_good(&self, waiting: &Waiting, now: Instant) -> bool {
        waiting.connection.is_usable() && self.expires(waiting) > now
    }

    fn drop_expired(&self, state: &mut State, now: Instant) {
        state.waiting.retain(|_, of_target| {
            of_target.retain(|waiting| self.is_good(waiting, now));
            !of_target.is_empty()
        });
        state.count = state.waiting.values().map(Vec::len).sum();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state
            .lock()
            .expect("nothing panics while it holds this lock")
    }
}

/// Closes connections when their time is over, also if no request comes by. Ends with the last
/// waiting connection.
async fn sweep(pool: Weak<Pool>) {
    loop {
        let next = {
            let Some(pool) = pool.upgrade() else { return };
            let mut state = pool.lock();
            pool.drop_expired(&mut state, Instant::now());
            let next = state
                .waiting
                .values()
                .flatten()
                .map(|waiting| pool.expires(waiting))
                .min();
            let Some(next) = next else {
                state.sweeping = false;
                return;
            };
            next
        };
        sleep_until(next).await;
    }
}
