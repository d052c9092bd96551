//! Queues mail in the transaction of what it tells; `workers/mail.rs` sends it.

use domain::{AccountId, MailId, MailTokenId};
use keys::{SecretName, Secrets, mac};
use serde::{Deserialize, Serialize};
use store::control::mails::{self, MailRow, Purpose};
use store::{StoreError, Tx};

use crate::clock::IdSource;

/// Every letter that Weighbridge writes, with what it needs to know. `workers/mail.rs` puts it into
/// words.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "letter", rename_all = "snake_case")]
pub enum Letter {
    /// To a new person: confirm the address. Carries a link.
    ConfirmAddress {
        /// The account's name.
        company: String,
    },
    /// To the owner of an address with which somebody tried to sign up.
    AddressTaken,
    /// Set a new password. Carries a link.
    ResetPassword,
    /// The password was changed or reset.
    PasswordChanged,
    /// A log-in from a device and network that are new.
    NewDevice {
        /// The client's address.
        address: String,
        /// Its user agent.
        user_agent: String,
    },
    /// Come into the account. Carries a link.
    Invitation {
        /// The account's name.
        company: String,
        /// Name of who invites.
        inviter: String,
        /// The role.
        role: String,
    },
    /// An invitation reached a person who belongs to another account.
    InvitedElsewhere {
        /// The inviting account's name.
        company: String,
    },
    /// To the Admins: somebody asks for access to API keys.
    AccessRequested {
        /// Who asks.
        name: String,
        /// Their address.
        email: String,
        /// Their user id; the link preselects them on the team page.
        user_id: String,
        /// What they wrote; may be empty.
        note: String,
    },
    /// To who asked: what was decided.
    AccessDecided {
        /// Whether they are Manager now.
        granted: bool,
        /// Name of the Admin.
        by: String,
    },
    /// To the Admins: a key asked for a person, or an invited one, to be Manager.
    ManagerByKey {
        /// The person's address.
        email: String,
    },
    /// To Admins and Managers: a rolled key ends within the hour and is still used.
    KeyEnds {
        /// The key's name.
        name: String,
        /// Its hint.
        hint: String,
        /// Its mode.
        mode: String,
        /// When it ends, RFC 3339.
        ends_at: String,
    },
    /// To Admins and Managers: a receiver's callbacks begin to fail for good.
    ReceiverFails {
        /// The receiver, `scheme://host:port` or `mailto:address`.
        target: String,
        /// Address of the page that shows its callbacks, without the base.
        page: String,
    },
    /// To Admins and Managers: a receiver was paused, since it fails for days.
    ReceiverPaused {
        /// The receiver.
        target: String,
        /// Address of the page that shows its callbacks, without the base.
        page: String,
    },
    /// To Admins and Managers: a paused receiver answers again.
    ReceiverResumed {
        /// The receiver.
        target: String,
        /// Address of the page that shows its callbacks, without the base.
        page: String,
    },
    /// To nobody: what is asked for an unknown address is as much work as for a known one.
    Decoy,
}

/// A one-time link that a letter carries.
pub struct Link<'a> {
    /// What it is good for.
    pub purpose: Purpose,
    /// Id of the user or the invitation.
    pub subject: &'a [u8; 12],
}

/// What is kept of the token of a one-time link.
pub fn token_digest(secrets: &Secrets, token: &str) -> [u8; 32] {
    let (_, secret) = secrets.entry(SecretName::SessionMac).newest();
    mac(secret, token.as_bytes())
}

/// Queues a letter. Ring `app.mail_due` after the commit, so that it goes out at once.
pub fn queue_mail(
    tx: &mut Tx<'_>,
    ids: &IdSource,
    account: AccountId,
    recipient: &str,
    letter: &Letter,
    link: Option<&Link<'_>>,
    now_ms: i64,
) -> Result<(), StoreError> {
    let token_id = match link {
        None => None,
        Some(link) => {
            let (time, random) = ids.next(now_ms);
            let token_id = MailTokenId::from_parts(time, random);
            mails::insert_token(
                tx,
                token_id,
                account,
                link.purpose,
                link.subject,
                recipient,
                now_ms,
            )?;
            Some(token_id)
        }
    };
    let (time, random) = ids.next(now_ms);
    let letter = serde_json::to_string(letter).expect("a letter holds only strings and flags");
    let mail = MailRow {
        mail_id: MailId::from_parts(time, random),
        account_id: account,
        recipient: recipient.to_owned(),
        letter,
        token_id,
        tries: 0,
    };
    mails::insert(tx, &mail, now_ms)
}
