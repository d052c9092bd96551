//! Moves keys to a newer pepper (authentication.md 2.1, "Pepper rotation"): those whose text can be
//! opened at once, at the start of a process that has it. Imported keys follow at their next use.

use std::collections::HashMap;

use domain::AccountId;
use keys::{DataKey, KeyKind, Secrets};
use store::control::accounts;
use store::control::feed::{self, Change};
use store::control::keys::{self as stored_keys, KeyRow};
use store::{ControlStore, StoreError};

use crate::directory::{open_data_key, open_key};

/// Digests anew what is of an older version of the pepper; gives how many keys that were.
///
/// Processes that do not have the newer pepper yet go on finding these keys: they follow the change
/// and keep the digest of before.
pub async fn redigest_keys(
    control: &ControlStore,
    secrets: &Secrets,
    now_ms: i64,
) -> Result<usize, StoreError> {
    let newest = i64::from(secrets.pepper().version());
    let rows = control
        .read(move |tx| stored_keys::digested_before(tx, newest))
        .await?;
    if rows.is_empty() {
        return Ok(0);
    }
    let data_keys: HashMap<AccountId, DataKey> = control
        .read(accounts::list)
        .await?
        .iter()
        .filter_map(|account| Some((account.account_id, open_data_key(account, secrets)?)))
        .collect();
    // What does not open was told to the log, and stays as it is.
    let digests: Vec<_> = rows
        .iter()
        .filter_map(|row| {
            let (version, digest) = digest_of(row, data_keys.get(&row.account_id)?, secrets)?;
            Some((row.account_id, row.key_id, version, digest))
        })
        .collect();
    control
        .write(move |tx| -> Result<usize, StoreError> {
            let mut count = 0;
            let mut changed = Vec::new();
            for (account, key_id, version, digest) in &digests {
                if stored_keys::redigest(tx, *account, *key_id, digest, *version)? {
                    count += 1;
                    if changed.last() != Some(account) {
                        changed.push(*account);
                    }
                }
            }
            for account in changed {
                feed::record(tx, account, Change::Account, now_ms)?;
            }
            Ok(count)
        })
        .await
}

fn digest_of(row: &KeyRow, data_key: &DataKey, secrets: &Secrets) -> Option<(i64, [u8; 32])> {
    let kind = row.kind.parse::<KeyKind>().ok()?;
    let text = open_key(row, kind, data_key)?;
    let (version, digest) = secrets.pepper().digest(text.expose().as_bytes());
    Some((version.into(), *digest.as_bytes()))
}
