//! Names to addresses.

use std::{
    future::Future,
    io,
    net::{IpAddr, SocketAddr, ToSocketAddrs},
    pin::Pin,
    sync::Arc,
    time::Duration,
};

use tokio::{sync::Semaphore, time::timeout};

use crate::{allow_list::AllowList, failure::Failure, ranges::judge};

/// More answers than this are taken for a mistake or an attack.
const ANSWERS_MAX: usize = 32;
/// Look-ups that may run at a time. Each occupies a thread until the system gives up on it, also
/// if nobody waits for it any more.
const LOOK_UPS_MAX: usize = 128;

/// The future of a look-up.
pub type Addresses<'a> = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send + 'a>>;

/// Turns a host name into addresses. What it returns is judged by the caller.
pub trait Resolve: Send + Sync {
    /// All addresses of `host` (lower case, ASCII, without trailing dot), the preferred first.
    fn resolve<'a>(&'a self, host: &'a str) -> Addresses<'a>;
}

/// The resolver of the operating system: `/etc/hosts`, search list and all.
///
/// It gives no time to live, so its answers are never kept.
#[derive(Debug, Clone)]
pub struct SystemResolver {
    look_ups: Arc<Semaphore>,
}

impl Default for SystemResolver {
    fn default() -> Self {
        Self {
            look_ups: Arc::new(Semaphore::new(LOOK_UPS_MAX)),
        }
    }
}

impl Resolve for SystemResolver {
    fn resolve<'a>(&'a self, host: &'a str) -> Addresses<'a> {
        Box::pin(async move {
            let permit = Arc::clone(&self.look_ups)
                .acquire_owned()
                .await
                .map_err(io::Error::other)?;
            let host = host.to_owned();
            let look_up = move || {
                let addresses = (host.as_str(), 0).to_socket_addrs();
                drop(permit);
                Ok(addresses?.map(|address| address.ip()).collect())
            };
            tokio::task::spawn_blocking(look_up)
                .await
                .map_err(io::Error::other)?
        })
    }
}

/// Resolves `host` within `limit` and judges every answer. One refused address refuses all, since
/// a name that mixes public and private addresses is either broken or an attack (part 4.4).
pub(crate) async fn resolve_and_judge(
    resolver: &dyn Resolve,
    host: &str,
    port: u16,
    limit: Duration,
    allow_list: &AllowList,
) -> Result<Vec<SocketAddr>, Failure> {
    let answers = timeout(limit, resolver.resolve(host))
        .await
        .map_err(|_| {
            Failure::Dns(format!(
                "looking up {host} took longer than {} ms",
                limit.as_millis()
            ))
        })?
        .map_err(|error| Failure::Dns(format!("{host} could not be looked up: {error}")))?;
    let mut addresses: Vec<SocketAddr> = Vec::with_capacity(answers.len());
    for answer in answers {
        let address = SocketAddr::new(answer.to_canonical(), port);
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    match addresses.len() {
        0 => return Err(Failure::Dns(format!("{host} has no address"))),
        1..=ANSWERS_MAX => {}
        count => {
            return Err(Failure::Dns(format!(
                "{host} has {count} addresses, more than the {ANSWERS_MAX} that are accepted"
            )));
        }
    }
    for address in &addresses {
        judge(address.ip(), allow_list).map_err(|refused| Failure::blocked(host, &refused))?;
    }
    Ok(addresses)
}
