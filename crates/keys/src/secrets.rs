//! The secrets file: what makes a stolen database worthless, so it lies outside the database and
//! in no backup of it.
//!
//! TOML, mode 0600, five entries, each a list of versions with 32 random bytes in standard Base64:
//!
//! ```toml
//! [[pepper]]
//! version = 1
//! value = "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA="
//! ```
//!
//! The database holds a fingerprint of each, by which a process with another file is refused.
//!
//! Source: reference/authentication.md part 2.1, "Secrets file".

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::digest::{Pepper, constant_time_eq, mac};
use crate::random::RandomError;
use crate::secret::{Secret, SecretName, SecretVersions};

/// Two versions of an entry may live at once: the one going and the one coming.
const VERSIONS_MAX: usize = 2;
/// Ten values of 32 bytes with comments stay far below; more is some other file.
const FILE_LEN_MAX: u64 = 64 * 1024;
/// What each secret is asked to authenticate to make its fingerprint.
const FINGERPRINT_MESSAGE: &[u8] = b"fingerprint";
const FILE_HEAD: &str = "\
# Secrets of a Weighbridge installation. Keep a copy apart from the backups of the database:
# without this file, keys cannot be verified and passwords cannot be checked.
";

/// What the database remembers of one version of one entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fingerprint {
    /// The entry.
    pub entry: SecretName,
    /// Its version.
    pub version: u32,
    /// HMAC-SHA-256 of a fixed message under the secret.
    pub fingerprint: [u8; 32],
}

/// This secrets file is not the one that the database was used with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FingerprintError {
    /// The file has another secret under the same name and version.
    #[error(
        "`{entry}` version {version} of the secrets file is not the one this database was made \
         with: start with the original secrets file"
    )]
    Differs {
        /// The entry.
        entry: SecretName,
        /// Its version.
        version: u32,
    },
    /// The file lacks a version that the database still counts on.
    #[error(
        "the secrets file lacks `{entry}` version {version}, which this database uses: add it \
         back, or start with the original secrets file"
    )]
    Missing {
        /// The entry.
        entry: SecretName,
        /// Its version.
        version: u32,
    },
}

/// Why the secrets file could not be made or read. No text repeats a secret.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    /// `create` found a file.
    #[error("{path}: a secrets file is there already and is never overwritten", path = path.display())]
    Exists {
        /// Where.
        path: PathBuf,
    },
    /// The file cannot be opened, read or written.
    #[error("{path}: cannot {action} the secrets file: {source}", path = path.display())]
    Io {
        /// Where.
        path: PathBuf,
        /// `read` or `write`.
        action: &'static str,
        /// What the system says.
        source: io::Error,
    },
    /// Others on this machine could read or change the secrets.
    #[error(
        "{path}: the secrets file has mode {mode:03o}, so others can read or change it: \
         set it to 600 (chmod 600)",
        path = path.display()
    )]
    OpenToOthers {
        /// Where.
        path: PathBuf,
        /// The permission bits.
        mode: u32,
    },
    /// Not a secrets file.
    #[error("{path}: not a valid secrets file: {problem}", path = path.display())]
    Invalid {
        /// Where.
        path: PathBuf,
        /// What is wrong, naming entry and version.
        problem: String,
    },
    /// No secret could be made.
    #[error(transparent)]
    Random(#[from] RandomError),
}

/// The contents of the secrets file, ready for use.
#[derive(Debug)]
pub struct Secrets {
    /// In the order of [`SecretName::ALL`].
    entries: Vec<SecretVersions>,
    pepper: Pepper,
}

impl Secrets {
    /// Makes new secrets, version 1 of each entry, without a file (for tests and throw-away
    /// installations).
    pub fn generate() -> Result<Self, RandomError> {
        let mut entries = Vec::with_capacity(SecretName::ALL.len());
        for _ in SecretName::ALL {
            entries.push(SecretVersions::from_newest(1, Secret::generate()?));
        }
        Ok(Self::from_entries(entries))
    }

    /// Makes new secrets and writes them to `path`, mode 0600. The file is on disk when this
    /// returns. A file that is there is never touched.
    pub fn create(path: &Path) -> Result<Self, SecretsError> {
        let failed = |source| SecretsError::Io {
            path: path.to_owned(),
            action: "write",
            source,
        };
        let secrets = Self::generate()?;
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path).map_err(|source| match source.kind() {
            io::ErrorKind::AlreadyExists => SecretsError::Exists {
                path: path.to_owned(),
            },
            _ => failed(source),
        })?;
        if let Err(source) = write_durably(file, &secrets.to_toml(), path) {
            // It is ours, half written, and would stand in the way of the next attempt.
            let _ = std::fs::remove_file(path);
            return Err(failed(source));
        }
        Ok(secrets)
    }

    /// Reads the secrets file. Refused when others on this machine may read or change it; a group
    /// may read it, as service managers hand credentials over that way.
    pub fn load(path: &Path) -> Result<Self, SecretsError> {
        let failed = |source| SecretsError::Io {
            path: path.to_owned(),
            action: "read",
            source,
        };
        let file = File::open(path).map_err(failed)?;
        // Asked of the open file: the one that is read is the one that was checked.
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = file.metadata().map_err(failed)?.permissions().mode() & 0o777;
            if mode & 0o027 != 0 {
                return Err(SecretsError::OpenToOthers {
                    path: path.to_owned(),
                    mode,
                });
            }
        }
        let mut text = Zeroizing::new(String::new());
        file.take(FILE_LEN_MAX)
            .read_to_string(&mut text)
            .map_err(failed)?;
        Self::from_toml(&text).map_err(|problem| SecretsError::Invalid {
            path: path.to_owned(),
            problem,
        })
    }

    /// The pepper, prepared for verifying.
    pub fn pepper(&self) -> &Pepper {
        &self.pepper
    }

    /// The versions of one entry.
    pub fn entry(&self, name: SecretName) -> &SecretVersions {
        &self.entries[name as usize]
    }

    /// What the database is to remember of these secrets.
    pub fn fingerprints(&self) -> Vec<Fingerprint> {
        let mut fingerprints = Vec::new();
        for entry in SecretName::ALL {
            for (version, secret) in self.entry(entry).newest_first() {
                let fingerprint = mac(secret, FINGERPRINT_MESSAGE);
                fingerprints.push(Fingerprint {
                    entry,
                    version,
                    fingerprint,
                });
            }
        }
        fingerprints
    }

    /// Compares these secrets with what the database remembers and gives back the fingerprints
    /// that it has yet to remember (new versions; all of them in a new database).
    ///
    /// A version that the database remembers must be here: whoever drops one for good takes its
    /// fingerprint out of the database first.
    pub fn check_fingerprints(
        &self,
        remembered: &[Fingerprint],
    ) -> Result<Vec<Fingerprint>, FingerprintError> {
        let mut unknown = self.fingerprints();
        for Fingerprint {
            entry,
            version,
            fingerprint,
        } in remembered
        {
            let (entry, version) = (*entry, *version);
            let present = unknown
                .iter()
                .position(|own| own.entry == entry && own.version == version)
                .ok_or(FingerprintError::Missing { entry, version })?;
            let own = unknown.swap_remove(present);
            if !constant_time_eq(&own.fingerprint, fingerprint) {
                return Err(FingerprintError::Differs { entry, version });
            }
        }
        Ok(unknown)
    }

    fn from_entries(entries: Vec<SecretVersions>) -> Self {
        assert_eq!(
            entries.len(),
            SecretName::ALL.len(),
            "one entry for each name"
        );
        let pepper = Pepper::new(&entries[SecretName::Pepper as usize]);
        Self { entries, pepper }
    }

    fn to_toml(&self) -> Zeroizing<String> {
        // Reserved in full, so that growing never leaves a copy behind.
        let mut text = Zeroizing::new(String::with_capacity(4096));
        text.push_str(FILE_HEAD);
        for name in SecretName::ALL {
            for (version, secret) in self.entry(name).newest_first() {
                let value = Zeroizing::new(STANDARD.encode(secret.expose()));
                for part in [
                    "\n[[",
                    name.as_str(),
                    "]]\nversion = ",
                    &version.to_string(),
                ] {
                    text.push_str(part);
                }
                for part in ["\nvalue = \"", &value, "\"\n"] {
                    text.push_str(part);
                }
            }
        }
        text
    }

    /// Walks the file by hand: a deserializer's messages quote the value that does not fit, which
    /// may be a secret.
    fn from_toml(text: &str) -> Result<Self, String> {
        let mut file: toml::Table = toml::from_str(text).map_err(|error| {
            let start = error.span().map_or(0, |span| span.start);
            let line = text.get(..start).unwrap_or_default().matches('\n').count() + 1;
            format!("line {line} is not TOML: {}", error.message())
        })?;
        let mut entries = Vec::with_capacity(SecretName::ALL.len());
        for name in SecretName::ALL {
            let written = file
                .remove(name.as_str())
                .ok_or_else(|| format!("the entry `{name}` is missing"))?;
            entries.push(read_entry(name, written)?);
        }
        if let Some(unknown) = file.keys().next() {
            let known = SecretName::ALL.map(SecretName::as_str).join(", ");
            return Err(format!(
                "unknown entry `{unknown}`: the entries are {known}"
            ));
        }
        Ok(Self::from_entries(entries))
    }
}

fn read_entry(name: SecretName, written: toml::Value) -> Result<SecretVersions, String> {
    let toml::Value::Array(written) = written else {
        return Err(format!(
            "`{name}` must be a list of tables, each headed [[{name}]]"
        ));
    };
    if written.len() > VERSIONS_MAX {
        let found = written.len();
        return Err(format!(
            "`{name}` has {found} versions: at most {VERSIONS_MAX} live at once"
        ));
    }
    let mut versions: Option<SecretVersions> = None;
    for value in written {
        let (version, secret) = read_version(name, value)?;
        match &mut versions {
            None => versions = Some(SecretVersions::from_newest(version, secret)),
            Some(present) if present.version(version).is_some() => {
                return Err(format!("`{name}` has version {version} twice"));
            }
            Some(present) => present.add(version, secret),
        }
    }
    versions.ok_or_else(|| format!("`{name}` has no version: at least one is needed"))
}

fn read_version(name: SecretName, written: toml::Value) -> Result<(u32, Secret), String> {
    let toml::Value::Table(mut table) = written else {
        return Err(format!(
            "`{name}` must be a list of tables, each headed [[{name}]]"
        ));
    };
    let version = table
        .remove("version")
        .and_then(|version| u32::try_from(version.as_integer()?).ok())
        .ok_or_else(|| format!("`{name}` has a version without a whole number as `version`"))?;
    let value = match table.remove("value") {
        Some(toml::Value::String(value)) => Zeroizing::new(value),
        _ => return Err(format!("`{name}` version {version} has no text as `value`")),
    };
    if !table.is_empty() {
        return Err(format!(
            "`{name}` version {version} has more than `version` and `value`"
        ));
    }
    let secret = Secret::from_base64(&value).ok_or_else(|| {
        format!("`{name}` version {version}: value must be 32 bytes in standard Base64")
    })?;
    Ok((version, secret))
}

/// Writes and waits until both the contents and the name are on disk.
fn write_durably(mut file: File, text: &str, path: &Path) -> io::Result<()> {
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().unwrap()
    }

    fn write(path: &Path, text: &str, mode: u32) {
        fs::write(path, text).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn created_file_is_private_and_loads_as_the_same_secrets() {
        let folder = folder();
        let path = folder.path().join("secrets.toml");
        let created = Secrets::create(&path).unwrap();
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        let loaded = Secrets::load(&path).unwrap();
        assert_eq!(created.fingerprints(), loaded.fingerprints());
        assert_eq!(
            created.pepper().digest(b"key").1,
            loaded.pepper().digest(b"key").1
        );
        assert_eq!(loaded.fingerprints().len(), 5);
    }

    #[test]
    fn create_never_overwrites() {
        let folder = folder();
        let path = folder.path().join("secrets.toml");
        write(&path, "precious", 0o600);
        let error = Secrets::create(&path).unwrap_err();
        assert!(matches!(error, SecretsError::Exists { .. }), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
    }

    #[test]
    fn file_open_to_others_is_refused() {
        let folder = folder();
        let path = folder.path().join("secrets.toml");
        Secrets::create(&path).unwrap();
        for mode in [0o604, 0o644, 0o620, 0o601] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let error = Secrets::load(&path).unwrap_err();
            assert!(error.to_string().contains(&format!("{mode:o}")), "{error}");
            assert!(error.to_string().contains("chmod 600"), "{error}");
        }
        for mode in [0o600, 0o400, 0o440] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            Secrets::load(&path).unwrap();
        }
    }

    #[test]
    fn missing_file_is_named() {
        let error = Secrets::load(Path::new("no/such/secrets.toml")).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("no/such/secrets.toml: cannot read"),
            "{error}"
        );
    }

    #[test]
    fn damaged_files_say_what_is_wrong_and_repeat_no_secret() {
        let folder = folder();
        let whole = Secrets::generate().unwrap().to_toml();
        let value = whole.split('"').nth(1).unwrap();
        let second = format!("\n[[wrap]]\nversion = 1\nvalue = \"{value}\"\n");
        let third = second.replace("version = 1", "version = 2")
            + &second.replace("version = 1", "version = 3");
        let damaged = [
            (
                whole.replace("[[wrap]]", "[[warp]]"),
                "the entry `wrap` is missing",
            ),
            (whole.to_string() + "[warp]\n", "unknown entry `warp`"),
            (
                whole.replacen(value, &value[4..], 1),
                "`pepper` version 1: value must be 32 bytes",
            ),
            (
                whole.replacen(value, "?", 1),
                "`pepper` version 1: value must be 32 bytes",
            ),
            (whole.to_string() + &second, "`wrap` has version 1 twice"),
            (
                whole.to_string() + &third,
                "`wrap` has 3 versions: at most 2",
            ),
            (
                whole.replacen("version = 1", "version = -1", 1),
                "`pepper` has a version without",
            ),
            (
                whole.replacen("version = 1\n", "", 1),
                "`pepper` has a version without",
            ),
            (
                whole.replacen("version = 1", &format!("version = \"{value}\""), 1),
                "`pepper`",
            ),
            (
                whole.replacen("value = ", "wert = ", 1),
                "`pepper` version 1 has no text",
            ),
            (
                whole.replacen("version = 1", "version = 1\nuse = 2", 1),
                "`pepper` version 1 has more",
            ),
            (
                whole.replacen("[[pepper]]", "[pepper]", 1),
                "`pepper` must be a list",
            ),
            (format!("pepper = \"{value}\""), "`pepper` must be a list"),
            (format!("pepper = [\"{value}\"]"), "`pepper` must be a list"),
            ("pepper = []".to_owned(), "`pepper` has no version"),
            (whole[..whole.len() - 10].to_owned(), "is not TOML"),
            (whole.replacen('"', "", 1), "line 6 is not TOML"),
            (String::new(), "the entry `pepper` is missing"),
        ];
        for (number, (text, expected)) in damaged.into_iter().enumerate() {
            let path = folder.path().join(format!("{number}.toml"));
            write(&path, &text, 0o600);
            let error = Secrets::load(&path).unwrap_err().to_string();
            assert!(
                error.contains("not a valid secrets file"),
                "{number}: {error}"
            );
            assert!(error.contains(expected), "{number}: {error}");
            for secret in whole.split('"').skip(1).step_by(2) {
                assert!(!error.contains(&secret[..8]), "{number}: {error}");
                assert!(
                    !error.contains(&secret[secret.len() - 12..]),
                    "{number}: {error}"
                );
            }
        }
    }

    #[test]
    fn case_40_another_secrets_file_is_refused_by_name() {
        let own = Secrets::generate().unwrap();
        let remembered = own.check_fingerprints(&[]).unwrap();
        assert_eq!(remembered, own.fingerprints());
        assert_eq!(own.check_fingerprints(&remembered).unwrap(), []);

        let other = Secrets::generate().unwrap();
        let error = other.check_fingerprints(&remembered).unwrap_err();
        assert!(
            error.to_string().starts_with("`pepper` version 1"),
            "{error}"
        );

        let mut one_differs = remembered.clone();
        one_differs[3].fingerprint[31] ^= 1;
        let error = own.check_fingerprints(&one_differs).unwrap_err();
        assert_eq!(
            error,
            FingerprintError::Differs {
                entry: SecretName::SessionMac,
                version: 1
            }
        );
    }

    #[test]
    fn case_40_a_new_version_is_to_be_remembered_and_then_cannot_be_missing() {
        let old = Secrets::generate().unwrap();
        let mut both = Secrets::from_toml(&old.to_toml()).unwrap();
        both.entries[0].add(2, Secret::generate().unwrap());
        let both = Secrets::from_toml(&both.to_toml()).unwrap();
        assert_eq!(both.pepper().version(), 2);

        let remembered = old.fingerprints();
        let new = both.check_fingerprints(&remembered).unwrap();
        assert_eq!(new.len(), 1);
        assert_eq!((new[0].entry, new[0].version), (SecretName::Pepper, 2));

        let error = old.check_fingerprints(&both.fingerprints()).unwrap_err();
        assert_eq!(
            error,
            FingerprintError::Missing {
                entry: SecretName::Pepper,
                version: 2
            }
        );
    }

    #[test]
    fn debug_shows_no_secret() {
        let secrets = Secrets::generate().unwrap();
        let shown = format!("{secrets:?}");
        assert!(
            shown.contains("Secret(…)") && shown.contains("Pepper(…)"),
            "{shown}"
        );
        assert!(shown.len() < 700, "{shown}");
    }
}
