//! `weighbridge callbacks …`: deliveries from a terminal of the server (callbacks.md part 6). What is
//! asked for here is found by a running server within a second.

use std::io::{IsTerminal, Read};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, bail};
use clap::{Args, Subcommand, ValueEnum};
use domain::{AccountId, CallbackId, Environment};
use keys::GivenSecret;
use serde_json::{Value, json};
use store::environment::callback_lists::{self, CallbackFilter, StateFilter};
use store::environment::callback_summary;
use store::{EnvironmentStore, StoreError};

use super::ago::read_ago;
use super::{AccountOption, OptionList, Sources, StoreOptions, print};
use crate::app::App;
use crate::callback_verification::{Fit, Known, KnownSecret, PastedHeaders, Verdict, verify};
use crate::clock::Clock;
use crate::http::web::callbacks::{describe, render_item, render_target};
use crate::operations::audit::Actor;
use crate::operations::change_target::{TargetChange, change_target};
use crate::operations::replay_callbacks;
use crate::operations::resend_callback::{ResendRequest, resend_callback};
use crate::startup;

/// Callbacks of a list, without `--limit`.
const LISTED_DEFAULT: i64 = 50;
/// Targets that are shown.
const TARGETS_MAX: i64 = 100;

#[derive(Subcommand)]
pub(super) enum Callbacks {
    /// List callbacks, newest first
    List(List),
    /// Show one with its tries, its body and why the next try is when it is
    Show(One),
    /// Send one once more, with the same id and body
    Resend(Resend),
    /// Send many once more: those that failed, unless another state is named
    Replay(Replay),
    /// List the receivers, those in trouble first
    Targets(Where),
    /// Send nothing more to a receiver; what comes is held
    Pause(Target),
    /// Send again to a paused receiver, what is held first
    Resume(Target),
    /// Give up for good what waits for a receiver
    Discard(Discard),
    /// Tell whether a request that was received is ours, and if not, what is wrong with it
    Verify(Verify),
}

#[derive(Clone, Copy, Default, ValueEnum)]
enum Mode {
    #[default]
    Live,
    Test,
}

/// Whose callbacks, of which mode, and how they are printed.
#[derive(Args)]
pub(super) struct Where {
    #[command(flatten)]
    store: StoreOptions,
    #[command(flatten)]
    account: AccountOption,
    /// Mode of the callbacks
    #[arg(long, value_enum, default_value = "live")]
    mode: Mode,
    /// Print JSON, an object a line
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(super) struct List {
    #[command(flatten)]
    place: Where,
    /// pending, sending, delivered, failed, blocked, superseded, held, discarded, or problem
    #[arg(long)]
    state: Option<String>,
    /// Receiver by scheme, host and port, as `targets` lists it
    #[arg(long)]
    target: Option<String>,
    /// Made within this last while, such as 10m, 2h or 7d
    #[arg(long, value_name = "TIME", value_parser = read_ago)]
    since: Option<i64>,
    /// At most this many
    #[arg(long, default_value_t = LISTED_DEFAULT, value_parser = clap::value_parser!(i64).range(1..=10_000))]
    limit: i64,
}

#[derive(Args)]
pub(super) struct One {
    #[command(flatten)]
    place: Where,
    /// The callback's id, cb_…
    #[arg(value_parser = read_id)]
    id: CallbackId,
}

#[derive(Args)]
pub(super) struct Resend {
    #[command(flatten)]
    one: One,
    /// Another address, once
    #[arg(long, value_name = "URL")]
    to: Option<String>,
    /// Send it although the task has told a newer state
    #[arg(long)]
    older: bool,
    /// Private network that --to may name, as of serve; may be given several times
    #[arg(long, value_name = "CIDR")]
    allow_callback_network: Vec<String>,
}

#[derive(Args)]
#[command(
    after_help = "Example:  weighbridge callbacks replay --data-dir data --since 2h --dry-run"
)]
pub(super) struct Replay {
    #[command(flatten)]
    place: Where,
    /// Made within this last while, such as 10m, 2h or 7d
    #[arg(long, value_name = "TIME", value_parser = read_ago)]
    since: i64,
    /// Receiver by scheme, host and port, as `targets` lists it
    #[arg(long)]
    target: Option<String>,
    /// failed, blocked, discarded, superseded, delivered, or any [default: failed]
    #[arg(long)]
    state: Option<String>,
    /// Count, and send nothing
    #[arg(long)]
    dry_run: bool,
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

#[derive(Args)]
pub(super) struct Target {
    #[command(flatten)]
    place: Where,
    /// Receiver by scheme, host and port, as `targets` lists it
    target: String,
}

#[derive(Args)]
pub(super) struct Discard {
    #[command(flatten)]
    place: Where,
    /// Receiver by scheme, host and port, as `targets` lists it
    #[arg(long)]
    target: String,
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

#[derive(Args)]
#[command(after_help = "\
Exit code 0: it is ours and unchanged; 1: it is not, or cannot be told.

Example:  weighbridge callbacks verify --secret-file secret.txt --headers headers.txt --body body.json")]
pub(super) struct Verify {
    /// File that holds the signing secret, whsec_…
    #[arg(long, value_name = "FILE")]
    secret_file: PathBuf,
    /// File of the headers, one a line
    #[arg(long, value_name = "FILE")]
    headers: PathBuf,
    /// File of the body, byte for byte; - is standard input
    #[arg(long, value_name = "FILE")]
    body: PathBuf,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

fn read_id(text: &str) -> Result<CallbackId, String> {
    text.strip_prefix("cb_")
        .unwrap_or(text)
        .parse()
        .map_err(|_| "must be cb_ and 24 hexadecimal digits".to_owned())
}

/// What a command works on.
struct Place {
    app: Arc<App>,
    account: AccountId,
    store: EnvironmentStore,
    json: bool,
}

impl Where {
    async fn open(&self, sources: &Sources) -> anyhow::Result<Place> {
        self.open_with(sources, Vec::new()).await
    }

    async fn open_with(&self, sources: &Sources, further: OptionList) -> anyhow::Result<Place> {
        let mut options = self.store.list();
        options.extend(further);
        let app = startup::build_app(sources.config(&options)?).await?;
        let account = self.account.choose(&app.stores.control).await?.account_id;
        let store = app.stores.environment(match self.mode {
            Mode::Live => Environment::Live,
            Mode::Test => Environment::Test,
        });
        Ok(Place {
            store: store.clone(),
            account,
            json: self.json,
            app,
        })
    }
}

impl Callbacks {
    pub(super) async fn run(self, sources: &Sources) -> anyhow::Result<()> {
        match self {
            Self::List(command) => command.run(sources).await,
            Self::Show(command) => command.run(sources).await,
            Self::Resend(command) => command.run(sources).await,
            Self::Replay(command) => command.run(sources).await,
            Self::Targets(command) => targets(&command.open(sources).await?).await,
            Self::Pause(command) => command.run(sources, TargetChange::Pause).await,
            Self::Resume(command) => command.run(sources, TargetChange::Resume).await,
            Self::Discard(command) => command.run(sources).await,
            Self::Verify(command) => command.run(),
        }
    }
}

impl List {
    async fn run(self, sources: &Sources) -> anyhow::Result<()> {
        let state = match &self.state {
            Some(state) => Some(
                StateFilter::parse(state)
                    .with_context(|| format!("--state: there is no state \"{state}\""))?,
            ),
            None => None,
        };
        let place = self.place.open(sources).await?;
        let filter = CallbackFilter {
            state,
            target: self.target,
            since: self.since.map(|ago_ms| Clock::System.now_ms() - ago_ms),
            ..CallbackFilter::default()
        };
        let (account, limit) = (place.account, self.limit);
        let page = place
            .store
            .read(move |tx| callback_lists::list(tx, account, &filter, None, limit))
            .await
            .map_err(|error: StoreError| error)?;
        if page.callbacks.is_empty() && !place.json {
            return print("No callback matches.");
        }
        for callback in &page.callbacks {
            let shown = render_item(callback);
            print(&if place.json {
                shown.to_string()
            } else {
                line_of(&shown)
            })?;
        }
        if page.next.is_some() && !place.json {
            print(&format!(
                "… and older ones: the first {limit} are shown (--limit)."
            ))?;
        }
        Ok(())
    }
}

fn text<'a>(shown: &'a Value, name: &str) -> &'a str {
    shown[name].as_str().unwrap_or("–")
}

/// One callback in one line.
fn line_of(shown: &Value) -> String {
    let last = shown["last_status"].as_i64().map_or_else(
        || text(shown, "last_outcome").to_owned(),
        |status| status.to_string(),
    );
    format!(
        "{}  {}  {:<10}  {:<15}  try {} of {}  {last:<15}  {}",
        text(shown, "id"),
        text(shown, "created_at"),
        text(shown, "state"),
        text(shown, "event"),
        shown["tries"],
        shown["tries_max"],
        text(shown, "url"),
    )
}

impl One {
    async fn run(self, sources: &Sources) -> anyhow::Result<()> {
        let place = self.place.open(sources).await?;
        let shown = describe(&place.app, place.account, &place.store, self.id)
            .await
            .map_err(|error| anyhow::anyhow!(error.message))?;
        if place.json {
            return print(&shown.to_string());
        }
        print(&line_of(&shown["callback"]))?;
        if let Some(why) = shown["why_next"].as_str() {
            print(why)?;
        }
        for attempt in shown["attempts"].as_array().into_iter().flatten() {
            print(&format!(
                "  {}. {}  {}  {} ms  {}",
                attempt["n"],
                text(attempt, "started_at"),
                text(attempt, "outcome"),
                attempt["duration_ms"].as_i64().unwrap_or_default(),
                text(attempt, "detail"),
            ))?;
        }
        match shown["request"]["body"].as_str() {
            Some(body) => print(&format!("\n{body}")),
            None => print("\nThe body is older than callbacks are kept."),
        }
    }
}

impl Resend {
    async fn run(self, sources: &Sources) -> anyhow::Result<()> {
        let networks = vec![("allow_callback_network", self.allow_callback_network)];
        let place = self.one.place.open_with(sources, networks).await?;
        let request = ResendRequest {
            url: self.to,
            confirms_older: self.older,
        };
        let actor = Actor::operator();
        let id = self.one.id;
        resend_callback(&place.app, &actor, place.account, &place.store, id, request)
            .await
            .map_err(|error| match error.code {
                "older_state" => {
                    anyhow::anyhow!("{}\n  --older sends it all the same.", error.message)
                }
                _ => anyhow::anyhow!(error.message),
            })?;
        if place.json {
            return print(&json!({"id": format!("cb_{id}"), "asked": true}).to_string());
        }
        print(&format!(
            "cb_{id} is sent once more by the server that runs."
        ))
    }
}

impl Replay {
    async fn run(self, sources: &Sources) -> anyhow::Result<()> {
        let place = self.place.open(sources).await?;
        let now_ms = Clock::System.now_ms();
        let since = now_ms - self.since;
        let callbacks = CallbackFilter {
            target: self.target.clone(),
            since: Some(since),
            ..CallbackFilter::default()
        };
        let filter = replay_callbacks::filter_of(self.state.as_deref(), callbacks)
            .context("--state: must be failed, blocked, discarded, superseded, delivered or any")?;
        let (account, store) = (place.account, &place.store);
        let preview = replay_callbacks::preview(account, store, &filter, now_ms).await?;
        let counted = json!({
            "count": preview.count, "purged": preview.purged, "older_states": preview.older_states,
        });
        if self.dry_run || preview.count == 0 {
            return print(&if place.json {
                counted.to_string()
            } else {
                format!(
                    "{} callbacks would be sent once more; {} are older states, {} have no body any \
                     more.",
                    preview.count, preview.older_states, preview.purged
                )
            });
        }
        confirm(
            self.yes,
            &format!("Send {} callbacks once more?", preview.count),
        )?;
        let asked = json!({
            "target": self.target, "state": self.state, "since": domain::time::format_time(since),
        });
        let actor = Actor::operator();
        let made = replay_callbacks::start(&place.app, &actor, account, store, &filter, asked)
            .await
            .map_err(|error| anyhow::anyhow!(error.message))?;
        if place.json {
            return print(&json!({"id": made.replay_id, "total": made.total}).to_string());
        }
        print(&format!(
            "Replay {} of {} callbacks is under way. The page Callbacks shows how far it is.",
            made.replay_id, made.total
        ))
    }
}

async fn targets(place: &Place) -> anyhow::Result<()> {
    let account = place.account;
    let summary = place
        .store
        .read(move |tx| callback_summary::of_account(tx, account, TARGETS_MAX))
        .await
        .map_err(|error: StoreError| error)?;
    if summary.targets.is_empty() && !place.json {
        return print("No callback has gone anywhere yet.");
    }
    for target in &summary.targets {
        let shown = render_target(target);
        print(&if place.json {
            shown.to_string()
        } else {
            target_line(&shown)
        })?;
    }
    Ok(())
}

fn target_line(shown: &Value) -> String {
    format!(
        "{:<8}  {}  {} waiting, {} held  last: {}",
        text(shown, "state"),
        text(shown, "target"),
        shown["pending"],
        shown["held"],
        text(shown, "last_outcome"),
    )
}

impl Target {
    async fn run(self, sources: &Sources, change: TargetChange) -> anyhow::Result<()> {
        let place = self.place.open(sources).await?;
        change_and_print(&place, self.target, change).await
    }
}

impl Discard {
    async fn run(self, sources: &Sources) -> anyhow::Result<()> {
        let place = self.place.open(sources).await?;
        confirm(
            self.yes,
            &format!("Give up for good what waits for {}?", self.target),
        )?;
        change_and_print(&place, self.target, TargetChange::Discard).await
    }
}

async fn change_and_print(
    place: &Place,
    target: String,
    change: TargetChange,
) -> anyhow::Result<()> {
    let actor = Actor::operator();
    let (state, discarded) = change_target(
        &place.app,
        &actor,
        place.account,
        &place.store,
        target,
        change,
    )
    .await
    .map_err(|error| anyhow::anyhow!(error.message))?;
    let mut shown = render_target(&state);
    if change == TargetChange::Discard {
        shown["discarded"] = discarded.into();
        if !place.json {
            print(&format!("{discarded} callbacks were discarded."))?;
        }
    }
    print(&if place.json {
        shown.to_string()
    } else {
        target_line(&shown)
    })
}

/// Asks a person; a program must have said `--yes`.
fn confirm(yes: bool, question: &str) -> anyhow::Result<()> {
    if yes {
        return Ok(());
    }
    if !std::io::stdin().is_terminal() {
        bail!("{question}\n  Say so by --yes: nobody can be asked here.");
    }
    eprint!("{question} [y/N] ");
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    if answer.trim().eq_ignore_ascii_case("y") {
        return Ok(());
    }
    bail!("nothing was done")
}

impl Verify {
    fn run(self) -> anyhow::Result<()> {
        let read = |path: &PathBuf, option: &str| {
            if path.as_os_str() == "-" {
                let mut bytes = Vec::new();
                std::io::stdin().read_to_end(&mut bytes)?;
                return Ok(bytes);
            }
            std::fs::read(path)
                .with_context(|| format!("{option}: {} cannot be read", path.display()))
        };
        let secret = String::from_utf8(read(&self.secret_file, "--secret-file")?)
            .context("--secret-file: it is no text")?;
        let secret = GivenSecret::read(secret.trim()).context("--secret-file")?;
        let headers = read(&self.headers, "--headers")?;
        let headers = PastedHeaders::read(&String::from_utf8_lossy(&headers));
        let body = read(&self.body, "--body")?;
        let known = Known {
            auth_keys: Vec::new(),
            secrets: vec![(Fit::Current, KnownSecret::Given(&secret))],
        };
        let found = verify(&headers, &body, &known, None, Clock::System.now_ms());
        let is_ours = found.verdict == Verdict::Ok;
        if self.json {
            print(&serde_json::to_string(&found)?)?;
        } else {
            print(match found.verdict {
                Verdict::Ok => "It is ours, and unchanged.",
                Verdict::Bad => "No signature fits.",
                Verdict::Unsigned => "It is not signed: there is no webhook-signature.",
            })?;
            if let Some(timestamp) = found.timestamp {
                print(&format!(
                    "It was sent {} seconds ago.",
                    timestamp.age_seconds
                ))?;
            }
            for signature in &found.signatures {
                print(&format!("  {:<4} {}", signature.scheme, signature.text))?;
            }
            for cause in &found.causes {
                print(&format!("  - {cause}"))?;
            }
        }
        if is_ours {
            return Ok(());
        }
        bail!("it could not be verified")
    }
}
