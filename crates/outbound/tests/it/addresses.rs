//! What may be contacted: refused addresses, mixed answers, rebinding, our own ports.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::HeaderMap;
use outbound::{AddressError, AllowList, GuardedClient, Outcome, OwnServices, Resolve, Settings};
use tokio::io::AsyncWriteExt;

use crate::{
    names::{Names, Silence},
    receiver::{Receiver, answer, client, impatient_client, post, read_request, settings},
};

fn resolving(resolver: Arc<dyn Resolve>) -> GuardedClient {
    GuardedClient::new(Settings {
        resolver,
        ..settings()
    })
    .unwrap()
}

#[tokio::test]
async fn no_answer_and_too_many_answers_are_dns_failures() {
    let many: Vec<String> = (0..33).map(|n| format!("127.0.0.{n}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    for (answers, text) in [
        (&[][..], "r.example has no address"),
        (
            &many[..],
            "r.example has 33 addresses, more than the 32 that are accepted",
        ),
    ] {
        let exchange = post(
            &resolving(Names::one("r.example", answers)),
            "http://r.example/",
        )
        .await;
        assert_eq!((exchange.outcome, &*exchange.detail), (Outcome::Dns, text));
    }
    let exchange = post(
        &resolving(Names::one("a.example", &[])),
        "http://b.example/",
    )
    .await;
    assert_eq!(exchange.outcome, Outcome::Dns);
    assert_eq!(
        exchange.detail,
        "b.example could not be looked up: no such name"
    );
}

#[tokio::test]
async fn a_silent_resolver_is_a_dns_failure_within_its_limit() {
    let limits = impatient_client().limits().clone();
    let client = GuardedClient::new(Settings {
        resolver: Arc::new(Silence),
        limits,
        ..settings()
    })
    .unwrap();
    let exchange = post(&client, "http://r.example/").await;
    assert_eq!(exchange.outcome, Outcome::Dns);
    assert!(
        (200..500).contains(&exchange.phases_ms.dns.unwrap()),
        "{exchange:?}"
    );
    assert_eq!(
        exchange.detail,
        "looking up r.example took longer than 200 ms"
    );
}

#[tokio::test]
async fn the_system_resolver_resolves_and_is_judged() {
    use outbound::SystemResolver;
    let addresses = SystemResolver::default()
        .resolve("localhost")
        .await
        .unwrap();
    assert!(addresses.iter().all(std::net::IpAddr::is_loopback) && !addresses.is_empty());
}

#[tokio::test]
async fn localhost_is_loopback_without_a_look_up() {
    let receiver = Receiver::answering(answer("200 OK", "", "")).await;
    let names = Names::one("unused.example", &[]);
    let client = GuardedClient::new(Settings {
        allow_list: AllowList::parse(["127.0.0.1"]).unwrap(),
        resolver: names.clone(),
        ..Settings::default()
    })
    .unwrap();
    let port = receiver.address.port();
    for host in ["localhost", "a.localhost.", "LOCALHOST"] {
        let exchange = post(&client, &format!("http://{host}:{port}/")).await;
        assert_eq!(exchange.outcome, Outcome::Delivered, "{exchange:?}");
    }
    client.set_allow_list(AllowList::default());
    let exchange = post(&client, &format!("http://localhost:{port}/")).await;
    assert_eq!(exchange.outcome, Outcome::BlockedLiteral);
    assert_eq!(names.asked(), Vec::<String>::new());
}

#[tokio::test]
async fn case_142_our_own_ports_stay_refused_in_an_allowed_network() {
    let ours = Receiver::answering(answer("200 OK", "", "")).await;
    let theirs = Receiver::answering(answer("200 OK", "", "")).await;
    let port = ours.address.port();
    let client = GuardedClient::new(Settings {
        own_services: OwnServices {
            listening: vec![([0, 0, 0, 0], port).into()],
            ..OwnServices::default()
        },
        resolver: Names::one("us.example", &["127.0.0.1"]),
        ..settings()
    })
    .unwrap();
    assert_eq!(
        post(&client, &theirs.url("/")).await.outcome,
        Outcome::Delivered
    );
    for host in [
        "127.0.0.1",
        "127.1",
        "127.9.9.9",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "localhost",
    ] {
        let url = format!("http://{host}:{port}/");
        assert!(
            matches!(client.check_text(&url), Err(AddressError::OwnAddress(_))),
            "{host}"
        );
        let exchange = post(&client, &url).await;
        assert_eq!(exchange.outcome, Outcome::BlockedLiteral, "{exchange:?}");
        assert!(
            exchange.detail.contains("belongs to this server itself"),
            "{}",
            exchange.detail
        );
    }
    let exchange = post(&client, &format!("http://us.example:{port}/")).await;
    assert_eq!(
        exchange.outcome,
        Outcome::BlockedAddress {
            range: "own address".to_owned()
        }
    );
    assert_eq!(ours.connections(), 0);
}

/// A client that knows a database and its own public name.
fn client_with_services(names: Arc<Names>) -> GuardedClient {
    GuardedClient::new(Settings {
        allow_list: AllowList::parse(["127.0.0.0/8", "10.0.0.0/8"]).unwrap(),
        own_services: OwnServices {
            listening: vec![([127, 0, 0, 1], 4_710).into()],
            services: vec![("db.internal".to_owned(), 4_711)],
            public: Some(("label.example".to_owned(), 443)),
        },
        resolver: names,
        ..Settings::default()
    })
    .unwrap()
}

fn is_own(client: &GuardedClient, url: &str) -> bool {
    matches!(
        client.check_text(url),
        Err(AddressError::OwnAddress(_) | AddressError::OwnName { .. })
    )
}

#[tokio::test]
async fn case_142_what_the_configuration_names_is_refused_by_name_and_by_address() {
    let names = Names::table(&[
        ("db.internal", &[&["10.0.0.7"]]),
        ("label.example", &[&["10.0.0.8"]]),
        ("alias.example", &[&["10.0.0.7"]]),
    ]);
    let client = client_with_services(names);
    // By their text before any look-up, also at creation.
    for url in [
        "http://db.internal:4711/",
        "https://label.example/",
        "http://label.example:4710/",
        "http://127.0.0.1:4710/",
        "http://127.0.0.1:4711/",
    ] {
        assert!(is_own(&client, url), "{url}");
        assert_eq!(
            post(&client, url).await.outcome,
            Outcome::BlockedLiteral,
            "{url}"
        );
    }
    // By their address once it is known.
    client.refresh_own_addresses().await;
    for url in [
        "http://10.0.0.7:4711/",
        "https://10.0.0.8/",
        "http://10.0.0.8:4710/",
        "http://10.0.0.8:4711/",
    ] {
        assert!(is_own(&client, url), "{url}");
        assert_eq!(
            post(&client, url).await.outcome,
            Outcome::BlockedLiteral,
            "{url}"
        );
    }
    let range = "own address".to_owned();
    assert_eq!(
        post(&client, "http://alias.example:4711/").await.outcome,
        Outcome::BlockedAddress { range }
    );
    for url in [
        "http://10.0.0.7:4710/",
        "http://10.0.0.8:8000/",
        "http://127.0.0.1:4712/",
    ] {
        assert!(!is_own(&client, url), "{url}");
    }
}

#[tokio::test(start_paused = true)]
async fn case_142_our_names_are_followed_when_they_move() {
    let names = Names::table(&[
        ("db.internal", &[&["10.0.0.7"], &["10.0.0.9"]]),
        ("label.example", &[&["10.0.0.8"]]),
    ]);
    let client = client_with_services(names.clone());
    client.refresh_own_addresses().await;
    assert!(is_own(&client, "http://10.0.0.7:4711/"));
    client.refresh_own_addresses().await;
    assert_eq!(names.asked().len(), 2, "asked again within the minute");
    tokio::time::advance(Duration::from_secs(60)).await;
    // A request does the same before it is judged.
    assert_eq!(
        post(&client, "http://10.0.0.9:4711/").await.outcome,
        Outcome::BlockedLiteral
    );
    assert!(is_own(&client, "http://10.0.0.9:4711/"));
    assert!(!is_own(&client, "http://10.0.0.7:4711/"));
    // A name without an answer keeps what it had.
    names.forget("db.internal");
    tokio::time::advance(Duration::from_secs(60)).await;
    client.refresh_own_addresses().await;
    assert!(is_own(&client, "http://10.0.0.9:4711/"));
}

#[tokio::test]
async fn translated_addresses_of_our_own_are_refused_too() {
    let client = GuardedClient::new(Settings {
        nat64_prefix: Some("64:ff9b::/96".parse().unwrap()),
        own_services: OwnServices {
            listening: vec![([0, 0, 0, 0], 4_710).into()],
            ..OwnServices::default()
        },
        ..settings()
    })
    .unwrap();
    assert!(is_own(&client, "http://[64:ff9b::127.0.0.1]:4710/"));
    assert!(client.check_text("http://[64:ff9b::8.8.8.8]:4710/").is_ok());
    assert!(client.check_text("http://[64:ff9b::10.0.0.1]/").is_err());
    client.set_allow_list(AllowList::default());
    assert!(client.check_text("http://[64:ff9b::8.8.8.8]/").is_ok());
}

#[tokio::test]
async fn case_142_a_shrunk_allow_list_closes_waiting_connections_and_blocks() {
    let receiver = Receiver::answering(answer("200 OK", "", "")).await;
    let client = client();
    let url = receiver.url("/");
    assert_eq!(post(&client, &url).await.outcome, Outcome::Delivered);
    assert!(post(&client, &url).await.reused);
    client.set_allow_list(AllowList::default());
    let exchange = post(&client, &url).await;
    assert_eq!(exchange.outcome, Outcome::BlockedLiteral);
    assert!(
        exchange
            .detail
            .starts_with("Not sent: 127.0.0.1 is a loopback address"),
        "{}",
        exchange.detail
    );
    client.set_allow_list(AllowList::parse(["127.0.0.0/8"]).unwrap());
    assert!(
        !post(&client, &url).await.reused,
        "the old connection was not closed"
    );
    assert_eq!((receiver.requests().len(), receiver.connections()), (3, 2));
}

#[tokio::test]
async fn case_142_a_changed_allow_list_closes_what_waits_and_what_is_under_way() {
    let (go, may_go) = tokio::sync::watch::channel(false);
    let (closed, mut when_closed) = tokio::sync::mpsc::unbounded_channel();
    let receiver = Receiver::serving(move |mut stream, n| {
        let (mut may_go, closed) = (may_go.clone(), closed.clone());
        async move {
            while let Some(request) = read_request(&mut stream).await {
                if request.starts_with("POST /slow") {
                    may_go.wait_for(|go| *go).await.unwrap();
                }
                let _ = stream.write_all(answer("200 OK", "", "").as_bytes()).await;
            }
            closed.send(n).unwrap();
        }
    })
    .await;
    let client = client();
    // Connection 0 is under way, connection 1 waits.
    assert_eq!(
        post(&client, &receiver.url("/")).await.outcome,
        Outcome::Delivered
    );
    let slow_url = receiver.url("/slow");
    let first = post(&client, &slow_url);
    let second = async {
        let exchange = post(&client, &receiver.url("/")).await;
        assert_eq!(exchange.outcome, Outcome::Delivered);
        client.set_allow_list(AllowList::parse(["127.0.0.0/16"]).unwrap());
        assert_eq!(when_closed.recv().await, Some(1), "what waited stayed open");
        go.send(true).unwrap();
    };
    let (first, ()) = tokio::join!(first, second);
    assert_eq!((first.outcome, first.reused), (Outcome::Delivered, true));
    assert_eq!(
        when_closed.recv().await,
        Some(0),
        "what was under way stayed open"
    );
    assert!(!post(&client, &receiver.url("/")).await.reused);
}

#[tokio::test]
async fn case_145_plain_http_is_held_back_for_public_addresses_only() {
    let receiver = Receiver::answering(answer("200 OK", "", "")).await;
    let send = async |client: &GuardedClient, url: &str| {
        client
            .post_unless_plain(url, HeaderMap::new(), Bytes::new())
            .await
            .outcome
    };
    assert_eq!(
        send(&client(), &receiver.url("/")).await,
        Outcome::Delivered
    );
    let public = resolving(Names::one("public.example", &["1.1.1.1"]));
    assert_eq!(
        send(&public, "http://public.example/").await,
        Outcome::PlainHttp
    );
    assert_eq!(send(&public, "http://1.1.1.1/").await, Outcome::PlainHttp);
}

#[tokio::test]
async fn a_badly_written_url_is_an_outcome_that_says_why() {
    let exchange = post(&client(), "ftp://127.0.0.1/").await;
    assert_eq!(exchange.outcome, Outcome::BlockedLiteral);
    assert_eq!(
        exchange.detail,
        "Not sent: the URL must begin with http:// or https://, got \"ftp:\""
    );
}
