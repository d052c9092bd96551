//! Getting files: redirects, limits, statuses.

use std::time::Duration;

use outbound::{AddressError, AllowList, Failure, FetchError, GuardedClient, Settings};
use tokio::io::AsyncWriteExt;

use crate::{
    names::Names,
    receiver::{Receiver, answer, client, read_request, settings},
};

const SIZE_BYTES_MAX: usize = 1_000;
const TIME_MS_MAX: u64 = 5_000;

async fn get(client: &GuardedClient, url: &str) -> Result<outbound::Fetched, FetchError> {
    client.get(url, SIZE_BYTES_MAX, TIME_MS_MAX).await
}

/// Redirects `/1` to `/2` and so on to `/n`, which is the file.
async fn chain(redirects: usize) -> Receiver {
    Receiver::serving(move |mut stream, _| async move {
        while let Some(request) = read_request(&mut stream).await {
            let path = request.split(' ').nth(1).unwrap();
            let n: usize = path.trim_start_matches('/').parse().unwrap();
            let answer = if n < redirects {
                answer("302 Found", &format!("location: {}\r\n", n + 1), "")
            } else {
                answer("200 OK", "content-type: text/plain\r\n", "here")
            };
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    })
    .await
}

#[tokio::test]
async fn a_file_comes_with_its_type() {
    let headers = "content-type: image/png\r\ncontent-encoding: gzip\r\n";
    let receiver = Receiver::answering(answer("200 OK", headers, "pixels")).await;
    let client = client();
    for _ in 0..2 {
        let fetched = get(&client, &receiver.url("/a.png")).await.unwrap();
        assert_eq!((fetched.status, &*fetched.body), (200, &b"pixels"[..]));
        assert_eq!(fetched.content_type.as_deref(), Some("image/png"));
        assert_eq!(fetched.content_encoding.as_deref(), Some("gzip"));
    }
    assert_eq!(receiver.connections(), 1);
    let request = &receiver.requests()[0];
    assert!(request.starts_with("GET /a.png HTTP/1.1\r\n"), "{request}");
    assert!(request.contains("accept-encoding: identity") && !request.contains("content-length"));
}

#[tokio::test]
async fn five_redirects_are_followed_and_a_sixth_is_not() {
    let receiver = chain(5).await;
    assert_eq!(
        get(&client(), &receiver.url("/0")).await.unwrap().body,
        "here"
    );
    let receiver = chain(6).await;
    let error = get(&client(), &receiver.url("/0")).await.unwrap_err();
    assert_eq!(error, FetchError::TooManyRedirects { status: 302 });
}

#[tokio::test]
async fn each_redirect_is_judged() {
    let trap = Receiver::answering_at("127.0.0.2:0", answer("200 OK", "", "secret")).await;
    let port = trap.address.port();
    let client = GuardedClient::new(Settings {
        allow_list: AllowList::parse(["127.0.0.1"]).unwrap(),
        resolver: Names::one("trap.example", &["127.0.0.2"]),
        ..Settings::default()
    })
    .unwrap();
    for location in [
        format!("http://127.0.0.2:{port}/"),
        format!("//127.0.0.2:{port}/"),
        format!("http://2130706434:{port}/"),
        format!("http://trap.example:{port}/"),
        format!("http:\\\\127.0.0.2:{port}\\"),
        "http://169.254.169.254/latest/meta-data/".to_owned(),
        "file:///etc/passwd".to_owned(),
        "ftp://127.0.0.1/".to_owned(),
        "http://".to_owned(),
    ] {
        let headers = format!("location: {location}\r\n");
        let receiver = Receiver::answering(answer("302 Found", &headers, "")).await;
        let error = get(&client, &receiver.url("/")).await.unwrap_err();
        let FetchError::Redirect {
            status: 302,
            reason,
        } = &error
        else {
            panic!("{location}: {error:?}");
        };
        let refused = matches!(reason, Failure::Text(_) | Failure::BlockedAddress { .. });
        assert!(refused, "{location}: {error:?}");
    }
    assert_eq!(trap.connections(), 0);
}

#[tokio::test]
async fn user_info_is_not_sent_to_where_a_redirect_points() {
    let other = Receiver::answering(answer("200 OK", "", "here")).await;
    let headers = format!("location: {}\r\n", other.url("/x"));
    let receiver = Receiver::answering(answer("307 T", &headers, "")).await;
    get(
        &client(),
        &format!("http://me:secret@{}/", receiver.address),
    )
    .await
    .unwrap();
    assert!(receiver.requests()[0].contains("authorization: Basic"));
    assert!(!other.requests()[0].contains("authorization"));
}

#[tokio::test]
async fn errors_carry_the_status() {
    for (status, code) in [
        ("404 Not Found", 404),
        ("403 No", 403),
        ("500 Oh", 500),
        ("304 N", 304),
    ] {
        let receiver = Receiver::answering(answer(status, "", "")).await;
        let error = get(&client(), &receiver.url("/")).await.unwrap_err();
        assert_eq!(error, FetchError::Status { status: code });
        assert_eq!(error.status(), Some(code));
    }
    let receiver = Receiver::answering(answer("301 Moved", "", "")).await;
    let error = get(&client(), &receiver.url("/")).await.unwrap_err();
    assert_eq!(error, FetchError::NoLocation { status: 301 });
}

#[tokio::test]
async fn refused_urls_are_errors() {
    let client = GuardedClient::new(Settings::default()).unwrap();
    let error = get(&client, "http://10.0.0.5/").await.unwrap_err();
    assert!(matches!(
        &error,
        FetchError::Failed(Failure::Text(AddressError::Range(_)))
    ));
    assert!(
        error
            .to_string()
            .starts_with("10.0.0.5 is a private address"),
        "{error}"
    );
    let error = get(&client, "nonsense").await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the URL must begin with http:// or https://, got \"nonsense\""
    );
    assert_eq!(error.status(), None);
}

#[tokio::test]
async fn size_is_limited_announced_or_not() {
    let too_large = FetchError::TooLarge {
        size_bytes_max: SIZE_BYTES_MAX,
        status: 200,
    };
    let announced = Receiver::answering(answer("200 OK", "", &"x".repeat(1_001))).await;
    assert_eq!(
        get(&client(), &announced.url("/")).await,
        Err(too_large.clone())
    );
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_owned()
        + &format!("1f4\r\n{}\r\n", "x".repeat(500)).repeat(3)
        + "0\r\n\r\n";
    let chunked = Receiver::answering(chunked).await;
    assert_eq!(get(&client(), &chunked.url("/")).await, Err(too_large));
    let exact = Receiver::answering(answer("200 OK", "", &"x".repeat(1_000))).await;
    assert_eq!(
        get(&client(), &exact.url("/")).await.unwrap().body.len(),
        1_000
    );
}

#[tokio::test]
async fn time_is_limited_body_included() {
    let receiver = Receiver::serving(|mut stream, _| async move {
        read_request(&mut stream).await;
        stream
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n")
            .await
            .unwrap();
        while stream.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    let begin = tokio::time::Instant::now();
    let error = client()
        .get(&receiver.url("/"), SIZE_BYTES_MAX, 200)
        .await
        .unwrap_err();
    assert_eq!(error, FetchError::Timeout { time_ms_max: 200 });
    assert!(begin.elapsed() < Duration::from_millis(700));
}

#[tokio::test]
async fn a_file_that_breaks_off_is_an_error() {
    let receiver = Receiver::serving(|mut stream, _| async move {
        read_request(&mut stream).await;
        let part = b"HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\nhalf";
        stream.write_all(part).await.unwrap();
    })
    .await;
    let client = GuardedClient::new(settings()).unwrap();
    let error = get(&client, &receiver.url("/")).await.unwrap_err();
    assert!(
        matches!(error, FetchError::BrokenOff { status: 200, .. }),
        "{error:?}"
    );
}
