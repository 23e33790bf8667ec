//! The shapes of facts, for `fleet schema`. The values themselves are the library's; a test holds the two together.

#![expect(dead_code, reason = "only schemas are made of these; no value of them ever exists")]

use crate::output::Integer;
use schemars::JsonSchema;

/// What is known of a host.
#[derive(JsonSchema)]
pub(super) struct Facts {
    /// The distribution, from os-release(5).
    os: Fact<Os>,
    /// The kernel.
    kernel: Fact<Kernel>,
    /// The processors.
    cpu: Fact<Cpu>,
    /// The memory.
    memory: Fact<Memory>,
    /// The disks, without loop devices and memory disks.
    disks: Fact<Vec<Disk>>,
    /// What is mounted.
    mounts: Fact<Vec<Mount>>,
    /// How full the local file systems are.
    usage: Fact<Vec<Usage>>,
    /// The network interfaces.
    interfaces: Fact<Vec<Interface>>,
    /// Their addresses.
    addresses: Fact<Vec<Address>>,
    /// What the host runs in.
    virtualization: Fact<Virtualization>,
    /// The program that installs packages.
    package_manager: Fact<String>,
    /// How far the host's clock is from ours.
    clock: Fact<ClockOffset>,
}

/// A fact, or why it is missing.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
enum Fact<T> {
    Known(T),
    Missing(String),
}

#[derive(JsonSchema)]
struct Os {
    id: String,
    version: Option<String>,
    codename: Option<String>,
    name: String,
}

#[derive(JsonSchema)]
struct Kernel {
    system: String,
    release: String,
    machine: String,
    host_name: String,
}

#[derive(JsonSchema)]
struct Cpu {
    logical: u32,
    sockets: Option<u32>,
    model: Option<String>,
}

#[derive(JsonSchema)]
struct Memory {
    total: Integer,
    available: Option<Integer>,
    swap_total: Integer,
    swap_free: Integer,
}

#[derive(JsonSchema)]
struct Disk {
    name: String,
    size: Integer,
    rotational: bool,
    model: Option<String>,
}

#[derive(JsonSchema)]
struct Mount {
    point: String,
    source: String,
    kind: String,
    read_only: bool,
    network: bool,
}

#[derive(JsonSchema)]
struct Usage {
    point: String,
    size: Integer,
    used: Integer,
    available: Integer,
}

#[derive(JsonSchema)]
struct Interface {
    name: String,
    mac: Option<String>,
    mtu: Option<u32>,
    state: String,
}

#[derive(JsonSchema)]
struct Address {
    interface: String,
    address: String,
    prefix: u8,
}

#[derive(JsonSchema)]
struct Virtualization {
    kind: String,
    product: Option<String>,
}

#[derive(JsonSchema)]
struct ClockOffset {
    ahead_ms: i64,
    uncertainty_ms: u64,
}
