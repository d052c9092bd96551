//! `weighbridge migrate`: brings the databases up to this version's schema.

use clap::Args;

use super::{Sources, StoreOptions, print};
use crate::startup;

#[derive(Args)]
pub(super) struct Migrate {
    #[command(flatten)]
    store: StoreOptions,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl Migrate {
    pub(super) async fn run(self, sources: &Sources) -> anyhow::Result<()> {
        let config = sources.config(&self.store.list())?;
        startup::make_private_folder(&config.data_dir)?;
        startup::open_stores(&config).await?;
        let (control, environment) = store::schema_versions();
        if self.json {
            return print(
                &serde_json::json!({"control": control, "live": environment, "test": environment})
                    .to_string(),
            );
        }
        print(&format!(
            "control  schema {control}\nlive     schema {environment}\ntest     schema {environment}"
        ))
    }
}
