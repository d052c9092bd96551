//! The hosts that an account's callbacks may go to (callbacks.md 4, issue *Targets*): an entry is
//! `host`, `host:port` or `*.host`, which stands for every name below.

use std::fmt;

use outbound::{Host, Target};

/// Most entries of an account.
pub const PINNED_HOSTS_MAX: usize = 100;

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PinnedHost {
    host: Host,
    /// `*.`: not the host itself but the names below it.
    is_below: bool,
    /// `None`: any.
    port: Option<u16>,
}

impl PinnedHost {
    /// Reads an entry, or says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = |why: &str| {
            format!(
                "\"{text}\" {why}; write a host such as hooks.example.com, \
                 hooks.example.com:8443 or *.example.com"
            )
        };
        if text.contains(['/', '@', '?', '#']) {
            return Err(wrong("is no host alone"));
        }
        let (is_below, name) = match text.strip_prefix("*.") {
            Some(name) => (true, name),
            None => (false, text),
        };
        if name.contains('*') {
            return Err(wrong("has a * that is not its first label"));
        }
        // The parser that reads callback addresses folds this one, too.
        let target = Target::parse(&format!("https://{name}/"))
            .map_err(|error| wrong(&format!("is no host: {error}")))?;
        if is_below && !matches!(target.host, Host::Name(_) | Host::Localhost(_)) {
            return Err(wrong("has a * before an address"));
        }
        let has_port = name
            .rsplit_once(':')
            .is_some_and(|(_, port)| !port.contains(']') && !port.is_empty());
        Ok(Self {
            host: target.host,
            is_below,
            port: has_port.then_some(target.port),
        })
    }

    /// Whether a target is this host.
    fn allows(&self, target: &Target) -> bool {
        let is_port = self.port.is_none_or(|port| port == target.port);
        let is_host = if self.is_below {
            let (name, base) = (target.host.to_string(), self.host.to_string());
            name.strip_suffix(&base)
                .is_some_and(|label| label.len() > 1 && label.ends_with('.'))
        } else {
            target.host == self.host
        };
        is_port && is_host
    }
}

impl fmt::Display for PinnedHost {
    /// The entry as it is stored and shown: folded as addresses are.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_below {
            formatter.write_str("*.")?;
        }
        self.host.fmt(formatter)?;
        self.port
            .map_or(Ok(()), |port| write!(formatter, ":{port}"))
    }
}

/// All entries of an account; an empty list allows no host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PinnedHosts(Vec<PinnedHost>);

impl PinnedHosts {
    /// Reads stored entries. One that does not read any more is left out, which allows nothing.
    pub fn read(entries: &[String]) -> Self {
        let read = entries.iter().filter_map(|text| {
            PinnedHost::parse(text)
                .inspect_err(|error| tracing::error!(%error, "a stored pinned host does not read"))
                .ok()
        });
        Self(read.collect())
    }

    /// Whether callbacks may go to a target.
    pub fn allows(&self, target: &Target) -> bool {
        self.0.iter().any(|entry| entry.allows(target))
    }
}

impl fmt::Display for PinnedHosts {
    /// A list in words: "a.example, *.b.example".
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, entry) in self.0.iter().enumerate() {
            if index > 0 {
                formatter.write_str(", ")?;
            }
            entry.fmt(formatter)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(entry: &str, url: &str) -> bool {
        let hosts = PinnedHosts::read(&[entry.to_owned()]);
        hosts.allows(&Target::parse(url).unwrap())
    }

    #[test]
    fn an_entry_allows_its_host_and_no_other() {
        for (entry, url, expected) in [
            ("hooks.example.com", "https://hooks.example.com/cb", true),
            (
                "hooks.example.com",
                "https://HOOKS.example.com.:8443/",
                true,
            ),
            ("hooks.example.com", "https://a.hooks.example.com/", false),
            (
                "hooks.example.com",
                "https://hooks.example.com.evil.example/",
                false,
            ),
            ("hooks.example.com:443", "https://hooks.example.com/", true),
            ("hooks.example.com:443", "http://hooks.example.com/", false),
            ("*.example.com", "https://a.b.example.com/", true),
            ("*.example.com", "https://example.com/", false),
            ("*.example.com", "https://evilexample.com/", false),
            ("*.example.com:8443", "https://a.example.com/", false),
            ("bücher.example", "https://xn--bcher-kva.example/", true),
            ("127.0.0.1", "http://0x7f.1/", true),
            ("[::1]", "http://[0:0::1]:80/", true),
            ("[::1]:80", "http://[::1]:81/", false),
            (
                "hooks.example.com",
                "https://x@evil.example/hooks.example.com",
                false,
            ),
        ] {
            assert_eq!(allows(entry, url), expected, "{entry} and {url}");
        }
    }

    #[test]
    fn an_entry_is_shown_as_addresses_are_folded() {
        for (text, shown) in [
            ("Hooks.Example.com.", "hooks.example.com"),
            ("hooks.example.com:443", "hooks.example.com:443"),
            ("*.Example.com", "*.example.com"),
            ("[::1]:8443", "[::1]:8443"),
        ] {
            assert_eq!(PinnedHost::parse(text).unwrap().to_string(), shown);
        }
    }

    #[test]
    fn what_is_no_host_is_refused_with_an_example() {
        for text in [
            "",
            "*",
            "*.",
            "a.*.example",
            "https://a.example",
            "a.example/cb",
            "u@a.example",
            "*.127.0.0.1",
            "a.example:99999",
            "a b.example",
            "a.example:22",
        ] {
            let error = PinnedHost::parse(text).unwrap_err();
            assert!(error.contains("*.example.com"), "{text}: {error}");
        }
    }
}
