//! Passwords: rules, hashing and its bound (authentication.md 2.7).

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use keys::{SecretName, Secrets};
use sha2::{Digest, Sha256};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use unicode_normalization::UnicodeNormalization;

/// Least length that the operator's command line accepts, in characters.
pub const LENGTH_MIN_OPERATOR: usize = 8;
/// Least length that people are asked for.
pub const LENGTH_MIN: usize = 15;
/// Most characters.
pub const LENGTH_MAX: usize = 256;
/// Most bytes of UTF-8.
const BYTES_MAX: usize = 1_024;
/// Most bytes that are looked at of what somebody typed: composing it (NFC) makes it shorter.
const TYPED_BYTES_MAX: usize = 4 * BYTES_MAX;
/// Argon2id memory in KiB; with one pass and one lane OWASP's first choice.
const MEMORY_KIB: u32 = 47_104;
/// Memory that a stored hash may ask for.
const MEMORY_KIB_MAX: u32 = 256 * 1024;
/// Passes and lanes that a stored hash may ask for.
const PASSES_MAX: u32 = 16;
/// Hashes that may run at once.
const HASHES_AT_ONCE_MAX: usize = 4;
/// Hashes that may wait for a place.
const HASHES_WAITING_MAX: usize = 64;
/// How long one waits for a place.
const WAIT_MAX: Duration = Duration::from_secs(2);
/// Longest sequence whose repetition is no password, in characters.
const REPEATED_LENGTH_MAX: usize = 8;
/// A password that names the account or the person must have more letters and digits than this
/// beside the name.
const BESIDE_NAMES_MAX: usize = 5;
/// Names shorter than this are looked for nowhere: too many words hold them.
const NAME_LENGTH_MIN: usize = 3;

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
    /// Too many bytes.
    #[error("the password has {0} bytes; at most {BYTES_MAX} are taken")]
    TooManyBytes(usize),
    /// Something short, several times.
    #[error("the password is one character or short sequence repeated; choose another")]
    Repeated,
    /// A name that everybody knows.
    #[error("the password is little more than {0}; choose another")]
    Named(&'static str),
    /// On the list.
    #[error(
        "the password is one of the most common leaked ones, or one with digits at its end; \
         choose another"
    )]
    Common,
    /// Too many hashes are waiting: try again shortly.
    #[error("too many passwords are being checked at this moment; try again shortly")]
    Busy,
    /// The hash could not be made.
    #[error("the password could not be hashed: {0}")]
    Hashing(String),
}

/// Passwords are compared in Unicode's form NFC: keyboards differ in how they send an é.
fn normalise(password: &str) -> String {
    password.nfc().collect()
}

/// Checks a password that a person chooses, for the address and the account's name that it is for.
pub fn check(password: &str, email: &str, company: &str) -> Result<(), PasswordError> {
    let password = normalise(password);
    check_length(&password, LENGTH_MIN)?;
    let folded = password.to_lowercase();
    let stem = folded.trim_end_matches(|last: char| !last.is_alphabetic());
    let local = email.split('@').next().unwrap_or_default();
    for (words, name) in [
        (company, "the account's name"),
        (local, "the e-mail address"),
        ("weighbridge", "this program's name"),
    ] {
        if is_little_more_than(&folded, words) {
            return Err(PasswordError::Named(name));
        }
    }
    if is_repetition(&folded) || is_repetition(stem) {
        return Err(PasswordError::Repeated);
    }
    if is_common(&folded) || stem.chars().count() >= NAME_LENGTH_MIN && is_common(stem) {
        return Err(PasswordError::Common);
    }
    Ok(())
}

fn check_length(password: &str, least: usize) -> Result<(), PasswordError> {
    let length = password.chars().count();
    if length < least {
        return Err(PasswordError::TooShort { length, least });
    }
    if length > LENGTH_MAX {
        return Err(PasswordError::TooLong(length));
    }
    if password.len() > BYTES_MAX {
        return Err(PasswordError::TooManyBytes(password.len()));
    }
    Ok(())
}

/// Whether the text is its first few characters again and again; the last time may be cut.
fn is_repetition(text: &str) -> bool {
    let characters: Vec<char> = text.chars().collect();
    (1..=REPEATED_LENGTH_MAX.min(characters.len() / 2)).any(|period| {
        characters[period..]
            .iter()
            .zip(&characters)
            .all(|(later, earlier)| later == earlier)
    })
}

/// Whether next to nothing is left of a folded password without these words.
fn is_little_more_than(folded: &str, words: &str) -> bool {
    let plain = |text: &str| -> String { text.chars().filter(|c| c.is_alphanumeric()).collect() };
    let words = normalise(words).to_lowercase();
    let mut names = vec![plain(&words)];
    names.extend(
        words
            .split(|character: char| !character.is_alphanumeric())
            .map(str::to_owned),
    );
    let mut left = plain(folded);
    let mut found = false;
    for name in names {
        if name.chars().count() >= NAME_LENGTH_MIN && left.contains(&name) {
            left = left.replace(&name, "");
            found = true;
        }
    }
    found && left.chars().count() <= BESIDE_NAMES_MAX
}

/// The list of `data/README.md`: sorted pieces of digests.
static COMMON: &[u8] = include_bytes!("../data/common-passwords.bin");

fn is_common(folded: &str) -> bool {
    let (listed, _) = COMMON.as_chunks::<5>();
    let digest = Sha256::digest(folded.as_bytes());
    listed
        .binary_search_by(|piece| piece.as_slice().cmp(&digest[..5]))
        .is_ok()
}

/// Hashes a password that has at least `least` characters; gives a PHC string.
pub fn hash(secrets: &Secrets, password: &str, least: usize) -> Result<String, PasswordError> {
    let password = normalise(password);
    check_length(&password, least)?;
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

/// What came of comparing a password with a stored hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is another password.
    Wrong,
    /// It is the password.
    Right,
    /// It is the password, and the hash was made with older parameters: make it anew.
    RightOutdated,
}

/// Whether `password` is the one of this PHC string. A hash that asks for too much memory is
/// refused without an allocation.
fn compare(secrets: &Secrets, password: &str, stored: &str) -> Verdict {
    let Ok(stored) = PasswordHash::new(stored) else {
        tracing::error!("a stored password hash does not read");
        return Verdict::Wrong;
    };
    let param = |name: &str| stored.params.get_decimal(name).unwrap_or(u32::MAX);
    let (memory, passes, lanes) = (param("m"), param("t"), param("p"));
    if memory > MEMORY_KIB_MAX || passes > PASSES_MAX || lanes > PASSES_MAX {
        tracing::error!("a stored password hash asks for more memory or time than is allowed");
        return Verdict::Wrong;
    }
    let password = normalise(password);
    let peppers = secrets.entry(SecretName::PasswordPepper);
    let newest = peppers.newest().0;
    let matching = peppers.newest_first().find(|(_, pepper)| {
        hasher(pepper.expose())
            .is_ok_and(|hasher| hasher.verify_password(password.as_bytes(), &stored).is_ok())
    });
    match matching {
        None => Verdict::Wrong,
        Some((version, _))
            if version == newest
                && (memory, passes, lanes) == (MEMORY_KIB, 1, 1)
                && stored.algorithm.as_str() == "argon2id" =>
        {
            Verdict::Right
        }
        Some(_) => Verdict::RightOutdated,
    }
}

/// Bounds how many hashes run at once and how many wait.
pub struct HashingSlots {
    running: Arc<Semaphore>,
    waiting: Semaphore,
    /// Hashed against for an unknown person, so that the time tells nothing.
    dummy: std::sync::OnceLock<String>,
    begun: AtomicU64,
}

impl Default for HashingSlots {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            running: Arc::new(Semaphore::new(cores.min(HASHES_AT_ONCE_MAX))),
            waiting: Semaphore::new(HASHES_WAITING_MAX),
            dummy: std::sync::OnceLock::new(),
            begun: AtomicU64::new(0),
        }
    }
}

impl HashingSlots {
    /// Hashes begun so far. Tests count with it that every failure is the same work.
    pub fn begun(&self) -> u64 {
        self.begun.load(Ordering::Relaxed)
    }

    /// Waits for a place to hash in, not for long.
    async fn place(&self) -> Result<OwnedSemaphorePermit, PasswordError> {
        let _waiting = self
            .waiting
            .try_acquire()
            .map_err(|_| PasswordError::Busy)?;
        let running = self.running.clone().acquire_owned();
        match tokio::time::timeout(WAIT_MAX, running).await {
            Ok(Ok(permit)) => {
                self.begun.fetch_add(1, Ordering::Relaxed);
                Ok(permit)
            }
            Ok(Err(_)) | Err(_) => Err(PasswordError::Busy),
        }
    }

    /// Compares a password with a stored hash, or with a dummy for an unknown person.
    pub async fn verify(
        &self,
        secrets: Arc<Secrets>,
        mut password: String,
        mut stored: Option<String>,
    ) -> Result<Verdict, PasswordError> {
        if password.len() > TYPED_BYTES_MAX {
            // Nobody's, and as much work as any other.
            password.clear();
            stored = None;
        }
        let permit = self.place().await?;
        let known = stored.is_some();
        let dummy = self.dummy.get().cloned();
        let compared = tokio::task::spawn_blocking(move || {
            // Owned by the work, not by the request: a client that hangs up frees nothing early.
            let _permit = permit;
            let stored = stored.or(dummy).unwrap_or_else(|| {
                hash(&secrets, "nobody has this password", 0).unwrap_or_default()
            });
            (compare(&secrets, &password, &stored), stored)
        });
        let (verdict, stored) = compared.await.map_err(|error| broken(&error))?;
        if known {
            return Ok(verdict);
        }
        let _ = self.dummy.set(stored);
        Ok(Verdict::Wrong)
    }

    /// Hashes a password, whatever its length; gives a PHC string.
    pub async fn hash(
        &self,
        secrets: Arc<Secrets>,
        password: String,
    ) -> Result<String, PasswordError> {
        let permit = self.place().await?;
        tokio::task::spawn_blocking(move || {
            let _permit = permit;
            hash(&secrets, &password, 0)
        })
        .await
        .map_err(|error| broken(&error))?
    }
}

fn broken(error: &tokio::task::JoinError) -> PasswordError {
    PasswordError::Hashing(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_69_stored_hash_names_its_parameters() {
        let secrets = Secrets::generate().unwrap();
        let password = "correct horse battery";
        let stored = hash(&secrets, password, LENGTH_MIN).unwrap();
        assert!(
            stored.starts_with("$argon2id$v=19$m=47104,t=1,p=1$"),
            "{stored}"
        );
        assert_eq!(compare(&secrets, password, &stored), Verdict::Right);
        assert_eq!(
            compare(&secrets, "correct horse batterz", &stored),
            Verdict::Wrong
        );
        for greedy in ["m=4194304,t=1,p=1", "m=47104,t=1000000,p=1"] {
            let greedy = stored.replace("m=47104,t=1,p=1", greedy);
            assert_eq!(compare(&secrets, password, &greedy), Verdict::Wrong);
        }
        let others = Secrets::generate().unwrap();
        assert_eq!(compare(&others, password, &stored), Verdict::Wrong);
    }

    #[test]
    fn case_69_older_parameters_are_told() {
        let secrets = Secrets::generate().unwrap();
        let (_, pepper) = secrets.entry(SecretName::PasswordPepper).newest();
        let weak = Argon2::new_with_secret(
            pepper.expose(),
            Algorithm::Argon2id,
            Version::V0x13,
            Params::new(8 * 1024, 1, 1, None).unwrap(),
        )
        .unwrap();
        let stored = weak.hash_password(b"correct horse").unwrap().to_string();
        assert_eq!(
            compare(&secrets, "correct horse", &stored),
            Verdict::RightOutdated
        );
    }

    #[test]
    fn case_66_lengths_are_counted_in_characters() {
        let secrets = Secrets::generate().unwrap();
        let (email, company) = ("ada@example.com", "Acme");
        assert!(matches!(
            check("fourteen chars", email, company),
            Err(PasswordError::TooShort {
                length: 14,
                least: 15
            })
        ));
        let emoji: String = "🐄🐎🐖🐑🐐🦙🐓🦆".chars().cycle().take(200).collect();
        for good in [
            "fifteen chars ü",
            "a whole sentence with  spaces ",
            "🐄🐎🐖🐑🐐🦙🐓🦆🦢🦉🐝🦋🐌🐞🐜",
            &format!("{}{}", "x7".repeat(40), "no repetition"),
        ] {
            check(good, email, company).unwrap();
        }
        let long: String = (0..256_u32)
            .filter_map(|n| char::from_u32(0x4e00 + n))
            .collect();
        check(&long, email, company).unwrap();
        assert!(matches!(
            check(&format!("{long}x"), email, company),
            Err(PasswordError::TooLong(257))
        ));
        assert!(emoji.chars().count() == 200 && check_length(&emoji, LENGTH_MIN).is_ok());
        // Composed and decomposed forms are the same password.
        let stored = hash(&secrets, "cafe\u{301} au lait, bien chaud", LENGTH_MIN).unwrap();
        assert_eq!(
            compare(&secrets, "caf\u{e9} au lait, bien chaud", &stored),
            Verdict::Right
        );
    }

    #[test]
    fn case_67_no_composition_is_asked_for() {
        check("staplemountains", "ada@example.com", "Acme").unwrap();
    }

    #[test]
    fn case_68_bad_passwords_are_refused_with_the_reason() {
        for (password, reason) in [
            ("passwordpassword1", "repeated"),
            ("aaaaaaaaaaaaaaaa", "repeated"),
            ("abcabcabcabcabc", "repeated"),
            ("acmeacmeacme2026", "the account's name"),
            ("Acme-Corp-2026!!", "the account's name"),
            ("lovelace.ada.lovelace", "the e-mail address"),
            ("Weighbridge-demo", "this program's name"),
            ("1qaz2wsx3edc4rfv", "most common"),
            ("QwertyUiopAsdfghJkl", "most common"),
            ("iloveyouforever", "most common"),
            ("Superman!!2026-11", "most common"),
        ] {
            let company = if password.contains("orp") {
                "Acme Corp."
            } else {
                "Acme"
            };
            let refused = check(password, "ada.lovelace@example.com", company);
            let text = refused.expect_err(password).to_string();
            assert!(text.contains(reason), "{password}: {text}");
        }
        for good in [
            "acme's cows are grazing",
            "weighbridge under the old oak",
            "k7391048826153049",
            "correct horse battery staple",
        ] {
            check(good, "ada.lovelace@example.com", "Acme").unwrap();
        }
    }

    #[test]
    fn the_list_is_sorted_and_whole() {
        let (listed, rest) = COMMON.as_chunks::<5>();
        assert!(rest.is_empty() && listed.len() > 100_000);
        assert!(listed.is_sorted());
        assert!(is_common("123456") && is_common("passwordpassword"));
    }
}
