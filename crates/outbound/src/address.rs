//! Parsing the text of a URL, once, into the pieces that everything after it works with.
//!
//! The `url` crate (the WHATWG parser) folds the many spellings of an address: decimal, hex and
//! octal numbers, percent encoding, fullwidth digits. What it would repair silently, and what
//! other parsers read otherwise, is refused before it. Reference part 4.2.

use std::{fmt, net::IpAddr};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{HeaderValue, uri::PathAndQuery};
use percent_encoding::percent_decode_str;
use url::{Position, Url};

use crate::{address_error::AddressError, allow_list::AllowList, ranges::judge};

/// The longest URL that is accepted.
pub(crate) const URL_BYTES_MAX: usize = 2_048;
/// The longest host name, RFC 1035 part 2.3.4, without the trailing dot.
const NAME_BYTES_MAX: usize = 253;
/// The longest label of a host name, RFC 1035 part 2.3.4.
const LABEL_BYTES_MAX: usize = 63;

/// Ports of other protocols that the Fetch standard forbids ("bad ports"): a server there could
/// be made to take the request for its own protocol.
#[rustfmt::skip]
const BAD_PORTS: &[u16] = &[
    1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102,
    103, 104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465,
    512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993,
    995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668,
    6669, 6679, 6697, 10080,
];

/// How to talk to a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// Plain HTTP.
    Http,
    /// HTTP over TLS.
    Https,
}

impl Scheme {
    /// The scheme as it stands in a URL.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    fn port_default(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// Where a target is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Host {
    /// An address literal; an IPv4-mapped IPv6 address as its IPv4.
    Address(IpAddr),
    /// `localhost` or a name under it: loopback, without a look-up (RFC 6761, 6.3).
    Localhost(String),
    /// A name to be resolved: lower case, ASCII, without trailing dot.
    Name(String),
}

impl fmt::Display for Host {
    /// As in a URL: IPv6 addresses stand in brackets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(IpAddr::V6(address)) => write!(f, "[{address}]"),
            Self::Address(IpAddr::V4(address)) => address.fmt(f),
            Self::Localhost(name) | Self::Name(name) => f.write_str(name),
        }
    }
}

/// User name and password of a URL. Its `Debug` shows neither.
#[derive(Clone, PartialEq, Eq)]
pub struct UserInfo {
    username: Vec<u8>,
    password: Vec<u8>,
}

impl UserInfo {
    /// The value of the `authorization` header, marked as sensitive (Basic, RFC 7617).
    pub fn basic_authorization(&self) -> HeaderValue {
        let pair = [&self.username[..], b":", &self.password[..]].concat();
        let mut value = HeaderValue::try_from(format!("Basic {}", STANDARD.encode(pair)))
            .expect("Base64 is always a valid header value");
        value.set_sensitive(true);
        value
    }
}

impl fmt::Debug for UserInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UserInfo(…)")
    }
}

/// A parsed URL: everything that is needed to reach it, so that its text is never parsed again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// `http` or `https`.
    pub scheme: Scheme,
    /// Name or address.
    pub host: Host,
    /// The port, also if it is the scheme's default.
    pub port: u16,
    /// Path and query, without fragment.
    pub path_and_query: PathAndQuery,
    /// What stood before an `@`; sent as Basic authentication.
    pub user_info: Option<UserInfo>,
}

impl Target {
    /// Parses the text of a URL. Says nothing about whether its address may be contacted.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        check_characters(text)?;
        let scheme = check_prefix(text)?;
        let url = Url::parse(text).map_err(|error| AddressError::Host {
            reason: error.to_string(),
        })?;
        let host = match url.host() {
            Some(url::Host::Ipv4(address)) => Host::Address(IpAddr::V4(address)),
            Some(url::Host::Ipv6(address)) => Host::Address(IpAddr::V6(address).to_canonical()),
            Some(url::Host::Domain(name)) => parse_name(name)?,
            None => {
                return Err(AddressError::Host {
                    reason: "empty host".to_owned(),
                });
            }
        };
        let port = url.port().unwrap_or(scheme.port_default());
        check_port(port)?;
        let path_and_query =
            PathAndQuery::try_from(&url[Position::BeforePath..Position::AfterQuery])
                .map_err(|_| AddressError::Path)?;
        Ok(Self {
            scheme,
            host,
            port,
            path_and_query,
            user_info: parse_user_info(&url)?,
        })
    }

    /// Judges what the text alone says: address literals and the names of loopback. Names that
    /// need a look-up pass.
    pub fn judge(&self, allow_list: &AllowList) -> Result<(), AddressError> {
        match &self.host {
            Host::Address(address) => Ok(judge(*address, allow_list)?),
            Host::Localhost(name) if allow_list.loopback().is_empty() => {
                Err(AddressError::Localhost { name: name.clone() })
            }
            Host::Localhost(_) | Host::Name(_) => Ok(()),
        }
    }

    /// Host and port as in a `host` header: the scheme's default port is left out.
    pub fn authority(&self) -> String {
        if self.port == self.scheme.port_default() {
            self.host.to_string()
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    /// Scheme, host and port, always with the port: `https://example.com:443`. Two URLs with the
    /// same origin are the same target to breakers and limits.
    pub fn origin(&self) -> String {
        format!("{}://{}:{}", self.scheme.as_str(), self.host, self.port)
    }
}

impl fmt::Display for Target {
    /// The URL without user info.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}://{}{}",
            self.scheme.as_str(),
            self.authority(),
            self.path_and_query
        )
    }
}

/// Parses and judges a URL when it is given to us: text only, no look-up (reference part 4.3).
pub fn check_text(text: &str, allow_list: &AllowList) -> Result<Target, AddressError> {
    let target = Target::parse(text)?;
    target.judge(allow_list)?;
    Ok(target)
}

fn check_characters(text: &str) -> Result<(), AddressError> {
    if text.is_empty() {
        return Err(AddressError::Empty);
    }
    if text.len() > URL_BYTES_MAX {
        return Err(AddressError::TooLong { bytes: text.len() });
    }
    if text.trim().len() != text.len() {
        return Err(AddressError::OuterSpace);
    }
    for (at, character) in text.char_indices() {
        if character.is_control() {
            return Err(AddressError::ControlCharacter {
                code: character.into(),
                at,
            });
        }
        if character == '\\' {
            return Err(AddressError::Backslash { at });
        }
    }
    Ok(())
}

/// Checks what stands before the path.
fn check_prefix(text: &str) -> Result<Scheme, AddressError> {
    let (name, rest) = match text.split_once(':') {
        Some((name, rest)) if !name.contains(['/', '?', '#', '@']) => (name, rest),
        _ => return Err(AddressError::Scheme { got: shorten(text) }),
    };
    let scheme = if name.eq_ignore_ascii_case("http") {
        Scheme::Http
    } else if name.eq_ignore_ascii_case("https") {
        Scheme::Https
    } else {
        return Err(AddressError::Scheme {
            got: shorten(&format!("{name}:")),
        });
    };
    let after_slashes = rest
        .strip_prefix("//")
        .filter(|rest| !rest.starts_with('/'))
        .ok_or(AddressError::Slashes {
            scheme: scheme.as_str(),
        })?;
    let authority = after_slashes
        .split(['/', '?', '#'])
        .next()
        .unwrap_or_default();
    if authority.matches('@').count() > 1 {
        return Err(AddressError::TwoAt);
    }
    let host = authority.rsplit('@').next().unwrap_or_default();
    if host.starts_with('[') && host.contains('%') {
        return Err(AddressError::ZoneId);
    }
    Ok(scheme)
}

/// The start of a text, for an error. Stops before anything that might be secret.
fn shorten(text: &str) -> String {
    text.split(['@', '?', '#'])
        .next()
        .unwrap_or_default()
        .chars()
        .take(20)
        .collect()
}

fn parse_name(name: &str) -> Result<Host, AddressError> {
    let host = |reason: &str| AddressError::Host {
        reason: reason.to_owned(),
    };
    let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
    if name.len() > NAME_BYTES_MAX {
        return Err(host("the name is longer than 253 bytes"));
    }
    if name.split('.').any(str::is_empty) {
        return Err(host("the name has an empty part between dots"));
    }
    if name.split('.').any(|label| label.len() > LABEL_BYTES_MAX) {
        return Err(host("a part of the name is longer than 63 bytes"));
    }
    let localhost = name == "localhost" || name.ends_with(".localhost");
    Ok(if localhost {
        Host::Localhost(name)
    } else {
        Host::Name(name)
    })
}

fn check_port(port: u16) -> Result<(), AddressError> {
    if port == 0 {
        return Err(AddressError::Port {
            port,
            reason: "no server can listen there",
        });
    }
    if BAD_PORTS.binary_search(&port).is_ok() {
        return Err(AddressError::Port {
            port,
            reason: "it belongs to another protocol",
        });
    }
    Ok(())
}

fn parse_user_info(url: &Url) -> Result<Option<UserInfo>, AddressError> {
    if url.username().is_empty() && url.password().is_none() {
        return Ok(None);
    }
    let decode = |text: &str| percent_decode_str(text).collect::<Vec<u8>>();
    let username = decode(url.username());
    if username.contains(&b':') {
        return Err(AddressError::ColonInUserName);
    }
    Ok(Some(UserInfo {
        username,
        password: decode(url.password().unwrap_or_default()),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(text: &str) -> Host {
        Target::parse(text)
            .unwrap_or_else(|error| panic!("{text}: {error}"))
            .host
    }

    fn error(text: &str) -> AddressError {
        match check_text(text, &AllowList::default()) {
            Ok(target) => panic!("{text} was accepted as {target:?}"),
            Err(error) => error,
        }
    }

    #[test]
    fn bad_ports_are_sorted() {
        assert!(BAD_PORTS.is_sorted());
    }

    #[test]
    fn the_pieces_of_a_url() {
        let target =
            Target::parse("HTTPS://us%40er:p%20w@Bücher.Example.:8443/a//b?q=1&r=@x#top").unwrap();
        assert_eq!(target.scheme, Scheme::Https);
        assert_eq!(target.host, Host::Name("xn--bcher-kva.example".to_owned()));
        assert_eq!(target.port, 8443);
        assert_eq!(target.path_and_query, "/a//b?q=1&r=@x");
        let user_info = target.user_info.clone().unwrap();
        assert_eq!(user_info.basic_authorization(), "Basic dXNAZXI6cCB3");
        assert_eq!(target.authority(), "xn--bcher-kva.example:8443");
        assert_eq!(target.origin(), "https://xn--bcher-kva.example:8443");
        assert_eq!(
            target.to_string(),
            "https://xn--bcher-kva.example:8443/a//b?q=1&r=@x"
        );
        assert!(!format!("{target:?}").contains("p w"));
    }

    #[test]
    fn defaults_of_a_short_url() {
        let target = Target::parse("http://example.com").unwrap();
        assert_eq!((target.port, target.path_and_query.as_str()), (80, "/"));
        assert_eq!(target.authority(), "example.com");
        assert_eq!(target.origin(), "http://example.com:80");
        assert_eq!(
            Target::parse("https://[2606:4700::1]?x")
                .unwrap()
                .authority(),
            "[2606:4700::1]"
        );
        assert_eq!(
            Target::parse("https://example.com:443/")
                .unwrap()
                .authority(),
            "example.com"
        );
    }

    #[test]
    fn case_139_spellings_of_an_address_are_folded() {
        let loopback = Host::Address("127.0.0.1".parse().unwrap());
        for spelling in [
            "2130706433",
            "0x7f000001",
            "017700000001",
            "127.1",
            "0x7f.1",
            "127.000.000.001",
            "127.0.0.1.",
            "127%2e0%2e0%2e1",
            "１２７.0.0.1",
            "①②⑦.⓪.⓪.①",
            "127。0。0。1",
            "[::ffff:7f00:1]",
            "[::ffff:127.0.0.1]",
            "127.0.0\u{ad}.1",
        ] {
            assert_eq!(host(&format!("http://{spelling}/")), loopback, "{spelling}");
        }
        assert_eq!(host("http://0/"), Host::Address("0.0.0.0".parse().unwrap()));
    }

    #[test]
    fn case_139_names_of_loopback_need_no_look_up() {
        for name in [
            "localhost",
            "LOCALHOST",
            "localhost.",
            "a.b.localhost",
            "ｌｏｃａｌｈｏｓｔ",
        ] {
            let url = format!("http://{name}:8080/");
            assert!(matches!(host(&url), Host::Localhost(_)), "{name}");
            assert!(
                matches!(error(&url), AddressError::Localhost { .. }),
                "{name}"
            );
            let allowed = AllowList::parse(["127.0.0.0/8"]).unwrap();
            assert!(check_text(&url, &allowed).is_ok(), "{name}");
        }
        assert_eq!(
            host("http://mylocalhost/"),
            Host::Name("mylocalhost".to_owned())
        );
        assert_eq!(
            host("http://localhost.example/"),
            Host::Name("localhost.example".to_owned())
        );
    }

    #[test]
    fn what_parsers_disagree_on_is_refused() {
        for (text, wanted) in [
            ("", AddressError::Empty),
            (" http://example.com/", AddressError::OuterSpace),
            ("http://example.com/\u{a0}", AddressError::OuterSpace),
            (
                "http://exa\tmple.com/",
                AddressError::ControlCharacter { code: 9, at: 10 },
            ),
            (
                "http://example.com/\r\nx",
                AddressError::ControlCharacter { code: 13, at: 19 },
            ),
            (
                "http://example.com/\u{7f}x",
                AddressError::ControlCharacter { code: 127, at: 19 },
            ),
            ("http://a\\@127.0.0.1/", AddressError::Backslash { at: 8 }),
            ("http:/\\127.0.0.1/", AddressError::Backslash { at: 6 }),
            (
                "http:///127.0.0.1/",
                AddressError::Slashes { scheme: "http" },
            ),
            (
                "https:/127.0.0.1/",
                AddressError::Slashes { scheme: "https" },
            ),
            (
                "https:example.com",
                AddressError::Slashes { scheme: "https" },
            ),
            ("http://a@b@127.0.0.1/", AddressError::TwoAt),
            ("http://a:b@c@example.com/", AddressError::TwoAt),
            ("http://a%3Ab:c@example.com/", AddressError::ColonInUserName),
            ("http://[fe80::1%25eth0]/", AddressError::ZoneId),
            ("http://u@[fe80::1%eth0]/", AddressError::ZoneId),
        ] {
            assert_eq!(error(text), wanted, "{text}");
        }
    }

    #[test]
    fn other_schemes_are_refused_and_named() {
        for (text, got) in [
            ("ftp://example.com/", "ftp:"),
            ("file:///etc/passwd", "file:"),
            ("gopher://127.0.0.1:6379/_x", "gopher:"),
            ("example.com/cb", "example.com/cb"),
            ("localhost:8080/cb", "localhost:"),
            ("//example.com/", "//example.com/"),
            ("me:secret@example.com", "me:"),
            ("me@example.com", "me"),
            ("http", "http"),
            ("/cb?token=secret", "/cb"),
        ] {
            assert_eq!(
                error(text),
                AddressError::Scheme {
                    got: got.to_owned()
                },
                "{text}"
            );
        }
    }

    #[test]
    fn hosts_that_are_neither_name_nor_address_are_refused() {
        let long_label = format!("http://{}.example/", "a".repeat(64));
        let long_name = format!("http://{}example/", "abcdefghi.".repeat(25));
        for text in [
            "http://",
            "http://?x",
            "http://:80/",
            "http://u@/",
            "http://256.1.1.1/",
            "http://127.0.0.1.5/",
            "http://0x100000000/",
            "http://1.2.3.4.5/",
            "http://exa mple/",
            "http://example.com:99999/",
            "http://[::1/",
            "http://[1.2.3.4]/",
            "http://a..b/",
            "http://example.com../",
            "http://./",
            "http://%00/",
            "http://a<b/",
            &long_label,
            &long_name,
        ] {
            assert!(
                matches!(error(text), AddressError::Host { .. }),
                "{text}: {}",
                error(text)
            );
        }
    }

    #[test]
    fn ports_of_other_protocols_are_refused() {
        for port in [0, 22, 25, 53, 6000, 6667, 10080] {
            let text = format!("http://example.com:{port}/");
            assert!(matches!(error(&text), AddressError::Port { .. }), "{port}");
        }
        for port in [80, 443, 3000, 5432, 8080, 65535] {
            assert!(
                Target::parse(&format!("http://example.com:{port}/")).is_ok(),
                "{port}"
            );
        }
    }

    #[test]
    fn length_is_limited_to_2048_bytes() {
        let url = format!("http://example.com/{}", "a".repeat(URL_BYTES_MAX - 19));
        assert_eq!(url.len(), 2_048);
        assert!(Target::parse(&url).is_ok());
        assert_eq!(
            error(&format!("{url}a")),
            AddressError::TooLong { bytes: 2_049 }
        );
    }

    #[test]
    fn errors_read_well_after_a_path() {
        assert_eq!(
            error("ftp://x/").to_string(),
            "must begin with http:// or https://, got \"ftp:\""
        );
        assert_eq!(
            error("http://10.0.0.5/").to_string(),
            "10.0.0.5 is a private address (10.0.0.0/8, RFC 1918). \
             Allow it with --allow-callback-network 10.0.0.0/8."
        );
        assert_eq!(
            error("http://256.1.1.1/").to_string(),
            "has no valid host: invalid IPv4 address"
        );
        assert!(error("http://localhost/").is_blocked());
        assert!(!error("ftp://x/").is_blocked());
    }

    #[test]
    fn names_that_do_not_answer_pass_without_look_up() {
        for text in [
            "http://www.example.com/callback",
            "https://intranet/",
            "http://printer.local/",
            "http://x.internal/",
            "http://a_b.example/",
        ] {
            assert!(check_text(text, &AllowList::default()).is_ok(), "{text}");
        }
    }
}
