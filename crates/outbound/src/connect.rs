//! Opening a connection to judged addresses.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use rustls::{ClientConfig, pki_types::ServerName};
use tokio::{
    net::TcpStream,
    task::JoinSet,
    time::{sleep, timeout},
};

use crate::{
    address::{Host, Scheme, Target},
    connection::Connection,
    failure::Failure,
    proxy::Proxy,
    resolve::Resolve,
    tls,
};

/// How long one address is tried alone before the next is tried beside it (RFC 8305, part 5).
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// What opens the connections of one client.
pub(crate) struct Connector {
    pub(crate) tls: Arc<ClientConfig>,
    /// The operator's proxy; `None`: straight to the address.
    pub(crate) proxy: Option<Arc<Proxy>>,
    /// For the proxy's name alone.
    pub(crate) resolver: Arc<dyn Resolve>,
    /// For TCP, proxy and TLS together, all addresses together.
    pub(crate) limit: Duration,
}

impl Connector {
    /// Opens a connection to one of `addresses`, with TLS if the target asks for it.
    ///
    /// The addresses are the only ones that are contacted, or that the proxy is asked for; the
    /// target's name serves for TLS alone.
    pub(crate) async fn connect(
        &self,
        target: &Target,
        addresses: &[SocketAddr],
    ) -> Result<Connection, Failure> {
        let reached_proxy = Arc::new(AtomicBool::new(false));
        let opening = self.open(target, addresses, &reached_proxy);
        timeout(self.limit, opening).await.unwrap_or_else(|_| {
            let limit_ms = self.limit.as_millis();
            let addresses = list(addresses);
            match &self.proxy {
                // Once it took the connection, what is waited for is the address.
                Some(proxy) if !reached_proxy.load(Ordering::Relaxed) => Err(Failure::Proxy(
                    format!("no connection to the proxy {proxy} within {limit_ms} ms"),
                )),
                Some(proxy) => Err(Failure::TimeoutConnect(format!(
                    "no connection to {addresses} through the proxy {proxy} within {limit_ms} ms"
                ))),
                None => Err(Failure::TimeoutConnect(format!(
                    "no connection to {addresses} within {limit_ms} ms"
                ))),
            }
        })
    }

    async fn open(
        &self,
        target: &Target,
        addresses: &[SocketAddr],
        reached_proxy: &Arc<AtomicBool>,
    ) -> Result<Connection, Failure> {
        let (stream, address) = match &self.proxy {
            None => connect_first(addresses, dial).await?,
            Some(proxy) => {
                connect_first(addresses, |address| {
                    let (proxy, resolver) = (Arc::clone(proxy), Arc::clone(&self.resolver));
                    let reached_proxy = Arc::clone(reached_proxy);
                    async move {
                        let stream = proxy.connect(&resolver).await?;
                        reached_proxy.store(true, Ordering::Relaxed);
                        proxy.tunnel(stream, address).await
                    }
                })
                .await?
            }
        };
        // Without it a small request could wait for an acknowledgement; failing to set it only
        // costs time.
        let _ = stream.set_nodelay(true);
        let started = match target.scheme {
            Scheme::Http => Connection::start(stream, address, false, None).await,
            Scheme::Https => {
                let name = server_name(&target.host)?;
                let stream = tls::handshake(&self.tls, name, stream).await?;
                let http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
                let info = tls::info(&stream);
                Connection::start(stream, address, http2, info).await
            }
        };
        started.map_err(|error| Failure::Reset(format!("{address} broke the connection: {error}")))
    }
}

fn server_name(host: &Host) -> Result<ServerName<'static>, Failure> {
    match host {
        Host::Address(address) => Ok(ServerName::IpAddress((*address).into())),
        Host::Localhost(name) | Host::Name(name) => ServerName::try_from(name.clone())
            .map_err(|_| Failure::Tls(format!("no certificate can be for the name {name}"))),
    }
}

/// Opens a TCP connection straight to a judged address.
async fn dial(address: SocketAddr) -> Result<TcpStream, Failure> {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place: the address was judged"
    )]
    let stream = TcpStream::connect(address)
        .await
        .map_err(|error| tcp_failure(&error, address))?;
    // Only an unusual network set-up could bring us elsewhere; then nothing is sent.
    let peer = stream
        .peer_addr()
        .map_err(|error| tcp_failure(&error, address))?;
    if peer != address {
        return Err(Failure::BlockedAddress {
            range: "another peer".to_owned(),
            detail: format!("the connection to {address} ended at {peer}"),
        });
    }
    Ok(stream)
}

/// Connects to the first address that answers. They are tried in turn, the families alternating,
/// each with a head start over the next (RFC 8305).
async fn connect_first<F>(
    addresses: &[SocketAddr],
    dial: impl Fn(SocketAddr) -> F,
) -> Result<(TcpStream, SocketAddr), Failure>
where
    F: Future<Output = Result<TcpStream, Failure>> + Send + 'static,
{
    // One address, as nearly always, needs no task of its own.
    if let [address] = addresses {
        return Ok((dial(*address).await?, *address));
    }
    let mut waiting = interleave(addresses).into_iter();
    // Dropping the set ends the attempts that are still under way.
    let mut attempts = JoinSet::new();
    let mut failures = Vec::new();
    loop {
        match waiting.next() {
            Some(address) => {
                let attempt = dial(address);
                attempts.spawn(async move { attempt.await.map(|stream| (stream, address)) });
            }
            None if attempts.is_empty() => return Err(summarize(failures)),
            None => {}
        }
        tokio::select! {
            Some(attempt) = attempts.join_next() => match attempt {
                Ok(Ok(connected)) => return Ok(connected),
                Ok(Err(failure)) => failures.push(failure),
                Err(error) => failures.push(Failure::Reset(format!("the attempt ended: {error}"))),
            },
            () = sleep(ATTEMPT_DELAY), if waiting.len() > 0 => {}
        }
    }
}

/// One failure for all addresses: of the kind of the last, with the words of every one.
fn summarize(failures: Vec<Failure>) -> Failure {
    let text = failures
        .iter()
        .map(Failure::to_string)
        .collect::<Vec<_>>()
        .join("; ");
    match failures.into_iter().next_back() {
        Some(Failure::Refused(_)) => Failure::Refused(text),
        Some(Failure::Reset(_)) => Failure::Reset(text),
        Some(Failure::TimeoutConnect(_)) => Failure::TimeoutConnect(text),
        Some(Failure::Proxy(_)) => Failure::Proxy(text),
        Some(other) => other,
        None => Failure::Refused("there is no address to connect to".to_owned()),
    }
}

/// The addresses with the families alternating, beginning with the first address's family.
fn interleave(addresses: &[SocketAddr]) -> Vec<SocketAddr> {
    let first_is_v6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (mut own, mut other): (Vec<_>, Vec<_>) = addresses
        .iter()
        .copied()
        .partition(|address| address.is_ipv6() == first_is_v6);
    own.reverse();
    other.reverse();
    let mut order = Vec::with_capacity(addresses.len());
    while order.len() < addresses.len() {
        order.extend(own.pop());
        order.extend(other.pop());
    }
    order
}

fn tcp_failure(error: &io::Error, address: SocketAddr) -> Failure {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => Failure::Refused(format!(
            "{address} refused the connection: nobody listens there"
        )),
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted => {
            Failure::Reset(format!("{address} broke the connection: {error}"))
        }
        io::ErrorKind::TimedOut => {
            Failure::TimeoutConnect(format!("no connection to {address}: {error}"))
        }
        _ => Failure::Refused(format!("no connection to {address}: {error}")),
    }
}

fn list(addresses: &[SocketAddr]) -> String {
    addresses
        .iter()
        .map(SocketAddr::to_string)
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_alternate_from_the_preferred_one() {
        let [a, b, c, d] = [
            "[2606:4700::1]:1",
            "[2606:4700::2]:1",
            "[2606:4700::3]:1",
            "1.1.1.1:1",
        ]
        .map(|text| text.parse().unwrap());
        assert_eq!(interleave(&[a, b, c, d]), [a, d, b, c]);
        assert_eq!(interleave(&[d, a, b]), [d, a, b]);
        assert_eq!(interleave(&[]), []);
    }

    #[tokio::test]
    async fn a_dead_address_does_not_keep_from_a_live_one() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let live = listener.local_addr().unwrap();
        let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let dead = closed.local_addr().unwrap();
        drop(closed);
        let (_stream, address) = connect_first(&[dead, live], dial).await.unwrap();
        assert_eq!(address, live);
        for addresses in [&[dead][..], &[dead, dead]] {
            let failure = connect_first(addresses, dial).await.unwrap_err();
            let words = format!("{dead} refused the connection: nobody listens there");
            let words = vec![words; addresses.len()].join("; ");
            assert_eq!(failure, Failure::Refused(words));
        }
    }
}
