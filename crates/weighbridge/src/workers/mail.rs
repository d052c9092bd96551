//! Sends mail: leases what is due, makes the token of its link, puts the letter into words and
//! hands it to the mail server. `weighbridge dev` keeps it in a box of its own instead.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use lettre::message::header::ContentType;
use lettre::message::{Attachment, Mailbox, Message, MultiPart, SinglePart};
use lettre::transport::smtp;
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use store::StoreError;
use store::control::mails::{self, MailRow};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::letters::{self, Words};
use crate::app::App;
use crate::clock::random_bytes;
use crate::config::{Config, MailServer};
use crate::operations::send_mail::{Letter, token_digest};

/// The queue is looked at this often, whatever the bell says.
const POLL_EVERY: Duration = Duration::from_secs(5);
/// Mails on their way at once.
const AT_ONCE: i64 = 8;
/// How long a mail is leased: longer than the mail server may take.
const LEASE_MS: i64 = 2 * 60 * 1000;
/// Time for the mail server to take a mail.
const SEND_TIME_MAX: Duration = Duration::from_secs(60);
/// Delays before retries, in seconds; together about a day.
const DELAYS_SECONDS: [i64; 10] = [
    10, 60, 300, 900, 3_600, 7_200, 14_400, 14_400, 21_600, 21_600,
];
/// Mails that `weighbridge dev` keeps.
const KEPT_MAX: usize = 200;
/// Most characters of an error that are kept.
const ERROR_LENGTH_MAX: usize = 300;

/// A mail that `weighbridge dev` did not send.
#[derive(Clone, Debug)]
pub struct KeptMail {
    /// Unix ms.
    pub at_ms: i64,
    /// Address.
    pub to: String,
    /// Subject line.
    pub subject: String,
    /// Body, plain text.
    pub text: String,
}

/// The mail of `weighbridge dev`, newest first.
#[derive(Default)]
pub struct MailBox(Mutex<VecDeque<KeptMail>>);

impl MailBox {
    fn keep(&self, mail: KeptMail) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push_front(mail);
        kept.truncate(KEPT_MAX);
    }

    /// All that is in it, newest first.
    pub fn all(&self) -> Vec<KeptMail> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().cloned().collect()
    }
}

/// Way of the mails of this server.
pub enum Way {
    /// A mail server.
    Server(Box<Server>),
    /// The box of `weighbridge dev`.
    Box,
}

/// The mail server, with its waiting connections.
pub struct Server {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl Server {
    fn new(server: &MailServer) -> anyhow::Result<Self> {
        Ok(Self {
            transport: AsyncSmtpTransport::<Tokio1Executor>::from_url(&server.url)?
                .timeout(Some(SEND_TIME_MAX))
                .build(),
            from: server.from.parse()?,
        })
    }
}

/// Why a mail could not be sent.
#[derive(Debug)]
pub struct NotSent {
    /// In words; may be the mail server's.
    pub reason: String,
    /// Another try would end the same way.
    pub is_final: bool,
    /// The mail server's reply code (RFC 5321, part 4.2), if it replied.
    pub code: Option<u16>,
}

/// A mail that is ready to go.
pub struct OutgoingMail<'a> {
    /// Address.
    pub to: &'a str,
    /// Subject line and text.
    pub words: Words,
    /// `Message-ID`, for a mail that may go out twice; otherwise each gets a new one.
    pub message_id: Option<String>,
    /// Name and JSON of an attachment.
    pub attachment: Option<(String, Vec<u8>)>,
}

/// Runs until `stop` turns true. Without a mail server there is nothing to do.
pub(super) async fn run(app: Arc<App>, mut stop: watch::Receiver<bool>) {
    let Some(way) = app.mail_way() else { return };
    while !*stop.borrow() {
        if send_due(&app, way).await > 0 {
            continue;
        }
        tokio::select! {
            () = app.mail_due.notified() => {}
            () = tokio::time::sleep(POLL_EVERY) => {}
            _ = stop.changed() => {}
        }
    }
}

/// Sends what is due now and waits for its end; gives the number of mails. For tests, in which no
/// worker runs.
pub async fn run_once(app: &Arc<App>) -> usize {
    match app.mail_way() {
        Some(way) => send_due(app, way).await,
        None => 0,
    }
}

/// The way that the settings name; `None`: no mail is sent.
pub fn way(config: &Config) -> Option<Arc<Way>> {
    if config.dev {
        return Some(Arc::new(Way::Box));
    }
    match Server::new(config.mail.as_ref()?) {
        Ok(server) => Some(Arc::new(Way::Server(Box::new(server)))),
        Err(error) => {
            tracing::error!(%error, "no mail is sent: the settings of the mail server do not fit");
            None
        }
    }
}

async fn send_due(app: &Arc<App>, way: &Arc<Way>) -> usize {
    let now_ms = app.clock.now_ms();
    let leased = app
        .stores
        .control
        .write(move |tx| mails::lease_due(tx, AT_ONCE, now_ms + LEASE_MS, now_ms))
        .await;
    let leased = leased.unwrap_or_else(|error: StoreError| {
        tracing::warn!(%error, "mail that is due could not be looked at");
        Vec::new()
    });
    let count = leased.len();
    let mut sending = JoinSet::new();
    for mail in leased {
        let (app, way) = (app.clone(), way.clone());
        sending.spawn(async move { handle(&app, &way, mail).await });
    }
    while sending.join_next().await.is_some() {}
    count
}

async fn handle(app: &App, way: &Way, mail: MailRow) {
    let sent = match prepare(app, &mail).await {
        Ok(Some(words)) => {
            let outgoing = OutgoingMail {
                to: &mail.recipient,
                words,
                message_id: None,
                attachment: None,
            };
            send(app, way, outgoing).await
        }
        Ok(None) => Ok(()),
        Err(error) => Err(error),
    };
    let now_ms = app.clock.now_ms();
    let id = mail.mail_id;
    let written = match sent {
        Ok(()) => {
            app.stores
                .control
                .write(move |tx| mails::sent(tx, id, now_ms))
                .await
        }
        Err(error) => {
            let reason: String = error.reason.chars().take(ERROR_LENGTH_MAX).collect();
            let delay = DELAYS_SECONDS
                .get(mail.tries as usize)
                .filter(|_| !error.is_final);
            tracing::warn!(mail.id = %id, reason, given_up = delay.is_none(), "a mail was not sent");
            let due_ms = delay.map(|seconds| now_ms + seconds * 1000);
            app.stores
                .control
                .write(move |tx| match due_ms {
                    Some(due_ms) => mails::retry(tx, id, due_ms, &reason),
                    None => mails::fail(tx, id, now_ms, &reason),
                })
                .await
        }
    };
    if let Err::<(), StoreError>(error) = written {
        // The lease lapses, and the mail goes out once more with a new token.
        tracing::warn!(%error, mail.id = %id, "it could not be noted how a mail went");
    }
}

/// The letter in words, with a new token where it carries a link. `None`: it goes to nobody, or
/// its link is of no use any more.
async fn prepare(app: &App, mail: &MailRow) -> Result<Option<Words>, NotSent> {
    let letter: Letter = serde_json::from_str(&mail.letter).map_err(|error| NotSent {
        reason: format!("the letter does not read: {error}"),
        is_final: true,
        code: None,
    })?;
    let token = match mail.token_id {
        None => None,
        Some(token_id) => {
            let token = URL_SAFE_NO_PAD.encode(random_bytes::<32>());
            let digest = token_digest(&app.secrets, &token);
            let now_ms = app.clock.now_ms();
            let is_of_use = app
                .stores
                .control
                .write(move |tx| mails::set_token_digest(tx, token_id, &digest, now_ms))
                .await
                .map_err(|error: StoreError| NotSent {
                    reason: error.to_string(),
                    is_final: false,
                    code: None,
                })?;
            if !is_of_use {
                return Ok(None);
            }
            Some(token)
        }
    };
    Ok(letters::write(
        &letter,
        &app.config.base_url(),
        token.as_deref(),
    ))
}

/// Hands a mail to the mail server, or to the box.
pub async fn send(app: &App, way: &Way, mail: OutgoingMail<'_>) -> Result<(), NotSent> {
    let Words { subject, mut text } = mail.words;
    let server = match way {
        Way::Server(server) => server,
        Way::Box => {
            if let Some((name, json)) = &mail.attachment {
                text = format!("{text}\n{name}:\n\n{}\n", String::from_utf8_lossy(json));
            }
            app.mail_box.keep(KeptMail {
                at_ms: app.clock.now_ms(),
                to: mail.to.to_owned(),
                subject,
                text,
            });
            return Ok(());
        }
    };
    let unsendable = |reason: String| NotSent {
        reason,
        is_final: true,
        code: None,
    };
    let to: Mailbox = mail
        .to
        .parse()
        .map_err(|error: lettre::address::AddressError| unsendable(error.to_string()))?;
    let head = Message::builder()
        .from(server.from.clone())
        .to(to)
        .subject(subject)
        .message_id(mail.message_id)
        .header(AutoSubmitted);
    let message = match mail.attachment {
        None => head.header(ContentType::TEXT_PLAIN).body(text),
        Some((name, json)) => {
            let media = ContentType::parse("application/json").expect("it is a media type");
            head.multipart(
                MultiPart::mixed()
                    .singlepart(SinglePart::plain(text))
                    .singlepart(Attachment::new(name).body(json, media)),
            )
        }
    };
    let message = message.map_err(|error| unsendable(error.to_string()))?;
    match server.transport.send(message).await {
        Ok(_) => Ok(()),
        Err(error) => Err(NotSent {
            is_final: is_final(&error),
            code: error.status().map(u16::from),
            reason: error.to_string(),
        }),
    }
}

/// Whether the mail server refuses this recipient or mail for good. Other permanent errors, such as
/// a refused log-in, are the operator's to mend, and the mail waits for it.
fn is_final(error: &smtp::Error) -> bool {
    error
        .status()
        .is_some_and(|code| matches!(u16::from(code), 550..=554))
}

/// Tells programs that answer mail not to answer this one (RFC 3834).
#[derive(Clone)]
struct AutoSubmitted;

impl lettre::message::header::Header for AutoSubmitted {
    fn name() -> lettre::message::header::HeaderName {
        lettre::message::header::HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> lettre::message::header::HeaderValue {
        lettre::message::header::HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}
