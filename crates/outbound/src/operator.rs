//! Requests of a command to the server that its user named on the command line: the one way out
//! without an address filter.
//!
//! A server never uses it: whoever types a command may reach everything from that machine anyway,
//! while what comes with a request may not choose where a server connects to.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::Path,
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tokio::time::timeout;

use crate::{
    address::{Host, Target},
    client::SettingsError,
    connect::Connector,
    connection::Connection,
    failure::Failure,
    resolve::SystemResolver,
    tls,
};

/// For a look-up, and for the head of an answer.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(30);
/// For connecting, TLS included.
const CONNECT_TIME_MAX: Duration = Duration::from_secs(10);

/// A client for one server that an operator chose. TLS is verified as everywhere.
pub struct OperatorClient {
    connector: Connector,
}

/// An answer whose body is read piece by piece.
pub struct OperatorAnswer {
    /// Status.
    pub status: StatusCode,
    /// Headers.
    pub headers: HeaderMap,
    body: Incoming,
    /// Dropping it closes the connection.
    _connection: Connection,
}

impl OperatorClient {
    /// A client that also trusts the authorities of `extra_ca` (PEM).
    pub fn new(extra_ca: Option<&Path>) -> Result<Self, SettingsError> {
        Ok(Self {
            connector: Connector {
                tls: tls::client_config(extra_ca)?,
                proxy: None,
                resolver: Arc::new(SystemResolver::default()),
                limit: CONNECT_TIME_MAX,
            },
        })
    }

    /// Sends one request over a connection of its own and waits for the head of the answer.
    pub async fn send(
        &self,
        method: Method,
        target: &Target,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<OperatorAnswer, Failure> {
        let addresses = self.addresses(target).await?;
        let mut connection = self.connector.connect(target, &addresses).await?;
        let mut request = Request::new(());
        *request.method_mut() = method;
        *request.headers_mut() = headers;
        let (parts, ()) = request.into_parts();
        let answer = timeout(ANSWER_TIME_MAX, connection.send(target, &parts, body))
            .await
            .unwrap_or_else(|_| {
                let seconds = ANSWER_TIME_MAX.as_secs();
                let text = format!("no answer within {seconds} s");
                Err(Failure::TimeoutWhole(text))
            })?;
        let (head, body) = answer.into_parts();
        Ok(OperatorAnswer {
            status: head.status,
            headers: head.headers,
            body,
            _connection: connection,
        })
    }

    async fn addresses(&self, target: &Target) -> Result<Vec<SocketAddr>, Failure> {
        let addresses = match &target.host {
            Host::Address(address) => vec![*address],
            Host::Localhost(_) => vec![
                IpAddr::from(Ipv4Addr::LOCALHOST),
                IpAddr::from(Ipv6Addr::LOCALHOST),
            ],
            Host::Name(name) => timeout(ANSWER_TIME_MAX, self.connector.resolver.resolve(name))
                .await
                .map_err(|_| Failure::Dns(format!("looking up {name} took too long")))?
                .map_err(|error| Failure::Dns(format!("{name} cannot be looked up: {error}")))?,
        };
        let with_port = |address: IpAddr| SocketAddr::new(address, target.port);
        Ok(addresses.into_iter().map(with_port).collect())
    }
}

impl OperatorAnswer {
    /// The next piece of the body; `None` at its end.
    pub async fn piece(&mut self) -> Result<Option<Bytes>, Failure> {
        while let Some(frame) = self.body.frame().await {
            let frame = frame.map_err(|error| {
                Failure::Reset(format!("the connection broke in mid-answer: {error}"))
            })?;
            if let Ok(data) = frame.into_data() {
                return Ok(Some(data));
            }
        }
        Ok(None)
    }
}
