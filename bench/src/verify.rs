//! The cost of verifying a key, taken alone: parse, HMAC, look-up and checks, on one core.

use std::time::Instant;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::{AccountId, Environment, KeyId};
use keys::{
    AuthorizationSettings, KeyIndex, KeyKind, KeyRow, KeyState, KeyText, Secrets,
    verify_authorization,
};

/// Most headers that are kept for use.
pub(crate) const HEADERS_MAX: usize = 100_000;
/// Verifications that are timed.
const TIMES: u32 = 500_000;

/// An index of keys and headers that carry some of them.
pub(crate) struct Bench {
    secrets: Secrets,
    index: KeyIndex,
    headers: Vec<String>,
}

impl Bench {
    /// An index of `keys` keys.
    pub(crate) fn new(keys: usize) -> anyhow::Result<Self> {
        let secrets = Secrets::generate()?;
        let index = KeyIndex::new();
        let mut headers = Vec::new();
        let mut rows = Vec::new();
        // Those in use lie all over the index.
        let every = keys.div_ceil(HEADERS_MAX);
        for number in 0..keys {
            let text = KeyText::generate(Environment::Live, KeyKind::Api)?;
            let (digest_version, digest) = secrets.pepper().digest(text.expose().as_bytes());
            if number % every == 0 {
                headers.push(format!(
                    "Basic {}",
                    STANDARD.encode(format!("{}:", text.expose()))
                ));
            }
            rows.push(KeyRow {
                account_id: AccountId::from_parts(1, [0; 6]),
                key_id: KeyId::from_parts(number as u64, [0; 6]),
                environment: Environment::Live,
                kind: KeyKind::Api,
                name: "default".to_owned(),
                hint: text.hint(Environment::Live, KeyKind::Api),
                digest,
                digest_version,
                state: KeyState::Active,
                not_before_ms: None,
                expires_at_ms: None,
                last_used_at_ms: None,
                account_frozen: false,
            });
        }
        index.replace(rows, 0);
        Ok(Self {
            secrets,
            index,
            headers,
        })
    }

    /// Microseconds of one verification, when `in_use` of the keys are used in turn.
    pub(crate) fn microseconds(&self, in_use: usize) -> anyhow::Result<f64> {
        let settings = AuthorizationSettings::default();
        let headers = &self.headers[..in_use.min(self.headers.len())];
        let started = Instant::now();
        for number in 0..TIMES {
            let header = &headers[number as usize % headers.len()];
            let verified = verify_authorization(
                [header.as_bytes()],
                settings,
                &self.index,
                self.secrets.pepper(),
                i64::from(number),
            );
            anyhow::ensure!(verified.is_ok(), "a key of the index was refused");
        }
        Ok(started.elapsed().as_secs_f64() * 1e6 / f64::from(TIMES))
    }
}
