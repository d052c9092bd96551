//! Every setting: name, default, where it can come from. `weighbridge config` prints this table
//! with what is in force.
//!
//! A value comes from the command line, else the environment, else `weighbridge.toml`, else the
//! default. Unknown names in the file are refused: a mistyped setting must not be ignored.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use outbound::AllowList;
use store::Location;
use url::{Host, Url};

use crate::freshness::MAX_STALENESS_SECONDS_DEFAULT;

/// A setting as people see it.
pub struct Setting {
    /// Name in `weighbridge.toml`; the option is `--` and the name with dashes, the variable
    /// `WEIGHBRIDGE_` and the name in capitals.
    pub name: &'static str,
    /// Default in words or as a value.
    pub default: &'static str,
    /// What it is, with its unit.
    pub help: &'static str,
    /// Whether several values are taken (a list; comma-separated in the environment).
    pub many: bool,
}

/// The table of settings.
pub const SETTINGS: &[Setting] = &[
    Setting {
        name: "data_dir",
        default: "",
        help: "Folder of the databases and the secrets file",
        many: false,
    },
    Setting {
        name: "listen",
        default: "127.0.0.1:8080",
        help: "HOST:PORT to listen on",
        many: false,
    },
    Setting {
        name: "database",
        default: "",
        help: "postgres:// URL for control, live and test; without one SQLite files in data_dir",
        many: false,
    },
    Setting {
        name: "live_database",
        default: "",
        help: "postgres:// URL for live, where it differs",
        many: false,
    },
    Setting {
        name: "test_database",
        default: "",
        help: "postgres:// URL for test, where it differs",
        many: false,
    },
    Setting {
        name: "database_connections",
        default: "0",
        help: "Connections per PostgreSQL schema; 0: twice the cores, 4 to 64",
        many: false,
    },
    Setting {
        name: "secrets_file",
        default: "",
        help: "Path of the secrets file; without one secrets.toml in data_dir",
        many: false,
    },
    Setting {
        name: "public_url",
        default: "",
        help: "Address that browsers and clients use; without one http:// and listen",
        many: false,
    },
    Setting {
        name: "allow_callback_network",
        default: "",
        help: "CIDR of private networks that callbacks and attachments may reach",
        many: true,
    },
    Setting {
        name: "metrics_listen",
        default: "",
        help: "HOST:PORT of /metrics; without one there is none",
        many: false,
    },
    Setting {
        name: "outbound_ca_file",
        default: "",
        help: "PEM file of certificate authorities trusted beside the system's",
        many: false,
    },
    Setting {
        name: "trusted_proxies",
        default: "",
        help: "CIDR of the proxies whose X-Forwarded-For is believed",
        many: true,
    },
    Setting {
        name: "sign_up",
        default: "open",
        help: "Who may sign up: open, domains, invite or closed",
        many: false,
    },
    Setting {
        name: "sign_up_domains",
        default: "",
        help: "Domains whose addresses may sign up, where sign_up is domains",
        many: true,
    },
    Setting {
        name: "smtp_url",
        default: "",
        help: "smtps:// or smtp:// URL of the mail server; without one no mail is sent",
        many: false,
    },
    Setting {
        name: "mail_from",
        default: "",
        help: "Sender of the mail, such as Weighbridge <weighbridge@example.com>",
        many: false,
    },
    Setting {
        name: "api_require_blank_password",
        default: "false",
        help: "Refuse Basic credentials with a password",
        many: false,
    },
    Setting {
        name: "max_staleness_seconds",
        default: "10",
        help: "Seconds for which keys are admitted without word from the control database, 2 to \
               300: a revocation is in force everywhere within them. The same for all processes",
        many: false,
    },
];

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nobody set it.
    Default,
    /// `weighbridge.toml`.
    File(PathBuf),
    /// An environment variable.
    Environment(String),
    /// The command line.
    CommandLine,
    /// The command itself decides it (`dev`).
    Command,
}

impl std::fmt::Display for Origin {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Default => formatter.write_str("default"),
            Self::File(path) => write!(formatter, "{}", path.display()),
            Self::Environment(name) => write!(formatter, "${name}"),
            Self::CommandLine => formatter.write_str("command line"),
            Self::Command => formatter.write_str("set by this command"),
        }
    }
}

/// A wrong setting: which, where from, and what would be right.
#[derive(Debug, thiserror::Error)]
#[error("{name} ({origin}): {message}")]
pub struct ConfigError {
    name: String,
    origin: Origin,
    message: String,
}

/// A value in force.
#[derive(Clone, Debug)]
pub struct InForce {
    /// The setting's name.
    pub name: &'static str,
    /// Its values; none or one, unless it takes many.
    pub values: Vec<String>,
    /// Where they came from.
    pub origin: Origin,
}

/// All values in force, in the order of [`SETTINGS`].
#[derive(Clone, Debug)]
pub struct Values(Vec<InForce>);

impl Values {
    /// Gathers values. `options` are those of the command line that were given.
    pub fn gather(
        options: &[(&'static str, Vec<String>)],
        variables: impl Fn(&str) -> Option<String>,
        file: &Path,
    ) -> Result<Self, ConfigError> {
        let table = read_file(file)?;
        let mut in_force = Vec::new();
        for setting in SETTINGS {
            let option = options
                .iter()
                .find(|(name, values)| *name == setting.name && !values.is_empty());
            let variable = format!("WEIGHBRIDGE_{}", setting.name.to_uppercase());
            let (values, origin) = if let Some((_, values)) = option {
                (values.clone(), Origin::CommandLine)
            } else if let Some(text) = variables(&variable).filter(|text| !text.is_empty()) {
                let values = if setting.many {
                    text.split(',').map(|part| part.trim().to_owned()).collect()
                } else {
                    vec![text]
                };
                (values, Origin::Environment(variable))
            } else if let Some(value) = table.get(setting.name) {
                let origin = Origin::File(file.to_owned());
                (file_values(setting, value, &origin)?, origin)
            } else {
                let values = Some(setting.default.to_owned()).filter(|value| !value.is_empty());
                (values.into_iter().collect(), Origin::Default)
            };
            in_force.push(InForce {
                name: setting.name,
                values,
                origin,
            });
        }
        Ok(Self(in_force))
    }

    /// Sets a value that the command itself decides, unless somebody set it.
    pub fn preset(&mut self, name: &str, values: &[&str]) {
        if let Some(entry) = self.0.iter_mut().find(|entry| entry.name == name)
            && entry.origin == Origin::Default
        {
            entry.values = values.iter().map(|value| (*value).to_owned()).collect();
            entry.origin = Origin::Command;
        }
    }

    /// Every value, for `weighbridge config`.
    pub fn all(&self) -> &[InForce] {
        &self.0
    }

    fn entry(&self, name: &str) -> &InForce {
        self.0
            .iter()
            .find(|entry| entry.name == name)
            .expect("every setting has an entry")
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.entry(name).values.first().map(String::as_str)
    }

    fn error(&self, name: &str, message: impl Into<String>) -> ConfigError {
        ConfigError {
            name: name.to_owned(),
            origin: self.entry(name).origin.clone(),
            message: message.into(),
        }
    }
}

fn read_file(path: &Path) -> Result<toml::Table, ConfigError> {
    let error = |message: String| ConfigError {
        name: "weighbridge.toml".to_owned(),
        origin: Origin::File(path.to_owned()),
        message,
    };
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => return Ok(toml::Table::new()),
        Err(cause) => return Err(error(cause.to_string())),
    };
    let table: toml::Table = text
        .parse()
        .map_err(|cause: toml::de::Error| error(cause.to_string()))?;
    if let Some(unknown) = table
        .keys()
        .find(|key| !SETTINGS.iter().any(|setting| setting.name == key.as_str()))
    {
        return Err(error(format!(
            "there is no setting `{unknown}`; `weighbridge config` lists them all"
        )));
    }
    Ok(table)
}

fn file_values(
    setting: &Setting,
    value: &toml::Value,
    origin: &Origin,
) -> Result<Vec<String>, ConfigError> {
    let scalar = |value: &toml::Value| match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Boolean(flag) => Some(flag.to_string()),
        _ => None,
    };
    let values = match value {
        toml::Value::Array(values) if setting.many => values.iter().map(scalar).collect(),
        other => scalar(other).map(|value| vec![value]),
    };
    values.ok_or_else(|| ConfigError {
        name: setting.name.to_owned(),
        origin: origin.clone(),
        message: if setting.many {
            "must be a string or a list of strings".to_owned()
        } else {
            "must be a string, a whole number, true or false".to_owned()
        },
    })
}

/// Who may sign up (authentication.md 2.7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignUp {
    /// Everybody.
    Open,
    /// Who has an address at one of these domains (lower case).
    Domains(Vec<String>),
    /// Who was invited; no new accounts.
    Invite,
    /// Nobody.
    Closed,
}

/// Where mail goes out.
#[derive(Clone)]
pub struct MailServer {
    /// `smtp://` or `smtps://`; may hold a password.
    pub url: String,
    /// The sender.
    pub from: String,
}

impl std::fmt::Debug for MailServer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "MailServer(from {})", self.from)
    }
}

/// Settings as the program uses them.
#[derive(Clone, Debug)]
pub struct Config {
    /// Folder of the databases and the secrets file.
    pub data_dir: PathBuf,
    /// Where to listen.
    pub listen: SocketAddr,
    /// Where the databases are.
    pub location: Location,
    /// The secrets file.
    pub secrets_file: PathBuf,
    /// Address that browsers use, if the operator named one.
    pub public_url: Option<Url>,
    /// Private networks that callbacks may reach.
    pub allow_list: AllowList,
    /// Where `/metrics` is.
    pub metrics_listen: Option<SocketAddr>,
    /// Certificate authorities beside the system's.
    pub outbound_ca_file: Option<PathBuf>,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: AllowList,
    /// Who may sign up.
    pub sign_up: SignUp,
    /// Where mail goes out; `None`: no mail is sent.
    pub mail: Option<MailServer>,
    /// Refuse Basic credentials with a password.
    pub require_blank_password: bool,
    /// How long what is known of keys is good without word from the control database.
    pub max_staleness_ms: i64,
    /// `weighbridge dev`: sample data, a receiver of its own.
    pub dev: bool,
}

impl Config {
    /// Checks and reads the values.
    pub fn read(values: &Values, dev: bool) -> Result<Self, ConfigError> {
        let data_dir = values.text("data_dir").map(PathBuf::from).ok_or_else(|| {
            values.error(
                "data_dir",
                "is required: --data-dir DIR or WEIGHBRIDGE_DATA_DIR",
            )
        })?;
        let address = |name: &str| -> Result<Option<SocketAddr>, ConfigError> {
            values
                .text(name)
                .map(|text| {
                    parse_address(text).ok_or_else(|| {
                        values.error(
                            name,
                            format!("must be HOST:PORT, such as 127.0.0.1:8080, got \"{text}\""),
                        )
                    })
                })
                .transpose()
        };
        let listen = address("listen")?.expect("listen has a default");
        let public_url = values
            .text("public_url")
            .map(|text| {
                Url::parse(text)
                    .ok()
                    .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
                    .ok_or_else(|| {
                        values.error(
                            "public_url",
                            format!("must be an http or https URL, got \"{text}\""),
                        )
                    })
            })
            .transpose()?;
        let networks = &values.entry("allow_callback_network").values;
        let allow_list = AllowList::parse(networks)
            .map_err(|error| values.error("allow_callback_network", error.to_string()))?;
        let require_blank_password = match values.text("api_require_blank_password") {
            None | Some("false") => false,
            Some("true") => true,
            Some(_) => {
                return Err(values.error("api_require_blank_password", "must be true or false"));
            }
        };
        let trusted_proxies = AllowList::parse(&values.entry("trusted_proxies").values)
            .map_err(|error| values.error("trusted_proxies", error.to_string()))?;
        let max_staleness_seconds = values
            .text("max_staleness_seconds")
            .map_or(Some(MAX_STALENESS_SECONDS_DEFAULT), |text| {
                text.parse()
                    .ok()
                    .filter(|seconds| (2..=300).contains(seconds))
            })
            .ok_or_else(|| {
                values.error(
                    "max_staleness_seconds",
                    "must be a whole number from 2 to 300",
                )
            })?;
        Ok(Self {
            trusted_proxies,
            sign_up: read_sign_up(values)?,
            mail: read_mail(values)?,
            location: read_location(values, &data_dir)?,
            secrets_file: values
                .text("secrets_file")
                .map_or_else(|| data_dir.join("secrets.toml"), PathBuf::from),
            data_dir,
            listen,
            public_url,
            allow_list,
            metrics_listen: address("metrics_listen")?,
            outbound_ca_file: values.text("outbound_ca_file").map(PathBuf::from),
            require_blank_password,
            max_staleness_ms: max_staleness_seconds * 1000,
            dev,
        })
    }

    /// The address that clients use, without a slash at the end.
    pub fn base_url(&self) -> String {
        self.public_url.as_ref().map_or_else(
            || format!("http://{}", self.listen),
            |url| url.as_str().trim_end_matches('/').to_owned(),
        )
    }

    /// Whether browsers reach this server over https.
    pub fn is_https(&self) -> bool {
        self.public_url
            .as_ref()
            .is_some_and(|url| url.scheme() == "https")
    }

    /// Whether browsers reach this server in the clear from another machine: passwords and cookies
    /// can be read on the way.
    pub fn is_insecure_http(&self) -> bool {
        let is_local = match &self.public_url {
            None => self.listen.ip().is_loopback(),
            Some(url) => match url.host() {
                Some(Host::Ipv4(address)) => address.is_loopback(),
                Some(Host::Ipv6(address)) => address.is_loopback(),
                Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
                None => false,
            },
        };
        !self.is_https() && !is_local
    }

    /// Whether a URL points at this very server.
    pub fn is_own(&self, url: &Url) -> bool {
        if self
            .public_url
            .as_ref()
            .is_some_and(|own| own.origin() == url.origin())
        {
            return true;
        }
        let same_port = url.port_or_known_default() == Some(self.listen.port());
        let same_host = match url.host() {
            Some(Host::Ipv4(address)) => {
                self.listen.ip() == address
                    || self.listen.ip().is_unspecified() && address.is_loopback()
            }
            Some(Host::Ipv6(address)) => {
                self.listen.ip() == address
                    || self.listen.ip().is_unspecified() && address.is_loopback()
            }
            Some(Host::Domain(name)) => {
                name == "localhost"
                    && (self.listen.ip().is_loopback() || self.listen.ip().is_unspecified())
            }
            None => false,
        };
        url.scheme() == "http" && same_port && same_host
    }
}

fn read_sign_up(values: &Values) -> Result<SignUp, ConfigError> {
    let domains = &values.entry("sign_up_domains").values;
    match values.text("sign_up") {
        None | Some("open") => Ok(SignUp::Open),
        Some("invite") => Ok(SignUp::Invite),
        Some("closed") => Ok(SignUp::Closed),
        Some("domains") if domains.is_empty() => Err(values.error(
            "sign_up_domains",
            "must name at least one domain, since sign_up is domains",
        )),
        Some("domains") => {
            let domains = domains.iter().map(|domain| domain.trim_start_matches('@'));
            Ok(SignUp::Domains(domains.map(str::to_lowercase).collect()))
        }
        Some(other) => Err(values.error(
            "sign_up",
            format!("must be open, domains, invite or closed, got \"{other}\""),
        )),
    }
}

fn read_mail(values: &Values) -> Result<Option<MailServer>, ConfigError> {
    let Some(url) = values.text("smtp_url") else {
        return Ok(None);
    };
    let parsed = Url::parse(url).ok().filter(|url| {
        matches!(url.scheme(), "smtp" | "smtps") && url.host_str().is_some_and(|h| !h.is_empty())
    });
    let Some(parsed) = parsed else {
        return Err(values.error(
            "smtp_url",
            "must be a URL such as smtps://user:password@mail.example.com",
        ));
    };
    let url = with_encryption(parsed);
    if lettre::AsyncSmtpTransport::<lettre::Tokio1Executor>::from_url(&url).is_err() {
        // Not the library's words: they may repeat the password.
        return Err(values.error(
            "smtp_url",
            "does not read: of its parameters only tls=required and tls=opportunistic are known",
        ));
    }
    let from = values.text("mail_from").ok_or_else(|| {
        values.error(
            "mail_from",
            "is required beside smtp_url: the sender's address",
        )
    })?;
    if let Err(error) = from.parse::<lettre::message::Mailbox>() {
        return Err(values.error("mail_from", format!("must be an e-mail address: {error}")));
    }
    Ok(Some(MailServer {
        url,
        from: from.to_owned(),
    }))
}

/// Mail holds links that log people in, so it is encrypted on its way, unless the operator's URL
/// says how or the mail server is on this machine: always where a password goes with it, else
/// where the mail server can.
fn with_encryption(mut url: Url) -> String {
    let is_local = match url.host_str().unwrap_or_default().trim_matches(['[', ']']) {
        "localhost" => true,
        host => host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback()),
    };
    if url.scheme() == "smtp" && url.query().is_none() && !is_local {
        let tls = if url.password().is_some() {
            "tls=required"
        } else {
            "tls=opportunistic"
        };
        url.set_query(Some(tls));
    }
    url.into()
}

fn parse_address(text: &str) -> Option<SocketAddr> {
    use std::net::ToSocketAddrs;
    text.parse()
        .ok()
        .or_else(|| text.to_socket_addrs().ok()?.next())
}

fn read_location(values: &Values, data_dir: &Path) -> Result<Location, ConfigError> {
    let url = |name: &str| -> Result<Option<String>, ConfigError> {
        match values.text(name) {
            None => Ok(None),
            Some(text) if text.starts_with("postgres://") || text.starts_with("postgresql://") => {
                Ok(Some(text.to_owned()))
            }
            Some(_) => Err(values.error(name, "must be a postgres:// URL")),
        }
    };
    let (live, test) = (url("live_database")?, url("test_database")?);
    let Some(control) = url("database")? else {
        let name = if live.is_some() {
            "live_database"
        } else {
            "test_database"
        };
        if live.is_some() || test.is_some() {
            return Err(values.error(name, "needs --database too, for the control schema"));
        }
        return Ok(Location::Folder(data_dir.to_owned()));
    };
    let connections = values
        .text("database_connections")
        .and_then(|text| text.parse::<usize>().ok())
        .filter(|number| *number <= 1000)
        .ok_or_else(|| {
            values.error(
                "database_connections",
                "must be a whole number from 0 to 1000",
            )
        })?;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    Ok(Location::Postgres {
        live: live.unwrap_or_else(|| control.clone()),
        test: test.unwrap_or_else(|| control.clone()),
        control,
        connections: if connections == 0 {
            (2 * cores).clamp(4, 64)
        } else {
            connections
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gather(options: &[(&'static str, Vec<String>)], variables: &[(&str, &str)]) -> Values {
        let variables: Vec<(String, String)> = variables
            .iter()
            .map(|(name, value)| ((*name).into(), (*value).into()))
            .collect();
        Values::gather(
            options,
            |name| {
                variables
                    .iter()
                    .find(|(key, _)| key == name)
                    .map(|(_, value)| value.clone())
            },
            Path::new("/nonexistent/weighbridge.toml"),
        )
        .unwrap()
    }

    #[test]
    fn command_line_wins_over_environment() {
        let options = [("listen", vec!["127.0.0.1:1".to_owned()])];
        let values = gather(
            &options,
            &[
                ("WEIGHBRIDGE_LISTEN", "127.0.0.1:2"),
                ("WEIGHBRIDGE_DATA_DIR", "d"),
            ],
        );
        let config = Config::read(&values, false).unwrap();
        assert_eq!(config.listen.port(), 1);
        assert_eq!(config.data_dir, Path::new("d"));
        assert_eq!(config.secrets_file, Path::new("d/secrets.toml"));
    }

    #[test]
    fn a_wrong_value_names_setting_and_origin() {
        let values = gather(
            &[],
            &[
                ("WEIGHBRIDGE_LISTEN", "nowhere"),
                ("WEIGHBRIDGE_DATA_DIR", "d"),
            ],
        );
        let error = Config::read(&values, false).unwrap_err().to_string();
        assert!(
            error.starts_with("listen ($WEIGHBRIDGE_LISTEN): must be HOST:PORT"),
            "{error}"
        );
    }

    #[test]
    fn staleness_is_2_to_300_seconds() {
        let read = |text: &str| {
            let options = [("max_staleness_seconds", vec![text.to_owned()])];
            Config::read(&gather(&options, &[("WEIGHBRIDGE_DATA_DIR", "d")]), false)
        };
        assert_eq!(read("2").unwrap().max_staleness_ms, 2_000);
        assert_eq!(read("300").unwrap().max_staleness_ms, 300_000);
        for text in ["1", "301", "-5", "ten", "10.5"] {
            let error = read(text).unwrap_err().to_string();
            assert!(
                error.ends_with("must be a whole number from 2 to 300"),
                "{error}"
            );
        }
        let default = gather(&[], &[("WEIGHBRIDGE_DATA_DIR", "d")]);
        let default = Config::read(&default, false).unwrap();
        assert_eq!(default.max_staleness_ms, 10_000);
    }

    #[test]
    fn mail_is_encrypted_unless_it_stays_here_or_the_url_says_how() {
        for (given, used) in [
            ("smtp://127.0.0.1:25", "smtp://127.0.0.1:25"),
            ("smtp://[::1]:25", "smtp://[::1]:25"),
            ("smtp://localhost", "smtp://localhost"),
            (
                "smtp://mail.example.com",
                "smtp://mail.example.com?tls=opportunistic",
            ),
            (
                "smtp://u:p@mail.example.com:587",
                "smtp://u:p@mail.example.com:587?tls=required",
            ),
            (
                "smtp://u:p@mail.example.com?tls=opportunistic",
                "smtp://u:p@mail.example.com?tls=opportunistic",
            ),
            (
                "smtps://u:p@mail.example.com",
                "smtps://u:p@mail.example.com",
            ),
        ] {
            assert_eq!(with_encryption(Url::parse(given).unwrap()), used);
        }
        let values = gather(
            &[
                ("data_dir", vec!["d".into()]),
                (
                    "smtp_url",
                    vec!["smtp://u:hunter2@mail.example.com?tls=maybe".into()],
                ),
                ("mail_from", vec!["a@example.com".into()]),
            ],
            &[],
        );
        let error = Config::read(&values, false).unwrap_err().to_string();
        assert!(
            error.contains("tls=required") && !error.contains("hunter2"),
            "{error}"
        );
    }

    #[test]
    fn own_addresses_are_recognised() {
        let values = gather(
            &[("listen", vec!["0.0.0.0:8080".into()])],
            &[("WEIGHBRIDGE_DATA_DIR", "d")],
        );
        let config = Config::read(&values, false).unwrap();
        for (url, own) in [
            ("http://127.0.0.1:8080/x", true),
            ("http://localhost:8080/x", true),
            ("http://127.0.0.1:8081/x", false),
            ("http://example.com:8080/x", false),
        ] {
            assert_eq!(config.is_own(&Url::parse(url).unwrap()), own, "{url}");
        }
    }
}
