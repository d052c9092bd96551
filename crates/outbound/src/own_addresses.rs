//! The addresses at which this server and its own services listen. They are refused even inside
//! an allowed network: a callback to our own API or database would act with our own trust.

use std::net::{IpAddr, SocketAddr, UdpSocket};

/// Addresses that are never a target (reference part 4.5).
#[derive(Clone, Debug, Default)]
pub(crate) struct OwnAddresses(Vec<SocketAddr>);

impl OwnAddresses {
    pub(crate) fn new(addresses: Vec<SocketAddr>) -> Self {
        Self(
            addresses
                .into_iter()
                .map(|address| SocketAddr::new(address.ip().to_canonical(), address.port()))
                .collect(),
        )
    }

    /// Whether connecting to `address` would reach one of our own: the very address, or any
    /// address of this machine on a port that one of our own uses on this machine.
    pub(crate) fn contains(&self, address: SocketAddr) -> bool {
        let ip = address.ip().to_canonical();
        self.0
            .iter()
            .filter(|own| own.port() == address.port())
            .any(|own| own.ip() == ip || (is_of_this_machine(own.ip()) && is_of_this_machine(ip)))
    }
}

/// Whether `ip` is an address of this machine. Only addresses of this machine can be bound to, so
/// that asking needs no list of interfaces that could be out of date. The socket sends nothing.
fn is_of_this_machine(ip: IpAddr) -> bool {
    ip.is_unspecified() || ip.is_loopback() || UdpSocket::bind((ip, 0)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(own: &str, address: &str) -> bool {
        OwnAddresses::new(vec![own.parse().unwrap()]).contains(address.parse().unwrap())
    }

    #[test]
    fn case_142_our_port_is_ours_on_every_address_of_this_machine() {
        assert!(own("0.0.0.0:8080", "127.0.0.1:8080"));
        assert!(own("[::]:8080", "127.0.0.1:8080"));
        assert!(own("127.0.0.1:8080", "127.9.9.9:8080"));
        assert!(own("127.0.0.1:8080", "[::1]:8080"));
        assert!(own("127.0.0.1:8080", "[::ffff:127.0.0.1]:8080"));
        assert!(own("[::ffff:10.0.0.7]:5432", "10.0.0.7:5432"));
    }

    #[test]
    fn other_ports_and_other_machines_are_not_ours() {
        assert!(!own("0.0.0.0:8080", "127.0.0.1:8081"));
        assert!(!own("0.0.0.0:8080", "192.0.2.1:8080"));
        assert!(!own("10.0.0.7:5432", "10.0.0.8:5432"));
        assert!(!own("10.0.0.7:5432", "127.0.0.1:5432"));
    }
}
