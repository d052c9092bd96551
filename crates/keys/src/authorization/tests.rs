//! Cases 1–26 of reference/authentication.md part 4a, as far as they concern reading and verifying,
//! and the property of case 28.

use domain::{AccountId, Environment, KeyId};
use std::collections::HashSet;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use proptest::prelude::*;

use super::*;
use crate::record::{KeyRow, KeyState};
use crate::secret::{Secret, SecretVersions};
use crate::text::KeyText;

const NOW_MS: i64 = 1_790_000_000_000;
const IMPORTED: &str = "live_ScaleRocks";
const STRICT: AuthorizationSettings = AuthorizationSettings {
    require_blank_password: true,
};

/// Fixture F: account Acme with its keys, and one key of each standing.
struct Fixture {
    pepper: Pepper,
    index: KeyIndex,
    test: String,
    live: String,
    callback_auth: String,
    revoked: String,
    expired: String,
    not_yet_valid: String,
    suspended: String,
    frozen: String,
}

fn fixture() -> Fixture {
    let secrets = SecretVersions::from_newest(1, Secret::from_bytes([1; 32]));
    let pepper = Pepper::new(&secrets);
    let make = |environment, kind| {
        KeyText::generate(environment, kind)
            .unwrap()
            .expose()
            .to_owned()
    };
    let live = || make(Environment::Live, KeyKind::Api);
    let mut number = 0;
    let mut row = |text: &str, environment| {
        number += 1;
        KeyRow {
            account_id: AccountId::from_bytes(&[9; 12]).unwrap(),
            key_id: KeyId::from_bytes(&[number; 12]).unwrap(),
            environment,
            kind: KeyKind::Api,
            name: format!("key {number}"),
            hint: String::new(),
            digest: pepper.digest(text.as_bytes()).1,
            digest_version: 1,
            state: KeyState::Active,
            not_before_ms: None,
            expires_at_ms: None,
            last_used_at_ms: None,
            account_frozen: false,
        }
    };
    let test = make(Environment::Test, KeyKind::Api);
    let callback_auth = make(Environment::Live, KeyKind::CallbackAuth);
    let [live, revoked, expired, not_yet_valid, suspended, frozen] =
        std::array::from_fn(|_| live());
    let rows = [
        row(&test, Environment::Test),
        row(&live, Environment::Live),
        row(IMPORTED, Environment::Live),
        KeyRow {
            state: KeyState::Revoked { at_ms: NOW_MS - 1 },
            ..row(&revoked, Environment::Live)
        },
        KeyRow {
            expires_at_ms: Some(NOW_MS),
            ..row(&expired, Environment::Live)
        },
        KeyRow {
            not_before_ms: Some(NOW_MS + 1),
            ..row(&not_yet_valid, Environment::Live)
        },
        KeyRow {
            state: KeyState::Suspended,
            ..row(&suspended, Environment::Live)
        },
        KeyRow {
            account_frozen: true,
            ..row(&frozen, Environment::Live)
        },
    ];
    let index = KeyIndex::new();
    index.replace(rows, NOW_MS);
    Fixture {
        pepper,
        index,
        test,
        live,
        callback_auth,
        revoked,
        expired,
        not_yet_valid,
        suspended,
        frozen,
    }
}

impl Fixture {
    fn verify_lines(
        &self,
        lines: &[&[u8]],
        settings: AuthorizationSettings,
    ) -> Result<Arc<KeyRecord>, AuthorizationError> {
        let lines = lines.iter().copied();
        verify_authorization(lines, settings, &self.index, &self.pepper, NOW_MS)
    }

    fn verify(&self, value: impl AsRef<[u8]>) -> Result<Arc<KeyRecord>, AuthorizationError> {
        self.verify_lines(&[value.as_ref()], AuthorizationSettings::default())
    }
}

/// `Basic` and the standard Base64 of `credentials`.
fn basic(credentials: impl AsRef<[u8]>) -> Vec<u8> {
    format!("Basic {}", STANDARD.encode(credentials)).into_bytes()
}

/// What a row of the table expects.
enum Expected {
    /// Admitted, in this mode.
    Admitted(Environment),
    /// 401 with this code, a Basic challenge, and a text that has this in it.
    Refused(&'static str, &'static str),
    /// 401 with this code, a Bearer challenge, and a text that has this in it.
    RefusedBearer(&'static str, &'static str),
}

#[test]
#[expect(clippy::too_many_lines, reason = "one table, read case by case")]
fn cases_01_to_26_of_4a() {
    use Environment::{Live, Test};
    use Expected::{Admitted, Refused, RefusedBearer};

    let f = fixture();
    let (t, l) = (f.test.as_str(), f.live.as_str());
    let valid = STANDARD.encode(format!("{t}:"));
    let unpadded = STANDARD_NO_PAD.encode(format!("{t}:"));
    // A key has 45 characters: with the colon 46, which leaves one byte for the last quad.
    assert_eq!(valid, format!("{unpadded}=="));
    let swapped = {
        let mut bytes = t.as_bytes().to_vec();
        let at = (7..44).find(|at| bytes[*at] != bytes[at + 1]).unwrap();
        bytes.swap(at, at + 1);
        bytes
    };
    let flipped = {
        let mut bytes = t.as_bytes().to_vec();
        let at = (7..45).find(|at| bytes[*at].is_ascii_alphabetic()).unwrap();
        bytes[at] ^= 0x20;
        bytes
    };
    let unknown = KeyText::generate(Test, KeyKind::Api).unwrap();
    let test_callback_auth = KeyText::generate(Test, KeyKind::CallbackAuth).unwrap();
    let joined = |parts: &[&[u8]]| parts.concat();

    let table: Vec<(&str, Vec<u8>, Expected)> = vec![
        (
            "01 the seed's header",
            b"Basic bGl2ZV9TY2FsZVJvY2tzOg==".to_vec(),
            Admitted(Live),
        ),
        ("01 test key", basic(format!("{t}:")), Admitted(Test)),
        ("01 live key", basic(format!("{l}:")), Admitted(Live)),
        (
            "02 empty",
            b"".to_vec(),
            Refused("missing_api_key", "curl -u \"YOUR_KEY:\""),
        ),
        (
            "02 whitespace",
            b" \t ".to_vec(),
            Refused("missing_api_key", "user name"),
        ),
        ("03 basic", format!("basic {valid}").into(), Admitted(Test)),
        ("03 BASIC", format!("BASIC {valid}").into(), Admitted(Test)),
        ("03 bAsIc", format!("bAsIc {valid}").into(), Admitted(Test)),
        (
            "04 Basic",
            b"Basic".to_vec(),
            Refused("missing_api_key", "user name"),
        ),
        (
            "04 Basic and space",
            b"Basic ".to_vec(),
            Refused("missing_api_key", "user name"),
        ),
        (
            "05 two spaces",
            format!("Basic  {valid}").into(),
            Admitted(Test),
        ),
        (
            "05 ten spaces",
            format!("Basic{}{valid}", " ".repeat(10)).into(),
            Admitted(Test),
        ),
        (
            "05 tab",
            format!("Basic\t{valid}").into(),
            Refused("unsupported_scheme", "scheme"),
        ),
        (
            "05 space and tab",
            format!("Basic \t{valid}").into(),
            Refused("malformed_authorization", "space"),
        ),
        (
            "06 outer whitespace",
            format!(" \t Basic {valid} \t").into(),
            Admitted(Test),
        ),
        (
            "07 Digest",
            b"Digest x".to_vec(),
            Refused("unsupported_scheme", "scheme"),
        ),
        (
            "07 Token",
            format!("Token {t}").into(),
            Refused("unsupported_scheme", "scheme"),
        ),
        (
            "07 ApiKey",
            format!("ApiKey {t}").into(),
            Refused("unsupported_scheme", "scheme"),
        ),
        (
            "07 Basic64",
            format!("Basic64 {valid}").into(),
            Refused("unsupported_scheme", "scheme"),
        ),
        (
            "07 bare key",
            t.into(),
            Refused("unsupported_scheme", "Put `Basic ` and the Base64"),
        ),
        (
            "07 bare imported key",
            IMPORTED.into(),
            Refused("unsupported_scheme", "Put `Basic ` and the Base64"),
        ),
        (
            "08 !!!!",
            b"Basic !!!!".to_vec(),
            Refused("malformed_authorization", "not Base64"),
        ),
        (
            "08 %%%",
            b"Basic %%%".to_vec(),
            Refused("malformed_authorization", "not Base64"),
        ),
        (
            "08 random bytes",
            b"Basic \x01\xff\x80\x7f\xc3".to_vec(),
            Refused("malformed_authorization", "not Base64"),
        ),
        (
            "09 no padding",
            format!("Basic {unpadded}").into(),
            Admitted(Test),
        ),
        (
            "10 one = of two",
            format!("Basic {unpadded}=").into(),
            Refused("malformed_authorization", "`=` at a wrong place"),
        ),
        (
            "10 extra =",
            format!("Basic {valid}=").into(),
            Refused("malformed_authorization", "`=` at a wrong place"),
        ),
        (
            "10 a quad of = too many",
            format!("Basic {valid}====").into(),
            Refused("malformed_authorization", "`=` at a wrong place"),
        ),
        (
            "10 = in the middle",
            format!("Basic {}={}", &unpadded[..8], &unpadded[8..]).into(),
            Refused("malformed_authorization", "`=` at a wrong place"),
        ),
        (
            "10 length 1 modulo 4",
            format!("Basic {}", &unpadded[..unpadded.len() - 1]).into(),
            Refused("malformed_authorization", "cut off"),
        ),
        (
            "10 only ====",
            b"Basic ====".to_vec(),
            Refused("malformed_authorization", "`=` at a wrong place"),
        ),
        (
            "11 unused bits",
            b"Basic bGl2ZV9TY2FsZVJvY2tzOh==".to_vec(),
            Refused("malformed_authorization", "last letter"),
        ),
        (
            "12 -",
            b"Basic bGl2ZV9-Y2FsZVJvY2tzOg==".to_vec(),
            Refused("malformed_authorization", "standard Base64"),
        ),
        (
            "12 _",
            b"Basic bGl2ZV9_Y2FsZVJvY2tzOg==".to_vec(),
            Refused("malformed_authorization", "standard Base64"),
        ),
        (
            "12 the key itself",
            format!("Basic {t}").into(),
            Refused("malformed_authorization", "standard Base64"),
        ),
        (
            "13 inner space",
            format!("Basic {} {}", &valid[..8], &valid[8..]).into(),
            Refused("malformed_authorization", "space"),
        ),
        (
            "13 comma and a second credential",
            format!("Basic {unpadded},{valid}").into(),
            Refused("malformed_authorization", "comma"),
        ),
        (
            "13 trailing scheme",
            format!("Basic {unpadded}, Basic {valid}").into(),
            Refused("malformed_authorization", "comma"),
        ),
        ("14 no colon", basic(t), Refused("missing_colon", "`key:`")),
        ("15 T:x", basic(format!("{t}:x")), Admitted(Test)),
        ("15 T:T", basic(format!("{t}:{t}")), Admitted(Test)),
        ("15 T::", basic(format!("{t}::")), Admitted(Test)),
        ("15 T:L", basic(format!("{t}:{l}")), Admitted(Test)),
        (
            "16 \\n",
            basic(format!("{t}:\n")),
            Refused(
                "malformed_authorization",
                "line break: use `printf` or `curl -u`",
            ),
        ),
        (
            "16 \\r\\n",
            basic(format!("{t}:\r\n")),
            Refused(
                "malformed_authorization",
                "line break: use `printf` or `curl -u`",
            ),
        ),
        ("17 :", basic(":"), Refused("missing_api_key", "user name")),
        (
            "17 :T",
            basic(format!(":{t}")),
            Refused("missing_api_key", "key is the user name, not the password"),
        ),
        (
            "18 space before",
            basic(format!(" {t}:")),
            Refused("invalid_api_key", ""),
        ),
        (
            "18 space after",
            basic(format!("{t} :")),
            Refused("invalid_api_key", ""),
        ),
        (
            "18 quotes",
            basic(format!("\"{t}\":")),
            Refused("invalid_api_key", ""),
        ),
        (
            "19 UTF-8",
            basic("é:"),
            Refused("malformed_authorization", "only ASCII"),
        ),
        (
            "19 Latin-1",
            basic(b"\xe9:"),
            Refused("malformed_authorization", "only ASCII"),
        ),
        (
            "19 invalid UTF-8",
            basic(joined(&[t.as_bytes(), b"\xc3\x28:"])),
            Refused("malformed_authorization", "only ASCII"),
        ),
        (
            "19 NUL",
            basic(joined(&[t.as_bytes(), b"\0:"])),
            Refused("malformed_authorization", "control character"),
        ),
        (
            "19 DEL",
            basic(joined(&[t.as_bytes(), b"\x7f:"])),
            Refused("malformed_authorization", "control character"),
        ),
        (
            "20 513 bytes",
            basic(format!("{}:", "x".repeat(513))),
            Refused("malformed_authorization", "512 bytes"),
        ),
        (
            "20 512 bytes with the colon are read",
            basic(format!("{}:", "x".repeat(511))),
            Refused("invalid_api_key", "no such key"),
        ),
        (
            "20 a value of 1,024 bytes is read",
            format!("Basic {}", "A".repeat(1_018)).into(),
            Refused("malformed_authorization", "512 bytes"),
        ),
        (
            "20 a value of 1,025 bytes is not",
            format!("Basic {}", "A".repeat(1_019)).into(),
            Refused("malformed_authorization", "1,024 bytes"),
        ),
        (
            "20 nor with Bearer",
            format!("Bearer {}", "A".repeat(1_018)).into(),
            RefusedBearer("malformed_authorization", "1,024 bytes"),
        ),
        ("23 Bearer", format!("Bearer {t}").into(), Admitted(Test)),
        ("23 bearer", format!("bearer {t}").into(), Admitted(Test)),
        (
            "23 Bearer, imported key",
            format!("Bearer {IMPORTED}").into(),
            Admitted(Live),
        ),
        (
            "23 nothing",
            b"Bearer".to_vec(),
            RefusedBearer("missing_api_key", "user name"),
        ),
        (
            "23 Bearer T:",
            format!("Bearer {t}:").into(),
            RefusedBearer("malformed_authorization", "key as it is"),
        ),
        (
            "23 Bearer b(T:)",
            format!("Bearer {valid}").into(),
            RefusedBearer("malformed_authorization", "key as it is"),
        ),
        (
            "23 Bearer b(T:) without padding",
            format!("Bearer {unpadded}").into(),
            RefusedBearer("malformed_authorization", "key as it is"),
        ),
        (
            "23 two tokens",
            format!("Bearer {t} {t}").into(),
            RefusedBearer("malformed_authorization", "without a space"),
        ),
        (
            "23 wrong key",
            b"Bearer live_scalerocks".to_vec(),
            RefusedBearer("invalid_api_key", "no such key"),
        ),
        (
            "24 case of one letter",
            basic(joined(&[&flipped, b":"])),
            Refused("invalid_api_key", "mistyped or cut off"),
        ),
        (
            "24 case of the mode",
            basic(format!("Test{}:", &t[4..])),
            Refused("invalid_api_key", "mistyped or cut off"),
        ),
        (
            "24 last character cut",
            basic(format!("{}:", &t[..44])),
            Refused("invalid_api_key", "mistyped or cut off"),
        ),
        (
            "24 two letters swapped",
            basic(joined(&[&swapped, b":"])),
            Refused("invalid_api_key", "mistyped or cut off"),
        ),
        (
            "24 other mode",
            basic(format!("{}:", t.replace("test_", "live_"))),
            Refused("invalid_api_key", "mistyped or cut off"),
        ),
        (
            "24 imported key in small letters",
            basic("live_scalerocks:"),
            Refused("invalid_api_key", "no such key"),
        ),
        (
            "25 whole but unknown",
            basic(format!("{}:", unknown.expose())),
            Refused("invalid_api_key", "no such key"),
        ),
        (
            "26 live callback auth key",
            basic(format!("{}:", f.callback_auth)),
            Refused("invalid_api_key", "this is a callback auth key"),
        ),
        (
            "26 test callback auth key",
            basic(format!("{}:", test_callback_auth.expose())),
            Refused("invalid_api_key", "this is a callback auth key"),
        ),
        (
            "26 e-mail and password",
            basic("ada@acme.example:correct horse battery"),
            Refused("invalid_api_key", "no such key"),
        ),
        (
            "26 revoked",
            basic(format!("{}:", f.revoked)),
            Refused("revoked_api_key", "revoked at 2026-09-21T14:13:19.999Z"),
        ),
        (
            "26 expired",
            basic(format!("{}:", f.expired)),
            Refused("expired_api_key", "expired at 2026-09-21T14:13:20.000Z"),
        ),
        (
            "26 not yet valid",
            basic(format!("{}:", f.not_yet_valid)),
            Refused("key_not_yet_valid", "valid from 2026-09-21T14:13:20.001Z"),
        ),
        (
            "26 suspended, by Bearer",
            format!("Bearer {}", f.suspended).into(),
            RefusedBearer("suspended_api_key", "suspended"),
        ),
    ];

    for (case, value, expected) in table {
        let answer = f.verify(&value);
        let (code, words, challenge) = match expected {
            Admitted(environment) => {
                let record = answer.unwrap_or_else(|error| panic!("case {case}: {error}"));
                assert_eq!(record.environment, environment, "case {case}");
                continue;
            }
            Refused(code, words) => (code, words, Challenge::Basic),
            RefusedBearer(code, words) => (code, words, Challenge::Bearer),
        };
        let error = answer.expect_err(case);
        assert_eq!(
            (error.code(), error.status()),
            (code, 401),
            "case {case}: {error}"
        );
        assert_eq!(error.challenge(), challenge, "case {case}");
        assert!(
            error.text().starts_with("No valid API key provided"),
            "case {case}: {error}"
        );
        assert!(error.text().contains(words), "case {case}: {error}");
    }
}

#[test]
fn case_02_no_authorization_is_missing() {
    let error = fixture()
        .verify_lines(&[], AuthorizationSettings::default())
        .unwrap_err();
    assert_eq!((error.code(), error.status()), ("missing_api_key", 401));
    let challenge = error.challenge().header_value();
    assert_eq!(
        challenge,
        Some("Basic realm=\"Weighbridge API\", charset=\"UTF-8\"")
    );
}

#[test]
fn case_15_strict_setting_wants_a_blank_password() {
    let f = fixture();
    let t = &f.test;
    for password in ["x", t, ":", &f.live] {
        let value = basic(format!("{t}:{password}"));
        let error = f.verify_lines(&[&value], STRICT).unwrap_err();
        assert_eq!((error.code(), error.status()), ("password_not_blank", 401));
    }
    let blank = basic(format!("{t}:"));
    assert_eq!(
        f.verify_lines(&[&blank], STRICT).unwrap().environment,
        Environment::Test
    );
}

#[test]
fn case_21_two_lines_are_refused_whatever_they_hold() {
    let f = fixture();
    let (valid, other) = (basic(format!("{}:", f.test)), basic("x:"));
    let pairs: [[&[u8]; 2]; 5] = [
        [&valid, &valid],
        [&valid, &other],
        [&other, &valid],
        [&valid, b""],
        [b"", b""],
    ];
    for lines in pairs {
        let error = f
            .verify_lines(&lines, AuthorizationSettings::default())
            .unwrap_err();
        assert_eq!(
            (error.code(), error.status()),
            ("duplicate_authorization", 400)
        );
        assert_eq!(error.challenge(), Challenge::None);
        assert_eq!(error.challenge().header_value(), None);
    }
    assert_eq!(f.index.take_uses(), [], "nothing was taken for a use");
}

#[test]
fn case_23_bearer_is_challenged_by_bearer() {
    let error = fixture().verify("Bearer").unwrap_err();
    let challenge = error.challenge().header_value();
    assert_eq!(
        challenge,
        Some("Bearer realm=\"Weighbridge API\", error=\"invalid_token\"")
    );
}

#[test]
fn case_25_all_unknown_keys_get_equal_bytes() {
    let f = fixture();
    let texts: Vec<String> = (0..10)
        .map(|_| KeyText::generate(Environment::Live, KeyKind::Api).unwrap())
        .map(|key| {
            f.verify(basic(format!("{}:", key.expose())))
                .unwrap_err()
                .to_string()
        })
        .chain([f.verify(basic("somebody:")).unwrap_err().to_string()])
        .collect();
    assert!(texts.iter().all(|text| *text == texts[0]), "{texts:?}");
}

#[test]
fn frozen_account_is_403_without_a_challenge() {
    let f = fixture();
    let error = f.verify(basic(format!("{}:", f.frozen))).unwrap_err();
    assert_eq!((error.code(), error.status()), ("account_frozen", 403));
    assert_eq!(error.challenge(), Challenge::None);
}

#[test]
fn only_an_admitted_request_is_a_use() {
    let f = fixture();
    for text in [
        &f.revoked,
        &f.expired,
        &f.suspended,
        &f.not_yet_valid,
        &f.frozen,
    ] {
        f.verify(basic(format!("{text}:"))).unwrap_err();
    }
    assert_eq!(f.index.take_uses(), []);
    let record = f.verify(basic(format!("{}:", f.live))).unwrap();
    let uses = f.index.take_uses();
    assert_eq!(uses.len(), 1);
    assert_eq!(
        (uses[0].key_id, uses[0].last_used_at_ms),
        (record.key_id, NOW_MS)
    );
}

#[test]
fn case_40_key_under_the_older_pepper_is_found_and_moves_on() {
    let f = fixture();
    let mut secrets = SecretVersions::from_newest(1, Secret::from_bytes([1; 32]));
    secrets.add(2, Secret::from_bytes([2; 32]));
    let pepper = Pepper::new(&secrets);
    let value = basic(format!("{IMPORTED}:"));
    let verify = || {
        let lines = [value.as_slice()];
        verify_authorization(lines, STRICT, &f.index, &pepper, NOW_MS).unwrap()
    };
    verify();
    let uses = f.index.take_uses();
    assert_eq!(
        uses[0].newer_digest,
        Some(pepper.digest(IMPORTED.as_bytes()))
    );
}

/// A piece of eight bytes that is in both.
fn shared_piece<'a>(sent: &'a [u8], text: &str) -> Option<&'a [u8]> {
    let pieces: HashSet<&[u8]> = text.as_bytes().windows(8).collect();
    sent.windows(8).find(|piece| pieces.contains(piece))
}

/// The next of a sequence of numbers that looks random and is the same each time.
fn next_number(state: &mut u64) -> usize {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    (*state >> 16) as usize
}

#[test]
fn case_28_a_million_altered_values_get_one_of_few_answers() {
    let fixture = fixture();
    let key = fixture.test.clone();
    let encoded = STANDARD.encode(format!("{key}:"));
    let values = [
        format!("Basic {encoded}"),
        format!("Bearer {key}"),
        format!("Basic {}", STANDARD.encode(format!("{key}:{key}"))),
        format!("Digest {encoded}"),
        key,
    ];
    let mut state = 0x9E37_79B9_7F4A_7C15;
    let mut texts: HashSet<String> = HashSet::new();
    let mut admitted = 0;
    for number in 0..1_000_000 {
        let mut value = values[number % values.len()].clone().into_bytes();
        for _ in 0..=number % 3 {
            let at = next_number(&mut state) % value.len();
            match next_number(&mut state) % 4 {
                0 => value[at] = next_number(&mut state) as u8,
                1 => value[at] ^= 0x20,
                2 => value.insert(at, b" =:_-+/,\n"[next_number(&mut state) % 9]),
                _ => value.truncate(at.max(1)),
            }
        }
        match fixture.verify(&value) {
            // The scheme's case, and blanks after it, may be altered.
            Ok(_) => admitted += 1,
            Err(error) => {
                assert_eq!(error.status(), 401);
                let text = error.text();
                assert!(text.len() < 2048, "{text}");
                texts.insert(text.into());
            }
        }
    }
    assert!(admitted < 200_000, "{admitted}");
    // An answer that repeated what was sent would be one of many.
    assert!(texts.len() < 40, "{texts:?}");
}

/// Credentials near to what is accepted, and far from it.
fn credentials() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..700),
        prop::collection::vec(0x20_u8..0x7F, 0..100),
        "(live|test|LIVE)_w[brcx][0-9A-Za-z]{30,40}:{0,2}[0-9a-z]{0,9}"
            .prop_map(String::into_bytes),
        "[0-9A-Za-z]{0,60}:?[\r\n]{0,2}".prop_map(String::into_bytes),
    ]
}

/// What follows the scheme.
fn token() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        3 => credentials().prop_map(|text| STANDARD.encode(text).into_bytes()),
        1 => credentials().prop_map(|text| STANDARD_NO_PAD.encode(text).into_bytes()),
        1 => credentials(),
        1 => "[A-Za-z0-9+/]{0,40}[=,_ -]{0,5}[A-Za-z0-9+/=]{0,40}".prop_map(String::into_bytes),
        1 => prop::collection::vec(any::<u8>(), 1000..1200),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn case_28_any_value_is_refused_without_panic_or_echo(
        scheme in prop_oneof![
            Just("Basic "), Just("basic   "), Just("Bearer "), Just("Basic\t"), Just("Basic"),
            Just(" "), Just("Digest "), Just(""),
        ],
        token in token(),
        strict in any::<bool>(),
    ) {
        thread_local!(static FIXTURE: Fixture = fixture());
        let value = [scheme.as_bytes(), &token].concat();
        let settings = AuthorizationSettings { require_blank_password: strict };
        let answer = FIXTURE.with(|f| f.verify_lines(&[&value], settings));
        let error = answer.expect_err("no generated value is a key of the fixture");
        prop_assert_eq!(error.status(), 401);
        let text = error.text();
        prop_assert!(text.len() < 2048);
        prop_assert_eq!(shared_piece(&token, &text), None);
        if let Ok(decoded) = STANDARD.decode(&token) {
            prop_assert_eq!(shared_piece(&decoded, &text), None);
        }
    }

    #[test]
    fn case_28_any_number_of_lines_is_answered(
        lines in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..20), 0..4),
    ) {
        thread_local!(static FIXTURE: Fixture = fixture());
        let lines: Vec<&[u8]> = lines.iter().map(Vec::as_slice).collect();
        let answer = FIXTURE.with(|f| f.verify_lines(&lines, STRICT));
        let status = answer.expect_err("no generated value is a key of the fixture").status();
        prop_assert_eq!(status, if lines.len() > 1 { 400 } else { 401 });
    }
}
