use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::*;

const NOW_MS: i64 = 1_786_000_000_500;
const SENT_AT: &str = "1786000000";
const BODY: &str = r#"{"task":{"task_id":"a1"},"task_id":"a1","status":"completed"}"#;

/// A mode's secrets and what was sent with them.
struct Fixture {
    current: SigningSecret,
    previous: SigningSecret,
    other: SigningSecret,
    key: KeyText,
    other_key: KeyText,
}

impl Fixture {
    fn new() -> Self {
        let secret = || SigningSecret::generate().unwrap();
        let key = |mode| KeyText::generate(mode, keys::KeyKind::CallbackAuth).unwrap();
        Self {
            current: secret(),
            previous: secret(),
            other: secret(),
            key: key(Environment::Live),
            other_key: key(Environment::Test),
        }
    }

    fn known(&self) -> Known<'_> {
        Known {
            auth_keys: vec![(Fit::Current, &self.key), (Fit::OtherMode, &self.other_key)],
            secrets: vec![
                (Fit::Current, KnownSecret::Ours(&self.current)),
                (Fit::Previous, KnownSecret::Ours(&self.previous)),
                (Fit::OtherMode, KnownSecret::Ours(&self.other)),
            ],
        }
    }

    /// The request's headers, signed by `secret` for `timestamp` and `body`; they name `SENT_AT`.
    fn headers(&self, secret: &SigningSecret, timestamp: &str, body: &str) -> PastedHeaders {
        let content = SignedContent::new("cb_1", timestamp, body.as_bytes());
        let mut signatures = String::new();
        secret.sign_symmetric(&content, &mut signatures);
        signatures.push(' ');
        secret.sign_asymmetric(&content, &mut signatures);
        self.headers_with(&signatures)
    }

    fn headers_with(&self, signatures: &str) -> PastedHeaders {
        PastedHeaders::read(&format!(
            "webhook-id: cb_1\nwebhook-timestamp: {SENT_AT}\nwebhook-signature: {signatures}\n\
             scale-callback-auth: {}",
            self.key.expose()
        ))
    }

    fn verify(&self, headers: &PastedHeaders, body: &str) -> Verification {
        verify(headers, body.as_bytes(), &self.known(), None, NOW_MS)
    }

    fn verify_sent(&self, headers: &PastedHeaders, body: &str, timestamps: &[i64]) -> Verification {
        let sent = SentCallback {
            body: Some(BODY.as_bytes().to_vec()),
            timestamps: timestamps.to_vec(),
            is_of_other_mode: false,
        };
        verify(headers, body.as_bytes(), &self.known(), Some(&sent), NOW_MS)
    }
}

/// The only cause begins like this.
fn assert_cause(found: &Verification, start: &str) {
    assert_eq!(found.verdict, Verdict::Bad);
    assert_eq!(found.causes.len(), 1, "{:?}", found.causes);
    assert!(found.causes[0].starts_with(start), "{:?}", found.causes);
}

#[test]
fn a_callback_as_it_was_sent_verifies() {
    let fixture = Fixture::new();
    for (secret, state) in [
        (&fixture.current, Fit::Current),
        (&fixture.previous, Fit::Previous),
    ] {
        let found = fixture.verify(&fixture.headers(secret, SENT_AT, BODY), BODY);
        assert_eq!(found.verdict, Verdict::Ok);
        assert!(found.signatures.iter().all(|one| one.state == state));
        let schemes: Vec<_> = found.signatures.iter().map(|one| &*one.scheme).collect();
        assert_eq!(schemes, ["v1", "v1a"]);
        assert_eq!(found.auth.state, Fit::Current);
        let timestamp = found.timestamp.unwrap();
        assert_eq!(
            (timestamp.age_seconds, timestamp.within_tolerance),
            (0, true)
        );
        assert!(found.causes.is_empty() && found.difference.is_none());
    }
}

#[test]
fn what_the_auth_key_is_is_told() {
    let fixture = Fixture::new();
    let api_key = KeyText::generate(Environment::Live, keys::KeyKind::Api).unwrap();
    let quoted = format!("\"{}\"", fixture.key.expose());
    for (value, state, word) in [
        (fixture.key.expose(), Fit::Current, "carry"),
        (fixture.other_key.expose(), Fit::OtherMode, "do not carry"),
        (api_key.expose(), Fit::Unknown, "An API key"),
        (&*quoted, Fit::Unknown, "quotation marks"),
        ("live_wc…4f2a", Fit::Unknown, "Only the end"),
        ("x", Fit::Unknown, "None of"),
    ] {
        let headers = PastedHeaders::read(&format!("scale-callback-auth: {value}"));
        let found = fixture.verify(&headers, BODY);
        assert_eq!(found.auth.state, state, "{value}");
        assert!(found.auth.text.contains(word), "{}", found.auth.text);
        assert_eq!(found.verdict, Verdict::Unsigned);
    }
    let found = fixture.verify(&PastedHeaders::default(), BODY);
    assert_eq!(found.auth.state, Fit::Missing);
}

#[test]
fn json_that_was_written_anew_is_recognised_with_and_without_the_sent_body() {
    let fixture = Fixture::new();
    let headers = fixture.headers(&fixture.current, SENT_AT, BODY);
    let value: Value = serde_json::from_str(BODY).unwrap();
    let pretty = serde_json::to_string_pretty(&value).unwrap();
    let start = "The body is the same JSON in other bytes";
    for found in [
        fixture.verify(&headers, &pretty),
        fixture.verify_sent(&headers, &pretty, &[]),
    ] {
        assert_cause(&found, start);
        let difference = found.difference.unwrap();
        assert_eq!(
            (difference.offset, difference.line, difference.column),
            (1, 1, 2)
        );
    }
    // Members in another order: only what was sent tells.
    let sorted = r#"{"status":"completed","task":{"task_id":"a1"},"task_id":"a1"}"#;
    assert_cause(&fixture.verify_sent(&headers, sorted, &[]), start);
    let found = fixture.verify(&headers, sorted);
    assert_cause(&found, "None of the usual mistakes");
    assert!(found.difference.is_none());
}

#[test]
fn white_space_at_the_end_and_other_line_ends_are_recognised() {
    let fixture = Fixture::new();
    let headers = fixture.headers(&fixture.current, SENT_AT, BODY);
    for found in [
        fixture.verify(&headers, &format!("{BODY}\n")),
        fixture.verify(&headers, &format!("{BODY}\r\n")),
        fixture.verify_sent(&headers, &format!("{BODY}\n"), &[]),
    ] {
        assert_cause(&found, "Only white space at the end differs");
        assert_eq!(found.difference.unwrap().offset, BODY.len());
    }
    let lines = "{\n\"a\":\n1}";
    let headers = fixture.headers(&fixture.current, SENT_AT, lines);
    let found = fixture.verify(&headers, "{\r\n\"a\":\r\n1}");
    assert_cause(&found, "Only line ends differ");
}

#[test]
fn another_secret_is_recognised() {
    let fixture = Fixture::new();
    let found = fixture.verify(&fixture.headers(&fixture.other, SENT_AT, BODY), BODY);
    assert_cause(&found, "The signature is right for the other mode");
    assert!(
        found
            .signatures
            .iter()
            .all(|one| one.state == Fit::OtherMode)
    );
    let stranger = SigningSecret::generate().unwrap();
    let found = fixture.verify(&fixture.headers(&stranger, SENT_AT, BODY), BODY);
    assert_cause(&found, "None of the usual mistakes");
    assert!(found.signatures.iter().all(|one| one.state == Fit::Unknown));
}

#[test]
fn a_secret_that_was_taken_for_its_text_is_recognised() {
    let fixture = Fixture::new();
    let text = fixture.current.text();
    let content = format!("cb_1.{SENT_AT}.{BODY}");
    for (key, start) in [
        (
            text.expose(),
            "The signature was made with the secret's whole text",
        ),
        (
            &text.expose()["whsec_".len()..],
            "The signature was made with the secret's text",
        ),
    ] {
        let signature = hmac_sha256(key.as_bytes(), content.as_bytes());
        let headers = fixture.headers_with(&format!("v1,{}", STANDARD.encode(signature)));
        assert_cause(&fixture.verify(&headers, BODY), start);
    }
}

#[test]
fn another_try_s_timestamp_and_one_in_milliseconds_are_recognised() {
    let fixture = Fixture::new();
    let headers = fixture.headers(&fixture.current, "1785999000", BODY);
    let found = fixture.verify_sent(&headers, BODY, &[1_785_999_000, 1_786_000_000]);
    assert_cause(&found, "The timestamp is that of another try");
    let headers = PastedHeaders::read(&format!(
        "webhook-id: cb_1\nwebhook-timestamp: {SENT_AT}123\nwebhook-signature: {}",
        fixture
            .headers(&fixture.current, SENT_AT, BODY)
            .get("webhook-signature")
            .unwrap()
    ));
    assert_cause(
        &fixture.verify(&headers, BODY),
        "The timestamp is in milliseconds",
    );
}

#[test]
fn the_body_of_another_callback_and_a_changed_one_are_recognised() {
    let fixture = Fixture::new();
    let headers = fixture.headers(&fixture.current, SENT_AT, BODY);
    let found = fixture.verify_sent(&headers, &BODY.replace("a1", "b2"), &[]);
    assert_cause(&found, "The body is that of another callback");
    let found = fixture.verify_sent(&headers, &BODY.replace("completed", "canceled"), &[]);
    assert_cause(&found, "The body was changed");
    let difference = found.difference.unwrap();
    assert_eq!(difference.offset, BODY.find("completed").unwrap() + 1);
    assert!(difference.expected.contains("completed"), "{difference:?}");
    assert!(difference.got.contains("canceled"), "{difference:?}");
    let found = fixture.verify_sent(&headers, &BODY[..BODY.len() - 3], &[]);
    assert_cause(&found, "The body was cut off");
}

#[test]
fn what_is_missing_or_cut_off_is_said() {
    let fixture = Fixture::new();
    let whole = fixture.headers(&fixture.current, SENT_AT, BODY);
    let signature = whole.get("webhook-signature").unwrap();
    let headers = PastedHeaders::read(&format!("webhook-signature: {signature}"));
    let found = fixture.verify(&headers, BODY);
    assert_eq!(found.verdict, Verdict::Bad);
    assert!(found.causes[0].contains("webhook-id is missing"));
    assert!(found.causes[1].contains("webhook-timestamp is missing"));
    assert!(found.timestamp.is_none());
    let found = fixture.verify(&fixture.headers_with("v1,abc, abcd v9,AAAA"), BODY);
    let texts: Vec<_> = found.signatures.iter().map(|one| &*one.text).collect();
    assert!(texts[0].contains("no Base64"), "{texts:?}");
    assert!(texts[1].contains("no scheme"), "{texts:?}");
    assert!(texts[2].contains("do not send"), "{texts:?}");
}

#[test]
fn an_old_try_is_ours_all_the_same() {
    let fixture = Fixture::new();
    let headers = fixture.headers(&fixture.current, SENT_AT, BODY);
    let later = NOW_MS + 301_000;
    let found = verify(&headers, BODY.as_bytes(), &fixture.known(), None, later);
    assert_eq!(found.verdict, Verdict::Ok);
    assert!(!found.timestamp.unwrap().within_tolerance);
    assert!(found.causes[0].contains("5 minutes"));
}

#[test]
fn a_given_secret_judges_symmetric_signatures_alone() {
    let fixture = Fixture::new();
    let text = fixture.current.text();
    let given = GivenSecret::read(text.expose()).unwrap();
    let known = Known {
        auth_keys: Vec::new(),
        secrets: vec![(Fit::Current, KnownSecret::Given(&given))],
    };
    let headers = fixture.headers(&fixture.current, SENT_AT, BODY);
    let found = verify(&headers, BODY.as_bytes(), &known, None, NOW_MS);
    assert_eq!(found.verdict, Verdict::Ok);
    assert_eq!(found.signatures[0].text, "Made with the given secret");
    assert_eq!(found.signatures[1].state, Fit::Unknown);
}

/// HMAC-SHA-256 (RFC 2104), as a receiver would write it.
fn hmac_sha256(key: &[u8], message: &[u8]) -> Vec<u8> {
    use sha2::{Digest, Sha256};
    let mut block = [0; 64];
    block[..key.len()].copy_from_slice(key);
    let inner: Vec<u8> = block.iter().map(|byte| byte ^ 0x36).collect();
    let outer: Vec<u8> = block.iter().map(|byte| byte ^ 0x5c).collect();
    let digest = Sha256::digest([&inner[..], message].concat());
    Sha256::digest([&outer[..], &digest].concat()).to_vec()
}
