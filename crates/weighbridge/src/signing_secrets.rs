//! What an account's callbacks of one mode are signed with, in memory (callbacks.md 2.1, 5).

use domain::{Environment, SigningSecretId};
use keys::{DataKey, SignedContent, SigningPlace, SigningSecret};
use store::control::signing_secrets::SigningSecretRow;

/// Most secrets of an account and mode that sign at a time.
pub const RUNNING_MAX: usize = 3;

/// The secrets of an account and mode.
#[derive(Debug, Default)]
pub struct SigningSecrets {
    /// Newest first. Those whose time is over may still be among them.
    all: Vec<LoadedSecret>,
}

/// One of them.
#[derive(Debug)]
pub struct LoadedSecret {
    /// Id.
    pub secret_id: SigningSecretId,
    /// The secret.
    pub secret: SigningSecret,
    /// Until when a rolled secret signs, Unix ms; `None`: it is the current one.
    pub expires_at_ms: Option<i64>,
}

impl SigningSecrets {
    /// Opens those of a mode; `rows` are newest first. One that does not open is told to the log
    /// and signs nothing.
    pub fn open(rows: &[SigningSecretRow], environment: Environment, data_key: &DataKey) -> Self {
        let opened = rows
            .iter()
            .filter(|row| row.environment == environment)
            .filter_map(|row| {
                Some(LoadedSecret {
                    secret_id: row.secret_id,
                    secret: open_secret(row, data_key)?,
                    expires_at_ms: row.expires_at,
                })
            });
        Self {
            all: opened.collect(),
        }
    }

    /// All that are known, newest first: also those whose time is over and that are about to go.
    pub fn all(&self) -> &[LoadedSecret] {
        &self.all
    }

    /// Those that sign at a time, newest first.
    pub fn running(&self, now_ms: i64) -> impl Iterator<Item = &LoadedSecret> {
        self.all
            .iter()
            .filter(move |loaded| loaded.expires_at_ms.is_none_or(|end| end > now_ms))
    }

    /// The value of `webhook-signature`: each running secret's `v1`, then each one's `v1a`, newest
    /// first. `None`: there is nothing to sign with.
    pub fn sign(&self, content: &SignedContent, now_ms: i64) -> Option<String> {
        /// `v1,` and `v1a,` with the Base64 of 32 and 64 bytes, and a space each.
        const SIGNATURES_LEN: usize = 48 + 93;
        let mut signatures = String::with_capacity(SIGNATURES_LEN * self.all.len());
        let mut is_first = true;
        let mut next = |signatures: &mut String| {
            if !std::mem::take(&mut is_first) {
                signatures.push(' ');
            }
        };
        for loaded in self.running(now_ms) {
            next(&mut signatures);
            loaded.secret.sign_symmetric(content, &mut signatures);
        }
        for loaded in self.running(now_ms) {
            next(&mut signatures);
            loaded.secret.sign_asymmetric(content, &mut signatures);
        }
        (!signatures.is_empty()).then_some(signatures)
    }
}

/// Opens a stored secret. A failure is logged, since it means a row that was moved or damaged.
pub fn open_secret(row: &SigningSecretRow, data_key: &DataKey) -> Option<SigningSecret> {
    let place = SigningPlace {
        account_id: row.account_id,
        secret_id: row.secret_id,
        environment: row.environment,
    };
    data_key
        .open_signing(&place, &row.sealed)
        .inspect_err(|error| {
            tracing::error!(secret.id = %row.secret_id, %error, "a signing secret does not open");
        })
        .ok()
}
