//! The command line: a contract (design.md part 4). Results on standard output, everything else on
//! standard error; exit 1 for a failure, 2 for wrong usage; no prompt ever.

mod ago;
mod bootstrap;
mod callbacks;
mod config;
mod dev;
mod doctor;
mod key;
mod listen;
mod migrate;
mod openapi;
mod serve;
mod user;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::bail;
use clap::{Args, Parser, Subcommand, ValueEnum};
use domain::Environment;
use store::ControlStore;
use store::control::accounts::{self, AccountRow};

use crate::config::{Config, Values};

#[derive(Parser)]
#[command(
    name = "weighbridge",
    version,
    about = "A self-hosted platform on which programs ask people for work",
    after_help = "Try it:  weighbridge dev"
)]
struct CommandLine {
    /// Settings file [default: weighbridge.toml in this folder, where there is one]
    #[arg(long, global = true, value_name = "FILE", env = "WEIGHBRIDGE_CONFIG")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Everything on one machine, with sample data: to try it out and to develop against
    Dev(dev::Dev),
    /// Make the first account, its Admin and its keys
    Bootstrap(bootstrap::Bootstrap),
    /// Run the server
    Serve(serve::Serve),
    /// People of the account
    #[command(subcommand)]
    User(user::User),
    /// API keys, for scripts
    #[command(subcommand)]
    Key(key::Key),
    /// Deliveries: list, show, send again, pause
    #[command(subcommand)]
    Callbacks(callbacks::Callbacks),
    /// Bring callbacks to a program on this machine, which no callback could reach
    Listen(listen::Listen),
    /// Bring the databases up to this version's schema (serve does it by itself)
    Migrate(migrate::Migrate),
    /// Look over an installation, its audit log included, and say what is wrong
    Doctor(doctor::Doctor),
    /// Print the OpenAPI document
    Openapi,
    /// Print the settings in force and where each came from
    Config(config::ShowConfig),
}

/// Options that name the databases and secrets, the same for every command that opens them.
#[derive(Args, Clone, Debug, Default)]
struct StoreOptions {
    /// Folder of the databases and the secrets file
    #[arg(long, value_name = "DIR")]
    data_dir: Option<String>,
    /// PostgreSQL for control, live and test instead of SQLite files
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    /// PostgreSQL for live, where it differs
    #[arg(long, value_name = "URL")]
    live_database: Option<String>,
    /// PostgreSQL for test, where it differs
    #[arg(long, value_name = "URL")]
    test_database: Option<String>,
    /// Connections per PostgreSQL schema; 0: twice the cores, 4 to 64
    #[arg(long, value_name = "N")]
    database_connections: Option<String>,
    /// Secrets file [default: secrets.toml in the data folder]
    #[arg(long, value_name = "FILE")]
    secrets_file: Option<String>,
}

/// The mode that a command is about.
#[derive(Clone, Copy, ValueEnum)]
enum Mode {
    Live,
    Test,
}

impl From<Mode> for Environment {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Live => Self::Live,
            Mode::Test => Self::Test,
        }
    }
}

/// The account that a command is about.
#[derive(Args, Clone, Debug, Default)]
struct AccountOption {
    /// Name or id of the account; needed only where there are several
    #[arg(long, value_name = "NAME_OR_ID")]
    account: Option<String>,
}

impl AccountOption {
    /// The account of this id or name, or the only one there is.
    async fn choose(&self, control: &ControlStore) -> anyhow::Result<AccountRow> {
        let mut found = control.read(accounts::list).await?;
        if found.is_empty() {
            bail!("there is no account yet\n  Make it with: weighbridge bootstrap --help");
        }
        if let Some(wanted) = &self.account {
            found.retain(|account| {
                account.account_id.to_string() == *wanted || account.name == *wanted
            });
            if found.is_empty() {
                bail!("--account: no account has the id or the name \"{wanted}\"");
            }
        }
        match (found.pop(), found.is_empty()) {
            (Some(account), true) => Ok(account),
            (Some(account), false) => bail!(
                "there are several accounts, such as \"{}\" ({})\n  Say which: --account \
                 NAME_OR_ID",
                account.name,
                account.account_id
            ),
            (None, _) => bail!("there is no such account"),
        }
    }
}

/// A list of options by the names of the settings.
type OptionList = Vec<(&'static str, Vec<String>)>;

impl StoreOptions {
    fn list(&self) -> OptionList {
        let one = |value: &Option<String>| value.iter().cloned().collect();
        vec![
            ("data_dir", one(&self.data_dir)),
            ("database", one(&self.database)),
            ("live_database", one(&self.live_database)),
            ("test_database", one(&self.test_database)),
            ("database_connections", one(&self.database_connections)),
            ("secrets_file", one(&self.secrets_file)),
        ]
    }
}

/// Options of the server, for `serve` and `config`.
#[derive(Args, Clone, Debug, Default)]
struct ServerOptions {
    /// Where to listen [default: 127.0.0.1:8080]
    #[arg(long, value_name = "HOST:PORT")]
    listen: Option<String>,
    /// Address that browsers and clients use
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// Private network that callbacks and attachments may reach; may be given several times
    #[arg(long, value_name = "CIDR")]
    allow_callback_network: Vec<String>,
    /// Where /metrics is
    #[arg(long, value_name = "HOST:PORT")]
    metrics_listen: Option<String>,
    /// PEM file of certificate authorities trusted beside the system's
    #[arg(long, value_name = "FILE")]
    outbound_ca_file: Option<String>,
    /// Proxy for callbacks and attachments, as http:// URL
    #[arg(long, value_name = "URL")]
    outbound_proxy: Option<String>,
    /// IPv6 prefix under which this network reaches IPv4 addresses
    #[arg(long, value_name = "CIDR")]
    outbound_nat64_prefix: Option<String>,
    /// Proxy whose X-Forwarded-For is believed; may be given several times
    #[arg(long, value_name = "CIDR")]
    trusted_proxies: Vec<String>,
    /// Who may sign up: open, domains, invite or closed [default: open]
    #[arg(long, value_name = "WHO")]
    sign_up: Option<String>,
    /// Domain whose addresses may sign up; may be given several times
    #[arg(long, value_name = "DOMAIN")]
    sign_up_domains: Vec<String>,
    /// Mail server, as smtp:// or smtps:// URL
    #[arg(long, value_name = "URL")]
    smtp_url: Option<String>,
    /// Sender of the mail
    #[arg(long, value_name = "ADDRESS")]
    mail_from: Option<String>,
    /// Seconds for which keys are admitted without word from the control database [default: 10]
    #[arg(long, value_name = "SECONDS")]
    max_staleness_seconds: Option<String>,
    /// Delay before a retry of a callback, such as 5s or 2h; may be given several times
    #[arg(long, value_name = "DELAY")]
    callbacks_schedule: Vec<String>,
    /// Days for which callbacks' bodies and answers are kept [default: 90]
    #[arg(long, value_name = "DAYS")]
    callbacks_retention_days: Option<String>,
    /// Start with all receivers of callbacks paused: for a copy of production
    #[arg(long)]
    hold_callbacks: bool,
}

impl ServerOptions {
    fn list(&self) -> OptionList {
        let one = |value: &Option<String>| value.iter().cloned().collect();
        vec![
            ("listen", one(&self.listen)),
            ("public_url", one(&self.public_url)),
            (
                "allow_callback_network",
                self.allow_callback_network.clone(),
            ),
            ("metrics_listen", one(&self.metrics_listen)),
            ("outbound_ca_file", one(&self.outbound_ca_file)),
            ("outbound_proxy", one(&self.outbound_proxy)),
            ("outbound_nat64_prefix", one(&self.outbound_nat64_prefix)),
            ("trusted_proxies", self.trusted_proxies.clone()),
            ("sign_up", one(&self.sign_up)),
            ("sign_up_domains", self.sign_up_domains.clone()),
            ("smtp_url", one(&self.smtp_url)),
            ("mail_from", one(&self.mail_from)),
            ("max_staleness_seconds", one(&self.max_staleness_seconds)),
            (
                "callbacks_retention_days",
                one(&self.callbacks_retention_days),
            ),
            ("callbacks_schedule", self.callbacks_schedule.clone()),
            (
                "hold_callbacks",
                self.hold_callbacks
                    .then(|| "true".to_owned())
                    .into_iter()
                    .collect(),
            ),
        ]
    }
}

/// Where settings come from beside a command's options.
struct Sources {
    file: PathBuf,
}

impl Sources {
    fn values(&self, options: &OptionList) -> anyhow::Result<Values> {
        let variables = |name: &str| std::env::var(name).ok();
        Ok(Values::gather(options, variables, &self.file)?)
    }

    fn config(&self, options: &OptionList) -> anyhow::Result<Config> {
        Ok(Config::read(&self.values(options)?, false)?)
    }
}

/// Parses the command line and runs the command.
pub fn run() -> ExitCode {
    let line = CommandLine::parse();
    start_logging();
    let sources = Sources {
        file: line
            .config
            .unwrap_or_else(|| PathBuf::from("weighbridge.toml")),
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: the program cannot start its threads: {error}");
            return ExitCode::FAILURE;
        }
    };
    let result = runtime.block_on(async {
        match line.command {
            Command::Dev(command) => command.run(&sources).await,
            Command::Bootstrap(command) => command.run(&sources).await,
            Command::Serve(command) => command.run(&sources).await,
            Command::User(command) => command.run(&sources).await,
            Command::Key(command) => command.run(&sources).await,
            Command::Callbacks(command) => command.run(&sources).await,
            Command::Listen(command) => command.run().await,
            Command::Migrate(command) => command.run(&sources).await,
            Command::Doctor(command) => command.run(&sources).await,
            Command::Openapi => openapi::run(),
            Command::Config(command) => command.run(&sources),
        }
    });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Logs go to standard error; `WEIGHBRIDGE_LOG` chooses what (default: info).
fn start_logging() {
    use std::io::IsTerminal;
    let filter = tracing_subscriber::EnvFilter::try_from_env("WEIGHBRIDGE_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    let colour = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(colour)
        .with_target(false)
        .init();
}

/// Writes a command's result.
fn print(text: &str) -> anyhow::Result<()> {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    if !text.ends_with('\n') {
        out.write_all(b"\n")?;
    }
    out.flush()?;
    Ok(())
}
