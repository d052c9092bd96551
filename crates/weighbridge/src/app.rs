//! What every part of a running server shares. Built once, at start.

use std::sync::{Arc, OnceLock};

use domain::Environment;
use keys::Secrets;
use outbound::GuardedClient;
use store::Stores;
use store::control::processes::ProcessId;
use tokio::sync::{Notify, watch};

use crate::clock::{Clock, IdSource, random_bytes};
use crate::config::Config;
use crate::directory::Directory;
use crate::file_links::FileLinks;
use crate::http::dev_receiver::Received;
use crate::http::failed_keys::FailedKeys;
use crate::http::v1::callbacks::OpenStreams;
use crate::key_uses::KeyUses;
use crate::measures::Measures;
use crate::operations::note_refusal::Refusals;
use crate::passwords::HashingSlots;
use crate::workers::mail::{self, MailBox, Way};

/// The running server's parts.
pub struct App {
    /// The three databases.
    pub stores: Stores,
    /// Names this process among those that serve from the same databases.
    pub process_id: ProcessId,
    /// API keys and account settings, in memory.
    pub directory: Directory,
    /// Who uses each key.
    pub key_uses: KeyUses,
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
    /// Requests whose key was refused, by network.
    pub failed_keys: FailedKeys,
    /// Refused attempts that were noted lately.
    pub refusals: Refusals,
    /// Bounds password hashing.
    pub hashing: HashingSlots,
    /// Streams of callbacks that are open.
    pub callback_streams: OpenStreams,
    /// Turns true when the server stops: open streams end.
    pub stopping: watch::Sender<bool>,
    /// Mail that `weighbridge dev` does not send.
    pub mail_box: MailBox,
    /// Rung when a mail was queued.
    pub mail_due: Notify,
    /// Rung when a callback was put into the outbox, by mode: live, test.
    callbacks_due: [Notify; 2],
    /// Rung when a replay was made or changed, by mode: live, test.
    replays_due: [Notify; 2],
    /// Signed addresses, by mode: live, test.
    file_links: [Arc<FileLinks>; 2],
    /// The mail server, once mail was sent.
    mail_way: OnceLock<Option<Arc<Way>>>,
    /// How often the callback workers have looked for what is due, by mode: live, test.
    callback_looks: [watch::Sender<u64>; 2],
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
        let file_links = [Environment::Live, Environment::Test]
            .map(|mode| Arc::new(FileLinks::new(config.base_url(), &secrets, mode)));
        Self {
            stores,
            process_id: random_bytes(),
            directory,
            key_uses: KeyUses::default(),
            secrets,
            clock,
            ids: Arc::default(),
            outbound,
            config,
            received: Received::default(),
            measures: Measures::default(),
            failed_keys: FailedKeys::default(),
            refusals: Refusals::default(),
            hashing: HashingSlots::default(),
            callback_streams: OpenStreams::default(),
            stopping: watch::Sender::default(),
            mail_box: MailBox::default(),
            mail_due: Notify::new(),
            callbacks_due: [Notify::new(), Notify::new()],
            replays_due: [Notify::new(), Notify::new()],
            file_links,
            mail_way: OnceLock::new(),
            callback_looks: [watch::Sender::default(), watch::Sender::default()],
        }
    }

    /// The bell of one mode's callback worker.
    pub fn callbacks_due(&self, environment: Environment) -> &Notify {
        match environment {
            Environment::Live => &self.callbacks_due[0],
            Environment::Test => &self.callbacks_due[1],
        }
    }

    /// How often one mode's callback worker has looked for what is due, and has begun to send it.
    pub fn callback_looks(&self, environment: Environment) -> &watch::Sender<u64> {
        match environment {
            Environment::Live => &self.callback_looks[0],
            Environment::Test => &self.callback_looks[1],
        }
    }

    /// The bell of one mode's replays.
    pub fn replays_due(&self, environment: Environment) -> &Notify {
        match environment {
            Environment::Live => &self.replays_due[0],
            Environment::Test => &self.replays_due[1],
        }
    }

    /// Signed addresses of one mode's files.
    pub fn file_links(&self, environment: Environment) -> &Arc<FileLinks> {
        match environment {
            Environment::Live => &self.file_links[0],
            Environment::Test => &self.file_links[1],
        }
    }

    /// The way that mail goes; `None`: there is no mail server.
    pub fn mail_way(&self) -> Option<&Arc<Way>> {
        self.mail_way
            .get_or_init(|| mail::way(&self.config))
            .as_ref()
    }

    /// Whether a mail that is queued reaches somebody: a mail server, or `/dev/mail`.
    pub fn can_mail(&self) -> bool {
        self.config.mail.is_some() || self.config.dev
    }

    /// Parts of a new id: see [`IdSource::next`].
    pub fn id_parts(&self) -> (u64, [u8; 6]) {
        self.ids.next(self.clock.now_ms())
    }
}
