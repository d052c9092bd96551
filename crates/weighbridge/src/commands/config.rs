//! `weighbridge config`: what is in force and where it came from.

use std::fmt::Write;

use clap::Args;
use serde_json::{Value, json};

use super::{ServerOptions, Sources, StoreOptions, print};
use crate::config::SETTINGS;

#[derive(Args)]
pub(super) struct ShowConfig {
    #[command(flatten)]
    store: StoreOptions,
    #[command(flatten)]
    server: ServerOptions,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl ShowConfig {
    pub(super) fn run(&self, sources: &Sources) -> anyhow::Result<()> {
        let mut options = self.store.list();
        options.extend(self.server.list());
        let values = sources.values(&options)?;
        if self.json {
            let object: serde_json::Map<String, Value> = values
                .all()
                .iter()
                .zip(SETTINGS)
                .map(|(entry, setting)| {
                    let shown: Vec<String> = entry.values.iter().map(|value| mask(value)).collect();
                    let value = if setting.many {
                        json!(shown)
                    } else {
                        json!(shown.first())
                    };
                    let origin = entry.origin.to_string();
                    (
                        entry.name.to_owned(),
                        json!({"value": value, "origin": origin}),
                    )
                })
                .collect();
            return print(&Value::Object(object).to_string());
        }
        let width = SETTINGS
            .iter()
            .map(|setting| setting.name.len())
            .max()
            .unwrap_or_default();
        let mut text = String::new();
        for (entry, setting) in values.all().iter().zip(SETTINGS) {
            let value = entry
                .values
                .iter()
                .map(|value| mask(value))
                .collect::<Vec<_>>()
                .join(", ");
            let value = if value.is_empty() { "-" } else { &value };
            let _ = write!(
                text,
                "{:width$}  {value}  ({})\n{:width$}    {}\n",
                entry.name, entry.origin, "", setting.help
            );
        }
        print(&text)
    }
}

/// A database URL without its password.
fn mask(value: &str) -> String {
    match url::Url::parse(value) {
        Ok(mut url) if url.password().is_some() => {
            let _ = url.set_password(Some("****"));
            url.to_string()
        }
        _ => value.to_owned(),
    }
}
