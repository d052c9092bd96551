//! What `/metrics` tells, in the Prometheus text format. Few numbers, no labels of customers.

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::directory::Directory;

/// Classes of HTTP status, in order of [`Measures::answers`].
const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

/// Counters of this process, from its start.
#[derive(Debug, Default)]
pub struct Measures {
    answers: [AtomicU64; 5],
    callbacks_delivered: AtomicU64,
    callbacks_failed: AtomicU64,
    feed_hints: AtomicU64,
}

impl Measures {
    /// A request was answered with this HTTP status.
    pub fn count_answer(&self, status: u16) {
        let class = usize::from(status / 100).clamp(1, 5) - 1;
        self.answers[class].fetch_add(1, Ordering::Relaxed);
    }

    /// A callback was tried.
    pub fn count_callback(&self, delivered: bool) {
        let counter = if delivered {
            &self.callbacks_delivered
        } else {
            &self.callbacks_failed
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// The database hinted that keys or account settings have changed.
    pub fn count_feed_hint(&self) {
        self.feed_hints.fetch_add(1, Ordering::Relaxed);
    }

    /// The numbers as Prometheus reads them.
    pub fn render(&self, directory: &Directory, since_boot_ms: i64) -> String {
        let mut text = String::from(
            "# HELP weighbridge_answers_total Answers to requests, by class of status.\n\
             # TYPE weighbridge_answers_total counter\n",
        );
        for (class, answers) in CLASSES.iter().zip(&self.answers) {
            let answers = answers.load(Ordering::Relaxed);
            let _ = writeln!(
                text,
                "weighbridge_answers_total{{class=\"{class}\"}} {answers}"
            );
        }
        text.push_str(
            "# HELP weighbridge_callback_attempts_total Attempts at callbacks, by outcome.\n\
             # TYPE weighbridge_callback_attempts_total counter\n",
        );
        for (outcome, counter) in [
            ("delivered", &self.callbacks_delivered),
            ("failed", &self.callbacks_failed),
        ] {
            let attempts = counter.load(Ordering::Relaxed);
            let _ = writeln!(
                text,
                "weighbridge_callback_attempts_total{{outcome=\"{outcome}\"}} {attempts}"
            );
        }
        let freshness = &directory.freshness;
        let numbers = [
            (
                "api_keys",
                "gauge",
                "API keys held in memory.",
                directory.keys.key_count() as i64,
            ),
            (
                "feed_version",
                "gauge",
                "Version of keys and account settings in force.",
                directory.version(),
            ),
            (
                "feed_hints_total",
                "counter",
                "Hints of the control database that it has changed.",
                self.feed_hints.load(Ordering::Relaxed) as i64,
            ),
            (
                "feed_snapshots_total",
                "counter",
                "Times that all keys and account settings were read, the first included.",
                directory.snapshots() as i64,
            ),
            (
                "keys_fresh",
                "gauge",
                "Whether keys are admitted: 0 without word from the control database.",
                i64::from(freshness.is_fresh(since_boot_ms)),
            ),
            (
                "clock_skew_milliseconds",
                "gauge",
                "How far the control database's clock is ahead.",
                freshness.clock_skew_ms(),
            ),
        ];
        for (name, kind, help, number) in numbers {
            let _ = write!(
                text,
                "# HELP weighbridge_{name} {help}\n# TYPE weighbridge_{name} {kind}\n\
                 weighbridge_{name} {number}\n"
            );
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::Measures;
    use crate::directory::Directory;

    #[test]
    fn answers_are_counted_by_class() {
        let measures = Measures::default();
        measures.count_answer(200);
        measures.count_answer(404);
        measures.count_answer(404);
        measures.count_callback(true);
        let text = measures.render(&Directory::new(10_000), 0);
        for line in [
            "weighbridge_answers_total{class=\"2xx\"} 1",
            "weighbridge_answers_total{class=\"4xx\"} 2",
            "weighbridge_callback_attempts_total{outcome=\"delivered\"} 1",
            "weighbridge_api_keys 0",
            "weighbridge_feed_snapshots_total 0",
            "weighbridge_keys_fresh 0",
        ] {
            assert!(
                text.lines().any(|other| other == line),
                "{line} is missing in {text}"
            );
        }
    }
}
