use super::*;
use proptest::prelude::*;
use std::time::Duration;

#[test]
fn a_distribution_is_read_with_and_without_quotes() {
    let debian = parse::os(
        "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nID=debian\nVERSION_ID='12'\nVERSION_CODENAME=bookworm\n",
    );
    let debian = debian.unwrap();
    assert_eq!((debian.id.as_str(), debian.version.as_deref()), ("debian", Some("12")));
    assert_eq!(debian.name, "Debian GNU/Linux 12 (bookworm)");
    assert_eq!(parse::os("ID=arch\nVERSION_ID=\n").unwrap().version, None);
    assert_eq!(parse::os("NAME=x\n").unwrap_err(), "os-release has no ID");
}

#[test]
fn processors_and_memory_are_counted() {
    let cpu = parse::cpu("8\nmodel name\t: Xeon\nphysical id\t: 0\nphysical id\t: 1\n").unwrap();
    assert_eq!((cpu.logical, cpu.sockets, cpu.model.as_deref()), (8, Some(2), Some("Xeon")));
    let arm = parse::cpu("4\n").unwrap();
    assert_eq!((arm.logical, arm.sockets, arm.model), (4, None, None));
    let memory =
        parse::memory("MemTotal:  16 kB\nMemAvailable: 8 kB\nSwapTotal: 4 kB\nSwapFree: 0 kB\n").unwrap();
    assert_eq!((memory.total, memory.available, memory.swap_total), (16_384, Some(8192), 4096));
}

#[test]
fn disks_are_told_in_bytes() {
    let disks = parse::disks("sda 2048 1 Fancy Disk 9\nvda 4 0 \n").unwrap();
    assert_eq!(
        (disks[0].size, disks[0].rotational, disks[0].model.as_deref()),
        (1_048_576, true, Some("Fancy Disk 9"))
    );
    assert_eq!((disks[1].name.as_str(), disks[1].model.as_deref()), ("vda", None));
}

#[test]
fn network_mounts_are_marked() {
    let text = "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n\
                23 1 0:44 / /srv/my\\040files ro,relatime - nfs4 nas:/export\\040one rw,vers=4.2\n";
    let mounts = parse::mounts(text).unwrap();
    assert_eq!((mounts[0].network, mounts[0].read_only, mounts[0].kind.as_str()), (false, false, "ext4"));
    assert_eq!((mounts[1].network, mounts[1].read_only), (true, true));
    assert_eq!((mounts[1].point.as_str(), mounts[1].source.as_str()), ("/srv/my files", "nas:/export one"));
}

#[test]
fn usage_is_that_of_posix() {
    let text = "Filesystem     1024-blocks    Used Available Capacity Mounted on\n/dev/sd a1          1000     400       600      40% /a b\n";
    let usage = parse::usage(text).unwrap();
    assert_eq!(
        (usage[0].point.as_str(), usage[0].size, usage[0].used, usage[0].available),
        ("/a b", 1_024_000, 409_600, 614_400)
    );
    assert_eq!(parse::usage("").unwrap(), []);
}

#[test]
fn interfaces_and_addresses_are_told() {
    let interfaces = parse::interfaces(
        "lo unknown 65536 00:00:00:00:00:00\neth0 up 1500 52:54:00:12:34:56\nwg0 down - -\n",
    )
    .unwrap();
    assert_eq!((interfaces[0].mac.as_deref(), interfaces[1].mtu), (None, Some(1500)));
    let text = "1: lo    inet 127.0.0.1/8 scope host lo\n2: eth0@if5    inet6 fe80::1/64 scope link\n2: eth0    link/ether x\n";
    let addresses = parse::addresses(text).unwrap();
    let told: Vec<String> =
        addresses.iter().map(|one| format!("{} {}/{}", one.interface, one.address, one.prefix)).collect();
    assert_eq!(told, ["lo 127.0.0.1/8", "eth0 fe80::1/64"]);
}

#[test]
fn a_clock_s_offset_says_how_sure_it_is() {
    let now = Timestamp::from_unix_seconds(1000);
    let took = Duration::from_millis(200);
    let fine = parse::clock("1001.250000000\n", now, took).unwrap();
    assert_eq!((fine.ahead_ms, fine.uncertainty_ms), (1350, 101));
    let coarse = parse::clock("1000.%N\n", now, took).unwrap();
    assert_eq!((coarse.ahead_ms, coarse.uncertainty_ms), (600, 600));
    assert!(parse::clock("soon", now, took).is_err());
}

/// The fuzz body: whatever a host says, each part is known or missing with a reason.
fn survives(text: &str) {
    let now = Timestamp::from_unix_seconds(0);
    let reasons = [
        parse::os(text).err(),
        parse::kernel(text).err(),
        parse::cpu(text).err(),
        parse::memory(text).err(),
        parse::disks(text).err(),
        parse::mounts(text).err(),
        parse::usage(text).err(),
        parse::interfaces(text).err(),
        parse::addresses(text).err(),
        parse::virtualization(text).err(),
        parse::package_manager(text).err(),
        parse::clock(text, now, Duration::MAX).err(),
    ];
    assert!(reasons.iter().flatten().all(|reason| !reason.is_empty()));
}

#[test]
fn the_corpus_is_survived() {
    let corpus = [
        "",
        "\n",
        "=",
        "ID=\"",
        "MemTotal: 99999999999999999999 kB",
        "MemTotal: 18446744073709551615 kB",
        "sda 18446744073709551615 1",
        " - ",
        "a b c d \\ - x y",
        "a b c d /\\777\\04 rw - nfs x",
        "h\n% ",
        "h\n1 2 3% /x",
        "1: a inet ::/999",
        "9223372036854775807.999999999",
        "-9223372036854775808.",
    ];
    corpus.iter().for_each(|text| survives(text));
}

proptest! {
    #[test]
    fn anything_is_survived(text in "(?s).{0,200}") {
        survives(&text);
    }

    #[test]
    fn anything_like_a_section_is_survived(text in "([A-Za-z0-9:./% =\\\\-]{0,40}\n){0,6}") {
        survives(&text);
    }
}
