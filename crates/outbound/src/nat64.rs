//! NAT64: IPv6 addresses that stand for an IPv4 address (RFC 6052).
//!
//! In a network without IPv4, DNS answers with addresses under the network's prefix, and the
//! network translates. Such an address reaches the IPv4 inside it, so that one is judged.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr},
    str::FromStr,
};

use ipnet::Ipv6Net;

/// The prefix under which the operator's network translates to IPv4 (`outbound_nat64_prefix`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nat64Prefix(Ipv6Net);

/// Why a text is not a NAT64 prefix.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Nat64PrefixError {
    /// Not an IPv6 network.
    #[error("must be an IPv6 network such as 64:ff9b::/96, got \"{0}\"")]
    Syntax(String),
    /// A length that RFC 6052 does not know.
    #[error("must have a prefix length of 32, 40, 48, 56, 64 or 96 (RFC 6052), got {0}")]
    Length(u8),
    /// Bits right of the prefix are set.
    #[error("has bits set after its prefix: write {0}")]
    HostBits(Ipv6Net),
}

impl Nat64Prefix {
    /// The IPv4 address that an address under the prefix stands for (RFC 6052, 2.2). The octet of
    /// bits 64 to 71 is not part of it.
    pub(crate) fn ipv4_inside(self, address: IpAddr) -> Option<Ipv4Addr> {
        let IpAddr::V6(address) = address else {
            return None;
        };
        if !self.0.contains(&address) {
            return None;
        }
        let octets = address.octets();
        let mut inside = (usize::from(self.0.prefix_len()) / 8..16).filter(|at| *at != 8);
        let mut next = || inside.next().map_or(0, |at| octets[at]);
        Some(Ipv4Addr::new(next(), next(), next(), next()))
    }
}

impl FromStr for Nat64Prefix {
    type Err = Nat64PrefixError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let network =
            Ipv6Net::from_str(text).map_err(|_| Nat64PrefixError::Syntax(text.to_owned()))?;
        if !matches!(network.prefix_len(), 32 | 40 | 48 | 56 | 64 | 96) {
            return Err(Nat64PrefixError::Length(network.prefix_len()));
        }
        if network != network.trunc() {
            return Err(Nat64PrefixError::HostBits(network.trunc()));
        }
        Ok(Self(network))
    }
}

impl fmt::Display for Nat64Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_rfc_6052_give_their_address() {
        // RFC 6052, part 2.4, tables 1 and 2.
        for (prefix, address) in [
            ("2001:db8::/32", "2001:db8:c000:221::"),
            ("2001:db8:100::/40", "2001:db8:1c0:2:21::"),
            ("2001:db8:122::/48", "2001:db8:122:c000:2:2100::"),
            ("2001:db8:122:300::/56", "2001:db8:122:3c0:0:221::"),
            ("2001:db8:122:344::/64", "2001:db8:122:344:c0:2:2100::"),
            ("2001:db8:122:344::/96", "2001:db8:122:344::192.0.2.33"),
            ("64:ff9b::/96", "64:ff9b::192.0.2.33"),
        ] {
            let prefix: Nat64Prefix = prefix.parse().unwrap();
            let inside = prefix.ipv4_inside(address.parse().unwrap());
            assert_eq!(inside, Some(Ipv4Addr::new(192, 0, 2, 33)), "{prefix}");
        }
    }

    #[test]
    fn addresses_outside_the_prefix_stand_for_themselves() {
        let prefix: Nat64Prefix = "64:ff9b::/96".parse().unwrap();
        for address in [
            "64:ff9b:1::1",
            "64:ff9b::1:0:0",
            "8.8.8.8",
            "::ffff:8.8.8.8",
        ] {
            assert_eq!(
                prefix.ipv4_inside(address.parse().unwrap()),
                None,
                "{address}"
            );
        }
    }

    #[test]
    fn wrong_prefixes_are_refused_with_what_would_be_right() {
        for (text, error) in [
            (
                "10.0.0.0/8",
                "must be an IPv6 network such as 64:ff9b::/96, got \"10.0.0.0/8\"",
            ),
            (
                "64:ff9b::/95",
                "must have a prefix length of 32, 40, 48, 56, 64 or 96 (RFC 6052), got 95",
            ),
            (
                "64:ff9b::1/96",
                "has bits set after its prefix: write 64:ff9b::/96",
            ),
        ] {
            assert_eq!(text.parse::<Nat64Prefix>().unwrap_err().to_string(), error);
        }
    }
}
