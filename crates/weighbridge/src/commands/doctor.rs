//! `weighbridge doctor`: looks over an installation and says what is wrong, where, and what helps.

use std::fmt::Write;
use std::time::Instant;

use anyhow::bail;
use clap::Args;
use keys::Secrets;
use serde_json::{Value, json};
use store::ControlStore;
use store::control::accounts;

use super::{Sources, StoreOptions, print};
use crate::operations::check_audit::{Finding, check_audit};
use crate::{passwords, startup};

#[derive(Args)]
#[command(after_help = "Example:  weighbridge doctor --data-dir data --audit")]
pub(super) struct Doctor {
    #[command(flatten)]
    store: StoreOptions,
    /// Check only the audit log: contents, links, gaps and the signed end
    #[arg(long)]
    audit: bool,
    /// Print a JSON object a line
    #[arg(long)]
    json: bool,
}

/// One thing that was looked at.
struct Check {
    name: String,
    problem: Option<String>,
    said: String,
}

impl Check {
    fn good(name: impl Into<String>, said: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            problem: None,
            said: said.into(),
        }
    }
}

impl Doctor {
    pub(super) async fn run(self, sources: &Sources) -> anyhow::Result<()> {
        let config = sources.config(&self.store.list())?;
        // Both refuse by themselves what does not fit: a newer schema, another secrets file.
        let stores = startup::open_stores(&config).await?;
        let secrets = startup::load_secrets(&config, &stores.control).await?;
        let mut checks = Vec::new();
        if !self.audit {
            checks.push(Check::good(
                "databases",
                "control, live and test open, newest schema",
            ));
            checks.push(Check::good(
                "secrets file",
                config.secrets_file.display().to_string(),
            ));
            checks.push(check_hashing(&secrets)?);
        }
        checks.extend(check_logs(&stores.control, &secrets).await?);
        let bad = checks
            .iter()
            .filter(|check| check.problem.is_some())
            .count();
        print(&render(&checks, self.json))?;
        if bad > 0 {
            bail!("{bad} of {} checks found something wrong", checks.len());
        }
        Ok(())
    }
}

/// Times a password hash: at a small fraction of a second it can be made dearer.
fn check_hashing(secrets: &Secrets) -> anyhow::Result<Check> {
    let started = Instant::now();
    passwords::hash(
        secrets,
        "a password to time the hashing",
        passwords::LENGTH_MIN,
    )?;
    let said = format!("one takes {} ms", started.elapsed().as_millis());
    Ok(Check::good("password hashing", said))
}

async fn check_logs(control: &ControlStore, secrets: &Secrets) -> anyhow::Result<Vec<Check>> {
    let mut checks = Vec::new();
    for account in control.read(accounts::list).await? {
        let name = format!("audit log of {}", account.name);
        checks.push(
            match check_audit(control, secrets, account.account_id).await? {
                Finding::Whole(entries) => Check::good(name, format!("{entries} entries, whole")),
                Finding::Broken { seq, what } => Check {
                    name,
                    problem: Some(format!("entry {seq} {what}")),
                    said: String::new(),
                },
            },
        );
    }
    Ok(checks)
}

fn render(checks: &[Check], as_json: bool) -> String {
    let mut text = String::new();
    for check in checks {
        if as_json {
            let row: Value = json!({
                "check": check.name,
                "ok": check.problem.is_none(),
                "said": check.problem.as_ref().unwrap_or(&check.said),
            });
            let _ = writeln!(text, "{row}");
        } else {
            let (mark, said) = match &check.problem {
                None => ("ok   ", &check.said),
                Some(problem) => ("WRONG", problem),
            };
            let _ = writeln!(text, "{mark}  {}: {said}", check.name);
        }
    }
    text
}
