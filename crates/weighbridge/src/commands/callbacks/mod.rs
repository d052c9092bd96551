//! `weighbridge callbacks …`: deliveries from a terminal of the server (callbacks.md part 6). What is
//! asked for here is found by a running server within a second.

mod verify;

use std::sync::Arc;

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use domain::{AccountId, CallbackId};
use serde_json::{Value, json};
use store::environment::callback_lists::{self, CallbackFilter, StateFilter};
use store::environment::callback_summary;
use store::{EnvironmentStore, StoreError};

use super::ago::read_ago;
use super::{AccountOption, Mode, OptionList, Sources, StoreOptions, print};
use crate::app::App;
use crate::callback_object::{self, describe, render_target};
use crate::clock::Clock;
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
    Verify(verify::Verify),
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
    /// It is meant: without this, nothing is done
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
    /// It is meant: without this, nothing is done
    #[arg(long)]
    yes: bool,
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

impl Place {
    /// Prints an object, for a program or in a line for a person.
    fn print(&self, shown: &Value, line: fn(&Value) -> String) -> anyhow::Result<()> {
        print(&if self.json {
            shown.to_string()
        } else {
            line(shown)
        })
    }
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
        let store = app.stores.environment(self.mode.into());
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
        let state =
            match &self.state {
                Some(state) => Some(StateFilter::parse(state).with_context(|| {
                    format!("--state: there is no state \"{state}\"; see --help")
                })?),
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
            place.print(&callback_object::render(callback), line_of)?;
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
            .await?
            .context("there is no callback of that id in this mode")?;
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
        let what = format!("callbacks that would be sent once more: {}", preview.count);
        ensure_meant(self.yes, &what)?;
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
        place.print(&render_target(target), target_line)?;
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
        let what = format!("what waits for {} would be given up for good", self.target);
        ensure_meant(self.yes, &what)?;
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
    place.print(&shown, target_line)
}

/// What cannot be taken back is done only where it was said that it is meant: no command asks.
fn ensure_meant(yes: bool, what: &str) -> anyhow::Result<()> {
    if !yes {
        bail!("{what}\n  Nothing was done. Say that you mean it by --yes.");
    }
    Ok(())
}
