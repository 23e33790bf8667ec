//! Which address is tried when.

use super::{Address, AddressList, ConnectData, Description, Descriptor, Security, render};
use std::time::Duration;

/// One address, and what is asked for there.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Attempt {
    /// Where.
    pub address: Address,
    /// What is asked for.
    pub connect_data: ConnectData,
    /// About TLS.
    pub security: Security,
    /// How long it may take from the name to the session, where that is said.
    pub connect_timeout: Option<Duration>,
    /// How long it may take to a TCP connection, where that is said.
    pub transport_connect_timeout: Option<Duration>,
    /// The largest packet, where that is said.
    pub sdu: Option<u32>,
}

impl Attempt {
    pub(crate) fn new(description: &Description, address: &Address) -> Self {
        Self {
            address: address.clone(),
            connect_data: description.connect_data.clone(),
            security: description.security.clone(),
            connect_timeout: description.connect_timeout,
            transport_connect_timeout: description.transport_connect_timeout,
            sdu: description.sdu,
        }
    }

    /// A descriptor of this address alone, with `RETRY_COUNT=0` and `RETRY_DELAY=0`, for a driver that would try again by
    /// itself.
    pub fn connect_string(&self) -> String {
        self.connect_string_at(&self.address)
    }

    /// The same for another address that leads there, such as a relay's.
    pub fn connect_string_at(&self, address: &Address) -> String {
        render::once(address, &self.connect_data, self.sdu)
    }

    /// What a listener is asked.
    pub(crate) fn question(&self, more: &str) -> String {
        render::question(&self.address, &self.connect_data, more)
    }
}

pub(super) fn all(descriptor: &Descriptor, seed: u64) -> Vec<Attempt> {
    let mut dice = fastrand::Rng::with_seed(seed);
    let mut attempts = Vec::new();
    let Descriptor { descriptions, failover, load_balance, .. } = descriptor;
    for description in ordered(descriptions, *failover, *load_balance, &mut dice) {
        let Description { address_lists, failover, load_balance, .. } = description;
        for list in ordered(address_lists, *failover, *load_balance, &mut dice) {
            let AddressList { addresses, failover, load_balance } = list;
            let addresses = ordered(addresses, *failover, *load_balance, &mut dice);
            attempts.extend(addresses.into_iter().map(|address| Attempt::new(description, address)));
        }
    }
    attempts
}

fn ordered<'a, T>(all: &'a [T], failover: bool, shuffle: bool, dice: &mut fastrand::Rng) -> Vec<&'a T> {
    let mut order: Vec<_> = all.iter().collect();
    if shuffle {
        dice.shuffle(&mut order);
    }
    order.truncate(if failover { usize::MAX } else { 1 });
    order
}
