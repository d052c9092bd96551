//! The addresses at which this server and its own services listen. They are refused even inside
//! an allowed network: a callback to our own API or database would act with our own trust.

use std::{
    collections::HashSet,
    net::{IpAddr, SocketAddr, UdpSocket},
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use tokio::{
    sync::Mutex,
    task::JoinSet,
    time::{Instant, timeout},
};

use crate::{
    address::{Host, Target},
    resolve::Resolve,
};

/// How long the addresses of our names are believed. They may move while the server runs.
const NAMES_AGE_MAX: Duration = Duration::from_secs(60);

/// What is never a target (reference part 4.5).
#[derive(Clone, Debug, Default)]
pub struct OwnServices {
    /// Where this server listens: these ports are refused at every address of this machine.
    pub listening: Vec<SocketAddr>,
    /// Host (name or address) and port of each service that the configuration names: databases,
    /// mail server. Refused there, and the port at every address of this machine.
    pub services: Vec<(String, u16)>,
    /// Host and port at which the outside reaches this server. The host stands for this machine,
    /// also where a load balancer or a translation of addresses lies between.
    pub public: Option<(String, u16)>,
}

/// The judge of our own addresses, with what their names last resolved to.
#[derive(Debug)]
pub(crate) struct OwnAddresses {
    /// Every port of ours, at this machine or elsewhere.
    ports: HashSet<u16>,
    hosts: Vec<OwnHost>,
    known: RwLock<Arc<Known>>,
    /// Held by whoever asks for the names; the others wait for what it learns.
    asking: Mutex<()>,
}

#[derive(Debug)]
struct OwnHost {
    host: Host,
    /// The one port that is ours there; `None`: all of our ports.
    port: Option<u16>,
}

#[derive(Clone, Debug)]
struct Known {
    /// The addresses of each host, in the order of `hosts`.
    addresses: Vec<Vec<IpAddr>>,
    /// When the names were last asked for.
    asked: Option<Instant>,
}

impl Known {
    fn is_fresh(&self) -> bool {
        self.asked
            .is_some_and(|asked| asked.elapsed() < NAMES_AGE_MAX)
    }
}

impl OwnAddresses {
    pub(crate) fn new(own: OwnServices) -> Self {
        let named = own.services.iter().chain(&own.public);
        let ports = (own.listening.iter().map(SocketAddr::port))
            .chain(named.map(|(_, port)| *port))
            .collect();
        let public = own.public.map(|(host, _)| (host, None));
        let services = own.services.into_iter();
        let hosts: Vec<OwnHost> = services
            .map(|(host, port)| (host, Some(port)))
            .chain(public)
            .map(|(host, port)| OwnHost {
                host: host_of(&host),
                port,
            })
            .collect();
        let addresses = hosts.iter().map(|own| match &own.host {
            Host::Address(address) => vec![*address],
            Host::Localhost(_) | Host::Name(_) => Vec::new(),
        });
        let known = Known {
            addresses: addresses.collect(),
            asked: None,
        };
        Self {
            ports,
            known: RwLock::new(Arc::new(known)),
            hosts,
            asking: Mutex::new(()),
        }
    }

    /// Whether the name or address in a URL is one of our own by its text, whatever the name
    /// resolves to.
    pub(crate) fn names(&self, target: &Target) -> bool {
        self.ports.contains(&target.port)
            && self
                .hosts
                .iter()
                .any(|own| own.host == target.host && own.has_port(target.port))
    }

    /// Whether connecting to `address` would reach one of our own: a service where it is, or any
    /// address of this machine on a port that is ours.
    pub(crate) fn contains(&self, address: SocketAddr) -> bool {
        let (ip, port) = (address.ip().to_canonical(), address.port());
        if !self.ports.contains(&port) {
            return false;
        }
        let known = self.known();
        let mut named = self.hosts.iter().zip(&known.addresses);
        named.any(|(own, addresses)| own.has_port(port) && addresses.contains(&ip))
            || is_of_this_machine(ip)
    }

    /// Asks for the addresses of our names, unless that was done within the last minute. A name
    /// without an answer within `limit` keeps the addresses that it had.
    pub(crate) async fn refresh_if_due(&self, resolver: &Arc<dyn Resolve>, limit: Duration) {
        if self.known().is_fresh() {
            return;
        }
        let _asking = self.asking.lock().await;
        let mut known = Known::clone(&self.known());
        if known.is_fresh() {
            return;
        }
        let mut look_ups = JoinSet::new();
        for (i, own) in self.hosts.iter().enumerate() {
            if let Host::Name(name) = own.host.clone() {
                let resolver = Arc::clone(resolver);
                look_ups.spawn(async move { (i, timeout(limit, resolver.resolve(&name)).await) });
            }
        }
        while let Some(look_up) = look_ups.join_next().await {
            if let Ok((i, Ok(Ok(answers)))) = look_up {
                known.addresses[i] = answers.iter().map(IpAddr::to_canonical).collect();
            }
        }
        known.asked = Some(Instant::now());
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(known);
    }

    fn known(&self) -> Arc<Known> {
        Arc::clone(&self.known.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl OwnHost {
    fn has_port(&self, port: u16) -> bool {
        self.port.is_none_or(|own| own == port)
    }
}

/// A host of the configuration, as it stands in a URL. What a URL cannot hold is kept as a name.
fn host_of(text: &str) -> Host {
    let bare = text.trim_matches(['[', ']']);
    let in_url = match bare.parse::<IpAddr>() {
        Ok(address) => return Host::Address(address.to_canonical()),
        Err(_) => Target::parse(&format!("http://{bare}/")),
    };
    in_url.map_or_else(|_| Host::Name(bare.to_ascii_lowercase()), |url| url.host)
}

/// Whether `ip` is an address of this machine. Only addresses of this machine can be bound to, so
/// that asking needs no list of interfaces that could be out of date. The socket sends nothing.
fn is_of_this_machine(ip: IpAddr) -> bool {
    ip.is_unspecified() || ip.is_loopback() || UdpSocket::bind((ip, 0)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listening(at: &str) -> OwnAddresses {
        OwnAddresses::new(OwnServices {
            listening: vec![at.parse().unwrap()],
            ..OwnServices::default()
        })
    }

    fn service(host: &str, port: u16) -> OwnAddresses {
        OwnAddresses::new(OwnServices {
            services: vec![(host.to_owned(), port)],
            ..OwnServices::default()
        })
    }

    fn contains(own: &OwnAddresses, address: &str) -> bool {
        own.contains(address.parse().unwrap())
    }

    #[test]
    fn case_142_our_port_is_ours_on_every_address_of_this_machine() {
        for at in ["0.0.0.0:8080", "[::]:8080", "127.0.0.1:8080"] {
            for address in [
                "127.0.0.1:8080",
                "127.9.9.9:8080",
                "[::1]:8080",
                "[::ffff:127.0.0.1]:8080",
                "0.0.0.0:8080",
            ] {
                assert!(contains(&listening(at), address), "{at} {address}");
            }
            assert!(!contains(&listening(at), "127.0.0.1:8081"));
            assert!(!contains(&listening(at), "192.0.2.1:8080"));
        }
    }

    #[test]
    fn case_142_a_service_is_ours_where_it_is_and_its_port_on_this_machine() {
        let database = service("10.0.0.7", 5432);
        assert!(contains(&database, "10.0.0.7:5432"));
        assert!(contains(&database, "[::ffff:10.0.0.7]:5432"));
        assert!(contains(&database, "127.0.0.1:5432"));
        assert!(!contains(&database, "10.0.0.7:5433"));
        assert!(!contains(&database, "10.0.0.8:5432"));
    }

    #[test]
    fn case_142_our_names_are_known_by_their_text() {
        let own = OwnAddresses::new(OwnServices {
            listening: vec!["0.0.0.0:8080".parse().unwrap()],
            services: vec![("DB.internal.".to_owned(), 5432)],
            public: Some(("label.example".to_owned(), 443)),
        });
        let names = |url: &str| own.names(&Target::parse(url).unwrap());
        assert!(names("http://db.internal:5432/"));
        assert!(names("https://label.example/cb"));
        assert!(names("http://label.example:8080/"));
        assert!(names("http://label.example:5432/"));
        assert!(!names("http://db.internal:8080/"));
        assert!(!names("http://label.example:9000/"));
        assert!(!names("https://other.example/"));
    }
}
