//! Settings as the program uses them, read and checked. `values.rs` tells where each value comes from.

mod callbacks;
mod mail;
mod values;

pub use mail::MailServer;
pub use values::{ConfigError, InForce, Origin, SETTINGS, Setting, Values};

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use outbound::{AllowList, Nat64Prefix, Proxy};
use store::Location;
use url::{Host, Url};

use crate::freshness::MAX_STALENESS_SECONDS_DEFAULT;
use crate::workers::schedule::Schedule;

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
    /// The proxy of callbacks and attachments.
    pub outbound_proxy: Option<Proxy>,
    /// The prefix under which the network translates IPv6 to IPv4.
    pub outbound_nat64_prefix: Option<Nat64Prefix>,
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
    /// When callbacks are tried again.
    pub callbacks_schedule: Schedule,
    /// How long the bodies of callbacks and their receivers' answers are kept.
    pub callbacks_retention_ms: i64,
    /// All receivers are paused at start, and new ones are: a copy of production calls nobody.
    pub hold_callbacks: bool,
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
            mail: mail::read(values)?,
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
            outbound_proxy: parsed(values, "outbound_proxy")?,
            outbound_nat64_prefix: parsed(values, "outbound_nat64_prefix")?,
            require_blank_password,
            max_staleness_ms: max_staleness_seconds * 1000,
            callbacks_schedule: callbacks::read_schedule(values)?,
            callbacks_retention_ms: callbacks::read_retention(values)?,
            hold_callbacks: callbacks::read_hold(values)?,
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

/// A setting that has a type of its own.
fn parsed<T>(values: &Values, name: &str) -> Result<Option<T>, ConfigError>
where
    T: FromStr<Err: std::fmt::Display>,
{
    values
        .text(name)
        .map(|text| {
            text.parse()
                .map_err(|error: T::Err| values.error(name, error.to_string()))
        })
        .transpose()
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

    pub(super) fn gather(
        options: &[(&'static str, Vec<String>)],
        variables: &[(&str, &str)],
    ) -> Values {
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
    fn the_ways_out_are_read_and_their_errors_say_what_would_be_right() {
        let read = |name: &str, value: &str| {
            let values = gather(&[], &[(name, value), ("WEIGHBRIDGE_DATA_DIR", "d")]);
            Config::read(&values, false).map_err(|error| error.to_string())
        };
        let proxy = read(
            "WEIGHBRIDGE_OUTBOUND_PROXY",
            "http://me:pw@proxy.internal:3128",
        )
        .unwrap();
        assert_eq!(
            proxy.outbound_proxy.unwrap().to_string(),
            "proxy.internal:3128"
        );
        assert_eq!(
            read("WEIGHBRIDGE_OUTBOUND_PROXY", "proxy.internal:3128").unwrap_err(),
            "outbound_proxy ($WEIGHBRIDGE_OUTBOUND_PROXY): the URL must begin with http:// or \
             https://, got \"proxy.internal:\""
        );
        let prefix = read("WEIGHBRIDGE_OUTBOUND_NAT64_PREFIX", "64:ff9b::/96").unwrap();
        assert!(prefix.outbound_nat64_prefix.is_some());
        assert_eq!(
            read("WEIGHBRIDGE_OUTBOUND_NAT64_PREFIX", "64:ff9b::/95").unwrap_err(),
            "outbound_nat64_prefix ($WEIGHBRIDGE_OUTBOUND_NAT64_PREFIX): must have a prefix length \
             of 32, 40, 48, 56, 64 or 96 (RFC 6052), got 95"
        );
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
