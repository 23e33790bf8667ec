//! From what a host says to what it means. Whatever it says, nothing here fails otherwise than with a reason.

use super::{Address, ClockOffset, Cpu, Disk, Interface, Kernel, Memory, Mount, Os, Usage, Virtualization};
use purlin_core::Timestamp;
use std::time::Duration;

pub(super) type Parsed<T> = Result<T, String>;

/// Types of file systems that come over the network, besides those whose name begins with `fuse.` and their like.
const NETWORK: [&str; 17] = [
    "9p",
    "afs",
    "beegfs",
    "ceph",
    "cifs",
    "coda",
    "fuse.glusterfs",
    "fuse.s3fs",
    "fuse.sshfs",
    "glusterfs",
    "gpfs",
    "lustre",
    "ncpfs",
    "nfs",
    "nfs4",
    "smb3",
    "smbfs",
];

/// What the lines of a file system's table count in.
const KIB: u64 = 1024;
/// What `/sys/block/*/size` counts in, whatever the disk's own sectors are.
const SECTOR: u64 = 512;

pub(super) fn os(text: &str) -> Parsed<Os> {
    let value = |name: &str| {
        let mut lines = text.lines().filter_map(|line| line.split_once('='));
        let (_, value) = lines.find(|(key, _)| key.trim() == name)?;
        let value = value.trim();
        let bare = ['"', '\''].iter().find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote));
        Some(bare.unwrap_or(value).to_owned()).filter(|value| !value.is_empty())
    };
    let id = value("ID").ok_or("os-release has no ID")?;
    let name = value("PRETTY_NAME").or_else(|| value("NAME")).unwrap_or_else(|| id.clone());
    Ok(Os { id, version: value("VERSION_ID"), codename: value("VERSION_CODENAME"), name })
}

pub(super) fn kernel(text: &str) -> Parsed<Kernel> {
    let mut lines = text.lines().map(str::to_owned);
    let mut next = || lines.next().filter(|line| !line.is_empty()).ok_or("uname says too little");
    Ok(Kernel { system: next()?, release: next()?, machine: next()?, host_name: next()? })
}

pub(super) fn cpu(text: &str) -> Parsed<Cpu> {
    let logical = text.lines().next().and_then(|line| line.trim().parse().ok()).filter(|count| *count > 0);
    let logical = logical.ok_or("the number of processors is not told")?;
    let values = |name: &str| {
        let pairs = text.lines().filter_map(|line| line.split_once(':'));
        let found = pairs.filter(|(key, _)| key.trim() == name).map(|(_, value)| value.trim().to_owned());
        found.collect::<Vec<_>>()
    };
    let sockets = u32::try_from(values("physical id").len()).ok().filter(|count| *count > 0);
    Ok(Cpu { logical, sockets, model: values("model name").into_iter().next() })
}

pub(super) fn memory(text: &str) -> Parsed<Memory> {
    let value = |name: &str| -> Option<u64> {
        let mut lines = text.lines().filter_map(|line| line.split_once(':'));
        let (_, value) = lines.find(|(key, _)| *key == name)?;
        value.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(KIB)
    };
    Ok(Memory {
        total: value("MemTotal").ok_or("meminfo has no MemTotal")?,
        available: value("MemAvailable"),
        swap_total: value("SwapTotal").unwrap_or(0),
        swap_free: value("SwapFree").unwrap_or(0),
    })
}

pub(super) fn disks(text: &str) -> Parsed<Vec<Disk>> {
    let disk = |line: &str| -> Option<Disk> {
        let mut words = line.splitn(4, ' ');
        let name = words.next()?.to_owned();
        let size = words.next()?.parse::<u64>().ok()?.checked_mul(SECTOR)?;
        let rotational = words.next()? == "1";
        let model = words.next().map(str::trim).filter(|model| !model.is_empty()).map(str::to_owned);
        Some(Disk { name, size, rotational, model })
    };
    each(text.lines(), disk)
}

pub(super) fn mounts(text: &str) -> Parsed<Vec<Mount>> {
    each(text.lines(), mount)
}

/// A line of mountinfo: see proc(5).
fn mount(line: &str) -> Option<Mount> {
    let (own, system) = line.split_once(" - ")?;
    let mut own = own.split(' ');
    let point = unescaped(own.nth(4)?);
    let options = own.next()?;
    let mut system = system.split(' ');
    let kind = system.next()?.to_owned();
    let source = unescaped(system.next()?);
    let super_options = system.next().unwrap_or_default();
    let read_only =
        [options, super_options].iter().any(|options| options.split(',').any(|option| option == "ro"));
    let network = NETWORK.contains(&kind.as_str());
    Some(Mount { point, source, kind, read_only, network })
}

/// With the spaces and the like that the kernel writes as `\040`.
fn unescaped(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let code =
            after.get(..3).filter(|_| first == b'\\').and_then(|digits| std::str::from_utf8(digits).ok());
        match code.and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = after.get(3..).unwrap_or_default();
            }
            None => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The form that POSIX gives `df -Pk`.
pub(super) fn usage(text: &str) -> Parsed<Vec<Usage>> {
    let line = |line: &str| -> Option<Usage> {
        // The name of a device may hold spaces; what comes after the percent sign is the mount point.
        let (front, point) = line.split_once("% ")?;
        let mut numbers = front.rsplit(' ').filter(|word| !word.is_empty()).skip(1);
        let mut next = || numbers.next()?.parse::<u64>().ok()?.checked_mul(KIB);
        let (available, used, size) = (next()?, next()?, next()?);
        Some(Usage { point: point.trim_start().to_owned(), size, used, available })
    };
    each(text.lines().skip(1), line)
}

pub(super) fn interfaces(text: &str) -> Parsed<Vec<Interface>> {
    let line = |line: &str| -> Option<Interface> {
        let mut words = line.split(' ');
        let (name, state) = (words.next()?.to_owned(), words.next()?.to_owned());
        let mtu = words.next()?.parse().ok();
        let mac =
            words.next().filter(|mac| mac.contains(':') && *mac != "00:00:00:00:00:00").map(str::to_owned);
        Some(Interface { name, mac, mtu, state })
    };
    each(text.lines(), line)
}

/// `2: eth0    inet 10.0.0.5/24 brd …`
pub(super) fn addresses(text: &str) -> Parsed<Vec<Address>> {
    let line = |line: &str| -> Option<Option<Address>> {
        let mut words = line.split_whitespace().skip(1);
        let interface = words.next()?.trim_end_matches(':').split('@').next()?.to_owned();
        if !matches!(words.next()?, "inet" | "inet6") {
            return Some(None);
        }
        let word = words.next()?;
        let (address, prefix) =
            word.split_once('/').unwrap_or((word, if word.contains(':') { "128" } else { "32" }));
        let prefix = prefix.parse().ok().filter(|prefix| *prefix <= 128)?;
        Some(Some(Address { interface, address: address.parse().ok()?, prefix }))
    };
    each(text.lines(), line).map(|found| found.into_iter().flatten().collect())
}

pub(super) fn virtualization(text: &str) -> Parsed<Virtualization> {
    let mut lines = text.lines().map(str::trim);
    let kind = lines.next().filter(|kind| !kind.is_empty()).ok_or("nothing is told")?.to_owned();
    let product = lines.next().filter(|product| !product.is_empty()).map(str::to_owned);
    Ok(Virtualization { kind, product })
}

pub(super) fn package_manager(text: &str) -> Parsed<String> {
    let name = text.trim();
    if name.is_empty() { Err("nothing is told".to_owned()) } else { Ok(name.to_owned()) }
}

/// `SECONDS.NANOSECONDS`; what follows the point is no number where `date` knows only seconds.
pub(super) fn clock(text: &str, now: Timestamp, took: Duration) -> Parsed<ClockOffset> {
    let (seconds, fraction) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let seconds: i64 = seconds.parse().map_err(|_| format!("date says {:?}", text.trim()))?;
    let nanos: Option<i64> = fraction.parse().ok().filter(|nanos| (0..1_000_000_000).contains(nanos));
    // In the middle of a second that is not told further.
    let theirs = seconds.saturating_mul(1000).saturating_add(nanos.map_or(500, |nanos| nanos / 1_000_000));
    let ours =
        now.unix_seconds().saturating_mul(1000).saturating_add(i64::from(now.subsec_nanos() / 1_000_000));
    let half = u64::try_from(took.as_millis() / 2).unwrap_or(u64::MAX);
    let ours = ours.saturating_sub(i64::try_from(half).unwrap_or(i64::MAX));
    let uncertainty_ms = half.saturating_add(if nanos.is_some() { 1 } else { 500 });
    Ok(ClockOffset { ahead_ms: theirs.saturating_sub(ours), uncertainty_ms })
}

/// Every line, or which one is not understood.
fn each<'t, T>(lines: impl Iterator<Item = &'t str>, parse: impl Fn(&str) -> Option<T>) -> Parsed<Vec<T>> {
    let read = |line: &str| {
        let start: String = line.chars().take(80).collect();
        parse(line).ok_or_else(|| format!("the line {start:?} is not understood"))
    };
    lines.filter(|line| !line.trim().is_empty()).map(read).collect()
}
