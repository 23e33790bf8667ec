//! 100 MB to one host, beside scp: elapsed time from the connect on, since scp makes a connection for each.

use crate::line;
use crate::ours::cx;
use crate::sshds::Sshds;
use purlin_benches::Measured;
use purlin_transport::{Host, SessionExt, Transport, WriteFile};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

const SIZE: usize = 100_000_000;
const FAR: Duration = Duration::from_millis(10);

pub(crate) fn run(runtime: &Runtime, sshds: &Sshds) {
    let near = Measured::new(
        "transport.upload",
        "100 MB to one host, on the disk and compared there, elapsed time",
        "ms",
    );
    let far = Measured::new("transport.upload_far", "the same, 20 ms there and back", "ms");
    let file = sshds.path("100MB");
    let one = &sshds.all[0];
    for (figure, delay) in [(near, Duration::ZERO), (far, FAR)] {
        let figure = figure.peer("scp, neither on the disk nor compared").goal_ratio(1.0).rounds(3);
        if !figure.is_wanted() {
            continue;
        }
        if !file.exists() {
            let bytes: Vec<u8> = (0..SIZE).map(|number| ((number * 7919) >> 3) as u8).collect();
            std::fs::write(&file, bytes).expect("a file");
        }
        let port = match delay {
            Duration::ZERO => one.address().port(),
            delay => line::start(one.address(), delay).port(),
        };
        sshds.also_at(port);
        let place = one.folder().join("100MB");
        figure
            .run(|| ours(runtime, sshds, &file, &place, port), Some(&mut || scp(sshds, &file, &place, port)));
    }
}

fn ours(runtime: &Runtime, sshds: &Sshds, file: &Path, place: &Path, port: u16) -> f64 {
    let _ = std::fs::remove_file(place);
    let (ssh, hosts) = sshds.transport();
    let host: Host = hosts[0].clone().port(port);
    let place = place.display().to_string();
    let begun = Instant::now();
    runtime.block_on(async {
        let session = ssh.connect(&cx(), &host).await.expect("it connects");
        let written = session.write(&cx(), &WriteFile::new(&*place, PathBuf::from(file))).await;
        let written = written.expect("it is written");
        assert!(written.changed && written.verified);
        assert!(session.stat(&cx(), &place).await.expect("it answers").is_some());
    });
    begun.elapsed().as_secs_f64() * 1e3
}

fn scp(sshds: &Sshds, file: &Path, place: &Path, port: u16) -> f64 {
    let _ = std::fs::remove_file(place);
    let one = &sshds.all[0];
    let known = format!("UserKnownHostsFile={}", sshds.known_hosts().display());
    // ssh wants a key that nobody else can read, and one that is ours.
    let key = sshds.path("id");
    std::fs::copy(one.key(), &key).expect("a file");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).expect("a file");
    let begun = Instant::now();
    let status = Command::new("scp")
        .args(["-q", "-B", "-F", "none", "-o", &known, "-o", "StrictHostKeyChecking=yes"])
        .args(["-o", "IdentitiesOnly=yes", "-i"])
        .arg(&key)
        .args(["-P", &port.to_string()])
        .arg(file)
        .arg(format!("{}@127.0.0.1:{}", one.user(), place.display()))
        .status()
        .expect("scp runs");
    assert!(status.success(), "scp copies");
    begun.elapsed().as_secs_f64() * 1e3
}
