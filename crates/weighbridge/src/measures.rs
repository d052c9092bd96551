//! What `/metrics` tells, in the text format of `OpenMetrics`. Few numbers, no labels of customers.

use std::sync::atomic::{AtomicU64, Ordering};

use domain::Environment;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Metric, Registry};
use store::environment::callback_measures::DeliveryState;

use crate::directory::Directory;

/// Classes of HTTP status, by its first digit.
const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];
/// Bounds of the lag's histogram, seconds.
const LAGS: [f64; 12] = [
    0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 600.0,
];
/// Of whom the numbers of deliveries are.
const MODE: &str = "mode";

/// Labels: names and values.
type One = [(&'static str, &'static str); 1];
type Two = [(&'static str, &'static str); 2];

/// Counters of this process, from its start, and what was last seen of its databases.
#[derive(Debug)]
pub struct Measures {
    registry: Registry,
    answers: Family<One, Counter>,
    attempts: Family<Two, Counter>,
    lag: Family<One, Histogram>,
    in_flight: Family<One, Gauge>,
    pending: Family<One, Gauge>,
    held: Family<One, Gauge>,
    overdue: Family<One, Gauge<f64, AtomicU64>>,
    open_breakers: Family<One, Gauge>,
    paused: Family<One, Gauge>,
    purged: Family<Two, Counter>,
    purging: Family<Two, Gauge>,
    feed_hints: Counter,
    feed_snapshots: Counter,
    keys: Gauge,
    feed_version: Gauge,
    keys_fresh: Gauge,
    clock_skew: Gauge,
}

/// Registers metrics under names and descriptions.
struct Names(Registry);

impl Names {
    fn add<M: Metric + Clone + Default>(&mut self, name: &str, help: &str) -> M {
        self.add_made(name, help, M::default())
    }

    fn add_made<M: Metric + Clone>(&mut self, name: &str, help: &str, metric: M) -> M {
        self.0.register(name, help, metric.clone());
        metric
    }
}

impl Default for Measures {
    fn default() -> Self {
        let mut names = Names(Registry::with_prefix("weighbridge"));
        let lag = Family::new_with_constructor((|| Histogram::new(LAGS)) as fn() -> Histogram);
        let feed_hints = "Hints of the control database that it has changed";
        let feed_snapshots =
            "Times that all keys and account settings were read, the first included";
        let waiting = "Callbacks that wait for a try, 1000000 at most";
        let overdue = "Seconds for which the receiver that is longest due has not been looked at";
        let breakers = "Receivers that fail and are tried with one callback at a time";
        Self {
            answers: names.add("answers", "Answers to requests, by class of status"),
            attempts: names.add("callback_attempts", "Attempts at callbacks, by outcome"),
            lag: names.add_made(
                "callback_lag_seconds",
                "Time from a callback's commit to its first attempt",
                lag,
            ),
            in_flight: names.add("callbacks_in_flight", "Attempts under way in this process"),
            pending: names.add("callbacks_pending", waiting),
            held: names.add(
                "callbacks_held",
                "Callbacks that are held back, 1000000 at most",
            ),
            overdue: names.add("callbacks_overdue_seconds", overdue),
            open_breakers: names.add("callback_breakers_open", breakers),
            paused: names.add("callback_receivers_paused", "Receivers that are paused"),
            purged: names.add("callbacks_purged", "Old callbacks emptied or deleted"),
            purging: names.add("callbacks_purge_running", "Whether a purge is under way"),
            feed_hints: names.add("feed_hints", feed_hints),
            feed_snapshots: names.add("feed_snapshots", feed_snapshots),
            keys: names.add("api_keys", "API keys held in memory"),
            feed_version: names.add(
                "feed_version",
                "Version of keys and account settings in force",
            ),
            keys_fresh: names.add(
                "keys_fresh",
                "Whether keys are admitted: 0 without word from the control database",
            ),
            clock_skew: names.add(
                "clock_skew_milliseconds",
                "How far the control database's clock is ahead",
            ),
            registry: names.0,
        }
    }
}

fn mode_of(environment: Environment) -> (&'static str, &'static str) {
    (MODE, environment.as_str())
}

impl Measures {
    /// A request was answered with this HTTP status.
    pub fn count_answer(&self, status: u16) {
        let class = usize::from(status / 100).clamp(1, 5) - 1;
        let labels = [("class", CLASSES[class])];
        self.answers.get_or_create(&labels).inc();
    }

    /// A callback was tried; `lag_ms` is given for its first attempt.
    pub fn count_attempt(
        &self,
        environment: Environment,
        outcome: &'static str,
        lag_ms: Option<i64>,
    ) {
        let mode = mode_of(environment);
        let labels = [mode, ("outcome", outcome)];
        self.attempts.get_or_create(&labels).inc();
        if let Some(lag_ms) = lag_ms {
            let seconds = lag_ms.max(0) as f64 / 1000.0;
            self.lag.get_or_create(&[mode]).observe(seconds);
        }
    }

    /// An attempt begins. Each is told once more when it ends, by [`Measures::note_end`].
    pub fn note_begin(&self, environment: Environment) {
        let mode = mode_of(environment);
        self.in_flight.get_or_create(&[mode]).inc();
    }

    /// An attempt has ended, whatever it came to.
    pub fn note_end(&self, environment: Environment) {
        let mode = mode_of(environment);
        self.in_flight.get_or_create(&[mode]).dec();
    }

    /// The database hinted that keys or account settings have changed.
    pub fn count_feed_hint(&self) {
        self.feed_hints.inc();
    }

    /// What a mode's database tells of its deliveries; `None`: it does not answer, and nothing is
    /// told of it.
    pub fn set_delivery_state(
        &self,
        environment: Environment,
        state: Option<&DeliveryState>,
        now_ms: i64,
    ) {
        let mode = mode_of(environment);
        let Some(state) = state else {
            for gauge in [&self.pending, &self.held, &self.open_breakers, &self.paused] {
                gauge.remove(&[mode]);
            }
            self.overdue.remove(&[mode]);
            return;
        };
        self.pending.get_or_create(&[mode]).set(state.pending);
        self.held.get_or_create(&[mode]).set(state.held);
        self.open_breakers
            .get_or_create(&[mode])
            .set(state.open_breakers);
        self.paused.get_or_create(&[mode]).set(state.paused);
        let overdue_ms = state.next_due_at.map_or(0, |due| (now_ms - due).max(0));
        self.overdue
            .get_or_create(&[mode])
            .set(overdue_ms as f64 / 1000.0);
        for (purge, progress) in &state.purges {
            let labels = [mode, ("what", purge.as_str())];
            let purged = u64::try_from(progress.purged_total).unwrap_or_default();
            self.purged
                .get_or_create(&labels)
                .inner()
                .store(purged, Ordering::Relaxed);
            self.purging
                .get_or_create(&labels)
                .set(i64::from(progress.started_at.is_some()));
        }
    }

    /// The numbers as Prometheus reads them.
    pub fn render(&self, directory: &Directory, since_boot_ms: i64) -> String {
        let freshness = &directory.freshness;
        self.keys.set(directory.keys.key_count() as i64);
        self.feed_version.set(directory.version());
        self.feed_snapshots
            .inner()
            .store(directory.snapshots(), Ordering::Relaxed);
        self.keys_fresh
            .set(i64::from(freshness.is_fresh(since_boot_ms)));
        self.clock_skew.set(freshness.clock_skew_ms());
        let mut text = String::new();
        encode(&mut text, &self.registry).expect("a string takes everything");
        text
    }
}

#[cfg(test)]
mod tests {
    use domain::Environment;
    use store::environment::callback_measures::DeliveryState;
    use store::environment::callback_purge::{Progress, Purge};

    use super::Measures;
    use crate::directory::Directory;

    fn ensure_told(measures: &Measures, lines: &[&str]) {
        let text = measures.render(&Directory::new(10_000), 0);
        for line in lines {
            assert!(
                text.lines().any(|other| other == *line),
                "{line} is missing in {text}"
            );
        }
    }

    #[test]
    fn answers_are_counted_by_class() {
        let measures = Measures::default();
        measures.count_answer(200);
        measures.count_answer(404);
        measures.count_answer(404);
        ensure_told(
            &measures,
            &[
                "weighbridge_answers_total{class=\"2xx\"} 1",
                "weighbridge_answers_total{class=\"4xx\"} 2",
                "weighbridge_api_keys 0",
                "weighbridge_feed_snapshots_total 0",
                "weighbridge_keys_fresh 0",
            ],
        );
    }

    #[test]
    fn deliveries_are_told_by_mode() {
        let measures = Measures::default();
        measures.count_attempt(Environment::Live, "delivered", Some(30));
        measures.count_attempt(Environment::Live, "refused", None);
        for _ in 0..4 {
            measures.note_begin(Environment::Live);
        }
        measures.note_end(Environment::Live);
        let mut progress = Progress::default();
        progress.started_at = Some(1);
        progress.purged_total = 5000;
        let state = DeliveryState {
            pending: 7,
            held: 2,
            open_breakers: 1,
            paused: 1,
            next_due_at: Some(10_000),
            purges: vec![(Purge::Bodies, progress)],
        };
        measures.set_delivery_state(Environment::Live, Some(&state), 12_500);
        ensure_told(
            &measures,
            &[
                "weighbridge_callback_attempts_total{mode=\"live\",outcome=\"delivered\"} 1",
                "weighbridge_callback_attempts_total{mode=\"live\",outcome=\"refused\"} 1",
                "weighbridge_callback_lag_seconds_count{mode=\"live\"} 1",
                "weighbridge_callback_lag_seconds_bucket{le=\"0.025\",mode=\"live\"} 0",
                "weighbridge_callback_lag_seconds_bucket{le=\"0.05\",mode=\"live\"} 1",
                "weighbridge_callbacks_in_flight{mode=\"live\"} 3",
                "weighbridge_callbacks_pending{mode=\"live\"} 7",
                "weighbridge_callbacks_held{mode=\"live\"} 2",
                "weighbridge_callbacks_overdue_seconds{mode=\"live\"} 2.5",
                "weighbridge_callback_breakers_open{mode=\"live\"} 1",
                "weighbridge_callback_receivers_paused{mode=\"live\"} 1",
                "weighbridge_callbacks_purged_total{mode=\"live\",what=\"bodies\"} 5000",
                "weighbridge_callbacks_purge_running{mode=\"live\",what=\"bodies\"} 1",
            ],
        );
        measures.set_delivery_state(Environment::Live, None, 12_500);
        let text = measures.render(&Directory::new(10_000), 0);
        assert!(!text.contains("weighbridge_callbacks_pending{"), "{text}");
    }
}
