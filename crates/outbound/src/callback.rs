//! Sending a callback: one POST, one answer read, nothing followed.

use std::net::SocketAddr;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Method, StatusCode, header};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tokio::time::{Instant, timeout_at};

use crate::{
    address::Target,
    client::{Answer, GuardedClient, Outgoing, Progress, elapsed_ms},
    failure::Failure,
    tls::TlsInfo,
};

/// What one try at a callback came to (reference part 3.5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The server answered 200–299, even if the body broke off afterwards.
    Delivered,
    /// 300–399; not followed.
    Redirect {
        /// The `location` header, if there was one.
        location: Option<String>,
    },
    /// 410: the server wants no more.
    Gone,
    /// Any other status.
    HttpStatus,
    /// The name has no usable answer.
    Dns,
    /// The name resolves to a refused address. May change.
    BlockedAddress {
        /// The refused range, or "own address".
        range: String,
    },
    /// The URL itself is refused. Final.
    BlockedLiteral,
    /// Plain http to a public address, and the caller asked not to (reference part 5).
    PlainHttp,
    /// Nobody took the connection.
    Refused,
    /// The connection broke before an answer.
    Reset,
    /// No TLS connection that can be trusted; nothing was sent.
    Tls,
    /// No connection within the limit for connecting.
    TimeoutConnect,
    /// No answer within the limit for the whole.
    TimeoutWhole,
    /// What came back was not HTTP.
    BadHttp,
    /// [`PostOptions::send_before`] was over right before the request was to be written. Nothing
    /// of it was sent.
    TooLate,
    /// The operator's proxy failed. Says nothing about the receiver.
    Proxy,
}

impl Outcome {
    /// The outcome's name in stores, pages and measures.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Redirect { .. } => "redirect",
            Self::Gone => "gone",
            Self::HttpStatus => "http_status",
            Self::Dns => "dns",
            Self::BlockedAddress { .. } => "blocked_address",
            Self::BlockedLiteral => "blocked_literal",
            Self::PlainHttp => "plain_http",
            Self::Refused => "refused",
            Self::Reset => "reset",
            Self::Tls => "tls",
            Self::TimeoutConnect => "timeout_connect",
            Self::TimeoutWhole => "timeout_whole",
            Self::BadHttp => "bad_http",
            Self::TooLate => "too_late",
            Self::Proxy => "proxy",
        }
    }

    fn of_failure(failure: &Failure) -> Self {
        match failure {
            Failure::Text(_) => Self::BlockedLiteral,
            Failure::Dns(_) => Self::Dns,
            Failure::BlockedAddress { range, .. } => Self::BlockedAddress {
                range: range.clone(),
            },
            Failure::PlainHttp => Self::PlainHttp,
            Failure::Refused(_) => Self::Refused,
            Failure::Reset(_) => Self::Reset,
            Failure::Tls(_) => Self::Tls,
            Failure::TimeoutConnect(_) => Self::TimeoutConnect,
            Failure::TimeoutWhole(_) => Self::TimeoutWhole,
            Failure::BadHttp(_) => Self::BadHttp,
            Failure::TooLate => Self::TooLate,
            Failure::Proxy(_) => Self::Proxy,
        }
    }

    fn of_status(status: StatusCode, headers: &HeaderMap) -> Self {
        match status.as_u16() {
            200..=299 => Self::Delivered,
            300..=399 => Self::Redirect {
                location: headers
                    .get(header::LOCATION)
                    .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()),
            },
            410 => Self::Gone,
            _ => Self::HttpStatus,
        }
    }
}

/// What a caller of [`GuardedClient::post_with`] decides.
#[derive(Clone, Copy, Debug)]
pub struct PostOptions {
    /// Whether a public address may be contacted by plain http. If not, the try ends with
    /// [`Outcome::PlainHttp`] before connecting. Networks of the allow list are not concerned.
    pub plain_http: bool,
    /// The last moment at which the request may be written. Looked at right before that, on the
    /// monotonic clock, so that a process that was frozen while it connected sends nothing late.
    pub send_before: Option<Instant>,
}

impl Default for PostOptions {
    /// Plain http to anywhere, at any time.
    fn default() -> Self {
        Self {
            plain_http: true,
            send_before: None,
        }
    }
}

/// Where the time of an exchange went, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PhasesMs {
    /// The look-up; none for an address literal.
    pub dns: Option<u64>,
    /// Connecting, with TLS; none if a waiting connection was used.
    pub connect: Option<u64>,
    /// Everything, from the look-up to the last byte that was read.
    pub total: u64,
}

/// One try at a callback, as the page shows it.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// What it came to.
    pub outcome: Outcome,
    /// The status of the answer, if one came.
    pub status: Option<u16>,
    /// The headers of the answer as received. Not masked.
    pub headers: HeaderMap,
    /// The beginning of the answer's body, at most 64 KiB, as received. Not masked.
    pub body: Bytes,
    /// Whether `body` is the whole body.
    pub body_complete: bool,
    /// The address that was contacted, or was to be.
    pub address: Option<SocketAddr>,
    /// What is known of the TLS connection; `None` for plain http, or if there was none.
    pub tls: Option<TlsInfo>,
    /// Where the time went.
    pub phases_ms: PhasesMs,
    /// Whether a waiting connection carried the request.
    pub reused: bool,
    /// Whether the request went out twice, since a waiting connection turned out to be dead.
    pub resent: bool,
    /// What happened, as a sentence.
    pub detail: String,
}

struct Read {
    body: Bytes,
    /// Why the body is not whole.
    broken_off: Option<String>,
}

impl GuardedClient {
    /// Sends a callback: one POST to `url` within the limits of this client, with the default
    /// [`PostOptions`].
    pub async fn post(&self, url: &str, headers: HeaderMap, body: Bytes) -> Exchange {
        self.post_with(url, headers, body, PostOptions::default())
            .await
    }

    /// Like [`post`](Self::post), but ends with [`Outcome::PlainHttp`], before connecting, if the
    /// URL is plain http and one of its addresses is outside the allow list.
    pub async fn post_unless_plain(&self, url: &str, headers: HeaderMap, body: Bytes) -> Exchange {
        let options = PostOptions {
            plain_http: false,
            ..PostOptions::default()
        };
        self.post_with(url, headers, body, options).await
    }

    /// Sends a callback: one POST to `url` within the limits of this client.
    ///
    /// Never an error: whatever happens is an [`Outcome`]. Redirects are not followed. `headers`
    /// are sent as given, with `host` and (if missing) `user-agent` added, and `authorization` if
    /// the URL has user info.
    pub async fn post_with(
        &self,
        url: &str,
        headers: HeaderMap,
        body: Bytes,
        options: PostOptions,
    ) -> Exchange {
        let begin = Instant::now();
        let deadline = begin + self.limits().whole;
        let mut progress = Progress::default();
        let target = match Target::parse(url) {
            Ok(target) => target,
            Err(error) => return unanswered(&Failure::Text(error), begin, progress),
        };
        let outgoing = Outgoing {
            method: Method::POST,
            headers,
            body,
            plain_http: options.plain_http,
            send_before: options.send_before,
        };
        let sending = self.send(&target, &outgoing, &mut progress);
        let Answer {
            response,
            connection,
            generation,
        } = match timeout_at(deadline, sending).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(failure)) => return unanswered(&failure, begin, progress),
            Err(_) => {
                let limit_ms = self.limits().whole.as_millis();
                let failure = Failure::TimeoutWhole(format!("no answer within {limit_ms} ms"));
                return unanswered(&failure, begin, progress);
            }
        };
        let (head, incoming) = response.into_parts();
        let read = read_beginning(incoming, self.limits().answer_bytes_max, deadline).await;
        let total = elapsed_ms(begin);
        if read.broken_off.is_none() {
            self.give_back(&target, connection, generation).await;
        }
        let outcome = Outcome::of_status(head.status, &head.headers);
        Exchange {
            detail: describe(&outcome, head.status, read.broken_off.as_deref(), &progress),
            outcome,
            status: Some(head.status.as_u16()),
            headers: head.headers,
            body: read.body,
            body_complete: read.broken_off.is_none(),
            address: progress.address,
            tls: progress.tls,
            phases_ms: PhasesMs {
                dns: progress.dns_ms,
                connect: progress.connect_ms,
                total,
            },
            reused: progress.reused,
            resent: progress.resent,
        }
    }
}

/// Reads a body until its end, `bytes_max`, an error or `deadline`, whichever is first.
async fn read_beginning(mut incoming: Incoming, bytes_max: usize, deadline: Instant) -> Read {
    let mut body = BytesMut::new();
    let broken_off = loop {
        let data = match timeout_at(deadline, incoming.frame()).await {
            Err(_) => break Some("its body was cut off by the time limit".to_owned()),
            Ok(None) => break None,
            Ok(Some(Err(error))) => break Some(format!("its body broke off: {error}")),
            Ok(Some(Ok(frame))) => match frame.into_data() {
                Ok(data) => data,
                Err(_trailers) => continue,
            },
        };
        let room = bytes_max - body.len();
        body.extend_from_slice(&data[..data.len().min(room)]);
        if data.len() > room {
            break Some(format!(
                "only the first {bytes_max} bytes of its body were read"
            ));
        }
    };
    Read {
        body: body.freeze(),
        broken_off,
    }
}

fn describe(
    outcome: &Outcome,
    status: StatusCode,
    broken_off: Option<&str>,
    progress: &Progress,
) -> String {
    let mut sentence = vec![format!("the server answered {status}")];
    match outcome {
        Outcome::Redirect { location } => {
            sentence.extend(
                location
                    .as_ref()
                    .map(|location| format!("it points to {location:?}")),
            );
            sentence.push("redirects are not followed".to_owned());
        }
        Outcome::Gone => sentence.push("it wants no more callbacks".to_owned()),
        _ => {}
    }
    sentence.extend(broken_off.map(str::to_owned));
    if progress.resent {
        sentence.push("sent a second time, since the waiting connection was dead".to_owned());
    }
    sentence.join("; ")
}

fn unanswered(failure: &Failure, begin: Instant, progress: Progress) -> Exchange {
    Exchange {
        outcome: Outcome::of_failure(failure),
        status: None,
        headers: HeaderMap::new(),
        body: Bytes::new(),
        body_complete: false,
        address: progress.address,
        tls: progress.tls,
        phases_ms: PhasesMs {
            dns: progress.dns_ms,
            connect: progress.connect_ms,
            total: elapsed_ms(begin),
        },
        reused: progress.reused,
        resent: progress.resent,
        detail: match failure {
            Failure::Text(_)
            | Failure::BlockedAddress { .. }
            | Failure::PlainHttp
            | Failure::TooLate => format!("Not sent: {failure}"),
            _ => failure.to_string(),
        },
    }
}
