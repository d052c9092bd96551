//! What every part of a running server shares. Built once, at start.

use std::sync::Arc;

use domain::Environment;
use keys::Secrets;
use outbound::GuardedClient;
use store::Stores;
use tokio::sync::Notify;

use crate::clock::{Clock, IdSource};
use crate::config::Config;
use crate::directory::Directory;
use crate::http::dev_receiver::Received;
use crate::measures::Measures;
use crate::passwords::HashingSlots;
use crate::workers::mail::MailBox;

/// The running server's parts.
pub struct App {
    /// The three databases.
    pub stores: Stores,
    /// API keys and account settings, in memory.
    pub directory: Directory,
    /// The secrets file.
    pub secrets: Arc<Secrets>,
    /// The time.
    pub clock: Clock,
    /// Ids. Shared, since closures that write make them too.
    pub ids: Arc<IdSource>,
    /// The only way out to an address that a user gave.
    pub outbound: GuardedClient,
    /// Settings in force.
    pub config: Arc<Config>,
    /// What the receiver of `weighbridge dev` got.
    pub received: Received,
    /// Counters for `/metrics`.
    pub measures: Measures,
    /// Bounds password hashing.
    pub hashing: HashingSlots,
    /// Mail that `weighbridge dev` does not send.
    pub mail_box: MailBox,
    /// Rung when a mail was queued.
    pub mail_due: Notify,
    /// Rung when a callback was put into the outbox, by mode: live, test.
    callbacks_due: [Notify; 2],
}

impl App {
    /// Puts the parts together.
    pub fn new(
        stores: Stores,
        directory: Directory,
        secrets: Arc<Secrets>,
        clock: Clock,
        outbound: GuardedClient,
        config: Arc<Config>,
    ) -> Self {
        Self {
            stores,
            directory,
            secrets,
            clock,
            ids: Arc::default(),
            outbound,
            config,
            received: Received::default(),
            measures: Measures::default(),
            hashing: HashingSlots::default(),
            mail_box: MailBox::default(),
            mail_due: Notify::new(),
            callbacks_due: [Notify::new(), Notify::new()],
        }
    }

    /// The bell of one mode's callback worker.
    pub fn callbacks_due(&self, environment: Environment) -> &Notify {
        match environment {
            Environment::Live => &self.callbacks_due[0],
            Environment::Test => &self.callbacks_due[1],
        }
    }

    /// Whether a mail that is queued can reach anybody.
    pub fn can_mail(&self) -> bool {
        self.config.dev || self.config.mail.is_some()
    }

    /// Parts of a new id: see [`IdSource::next`].
    pub fn id_parts(&self) -> (u64, [u8; 6]) {
        self.ids.next(self.clock.now_ms())
    }
}
