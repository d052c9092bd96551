//! What runs beside the requests. Each worker ends when the server stops.

mod audit_heads;
pub mod callbacks;
pub mod change_feed;
pub mod ending_keys;
pub mod key_uses;
mod leases;
mod letters;
pub mod mail;
pub mod purge;
pub mod replays;
pub mod schedule;
mod sweep;

use std::sync::Arc;

use domain::Environment;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::app::App;

/// Starts all workers but the follower of the feed, which outlives the requests in flight. They end
/// after `stop` turns true.
pub fn start(app: &Arc<App>, stop: &watch::Receiver<bool>) -> JoinSet<()> {
    let mut workers = JoinSet::new();
    for environment in [Environment::Live, Environment::Test] {
        workers.spawn(callbacks::run(app.clone(), environment, stop.clone()));
        workers.spawn(replays::run(app.clone(), environment, stop.clone()));
    }
    workers.spawn(leases::run(app.clone(), stop.clone()));
    workers.spawn(ending_keys::run(app.clone(), stop.clone()));
    workers.spawn(audit_heads::run(app.clone(), stop.clone()));
    workers.spawn(key_uses::run(app.clone(), stop.clone()));
    workers.spawn(mail::run(app.clone(), stop.clone()));
    workers.spawn(purge::run(app.clone(), stop.clone()));
    workers.spawn(sweep::run(app.clone(), stop.clone()));
    workers
}
