//! Callbacks as accounts decide about them: events, and the way of plain http (callbacks.md 1, 5).

use std::fmt;
use std::str::FromStr;

/// What happens to a callback that would carry its auth key over plain http to a public address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum PlainHttp {
    /// It waits until a person decides.
    #[default]
    Hold,
    /// It is sent: the key can be read on the way.
    Send,
    /// Tasks and batches with such an address are not created.
    Refuse,
}

/// A text that names no [`PlainHttp`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be hold, send or refuse")]
pub struct NotAPlainHttp;

impl PlainHttp {
    /// The decision's name in the database and the app API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hold => "hold",
            Self::Send => "send",
            Self::Refuse => "refuse",
        }
    }
}

impl fmt::Display for PlainHttp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for PlainHttp {
    type Err = NotAPlainHttp;

    fn from_str(text: &str) -> Result<Self, NotAPlainHttp> {
        match text {
            "hold" => Ok(Self::Hold),
            "send" => Ok(Self::Send),
            "refuse" => Ok(Self::Refuse),
            _ => Err(NotAPlainHttp),
        }
    }
}

/// A kind of callback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallbackEvent {
    /// Value of `weighbridge-event`.
    pub name: &'static str,
    /// When it is sent, as a sentence.
    pub description: &'static str,
    /// The original sends it, too: every account gets it. Others go to accounts that subscribe.
    pub is_original: bool,
}

/// Every kind of callback.
pub const CALLBACK_EVENTS: [CallbackEvent; 3] = [
    CallbackEvent {
        name: "task.completed",
        description: "A task was answered.",
        is_original: true,
    },
    CallbackEvent {
        name: "task.error",
        description: "A task could not be answered.",
        is_original: true,
    },
    CallbackEvent {
        name: "batch.completed",
        description: "The last task of a batch ended.",
        is_original: true,
    },
];

/// Names of all kinds, for an error text.
pub fn event_names() -> String {
    CALLBACK_EVENTS.map(|event| event.name).join(", ")
}

/// The kind of this name.
pub fn callback_event(name: &str) -> Option<CallbackEvent> {
    CALLBACK_EVENTS.into_iter().find(|event| event.name == name)
}
