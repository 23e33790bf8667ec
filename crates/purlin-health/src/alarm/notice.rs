//! What is to be told, and to whom still.

use crate::Transition;
use serde::{Deserialize, Serialize};

/// One thing to tell, until everybody was told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Notice {
    /// Its place in the order of all notices.
    pub number: u64,
    /// The names of the publishers that have not taken it yet.
    pub to: Vec<String>,
    /// What is told.
    pub transition: Transition,
}
