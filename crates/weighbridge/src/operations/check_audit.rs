//! Checks the audit log: contents, links, numbers without gaps, and the newest entry against the
//! signed anchor (authentication.md 2.9).

use domain::AccountId;
use keys::{SecretName, Secrets, constant_time_eq, mac};
use store::control::audit::{self as stored_audit, Anchor, AuditRow};
use store::{ControlStore, StoreError};

use super::audit::{anchor_message, hash};

/// Entries read at once.
const PAGE: i64 = 1000;

/// What was found in one account's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// Whole: this many entries.
    Whole(i64),
    /// Broken at this number, and how.
    Broken {
        /// Number of the first bad entry.
        seq: i64,
        /// What is wrong, in words.
        what: String,
    },
}

/// Checks an account's whole log.
pub async fn check_audit(
    control: &ControlStore,
    secrets: &Secrets,
    account: AccountId,
) -> Result<Finding, StoreError> {
    let mut chain = Chain::default();
    loop {
        let after = chain.seq;
        let page = control
            .read(move |tx| stored_audit::after(tx, account, after, PAGE))
            .await
            .map_err(|error: StoreError| error)?;
        for entry in &page {
            if let Err(what) = chain.follow(account, entry) {
                let seq = chain.seq + 1;
                return Ok(Finding::Broken { seq, what });
            }
        }
        if (page.len() as i64) < PAGE {
            break;
        }
    }
    let anchor = control
        .read(move |tx| stored_audit::anchor(tx, account))
        .await
        .map_err(|error: StoreError| error)?;
    Ok(chain.compare(secrets, account, anchor.as_ref()))
}

/// As far as a chain was followed.
struct Chain {
    seq: i64,
    hash: Vec<u8>,
}

impl Default for Chain {
    fn default() -> Self {
        Self {
            seq: 0,
            hash: vec![0; 32],
        }
    }
}

impl Chain {
    fn follow(&mut self, account: AccountId, entry: &AuditRow) -> Result<(), String> {
        if entry.seq != self.seq + 1 {
            return Err(format!("is missing; the next one is {}", entry.seq));
        }
        if entry.prev_hash != self.hash {
            return Err("does not link to the entry before it".to_owned());
        }
        if entry.hash != hash(account, entry) {
            return Err("was altered: its hash is not that of its contents".to_owned());
        }
        self.seq = entry.seq;
        self.hash.clone_from(&entry.hash);
        Ok(())
    }

    fn compare(self, secrets: &Secrets, account: AccountId, anchor: Option<&Anchor>) -> Finding {
        let Some(anchor) = anchor else {
            // Accounts made before there was a log have neither entries nor an anchor.
            return match self.seq {
                0 => Finding::Whole(0),
                seq => Finding::Broken {
                    seq,
                    what: "has no signed anchor beside it: the anchor was removed".to_owned(),
                },
            };
        };
        let message = anchor_message(account, anchor.seq, &anchor.hash);
        let is_signed = secrets
            .entry(SecretName::AuditMac)
            .newest_first()
            .any(|(_, secret)| constant_time_eq(&mac(secret, &message), &anchor.mac));
        if !is_signed {
            return Finding::Broken {
                seq: anchor.seq,
                what: "has an anchor that this secrets file did not sign".to_owned(),
            };
        }
        if anchor.seq > self.seq {
            return Finding::Broken {
                seq: self.seq + 1,
                what: format!("was cut off: the signed anchor stands at {}", anchor.seq),
            };
        }
        if anchor.seq < self.seq || anchor.hash != self.hash {
            return Finding::Broken {
                seq: anchor.seq,
                what: "is not the entry that the signed anchor names".to_owned(),
            };
        }
        Finding::Whole(self.seq)
    }
}
