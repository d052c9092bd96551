//! Passwords: rules, hashing and its bound (authentication.md 2.7).

use std::sync::Arc;
use std::time::Duration;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use keys::{SecretName, Secrets};
use tokio::sync::Semaphore;

/// Least length that the operator's command line accepts, in characters.
pub const LENGTH_MIN_OPERATOR: usize = 8;
/// Least length that people are asked for.
pub const LENGTH_MIN: usize = 15;
/// Most characters.
pub const LENGTH_MAX: usize = 256;
/// Argon2id memory in KiB; with one pass and one lane OWASP's first choice.
const MEMORY_KIB: u32 = 47_104;
/// Memory that a stored hash may ask for.
const MEMORY_KIB_MAX: u32 = 256 * 1024;
/// Hashes that may run at once.
const HASHES_AT_ONCE_MAX: usize = 4;
/// Hashes that may wait for a place.
const HASHES_WAITING_MAX: usize = 64;
/// How long one waits for a place.
const WAIT_MAX: Duration = Duration::from_secs(2);

/// Why a password cannot be taken.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// Too few characters.
    #[error("the password has {length} characters; at least {least} are needed")]
    TooShort {
        /// Characters that it has.
        length: usize,
        /// Characters needed.
        least: usize,
    },
    /// Too many characters.
    #[error("the password has {0} characters; at most {LENGTH_MAX} are taken")]
    TooLong(usize),
    /// Too many hashes are waiting: try again shortly.
    #[error("too many passwords are being checked at this moment; try again shortly")]
    Busy,
    /// The hash could not be made.
    #[error("the password could not be hashed: {0}")]
    Hashing(String),
}

/// Checks a password that a person chooses, for the address and the account's name that it is for.
pub fn check(password: &str, _email: &str, _company: &str) -> Result<(), PasswordError> {
    check_length(password, LENGTH_MIN)
}

fn check_length(password: &str, least: usize) -> Result<(), PasswordError> {
    let length = password.chars().count();
    if length < least {
        return Err(PasswordError::TooShort { length, least });
    }
    if length > LENGTH_MAX {
        return Err(PasswordError::TooLong(length));
    }
    Ok(())
}

/// Hashes a password that has at least `least` characters; gives a PHC string.
pub fn hash(secrets: &Secrets, password: &str, least: usize) -> Result<String, PasswordError> {
    check_length(password, least)?;
    let (_, pepper) = secrets.entry(SecretName::PasswordPepper).newest();
    let hasher =
        hasher(pepper.expose()).map_err(|error| PasswordError::Hashing(error.to_string()))?;
    hasher
        .hash_password(password.as_bytes())
        .map(|hash| hash.to_string())
        .map_err(|error| PasswordError::Hashing(error.to_string()))
}

fn hasher(pepper: &[u8; 32]) -> Result<Argon2<'_>, argon2::Error> {
    let params = Params::new(MEMORY_KIB, 1, 1, None)?;
    Argon2::new_with_secret(pepper, Algorithm::Argon2id, Version::V0x13, params)
}

/// Whether `password` is the one of this PHC string. A hash that asks for too much memory is
/// refused without an allocation.
fn matches(secrets: &Secrets, password: &str, stored: &str) -> bool {
    let Ok(stored) = PasswordHash::new(stored) else {
        tracing::error!("a stored password hash does not read");
        return false;
    };
    if stored
        .params
        .get_decimal("m")
        .is_none_or(|memory| memory > MEMORY_KIB_MAX)
    {
        tracing::error!("a stored password hash asks for more memory than is allowed");
        return false;
    }
    secrets
        .entry(SecretName::PasswordPepper)
        .newest_first()
        .any(|(_, pepper)| {
            hasher(pepper.expose())
                .is_ok_and(|hasher| hasher.verify_password(password.as_bytes(), &stored).is_ok())
        })
}

/// Bounds how many hashes run at once and how many wait.
pub struct HashingSlots {
    running: Arc<Semaphore>,
    waiting: Semaphore,
    /// Hashed against for an unknown person, so that the time tells nothing.
    dummy: std::sync::OnceLock<String>,
}

impl Default for HashingSlots {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            running: Arc::new(Semaphore::new(cores.min(HASHES_AT_ONCE_MAX))),
            waiting: Semaphore::new(HASHES_WAITING_MAX),
            dummy: std::sync::OnceLock::new(),
        }
    }
}

impl HashingSlots {
    /// Compares a password with a stored hash, or with a dummy for an unknown person. `None`: too
    /// many are waiting; answer 503.
    pub async fn verify(
        &self,
        secrets: Arc<Secrets>,
        password: String,
        stored: Option<String>,
    ) -> Option<bool> {
        let _waiting = self.waiting.try_acquire().ok()?;
        let running = self.running.clone().acquire_owned();
        let permit = tokio::time::timeout(WAIT_MAX, running).await.ok()?.ok()?;
        let known = stored.is_some();
        let dummy = self.dummy.get().cloned();
        let checked = tokio::task::spawn_blocking(move || {
            // Owned by the work, not by the request: a client that hangs up frees nothing early.
            let _permit = permit;
            let stored = stored.or(dummy).unwrap_or_else(|| {
                hash(&secrets, "nobody has this password", 0).unwrap_or_default()
            });
            (matches(&secrets, &password, &stored) && known, stored)
        });
        let (matched, compared) = checked.await.ok()?;
        if !known {
            let _ = self.dummy.set(compared);
        }
        Some(matched)
    }

    /// Hashes a password, whatever its length; gives a PHC string.
    pub async fn hash(
        &self,
        secrets: Arc<Secrets>,
        password: String,
    ) -> Result<String, PasswordError> {
        let _waiting = self
            .waiting
            .try_acquire()
            .map_err(|_| PasswordError::Busy)?;
        let running = self.running.clone().acquire_owned();
        let Ok(Ok(permit)) = tokio::time::timeout(WAIT_MAX, running).await else {
            return Err(PasswordError::Busy);
        };
        tokio::task::spawn_blocking(move || {
            let _permit = permit;
            hash(&secrets, &password, 0)
        })
        .await
        .map_err(|error| PasswordError::Hashing(error.to_string()))?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_69_stored_hash_names_its_parameters() {
        let secrets = Secrets::generate().unwrap();
        let stored = hash(&secrets, "correct horse battery", LENGTH_MIN).unwrap();
        assert!(
            stored.starts_with("$argon2id$v=19$m=47104,t=1,p=1$"),
            "{stored}"
        );
        assert!(matches(&secrets, "correct horse battery", &stored));
        assert!(!matches(&secrets, "correct horse batterz", &stored));
        let greedy = stored.replace("m=47104", "m=4194304");
        assert!(!matches(&secrets, "correct horse battery", &greedy));
        assert!(!matches(
            &Secrets::generate().unwrap(),
            "correct horse battery",
            &stored
        ));
    }

    #[test]
    fn lengths_are_counted_in_characters() {
        let secrets = Secrets::generate().unwrap();
        assert!(matches!(
            hash(&secrets, "12345678901234", LENGTH_MIN),
            Err(PasswordError::TooShort {
                length: 14,
                least: 15
            })
        ));
        assert!(hash(&secrets, &"é".repeat(15), LENGTH_MIN).is_ok());
        assert!(matches!(
            hash(&secrets, &"x".repeat(257), LENGTH_MIN),
            Err(PasswordError::TooLong(257))
        ));
    }
}
