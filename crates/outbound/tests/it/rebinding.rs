//! Names whose answers change, mix or lead elsewhere (cases 140 and 141), by a real DNS server.

use std::net::SocketAddr;

use outbound::Outcome;

use crate::{
    dns::{Dns, Record, Zone, address},
    outside::Outside,
    receiver::post,
};

const PUBLIC: &str = "8.8.8.8";

#[tokio::test]
async fn case_140_a_name_that_turns_to_loopback_reaches_nothing_in_50_tries() {
    let outside = Outside::open().await;
    let zone = Zone::from([
        (
            "turns.example",
            vec![vec![address(PUBLIC)], vec![address("127.0.0.1")]],
        ),
        // Public once, then loopback as often as is asked within the test.
        (
            "once.example",
            std::iter::once(vec![address(PUBLIC)])
                .chain(vec![vec![address("127.0.0.1")]; 60])
                .collect(),
        ),
    ]);
    let dns = Dns::serving(zone).await;
    let client = outside.client(dns.clone());
    let range = "127.0.0.0/8".to_owned();
    for n in 0..50 {
        let exchange = post(&client, "http://turns.example/").await;
        if n % 2 == 0 {
            assert_eq!(exchange.outcome, Outcome::Delivered, "{exchange:?}");
            // The connection of the first try waits, and carries each later one.
            assert_eq!(exchange.reused, n > 0);
        } else {
            let range = range.clone();
            assert_eq!(
                exchange.outcome,
                Outcome::BlockedAddress { range },
                "{exchange:?}"
            );
        }
    }
    let public: SocketAddr = ([8, 8, 8, 8], 80).into();
    assert_eq!(outside.connected(), [public]);
    for n in 0..50 {
        let exchange = post(&client, "http://once.example/").await;
        let range = range.clone();
        let wanted = match n {
            0 => Outcome::Delivered,
            _ => Outcome::BlockedAddress { range },
        };
        assert_eq!(exchange.outcome, wanted, "{exchange:?}");
    }
    assert_eq!(outside.connected(), [public, public]);
    assert_eq!(outside.posted(), [public; 26]);
    assert_eq!(dns.questions().len(), 200, "an answer was used twice");
}

#[tokio::test]
async fn case_141_an_answer_with_one_refused_address_is_refused_whole() {
    let outside = Outside::open().await;
    let zone = Zone::from([
        (
            "last.example",
            vec![vec![address(PUBLIC), address("10.0.0.1")]],
        ),
        (
            "first.example",
            vec![vec![address("10.0.0.1"), address(PUBLIC)]],
        ),
        (
            "v6.example",
            vec![vec![address(PUBLIC), address("fd00::1")]],
        ),
        (
            "alias.example",
            vec![vec![Record::Alias("loopback.example")]],
        ),
        ("loopback.example", vec![vec![address("127.0.0.1")]]),
        (
            "chain.example",
            vec![vec![Record::Alias("alias.example"), address(PUBLIC)]],
        ),
        // A name inside that points outside is judged by its addresses alone.
        ("good.example", vec![vec![Record::Alias("host.internal")]]),
        (
            "host.internal",
            vec![vec![address(PUBLIC), address("2606:4700::1111")]],
        ),
    ]);
    let client = outside.client(Dns::serving(zone).await);
    for (name, refused) in [
        ("last.example", "10.0.0.0/8"),
        ("first.example", "10.0.0.0/8"),
        ("v6.example", "fc00::/7"),
        ("alias.example", "127.0.0.0/8"),
        ("chain.example", "127.0.0.0/8"),
    ] {
        let exchange = post(&client, &format!("http://{name}/")).await;
        let range = refused.to_owned();
        assert_eq!(
            exchange.outcome,
            Outcome::BlockedAddress { range },
            "{exchange:?}"
        );
        assert!(
            exchange
                .detail
                .starts_with(&format!("Not sent: {name} resolves to a refused address: ")),
            "{}",
            exchange.detail
        );
    }
    assert_eq!(outside.connections(), 0);
    let exchange = post(&client, "http://good.example/").await;
    assert_eq!(exchange.outcome, Outcome::Delivered, "{exchange:?}");
}

#[tokio::test]
async fn names_of_inside_are_resolved_and_judged() {
    let outside = Outside::open().await;
    let zone = Zone::from([
        ("intranet", vec![vec![address("10.0.0.9")]]),
        ("printer.local", vec![vec![address("192.168.1.9")]]),
        ("x.internal", vec![vec![address("172.16.0.9")]]),
    ]);
    let dns = Dns::serving(zone).await;
    let client = outside.client(dns.clone());
    for name in ["intranet", "printer.local", "x.internal"] {
        assert!(client.check_text(&format!("http://{name}/")).is_ok());
        let exchange = post(&client, &format!("http://{name}/")).await;
        assert!(
            matches!(exchange.outcome, Outcome::BlockedAddress { .. }),
            "{exchange:?}"
        );
    }
    assert_eq!(outside.connections(), 0);
    let allowing = outside.client_allowing(&["10.0.0.0/8"], dns);
    let exchange = post(&allowing, "http://intranet/").await;
    assert_eq!(exchange.outcome, Outcome::Delivered, "{exchange:?}");
}
