//! The operator's proxy: where a network lets nothing out but through one.
//!
//! It is asked by CONNECT for the *judged address*, for http too, so that nothing behind it looks
//! up a name once more. The variables of the environment (`HTTP_PROXY` and kin) are never read.

use std::{fmt, net::SocketAddr, str::FromStr, sync::Arc};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, Uri, header};
use http_body_util::Empty;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::{
    address::{Host, Scheme, Target, UserInfo},
    address_error::AddressError,
    failure::Failure,
    resolve::Resolve,
};

/// An HTTP proxy of the operator (`outbound_proxy`). Its address is not judged: the operator gave
/// it. Its texts show no user name and no password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proxy {
    host: Host,
    port: u16,
    user_info: Option<UserInfo>,
}

/// Why a text is not a proxy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProxyError {
    /// Not a URL.
    #[error("the URL {0}")]
    Url(#[from] AddressError),
    /// The way to the proxy itself is spoken in the clear; what goes through it is not touched.
    #[error("must begin with http://: a proxy is spoken to by plain HTTP")]
    Scheme,
    /// A path or a query, which a proxy has not.
    #[error("must end after the port, got \"{0}\" behind it")]
    Path(String),
}

impl FromStr for Proxy {
    type Err = ProxyError;

    /// Reads `http://[USER:PASSWORD@]HOST:PORT`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let target = Target::parse(text)?;
        if target.scheme != Scheme::Http {
            return Err(ProxyError::Scheme);
        }
        if target.path_and_query != "/" {
            return Err(ProxyError::Path(target.path_and_query.to_string()));
        }
        Ok(Self {
            host: target.host,
            port: target.port,
            user_info: target.user_info,
        })
    }
}

impl fmt::Display for Proxy {
    /// Host and port.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

impl Proxy {
    /// Opens a TCP connection to the proxy.
    pub(crate) async fn connect(&self, resolver: &Arc<dyn Resolve>) -> Result<TcpStream, Failure> {
        let addresses = match &self.host {
            Host::Address(address) => vec![*address],
            Host::Localhost(name) | Host::Name(name) => {
                resolver.resolve(name).await.map_err(|error| {
                    Failure::Proxy(format!(
                        "the proxy's name {name} could not be looked up: {error}"
                    ))
                })?
            }
        };
        let addresses: Vec<SocketAddr> = addresses
            .into_iter()
            .map(|address| SocketAddr::new(address, self.port))
            .collect();
        #[expect(
            clippy::disallowed_methods,
            reason = "the operator gave this address, not a user"
        )]
        TcpStream::connect(&addresses[..])
            .await
            .map_err(|error| Failure::Proxy(format!("no connection to the proxy {self}: {error}")))
    }

    /// Has the proxy open a tunnel to `address` over a connection to it.
    pub(crate) async fn tunnel(
        &self,
        stream: TcpStream,
        address: SocketAddr,
    ) -> Result<TcpStream, Failure> {
        let broken = |error: &dyn fmt::Display| {
            Failure::Proxy(format!(
                "the proxy {self} broke off while it was asked for {address}: {error}"
            ))
        };
        let (mut sender, driver) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|error| broken(&error))?;
        // Its error reaches whoever waits for the answer.
        tokio::spawn(async move { drop(driver.with_upgrades().await) });
        let response = sender
            .send_request(self.connect_request(address))
            .await
            .map_err(|error| broken(&error))?;
        if !response.status().is_success() {
            return Err(self.refusal(address, &response));
        }
        let tunnel = hyper::upgrade::on(response)
            .await
            .map_err(|error| broken(&error))?
            .downcast::<TokioIo<TcpStream>>()
            .map_err(|_| broken(&"it is no longer the same connection"))?;
        if !tunnel.read_buf.is_empty() {
            return Err(broken(&"it sent more than its answer"));
        }
        Ok(tunnel.io.into_inner())
    }

    fn connect_request(&self, address: SocketAddr) -> Request<Empty<Bytes>> {
        let authority = address.to_string();
        let mut headers = HeaderMap::new();
        headers.insert(
            header::HOST,
            HeaderValue::try_from(&authority).expect("an address is a valid header value"),
        );
        if let Some(user_info) = &self.user_info {
            headers.insert(header::PROXY_AUTHORIZATION, user_info.basic_authorization());
        }
        let mut request = Request::connect(Uri::try_from(authority).expect("an address is a URI"))
            .body(Empty::new())
            .expect("its parts are valid");
        *request.headers_mut() = headers;
        request
    }

    /// What a proxy's refusal means. Where it says that the address did not answer, that is news
    /// of the address: a dead receiver must not look like a dead proxy for ever.
    fn refusal<B>(&self, address: SocketAddr, response: &Response<B>) -> Failure {
        let status = response.status();
        let text = format!("the proxy {self} answered {status} when it was asked for {address}");
        // Squid answers 503 where others answer 502.
        let squid_could_not_connect = response
            .headers()
            .get("x-squid-error")
            .is_some_and(|value| value.as_bytes().starts_with(b"ERR_CONNECT_FAIL"));
        match status {
            StatusCode::BAD_GATEWAY => Failure::Refused(text),
            StatusCode::SERVICE_UNAVAILABLE if squid_could_not_connect => Failure::Refused(text),
            StatusCode::GATEWAY_TIMEOUT => Failure::TimeoutConnect(text),
            _ => Failure::Proxy(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_read_and_shown_without_its_password() {
        let proxy: Proxy = "http://me:secret@proxy.internal:3128".parse().unwrap();
        assert_eq!(proxy.to_string(), "proxy.internal:3128");
        assert!(!format!("{proxy:?}").contains("secret"));
        assert_eq!(
            "http://[::1]".parse::<Proxy>().unwrap().to_string(),
            "[::1]:80"
        );
    }

    #[test]
    fn what_is_no_proxy_is_refused_with_what_would_be_right() {
        for (text, error) in [
            (
                "https://proxy:3128",
                "must begin with http://: a proxy is spoken to by plain HTTP",
            ),
            (
                "proxy:3128",
                "the URL must begin with http:// or https://, got \"proxy:\"",
            ),
            (
                "http://proxy:3128/x?y",
                "must end after the port, got \"/x?y\" behind it",
            ),
        ] {
            assert_eq!(text.parse::<Proxy>().unwrap_err().to_string(), error);
        }
    }

    #[test]
    fn a_refusal_blames_whom_it_concerns() {
        let proxy: Proxy = "http://127.0.0.1:3128".parse().unwrap();
        let refusal = |status: u16, squid: bool| {
            let mut response = Response::new(());
            *response.status_mut() = StatusCode::from_u16(status).unwrap();
            if squid {
                let value = HeaderValue::from_static("ERR_CONNECT_FAIL 111");
                response.headers_mut().insert("x-squid-error", value);
            }
            proxy.refusal(([1, 1, 1, 1], 443).into(), &response)
        };
        assert!(matches!(refusal(502, false), Failure::Refused(_)));
        assert!(matches!(refusal(503, true), Failure::Refused(_)));
        assert!(matches!(refusal(504, false), Failure::TimeoutConnect(_)));
        for status in [400, 403, 407, 429, 500, 503] {
            assert!(matches!(refusal(status, false), Failure::Proxy(_)));
        }
        assert_eq!(
            refusal(407, false).to_string(),
            "the proxy 127.0.0.1:3128 answered 407 Proxy Authentication Required when it was \
             asked for 1.1.1.1:443"
        );
    }
}
