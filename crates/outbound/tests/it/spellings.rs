//! Properties of every spelling of an address (case 139) and of the parser as such.

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use outbound::{GuardedClient, Host, Outcome, Target};
use proptest::{prelude::*, sample::select, test_runner::TestRunner};
use tokio::{net::TcpListener, runtime::Runtime, time::timeout};

use crate::{names::Names, outside::Outside, receiver::post};

/// One number in decimal, octal or hex, with leading zeros where they change nothing.
fn number(value: u32) -> impl Strategy<Value = String> {
    (0..4_u8, 0..3_usize).prop_map(move |(base, zeros)| {
        let zeros = "0".repeat(zeros);
        match base {
            0 => value.to_string(),
            1 => format!("0{zeros}{value:o}"),
            2 => format!("0x{zeros}{value:x}"),
            _ => format!("0X{zeros}{value:X}"),
        }
    })
}

/// The numbers of an address in one to four parts, the last one taking what is left.
fn parts(address: Ipv4Addr) -> impl Strategy<Value = String> {
    (1..=4_usize).prop_flat_map(move |count| {
        let bits = address.to_bits();
        let last_bits = 8 * (4 - count + 1);
        let last = (u64::from(bits) & ((1_u64 << last_bits) - 1)) as u32;
        let mut numbers: Vec<u32> = address.octets()[..count - 1]
            .iter()
            .map(|octet| u32::from(*octet))
            .collect();
        numbers.push(last);
        numbers
            .into_iter()
            .map(number)
            .collect::<Vec<_>>()
            .prop_map(|texts| texts.join("."))
    })
}

/// One character as it may also be written in a host.
fn disguise(character: char) -> impl Strategy<Value = String> {
    let mut spellings = vec![character.to_string(); 6];
    spellings.push(format!("%{:02x}", character as u32));
    match character {
        '.' => spellings.extend(["。", "．", "｡", "%E3%80%82"].map(str::to_owned)),
        // Fullwidth forms lie at a constant distance from ASCII.
        _ => spellings.extend(char::from_u32(character as u32 + 0xfee0).map(String::from)),
    }
    match character.to_digit(10) {
        Some(0) => spellings.push("⓪".to_owned()),
        Some(digit) => spellings.extend(char::from_u32(0x2460 + digit - 1).map(String::from)),
        None => {}
    }
    select(spellings)
}

fn disguised(text: &str) -> impl Strategy<Value = String> + use<> {
    text.chars()
        .map(disguise)
        .collect::<Vec<_>>()
        .prop_map(|pieces| pieces.concat())
}

/// Every spelling that stands for an IPv4 address itself.
fn ipv4(address: Ipv4Addr) -> impl Strategy<Value = String> {
    let [a, b] = [address.to_bits() >> 16, address.to_bits() & 0xffff];
    prop_oneof![
        4 => (parts(address).prop_flat_map(|text| disguised(&text)), any::<bool>())
            .prop_map(|(text, dot)| if dot { text + "." } else { text }),
        1 => Just(format!("[::ffff:{address}]")),
        1 => Just(format!("[0:0:0:0:0:FFFF:{a:x}:{b:04X}]")),
    ]
}

/// Spellings of other addresses that carry an IPv4 address.
fn embedded(address: Ipv4Addr) -> impl Strategy<Value = String> {
    let [a, b] = [address.to_bits() >> 16, address.to_bits() & 0xffff];
    select(vec![
        format!("[::{address}]"),
        format!("[::ffff:0:{address}]"),
        format!("[64:ff9b::{address}]"),
        format!("[64:ff9b:1::{a:x}:{b:x}]"),
        format!("[2002:{a:x}:{b:x}::]"),
        format!("[2001:0:{a:x}:{b:x}::]"),
        format!("[2606:4700::5efe:{address}]"),
        format!("[2606:4700::200:5efe:{address}]"),
    ])
}

fn loopback_v6() -> impl Strategy<Value = String> {
    select(vec![
        "[::1]",
        "[0:0:0:0:0:0:0:1]",
        "[0000::0001]",
        "[::0.0.0.1]",
        "[0::0:1]",
        "[::1%25lo]",
        "[fe80::1%25eth0]",
    ])
    .prop_map(str::to_owned)
}

fn refused_host() -> impl Strategy<Value = String> {
    let addresses = [
        Ipv4Addr::LOCALHOST,
        Ipv4Addr::new(10, 0, 0, 1),
        Ipv4Addr::new(169, 254, 169, 254),
    ];
    prop_oneof![
        6 => select(addresses.to_vec()).prop_flat_map(ipv4),
        2 => select(addresses.to_vec()).prop_flat_map(embedded),
        2 => loopback_v6(),
        1 => select(vec!["256.1.1.1", "127.0.0.1.5", "127.0.0.256", "0x100000000", "1.2.3.08"])
            .prop_map(str::to_owned),
        1 => "localhost|(x\\.){1,3}localhost|LocalHost\\."
            .prop_flat_map(|text| disguised(&text)),
    ]
}

/// What stands around the host, including what parsers disagree on.
fn url_around(host: impl Strategy<Value = String>, port: u16) -> impl Strategy<Value = String> {
    let schemes = select(vec!["http:", "HTTP:", "https:", "hTTp:"]);
    let slashes = select(vec![
        "//", "//", "//", "//", "/", "///", "/\\", "\\\\", "", "//\t", " //",
    ]);
    let user_info = select(vec![
        "",
        "",
        "",
        "u@",
        "u:p@",
        "a@b@",
        "a\\@",
        "example.com#@",
        "%40@",
    ]);
    let tail = select(vec![
        "",
        "/",
        "/cb",
        "?q",
        "#f",
        "/\\",
        "/x@example.com",
        "\\x",
    ]);
    (schemes, slashes, user_info, host, tail).prop_map(
        move |(scheme, slashes, user_info, host, tail)| {
            format!("{scheme}{slashes}{user_info}{host}:{port}{tail}")
        },
    )
}

/// A client with nothing allowed, and listeners that it must never reach: those of loopback, and
/// the way out, over which any other address would be reached.
struct Trap {
    runtime: Runtime,
    outside: Outside,
    loopback: Vec<TcpListener>,
    client: GuardedClient,
    port: u16,
}

impl Trap {
    /// The name among the spellings of user info resolves to `name_is`; nothing else resolves.
    fn new(name_is: &str) -> Self {
        let runtime = Runtime::new().unwrap();
        let (loopback, port, outside) = runtime.block_on(async {
            let v4 = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let port = v4.local_addr().unwrap().port();
            // A machine without IPv6 has no ::1 to be reached at.
            let v6 = TcpListener::bind(("::1", port)).await.ok();
            let loopback = std::iter::once(v4).chain(v6).collect();
            (loopback, port, Outside::open().await)
        });
        let client = outside.client(Names::one("example.com", &[name_is]));
        Self {
            runtime,
            outside,
            loopback,
            client,
            port,
        }
    }

    fn loopback_connections(&self) -> usize {
        let accepting = async |listener: &TcpListener| {
            timeout(Duration::from_millis(1), listener.accept())
                .await
                .is_ok()
        };
        self.runtime.block_on(async {
            let mut count = 0;
            for listener in &self.loopback {
                count += usize::from(accepting(listener).await);
            }
            count
        })
    }
}

/// Runs a property this often, with inputs that are new each time.
fn runner(cases: u32) -> TestRunner {
    TestRunner::new(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(cases)
    })
}

#[test]
fn case_139_no_spelling_of_a_refused_address_is_connected_to() {
    let trap = Trap::new("127.0.0.1");
    let mut runner = runner(4_000);
    let result = runner.run(&url_around(refused_host(), trap.port), |url| {
        let exchange = trap.runtime.block_on(post(&trap.client, &url));
        let blocked = matches!(
            exchange.outcome,
            Outcome::BlockedLiteral | Outcome::BlockedAddress { .. }
        );
        prop_assert!(blocked, "{}: {:?}", url, exchange);
        prop_assert_eq!(exchange.address, None);
        Ok(())
    });
    result.unwrap();
    assert_eq!(trap.outside.connections(), 0);
    assert_eq!(trap.loopback_connections(), 0);
}

#[test]
fn case_139_a_spelling_of_a_public_address_is_delivered_there_or_refused_at_creation() {
    let trap = Trap::new("8.8.4.4");
    let mut runner = runner(2_000);
    let delivered = AtomicUsize::new(0);
    let public = Ipv4Addr::new(8, 8, 8, 8);
    let result = runner.run(&url_around(ipv4(public), trap.port), |url| {
        let at_creation = trap.client.check_text(&url);
        let exchange = trap.runtime.block_on(post(&trap.client, &url));
        match (at_creation, exchange.outcome) {
            // Nobody speaks TLS out there: that the handshake began says where it was begun.
            (Ok(_), Outcome::Delivered | Outcome::Tls) => {
                let there = [public, Ipv4Addr::new(8, 8, 4, 4)].map(IpAddr::from);
                let address = exchange.address.unwrap().ip();
                prop_assert!(there.contains(&address), "{}: {}", url, address);
                delivered.fetch_add(1, Ordering::Relaxed);
            }
            (Err(_), Outcome::BlockedLiteral) => {}
            (at_creation, outcome) => {
                prop_assert!(false, "{}: {:?} {:?}", url, at_creation, outcome);
            }
        }
        Ok(())
    });
    result.unwrap();
    assert!(
        delivered.into_inner() > 200,
        "next to nothing was delivered"
    );
    assert_eq!(trap.loopback_connections(), 0);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2_000) })]

    #[test]
    fn case_139_every_spelling_of_an_address_is_that_address(
        (address, text) in any::<u32>().prop_map(Ipv4Addr::from).prop_flat_map(|address| {
            (Just(address), ipv4(address))
        })
    ) {
        let target = Target::parse(&format!("http://{text}/")).unwrap();
        prop_assert_eq!(target.host, Host::Address(IpAddr::V4(address)));
    }

    #[test]
    fn any_text_is_a_target_or_an_error(text in ".{0,60}") {
        let _ = Target::parse(&text);
    }

    #[test]
    fn a_target_written_out_is_the_same_target(
        text in "https?://([a-z]{1,3}:?@)?[a-z0-9.\\-\\[\\]:%üÜ。]{1,12}(/[ -~]{0,12})?"
    ) {
        if let Ok(mut target) = Target::parse(&text) {
            target.user_info = None;
            prop_assert_eq!(Target::parse(&target.to_string()), Ok(target));
        }
    }
}
