//! Properties of every spelling of an address (case 139) and of the parser as such.

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
    time::Duration,
};

use outbound::{AllowList, GuardedClient, Host, Limits, Outcome, Settings, Target, check_text};
use proptest::{prelude::*, sample::select};
use tokio::{net::TcpListener, runtime::Runtime, time::timeout};

use crate::{names::Names, receiver::post};

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
    if let Some(digit) = character.to_digit(10).filter(|digit| *digit > 0) {
        spellings.extend(char::from_u32(0x2460 + digit - 1).map(String::from));
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

/// Listeners that must never be reached, a client with nothing allowed and its resolver.
struct Trap {
    runtime: Runtime,
    listeners: Vec<TcpListener>,
    client: GuardedClient,
    port: u16,
}

impl Trap {
    fn new() -> Self {
        let runtime = Runtime::new().unwrap();
        let (listeners, port) = runtime.block_on(async {
            let v4 = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let port = v4.local_addr().unwrap().port();
            // A machine without IPv6 has no ::1 to be reached at.
            let v6 = TcpListener::bind(("::1", port)).await.ok();
            (std::iter::once(v4).chain(v6).collect(), port)
        });
        // The name in the table of user info resolves; nothing else does.
        let resolver = Names::one("example.com", &["127.0.0.1"]);
        // Nothing is waited for while all is well; short, so that a failure shows soon.
        let limits = Limits {
            connect: Duration::from_millis(20),
            whole: Duration::from_millis(50),
            ..Limits::default()
        };
        let client = GuardedClient::new(Settings {
            resolver,
            limits,
            ..Settings::default()
        })
        .unwrap();
        Self {
            runtime,
            listeners,
            client,
            port,
        }
    }

    fn connections(&self) -> usize {
        let accepting = async |listener: &TcpListener| {
            timeout(Duration::from_millis(1), listener.accept())
                .await
                .is_ok()
        };
        self.runtime.block_on(async {
            let mut count = 0;
            for listener in &self.listeners {
                count += usize::from(accepting(listener).await);
            }
            count
        })
    }
}

#[test]
fn case_139_no_spelling_of_a_refused_address_is_connected_to() {
    let trap = Arc::new(Trap::new());
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(2_000));
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
    assert_eq!(trap.connections(), 0);
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
    fn case_139_a_spelling_of_a_public_address_is_accepted_or_an_error(
        url in url_around(ipv4(Ipv4Addr::new(8, 8, 8, 8)), 8_080)
    ) {
        if let Ok(target) = check_text(&url, &AllowList::default()) {
            let public = Host::Address(IpAddr::V4(Ipv4Addr::new(8, 8, 8, 8)));
            let other = Host::Name("example.com".to_owned());
            prop_assert!(target.host == public || target.host == other, "{:?}", target);
        }
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
