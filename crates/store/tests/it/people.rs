//! Sessions, one-time links and attempts.

use domain::{MailTokenId, SessionId};
use store::StoreError;
use store::control::attempts;
use store::control::mails::{self, Purpose};
use store::control::sessions::{self, NewSession};

use crate::fixture::{Fixture, account, both_engines, user};

both_engines! {
    attempts_are_counted_in_windows_and_parallel_ones_all => attempt_windows;
    failures_in_a_row_are_counted_until_they_are_cleared => failures_in_a_row;
    sessions_are_those_of_one_person => sessions_of_a_person;
    a_link_of_no_use_gets_no_digest => link_digests;
}

async fn attempt_windows(fixture: Fixture) {
    let control = &fixture.stores.control;
    let count = |now_ms: i64| control.write(move |tx| attempts::count(tx, &[1; 32], 1_000, now_ms));
    let first = count(5_000)
        .await
        .map_err(|error: StoreError| error)
        .unwrap();
    assert_eq!((first.window_start, first.attempts), (5_000, 1));
    let parallel = futures_util::future::join_all((0..20).map(|_| count(5_999))).await;
    let mut counts: Vec<i64> = parallel
        .into_iter()
        .map(|counted: Result<_, StoreError>| counted.unwrap().attempts)
        .collect();
    counts.sort_unstable();
    assert_eq!(counts, (2..=21).collect::<Vec<_>>());
    let next = count(6_000).await.unwrap();
    assert_eq!((next.window_start, next.attempts), (6_000, 1));
    control
        .write(|tx| -> Result<(), StoreError> {
            attempts::give_back(tx, &[1; 32])?;
            attempts::give_back(tx, &[1; 32])?;
            assert_eq!(attempts::find(tx, &[1; 32])?.unwrap().attempts, 0);
            attempts::forget_old(tx, 6_001, 0)?;
            assert!(attempts::find(tx, &[1; 32])?.is_none());
            Ok(())
        })
        .await
        .unwrap();
}

async fn failures_in_a_row(fixture: Fixture) {
    fixture
        .stores
        .control
        .write(|tx| -> Result<(), StoreError> {
            let subject = [2; 32];
            assert_eq!(attempts::failures(tx, &subject)?, None);
            assert_eq!(attempts::add_failure(tx, &subject, 10)?, 1);
            assert_eq!(attempts::add_failure(tx, &subject, 20)?, 2);
            attempts::take_failure_back(tx, &subject)?;
            assert_eq!(attempts::failures(tx, &subject)?, Some((1, 20)));
            attempts::clear_failures(tx, &subject)?;
            assert_eq!(attempts::failures(tx, &subject)?, None);
            Ok(())
        })
        .await
        .unwrap();
}

async fn sessions_of_a_person(fixture: Fixture) {
    let session = |number: u8, of: u64| NewSession {
        digest: [number; 32],
        session_id: SessionId::from_parts(3, [number; 6]),
        account_id: account(),
        user_id: user(of),
        user_agent: "a browser".to_owned(),
        address: "192.0.2.1".to_owned(),
    };
    fixture
        .stores
        .control
        .write(move |tx| -> Result<(), StoreError> {
            for (number, of) in [(1, 1), (2, 1), (3, 1), (4, 2)] {
                sessions::insert(tx, &session(number, of), i64::from(number))?;
            }
            let (ours, theirs) = (session(1, 1).session_id, session(4, 2).session_id);
            assert!(!sessions::delete_one(tx, account(), user(1), theirs)?);
            assert_eq!(sessions::of_user(tx, account(), user(1))?.len(), 3);
            assert_eq!(sessions::count_wrong_password(tx, &[1; 32])?, Some(1));
            assert_eq!(sessions::count_wrong_password(tx, &[1; 32])?, Some(2));
            assert!(sessions::renew(tx, &[1; 32], &[9; 32], 50)?);
            assert!(!sessions::renew(tx, &[1; 32], &[8; 32], 50)?);
            assert_eq!(sessions::count_wrong_password(tx, &[1; 32])?, None);
            assert_eq!(sessions::count_wrong_password(tx, &[9; 32])?, Some(1));
            assert_eq!(sessions::delete_others(tx, account(), user(1), ours)?, 2);
            assert_eq!(sessions::of_user(tx, account(), user(1))?.len(), 1);
            assert_eq!(sessions::of_user(tx, account(), user(2))?.len(), 1);
            assert_eq!(sessions::delete_of_user(tx, account(), user(1))?, 1);
            assert!(!sessions::see_network(
                tx,
                account(),
                user(1),
                "192.0.2.1",
                1
            )?);
            assert!(sessions::see_network(
                tx,
                account(),
                user(1),
                "192.0.2.1",
                2
            )?);
            assert!(!sessions::see_network(
                tx,
                account(),
                user(2),
                "192.0.2.1",
                3
            )?);
            Ok(())
        })
        .await
        .unwrap();
}

async fn link_digests(fixture: Fixture) {
    fixture
        .stores
        .control
        .write(|tx| -> Result<(), StoreError> {
            let make = |tx: &mut store::Tx<'_>, number: u8| {
                let token = MailTokenId::from_parts(4, [number; 6]);
                let (of, purpose) = (*user(1).as_bytes(), Purpose::Reset);
                mails::insert_token(tx, token, account(), purpose, &of, "a@example.com", 0)?;
                Ok::<_, StoreError>(token)
            };
            let (first, second) = (make(tx, 1)?, make(tx, 2)?);
            assert!(!mails::set_token_digest(tx, first, &[1; 32], 1)?);
            assert!(mails::set_token_digest(tx, second, &[2; 32], 1)?);
            let late = Purpose::Reset.life_ms();
            assert!(!mails::set_token_digest(tx, second, &[3; 32], late)?);
            assert!(mails::find_token(tx, &[2; 32])?.is_some());
            assert!(mails::use_token(tx, second, 2)?);
            assert!(!mails::use_token(tx, second, 2)?);
            assert!(!mails::set_token_digest(tx, second, &[4; 32], 3)?);
            Ok(())
        })
        .await
        .unwrap();
}
