//! What an account decides about its callbacks (callbacks.md 5): where they may go, plain http,
//! events, and which key goes first. Changed with an audit entry in the same transaction.

use domain::callback::callback_event;
use domain::{AccountId, Capability, Environment, ParamError, ParamErrors, PlainHttp};
use outbound::{AllowList, Target};
use serde_json::{Map, Value, json};
use store::control::callback_settings::{self, CallbackSettings};
use store::control::{accounts, feed, team};
use store::environment::callback_targets;
use store::{StoreError, Tx};

use super::audit::{self, Event};
use super::authority::Authority;
use super::check_callback_address::{TargetPolicy, check_email};
use super::confirm_change::{Receipt, confirm_change};
use crate::app::App;
use crate::error::ApiError;
use crate::http::test_receiver::is_built_in_receiver;
use crate::pinned_hosts::{PINNED_HOSTS_MAX, PinnedHost, PinnedHosts};

/// What is to change; `None` stays.
#[derive(Clone, Debug, Default)]
pub struct SettingsChange {
    /// Where callbacks of tasks without a `callback_url` go; `Some(None)`: nowhere.
    pub default_callback_url: Option<Option<String>>,
    /// The auth key over plain http to a public address.
    pub plain_http: Option<PlainHttp>,
    /// Hosts that callbacks may go to; `Some(None)`: any public host.
    pub pinned_hosts: Option<Option<Vec<String>>>,
    /// Events beyond the original's.
    pub subscribed_events: Option<Vec<String>>,
    /// While a callback auth key is rolled, the old one stays in the header that receivers know.
    pub old_key_first: Option<bool>,
}

impl SettingsChange {
    /// Reads the members of a request's body, all errors at once.
    pub fn read(body: &Map<String, Value>) -> Result<Self, ParamErrors> {
        let mut change = Self::default();
        let mut errors = Vec::new();
        for (name, value) in body {
            if let Err(problems) = change.read_member(name, value) {
                errors.extend(problems.0);
            }
        }
        if errors.is_empty() {
            return Ok(change);
        }
        Err(errors.into())
    }

    fn read_member(&mut self, name: &str, value: &Value) -> Result<(), ParamErrors> {
        let wrong = |message: &str| ParamErrors::one(name, message);
        match (name, value) {
            ("default_callback_url", Value::Null) => self.default_callback_url = Some(None),
            ("default_callback_url", Value::String(url)) => {
                self.default_callback_url = Some(Some(url.clone()).filter(|url| !url.is_empty()));
            }
            ("default_callback_url", _) => {
                return Err(wrong("must be a URL, an e-mail address or null"));
            }
            ("plain_http", value) => {
                let text = value.as_str().unwrap_or_default();
                let decision = text
                    .parse::<PlainHttp>()
                    .map_err(|error| wrong(&error.to_string()))?;
                self.plain_http = Some(decision);
            }
            ("pinned_hosts", Value::Null) => self.pinned_hosts = Some(None),
            ("pinned_hosts", Value::Array(entries)) => {
                self.pinned_hosts = Some(Some(read_hosts(entries)?));
            }
            ("pinned_hosts", _) => return Err(wrong("must be a list of hosts, or null")),
            ("subscribed_events", Value::Array(names)) => {
                self.subscribed_events = Some(read_events(names)?);
            }
            ("subscribed_events", _) => return Err(wrong("must be a list of events")),
            ("old_key_first", Value::Bool(value)) => self.old_key_first = Some(*value),
            ("old_key_first", _) => return Err(wrong("must be true or false")),
            ("own_key_for_test_callbacks", _) => {
                return Err(wrong("is set by PUT /web/keys/policy"));
            }
            _ => return Err(wrong("is no callback setting")),
        }
        Ok(())
    }
}

fn read_hosts(entries: &[Value]) -> Result<Vec<String>, ParamErrors> {
    if entries.is_empty() {
        let problem = "must name at least one host; null lets callbacks go to any public host";
        return Err(ParamErrors::one("pinned_hosts", problem));
    }
    if entries.len() > PINNED_HOSTS_MAX {
        let problem = format!("can have at most {PINNED_HOSTS_MAX} hosts");
        return Err(ParamErrors::one("pinned_hosts", problem));
    }
    let (mut hosts, mut errors) = (Vec::<String>::new(), Vec::new());
    for (index, entry) in entries.iter().enumerate() {
        match PinnedHost::parse(entry.as_str().unwrap_or_default()) {
            Ok(host) => {
                let host = host.to_string();
                if !hosts.contains(&host) {
                    hosts.push(host);
                }
            }
            Err(problem) => {
                errors.push(ParamError::new(format!("pinned_hosts[{index}]"), problem));
            }
        }
    }
    if errors.is_empty() {
        return Ok(hosts);
    }
    Err(errors.into())
}

fn read_events(names: &[Value]) -> Result<Vec<String>, ParamErrors> {
    let (mut events, mut errors) = (Vec::<String>::new(), Vec::new());
    for (index, name) in names.iter().enumerate() {
        let name = name.as_str().unwrap_or_default();
        let problem = match callback_event(name) {
            None => format!("\"{name}\" is no event"),
            Some(event) if event.is_original => {
                format!("\"{name}\" is sent to every account, without a subscription")
            }
            Some(_) => {
                if !events.iter().any(|known| known == name) {
                    events.push(name.to_owned());
                }
                continue;
            }
        };
        errors.push(ParamError::new(
            format!("subscribed_events[{index}]"),
            problem,
        ));
    }
    if errors.is_empty() {
        return Ok(events);
    }
    Err(errors.into())
}

/// Changes an account's settings and waits until they are in force. What was held for plain http
/// goes out once the account sends over it.
pub async fn change_callback_settings(
    app: &App,
    by: Authority,
    change: SettingsChange,
) -> Result<Receipt, ApiError> {
    let account = by.account;
    if let Some(Some(address)) = &change.default_callback_url {
        check_text(app, account, address).await?;
    }
    let is_own = |url: &str| is_built_in_receiver(app, url);
    let default_is_own = match &change.default_callback_url {
        Some(new) => new.as_deref().is_some_and(is_own),
        None => app
            .directory
            .account(account)
            .and_then(|settings| settings.default_callback_url.clone())
            .is_some_and(|url| is_own(&url)),
    };
    let releases = change.plain_http == Some(PlainHttp::Send);
    let write = Write {
        by,
        change,
        default_is_own,
        allow_list: (*app.outbound.allow_list()).clone(),
        secrets: app.secrets.clone(),
        now_ms: app.clock.now_ms(),
    };
    let control = &app.stores.control;
    let version = control.write(move |tx| write.run(tx)).await?;
    let receipt = confirm_change(app, version).await?;
    if releases {
        release(app, account).await?;
    }
    Ok(receipt)
}

/// Lets the callbacks go that were held for plain http. After the change is in force: a worker that
/// does not know it yet would hold them again.
async fn release(app: &App, account: AccountId) -> Result<(), StoreError> {
    let now_ms = app.clock.now_ms();
    for environment in [Environment::Live, Environment::Test] {
        app.stores
            .environment(environment)
            .write(move |tx| callback_targets::release_all(tx, account, now_ms))
            .await?;
        app.callbacks_due(environment).notify_one();
    }
    Ok(())
}

/// Judges the text of a default address, whatever the account decided.
async fn check_text(app: &App, account: AccountId, address: &str) -> Result<(), ApiError> {
    let path = "default_callback_url";
    if let Some(problem) = domain::task::callback_address_problem(address) {
        return Err(ApiError::param(path, problem));
    }
    if !address.contains("://") {
        return check_email(app, account, path, address).await;
    }
    if is_built_in_receiver(app, address) {
        return Ok(());
    }
    app.outbound
        .check_text(address)
        .map(|_| ())
        .map_err(|error| ApiError::param(path, error.to_string()))
}

/// What the change's transaction needs.
struct Write {
    by: Authority,
    change: SettingsChange,
    /// The default address is the built-in receiver, which no policy concerns.
    default_is_own: bool,
    allow_list: AllowList,
    secrets: std::sync::Arc<keys::Secrets>,
    now_ms: i64,
}

impl Write {
    fn run(&self, tx: &mut Tx<'_>) -> Result<i64, ApiError> {
        let account = self.by.account;
        team::lock(tx, account)?;
        self.by.require_still(tx, Capability::SetCallbackSettings)?;
        let stored = accounts::find(tx, account)?;
        let old_url = stored.and_then(|account| account.default_callback_url);
        let old = callback_settings::of_account(tx, account)?;
        let (new_url, new) = self.applied(old_url.as_deref(), &old);
        if !self.default_is_own {
            self.check_default(new_url.as_deref(), &new)?;
        }
        let (before, after) = differences((old_url.as_deref(), &old), (new_url.as_deref(), &new));
        if after.is_empty() {
            return Ok(feed::version(tx)?);
        }
        callback_settings::set(tx, account, &new)?;
        if new_url != old_url {
            accounts::set_default_callback_url(tx, account, new_url.as_deref())?;
        }
        let event = Event {
            action: "callback_settings.set",
            before: Some(Value::Object(before)),
            after: Some(Value::Object(after)),
            ..Event::default()
        };
        audit::append(
            tx,
            &self.secrets,
            account,
            &self.by.actor,
            &event,
            self.now_ms,
        )?;
        Ok(feed::record(
            tx,
            account,
            feed::Change::Account,
            self.now_ms,
        )?)
    }

    fn applied(
        &self,
        old_url: Option<&str>,
        old: &CallbackSettings,
    ) -> (Option<String>, CallbackSettings) {
        let change = self.change.clone();
        let settings = CallbackSettings {
            plain_http: change.plain_http.unwrap_or(old.plain_http),
            pinned_hosts: change
                .pinned_hosts
                .unwrap_or_else(|| old.pinned_hosts.clone()),
            subscribed_events: change
                .subscribed_events
                .unwrap_or_else(|| old.subscribed_events.clone()),
            old_key_first: change.old_key_first.unwrap_or(old.old_key_first),
        };
        let url = change
            .default_callback_url
            .unwrap_or_else(|| old_url.map(str::to_owned));
        (url, settings)
    }

    /// The default address must be one that the settings allow; the error names what was given.
    fn check_default(&self, url: Option<&str>, new: &CallbackSettings) -> Result<(), ApiError> {
        // An e-mail address is concerned by neither decision.
        let Some(target) = url.and_then(|url| Target::parse(url).ok()) else {
            return Ok(());
        };
        let pinned_hosts = new.pinned_hosts.as_deref().map(PinnedHosts::read);
        let policy = TargetPolicy {
            pinned_hosts: pinned_hosts.as_ref(),
            plain_http: new.plain_http,
        };
        let Some(problem) = policy.problem_of(&self.allow_list, &target) else {
            return Ok(());
        };
        if self.change.default_callback_url.is_some() {
            return Err(ApiError::param("default_callback_url", problem));
        }
        let is_pinned = pinned_hosts.is_none_or(|pinned| pinned.allows(&target));
        let path = if is_pinned {
            "plain_http"
        } else {
            "pinned_hosts"
        };
        Err(ApiError::param(
            path,
            format!("does not go with the account's default callback URL: that one {problem}"),
        ))
    }
}

/// The members that differ, before and after. Of the default address only the place: its path, query
/// and user info may hold secrets.
fn differences(
    old: (Option<&str>, &CallbackSettings),
    new: (Option<&str>, &CallbackSettings),
) -> (Map<String, Value>, Map<String, Value>) {
    let place = |url: Option<&str>| {
        let shown = |url: &str| match Target::parse(url) {
            Ok(target) => target.origin(),
            Err(_) => url.to_owned(),
        };
        json!(url.map(shown))
    };
    let members = |(url, settings): (Option<&str>, &CallbackSettings)| {
        [
            ("default_callback_url", place(url)),
            ("plain_http", json!(settings.plain_http.as_str())),
            ("pinned_hosts", json!(settings.pinned_hosts)),
            ("subscribed_events", json!(settings.subscribed_events)),
            ("old_key_first", json!(settings.old_key_first)),
        ]
    };
    let (mut before, mut after) = (Map::new(), Map::new());
    for ((name, was), (_, is)) in members(old).into_iter().zip(members(new)) {
        let is_other_url = name == "default_callback_url" && old.0 != new.0;
        if was != is || is_other_url {
            before.insert(name.to_owned(), was);
            after.insert(name.to_owned(), is);
        }
    }
    (before, after)
}
