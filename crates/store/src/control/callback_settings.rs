//! What an account decided about its callbacks (callbacks.md 5).

use domain::{AccountId, PlainHttp};

use crate::driver::statement::statements;
use crate::driver::value::{Row, params};
use crate::{StoreError, Tx};

statements! {
    OF_ACCOUNT = "SELECT account_id, plain_http, pinned_hosts, subscribed_events, old_key_first
        FROM accounts WHERE account_id = $1";
    LIST = "SELECT account_id, plain_http, pinned_hosts, subscribed_events, old_key_first
        FROM accounts";
    SET = "UPDATE accounts SET plain_http = $1, pinned_hosts = $2, subscribed_events = $3,
        old_key_first = $4 WHERE account_id = $5";
}

/// What an account decided about its callbacks; a new account has decided nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallbackSettings {
    /// The auth key over plain http to a public address.
    pub plain_http: PlainHttp,
    /// Hosts that callbacks may go to; `None`: any public host.
    pub pinned_hosts: Option<Vec<String>>,
    /// Events beyond the original's, in the order in which they were named.
    pub subscribed_events: Vec<String>,
    /// While a callback auth key is rolled, the old one stays in the header that receivers know.
    pub old_key_first: bool,
}

fn read_row(row: &Row<'_>) -> Result<(AccountId, CallbackSettings), StoreError> {
    let plain_http: String = row.get(1)?;
    let pinned_hosts: Option<String> = row.get(2)?;
    let subscribed_events: String = row.get(3)?;
    let read_list = |index: usize, text: &str| {
        serde_json::from_str(text).map_err(|_| StoreError::column(index, "a JSON list of texts"))
    };
    let settings = CallbackSettings {
        plain_http: plain_http
            .parse()
            .map_err(|_| StoreError::column(1, "a decision about plain http"))?,
        pinned_hosts: pinned_hosts.map(|text| read_list(2, &text)).transpose()?,
        subscribed_events: read_list(3, &subscribed_events)?,
        old_key_first: row.get::<i64>(4)? != 0,
    };
    Ok((row.get(0)?, settings))
}

/// What an account decided; nothing, if there is no such account.
pub fn of_account(tx: &mut Tx<'_>, account: AccountId) -> Result<CallbackSettings, StoreError> {
    let found = tx.query_optional(&OF_ACCOUNT, params![account], read_row)?;
    Ok(found.map(|(_, settings)| settings).unwrap_or_default())
}

/// What each account decided.
pub fn list(tx: &mut Tx<'_>) -> Result<Vec<(AccountId, CallbackSettings)>, StoreError> {
    tx.query(&LIST, &[], read_row)
}

/// Sets what an account decided.
pub fn set(
    tx: &mut Tx<'_>,
    account: AccountId,
    settings: &CallbackSettings,
) -> Result<(), StoreError> {
    let in_json = |list: &[String]| serde_json::Value::from(list.to_vec()).to_string();
    tx.execute(
        &SET,
        params![
            settings.plain_http.as_str(),
            settings.pinned_hosts.as_deref().map(in_json),
            in_json(&settings.subscribed_events),
            settings.old_key_first,
            account
        ],
    )?;
    Ok(())
}
