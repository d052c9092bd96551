//! TLS: what is trusted, what is said when it is not, and that nothing is sent then.

use std::{
    io::Write,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use http_body_util::Full;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use outbound::{Exchange, GuardedClient, Outcome, Settings, SettingsError};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair,
    PKCS_ECDSA_P256_SHA256, date_time_ymd,
};
use rustls::{ServerConfig, pki_types::PrivateKeyDer};
use tempfile::NamedTempFile;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::TlsAcceptor;

use crate::{
    names::Names,
    receiver::{Receiver, answer, impatient_client, post, read_request, settings},
};

pub(crate) const NAME: &str = "receiver.example";

pub(crate) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    pub(crate) fn new() -> Self {
        Self::named("Test authority")
    }

    fn named(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self {
            issuer: CertifiedIssuer::self_signed(params, key()).unwrap(),
        }
    }

    pub(crate) fn file(&self) -> NamedTempFile {
        let mut file = NamedTempFile::new().unwrap();
        file.write_all(self.issuer.pem().as_bytes()).unwrap();
        file
    }

    /// A server's certificate for `names`, valid up to a year.
    pub(crate) fn server(&self, names: &[&str], until_year: i32) -> ServerConfig {
        self.server_between(names, 2010, until_year)
    }

    fn server_between(&self, names: &[&str], from_year: i32, until_year: i32) -> ServerConfig {
        let mut params = params(names);
        params.not_before = date_time_ymd(from_year, 1, 1);
        params.not_after = date_time_ymd(until_year, 1, 1);
        let key = key();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        server_config(&certificate, &key)
    }

    /// A client that trusts this authority and knows `NAME` as 127.0.0.1.
    fn client(&self) -> GuardedClient {
        let file = self.file();
        let resolver = Names::one(NAME, &["127.0.0.1"]);
        let extra_ca = Some(file.path().to_owned());
        GuardedClient::new(Settings {
            resolver,
            extra_ca,
            ..settings()
        })
        .unwrap()
    }
}

fn key() -> KeyPair {
    KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap()
}

fn params(names: &[&str]) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    CertificateParams::new(names).unwrap()
}

fn server_config(certificate: &rcgen::Certificate, key: &KeyPair) -> ServerConfig {
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap()
}

/// A server that answers 200 over TLS, and counts the decrypted bytes that reached it.
pub(crate) async fn tls_receiver(config: ServerConfig) -> (Receiver, Arc<AtomicUsize>) {
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let bytes = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&bytes);
    let receiver = Receiver::serving(move |stream, _| {
        let (acceptor, count) = (acceptor.clone(), Arc::clone(&count));
        async move {
            let Ok(mut stream) = acceptor.accept(stream).await else {
                return;
            };
            while let Some(request) = read_request(&mut stream).await {
                count.fetch_add(request.len(), Ordering::SeqCst);
                stream
                    .write_all(answer("200 OK", "", "ok").as_bytes())
                    .await
                    .unwrap();
            }
        }
    })
    .await;
    (receiver, bytes)
}

async fn post_to(client: &GuardedClient, receiver: &Receiver) -> Exchange {
    post(
        client,
        &format!("https://{NAME}:{}/cb", receiver.address.port()),
    )
    .await
}

/// Posts to a server that must not be trusted and returns the reason.
async fn untrusted(client: &GuardedClient, config: ServerConfig) -> String {
    let (receiver, bytes) = tls_receiver(config).await;
    let exchange = post_to(client, &receiver).await;
    assert_eq!(exchange.outcome, Outcome::Tls, "{exchange:?}");
    assert_eq!(exchange.status, None);
    assert_eq!(
        bytes.load(Ordering::SeqCst),
        0,
        "something of the request was sent"
    );
    exchange.detail
}

#[tokio::test]
async fn case_146_an_authority_of_the_operators_file_is_trusted() {
    let authority = Authority::new();
    let client = authority.client();
    let (receiver, _) = tls_receiver(authority.server(&[NAME], 2100)).await;
    let exchange = post_to(&client, &receiver).await;
    assert_eq!(exchange.outcome, Outcome::Delivered, "{exchange:?}");
    assert!(exchange.phases_ms.dns.is_some() && exchange.phases_ms.connect.is_some());
    let tls = exchange.tls.unwrap();
    assert_eq!(tls.version, "TLS 1.3");
    assert_eq!(tls.issuer, "CN=Test authority");
    assert_eq!(tls.not_after, 4_102_444_800_000);
    let again = post_to(&client, &receiver).await;
    assert_eq!((again.reused, again.tls), (true, Some(tls)));
    assert_eq!(receiver.connections(), 1);
    // The dot at the end of a name is not part of what a certificate names.
    let dotted = format!("https://{NAME}.:{}/", receiver.address.port());
    assert_eq!(post(&client, &dotted).await.outcome, Outcome::Delivered);
}

#[tokio::test]
async fn case_146_tls_1_2_is_enough() {
    let authority = Authority::new();
    let key = key();
    let certificate = params(&[NAME]).signed_by(&key, &authority.issuer).unwrap();
    let config =
        ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_protocol_versions(&[&rustls::version::TLS12])
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
            )
            .unwrap();
    let (receiver, _) = tls_receiver(config).await;
    let exchange = post_to(&authority.client(), &receiver).await;
    assert_eq!(exchange.outcome, Outcome::Delivered);
    assert_eq!(exchange.tls.unwrap().version, "TLS 1.2");
}

#[tokio::test]
async fn case_146_an_expired_certificate_is_refused_with_its_date() {
    let authority = Authority::new();
    let detail = untrusted(&authority.client(), authority.server(&[NAME], 2020)).await;
    assert_eq!(
        detail,
        "the server's certificate expired at 2020-01-01T00:00:00Z; the certificate is for \
         receiver.example, issued by CN=Test authority, valid from 2010-01-01T00:00:00Z to \
         2020-01-01T00:00:00Z"
    );
}

#[tokio::test]
async fn case_146_a_certificate_of_tomorrow_is_refused_with_its_date() {
    let authority = Authority::new();
    let config = authority.server_between(&[NAME], 2099, 2100);
    let detail = untrusted(&authority.client(), config).await;
    assert!(
        detail.starts_with("the server's certificate is not valid before 2099-01-01T00:00:00Z; "),
        "{detail}"
    );
}

#[tokio::test]
async fn case_146_a_wrong_name_is_refused_with_the_names() {
    let authority = Authority::new();
    let config = authority.server(&["other.example", "10.0.0.1"], 2100);
    let detail = untrusted(&authority.client(), config).await;
    assert_eq!(
        detail,
        "the server's certificate is not for receiver.example; the certificate is for \
         other.example, 10.0.0.1, issued by CN=Test authority, valid from 2010-01-01T00:00:00Z to \
         2100-01-01T00:00:00Z"
    );
    // An address in the URL is a name to TLS too.
    let (receiver, bytes) = tls_receiver(authority.server(&[NAME], 2100)).await;
    let url = format!("https://{}/", receiver.address);
    let exchange = post(&authority.client(), &url).await;
    assert_eq!(exchange.outcome, Outcome::Tls, "{exchange:?}");
    assert!(
        exchange
            .detail
            .starts_with("the server's certificate is not for 127.0.0.1; "),
        "{}",
        exchange.detail
    );
    assert_eq!(bytes.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_certificate_cannot_fill_our_pages() {
    let authority = Authority::new();
    let long = format!("{}.example", ["a".repeat(60).as_str(); 3].join("."));
    let names: Vec<String> = (0..200).map(|n| format!("n{n}.{long}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let detail = untrusted(&authority.client(), authority.server(&names, 2100)).await;
    assert!(detail.contains(" and 195 more"), "{detail}");
    assert!(detail.len() < 1_000, "{}", detail.len());
}

#[tokio::test]
async fn case_146_self_signed_and_unknown_authorities_are_refused() {
    let client = Authority::new().client();
    let key = key();
    let self_signed = params(&[NAME]).self_signed(&key).unwrap();
    let unknown = Authority::named("Another authority").server(&[NAME], 2100);
    for (config, issuer) in [
        (server_config(&self_signed, &key), "itself"),
        (unknown, "CN=Another authority"),
    ] {
        let detail = untrusted(&client, config).await;
        assert!(
            detail.contains(&format!(
                "; the certificate is for {NAME}, issued by {issuer}, valid"
            )),
            "{detail}"
        );
        assert!(
            detail.contains("self-signed or signed by an authority"),
            "{detail}"
        );
        assert!(detail.contains("outbound_ca_file"), "{detail}");
    }
}

#[tokio::test]
async fn case_146_another_authority_of_the_same_name_is_refused() {
    let detail = untrusted(
        &Authority::new().client(),
        Authority::new().server(&[NAME], 2100),
    )
    .await;
    assert!(
        detail.contains("does not fit the key of the authority that it names"),
        "{detail}"
    );
}

/// Answers the client's greeting with fixed bytes and returns what the client made of it.
async fn greeted_with(bytes: &'static [u8]) -> Exchange {
    let receiver = Receiver::serving(move |mut stream: TcpStream, _| async move {
        let mut greeting = [0; 4_096];
        let _ = stream.read(&mut greeting).await;
        let _ = stream.write_all(bytes).await;
        let _ = stream.shutdown().await;
        let _ = stream.read_to_end(&mut Vec::new()).await;
    })
    .await;
    post_to(&Authority::new().client(), &receiver).await
}

#[tokio::test]
async fn case_146_tls_1_1_is_refused() {
    // The alert "protocol_version" of a server that speaks TLS 1.1 at best.
    let exchange = greeted_with(b"\x15\x03\x02\x00\x02\x02\x46").await;
    assert_eq!(exchange.outcome, Outcome::Tls);
    assert_eq!(
        exchange.detail,
        "the server speaks neither TLS 1.2 nor TLS 1.3"
    );
    // The greeting of a server that picks TLS 1.1: version, random, no session, cipher, no
    // compression.
    let exchange = greeted_with(
        b"\x16\x03\x02\x00\x2a\x02\x00\x00\x26\x03\x02\
          RANDOMRANDOMRANDOMRANDOMRANDOMRA\x00\xc0\x13\x00",
    )
    .await;
    assert_eq!(exchange.outcome, Outcome::Tls);
    assert_eq!(
        exchange.detail,
        "the server speaks neither TLS 1.2 nor TLS 1.3"
    );
}

#[tokio::test]
async fn what_is_not_tls_is_said_to_be_so() {
    let exchange = greeted_with(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
    assert_eq!(exchange.outcome, Outcome::Tls);
    assert!(
        exchange.detail.contains("does it speak plain http"),
        "{}",
        exchange.detail
    );
    let exchange = greeted_with(b"").await;
    assert_eq!(exchange.outcome, Outcome::Tls);
    assert!(
        exchange
            .detail
            .contains("closed the connection during the TLS handshake")
    );
}

#[tokio::test]
async fn case_125_a_handshake_that_hangs_is_cut_at_the_limit_of_connecting() {
    let receiver = Receiver::serving(|mut stream, _| async move {
        let _ = stream.read_to_end(&mut Vec::new()).await;
    })
    .await;
    let exchange = post(
        &impatient_client(),
        &format!("https://{}/", receiver.address),
    )
    .await;
    assert_eq!(exchange.outcome, Outcome::TimeoutConnect);
    assert!(
        (300..800).contains(&exchange.phases_ms.total),
        "{exchange:?}"
    );
}

#[tokio::test]
async fn http_2_is_spoken_where_offered_and_shared() {
    let authority = Authority::new();
    let mut config = authority.server(&[NAME], 2100);
    config.alpn_protocols = vec![b"h2".to_vec()];
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let receiver = Receiver::serving(move |stream, _| {
        let acceptor = acceptor.clone();
        async move {
            let stream = acceptor.accept(stream).await.unwrap();
            let service = service_fn(|request: http::Request<hyper::body::Incoming>| async move {
                assert_eq!(request.version(), http::Version::HTTP_2);
                let seen = format!("{} {}", request.method(), request.uri().path());
                Ok::<_, std::convert::Infallible>(http::Response::new(Full::<bytes::Bytes>::from(
                    seen,
                )))
            });
            let _ = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
                .serve_connection(TokioIo::new(stream), service)
                .await;
        }
    })
    .await;
    let client = authority.client();
    let exchange = post_to(&client, &receiver).await;
    assert_eq!(exchange.outcome, Outcome::Delivered, "{exchange:?}");
    assert_eq!(exchange.body, "POST /cb");
    let (a, b, c) = tokio::join!(
        post_to(&client, &receiver),
        post_to(&client, &receiver),
        post_to(&client, &receiver)
    );
    assert!(
        [a, b, c]
            .iter()
            .all(|e| e.outcome == Outcome::Delivered && e.reused)
    );
    assert_eq!(receiver.connections(), 1);
}

#[test]
fn an_unusable_file_of_authorities_is_an_error_that_names_it() {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(b"no certificate").unwrap();
    for path in [file.path().to_owned(), "/nonexistent/ca.pem".into()] {
        let extra_ca = Some(path.clone());
        let error = GuardedClient::new(Settings {
            extra_ca,
            ..settings()
        })
        .unwrap_err();
        let SettingsError::ExtraCa { path: named, .. } = &error;
        assert_eq!(*named, path);
        assert!(
            error.to_string().starts_with("outbound_ca_file: "),
            "{error}"
        );
    }
}
