//! Signed addresses of what is too large for a callback or a mail (callbacks.md 3.1): whoever has the
//! address may read it for seven days, nobody else.
//!
//! Each mode signs with a key of its own, derived from the secrets file, so that an address of one
//! mode opens nothing of the other.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::time::DAY_MS;
use domain::{AccountId, CallbackId, Environment, TaskId};
use keys::{Secret, SecretName, Secrets, constant_time_eq, mac};

/// How long an address works.
const LIFE_MS: i64 = 7 * DAY_MS;

/// What an address leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum File {
    /// The answer of a task, JSON.
    Response(TaskId),
    /// The body of a callback, JSON.
    Body(CallbackId),
}

/// Makes and checks the addresses of one mode's files.
#[derive(Clone)]
pub struct FileLinks {
    base: String,
    environment: Environment,
    /// Newest first: what an older secret signed works until it ends.
    keys: Vec<[u8; 32]>,
}

/// Why an address opens nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It was changed, or made by nobody.
    Tampered,
    /// Its time is over.
    Expired,
}

impl FileLinks {
    /// Those of a server whose public address is `base`, without a slash at its end.
    pub fn new(base: String, secrets: &Secrets, environment: Environment) -> Self {
        let versions = secrets.entry(SecretName::SessionMac).newest_first();
        let purpose = format!("weighbridge files of {environment} mode");
        Self {
            base,
            environment,
            keys: versions
                .map(|(_, secret)| mac(secret, purpose.as_bytes()))
                .collect(),
        }
    }

    /// The address of a file, good for seven days from `now_ms`.
    pub fn link(&self, account: AccountId, file: File, now_ms: i64) -> String {
        let path = self.path(account, file);
        let expires_at_s = (now_ms + LIFE_MS) / 1000;
        let newest = self.keys.first().expect("each secret has a version");
        let signature = URL_SAFE_NO_PAD.encode(sign(newest, &path, expires_at_s));
        format!(
            "{}{path}?expires={expires_at_s}&signature={signature}",
            self.base
        )
    }

    /// Checks what an address says: its end (Unix seconds) and signature, as in its query.
    pub fn check(
        &self,
        account: AccountId,
        file: File,
        expires_at_s: i64,
        signature: &str,
        now_ms: i64,
    ) -> Result<(), Refused> {
        let given = URL_SAFE_NO_PAD
            .decode(signature)
            .map_err(|_| Refused::Tampered)?;
        let path = self.path(account, file);
        let fits = |key| constant_time_eq(&sign(key, &path, expires_at_s), &given);
        if !self.keys.iter().any(fits) {
            return Err(Refused::Tampered);
        }
        if now_ms / 1000 >= expires_at_s {
            return Err(Refused::Expired);
        }
        Ok(())
    }

    fn path(&self, account: AccountId, file: File) -> String {
        let mode = self.environment;
        match file {
            File::Response(task) => format!("/files/callbacks/{mode}/{account}/response/{task}"),
            File::Body(callback) => format!("/files/callbacks/{mode}/{account}/body/{callback}"),
        }
    }
}

fn sign(key: &[u8; 32], path: &str, expires_at_s: i64) -> [u8; 32] {
    let message = format!("{path}\n{expires_at_s}");
    mac(&Secret::from_bytes(*key), message.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_MS: i64 = 1_800_000_000_000;

    fn account(number: u8) -> AccountId {
        AccountId::from_parts(1, [number; 6])
    }

    fn parts(link: &str) -> (i64, String) {
        let (_, query) = link.split_once("?expires=").unwrap();
        let (expires_at, signature) = query.split_once("&signature=").unwrap();
        (expires_at.parse().unwrap(), signature.to_owned())
    }

    #[test]
    fn an_address_opens_one_file_of_one_mode_and_account_for_seven_days() {
        let secrets = Secrets::generate().unwrap();
        let links = |mode| FileLinks::new("https://wb.example".to_owned(), &secrets, mode);
        let live = links(Environment::Live);
        let file = File::Body(CallbackId::from_parts(5, [1; 6]));
        let link = live.link(account(1), file, NOW_MS);
        assert!(
            link.starts_with("https://wb.example/files/callbacks/live/"),
            "{link}"
        );
        let (expires_at_s, signature) = parts(&link);
        let check = |links: &FileLinks, account, file, expires_at_s, signature: &str, now_ms| {
            links.check(account, file, expires_at_s, signature, now_ms)
        };
        let end_ms = NOW_MS + LIFE_MS;
        assert_eq!(
            check(
                &live,
                account(1),
                file,
                expires_at_s,
                &signature,
                end_ms - 1000
            ),
            Ok(())
        );
        let expired = check(&live, account(1), file, expires_at_s, &signature, end_ms);
        assert_eq!(expired, Err(Refused::Expired));

        let test = links(Environment::Test);
        let other = File::Body(CallbackId::from_parts(6, [1; 6]));
        let same_id = File::Response(TaskId::from_parts(5, [1; 6]));
        for refused in [
            check(&test, account(1), file, expires_at_s, &signature, NOW_MS),
            check(&live, account(2), file, expires_at_s, &signature, NOW_MS),
            check(&live, account(1), other, expires_at_s, &signature, NOW_MS),
            check(&live, account(1), same_id, expires_at_s, &signature, NOW_MS),
            check(
                &live,
                account(1),
                file,
                expires_at_s + 1,
                &signature,
                NOW_MS,
            ),
            check(
                &live,
                account(1),
                file,
                expires_at_s,
                &signature[1..],
                NOW_MS,
            ),
            check(&live, account(1), file, expires_at_s, "", NOW_MS),
            check(&live, account(1), file, expires_at_s, "§", NOW_MS),
        ] {
            assert_eq!(refused, Err(Refused::Tampered));
        }
    }
}
