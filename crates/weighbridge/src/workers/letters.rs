//! What each letter says: plain text, short, with a link where one is needed. Links start with the
//! configured public address, never with what a request named (authentication.md 2.7).

use crate::operations::send_mail::Letter;

/// A letter in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// Subject line.
    pub subject: String,
    /// Body, plain text.
    pub text: String,
}

/// Puts a letter into words. `base` is the server's public address without a slash at its end,
/// `token` that of the one-time link. `None`: the letter goes to nobody.
#[expect(clippy::too_many_lines, reason = "one arm a letter")]
pub fn write(letter: &Letter, base: &str, token: Option<&str>) -> Option<Words> {
    // In the fragment, which browsers send to nobody: no log and no `Referer` gets it.
    let link = |page: &str| format!("{base}/{page}#{}", token.unwrap_or_default());
    let (subject, text) = match letter {
        Letter::Decoy => return None,
        Letter::ConfirmAddress { company } => (
            "Confirm your e-mail address".to_owned(),
            format!(
                "Somebody signed up for Weighbridge with this address, for the account \
                 {company}.\n\nIf it was you, confirm the address within 24 hours:\n\n{}\n\nIf it \
                 was not you, do nothing: without this the account cannot be used.",
                link("confirm")
            ),
        ),
        Letter::AddressTaken => (
            "Somebody tried to sign up with your address".to_owned(),
            format!(
                "Somebody tried to sign up for Weighbridge with this address, which belongs to \
                 you already. Nothing was changed.\n\nIf it was you, log in:\n\n{base}/login\n\n\
                 or, if you do not know your password, set a new one:\n\n{base}/reset"
            ),
        ),
        Letter::ResetPassword => (
            "Set a new password".to_owned(),
            format!(
                "Somebody asked to set a new password for your log-in to Weighbridge.\n\nIf it was \
                 you, set it within 30 minutes:\n\n{}\n\nIf it was not you, do nothing: your \
                 password stays as it is.",
                link("reset")
            ),
        ),
        Letter::PasswordChanged => (
            "Your password was changed".to_owned(),
            format!(
                "The password of your log-in to Weighbridge was changed, and all other sessions \
                 have ended.\n\nIf it was not you, set a new password at once and tell an Admin of \
                 your account:\n\n{base}/reset"
            ),
        ),
        Letter::NewDevice {
            address,
            user_agent,
        } => (
            "Log-in from a new device".to_owned(),
            format!(
                "Somebody logged in to Weighbridge as you, from a device and a network that you \
                 have not used before.\n\nAddress: {address}\nBrowser: {user_agent}\n\nIf it was \
                 not you, end that session and change your password:\n\n{base}/settings/security"
            ),
        ),
        Letter::Invitation {
            company,
            inviter,
            role,
        } => (
            format!("{inviter} invites you to {company} on Weighbridge"),
            format!(
                "{inviter} invites you to the account {company} on Weighbridge, as \
                 {role}.\n\nAccept within 7 days:\n\n{}\n\nIf you do not expect this, do nothing.",
                link("invite")
            ),
        ),
        Letter::InvitedElsewhere { company } => (
            format!("{company} invited you on Weighbridge"),
            format!(
                "You were invited to the account {company} on Weighbridge. Your address belongs to \
                 another account already, and a person can be in one only.\n\nTo come into \
                 {company} too, ask to be invited by another address of yours; one with a plus \
                 part will do."
            ),
        ),
        Letter::AccessRequested {
            name,
            email,
            user_id,
            note,
        } => (
            format!("{name} asks for access to API keys"),
            format!(
                "{name} ({email}) asks to become Manager, to have access to API \
                 keys.{}\n\nDecide on the team page:\n\n{base}/settings/team?person={user_id}",
                if note.is_empty() {
                    String::new()
                } else {
                    format!("\n\nTheir note:\n\n{note}")
                }
            ),
        ),
        Letter::AccessDecided { granted: true, by } => (
            "You have access to API keys".to_owned(),
            format!("{by} made you Manager. You find the API keys here:\n\n{base}/live/api-keys"),
        ),
        Letter::AccessDecided { granted: false, by } => (
            "Your request for access to API keys".to_owned(),
            format!("{by} declined your request for access to API keys. Your role stays as it is."),
        ),
        Letter::ManagerByKey { email } => (
            format!("An API key asks to make {email} Manager"),
            format!(
                "A program with an API key of your account asks to make {email} Manager. That \
                 waits until an Admin approves.\n\nDecide on the team page:\n\n\
                 {base}/settings/team"
            ),
        ),
        Letter::KeyEnds {
            name,
            hint,
            mode,
            ends_at,
        } => (
            format!("The rolled API key {hint} ends soon and is still used"),
            format!(
                "The API key {name} ({hint}) was rolled and ends at {ends_at}. Programs still use \
                 it; after that they fail.\n\nSee which, and extend it if need \
                 be:\n\n{base}/{mode}/api-keys"
            ),
        ),
        Letter::ReceiverFails { target, page } => (
            format!("Callbacks to {target} fail"),
            format!(
                "A callback to {target} was given up: the receiver did not take it. Nothing is \
                 lost: once the receiver works, send it again.\n\nSee what it \
                 answered:\n\n{base}/{page}"
            ),
        ),
        Letter::ReceiverPaused { target, page } => (
            format!("Callbacks to {target} are paused"),
            format!(
                "{target} has taken no callback for three days, so it gets no more for now. New \
                 callbacks to it are held for 7 days. We try once an hour, and go on by ourselves \
                 as soon as one is taken.\n\nSee what it answered, or resume by \
                 hand:\n\n{base}/{page}"
            ),
        ),
        Letter::ReceiverResumed { target, page } => (
            format!("Callbacks to {target} go out again"),
            format!(
                "{target} takes callbacks again. What was held is on its way.\n\nFollow \
                 it:\n\n{base}/{page}"
            ),
        ),
    };
    // Names come from people; a line of theirs must not become a header of ours.
    let subject = subject.replace(char::is_control, " ");
    Some(Words {
        subject,
        text: format!("{text}\n\n-- \nWeighbridge, {base}\n"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_105_links_start_with_the_public_address_and_carry_the_token_in_the_fragment() {
        let base = "https://wb.example.com";
        for (letter, link) in [
            (
                Letter::ConfirmAddress {
                    company: "Acme".into(),
                },
                "https://wb.example.com/confirm#T0ken",
            ),
            (Letter::ResetPassword, "https://wb.example.com/reset#T0ken"),
        ] {
            let words = write(&letter, base, Some("T0ken")).unwrap();
            assert!(words.text.lines().any(|line| line == link), "{words:?}");
        }
    }

    #[test]
    fn a_name_makes_no_header() {
        let letter = Letter::Invitation {
            company: "Acme\r\nBcc: all@example.com".into(),
            inviter: "Ada".into(),
            role: "member".into(),
        };
        let words = write(&letter, "http://x", None).unwrap();
        assert!(!words.subject.contains(['\r', '\n']), "{words:?}");
    }
}
