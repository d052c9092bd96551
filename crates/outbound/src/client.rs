//! The guarded client: the one thing that opens connections to addresses that a user gave.

use std::{
    net::SocketAddr,
    path::PathBuf,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, header};
use hyper::body::Incoming;
use tokio::time::Instant;

use crate::{
    address::{Host, Scheme, Target, check_text},
    address_error::AddressError,
    allow_list::AllowList,
    connect::Connector,
    connection::Connection,
    failure::Failure,
    nat64::Nat64Prefix,
    own_addresses::{OwnAddresses, OwnServices},
    pool::Pool,
    proxy::Proxy,
    resolve::{Resolve, SystemResolver, resolve_and_judge},
    tls::{self, TlsInfo},
};

/// The limits of a request (reference part 3.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// For a look-up. Default 3 s.
    pub dns: Duration,
    /// For connecting, TLS included, all addresses together. Default 5 s.
    pub connect: Duration,
    /// From the look-up to the last byte of a callback's answer. Default 15 s.
    pub whole: Duration,
    /// For a waiting connection without use. Default 30 s.
    pub idle: Duration,
    /// For a connection in all, so that DNS changes are followed. Default 60 s.
    pub age: Duration,
    /// Bytes that are kept of a callback's answer. Default 64 KiB.
    pub answer_bytes_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            dns: Duration::from_secs(3),
            connect: Duration::from_secs(5),
            whole: Duration::from_secs(15),
            idle: Duration::from_secs(30),
            age: Duration::from_secs(60),
            answer_bytes_max: 64 * 1024,
        }
    }
}

/// What a client is made of.
pub struct Settings {
    /// Networks for which the refused ranges do not apply.
    pub allow_list: AllowList,
    /// The prefix under which the network translates IPv6 to IPv4, where it does.
    pub nat64_prefix: Option<Nat64Prefix>,
    /// This server and its own services: never a target, also inside an allowed network.
    pub own_services: OwnServices,
    /// What turns names into addresses.
    pub resolver: Arc<dyn Resolve>,
    /// The proxy that every connection goes through, if there is one.
    pub proxy: Option<Proxy>,
    /// PEM file of certificates that are trusted beside the system's.
    pub extra_ca: Option<PathBuf>,
    /// The `user-agent` header, where the caller sets none.
    pub user_agent: HeaderValue,
    /// Limits of time and size.
    pub limits: Limits,
}

impl Default for Settings {
    /// Nothing allowed, the system's resolver and roots, the limits of the reference.
    fn default() -> Self {
        Self {
            allow_list: AllowList::default(),
            nat64_prefix: None,
            own_services: OwnServices::default(),
            resolver: Arc::new(SystemResolver::default()),
            proxy: None,
            extra_ca: None,
            user_agent: HeaderValue::from_static("Weighbridge"),
            limits: Limits::default(),
        }
    }
}

/// Why a client cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The file of certificates cannot be used.
    #[error("outbound_ca_file: {} cannot be used: {reason}", path.display())]
    ExtraCa {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
}

/// An HTTP client that contacts judged addresses only.
///
/// It follows no redirect that it was not told to, honours no proxy variable of the environment,
/// keeps no cookies and decompresses nothing. Cheap to clone; clones share their connections.
#[derive(Clone)]
pub struct GuardedClient {
    inner: Arc<Inner>,
}

struct Inner {
    allow_list: RwLock<Arc<AllowList>>,
    nat64_prefix: Option<Nat64Prefix>,
    own_addresses: OwnAddresses,
    resolver: Arc<dyn Resolve>,
    connector: Connector,
    user_agent: HeaderValue,
    limits: Limits,
    pool: Arc<Pool>,
}

/// What became known on the way, also if the way ended early.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    pub(crate) dns_ms: Option<u64>,
    pub(crate) connect_ms: Option<u64>,
    pub(crate) address: Option<SocketAddr>,
    pub(crate) tls: Option<TlsInfo>,
    pub(crate) reused: bool,
    pub(crate) resent: bool,
}

impl Progress {
    fn note(&mut self, connection: &Connection) {
        self.address = Some(connection.address());
        self.tls = connection.tls().cloned();
    }
}

/// One request, ready to be sent.
pub(crate) struct Outgoing {
    pub(crate) method: Method,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// Whether a public address may be contacted by plain http.
    pub(crate) plain_http: bool,
    /// The last moment at which the request may be written.
    pub(crate) send_before: Option<Instant>,
}

impl Outgoing {
    fn check_time(&self) -> Result<(), Failure> {
        match self.send_before {
            Some(send_before) if Instant::now() >= send_before => Err(Failure::TooLate),
            _ => Ok(()),
        }
    }
}

/// The head of an answer, with the connection that its body comes from.
pub(crate) struct Answer {
    pub(crate) response: Response<Incoming>,
    pub(crate) connection: Connection,
    pub(crate) generation: u64,
}

impl GuardedClient {
    /// Makes a client. Opens no connection.
    pub fn new(settings: Settings) -> Result<Self, SettingsError> {
        let connector = Connector {
            tls: tls::client_config(settings.extra_ca.as_deref())?,
            proxy: settings.proxy.map(Arc::new),
            resolver: Arc::clone(&settings.resolver),
            limit: settings.limits.connect,
        };
        let allow_list = settings.allow_list.with_nat64_prefix(settings.nat64_prefix);
        let pool = Pool::new(settings.limits.idle, settings.limits.age);
        Ok(Self {
            inner: Arc::new(Inner {
                allow_list: RwLock::new(Arc::new(allow_list)),
                nat64_prefix: settings.nat64_prefix,
                own_addresses: OwnAddresses::new(settings.own_services),
                resolver: settings.resolver,
                connector,
                user_agent: settings.user_agent,
                limits: settings.limits,
                pool,
            }),
        })
    }

    /// Judges the text of a URL as [`check_text`] does, by this client's allow list and own
    /// addresses. No look-up.
    pub fn check_text(&self, text: &str) -> Result<Target, AddressError> {
        let allow_list = self.allow_list();
        let target = check_text(text, &allow_list)?;
        self.check_own_names(&target)?;
        self.check_own_addresses(&literal_addresses(&target, &allow_list), &allow_list)?;
        Ok(target)
    }

    /// Looks up the names among [`Settings::own_services`], unless that was done within the last
    /// minute. Requests do so too; called at the start, it makes the addresses known to
    /// [`check_text`](Self::check_text).
    pub async fn refresh_own_addresses(&self) {
        let Inner {
            own_addresses,
            resolver,
            limits,
            ..
        } = &*self.inner;
        own_addresses.refresh_if_due(resolver, limits.dns).await;
    }

    /// Replaces the allow list. Waiting connections are closed; those under way are closed after
    /// their answer.
    pub fn set_allow_list(&self, allow_list: AllowList) {
        *self
            .inner
            .allow_list
            .write()
            .unwrap_or_else(PoisonError::into_inner) =
            Arc::new(allow_list.with_nat64_prefix(self.inner.nat64_prefix));
        self.inner.pool.clear();
    }

    /// The allow list in force.
    pub fn allow_list(&self) -> Arc<AllowList> {
        Arc::clone(
            &self
                .inner
                .allow_list
                .read()
                .unwrap_or_else(PoisonError::into_inner),
        )
    }

    /// The limits in force.
    pub fn limits(&self) -> &Limits {
        &self.inner.limits
    }

    /// Sends one request and waits for the head of the answer. The caller limits the time.
    pub(crate) async fn send(
        &self,
        target: &Target,
        outgoing: &Outgoing,
        progress: &mut Progress,
    ) -> Result<Answer, Failure> {
        let generation = self.inner.pool.generation();
        let addresses = self
            .judged_addresses(target, outgoing.plain_http, progress)
            .await?;
        let (parts, ()) = self.head(target, outgoing).into_parts();

        // Why a waiting connection could not be used; the request was written to it.
        let mut died = None;
        if let Some(mut connection) = self.inner.pool.take(target, &addresses) {
            outgoing.check_time()?;
            progress.note(&connection);
            progress.reused = true;
            let bytes_before = connection.bytes_read();
            match connection.send(target, &parts, outgoing.body.clone()).await {
                Ok(response) => {
                    return Ok(Answer {
                        response,
                        connection,
                        generation,
                    });
                }
                // Not one byte of an answer: as good as always the server had closed the
                // connection while it waited. So the request is sent once more, on a fresh one.
                Err(failure @ Failure::Reset(_)) if connection.bytes_read() == bytes_before => {
                    progress.reused = false;
                    died = Some(failure);
                }
                Err(failure) => return Err(failure),
            }
        }

        let begin = Instant::now();
        if let [address] = addresses[..] {
            progress.address = Some(address);
        }
        let connected = self.inner.connector.connect(target, &addresses).await;
        progress.connect_ms = Some(elapsed_ms(begin));
        let mut connection = connected?;
        progress.note(&connection);
        // Once it was written, "too late" would be wrong: then the first failure is the truth.
        outgoing
            .check_time()
            .map_err(|too_late| died.clone().unwrap_or(too_late))?;
        progress.resent = died.is_some();
        let response = connection
            .send(target, &parts, outgoing.body.clone())
            .await?;
        Ok(Answer {
            response,
            connection,
            generation,
        })
    }

    /// Gives back a connection whose answer was read to the end.
    pub(crate) async fn give_back(
        &self,
        target: &Target,
        mut connection: Connection,
        generation: u64,
    ) {
        // Ready at once, unless the server ends the connection; never worth waiting for.
        let finished = tokio::time::timeout(Duration::from_millis(50), connection.finish()).await;
        if finished == Ok(true) {
            self.inner.pool.put(target, connection, generation);
        }
    }

    /// The addresses that may be contacted for a target: resolved, and every one judged.
    async fn judged_addresses(
        &self,
        target: &Target,
        plain_http: bool,
        progress: &mut Progress,
    ) -> Result<Vec<SocketAddr>, Failure> {
        let allow_list = self.allow_list();
        target.judge(&allow_list).map_err(Failure::Text)?;
        self.check_own_names(target).map_err(Failure::Text)?;
        self.refresh_own_addresses().await;
        let addresses = match &target.host {
            Host::Name(name) => {
                let begin = Instant::now();
                let Inner {
                    resolver, limits, ..
                } = &*self.inner;
                let addresses =
                    resolve_and_judge(&**resolver, name, target.port, limits.dns, &allow_list)
                        .await;
                progress.dns_ms = Some(elapsed_ms(begin));
                let addresses = addresses?;
                self.check_own_addresses(&addresses, &allow_list)
                    .map_err(|error| Failure::BlockedAddress {
                        range: "own address".to_owned(),
                        detail: format!("{name} resolves to a refused address: {error}"),
                    })?;
                addresses
            }
            Host::Address(_) | Host::Localhost(_) => {
                let addresses = literal_addresses(target, &allow_list);
                self.check_own_addresses(&addresses, &allow_list)
                    .map_err(Failure::Text)?;
                addresses
            }
        };
        let public = addresses
            .iter()
            .any(|address| !allow_list.contains(address.ip()));
        if target.scheme == Scheme::Http && public && !plain_http {
            return Err(Failure::PlainHttp);
        }
        Ok(addresses)
    }

    fn check_own_names(&self, target: &Target) -> Result<(), AddressError> {
        if self.inner.own_addresses.names(target) {
            return Err(AddressError::OwnName {
                host: target.host.to_string(),
                port: target.port,
            });
        }
        Ok(())
    }

    fn check_own_addresses(
        &self,
        addresses: &[SocketAddr],
        allow_list: &AllowList,
    ) -> Result<(), AddressError> {
        let own = addresses
            .iter()
            .map(|address| SocketAddr::new(allow_list.reached_at(address.ip()), address.port()))
            .find(|address| self.inner.own_addresses.contains(*address));
        match own {
            Some(own) => Err(AddressError::OwnAddress(own)),
            None => Ok(()),
        }
    }

    fn head(&self, target: &Target, outgoing: &Outgoing) -> Request<()> {
        let mut head = Request::new(());
        *head.method_mut() = outgoing.method.clone();
        let headers = head.headers_mut();
        headers.clone_from(&outgoing.headers);
        headers
            .entry(header::USER_AGENT)
            .or_insert_with(|| self.inner.user_agent.clone());
        if let Some(user_info) = &target.user_info {
            headers
                .entry(header::AUTHORIZATION)
                .or_insert_with(|| user_info.basic_authorization());
        }
        head
    }
}

impl std::fmt::Debug for GuardedClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GuardedClient")
            .field("allow_list", &self.allow_list())
            .field("own_addresses", &self.inner.own_addresses)
            .field("limits", &self.inner.limits)
            .finish_non_exhaustive()
    }
}

/// The addresses of a target that needs no look-up; none for a name.
fn literal_addresses(target: &Target, allow_list: &AllowList) -> Vec<SocketAddr> {
    let addresses = match &target.host {
        Host::Address(address) => vec![*address],
        Host::Localhost(_) => allow_list.loopback(),
        Host::Name(_) => Vec::new(),
    };
    addresses
        .into_iter()
        .map(|address| SocketAddr::new(address, target.port))
        .collect()
}

/// The time since `begin` in whole milliseconds.
pub(crate) fn elapsed_ms(begin: Instant) -> u64 {
    u64::try_from(begin.elapsed().as_millis()).unwrap_or(u64::MAX)
}
