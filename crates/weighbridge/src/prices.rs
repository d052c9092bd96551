//! The default price list. An account's own prices (control database) come first.

use crate::directory::AccountSettings;

/// Currency of all amounts.
pub const CURRENCY: &str = "USD";

/// Micro-units per completed live task.
const DEFAULTS_MICROS: &[(&str, i64)] = &[
    ("imageannotation", 120_000),
    ("annotation", 80_000),
    ("polygonannotation", 150_000),
    ("lineannotation", 100_000),
    ("pointannotation", 60_000),
    ("categorization", 40_000),
    ("textcollection", 100_000),
    ("transcription", 100_000),
    ("datacollection", 150_000),
    ("namedentityrecognition", 80_000),
];

/// Price of a type without an entry.
const OTHERWISE_MICROS: i64 = 100_000;

/// What completing a task of this type costs the account, micro-units.
pub fn price_of(task_type: &str, account: Option<&AccountSettings>) -> i64 {
    if let Some(price) = account.and_then(|account| account.prices.get(task_type)) {
        return *price;
    }
    DEFAULTS_MICROS
        .iter()
        .find(|(name, _)| *name == task_type)
        .map_or(OTHERWISE_MICROS, |(_, price)| *price)
}
