//! Every setting: name, default, where it can come from. `weighbridge config` prints this table
//! with what is in force.
//!
//! A value comes from the command line, else the environment, else `weighbridge.toml`, else the
//! default. Unknown names in the file are refused: a mistyped setting must not be ignored.

use std::path::{Path, PathBuf};

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
        name: "outbound_proxy",
        default: "",
        help: "http:// URL of the proxy for callbacks and attachments; without one none, whatever \
               HTTP_PROXY says",
        many: false,
    },
    Setting {
        name: "outbound_nat64_prefix",
        default: "",
        help: "IPv6 prefix under which this network reaches IPv4 addresses, such as 64:ff9b::/96",
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
    Setting {
        name: "callbacks_schedule",
        default: "",
        help: "Delays before the retries of a callback, such as 5s,15s,1m,2h; without any 20 \
               retries within 24 hours",
        many: true,
    },
    Setting {
        name: "callbacks_retention_days",
        default: "90",
        help: "Days for which the bodies of callbacks and their receivers' answers are kept, 1 to \
               400",
        many: false,
    },
    Setting {
        name: "hold_callbacks",
        default: "false",
        help: "Start with all receivers of callbacks paused: for a copy of production",
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

    pub(super) fn entry(&self, name: &str) -> &InForce {
        self.0
            .iter()
            .find(|entry| entry.name == name)
            .expect("every setting has an entry")
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.entry(name).values.first().map(String::as_str)
    }

    pub(super) fn error(&self, name: &str, message: impl Into<String>) -> ConfigError {
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
