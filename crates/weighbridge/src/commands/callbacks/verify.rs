//! `weighbridge callbacks verify`: whether a request that was received is ours, and unchanged.

use std::io::Read;
use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::Args;
use keys::GivenSecret;

use crate::callback_verification::{Fit, Known, KnownSecret, PastedHeaders, Verdict, verify};
use crate::clock::Clock;
use crate::commands::print;

#[derive(Args)]
#[command(after_help = "\
Exit code 0: it is ours and unchanged; 1: it is not, or cannot be told.

Example:  weighbridge callbacks verify --secret-file secret.txt --headers headers.txt --body body.json")]
pub(in crate::commands) struct Verify {
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

impl Verify {
    pub(super) fn run(self) -> anyhow::Result<()> {
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
