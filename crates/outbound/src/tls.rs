//! TLS: which certificates are trusted, and what to say when one is not.
//!
//! TLS 1.2 and 1.3; the system's roots and those of the operator's file. Verification cannot be
//! turned off (reference part 5).

use std::{cell::RefCell, io, path::Path, sync::Arc};

use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject},
};
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::{
    certificate::{Certificate, date},
    client::SettingsError,
    failure::Failure,
};

/// What is known of a TLS connection that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsInfo {
    /// `TLS 1.2` or `TLS 1.3`.
    pub version: &'static str,
    /// Whom the server's certificate is for, as its subject says.
    pub subject: String,
    /// Who signed it.
    pub issuer: String,
    /// The end of its validity, in Unix ms.
    pub not_after: i64,
}

/// The TLS configuration of a client: system roots, and those of `extra_ca` (PEM).
pub(crate) fn client_config(extra_ca: Option<&Path>) -> Result<Arc<ClientConfig>, SettingsError> {
    let mut roots = RootCertStore::empty();
    let native = rustls_native_certs::load_native_certs();
    for error in &native.errors {
        tracing::warn!("Some of the system's root certificates cannot be read: {error}");
    }
    roots.add_parsable_certificates(native.certs);
    if let Some(path) = extra_ca {
        let unusable = |reason: String| SettingsError::ExtraCa {
            path: path.to_owned(),
            reason,
        };
        let certificates: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(path)
            .and_then(Iterator::collect)
            .map_err(|error| unusable(error.to_string()))?;
        if certificates.is_empty() {
            return Err(unusable("it holds no certificate in PEM form".to_owned()));
        }
        for certificate in certificates {
            roots
                .add(certificate)
                .map_err(|error| unusable(error.to_string()))?;
        }
    }
    if roots.is_empty() {
        tracing::warn!("There is no root certificate: https callbacks and attachments will fail");
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier =
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider)).build();
    let builder = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .expect("the provider supports TLS 1.2 and 1.3");
    let mut config = match verifier {
        Ok(verifier) => builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Noting(verifier)))
            .with_no_client_auth(),
        // Without a root nothing can be verified; then nothing is trusted.
        Err(_) => builder
            .with_root_certificates(RootCertStore::empty())
            .with_no_client_auth(),
    };
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// Makes TLS out of an open stream to the server of that name.
pub(crate) async fn handshake(
    config: &Arc<ClientConfig>,
    name: ServerName<'static>,
    stream: TcpStream,
) -> Result<TlsStream<TcpStream>, Failure> {
    let connecting = TlsConnector::from(Arc::clone(config)).connect(name, stream);
    REFUSED
        .scope(RefCell::default(), async {
            connecting.await.map_err(|error| {
                let refused = REFUSED.with(RefCell::take);
                Failure::Tls(handshake_reason(&error, refused.as_ref()))
            })
        })
        .await
}

/// What is known of a connection that was made.
pub(crate) fn info(stream: &TlsStream<TcpStream>) -> Option<TlsInfo> {
    let (_, connection) = stream.get_ref();
    let certificate = Certificate::read(connection.peer_certificates()?.first()?)?;
    Some(TlsInfo {
        version: match connection.protocol_version()? {
            rustls::ProtocolVersion::TLSv1_2 => "TLS 1.2",
            _ => "TLS 1.3",
        },
        not_after: certificate.not_after_ms(),
        subject: certificate.subject,
        issuer: certificate.issuer,
    })
}

tokio::task_local! {
    /// The certificate that was refused in the handshake of this task.
    static REFUSED: RefCell<Option<Certificate>>;
}

/// The usual verifier, which also notes what a refused certificate says of itself: the errors of
/// TLS hold neither its names nor its dates.
#[derive(Debug)]
struct Noting(Arc<WebPkiServerVerifier>);

impl ServerCertVerifier for Noting {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verdict =
            self.0
                .verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        if verdict.is_err() {
            // Outside a handshake of ours nobody would read the note.
            let _ = REFUSED.try_with(|refused| refused.replace(Certificate::read(end_entity)));
        }
        verdict
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}

/// The TLS error inside an I/O error, if that is what it is.
pub(crate) fn tls_error(error: &io::Error) -> Option<&Error> {
    error.get_ref()?.downcast_ref()
}

/// Why a handshake failed, in words for the person who runs the server at the other end.
fn handshake_reason(error: &io::Error, refused: Option<&Certificate>) -> String {
    match (tls_error(error), refused) {
        (Some(Error::InvalidCertificate(error)), refused) => certificate_reason(error, refused),
        (Some(error), _) => reason(error),
        (None, _) if error.kind() == io::ErrorKind::UnexpectedEof => {
            "the server closed the connection during the TLS handshake".to_owned()
        }
        (None, _) => format!("the connection broke during the TLS handshake: {error}"),
    }
}

/// A TLS error in words.
pub(crate) fn reason(error: &Error) -> String {
    match error {
        Error::InvalidCertificate(error) => certificate_reason(error, None),
        Error::AlertReceived(rustls::AlertDescription::ProtocolVersion)
        | Error::PeerIncompatible(rustls::PeerIncompatible::ServerDoesNotSupportTls12Or13) => {
            "the server speaks neither TLS 1.2 nor TLS 1.3".to_owned()
        }
        Error::InvalidMessage(_) => {
            "what the server sent is not TLS; does it speak plain http on this port?".to_owned()
        }
        other => other.to_string(),
    }
}

fn certificate_reason(error: &CertificateError, refused: Option<&Certificate>) -> String {
    let reason = match error {
        CertificateError::ExpiredContext { not_after, .. } => {
            format!(
                "the server's certificate expired at {}",
                unix_date(*not_after)
            )
        }
        CertificateError::NotValidYetContext { not_before, .. } => {
            format!(
                "the server's certificate is not valid before {}",
                unix_date(*not_before)
            )
        }
        CertificateError::NotValidForNameContext { expected, .. } => {
            format!("the server's certificate is not for {}", expected.to_str())
        }
        CertificateError::UnknownIssuer => {
            "the server's certificate is self-signed or signed by an authority that is not known \
             here; an own authority belongs into outbound_ca_file"
                .to_owned()
        }
        CertificateError::BadSignature => {
            "the server's certificate does not fit the key of the authority that it names; if that \
             authority was renewed, its new certificate belongs into outbound_ca_file"
                .to_owned()
        }
        other => format!("the server's certificate is not accepted: {other}"),
    };
    match refused {
        Some(certificate) => format!("{reason}; {}", certificate.describe()),
        None => reason,
    }
}

fn unix_date(time: UnixTime) -> String {
    date(i64::try_from(time.as_secs()).unwrap_or(i64::MAX))
}
