//! Where a request comes from: the client's address (behind proxies, too), its user agent and the
//! request's id.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use domain::UserId;
use outbound::AllowList;

use super::answer::RequestId;
use crate::app::App;
use crate::operations::audit::{Actor, ActorKind};

/// The other end of the connection. The server puts it into every request.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub SocketAddr);

/// Most characters of a user agent that are kept.
const USER_AGENT_LENGTH_MAX: usize = 200;

/// Where a request comes from.
#[derive(Clone, Debug, Default)]
pub struct RequestOrigin {
    /// The client's address; `None` only where nothing listens (tests).
    pub address: Option<IpAddr>,
    /// `User-Agent`, cut to 200 characters.
    pub user_agent: String,
    /// `req_…`.
    pub request_id: String,
}

impl RequestOrigin {
    /// Who did something from here, as the audit log names them; `None`: nobody that is known.
    pub fn actor(&self, person: Option<(UserId, &str)>) -> Actor {
        Actor {
            kind: if person.is_some() {
                ActorKind::User
            } else {
                ActorKind::System
            },
            id: person.map(|(user, _)| user.to_string()),
            name: person.map(|(_, name)| name.to_owned()),
            address: self.address.map(|address| address.to_string()),
            user_agent: Some(self.user_agent.clone()),
            request_id: Some(self.request_id.clone()),
        }
    }
}

impl FromRequestParts<std::sync::Arc<App>> for RequestOrigin {
    type Rejection = Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        app: &std::sync::Arc<App>,
    ) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<Peer>();
        let user_agent = parts
            .headers
            .get(axum::http::header::USER_AGENT)
            .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
            .unwrap_or_default();
        Ok(Self {
            address: peer.map(|peer| {
                client_address(peer.0.ip(), &parts.headers, &app.config.trusted_proxies)
            }),
            user_agent: user_agent
                .chars()
                .filter(|character| !character.is_control())
                .take(USER_AGENT_LENGTH_MAX)
                .collect(),
            request_id: parts
                .extensions
                .get::<RequestId>()
                .map(|id| id.0.clone())
                .unwrap_or_default(),
        })
    }
}

/// The client's address (authentication.md 2.4): the peer, unless it is a trusted proxy; then
/// `X-Forwarded-For` is walked from the right over trusted proxies. An entry that does not read
/// ends the walk at the hop before it. IPv4-mapped IPv6 counts as IPv4.
pub fn client_address(peer: IpAddr, headers: &HeaderMap, trusted: &AllowList) -> IpAddr {
    let mut client = peer.to_canonical();
    if !trusted.contains(client) {
        return client;
    }
    let lines: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .iter()
        .map(|line| line.to_str().unwrap_or("?"))
        .collect();
    for entry in lines.iter().flat_map(|line| line.split(',')).rev() {
        let Some(address) = read_entry(entry.trim()) else {
            break;
        };
        client = address.to_canonical();
        if !trusted.contains(client) {
            break;
        }
    }
    client
}

/// An address, alone or with a port: proxies write both.
fn read_entry(entry: &str) -> Option<IpAddr> {
    entry.parse().ok().or_else(|| {
        let socket: SocketAddr = entry.parse().ok()?;
        Some(socket.ip())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(peer: &str, forwarded: &[&str], trusted: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append("x-forwarded-for", line.parse().unwrap());
        }
        let trusted = AllowList::parse(trusted).unwrap();
        client_address(peer.parse().unwrap(), &headers, &trusted).to_string()
    }

    #[test]
    fn case_73_forwarded_addresses_are_believed_from_trusted_proxies_alone() {
        let proxy: &[&str] = &["192.0.2.0/24"];
        assert_eq!(client("203.0.113.9", &["10.1.1.1"], proxy), "203.0.113.9");
        assert_eq!(client("203.0.113.9", &["10.1.1.1"], &[]), "203.0.113.9");
        assert_eq!(client("192.0.2.1", &["203.0.113.5"], proxy), "203.0.113.5");
        // The leftmost one is what the client claims; the rightmost is what the proxy saw.
        assert_eq!(
            client("192.0.2.1", &["10.1.1.1, 198.51.100.7"], proxy),
            "198.51.100.7"
        );
        assert_eq!(
            client("192.0.2.1", &["198.51.100.7", "192.0.2.2"], proxy),
            "198.51.100.7"
        );
        assert_eq!(
            client("192.0.2.1", &["198.51.100.7, junk"], proxy),
            "192.0.2.1"
        );
        assert_eq!(client("192.0.2.1", &[], proxy), "192.0.2.1");
        assert_eq!(
            client("::ffff:192.0.2.1", &["[2001:db8::1]:4711"], proxy),
            "2001:db8::1"
        );
    }
}
