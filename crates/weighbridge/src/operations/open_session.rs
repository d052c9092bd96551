//! Opens sessions, and knows devices again (authentication.md 2.7).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::time::DAY_MS;
use domain::{AccountId, SessionId, UserId};
use keys::{SecretName, Secrets, constant_time_eq, mac};
use store::control::sessions::NewSession;

use crate::app::App;
use crate::clock::random_bytes;
use crate::http::origin::RequestOrigin;

/// A session ends after this long without a request that a person caused.
pub const IDLE_MS: i64 = DAY_MS;
/// A session ends after this long whatever happens.
pub const LIFE_MS: i64 = 30 * DAY_MS;
/// A device is known for this long after a log-in.
pub const DEVICE_LIFE_DAYS: i64 = 365;

/// A new id of a session: the cookie's value, 256 random bits, and what is stored of it.
pub fn new_session_id(secrets: &Secrets) -> (String, [u8; 32]) {
    let cookie = URL_SAFE_NO_PAD.encode(random_bytes::<32>());
    let digest = session_digest(secrets, &cookie);
    (cookie, digest)
}

/// What is stored of a session's cookie.
pub fn session_digest(secrets: &Secrets, cookie: &str) -> [u8; 32] {
    let (_, secret) = secrets.entry(SecretName::SessionMac).newest();
    mac(secret, cookie.as_bytes())
}

/// A session for a person, ready to be stored, and its cookie's value.
pub fn new_session(
    app: &App,
    account_id: AccountId,
    user_id: UserId,
    origin: &RequestOrigin,
) -> (String, NewSession) {
    let (cookie, digest) = new_session_id(&app.secrets);
    let (time, random) = app.id_parts();
    let session = NewSession {
        digest,
        session_id: SessionId::from_parts(time, random),
        account_id,
        user_id,
        user_agent: origin.user_agent.clone(),
        address: origin
            .address
            .map(|address| address.to_string())
            .unwrap_or_default(),
    };
    (cookie, session)
}

/// The mark that a device keeps after a log-in: who it was and when, signed.
pub fn device_mark(secrets: &Secrets, user: UserId, now_ms: i64) -> String {
    let day = now_ms / DAY_MS;
    let signature = URL_SAFE_NO_PAD.encode(device_mac(secrets, user, day));
    format!("{user}.{day}.{signature}")
}

/// Whether the mark says that this person logged in on the device within the last year.
pub fn is_known_device(secrets: &Secrets, mark: &str, user: UserId, now_ms: i64) -> bool {
    let mut parts = mark.splitn(3, '.');
    let (Some(of), Some(day), Some(signature)) = (parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    let Ok(day) = day.parse::<i64>() else {
        return false;
    };
    let age_days = now_ms / DAY_MS - day;
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap_or_default();
    constant_time_eq(&signature, &device_mac(secrets, user, day))
        && of == user.to_string()
        && (0..=DEVICE_LIFE_DAYS).contains(&age_days)
}

fn device_mac(secrets: &Secrets, user: UserId, day: i64) -> [u8; 32] {
    let (_, secret) = secrets.entry(SecretName::SessionMac).newest();
    mac(secret, format!("device of {user} on day {day}").as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_of_one_person_and_a_year() {
        let secrets = Secrets::generate().unwrap();
        let (ada, max) = (UserId::from_parts(1, [1; 6]), UserId::from_parts(2, [2; 6]));
        let now_ms = 1_800_000_000_000;
        let mark = device_mark(&secrets, ada, now_ms);
        assert!(is_known_device(&secrets, &mark, ada, now_ms));
        assert!(is_known_device(&secrets, &mark, ada, now_ms + 365 * DAY_MS));
        assert!(!is_known_device(
            &secrets,
            &mark,
            ada,
            now_ms + 366 * DAY_MS
        ));
        assert!(!is_known_device(&secrets, &mark, max, now_ms));
        let forged = mark.replace(&ada.to_string(), &max.to_string());
        assert!(!is_known_device(&secrets, &forged, max, now_ms));
        for broken in ["", "a.b.c", "..", &mark[..mark.len() - 1]] {
            assert!(!is_known_device(&secrets, broken, ada, now_ms), "{broken}");
        }
    }
}
