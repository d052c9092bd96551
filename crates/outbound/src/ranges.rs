//! The address ranges that no request may reach, and the judgement of one address.
//!
//! IPv4 is allowed except for the rows of [`RANGES`]; IPv6 is refused except for `2000::/3` less
//! the rows. Rows follow the special-purpose registries (RFC 6890, RFC 8190); reference part 4.1.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use crate::allow_list::AllowList;

/// One refused range.
#[derive(Clone, Copy, Debug)]
pub struct Range {
    /// The network.
    pub network: IpNet,
    /// What an address in it is, with its article: "a private address".
    pub name: &'static str,
    /// The number or numbers of the RFC that sets it apart, if one does.
    pub rfc: Option<&'static str>,
    /// Whether a server could sensibly live there, so that allowing the range can help.
    pub can_be_allowed: bool,
}

const fn v4(address: [u8; 4], prefix_len: u8, name: &'static str, rfc: &'static str) -> Range {
    let [a, b, c, d] = address;
    Range {
        network: IpNet::V4(Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix_len)),
        name,
        rfc: Some(rfc),
        can_be_allowed: false,
    }
}

const fn v6(address: [u16; 8], prefix_len: u8, name: &'static str, rfc: &'static str) -> Range {
    Range {
        network: IpNet::V6(Ipv6Net::new_assert(v6_address(address), prefix_len)),
        name,
        rfc: Some(rfc),
        can_be_allowed: false,
    }
}

/// `Ipv6Addr::from`, which is not const.
const fn v6_address(segments: [u16; 8]) -> Ipv6Addr {
    let mut bits = 0;
    let mut i = 0;
    while i < segments.len() {
        bits = bits << 16 | segments[i] as u128;
        i += 1;
    }
    Ipv6Addr::from_bits(bits)
}

const fn habitable(range: Range) -> Range {
    Range {
        can_be_allowed: true,
        ..range
    }
}

/// Every refused range: IPv4 then IPv6, by first address, a containing range before what it
/// contains. IPv4-mapped addresses have no row, for they are judged as their IPv4.
#[rustfmt::skip]
pub const RANGES: &[Range] = &[
    v4([0, 0, 0, 0], 8, "an address of \"this network\"", "791"),
    habitable(v4([10, 0, 0, 0], 8, "a private address", "1918")),
    habitable(v4([100, 64, 0, 0], 10, "a carrier NAT address", "6598")),
    habitable(v4([127, 0, 0, 0], 8, "a loopback address", "1122")),
    Range { rfc: None, ..habitable(v4([168, 63, 129, 16], 32, "a cloud's host agent", "")) },
    habitable(v4([169, 254, 0, 0], 16, "a link-local address", "3927")),
    habitable(v4([172, 16, 0, 0], 12, "a private address", "1918")),
    v4([192, 0, 0, 0], 24, "an address for protocol assignments", "6890"),
    v4([192, 0, 2, 0], 24, "a documentation address", "5737"),
    v4([192, 31, 196, 0], 24, "an AS112 address", "7535"),
    v4([192, 52, 193, 0], 24, "an AMT address", "7450"),
    v4([192, 88, 99, 0], 24, "a 6to4 relay address", "7526"),
    habitable(v4([192, 168, 0, 0], 16, "a private address", "1918")),
    v4([192, 175, 48, 0], 24, "an AS112 address", "7534"),
    habitable(v4([198, 18, 0, 0], 15, "a benchmark address", "2544")),
    v4([198, 51, 100, 0], 24, "a documentation address", "5737"),
    v4([203, 0, 113, 0], 24, "a documentation address", "5737"),
    v4([224, 0, 0, 0], 4, "a multicast address", "5771"),
    v4([240, 0, 0, 0], 4, "a reserved address", "1112, 919"),

    v6([0; 8], 96, "an IPv4-compatible address", "4291"),
    v6([0; 8], 128, "the unspecified address", "4291"),
    habitable(v6([0, 0, 0, 0, 0, 0, 0, 1], 128, "the loopback address", "4291")),
    v6([0, 0, 0, 0, 0xffff, 0, 0, 0], 96, "an IPv4-translated address", "2765"),
    v6([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96, "a NAT64 address", "6052"),
    v6([0x64, 0xff9b, 1, 0, 0, 0, 0, 0], 48, "a local NAT64 address", "8215"),
    v6([0x100, 0, 0, 0, 0, 0, 0, 0], 64, "a discard-only address", "6666"),
    v6([0x100, 0, 0, 1, 0, 0, 0, 0], 64, "a dummy address", "9780"),
    v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 23, "an address for protocol assignments", "2928"),
    v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 32, "a Teredo address", "4380"),
    v6([0x2001, 2, 0, 0, 0, 0, 0, 0], 48, "a benchmark address", "5180"),
    v6([0x2001, 0x10, 0, 0, 0, 0, 0, 0], 28, "an ORCHID address", "4843"),
    v6([0x2001, 0x20, 0, 0, 0, 0, 0, 0], 28, "an ORCHIDv2 address", "7343"),
    v6([0x2001, 0x30, 0, 0, 0, 0, 0, 0], 28, "a DET address", "9374"),
    v6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32, "a documentation address", "3849"),
    v6([0x2002, 0, 0, 0, 0, 0, 0, 0], 16, "a 6to4 address", "3056"),
    v6([0x2620, 0x4f, 0x8000, 0, 0, 0, 0, 0], 48, "an AS112 address", "7534"),
    v6([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20, "a documentation address", "9637"),
    v6([0x5f00, 0, 0, 0, 0, 0, 0, 0], 16, "an SRv6 address", "9602"),
    habitable(v6([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7, "a unique local address", "4193")),
    habitable(v6([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10, "a link-local address", "4291")),
    habitable(v6([0xfec0, 0, 0, 0, 0, 0, 0, 0], 10, "a site-local address", "3879")),
    v6([0xff00, 0, 0, 0, 0, 0, 0, 0], 8, "a multicast address", "4291"),
];

/// The only part of IPv6 that is not refused as a whole.
const GLOBAL_UNICAST: Ipv6Net = Ipv6Net::new_assert(Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

/// Addresses at which clouds hand credentials to whoever asks from inside. An allow list has to
/// name them one by one.
pub const METADATA: &[IpAddr] = &[
    IpAddr::V4(Ipv4Addr::new(100, 100, 100, 200)),
    IpAddr::V4(Ipv4Addr::new(168, 63, 129, 16)),
    IpAddr::V4(Ipv4Addr::new(169, 254, 169, 254)),
    IpAddr::V4(Ipv4Addr::new(169, 254, 170, 2)),
    IpAddr::V4(Ipv4Addr::new(169, 254, 170, 23)),
    IpAddr::V4(Ipv4Addr::new(192, 0, 0, 192)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)),
    IpAddr::V6(Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254)),
];

/// Why an address is refused. Its text names the address, the range and the RFC, and how the
/// operator may allow it if that can help.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Refused {
    /// The judged address; an IPv4-mapped one as its IPv4.
    pub address: IpAddr,
    /// What the address is: "a private address".
    pub name: &'static str,
    /// The range: `10.0.0.0/8` or `outside 2000::/3`.
    pub range: String,
    /// The number or numbers of the RFC.
    pub rfc: Option<&'static str>,
    /// What the operator could add to the allow list, where a server may sensibly live.
    pub allow: Option<IpNet>,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is {} ({}", self.address, self.name, self.range)?;
        if let Some(rfc) = self.rfc {
            write!(f, ", RFC {rfc}")?;
        }
        f.write_str(")")?;
        if let Some(network) = self.allow {
            write!(f, ". Allow it with --allow-callback-network {network}.")?;
        }
        Ok(())
    }
}

/// Judges one address: `Ok` if it may be contacted.
///
/// An IPv4-mapped IPv6 address is judged as its IPv4, and so is one under the NAT64 prefix of the
/// list, if it has one; an ISATAP address (RFC 5214) is judged both as it stands and as the IPv4
/// in it. A network of the allow list lifts the refusal.
pub fn judge(address: IpAddr, allow_list: &AllowList) -> Result<(), Refused> {
    let address = allow_list.reached_at(address);
    if allow_list.contains(address) {
        return Ok(());
    }
    if let Some(refused) = refuse(address) {
        return Err(refused);
    }
    match address {
        IpAddr::V6(v6) => match isatap(v6) {
            Some(inner) => judge(IpAddr::V4(inner), allow_list),
            None => Ok(()),
        },
        IpAddr::V4(_) => Ok(()),
    }
}

fn refuse(address: IpAddr) -> Option<Refused> {
    let row = RANGES
        .iter()
        .rev()
        .find(|range| range.network.contains(&address));
    let single = IpNet::from(address);
    if let Some(row) = row {
        let metadata = METADATA.contains(&address);
        return Some(Refused {
            address,
            name: if metadata {
                "a cloud's metadata address"
            } else {
                row.name
            },
            range: row.network.to_string(),
            rfc: row.rfc,
            allow: match (metadata, row.can_be_allowed) {
                (true, _) => Some(single),
                (false, true) => Some(row.network),
                (false, false) => None,
            },
        });
    }
    match address {
        IpAddr::V6(v6) if !GLOBAL_UNICAST.contains(&v6) => Some(Refused {
            address,
            name: "not a global unicast address",
            range: format!("outside {GLOBAL_UNICAST}"),
            rfc: Some("4291"),
            allow: None,
        }),
        _ => None,
    }
}

/// The IPv4 address inside an ISATAP interface identifier, `…:0:5efe:a.b.c.d` or
/// `…:200:5efe:a.b.c.d` (RFC 5214, 6.1).
fn isatap(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let bits = address.to_bits();
    let marker = (bits >> 32) as u32 & !0x0200_0000;
    (marker == 0x5efe).then(|| Ipv4Addr::from_bits(bits as u32))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(address: &str) -> Result<(), Refused> {
        judge(address.parse().unwrap(), &AllowList::default())
    }

    fn bits(address: IpAddr) -> u128 {
        match address {
            IpAddr::V4(v4) => u128::from(v4.to_bits()),
            IpAddr::V6(v6) => v6.to_bits(),
        }
    }

    /// The address `offset` away from `address`, unless that leaves the family.
    fn step(address: IpAddr, offset: i128) -> Option<IpAddr> {
        let moved = bits(address).checked_add_signed(offset)?;
        match address {
            IpAddr::V4(_) => u32::try_from(moved).ok().map(|b| IpAddr::V4(b.into())),
            IpAddr::V6(_) => Some(IpAddr::V6(moved.into())),
        }
    }

    /// What the table says by plain integer comparison, independent of the code under test.
    fn expected_rows(address: IpAddr) -> Vec<&'static Range> {
        RANGES
            .iter()
            .filter(|range| {
                range.network.addr().is_ipv4() == address.is_ipv4()
                    && bits(range.network.network()) <= bits(address)
                    && bits(address) <= bits(range.network.broadcast())
            })
            .collect()
    }

    #[test]
    fn the_table_is_sorted_and_holds_whole_networks() {
        let key = |range: &Range| {
            (
                range.network.addr().is_ipv6(),
                bits(range.network.addr()),
                range.network.prefix_len(),
            )
        };
        assert!(RANGES.is_sorted_by_key(key));
        for range in RANGES {
            assert_eq!(range.network, range.network.trunc());
        }
        assert_eq!(RANGES.len(), 19 + 23);
    }

    #[test]
    fn case_138_first_middle_and_last_of_each_range_are_refused_by_name() {
        for range in RANGES {
            let (first, last) = (range.network.network(), range.network.broadcast());
            let middle = step(first, ((bits(last) - bits(first)) / 2) as i128).unwrap();
            for address in [first, middle, last] {
                let refused = judge(address, &AllowList::default()).unwrap_err();
                let innermost = expected_rows(address).pop().unwrap();
                assert_eq!(refused.range, innermost.network.to_string(), "{address}");
                let text = refused.to_string();
                assert!(text.contains(&refused.range), "{text}");
                assert!(innermost.rfc.is_none_or(|rfc| text.contains(rfc)), "{text}");
            }
        }
    }

    #[test]
    fn case_138_neighbours_outside_every_range_are_accepted() {
        let mut accepted = 0;
        for range in RANGES {
            let before = step(range.network.network(), -1);
            let after = step(range.network.broadcast(), 1);
            for address in [before, after].into_iter().flatten() {
                let global = match address {
                    IpAddr::V4(_) => true,
                    IpAddr::V6(v6) => v6.segments()[0] & 0xe000 == 0x2000,
                };
                if global && expected_rows(address).is_empty() {
                    assert_eq!(judge(address, &AllowList::default()), Ok(()), "{address}");
                    accepted += 1;
                } else if address.to_canonical() == address {
                    assert!(judge(address, &AllowList::default()).is_err(), "{address}");
                }
            }
        }
        assert!(accepted > 40, "the neighbours were not walked: {accepted}");
    }

    #[test]
    fn public_addresses_are_accepted() {
        for address in [
            "1.1.1.1",
            "8.8.8.8",
            "168.63.129.17",
            "2606:4700::1111",
            "::ffff:8.8.8.8",
        ] {
            assert_eq!(verdict(address), Ok(()), "{address}");
        }
    }

    #[test]
    fn ipv6_outside_global_unicast_is_refused_by_default() {
        for address in ["200::1", "1fff:ffff::", "4000::", "6000::1", "fe00::1"] {
            assert_eq!(
                verdict(address).unwrap_err().range,
                "outside 2000::/3",
                "{address}"
            );
        }
    }

    #[test]
    fn an_ipv4_inside_an_ipv6_address_is_judged() {
        for (address, range) in [
            ("::ffff:127.0.0.1", "127.0.0.0/8"),
            ("::ffff:10.1.2.3", "10.0.0.0/8"),
            ("::10.0.0.1", "::/96"),
            ("64:ff9b::7f00:1", "64:ff9b::/96"),
            ("2002:7f00:1::", "2002::/16"),
            ("2606:4700::5efe:10.0.0.1", "10.0.0.0/8"),
            ("2606:4700::200:5efe:127.0.0.1", "127.0.0.0/8"),
        ] {
            assert_eq!(verdict(address).unwrap_err().range, range, "{address}");
        }
        assert_eq!(verdict("2606:4700::5efe:8.8.8.8"), Ok(()));
    }

    #[test]
    fn the_text_says_what_is_wrong_and_how_to_allow_it() {
        for (address, text) in [
            (
                "10.0.0.5",
                "10.0.0.5 is a private address (10.0.0.0/8, RFC 1918). \
                 Allow it with --allow-callback-network 10.0.0.0/8.",
            ),
            (
                "169.254.169.254",
                "169.254.169.254 is a cloud's metadata address (169.254.0.0/16, RFC 3927). \
                 Allow it with --allow-callback-network 169.254.169.254/32.",
            ),
            (
                "224.0.0.1",
                "224.0.0.1 is a multicast address (224.0.0.0/4, RFC 5771)",
            ),
            (
                "168.63.129.16",
                "168.63.129.16 is a cloud's metadata address (168.63.129.16/32). \
                 Allow it with --allow-callback-network 168.63.129.16/32.",
            ),
        ] {
            assert_eq!(verdict(address).unwrap_err().to_string(), text);
        }
    }

    #[test]
    fn every_metadata_address_is_refused_and_lifted_only_singly() {
        for address in METADATA {
            let refused = judge(*address, &AllowList::default()).unwrap_err();
            let range = AllowList::parse([&refused.range]).unwrap();
            if range.networks()[0].prefix_len() < range.networks()[0].max_prefix_len() {
                assert!(judge(*address, &range).is_err(), "{address} by its range");
            }
            let single = AllowList::parse([address.to_string()]).unwrap();
            assert_eq!(judge(*address, &single), Ok(()));
        }
    }

    #[test]
    fn translated_addresses_are_judged_by_their_ipv4_only_with_the_prefix() {
        let without = AllowList::parse(["10.1.0.0/16"]).unwrap();
        let with = without
            .clone()
            .with_nat64_prefix(Some("64:ff9b::/96".parse().unwrap()));
        let verdict = |address: &str, list: &AllowList| {
            judge(address.parse().unwrap(), list).map_err(|refused| refused.range)
        };
        for address in ["64:ff9b::8.8.8.8", "64:ff9b::10.1.0.1"] {
            assert_eq!(verdict(address, &with), Ok(()));
            let refused = Err("64:ff9b::/96".to_owned());
            assert_eq!(verdict(address, &without), refused, "{address}");
        }
        for (address, range) in [
            ("64:ff9b::127.0.0.1", "127.0.0.0/8"),
            ("64:ff9b::10.2.0.1", "10.0.0.0/8"),
            ("64:ff9b::169.254.169.254", "169.254.0.0/16"),
            ("64:ff9b:1::8.8.8.8", "64:ff9b:1::/48"),
        ] {
            assert_eq!(verdict(address, &with), Err(range.to_owned()), "{address}");
        }
    }

    #[test]
    fn the_allow_list_lifts_a_range() {
        let list = AllowList::parse(["10.1.0.0/16"]).unwrap();
        assert_eq!(judge("10.1.9.9".parse().unwrap(), &list), Ok(()));
        assert_eq!(judge("::ffff:10.1.9.9".parse().unwrap(), &list), Ok(()));
        assert!(judge("10.2.0.0".parse().unwrap(), &list).is_err());
        assert!(judge("::10.1.9.9".parse().unwrap(), &list).is_err());
    }
}
