//! The table of refused ranges as the reference has it (part 4.1), written out once more, so that
//! a slip in the crate's own table does not pass (case 138).

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use outbound::Outcome;

use crate::{
    names::Names,
    outside::Outside,
    receiver::{ip, post},
};

/// Network, and the RFCs of which one must be named.
#[rustfmt::skip]
const REFERENCE: &[(&str, u8, &[&str])] = &[
    ("0.0.0.0", 8, &["791"]),
    ("10.0.0.0", 8, &["1918"]),
    ("100.64.0.0", 10, &["6598"]),
    ("127.0.0.0", 8, &["1122"]),
    ("169.254.0.0", 16, &["3927"]),
    ("172.16.0.0", 12, &["1918"]),
    ("192.0.0.0", 24, &["6890"]),
    ("192.0.2.0", 24, &["5737"]),
    ("192.31.196.0", 24, &["7535"]),
    ("192.52.193.0", 24, &["7450"]),
    ("192.88.99.0", 24, &["7526"]),
    ("192.168.0.0", 16, &["1918"]),
    ("192.175.48.0", 24, &["7534"]),
    ("198.18.0.0", 15, &["2544"]),
    ("198.51.100.0", 24, &["5737"]),
    ("203.0.113.0", 24, &["5737"]),
    ("224.0.0.0", 4, &["5771"]),
    ("240.0.0.0", 4, &["1112", "919"]),
    ("168.63.129.16", 32, &[]),
    ("::", 128, &["4291"]),
    ("::1", 128, &["4291"]),
    ("::", 96, &["4291"]),
    ("::ffff:0:0:0", 96, &["2765"]),
    ("64:ff9b::", 96, &["6052"]),
    ("64:ff9b:1::", 48, &["8215"]),
    ("100::", 64, &["6666"]),
    ("100:0:0:1::", 64, &["9780"]),
    ("2001::", 23, &["2928", "4380", "5180", "4843", "7343", "9374"]),
    ("2001::", 32, &["4380"]),
    ("2001:2::", 48, &["5180"]),
    ("2001:10::", 28, &["4843"]),
    ("2001:20::", 28, &["7343"]),
    ("2001:30::", 28, &["9374"]),
    ("2001:db8::", 32, &["3849"]),
    ("3fff::", 20, &["9637"]),
    ("2002::", 16, &["3056"]),
    ("2620:4f:8000::", 48, &["7534"]),
    ("5f00::", 16, &["9602"]),
    ("fc00::", 7, &["4193"]),
    ("fe80::", 10, &["4291"]),
    ("fec0::", 10, &["3879"]),
    ("ff00::", 8, &["4291"]),
];

/// First and last address of a network as numbers, with the width of its family in bits.
fn bounds(network: &str, prefix_len: u8) -> (u128, u128, u32) {
    let (first, width) = match ip(network) {
        IpAddr::V4(v4) => (u128::from(v4.to_bits()), 32),
        IpAddr::V6(v6) => (v6.to_bits(), 128),
    };
    let host_bits = width - u32::from(prefix_len);
    let size = 1_u128
        .checked_shl(host_bits)
        .map_or(u128::MAX, |size| size - 1);
    (first, first + size, width)
}

fn address(bits: u128, width: u32) -> IpAddr {
    if width == 32 {
        IpAddr::from(u32::try_from(bits).unwrap().to_be_bytes())
    } else {
        Ipv6Addr::from_bits(bits).into()
    }
}

fn is_in_a_row(address: IpAddr) -> bool {
    REFERENCE.iter().any(|(network, prefix_len, _)| {
        let (first, last, width) = bounds(network, *prefix_len);
        let (bits, own_width) = match address {
            IpAddr::V4(v4) => (u128::from(v4.to_bits()), 32),
            IpAddr::V6(v6) => (v6.to_bits(), 128),
        };
        width == own_width && (first..=last).contains(&bits)
    })
}

fn url_of(address: IpAddr) -> String {
    format!("http://{}/cb", SocketAddr::new(address, 80))
}

#[tokio::test]
async fn case_138_every_row_is_refused_as_literal_and_as_answer_of_dns() {
    let outside = Outside::open().await;
    for (network, prefix_len, rfcs) in REFERENCE {
        let (first, last, width) = bounds(network, *prefix_len);
        for bits in [first, first + (last - first) / 2, last] {
            let refused = address(bits, width);
            let client = outside.client(Names::one("r.example", &[&refused.to_string()]));
            // At creation.
            let text = client.check_text(&url_of(refused)).unwrap_err().to_string();
            assert!(text.starts_with(&format!("{refused} is ")), "{text}");
            assert!(
                rfcs.is_empty() || rfcs.iter().any(|rfc| text.contains(&format!("RFC {rfc}"))),
                "{network}/{prefix_len}: {text}"
            );
            assert!(text.contains('/'), "no range: {text}");
            // At a try, by itself and behind a name.
            let exchange = post(&client, &url_of(refused)).await;
            assert_eq!(exchange.outcome, Outcome::BlockedLiteral, "{refused}");
            assert_eq!(exchange.detail, format!("Not sent: {text}"));
            let exchange = post(&client, "http://r.example/").await;
            let Outcome::BlockedAddress { range } = exchange.outcome else {
                panic!("{refused}: {exchange:?}");
            };
            assert!(text.contains(&range), "{range}: {text}");
        }
    }
    assert_eq!(outside.connections(), 0);
}

#[tokio::test]
async fn case_138_neighbours_outside_every_row_are_delivered() {
    let outside = Outside::open().await;
    let mut accepted = Vec::new();
    for (network, prefix_len, _) in REFERENCE {
        let (first, last, width) = bounds(network, *prefix_len);
        let family_max = if width == 32 {
            u128::from(u32::MAX)
        } else {
            u128::MAX
        };
        let neighbours = [first.checked_sub(1), last.checked_add(1)];
        for bits in neighbours
            .into_iter()
            .flatten()
            .filter(|bits| *bits <= family_max)
        {
            let neighbour = address(bits, width);
            let global = match neighbour {
                IpAddr::V4(_) => true,
                // All of IPv6 but this is refused.
                IpAddr::V6(v6) => v6.segments()[0] & 0xe000 == 0x2000,
            };
            let client = outside.client(Names::one("r.example", &[&neighbour.to_string()]));
            if is_in_a_row(neighbour) || !global {
                assert!(
                    client.check_text(&url_of(neighbour)).is_err(),
                    "{neighbour}"
                );
                continue;
            }
            for url in [url_of(neighbour), "http://r.example/".to_owned()] {
                let exchange = post(&client, &url).await;
                assert_eq!(
                    exchange.outcome,
                    Outcome::Delivered,
                    "{neighbour}: {exchange:?}"
                );
                accepted.push(SocketAddr::new(neighbour, 80));
            }
        }
    }
    assert_eq!(accepted.len(), 2 * 45, "the neighbours were not walked");
    assert_eq!(outside.posted(), accepted);
}

#[tokio::test]
async fn case_138_mapped_and_isatap_addresses_are_judged_as_their_ipv4() {
    let outside = Outside::open().await;
    for (inner, range) in [
        ("127.0.0.1", "127.0.0.0/8"),
        ("10.0.0.1", "10.0.0.0/8"),
        ("169.254.169.254", "169.254.0.0/16"),
        ("255.255.255.255", "240.0.0.0/4"),
    ] {
        for outer in [
            format!("::ffff:{inner}"),
            format!("2606:4700::5efe:{inner}"),
            format!("2606:4700::200:5efe:{inner}"),
        ] {
            let client = outside.client(Names::one("r.example", &[&outer]));
            let text = client
                .check_text(&format!("http://[{outer}]/"))
                .unwrap_err()
                .to_string();
            assert!(text.contains(range), "{outer}: {text}");
            let exchange = post(&client, "http://r.example/").await;
            let range = range.to_owned();
            assert_eq!(
                exchange.outcome,
                Outcome::BlockedAddress { range },
                "{outer}"
            );
        }
    }
    assert_eq!(outside.connections(), 0);
    for (outer, reached) in [
        ("::ffff:8.8.8.8", "8.8.8.8"),
        ("2606:4700::5efe:8.8.8.8", "2606:4700::5efe:808:808"),
    ] {
        let client = outside.client(Names::one("r.example", &[outer]));
        let exchange = post(&client, "http://r.example/").await;
        assert_eq!(exchange.outcome, Outcome::Delivered, "{exchange:?}");
        assert_eq!(
            outside.posted().pop(),
            Some(SocketAddr::new(ip(reached), 80))
        );
    }
}
