//! One open connection that speaks HTTP/1.1 or HTTP/2.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::{
    HeaderValue, Method, Request, Response, Uri, header, request::Parts, uri::PathAndQuery,
};
use http_body_util::Full;
use hyper::{
    body::Incoming,
    client::conn::{http1, http2},
};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    task::AbortHandle,
    time::Instant,
};

use crate::{
    address::Target,
    failure::Failure,
    tls::{self, TlsInfo},
};

/// The most that is read of an answer's head. It bounds what a hostile server can make us hold.
const HEAD_BYTES_MAX: usize = 64 * 1024;

type Body = Full<Bytes>;

/// The right to send one request over an open connection. An HTTP/1.1 connection has one user at
/// a time; an HTTP/2 connection may have several.
#[derive(Debug)]
pub(crate) struct Connection {
    sender: Sender,
    shared: Arc<Shared>,
    /// A request was begun and its answer not read to the end.
    in_use: bool,
}

#[derive(Debug)]
enum Sender {
    Http1(http1::SendRequest<Body>),
    Http2(http2::SendRequest<Body>),
}

#[derive(Debug)]
struct Shared {
    address: SocketAddr,
    tls: Option<TlsInfo>,
    opened: Instant,
    bytes_read: Arc<AtomicU64>,
    /// Something went wrong: no further request may be sent.
    broken: AtomicBool,
    driver: AbortHandle,
}

impl Drop for Shared {
    /// Ends the task that moves the bytes, and with it closes the socket.
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Connection {
    /// Starts HTTP over an open stream to `address`.
    pub(crate) async fn start<S>(
        stream: S,
        address: SocketAddr,
        http2: bool,
        tls: Option<TlsInfo>,
    ) -> hyper::Result<Self>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let bytes_read = Arc::new(AtomicU64::new(0));
        let io = TokioIo::new(Counted {
            stream,
            bytes_read: Arc::clone(&bytes_read),
        });
        let (sender, driver) = if http2 {
            let (sender, driver) = http2::Builder::new(TokioExecutor::new())
                .timer(TokioTimer::new())
                .max_header_list_size(HEAD_BYTES_MAX as u32)
                .handshake(io)
                .await?;
            (
                Sender::Http2(sender),
                tokio::spawn(async move { drop(driver.await) }),
            )
        } else {
            let (sender, driver) = http1::Builder::new()
                .max_header_size(HEAD_BYTES_MAX)
                .handshake(io)
                .await?;
            // The driver's error reaches whoever waits for an answer; nobody else needs it.
            (
                Sender::Http1(sender),
                tokio::spawn(async move { drop(driver.await) }),
            )
        };
        Ok(Self {
            sender,
            shared: Arc::new(Shared {
                address,
                tls,
                opened: Instant::now(),
                bytes_read,
                broken: AtomicBool::new(false),
                driver: driver.abort_handle(),
            }),
            in_use: false,
        })
    }

    /// The peer's address.
    pub(crate) fn address(&self) -> SocketAddr {
        self.shared.address
    }

    /// What is known of its TLS; `None` for plain http.
    pub(crate) fn tls(&self) -> Option<&TlsInfo> {
        self.shared.tls.as_ref()
    }

    /// When the connection was opened.
    pub(crate) fn opened(&self) -> Instant {
        self.shared.opened
    }

    /// The bytes that came from the peer so far.
    pub(crate) fn bytes_read(&self) -> u64 {
        self.shared.bytes_read.load(Ordering::Relaxed)
    }

    /// Whether a request can be sent, as far as is known.
    pub(crate) fn is_usable(&self) -> bool {
        let closed = match &self.sender {
            Sender::Http1(sender) => !sender.is_ready(),
            Sender::Http2(sender) => sender.is_closed(),
        };
        !closed && !self.shared.broken.load(Ordering::Relaxed)
    }

    /// Another handle of the same connection, if it can carry several requests at a time.
    pub(crate) fn share(&self) -> Option<Self> {
        match &self.sender {
            Sender::Http1(_) => None,
            Sender::Http2(sender) => Some(Self {
                sender: Sender::Http2(sender.clone()),
                shared: Arc::clone(&self.shared),
                in_use: false,
            }),
        }
    }

    /// Sends one request and waits for the head of its answer. The connection must be kept until
    /// the body is read.
    pub(crate) async fn send(
        &mut self,
        target: &Target,
        parts: &Parts,
        body: Bytes,
    ) -> Result<Response<Incoming>, Failure> {
        self.in_use = true;
        let result = match &mut self.sender {
            Sender::Http1(sender) => {
                let mut request = request(parts, target.path_and_query.clone().into(), body);
                let host = HeaderValue::try_from(target.authority())
                    .map_err(|error| Failure::BadHttp(error.to_string()))?;
                request.headers_mut().insert(header::HOST, host);
                sender.send_request(request).await
            }
            Sender::Http2(sender) => {
                let uri = absolute(target).map_err(|error| Failure::BadHttp(error.to_string()))?;
                sender.send_request(request(parts, uri, body)).await
            }
        };
        result.map_err(|error| self.failure(&error))
    }

    /// Waits until another request can be sent; to be called after the whole body was read.
    /// `false` if the connection is at its end.
    pub(crate) async fn finish(&mut self) -> bool {
        let ready = match &mut self.sender {
            Sender::Http1(sender) => sender.ready().await.is_ok(),
            Sender::Http2(sender) => sender.ready().await.is_ok(),
        };
        self.in_use = !ready;
        ready
    }

    fn failure(&self, error: &hyper::Error) -> Failure {
        let address = self.address();
        let mut source: Option<&(dyn std::error::Error + 'static)> = Some(error);
        while let Some(inner) = source {
            if let Some(io) = inner.downcast_ref::<io::Error>() {
                return match tls::tls_error(io) {
                    Some(error) => Failure::Tls(tls::reason(error)),
                    None => Failure::Reset(format!("{address} broke the connection: {io}")),
                };
            }
            source = inner.source();
        }
        if error.is_parse() || error.is_parse_too_large() || error.is_user() {
            let reason = innermost(error);
            return Failure::BadHttp(format!(
                "the answer of {address} is not valid HTTP: {reason}"
            ));
        }
        Failure::Reset(format!(
            "{address} closed the connection before it answered: {}",
            innermost(error)
        ))
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if self.in_use {
            self.shared.broken.store(true, Ordering::Relaxed);
        }
    }
}

fn request(parts: &Parts, uri: Uri, body: Bytes) -> Request<Body> {
    let mut request = Request::new(Full::new(body));
    *request.method_mut() = parts.method.clone();
    *request.uri_mut() = uri;
    *request.headers_mut() = parts.headers.clone();
    debug_assert!(parts.method != Method::CONNECT);
    request
}

/// HTTP/2 carries scheme and authority in the place of the `host` header.
fn absolute(target: &Target) -> http::Result<Uri> {
    let path_and_query: &PathAndQuery = &target.path_and_query;
    Uri::builder()
        .scheme(target.scheme.as_str())
        .authority(target.authority())
        .path_and_query(path_and_query.clone())
        .build()
}

fn innermost(error: &hyper::Error) -> String {
    let mut deepest: &dyn std::error::Error = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    deepest.to_string()
}

/// A stream that counts what is read, so that "not one byte of an answer came" can be known.
struct Counted<S> {
    stream: S,
    bytes_read: Arc<AtomicU64>,
}

impl<S: AsyncRead + Unpin> AsyncRead for Counted<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
        let count = buffer.filled().len() - before;
        self.bytes_read.fetch_add(count as u64, Ordering::Relaxed);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Counted<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
