//! The operator's list of networks that may be contacted although they are refused by default.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    str::FromStr,
};

use ipnet::IpNet;

use crate::{nat64::Nat64Prefix, ranges::METADATA};

/// Networks for which the refused ranges do not apply (`--allow-callback-network`).
///
/// The default is empty. A cloud's metadata address is never allowed by a network that merely
/// contains it: it has to be named singly (`169.254.169.254/32`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllowList {
    networks: Vec<IpNet>,
    nat64_prefix: Option<Nat64Prefix>,
}

/// Why a network cannot be on the allow list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AllowListError {
    /// Not an address with a prefix length.
    #[error("\"{0}\" is not a network: write an address and a prefix length, such as 10.0.0.0/8")]
    Syntax(String),
    /// `0.0.0.0/0` or `::/0`: the list would switch the whole filter off.
    #[error("{0} would allow every address: name the networks that are meant")]
    Everything(IpNet),
    /// Bits right of the prefix are set, so the writer and the list would mean different things.
    #[error(
        "{written} has bits set after its prefix: write {network} for the network, or {address} for the one address"
    )]
    HostBits {
        /// What was written.
        written: IpNet,
        /// The network that contains it.
        network: IpNet,
        /// The one address as a network.
        address: IpNet,
    },
    /// An IPv4-mapped IPv6 network; such addresses are judged as their IPv4.
    #[error("{0} is an IPv4-mapped network: write its IPv4 network")]
    Mapped(IpNet),
}

impl AllowList {
    /// Reads networks in CIDR form; an address without prefix length stands for itself alone.
    pub fn parse<I>(networks: I) -> Result<Self, AllowListError>
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        networks
            .into_iter()
            .map(|text| parse_network(text.as_ref()))
            .collect::<Result<_, _>>()
            .map(|networks| Self {
                networks,
                nat64_prefix: None,
            })
    }

    /// The same list where the network translates addresses under `prefix` to IPv4: they are then
    /// accepted, refused and allowed as the IPv4 address inside them.
    #[must_use]
    pub fn with_nat64_prefix(self, prefix: Option<Nat64Prefix>) -> Self {
        Self {
            nat64_prefix: prefix,
            ..self
        }
    }

    /// The address that is reached at `address`: the IPv4 inside an IPv4-mapped address, or inside
    /// one that the network translates.
    pub(crate) fn reached_at(&self, address: IpAddr) -> IpAddr {
        let address = address.to_canonical();
        self.nat64_prefix
            .and_then(|prefix| prefix.ipv4_inside(address))
            .map_or(address, IpAddr::V4)
    }

    /// Whether `address` may be contacted although a refused range contains it.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = self.reached_at(address);
        let singly = METADATA.contains(&address);
        self.networks.iter().any(|network| {
            network.contains(&address)
                && (!singly || network.prefix_len() == network.max_prefix_len())
        })
    }

    /// The loopback addresses that are allowed, for the names that mean loopback (RFC 6761).
    pub fn loopback(&self) -> Vec<IpAddr> {
        [
            IpAddr::V4(Ipv4Addr::LOCALHOST),
            IpAddr::V6(Ipv6Addr::LOCALHOST),
        ]
        .into_iter()
        .filter(|address| self.contains(*address))
        .collect()
    }

    /// The networks, as given.
    pub fn networks(&self) -> &[IpNet] {
        &self.networks
    }
}

impl FromStr for AllowList {
    type Err = AllowListError;

    /// Reads a comma-separated list; an empty text is the empty list.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(
            text.split(',')
                .map(str::trim)
                .filter(|part| !part.is_empty()),
        )
    }
}

impl fmt::Display for AllowList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, network) in self.networks.iter().enumerate() {
            if i > 0 {
                f.write_str(", ")?;
            }
            write!(f, "{network}")?;
        }
        Ok(())
    }
}

fn parse_network(text: &str) -> Result<IpNet, AllowListError> {
    let network = IpNet::from_str(text)
        .or_else(|_| IpAddr::from_str(text).map(IpNet::from))
        .map_err(|_| AllowListError::Syntax(text.to_owned()))?;
    if network.prefix_len() == 0 {
        return Err(AllowListError::Everything(network.trunc()));
    }
    if network != network.trunc() {
        return Err(AllowListError::HostBits {
            written: network,
            network: network.trunc(),
            address: IpNet::from(network.addr()),
        });
    }
    match network {
        IpNet::V6(v6) if v6.prefix_len() >= 96 && v6.addr().to_ipv4_mapped().is_some() => {
            Err(AllowListError::Mapped(network))
        }
        _ => Ok(network),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        AllowList::parse([text]).unwrap_err().to_string()
    }

    #[test]
    fn networks_and_single_addresses_are_read_and_printed() {
        let list: AllowList = "10.0.0.0/8, 127.0.0.1, fd00::/8".parse().unwrap();
        assert_eq!(list.to_string(), "10.0.0.0/8, 127.0.0.1/32, fd00::/8");
        assert!(list.contains("10.255.255.255".parse().unwrap()));
        assert!(list.contains("::ffff:10.1.2.3".parse().unwrap()));
        assert!(!list.contains("11.0.0.0".parse().unwrap()));
        assert!(!list.contains("127.0.0.2".parse().unwrap()));
        assert!("".parse::<AllowList>().unwrap().networks().is_empty());
    }

    #[test]
    fn a_list_of_everything_is_refused() {
        for text in ["0.0.0.0/0", "::/0", "10.0.0.0/0"] {
            assert!(error(text).contains("would allow every address"), "{text}");
        }
    }

    #[test]
    fn errors_say_what_would_be_right() {
        assert_eq!(
            error("10.0.0.5/8"),
            "10.0.0.5/8 has bits set after its prefix: write 10.0.0.0/8 for the network, \
             or 10.0.0.5/32 for the one address"
        );
        assert!(error("::ffff:10.0.0.0/104").contains("write its IPv4 network"));
        for text in ["", "10.0.0.0/33", "localhost", "10.0.0/8", " 10.0.0.0/8"] {
            assert!(error(text).contains("is not a network"), "{text}");
        }
    }

    #[test]
    fn metadata_addresses_must_be_named_singly() {
        let metadata: IpAddr = "169.254.169.254".parse().unwrap();
        let wide = AllowList::parse(["169.254.0.0/16", "169.254.169.254/31"]).unwrap();
        assert!(!wide.contains(metadata));
        assert!(wide.contains("169.254.169.255".parse().unwrap()));
        assert!(
            AllowList::parse(["169.254.169.254"])
                .unwrap()
                .contains(metadata)
        );
    }

    #[test]
    fn loopback_is_what_the_list_allows_of_it() {
        assert!(AllowList::default().loopback().is_empty());
        let list = AllowList::parse(["::1"]).unwrap();
        assert_eq!(list.loopback(), [IpAddr::V6(Ipv6Addr::LOCALHOST)]);
    }
}
