//! Opening a connection to judged addresses.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use rustls::{ClientConfig, pki_types::ServerName};
use tokio::{
    net::TcpStream,
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_rustls::TlsConnector;

use crate::{
    address::{Host, Scheme, Target},
    connection::Connection,
    failure::Failure,
    tls,
};

/// How long one address is tried alone before the next is tried beside it (RFC 8305, part 5).
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// Opens a connection to one of `addresses`, with TLS if the target asks for it, within `limit`
/// for everything together.
///
/// The addresses are the only ones that are contacted; the target's name serves for TLS alone.
pub(crate) async fn connect(
    target: &Target,
    addresses: &[SocketAddr],
    tls: &Arc<ClientConfig>,
    limit: Duration,
) -> Result<Connection, Failure> {
    timeout(limit, open(target, addresses, tls))
        .await
        .unwrap_or_else(|_| {
            Err(Failure::TimeoutConnect(format!(
                "no connection to {} within {} ms",
                list(addresses),
                limit.as_millis()
            )))
        })
}

async fn open(
    target: &Target,
    addresses: &[SocketAddr],
    tls: &Arc<ClientConfig>,
) -> Result<Connection, Failure> {
    let (stream, address) = connect_tcp(addresses)
        .await
        .map_err(|error| tcp_failure(&error, addresses))?;
    // Only an unusual network set-up could bring us elsewhere; then nothing is sent.
    let peer = stream
        .peer_addr()
        .map_err(|error| tcp_failure(&error, addresses))?;
    if peer != address {
        return Err(Failure::BlockedAddress {
            range: "another peer".to_owned(),
            detail: format!("the connection to {address} ended at {peer}"),
        });
    }
    // Without it a small request could wait for an acknowledgement; failing to set it only costs
    // time.
    let _ = stream.set_nodelay(true);
    let started = match target.scheme {
        Scheme::Http => Connection::start(stream, address, false).await,
        Scheme::Https => {
            let stream = TlsConnector::from(Arc::clone(tls))
                .connect(server_name(&target.host)?, stream)
                .await
                .map_err(|error| Failure::Tls(tls::handshake_reason(&error)))?;
            let http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
            Connection::start(stream, address, http2).await
        }
    };
    started.map_err(|error| Failure::Reset(format!("{address} broke the connection: {error}")))
}

fn server_name(host: &Host) -> Result<ServerName<'static>, Failure> {
    match host {
        Host::Address(address) => Ok(ServerName::IpAddress((*address).into())),
        Host::Localhost(name) | Host::Name(name) => ServerName::try_from(name.clone())
            .map_err(|_| Failure::Tls(format!("no certificate can be for the name {name}"))),
    }
}

/// Connects to the first address that answers. They are tried in turn, the families alternating,
/// each with a head start over the next (RFC 8305).
async fn connect_tcp(addresses: &[SocketAddr]) -> io::Result<(TcpStream, SocketAddr)> {
    let mut waiting = interleave(addresses).into_iter();
    // Dropping the set ends the attempts that are still under way.
    let mut attempts = JoinSet::new();
    let mut last_error = io::Error::new(io::ErrorKind::NotFound, "no address");
    loop {
        match waiting.next() {
            Some(address) => {
                attempts.spawn(async move {
                    #[expect(
                        clippy::disallowed_methods,
                        reason = "the one place: the address was judged"
                    )]
                    let stream = TcpStream::connect(address).await?;
                    Ok((stream, address))
                });
            }
            None if attempts.is_empty() => return Err(last_error),
            None => {}
        }
        tokio::select! {
            Some(attempt) = attempts.join_next() => match attempt {
                Ok(Ok(connected)) => return Ok(connected),
                Ok(Err(error)) => last_error = error,
                Err(error) => last_error = io::Error::other(error),
            },
            () = sleep(ATTEMPT_DELAY), if waiting.len() > 0 => {}
        }
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

fn tcp_failure(error: &io::Error, addresses: &[SocketAddr]) -> Failure {
    let addresses = list(addresses);
    match error.kind() {
        io::ErrorKind::ConnectionRefused => Failure::Refused(format!(
            "{addresses} refused the connection: nobody listens there"
        )),
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted => {
            Failure::Reset(format!("{addresses} broke the connection: {error}"))
        }
        io::ErrorKind::TimedOut => {
            Failure::TimeoutConnect(format!("no connection to {addresses}: {error}"))
        }
        _ => Failure::Refused(format!("no connection to {addresses}: {error}")),
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
        let (_stream, address) = connect_tcp(&[dead, live]).await.unwrap();
        assert_eq!(address, live);
        let error = connect_tcp(&[dead]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
    }
}
