//! Whether the host is the one that is meant, and why its link ended.

use super::keys::HostKeys;
use purlin_core::Error;
use russh::client::{DisconnectReason, Handler};
use russh::keys::PublicKeyOrCertificate;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// What russh asks while it speaks.
pub(super) struct Guard {
    keys: HostKeys,
    fate: Fate,
}

/// Why a link ended, told by the side that saw it.
#[derive(Debug, Clone, Default)]
pub(super) struct Fate(Arc<Mutex<Option<String>>>);

impl Fate {
    pub(super) fn told(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn tell(&self, why: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(why);
    }
}

/// Why russh gave up: for a reason of its own, or because a host's key is not to be believed.
#[derive(Debug)]
pub(super) enum Refusal {
    Russh(russh::Error),
    Key(Error),
}

impl From<russh::Error> for Refusal {
    fn from(error: russh::Error) -> Self {
        Self::Russh(error)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Russh(error) => write!(f, "{error}"),
            Self::Key(error) => write!(f, "{error}"),
        }
    }
}

impl Guard {
    pub(super) fn new(keys: HostKeys, fate: Fate) -> Self {
        Self { keys, fate }
    }
}

impl Handler for Guard {
    type Error = Refusal;

    async fn check_server_key(&mut self, shown: &PublicKeyOrCertificate) -> Result<bool, Refusal> {
        match self.keys.check(shown) {
            Ok(()) => Ok(true),
            Err(error) => Err(Refusal::Key(error)),
        }
    }

    async fn disconnected(&mut self, reason: DisconnectReason<Refusal>) -> Result<(), Refusal> {
        match reason {
            DisconnectReason::ReceivedDisconnect(info) => {
                self.fate.tell(format!("the host said {:?}", info.message));
                Ok(())
            }
            DisconnectReason::Error(refusal) => {
                self.fate.tell(refusal.to_string());
                Err(refusal)
            }
        }
    }
}
