//! Whether a callback is what the server sent, checked as a receiver should check it: the static
//! key, then the signature of Standard Webhooks 1.0.0 (callbacks.md 2.1).

use anyhow::Context;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keys::{GivenSecret, SignedContent};
use zeroize::Zeroizing;

/// Where the callback auth key comes from.
const AUTH_KEY: &str = "WEIGHBRIDGE_CALLBACK_AUTH_KEY";
/// Where the signing secret comes from.
const SIGNING_SECRET: &str = "WEIGHBRIDGE_CALLBACK_SIGNING_SECRET";
/// A receiver refuses what is older or newer than this, milliseconds.
const TOLERANCE_MS: i64 = 5 * 60 * 1000;

/// What callbacks are checked by.
#[derive(Default)]
pub(super) struct Proof {
    auth_key: Option<Zeroizing<String>>,
    secret: Option<GivenSecret>,
}

/// What a check says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Checked {
    /// Nothing speaks against it.
    Good,
    /// It is not what the server sent; how that shows.
    Tampered(String),
}

impl Proof {
    /// What the environment gives.
    pub(super) fn from_environment() -> anyhow::Result<Self> {
        let read = |name| {
            let text = Zeroizing::new(std::env::var(name).unwrap_or_default());
            let text = Zeroizing::new(text.trim().to_owned());
            (!text.is_empty()).then_some(text)
        };
        let secret = read(SIGNING_SECRET)
            .map(|text| GivenSecret::read(&text))
            .transpose()
            .with_context(|| format!("{SIGNING_SECRET} cannot be used"))?;
        Ok(Self {
            auth_key: read(AUTH_KEY),
            secret,
        })
    }

    /// What is not checked, for want of what, in sentences.
    pub(super) fn missing(&self) -> Vec<String> {
        let mut hints = Vec::new();
        if self.auth_key.is_none() {
            hints.push(format!(
                "The auth key of callbacks is not checked: {AUTH_KEY} is not set."
            ));
        }
        if self.secret.is_none() {
            hints.push(format!(
                "The signature of callbacks is not checked: {SIGNING_SECRET} is not set."
            ));
        }
        hints
    }

    /// Checks a callback that came at `now_ms`.
    pub(super) fn check(&self, headers: &[(String, String)], body: &[u8], now_ms: i64) -> Checked {
        let header = |name: &str| {
            let found = headers
                .iter()
                .find(|(key, _)| key.eq_ignore_ascii_case(name));
            found.map(|(_, value)| value.as_str())
        };
        if let Some(key) = &self.auth_key {
            let sent = ["scale-callback-auth", "scale-callback-auth-previous"].map(header);
            if sent[0].is_none() {
                return tampered("scale-callback-auth is missing");
            }
            if !sent.contains(&Some(key.as_str())) {
                return tampered("scale-callback-auth is another key");
            }
        }
        let Some(secret) = &self.secret else {
            return Checked::Good;
        };
        let (Some(id), Some(timestamp), Some(signatures)) = (
            header("webhook-id"),
            header("webhook-timestamp"),
            header("webhook-signature"),
        ) else {
            return tampered("it is not signed: a webhook-… header is missing");
        };
        let content = SignedContent::new(id, timestamp, body);
        let fits = |signature: &str| {
            let bytes = signature
                .strip_prefix("v1,")
                .map(|text| STANDARD.decode(text));
            matches!(bytes, Some(Ok(bytes)) if secret.is_symmetric(&content, &bytes))
        };
        if !signatures.split(' ').any(fits) {
            return tampered("no signature fits");
        }
        let sent_ms = timestamp
            .parse::<i64>()
            .unwrap_or_default()
            .saturating_mul(1000);
        if (now_ms - sent_ms).abs() > TOLERANCE_MS {
            return tampered(
                "it is signed, but for a time more than 5 minutes from this machine's: either it \
                 was kept back on its way, or one of the clocks is wrong",
            );
        }
        Checked::Good
    }
}

fn tampered(why: &str) -> Checked {
    Checked::Tampered(why.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the Standard Webhooks specification's libraries.
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const TIMESTAMP: &str = "1614265330";
    const BODY: &[u8] = br#"{"test": 2432232314}"#;
    const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
    const NOW_MS: i64 = 1_614_265_330_000;

    fn headers(signature: &str) -> Vec<(String, String)> {
        [
            ("scale-callback-auth", "live_wcNew"),
            ("scale-callback-auth-previous", "live_wcOld"),
            ("webhook-id", ID),
            ("webhook-timestamp", TIMESTAMP),
            ("webhook-signature", signature),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
    }

    fn signed() -> Proof {
        Proof {
            auth_key: None,
            secret: Some(GivenSecret::read(SECRET).unwrap()),
        }
    }

    #[test]
    fn case_149_a_changed_byte_shows() {
        let proof = signed();
        let other = format!("v1a,xxx v1,AAAA {SIGNATURE}");
        for good in [SIGNATURE, &other] {
            assert_eq!(proof.check(&headers(good), BODY, NOW_MS), Checked::Good);
        }
        let is_good = |headers: &[(String, String)], body: &[u8], now_ms: i64| {
            proof.check(headers, body, now_ms) == Checked::Good
        };
        assert!(!is_good(
            &headers(SIGNATURE),
            br#"{"test": 2432232315}"#,
            NOW_MS
        ));
        assert!(!is_good(
            &headers(SIGNATURE),
            BODY,
            NOW_MS + TOLERANCE_MS + 1
        ));
        assert!(!is_good(&headers("v2,x"), BODY, NOW_MS));
        for changed in 2..5 {
            let mut headers = headers(SIGNATURE);
            headers[changed].1.replace_range(4..5, "~");
            assert!(!is_good(&headers, BODY, NOW_MS), "{changed}");
            headers.remove(changed);
            assert!(!is_good(&headers, BODY, NOW_MS), "{changed}");
        }
    }

    #[test]
    fn case_149_either_auth_key_of_a_roll_is_the_account_s() {
        let proof = |key: &str| Proof {
            auth_key: Some(Zeroizing::new(key.to_owned())),
            secret: None,
        };
        for ours in ["live_wcNew", "live_wcOld"] {
            assert_eq!(proof(ours).check(&headers(""), BODY, 0), Checked::Good);
        }
        assert_ne!(
            proof("live_wcOther").check(&headers(""), BODY, 0),
            Checked::Good
        );
        assert_ne!(
            proof("live_wcNew").check(&headers("")[2..], BODY, 0),
            Checked::Good
        );
    }

    #[test]
    fn what_is_not_checked_is_told() {
        assert_eq!(Proof::default().missing().len(), 2);
        assert_eq!(signed().missing().len(), 1);
    }
}
