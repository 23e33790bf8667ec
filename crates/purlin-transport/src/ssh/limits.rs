//! How many connections are made at once.

use super::way::Way;
use purlin_core::Endpoint;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Semaphore;

/// A limit for each network, and for each jump host.
pub(super) struct ConnectLimits {
    at_once: usize,
    places: Mutex<HashMap<String, Arc<Semaphore>>>,
}

impl ConnectLimits {
    pub(super) fn new(at_once: usize) -> Self {
        Self { at_once, places: Mutex::default() }
    }

    pub(super) fn of(&self, way: &Way) -> Arc<Semaphore> {
        let place = match &way.via {
            Some(jump) => format!("via {}", jump.endpoint),
            None => network(&way.endpoint),
        };
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        places.entry(place).or_insert_with(|| Arc::new(Semaphore::new(self.at_once))).clone()
    }
}

/// An address without its last part, a name without its first.
fn network(endpoint: &Endpoint) -> String {
    let host = endpoint.host().unwrap_or_default();
    let is_address = host.parse::<std::net::IpAddr>().is_ok();
    let split =
        if is_address { host.rsplit_once(['.', ':']) } else { host.split_once('.').map(|(a, b)| (b, a)) };
    split.map_or(host, |(network, _)| network).to_owned()
}
