//! Getting a file: attachments and imports.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use http_body_util::BodyExt;
use tokio::time::timeout;
use url::Url;

use crate::{
    address::Target,
    client::{Answer, GuardedClient, Outgoing, Progress},
    failure::Failure,
};

/// Redirects that are followed.
const REDIRECTS_MAX: usize = 5;

/// A file that was got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// The status, 200–299.
    pub status: u16,
    /// The `content-type` header, if it is readable text.
    pub content_type: Option<String>,
    /// The `content-encoding` header: set if `body` is compressed, which we did not ask for.
    pub content_encoding: Option<String>,
    /// The body as received.
    pub body: Bytes,
}

/// Why a file could not be got.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// The server answered, but not with the file.
    #[error("the server answered {status}")]
    Status {
        /// The status.
        status: u16,
    },
    /// No answer came.
    #[error(transparent)]
    Failed(#[from] Failure),
    /// A redirect led nowhere.
    #[error(
        "the server answered {status} and pointed to a place that cannot be followed: {reason}"
    )]
    Redirect {
        /// The status of the redirect.
        status: u16,
        /// Why not.
        reason: Failure,
    },
    /// A redirect without a `location`.
    #[error("the server answered {status} without saying where to go")]
    NoLocation {
        /// The status of the redirect.
        status: u16,
    },
    /// Redirects in a row beyond the limit.
    #[error("more than {REDIRECTS_MAX} redirects in a row, the last with status {status}")]
    TooManyRedirects {
        /// The status of the last one.
        status: u16,
    },
    /// The file is too big.
    #[error("the file is larger than the {size_bytes_max} bytes that are accepted")]
    TooLarge {
        /// The limit.
        size_bytes_max: usize,
        /// The status of the answer.
        status: u16,
    },
    /// The body broke off.
    #[error("the file broke off: {reason}")]
    BrokenOff {
        /// Why.
        reason: String,
        /// The status of the answer.
        status: u16,
    },
    /// The time was over before the file was complete.
    #[error("the file was not complete within {time_ms_max} ms")]
    Timeout {
        /// The limit.
        time_ms_max: u64,
    },
}

impl FetchError {
    /// The status of the last answer, if one came.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Status { status }
            | Self::Redirect { status, .. }
            | Self::NoLocation { status }
            | Self::TooManyRedirects { status }
            | Self::TooLarge { status, .. }
            | Self::BrokenOff { status, .. } => Some(*status),
            Self::Failed(_) | Self::Timeout { .. } => None,
        }
    }
}

impl GuardedClient {
    /// Gets a file of at most `size_bytes_max` bytes within `time_ms_max`, redirects included.
    ///
    /// At most five redirects are followed; each is parsed, resolved and judged like the first
    /// URL. The URL's user info is not sent to where a redirect points.
    pub async fn get(
        &self,
        url: &str,
        size_bytes_max: usize,
        time_ms_max: u64,
    ) -> Result<Fetched, FetchError> {
        timeout(
            Duration::from_millis(time_ms_max),
            self.follow(url, size_bytes_max),
        )
        .await
        .unwrap_or(Err(FetchError::Timeout { time_ms_max }))
    }

    async fn follow(&self, url: &str, size_bytes_max: usize) -> Result<Fetched, FetchError> {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_static("*/*"));
        headers.insert(
            header::ACCEPT_ENCODING,
            HeaderValue::from_static("identity"),
        );
        let outgoing = Outgoing {
            method: Method::GET,
            headers,
            body: Bytes::new(),
            plain_http: true,
            send_before: None,
        };

        let mut target = Target::parse(url).map_err(Failure::Text)?;
        // The status of the redirect that led to `target`.
        let mut redirected_by = None;
        for _ in 0..=REDIRECTS_MAX {
            let sent = self
                .send(&target, &outgoing, &mut Progress::default())
                .await;
            let answer = sent.map_err(|reason| match redirected_by {
                Some(status) => FetchError::Redirect { status, reason },
                None => FetchError::Failed(reason),
            })?;
            let status = answer.response.status();
            if !is_followed(status) {
                return self.receive(&target, answer, size_bytes_max).await;
            }
            target = next_target(&target, status.as_u16(), answer.response.headers())?;
            redirected_by = Some(status.as_u16());
        }
        Err(FetchError::TooManyRedirects {
            status: redirected_by.unwrap_or_default(),
        })
    }

    async fn receive(
        &self,
        target: &Target,
        answer: Answer,
        size_bytes_max: usize,
    ) -> Result<Fetched, FetchError> {
        let Answer {
            response,
            connection,
            generation,
        } = answer;
        let (head, mut incoming) = response.into_parts();
        let status = head.status.as_u16();
        if !head.status.is_success() {
            return Err(FetchError::Status { status });
        }
        let announced = text(&head.headers, &header::CONTENT_LENGTH)
            .and_then(|length| length.parse::<u64>().ok());
        if announced.is_some_and(|length| length > size_bytes_max as u64) {
            return Err(FetchError::TooLarge {
                size_bytes_max,
                status,
            });
        }
        let mut body = BytesMut::new();
        while let Some(frame) = incoming.frame().await {
            let frame = frame.map_err(|error| FetchError::BrokenOff {
                reason: error.to_string(),
                status,
            })?;
            let Ok(data) = frame.into_data() else {
                continue;
            };
            if data.len() > size_bytes_max - body.len() {
                return Err(FetchError::TooLarge {
                    size_bytes_max,
                    status,
                });
            }
            body.extend_from_slice(&data);
        }
        self.give_back(target, connection, generation).await;
        Ok(Fetched {
            status,
            content_type: text(&head.headers, &header::CONTENT_TYPE),
            content_encoding: text(&head.headers, &header::CONTENT_ENCODING),
            body: body.freeze(),
        })
    }
}

fn is_followed(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

fn text(headers: &HeaderMap, name: &header::HeaderName) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

/// Where a redirect points, relative to where it came from (RFC 3986, part 5).
fn next_target(from: &Target, status: u16, headers: &HeaderMap) -> Result<Target, FetchError> {
    let location = headers
        .get(header::LOCATION)
        .ok_or(FetchError::NoLocation { status })?;
    let location = String::from_utf8_lossy(location.as_bytes());
    let base = Url::parse(&from.to_string()).expect("a target's text is a URL");
    let text = match base.join(&location) {
        Ok(joined) => joined.to_string(),
        // Parsing says better what is wrong with it.
        Err(_) => location.into_owned(),
    };
    Target::parse(&text).map_err(|error| FetchError::Redirect {
        status,
        reason: Failure::Text(error),
    })
}
