//! What an account decides about callbacks, and what they are signed with.

use domain::{AccountId, PlainHttp, SigningSecretId};
use store::control::accounts::{self, AccountRow, KeyPolicy};
use store::control::callback_settings::{self, CallbackSettings};
use store::control::signing_secrets::{self, NewSigningSecret};
use store::{Environment, StoreError, Tx};

use crate::fixture::{Fixture, account, both_engines};

both_engines! {
    an_account_s_decisions_are_kept => decisions;
    one_secret_of_an_account_and_mode_is_current => current_secret;
    two_processes_make_one_secret => race;
}

fn secret_id(number: u8) -> SigningSecretId {
    SigningSecretId::from_bytes(&[number; 12]).unwrap()
}

fn new_secret(number: u8, environment: Environment) -> NewSigningSecret {
    NewSigningSecret {
        account_id: account(),
        secret_id: secret_id(number),
        environment,
        hint: "…4f2a".to_owned(),
        sealed: vec![number],
        public_key: "whpk_".to_owned(),
        created_at: i64::from(number),
    }
}

fn insert_account(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    let row = AccountRow {
        account_id: account(),
        name: "Acme".to_owned(),
        created_at: 1,
        data_key: Vec::new(),
        wrap_version: 1,
        default_callback_url: None,
        key_policy: KeyPolicy::default(),
    };
    accounts::insert(tx, &row)
}

async fn write<T: Send + 'static>(
    fixture: &Fixture,
    mut work: impl FnMut(&mut Tx<'_>) -> Result<T, StoreError> + Send + 'static,
) -> T {
    let control = &fixture.stores.control;
    control.write(move |tx| work(tx)).await.unwrap()
}

async fn decisions(fixture: Fixture) {
    write(&fixture, insert_account).await;
    let nothing = CallbackSettings::default();
    let of_account = |tx: &mut Tx<'_>| callback_settings::of_account(tx, account());
    assert_eq!(write(&fixture, of_account).await, nothing);
    assert_eq!(nothing.plain_http, PlainHttp::Hold);
    let decided = CallbackSettings {
        plain_http: PlainHttp::Refuse,
        pinned_hosts: Some(vec!["a.example".to_owned(), "*.\"b\"".to_owned()]),
        subscribed_events: vec!["task.recalled".to_owned()],
        old_key_first: true,
    };
    let set = decided.clone();
    write(&fixture, move |tx| {
        callback_settings::set(tx, account(), &set)
    })
    .await;
    assert_eq!(write(&fixture, of_account).await, decided);
    let all = write(&fixture, callback_settings::list).await;
    assert_eq!(all, [(account(), decided)]);
    let stranger = AccountId::from_bytes(&[9; 12]).unwrap();
    let unknown = write(&fixture, move |tx| {
        callback_settings::of_account(tx, stranger)
    })
    .await;
    assert_eq!(unknown, nothing);
}

async fn current_secret(fixture: Fixture) {
    use Environment::{Live, Test};
    write(&fixture, insert_account).await;
    let without = |environment| {
        let read = move |tx: &mut Tx<'_>| signing_secrets::accounts_without(tx, environment);
        write(&fixture, read)
    };
    let insert = |number, environment| {
        let secret = new_secret(number, environment);
        write(&fixture, move |tx| signing_secrets::insert(tx, &secret))
    };
    assert_eq!(without(Live).await, [account()]);
    assert!(insert(1, Live).await);
    assert!(!insert(2, Live).await, "one is there already");
    assert!(insert(3, Test).await);
    assert!(without(Live).await.is_empty() && without(Test).await.is_empty());
    write(&fixture, |tx| {
        signing_secrets::end_current(tx, account(), Live, 100)
    })
    .await;
    assert_eq!(without(Live).await, [account()]);
    assert!(insert(4, Live).await);
    let rows = write(&fixture, |tx| signing_secrets::of_account(tx, account())).await;
    let seen: Vec<_> = rows
        .iter()
        .map(|row| (row.secret_id, row.environment, row.expires_at))
        .collect();
    assert_eq!(
        seen,
        [
            (secret_id(4), Live, None),
            (secret_id(3), Test, None),
            (secret_id(1), Live, Some(100)),
        ]
    );
    assert!(rows[2].is_running(99) && !rows[2].is_running(100) && rows[0].is_running(100));
    write(&fixture, |tx| signing_secrets::erase_ended(tx, 99)).await;
    assert_eq!(write(&fixture, signing_secrets::list).await.len(), 3);
    write(&fixture, |tx| signing_secrets::erase_ended(tx, 100)).await;
    assert_eq!(write(&fixture, signing_secrets::list).await.len(), 2);
    write(&fixture, |tx| {
        signing_secrets::end_current(tx, account(), Live, 500)?;
        signing_secrets::erase_older(tx, account(), Live)
    })
    .await;
    let left = write(&fixture, signing_secrets::list).await;
    assert_eq!(left.len(), 1, "the other mode's stays");
    assert_eq!(left[0].environment, Test);
}

/// Several at once find that the account has none; one of them stores its own.
async fn race(fixture: Fixture) {
    write(&fixture, insert_account).await;
    let mut writes = Vec::new();
    for number in 1..=8 {
        let control = fixture.stores.control.clone();
        writes.push(tokio::spawn(async move {
            let secret = new_secret(number, Environment::Live);
            let stored = control.write(move |tx| signing_secrets::insert(tx, &secret));
            stored.await.map_err(|error: StoreError| error).unwrap()
        }));
    }
    let mut stored = 0;
    for write in writes {
        stored += usize::from(write.await.unwrap());
    }
    assert_eq!(stored, 1);
}
