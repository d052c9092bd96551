//! A stand-in for everything outside. It is the client's proxy: every connection that the client
//! opens begins here, with the address that is meant. So "nothing was connected to" is what this
//! listener saw, and public addresses answer without a network.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use outbound::{AllowList, GuardedClient, Resolve, Settings};
use tokio::io::AsyncWriteExt;

use crate::receiver::{Receiver, answer, read_request};

/// The first byte of a TLS connection.
const TLS_HANDSHAKE: u8 = 22;

pub(crate) struct Outside {
    proxy: Receiver,
    connected: Arc<Mutex<Vec<SocketAddr>>>,
    posted: Arc<Mutex<Vec<SocketAddr>>>,
}

impl Outside {
    /// Every address answers every request with 200; none speaks TLS.
    pub(crate) async fn open() -> Self {
        let connected = Arc::<Mutex<Vec<SocketAddr>>>::default();
        let posted = Arc::<Mutex<Vec<SocketAddr>>>::default();
        let (connects, posts) = (Arc::clone(&connected), Arc::clone(&posted));
        let proxy = Receiver::serving(move |mut stream, _| {
            let (connects, posts) = (Arc::clone(&connects), Arc::clone(&posts));
            async move {
                let Some(asked) = read_request(&mut stream).await else {
                    return;
                };
                let address: SocketAddr = asked.split(' ').nth(1).unwrap().parse().unwrap();
                connects.lock().unwrap().push(address);
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
                let mut first = [0];
                if stream.peek(&mut first).await.is_err() || first[0] == TLS_HANDSHAKE {
                    return;
                }
                while read_request(&mut stream).await.is_some() {
                    posts.lock().unwrap().push(address);
                    let _ = stream.write_all(answer("200 OK", "", "").as_bytes()).await;
                }
            }
        })
        .await;
        Self {
            proxy,
            connected,
            posted,
        }
    }

    /// A client outside whose machine there is only this, and for which nothing is allowed.
    pub(crate) fn client(&self, resolver: Arc<dyn Resolve>) -> GuardedClient {
        self.client_allowing(&[], resolver)
    }

    pub(crate) fn client_allowing(
        &self,
        networks: &[&str],
        resolver: Arc<dyn Resolve>,
    ) -> GuardedClient {
        GuardedClient::new(Settings {
            allow_list: AllowList::parse(networks).unwrap(),
            resolver,
            proxy: Some(format!("http://{}", self.proxy.address).parse().unwrap()),
            ..Settings::default()
        })
        .unwrap()
    }

    /// The addresses that were connected to so far.
    pub(crate) fn connected(&self) -> Vec<SocketAddr> {
        self.connected.lock().unwrap().clone()
    }

    /// The address of each request so far.
    pub(crate) fn posted(&self) -> Vec<SocketAddr> {
        self.posted.lock().unwrap().clone()
    }

    /// Connections of any kind so far, also such as sent nothing.
    pub(crate) fn connections(&self) -> usize {
        self.proxy.connections()
    }
}
