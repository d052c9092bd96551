//! What a certificate says of itself, for people. Nothing here decides whether it is trusted.

use std::net::IpAddr;

use x509_parser::{
    certificate::X509Certificate, extensions::GeneralName, prelude::FromDer, time::ASN1Time,
};

/// Names that are shown of one certificate.
const NAMES_SHOWN_MAX: usize = 5;
/// Characters that are shown of one name: what a server sends must not fill our pages.
const NAME_CHARS_MAX: usize = 100;

/// What a certificate says of itself. Texts are shortened and free of control characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Certificate {
    /// The host names and addresses that it is for; at most [`NAMES_SHOWN_MAX`].
    names: Vec<String>,
    /// How many more there are.
    names_beyond: usize,
    pub(crate) subject: String,
    pub(crate) issuer: String,
    not_before_s: i64,
    not_after_s: i64,
}

impl Certificate {
    /// Reads a certificate in DER form; `None` if it cannot be read.
    pub(crate) fn read(der: &[u8]) -> Option<Self> {
        let (_, certificate) = X509Certificate::from_der(der).ok()?;
        let extension = certificate.subject_alternative_name().ok().flatten();
        let all = extension.map_or(&[][..], |extension| &extension.value.general_names);
        let names: Vec<String> = all.iter().filter_map(name).collect();
        let time_s = |time: ASN1Time| time.timestamp();
        Some(Self {
            names_beyond: names.len().saturating_sub(NAMES_SHOWN_MAX),
            names: names.into_iter().take(NAMES_SHOWN_MAX).collect(),
            subject: printable(&certificate.subject().to_string()),
            issuer: printable(&certificate.issuer().to_string()),
            not_before_s: time_s(certificate.validity().not_before),
            not_after_s: time_s(certificate.validity().not_after),
        })
    }

    /// The end of its validity, in Unix ms.
    pub(crate) fn not_after_ms(&self) -> i64 {
        self.not_after_s.saturating_mul(1000)
    }

    /// The names that it is for, in words.
    pub(crate) fn names(&self) -> String {
        match (self.names.is_empty(), self.names_beyond) {
            (true, _) => "no name".to_owned(),
            (false, 0) => self.names.join(", "),
            (false, more) => format!("{} and {more} more", self.names.join(", ")),
        }
    }

    /// One sentence: names, issuer and dates.
    pub(crate) fn describe(&self) -> String {
        format!(
            "the certificate is for {}, issued by {}, valid from {} to {}",
            self.names(),
            if self.issuer == self.subject {
                "itself"
            } else {
                &self.issuer
            },
            date(self.not_before_s),
            date(self.not_after_s),
        )
    }
}

fn name(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some(printable(name)),
        GeneralName::IPAddress(octets) => {
            let v4 = <[u8; 4]>::try_from(*octets).map(IpAddr::from);
            let v6 = <[u8; 16]>::try_from(*octets).map(IpAddr::from);
            v4.or(v6).ok().map(|address| address.to_string())
        }
        _ => None,
    }
}

fn printable(text: &str) -> String {
    text.chars()
        .filter(|character| !character.is_control())
        .take(NAME_CHARS_MAX)
        .collect()
}

/// A time in Unix seconds as people read it.
pub(crate) fn date(time_s: i64) -> String {
    jiff::Timestamp::from_second(time_s)
        .map_or_else(|_| format!("{time_s} (Unix time)"), |date| date.to_string())
}
