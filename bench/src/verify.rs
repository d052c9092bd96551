//! The cost of verifying a key, taken alone: parse, HMAC, look-up and checks, on one core.

use std::time::Instant;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::{AccountId, Environment, KeyId};
use keys::{
    AuthorizationSettings, KeyIndex, KeyKind, KeyRow, KeyState, KeyText, Secrets,
    verify_authorization,
};

/// Keys in the index.
const KEYS: u64 = 1_000;
/// Verifications that are timed.
const TIMES: u32 = 500_000;

/// Microseconds of one verification.
pub(crate) fn microseconds() -> anyhow::Result<f64> {
    let secrets = Secrets::generate()?;
    let index = KeyIndex::new();
    let mut headers = Vec::new();
    let mut rows = Vec::new();
    for number in 0..KEYS {
        let text = KeyText::generate(Environment::Live, KeyKind::Api)?;
        let (digest_version, digest) = secrets.pepper().digest(text.expose().as_bytes());
        headers.push(format!(
            "Basic {}",
            STANDARD.encode(format!("{}:", text.expose()))
        ));
        rows.push(KeyRow {
            account_id: AccountId::from_parts(1, [0; 6]),
            key_id: KeyId::from_parts(number, [0; 6]),
            environment: Environment::Live,
            kind: KeyKind::Api,
            name: String::new(),
            hint: String::new(),
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
    let settings = AuthorizationSettings::default();
    let started = Instant::now();
    for number in 0..TIMES {
        let header = &headers[number as usize % headers.len()];
        let lines = [header.as_bytes()];
        let verified =
            verify_authorization(lines, settings, &index, secrets.pepper(), i64::from(number));
        anyhow::ensure!(verified.is_ok(), "a key of the index was refused");
    }
    Ok(started.elapsed().as_secs_f64() * 1e6 / f64::from(TIMES))
}
