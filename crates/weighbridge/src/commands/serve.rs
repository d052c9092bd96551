//! `weighbridge serve`: the server.

use anyhow::Context;
use clap::Args;
use tokio::net::TcpListener;

use super::{ServerOptions, Sources, StoreOptions};
use crate::{server, startup};

#[derive(Args)]
pub(super) struct Serve {
    #[command(flatten)]
    store: StoreOptions,
    #[command(flatten)]
    server: ServerOptions,
}

impl Serve {
    pub(super) async fn run(self, sources: &Sources) -> anyhow::Result<()> {
        let mut options = self.store.list();
        options.extend(self.server.list());
        let config = sources.config(&options)?;
        startup::make_private_folder(&config.data_dir)?;
        let _lock = startup::lock_folder(&config)?;
        // Before the databases: a taken port is told at once.
        let listener = TcpListener::bind(config.listen)
            .await
            .with_context(|| format!("cannot listen on {}", config.listen))?;
        let metrics = match config.metrics_listen {
            None => None,
            Some(address) => Some(
                TcpListener::bind(address)
                    .await
                    .with_context(|| format!("cannot listen on {address} for /metrics"))?,
            ),
        };
        let stop = server::stop_signal();
        let mut config = config;
        config.listen = listener.local_addr()?;
        let app = startup::build_app(config).await?;
        if app.config.is_insecure_http() {
            tracing::warn!(
                "browsers reach {} without https: passwords and session cookies can be read on \
                 the way. Put https in front and name it by --public-url",
                app.config.base_url()
            );
        }
        tracing::info!("listening on {}", app.config.base_url());
        server::run(app, listener, metrics, stop).await;
        tracing::info!("stopped");
        Ok(())
    }
}
