//! Tells a person whether a request that their server got is one of our callbacks, and if its
//! signature is wrong, by which of the usual mistakes (callbacks.md 6, *Verifier*). Pure: all that
//! is known is given.

mod difference;
mod pasted_headers;

pub use difference::Difference;
pub use pasted_headers::PastedHeaders;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::Environment;
use keys::{GivenSecret, KeyText, SignedContent, SigningSecret, constant_time_eq};
use serde::Serialize;
use serde_json::Value;

use crate::directory::AccountSettings;

/// Seconds that receivers allow between the timestamp and their clock (Standard Webhooks).
pub const TOLERANCE_SECONDS: i64 = 5 * 60;
/// Signatures of a header that are looked at.
const SIGNATURES_MAX: usize = 20;

/// Which of the keys or secrets that we know something fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fit {
    /// The newest of this mode.
    Current,
    /// One of this mode that was rolled and still runs.
    Previous,
    /// One that callbacks of the other mode carry.
    OtherMode,
    /// None.
    Unknown,
    /// There is nothing that could fit.
    Missing,
}

/// Something to sign with that is known.
pub enum KnownSecret<'a> {
    /// A secret of the account.
    Ours(&'a SigningSecret),
    /// A secret that a person gave: only its symmetric signatures are known.
    Given(&'a GivenSecret),
}

impl KnownSecret<'_> {
    fn made(&self, signature: &Signature, content: &SignedContent) -> bool {
        match (self, signature.scheme.as_str()) {
            (Self::Ours(secret), "v1") => secret.is_symmetric(content, &signature.bytes),
            (Self::Ours(secret), "v1a") => secret.is_asymmetric(content, &signature.bytes),
            (Self::Given(secret), "v1") => secret.is_symmetric(content, &signature.bytes),
            _ => false,
        }
    }
}

/// The keys and secrets that are known.
#[derive(Default)]
pub struct Known<'a> {
    /// Auth keys, the likeliest first.
    pub auth_keys: Vec<(Fit, &'a KeyText)>,
    /// Secrets, the likeliest first.
    pub secrets: Vec<(Fit, KnownSecret<'a>)>,
}

impl<'a> Known<'a> {
    /// Those of an account, for callbacks of a mode.
    pub fn of_account(account: &'a AccountSettings, mode: Environment, now_ms: i64) -> Self {
        let mut known = Self::default();
        let auth = account.callback_auth(mode);
        known.add_key(Fit::Current, auth.key.as_deref());
        known.add_key(Fit::Previous, auth.previous(now_ms));
        let other_auth = account.other_callback_auth(mode);
        known.add_key(Fit::OtherMode, other_auth.key.as_deref());
        known.add_key(Fit::OtherMode, other_auth.previous(now_ms));
        for loaded in account.signing(mode).running(now_ms) {
            let fit = match loaded.expires_at_ms {
                None => Fit::Current,
                Some(_) => Fit::Previous,
            };
            known.secrets.push((fit, KnownSecret::Ours(&loaded.secret)));
        }
        for loaded in account.signing(mode.other()).running(now_ms) {
            let secret = KnownSecret::Ours(&loaded.secret);
            known.secrets.push((Fit::OtherMode, secret));
        }
        known
    }

    fn add_key(&mut self, fit: Fit, key: Option<&'a KeyText>) {
        self.auth_keys.extend(key.map(|key| (fit, key)));
    }
}

/// What the outbox has of the callback that the request names.
#[derive(Clone, Debug, Default)]
pub struct SentCallback {
    /// The exact bytes; `None`: they were purged.
    pub body: Option<Vec<u8>>,
    /// When each try was made, Unix seconds: the values of its `webhook-timestamp`.
    pub timestamps: Vec<i64>,
    /// It is one of the other mode.
    pub is_of_other_mode: bool,
}

/// What was found.
#[derive(Clone, Debug, Serialize)]
pub struct Verification {
    /// The value of `scale-callback-auth`.
    pub auth: AuthFinding,
    /// The age of the try; `None`: no timestamp was pasted that reads.
    pub timestamp: Option<TimestampFinding>,
    /// Each signature.
    pub signatures: Vec<SignatureFinding>,
    /// The end of it.
    pub verdict: Verdict,
    /// What is wrong, in words, the likeliest first.
    pub causes: Vec<String>,
    /// Where the pasted body differs from what was sent.
    pub difference: Option<Difference>,
}

/// What the auth key is.
#[derive(Clone, Debug, Serialize)]
pub struct AuthFinding {
    /// Which key it is.
    pub state: Fit,
    /// In words.
    pub text: String,
}

/// How old the try is.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct TimestampFinding {
    /// Seconds; negative: it lies in the future.
    pub age_seconds: i64,
    /// Whether receivers that follow Standard Webhooks take it.
    pub within_tolerance: bool,
}

/// What a signature is.
#[derive(Clone, Debug, Serialize)]
pub struct SignatureFinding {
    /// `v1`, `v1a` or what was pasted.
    pub scheme: String,
    /// By which secret it was made.
    pub state: Fit,
    /// In words.
    pub text: String,
}

/// The end of a verification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// A signature is right: the request is ours, and unchanged.
    Ok,
    /// No signature is right.
    Bad,
    /// There is no signature.
    Unsigned,
}

/// One entry of `webhook-signature`.
struct Signature {
    scheme: String,
    /// Empty: not Base64.
    bytes: Vec<u8>,
}

/// Judges a request. `now_ms` is Unix ms; `sent` is what the outbox has of the callback whose id the
/// headers name.
pub fn verify(
    headers: &PastedHeaders,
    body: &[u8],
    known: &Known<'_>,
    sent: Option<&SentCallback>,
    now_ms: i64,
) -> Verification {
    let id = headers.get("webhook-id").unwrap_or_default();
    let timestamp = headers.get("webhook-timestamp").unwrap_or_default();
    let signatures = read_signatures(headers);
    let content = SignedContent::new(id, timestamp, body);
    let findings: Vec<SignatureFinding> = signatures
        .iter()
        .map(|signature| finding_of(signature, known, &content))
        .collect();
    let is_right = findings
        .iter()
        .any(|found| matches!(found.state, Fit::Current | Fit::Previous));
    let verdict = match (signatures.is_empty(), is_right) {
        (true, _) => Verdict::Unsigned,
        (false, true) => Verdict::Ok,
        (false, false) => Verdict::Bad,
    };
    let auth = auth_finding(headers.get("scale-callback-auth"), known);
    let timestamp_finding = timestamp.parse::<i64>().ok().map(|seconds| {
        let age_seconds = (now_ms / 1000).saturating_sub(seconds);
        TimestampFinding {
            age_seconds,
            within_tolerance: (-TOLERANCE_SECONDS..=TOLERANCE_SECONDS).contains(&age_seconds),
        }
    });
    let mut search = Search {
        id,
        timestamp,
        body,
        signatures: &signatures,
        known,
        sent,
        causes: Vec::new(),
        difference: None,
    };
    match verdict {
        Verdict::Ok => search.note_age(timestamp_finding),
        Verdict::Bad => search.find_causes(&findings),
        Verdict::Unsigned => search.note_unsigned(),
    }
    Verification {
        auth,
        timestamp: timestamp_finding,
        signatures: findings,
        verdict,
        causes: search.causes,
        difference: search.difference,
    }
}

fn read_signatures(headers: &PastedHeaders) -> Vec<Signature> {
    let text = headers.get("webhook-signature").unwrap_or_default();
    text.split_whitespace()
        .take(SIGNATURES_MAX)
        .map(|entry| {
            let (scheme, encoded) = entry.split_once(',').unwrap_or(("", entry));
            Signature {
                scheme: scheme.to_owned(),
                bytes: STANDARD.decode(encoded).unwrap_or_default(),
            }
        })
        .collect()
}

fn finding_of(
    signature: &Signature,
    known: &Known<'_>,
    content: &SignedContent,
) -> SignatureFinding {
    let maker = known
        .secrets
        .iter()
        .find(|(_, secret)| secret.made(signature, content));
    let is_given = maker.is_some_and(|(_, secret)| matches!(secret, KnownSecret::Given(_)));
    let state = maker.map_or(Fit::Unknown, |(fit, _)| *fit);
    let text = match (state, signature.scheme.as_str()) {
        (_, "") => "Has no scheme: it must begin with v1, or v1a,".to_owned(),
        (Fit::Unknown, "v1" | "v1a") if signature.bytes.is_empty() => {
            "Is no Base64: it may have been cut off".to_owned()
        }
        (Fit::Current, _) if is_given => "Made with the given secret".to_owned(),
        (Fit::Current, _) => "Made with the current secret".to_owned(),
        (Fit::Previous, _) => "Made with a rolled secret that still runs".to_owned(),
        (Fit::OtherMode, _) => "Made with a secret of the other mode".to_owned(),
        (Fit::Unknown | Fit::Missing, "v1" | "v1a") => {
            "Fits no known secret for this id, timestamp and body".to_owned()
        }
        (Fit::Unknown | Fit::Missing, _) => "A scheme that we do not send".to_owned(),
    };
    SignatureFinding {
        scheme: signature.scheme.clone(),
        state,
        text,
    }
}

fn auth_finding(value: Option<&str>, known: &Known<'_>) -> AuthFinding {
    let Some(value) = value else {
        return AuthFinding {
            state: Fit::Missing,
            text: "There is no header scale-callback-auth: a proxy may drop it, or the request is \
                   not from us"
                .to_owned(),
        };
    };
    let fit_of = |value: &str| {
        let is_it = |key: &KeyText| constant_time_eq(key.expose().as_bytes(), value.as_bytes());
        let found = known.auth_keys.iter().find(|(_, key)| is_it(key));
        found.map(|(fit, _)| *fit)
    };
    let state = fit_of(value).unwrap_or(Fit::Unknown);
    let bare = value
        .trim_matches(|character: char| character.is_whitespace() || "\"'".contains(character));
    let text = match state {
        Fit::Current => "The callback auth key that this mode's callbacks carry",
        Fit::Previous => "The rolled callback auth key, which still runs",
        Fit::OtherMode => "A callback auth key that callbacks of this mode do not carry",
        Fit::Unknown | Fit::Missing => {
            if value.contains('…') {
                "Only the end of the key was pasted, as pages show it: paste what your server got"
            } else if fit_of(bare).is_some() {
                "A callback auth key with quotation marks or blanks around it"
            } else if matches!(
                keys::classify(bare),
                keys::KeyForm::Whole { kind, .. } if kind != keys::KeyKind::CallbackAuth
            ) {
                "An API key: that is another thing than a callback auth key"
            } else {
                "None of the account's callback auth keys that run now"
            }
        }
    };
    AuthFinding {
        state,
        text: text.to_owned(),
    }
}

/// The search for what went wrong.
struct Search<'a> {
    id: &'a str,
    timestamp: &'a str,
    body: &'a [u8],
    signatures: &'a [Signature],
    known: &'a Known<'a>,
    sent: Option<&'a SentCallback>,
    causes: Vec<String>,
    difference: Option<Difference>,
}

impl Search<'_> {
    fn note_age(&mut self, timestamp: Option<TimestampFinding>) {
        if timestamp.is_some_and(|found| !found.within_tolerance) {
            self.say(
                "The signature is right, but the timestamp is more than 5 minutes from now: a \
                 library refuses it by now. If it refused it at once, your server's clock is wrong.",
            );
        }
    }

    fn note_unsigned(&mut self) {
        self.say(
            "There is no header webhook-signature: paste all headers that your server got. A proxy \
             may drop headers that it does not know.",
        );
        self.note_other_body();
    }

    fn find_causes(&mut self, findings: &[SignatureFinding]) {
        for (name, value) in [
            ("webhook-id", self.id),
            ("webhook-timestamp", self.timestamp),
        ] {
            if value.is_empty() {
                self.say(format!(
                    "The header {name} is missing, and it is part of what is signed."
                ));
            }
        }
        if findings.iter().any(|found| found.state == Fit::OtherMode) {
            self.say(
                "The signature is right for the other mode: it was made with that mode's secret.",
            );
            return;
        }
        self.note_other_body();
        self.note_other_head();
        self.note_secret_as_text();
        if self.sent.is_some_and(|sent| sent.is_of_other_mode) {
            self.say("The callback of this webhook-id is one of the other mode.");
        }
        if self.causes.is_empty() {
            self.say(
                "None of the usual mistakes explains it: the secret may be one that has ended, or \
                 the request is not from us.",
            );
        }
    }

    fn say(&mut self, cause: impl Into<String>) {
        self.causes.push(cause.into());
    }

    /// Whether any signature is right for other parts.
    fn is_right_for(&self, id: &str, timestamp: &str, body: &[u8]) -> bool {
        let content = SignedContent::new(id, timestamp, body);
        self.signatures.iter().any(|signature| {
            let mut secrets = self.known.secrets.iter();
            secrets.any(|(_, secret)| secret.made(signature, &content))
        })
    }

    /// Another body than the one that was signed.
    fn note_other_body(&mut self) {
        let Some(expected) = self.signed_body() else {
            return;
        };
        if expected == self.body {
            return;
        }
        self.difference = Difference::between(&expected, self.body);
        let cause = if trimmed(&expected) == trimmed(self.body) {
            "Only white space at the end differs, such as a trailing newline: the body was signed \
             without it. Verify the exact bytes of the request."
        } else if without_carriage_returns(&expected) == without_carriage_returns(self.body) {
            "Only line ends differ: something turned them. Verify the exact bytes of the request."
        } else {
            match (json_of(&expected), json_of(self.body)) {
                (Some(sent), Some(got)) if sent == got => {
                    "The body is the same JSON in other bytes: it was parsed and written anew. \
                     Verify the exact bytes of the request, before anything parses them."
                }
                (Some(sent), Some(got)) if is_other_callback(&sent, &got) => {
                    "The body is that of another callback: it tells of another task or batch than \
                     the one that was sent under this webhook-id."
                }
                (_, None) if expected.starts_with(trimmed(self.body)) => {
                    "The body was cut off: its end is missing."
                }
                _ => "The body was changed: it differs from what we sent.",
            }
        };
        self.say(cause);
    }

    /// The body that was sent, or else one near the pasted body for which a signature is right.
    fn signed_body(&self) -> Option<Vec<u8>> {
        if let Some(body) = self.sent.and_then(|sent| sent.body.clone()) {
            return Some(body);
        }
        let mut near = vec![trimmed(self.body).to_vec()];
        near.push([trimmed(self.body), b"\n"].concat());
        near.push(without_carriage_returns(self.body));
        // We write JSON without blanks, and members in the order that they have.
        near.extend(json_of(self.body).map(|value| value.to_string().into_bytes()));
        near.into_iter()
            .find(|body| self.is_right_for(self.id, self.timestamp, body))
    }

    /// Another id or timestamp than the one that was signed.
    fn note_other_head(&mut self) {
        let body = self.signed_body().unwrap_or_else(|| self.body.to_vec());
        if self.is_right_for(self.id, self.timestamp, &body) {
            return;
        }
        let sent_at = self.sent.map_or(&[][..], |sent| &sent.timestamps);
        let is_of_other_try = sent_at
            .iter()
            .any(|seconds| self.is_right_for(self.id, &seconds.to_string(), &body));
        if is_of_other_try {
            self.say(
                "The timestamp is that of another try than the signature: each try is signed anew, \
                 so take all headers from one request.",
            );
            return;
        }
        if let Ok(milliseconds) = self.timestamp.parse::<i64>()
            && self.is_right_for(self.id, &(milliseconds / 1000).to_string(), &body)
        {
            self.say("The timestamp is in milliseconds: the header has seconds.");
            return;
        }
        if !self.id.is_empty()
            && self.is_right_for(&format!("cb_{}", self.id), self.timestamp, &body)
        {
            self.say("The webhook-id lacks its beginning cb_, which is signed, too.");
        }
    }

    /// A signature that was made with the text of a secret instead of the secret.
    fn note_secret_as_text(&mut self) {
        let content = SignedContent::new(self.id, self.timestamp, self.body);
        let is_of_text = |with_prefix: bool| {
            self.signatures.iter().any(|signature| {
                self.known.secrets.iter().any(|(_, secret)| match secret {
                    KnownSecret::Ours(secret) => {
                        secret.is_of_text(&content, &signature.bytes, with_prefix)
                    }
                    KnownSecret::Given(_) => false,
                })
            })
        };
        if is_of_text(true) {
            self.say(
                "The signature was made with the secret's whole text: whsec_ was left on, and what \
                 follows it was not decoded from Base64.",
            );
        } else if is_of_text(false) {
            self.say(
                "The signature was made with the secret's text: what follows whsec_ was not \
                 decoded from Base64.",
            );
        }
    }
}

fn json_of(body: &[u8]) -> Option<Value> {
    serde_json::from_slice(body).ok()
}

fn trimmed(body: &[u8]) -> &[u8] {
    body.trim_ascii_end()
}

fn without_carriage_returns(body: &[u8]) -> Vec<u8> {
    body.iter().copied().filter(|byte| *byte != b'\r').collect()
}

/// Whether two bodies tell of different tasks or batches.
fn is_other_callback(sent: &Value, got: &Value) -> bool {
    let subject = |body: &Value| ["task_id", "batch_id"].map(|name| body.get(name).cloned());
    subject(sent) != subject(got)
}

#[cfg(test)]
mod tests;
