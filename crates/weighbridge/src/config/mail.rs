//! The mail server: its address, the sender, and that mail is encrypted on its way.

use url::Url;

use super::{ConfigError, Values};

/// Where mail goes out.
#[derive(Clone)]
pub struct MailServer {
    /// `smtp://` or `smtps://`; may hold a password.
    pub url: String,
    /// The sender.
    pub from: String,
}

impl MailServer {
    /// Host and port, where the URL has no port the one of its scheme.
    pub fn address(&self) -> Option<(String, u16)> {
        let url = Url::parse(&self.url).ok()?;
        let port_default = if url.scheme() == "smtps" { 465 } else { 25 };
        let port = url.port().unwrap_or(port_default);
        Some((url.host_str()?.to_owned(), port))
    }
}

impl std::fmt::Debug for MailServer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "MailServer(from {})", self.from)
    }
}

/// Reads the mail server's settings; `None`: there is none.
pub(super) fn read(values: &Values) -> Result<Option<MailServer>, ConfigError> {
    let Some(url) = values.text("smtp_url") else {
        return Ok(None);
    };
    let parsed = Url::parse(url).ok().filter(|url| {
        matches!(url.scheme(), "smtp" | "smtps") && url.host_str().is_some_and(|h| !h.is_empty())
    });
    let Some(parsed) = parsed else {
        return Err(values.error(
            "smtp_url",
            "must be a URL such as smtps://user:password@mail.example.com",
        ));
    };
    let url = with_encryption(parsed);
    if lettre::AsyncSmtpTransport::<lettre::Tokio1Executor>::from_url(&url).is_err() {
        // Not the library's words: they may repeat the password.
        return Err(values.error(
            "smtp_url",
            "does not read: of its parameters only tls=required and tls=opportunistic are known",
        ));
    }
    let from = values.text("mail_from").ok_or_else(|| {
        values.error(
            "mail_from",
            "is required beside smtp_url: the sender's address",
        )
    })?;
    if let Err(error) = from.parse::<lettre::message::Mailbox>() {
        return Err(values.error("mail_from", format!("must be an e-mail address: {error}")));
    }
    Ok(Some(MailServer {
        url,
        from: from.to_owned(),
    }))
}

/// Mail holds links that log people in, so it is encrypted on its way, unless the operator's URL
/// says how or the mail server is on this machine: always where a password goes with it, else
/// where the mail server can.
fn with_encryption(mut url: Url) -> String {
    let is_local = match url.host_str().unwrap_or_default().trim_matches(['[', ']']) {
        "localhost" => true,
        host => host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback()),
    };
    if url.scheme() == "smtp" && url.query().is_none() && !is_local {
        let tls = if url.password().is_some() {
            "tls=required"
        } else {
            "tls=opportunistic"
        };
        url.set_query(Some(tls));
    }
    url.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::config::tests::gather;

    #[test]
    fn mail_is_encrypted_unless_it_stays_here_or_the_url_says_how() {
        for (given, used) in [
            ("smtp://127.0.0.1:25", "smtp://127.0.0.1:25"),
            ("smtp://[::1]:25", "smtp://[::1]:25"),
            ("smtp://localhost", "smtp://localhost"),
            (
                "smtp://mail.example.com",
                "smtp://mail.example.com?tls=opportunistic",
            ),
            (
                "smtp://u:p@mail.example.com:587",
                "smtp://u:p@mail.example.com:587?tls=required",
            ),
            (
                "smtp://u:p@mail.example.com?tls=opportunistic",
                "smtp://u:p@mail.example.com?tls=opportunistic",
            ),
            (
                "smtps://u:p@mail.example.com",
                "smtps://u:p@mail.example.com",
            ),
        ] {
            assert_eq!(with_encryption(Url::parse(given).unwrap()), used);
        }
        let values = gather(
            &[
                ("data_dir", vec!["d".into()]),
                (
                    "smtp_url",
                    vec!["smtp://u:hunter2@mail.example.com?tls=maybe".into()],
                ),
                ("mail_from", vec!["a@example.com".into()]),
            ],
            &[],
        );
        let error = Config::read(&values, false).unwrap_err().to_string();
        assert!(
            error.contains("tls=required") && !error.contains("hunter2"),
            "{error}"
        );
    }
}
