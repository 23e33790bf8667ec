//! What a host is: its system, processors, memory, disks, mounts, addresses, clock.

mod parse;
mod sections;
#[cfg(test)]
mod tests;

use crate::{Output, Shell};
use parse::Parsed;
use purlin_core::{Cx, Result, Timestamp};
use sections::{SECTIONS, Section};
use serde::Serialize;

/// What is known of a host, each part with its value or the reason why it is not known. Sizes are in bytes.
///
/// ```
/// use purlin_core::Cx;
/// use purlin_transport::{Facts, Host, Local, Shell, ShellSettings, Transport};
///
/// # #[cfg(unix)]
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let cx = Cx::background();
/// let here = Local::new().connect(&cx, &Host::new("here")).await?;
/// let facts = Facts::gather(&cx, &Shell::new(here, ShellSettings::new())).await?;
/// assert_eq!(facts.kernel.known().unwrap().system, "Linux");
/// # Ok::<(), purlin_core::Error>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Facts {
    /// The distribution, from os-release(5).
    pub os: Fact<Os>,
    /// The kernel, from `uname`.
    pub kernel: Fact<Kernel>,
    /// The processors.
    pub cpu: Fact<Cpu>,
    /// The memory.
    pub memory: Fact<Memory>,
    /// The disks, without loop devices and memory disks.
    pub disks: Fact<Vec<Disk>>,
    /// What is mounted. File systems of the network are listed and never touched: one whose server is dead would hang.
    pub mounts: Fact<Vec<Mount>>,
    /// How full the local file systems are, by mount point.
    pub usage: Fact<Vec<Usage>>,
    /// The network interfaces.
    pub interfaces: Fact<Vec<Interface>>,
    /// Their addresses.
    pub addresses: Fact<Vec<Address>>,
    /// What the host runs in.
    pub virtualization: Fact<Virtualization>,
    /// The program that installs packages, such as `apt-get`.
    pub package_manager: Fact<String>,
    /// How far the host's clock is from ours.
    pub clock: Fact<ClockOffset>,
}

/// A fact, or why it is missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Fact<T> {
    /// It is known.
    Known(T),
    /// It is not, and why.
    Missing(String),
}

impl<T> Fact<T> {
    /// The value, where it is known.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Missing(_) => None,
        }
    }

    /// Why it is not known, where it is not.
    pub fn missing(&self) -> Option<&str> {
        match self {
            Self::Known(_) => None,
            Self::Missing(why) => Some(why),
        }
    }
}

/// A distribution, as os-release(5) names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Os {
    /// Its name in lower case, such as `debian`.
    pub id: String,
    /// Its version, such as `12`; rolling ones have none.
    pub version: Option<String>,
    /// Its code name, such as `bookworm`.
    pub codename: Option<String>,
    /// Its name for people.
    pub name: String,
}

/// A kernel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Kernel {
    /// Such as `Linux`.
    pub system: String,
    /// Such as `6.1.0-18-amd64`.
    pub release: String,
    /// Such as `x86_64`.
    pub machine: String,
    /// The host's own name for itself.
    pub host_name: String,
}

/// The processors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Cpu {
    /// How many threads run at once.
    pub logical: u32,
    /// How many chips there are, where the kernel tells.
    pub sockets: Option<u32>,
    /// What they are called.
    pub model: Option<String>,
}

/// The memory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Memory {
    /// All of it.
    pub total: u64,
    /// What a new program could have without swapping (`MemAvailable`).
    pub available: Option<u64>,
    /// All of the swap space.
    pub swap_total: u64,
    /// What is free of it.
    pub swap_free: u64,
}

/// A disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Disk {
    /// Such as `sda`.
    pub name: String,
    /// How large it is.
    pub size: u64,
    /// Whether it turns.
    pub rotational: bool,
    /// What it is called.
    pub model: Option<String>,
}

/// A mounted file system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Mount {
    /// Where.
    pub point: String,
    /// From where, such as `/dev/sda1` or `nas:/export`.
    pub source: String,
    /// Its type, such as `ext4`.
    pub kind: String,
    /// Whether it is mounted to be read only.
    pub read_only: bool,
    /// Whether it comes over the network.
    pub network: bool,
}

/// How full a file system is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Usage {
    /// Where it is mounted.
    pub point: String,
    /// How large it is.
    pub size: u64,
    /// What is used of it.
    pub used: u64,
    /// What is left for ordinary users.
    pub available: u64,
}

/// A network interface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Interface {
    /// Such as `eth0`.
    pub name: String,
    /// Its address in its own network, such as `52:54:00:12:34:56`.
    pub mac: Option<String>,
    /// The longest packet that it sends.
    pub mtu: Option<u32>,
    /// As the kernel says it, such as `up`.
    pub state: String,
}

/// An address of an interface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Address {
    /// The interface.
    pub interface: String,
    /// The address.
    pub address: std::net::IpAddr,
    /// How many of its bits are the network's.
    pub prefix: u8,
}

/// What a host runs in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Virtualization {
    /// Such as `none`, `kvm`, `vmware`, `docker`; `unknown` where a hypervisor does not tell its name.
    pub kind: String,
    /// What the firmware says of the machine, such as `QEMU Standard PC`.
    pub product: Option<String>,
}

/// How far a clock is from ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ClockOffset {
    /// Milliseconds by which the host's clock is ahead; negative: behind.
    pub ahead_ms: i64,
    /// By how much that may be wrong, in milliseconds: half of the time that asking took, and half a second more where the
    /// host tells whole seconds only.
    pub uncertainty_ms: u64,
}

impl Facts {
    /// Asks for everything in one round trip. Each part has a limit of its own, and one that takes longer costs nobody
    /// else's answer.
    ///
    /// # Errors
    /// Those of [`Shell::ask`], where the host cannot be asked at all; a part that cannot be had is no error.
    pub async fn gather(cx: &Cx, shell: &Shell) -> Result<Self> {
        let probes: Vec<_> = SECTIONS.iter().map(Section::probe).collect();
        let answers = shell.ask_all(cx, &probes).await;
        let now = cx.clock().timestamp();
        match answers.iter().find_map(|answer| answer.as_ref().err()) {
            Some(error) if answers.iter().all(Result::is_err) => Err(error.clone()),
            _ => Ok(Self::of(&answers, now)),
        }
    }

    /// Of the answers to all sections, in their order; the last one came now.
    fn of(answers: &[Result<Output>], now: Timestamp) -> Self {
        let of = |section: Section| answers.get(section as usize);
        Self {
            os: fact(of(Section::Os), parse::os),
            kernel: fact(of(Section::Kernel), parse::kernel),
            cpu: fact(of(Section::Cpu), parse::cpu),
            memory: fact(of(Section::Memory), parse::memory),
            disks: fact(of(Section::Disks), parse::disks),
            mounts: fact(of(Section::Mounts), parse::mounts),
            usage: fact(of(Section::Usage), parse::usage),
            interfaces: fact(of(Section::Interfaces), parse::interfaces),
            addresses: fact(of(Section::Addresses), parse::addresses),
            virtualization: fact(of(Section::Virtualization), parse::virtualization),
            package_manager: fact(of(Section::Packages), parse::package_manager),
            clock: match of(Section::Clock) {
                Some(Ok(output)) => {
                    let took = output.took;
                    fact(of(Section::Clock), |text| parse::clock(text, now, took))
                }
                answer => fact(answer, |_| Err("it was not asked for".to_owned())),
            },
        }
    }
}

fn fact<T>(answer: Option<&Result<Output>>, parse: impl FnOnce(&str) -> Parsed<T>) -> Fact<T> {
    let parsed = match answer {
        None => Err("it was not asked for".to_owned()),
        Some(Err(error)) => Err(error.to_string()),
        Some(Ok(output)) if !output.is_success() => Err(output.failure().message().to_owned()),
        Some(Ok(output)) if output.stdout.is_cut() => Err("the host says too much".to_owned()),
        Some(Ok(output)) => parse(&output.stdout.text()),
    };
    parsed.map_or_else(Fact::Missing, Fact::Known)
}
