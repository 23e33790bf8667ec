//! What a host is besides its name.

use super::parts::{Faults, table, word, wrong};
use crate::Located;
use serde::Serialize;

/// What stays the same when a host is renamed or moved.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[non_exhaustive]
pub struct Identity {
    /// The machine's UUID (DMI, or the hypervisor's), in lower case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uuid: Option<String>,
    /// The maker's serial number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub serial: Option<String>,
    /// systemd's machine-id: 32 hexadecimal digits (machine-id(5)).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub machine_id: Option<String>,
}

const KEYS: [&str; 3] = ["uuid", "serial", "machine_id"];

impl Identity {
    pub(crate) fn read(value: &Located, faults: &mut Faults) -> Option<Self> {
        let map = table("identity", value, &KEYS, faults)?;
        if map.is_empty() {
            wrong(faults, value, "identity is empty", "its keys are uuid, serial, machine_id");
        }
        let uuid = map.get("uuid").and_then(|value| uuid(value, faults));
        let machine_id = map.get("machine_id").and_then(|value| machine_id(value, faults));
        let serial = map.get("serial").and_then(|value| word("serial", value, faults));
        Some(Self { uuid, serial: serial.map(str::to_owned), machine_id })
    }
}

fn uuid(value: &Located, faults: &mut Faults) -> Option<String> {
    let uuid = word("uuid", value, faults)?;
    let parts: Vec<&str> = uuid.split('-').collect();
    let fits = parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12])
        && parts.iter().all(|part| part.bytes().all(|byte| byte.is_ascii_hexdigit()));
    if !fits {
        wrong(faults, value, format!("{uuid:?} is no UUID"), "as in 4c4c4544-0042-3510-8056-b4c04f333432");
        return None;
    }
    Some(uuid.to_ascii_lowercase())
}

fn machine_id(value: &Located, faults: &mut Faults) -> Option<String> {
    let id = word("machine_id", value, faults)?;
    if id.len() != 32 || !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        wrong(
            faults,
            value,
            format!("{id:?} is no machine-id"),
            "32 hexadecimal digits, from /etc/machine-id",
        );
        return None;
    }
    Some(id.to_ascii_lowercase())
}
