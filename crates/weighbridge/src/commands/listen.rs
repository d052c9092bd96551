//! `weighbridge listen`: brings an account's callbacks to a program on this machine, which no
//! callback could reach (callbacks.md part 6).

mod check;
mod delivery;
mod line;
mod report;
mod server;
mod source;

use std::collections::{HashSet, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use axum::http::HeaderMap;
use clap::{Args, CommandFactory};
use outbound::{AllowList, GuardedClient, Host, Settings, Target};
use zeroize::Zeroizing;

use super::ago::read_ago;
use super::{CommandLine, print};
use crate::clock::Clock;
use check::{Checked, Proof};
use line::{Callback, Line};
use report::{Counted, Fate};
use server::Server;
use source::Source;

/// Where the API key comes from, unless a file is named.
const API_KEY: &str = "WEIGHBRIDGE_API_KEY";
/// Networks that a callback may be forwarded to.
const LOOPBACK: [&str; 2] = ["127.0.0.0/8", "::1/128"];
/// Ids that are remembered, so that what comes again after a reconnect is known. The server sends
/// those of one minute again.
const IDS_MAX: usize = 100_000;

#[derive(Args)]
#[command(after_help = "\
The API key is read from WEIGHBRIDGE_API_KEY, or from the file of --api-key-file; its mode, test or
live, is the one whose callbacks you get. Callbacks are made for tasks that have a callback_url, or
when the account has a default one: any address will do, since you get a copy.

What comes is checked as your receiver should check it, if these are set:
  WEIGHBRIDGE_CALLBACK_AUTH_KEY         the callback auth key (API Keys page)
  WEIGHBRIDGE_CALLBACK_SIGNING_SECRET   the signing secret, whsec_… (API Keys page)

Example:  WEIGHBRIDGE_API_KEY=test_… weighbridge listen --forward http://localhost:3000/callback")]
pub(super) struct Listen {
    /// Program on this machine that gets the callbacks
    #[arg(long, value_name = "URL", value_parser = read_forward)]
    forward: Target,
    /// Address of the Weighbridge server
    #[arg(long, value_name = "URL", env = "WEIGHBRIDGE_URL", value_parser = read_server,
        default_value = "http://127.0.0.1:8080")]
    url: Target,
    /// File that holds the API key
    #[arg(long, value_name = "FILE")]
    api_key_file: Option<PathBuf>,
    /// Make the program's answer count: what it answers with 2xx is delivered (test mode only)
    #[arg(long)]
    deliver: bool,
    /// Begin with the callbacks of this last while, such as 10m or 2h [default: from now on]
    #[arg(long, value_name = "TIME", value_parser = read_ago)]
    since: Option<i64>,
    /// Only this event, such as task.completed; may be given several times
    #[arg(long, value_name = "EVENT")]
    event: Vec<String>,
    /// PEM file of certificate authorities trusted beside the system's
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// Print a JSON object a line
    #[arg(long)]
    json: bool,
}

/// A target of `--forward`: on this machine, so that a copy of a callback goes nowhere else.
fn read_forward(text: &str) -> Result<Target, String> {
    let target = Target::parse(text).map_err(|error| format!("the URL {error}"))?;
    let is_here = match &target.host {
        Host::Address(address) => address.is_loopback(),
        Host::Localhost(_) => true,
        Host::Name(_) => false,
    };
    if is_here {
        return Ok(target);
    }
    Err(format!(
        "{} is another machine; callbacks are forwarded on this machine only, to localhost, \
         127.0.0.1 or [::1]",
        target.host
    ))
}

fn read_server(text: &str) -> Result<Target, String> {
    Target::parse(text).map_err(|error| format!("the URL {error}"))
}

impl Listen {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let key = self.api_key()?;
        let proof = Proof::from_environment()?;
        let since_ms = self.since.map(|ago_ms| Clock::System.now_ms() - ago_ms);
        let server = Server::new(self.url.clone(), &key, self.ca_file.as_deref())?;
        let server = Arc::new(server);
        let source = Source::new(server.clone(), since_ms, &self.event);
        for hint in proof.missing() {
            eprintln!("{hint}");
        }
        let forwarder = Forwarder {
            client: GuardedClient::new(Settings {
                allow_list: AllowList::parse(LOOPBACK).context("loopback is a network")?,
                ..Settings::default()
            })?,
            url: self.forward.to_string(),
            proof,
            deliver_to: self.deliver.then_some(server),
            as_json: self.json,
            known: Known::default(),
        };
        eprintln!("Forwarding to {}; Ctrl-C ends it.", self.forward);
        tokio::select! {
            ended = forwarder.follow(source) => ended,
            _ = tokio::signal::ctrl_c() => Ok(()),
        }
    }

    fn api_key(&self) -> anyhow::Result<Zeroizing<String>> {
        let text = match &self.api_key_file {
            Some(path) => std::fs::read_to_string(path)
                .with_context(|| format!("--api-key-file: {} cannot be read", path.display()))?,
            None => std::env::var(API_KEY).unwrap_or_default(),
        };
        let key = Zeroizing::new(text.trim().to_owned());
        if key.is_empty() {
            CommandLine::command()
                .error(
                    clap::error::ErrorKind::MissingRequiredArgument,
                    format!(
                        "there is no API key: set {API_KEY}, or name its file by --api-key-file"
                    ),
                )
                .exit();
        }
        Ok(key)
    }
}

/// Ids that came, the newest of them.
#[derive(Default)]
struct Known {
    ids: HashSet<String>,
    order: VecDeque<String>,
}

impl Known {
    /// Notes an id; `false`: it came before.
    fn insert(&mut self, id: &str) -> bool {
        if !self.ids.insert(id.to_owned()) {
            return false;
        }
        self.order.push_back(id.to_owned());
        if self.order.len() > IDS_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.ids.remove(&oldest);
        }
        true
    }
}

/// Takes callbacks one after the other, so that their order is kept.
struct Forwarder {
    client: GuardedClient,
    url: String,
    proof: Proof,
    /// The server, if it is to be told what the program answers.
    deliver_to: Option<Arc<Server>>,
    as_json: bool,
    known: Known,
}

impl Forwarder {
    async fn follow(mut self, mut source: Source) -> anyhow::Result<()> {
        loop {
            match source.next().await? {
                Line::Position { cursor } => source.reached(cursor),
                Line::Callback(callback) => {
                    if self.known.insert(&callback.id) {
                        let fate = self.take(&callback).await;
                        print(&report::line(&callback, &fate, self.as_json))?;
                        if let Fate::Tampered(why) = &fate {
                            eprintln!("{}", report::alarm(&callback, why));
                        }
                    }
                    source.reached(callback.cursor);
                }
            }
        }
    }

    async fn take(&self, callback: &Callback) -> Fate {
        let Some(headers) = &callback.headers else {
            return Fate::Kept("the account has no callback auth key, so nothing is sent");
        };
        let Some(body) = callback.bytes() else {
            return Fate::Kept("its body is older than callbacks are kept");
        };
        match self.proof.check(headers, &body, Clock::System.now_ms()) {
            Checked::Tampered(why) => return Fate::Tampered(why),
            Checked::Good => {}
        }
        let headers: HeaderMap = headers
            .iter()
            .filter_map(|(name, value)| Some((name.parse().ok()?, value.parse().ok()?)))
            .collect();
        let exchange = self.client.post(&self.url, headers, body.into()).await;
        let counted = match &self.deliver_to {
            None => Counted::Copy,
            Some(server) => match delivery::report(server, callback, &exchange).await {
                Ok(state) => Counted::State(state),
                Err(why) => Counted::Refused(why),
            },
        };
        Fate::Forwarded(Box::new(exchange), counted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_149_only_this_machine_is_forwarded_to() {
        for here in [
            "http://localhost:3000/cb",
            "http://127.0.0.1/",
            "http://[::1]:8000",
            "http://app.localhost/",
            "http://2130706433/",
        ] {
            assert!(read_forward(here).is_ok(), "{here}");
        }
        for elsewhere in [
            "http://example.com/",
            "http://10.0.0.1/",
            "https://localhost.example.com/",
            "http://0.0.0.0:3000/",
            "localhost:3000",
            "file:///tmp",
        ] {
            assert!(read_forward(elsewhere).is_err(), "{elsewhere}");
        }
    }

    #[test]
    fn what_comes_again_is_known() {
        let mut known = Known::default();
        assert!(known.insert("cb_1"));
        assert!(!known.insert("cb_1"));
        for number in 0..IDS_MAX {
            assert!(known.insert(&format!("cb_x{number}")));
        }
        assert!(known.insert("cb_1"), "only the newest are remembered");
        assert_eq!(known.ids.len(), IDS_MAX);
    }
}
