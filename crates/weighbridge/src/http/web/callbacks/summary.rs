//! Numbers above the list, and the state of each target.

use axum::Json;
use domain::Capability;
use serde_json::{Value, json};
use store::StoreError;
use store::environment::callback_summary::{self, COUNT_MAX, TARGET_COUNT_MAX};

use super::super::{Mode, Person};
use crate::callback_object::{render_target, time};
use crate::error::ApiError;

/// Targets that are shown.
const TARGETS_SHOWN_MAX: i64 = 100;

/// `GET /web/{mode}/callbacks/summary`.
pub(super) async fn show(person: Person, Mode(store): Mode) -> Result<Json<Value>, ApiError> {
    person.require(Capability::ViewCallbacks)?;
    let account = person.session.account_id;
    let summary = store
        .read(move |tx| callback_summary::of_account(tx, account, TARGETS_SHOWN_MAX))
        .await
        .map_err(|error: StoreError| ApiError::from(error))?;
    let success_rate = (summary.ended > 0).then(|| summary.delivered as f64 / summary.ended as f64);
    let lags = &summary.lags_ms;
    let lag_ms = (!lags.is_empty())
        .then(|| json!({"p50": percentile(lags, 50), "p99": percentile(lags, 99)}));
    let oldest_due_at = summary
        .targets
        .iter()
        .filter_map(|target| target.oldest_due_at)
        .min();
    let targets: Vec<Value> = summary.targets.iter().map(render_target).collect();
    Ok(Json(json!({
        "success_rate": success_rate,
        "ended": summary.ended,
        "lag_ms": lag_ms,
        "pending": summary.pending,
        "held": summary.held,
        "failed": summary.failed,
        "oldest_due_at": time(oldest_due_at),
        "counts_capped_at": COUNT_MAX,
        "target_counts_capped_at": TARGET_COUNT_MAX,
        "targets": targets,
    })))
}

/// The value below which `percent` of the sorted values lie, by nearest rank.
fn percentile(sorted: &[i64], percent: usize) -> i64 {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted[rank - 1]
}

#[cfg(test)]
mod tests {
    use super::percentile;

    #[test]
    fn percentiles_are_by_nearest_rank() {
        let hundred: Vec<i64> = (1..=100).collect();
        assert_eq!(
            (percentile(&hundred, 50), percentile(&hundred, 99)),
            (50, 99)
        );
        assert_eq!((percentile(&[7], 50), percentile(&[7], 99)), (7, 7));
        assert_eq!(
            (percentile(&[1, 2, 3], 50), percentile(&[1, 2, 3], 99)),
            (2, 3)
        );
    }
}
