//! Time and chance, passed in: tests advance the one and ids come from one place.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// Where the time comes from.
#[derive(Clone, Debug, Default)]
pub enum Clock {
    /// The machine's clock.
    #[default]
    System,
    /// A test's clock, Unix ms.
    Fixed(Arc<AtomicI64>),
}

impl Clock {
    /// Now, Unix milliseconds.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where the time comes from"
    )]
    pub fn now_ms(&self) -> i64 {
        match self {
            Self::System => SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .map_or(0, |since| since.as_millis() as i64),
            Self::Fixed(time) => time.load(Ordering::SeqCst),
        }
    }
}

impl Clock {
    /// Milliseconds since the machine started, the time that it slept included: `Instant` stands
    /// still meanwhile, and what was current before a sleep is not current after it.
    ///
    /// A test's clock stands still here: what tests advance is the time of day.
    pub fn since_boot_ms(&self) -> i64 {
        #[cfg(target_os = "linux")]
        const SINCE_BOOT: rustix::time::ClockId = rustix::time::ClockId::Boottime;
        // Elsewhere this one goes on while the machine sleeps.
        #[cfg(not(target_os = "linux"))]
        const SINCE_BOOT: rustix::time::ClockId = rustix::time::ClockId::Monotonic;
        match self {
            Self::System => {
                let time = rustix::time::clock_gettime(SINCE_BOOT);
                time.tv_sec * 1000 + time.tv_nsec / 1_000_000
            }
            Self::Fixed(_) => 0,
        }
    }
}

/// Random bytes from the system's generator.
///
/// A machine without a working generator cannot make keys or sessions, so failing loudly is right.
pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system's random generator works");
    bytes
}

/// Six random bytes of an id. They need not be secret, so each thread asks the system for many at
/// once: a request makes several ids.
fn random_part() -> [u8; 6] {
    const AT_ONCE: usize = 40;
    thread_local! {
        static LEFT: RefCell<Vec<[u8; 6]>> = const { RefCell::new(Vec::new()) };
    }
    LEFT.with_borrow_mut(|left| {
        if left.is_empty() {
            let bytes: [u8; 6 * AT_ONCE] = random_bytes();
            left.extend(bytes.as_chunks::<6>().0);
        }
        left.pop().expect("it was filled just above")
    })
}

/// Makes the parts of ids: milliseconds, then a number that rises within the millisecond, then
/// chance. Ids of one process therefore sort by creation, and two processes do not meet.
#[derive(Debug, Default)]
pub struct IdSource {
    /// The last (milliseconds << 16 | number).
    last: AtomicU64,
}

impl IdSource {
    /// The next id's time in milliseconds and its six further bytes.
    pub fn next(&self, now_ms: i64) -> (u64, [u8; 6]) {
        let random = random_part();
        // A new millisecond starts somewhere in the lower half, so that processes differ.
        let start = (now_ms.max(0) as u64) << 16
            | u64::from(u16::from_be_bytes([random[0], random[1]]) >> 1);
        let (Ok(previous) | Err(previous)) =
            self.last
                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |last| {
                    Some(if last >> 16 >= start >> 16 {
                        last + 1
                    } else {
                        start
                    })
                });
        let made = if previous >> 16 >= start >> 16 {
            previous + 1
        } else {
            start
        };
        let number = (made as u16).to_be_bytes();
        (
            made >> 16,
            [
                number[0], number[1], random[2], random[3], random[4], random[5],
            ],
        )
    }
}

#[cfg(test)]
mod tests {
    use super::IdSource;

    #[test]
    fn ids_rise_within_a_millisecond_and_when_the_clock_steps_back() {
        let source = IdSource::default();
        let mut last = source.next(1_000);
        for now in [1_000, 1_000, 1_001, 900, 1_001, 1_002] {
            let next = source.next(now);
            assert!(
                (next.0, &next.1[..2]) > (last.0, &last.1[..2]),
                "{next:?} after {last:?}"
            );
            last = next;
        }
    }
}
