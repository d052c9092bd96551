//! Judges where callbacks may go before anything is stored: a task's `callback_url`, a batch's
//! `callback`, an account's default (callbacks.md 3.1, 4.3). By the text alone for a URL: no name is
//! looked up.

use domain::task::callback_address_problem;
use domain::{AccountId, PlainHttp};
use outbound::{AllowList, Host, Scheme, Target};
use store::StoreError;
use store::control::users;

use super::create_account::read_email;
use crate::app::App;
use crate::error::ApiError;
use crate::http::test_receiver::is_built_in_receiver;
use crate::pinned_hosts::PinnedHosts;

/// The normalised e-mail address that `text` is; `None`: it is a URL, or neither.
pub fn email_of(text: &str) -> Option<String> {
    if text.contains("://") {
        return None;
    }
    read_email(text).filter(|_| callback_address_problem(text).is_none())
}

/// Whether `email` (normalised) is the confirmed address of an active person of the account. Only
/// such a one gets callbacks: what a customer sends to people must not be turned against others.
pub async fn is_confirmed(
    app: &App,
    account: AccountId,
    email: String,
) -> Result<bool, StoreError> {
    let person = app
        .stores
        .control
        .read(move |tx| users::find_by_email(tx, &email))
        .await?;
    Ok(person.is_some_and(|person| {
        person.account_id == account
            && person.email_confirmed_at.is_some()
            && person.deactivated_at.is_none()
    }))
}

/// What an account decided about where its callbacks may go.
#[derive(Clone, Copy, Debug)]
pub struct TargetPolicy<'a> {
    /// Hosts; `None`: any public one.
    pub pinned_hosts: Option<&'a PinnedHosts>,
    /// The auth key over plain http to a public address.
    pub plain_http: PlainHttp,
}

impl TargetPolicy<'_> {
    /// What the decisions have against a target: pinned hosts, and plain http where it is refused
    /// (callbacks.md 5). Networks that the operator allowed are not concerned by the latter; a name
    /// cannot be judged without a look-up, so it counts as public.
    pub fn problem_of(&self, allow_list: &AllowList, target: &Target) -> Option<String> {
        if let Some(pinned) = self.pinned_hosts
            && !pinned.allows(target)
        {
            return Some(not_pinned(pinned, target));
        }
        let is_public = match &target.host {
            Host::Address(address) => !allow_list.contains(*address),
            Host::Localhost(_) => allow_list.loopback().is_empty(),
            Host::Name(_) => true,
        };
        let is_refused =
            self.plain_http == PlainHttp::Refuse && target.scheme == Scheme::Http && is_public;
        is_refused.then(|| {
            "must be an https URL: this account refuses plain http, on whose way the callback \
             auth key could be read. An Admin or Manager can change that in the callback settings"
                .to_owned()
        })
    }
}

/// Why a target is refused whose host is not among the pinned ones.
pub fn not_pinned(pinned: &PinnedHosts, target: &Target) -> String {
    format!(
        "goes to {}, and this account's callbacks may go only to: {pinned}",
        target.authority()
    )
}

/// Checks a callback address of `account`; the 400 names `path`.
///
/// An address of somebody else is refused in the same words as one of nobody, so that it cannot be
/// asked who has an account here.
pub async fn check_callback_address(
    app: &App,
    account: AccountId,
    path: &str,
    text: &str,
) -> Result<(), ApiError> {
    if let Some(problem) = callback_address_problem(text) {
        return Err(ApiError::param(path, problem));
    }
    if text.contains("://") {
        // The built-in receiver is this server's own address, which the filter refuses.
        if is_built_in_receiver(app, text) {
            return Ok(());
        }
        let target = app
            .outbound
            .check_text(text)
            .map_err(|error| ApiError::param(path, error.to_string()))?;
        // An account that was made a moment ago elsewhere has decided nothing yet.
        let settings = app.directory.account(account);
        let problem = settings.and_then(|settings| {
            let policy = TargetPolicy {
                pinned_hosts: settings.pinned_hosts.as_ref(),
                plain_http: settings.plain_http,
            };
            policy.problem_of(&app.outbound.allow_list(), &target)
        });
        return problem.map_or(Ok(()), |problem| Err(ApiError::param(path, problem)));
    }
    check_email(app, account, path, text).await
}

/// Checks an e-mail address that callbacks are to be mailed to; the 400 names `path`.
pub async fn check_email(
    app: &App,
    account: AccountId,
    path: &str,
    text: &str,
) -> Result<(), ApiError> {
    let Some(email) = email_of(text) else {
        return Err(ApiError::param(path, "must be a valid e-mail address"));
    };
    if !app.can_mail() {
        return Err(ApiError::param(
            path,
            "is an e-mail address, and this server sends no mail: its operator has set no \
             smtp_url. Give an http or https URL",
        ));
    }
    if !is_confirmed(app, account, email).await? {
        return Err(ApiError::param(
            path,
            "must be the confirmed e-mail address of a person of this account, or an http or \
             https URL",
        ));
    }
    Ok(())
}
