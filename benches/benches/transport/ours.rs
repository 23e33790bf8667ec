//! By purlin.

use crate::sshds::Sshds;
use crate::{COMMANDS, SERIAL};
use purlin_benches::cpu_time;
use purlin_core::Cx;
use purlin_transport::{Command, Facts, Host, Probe, SessionExt, Shell, ShellSettings, Ssh, Transport};
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

pub(crate) fn cx() -> Cx {
    Cx::background().with_timeout(Duration::from_secs(300))
}

async fn shell(ssh: &Ssh, host: &Host) -> Shell {
    Shell::new(ssh.connect(&cx(), host).await.expect("it connects"), ShellSettings::new())
}

/// Milliseconds of CPU for all hosts.
pub(crate) fn commands(runtime: &Runtime, sshds: &Sshds) -> f64 {
    let (ssh, hosts) = sshds.transport();
    let begun = cpu_time();
    runtime.block_on(async {
        let mut all = JoinSet::new();
        for host in hosts {
            let ssh = ssh.clone();
            all.spawn(async move {
                let shell = shell(&ssh, &host).await;
                for number in 0..COMMANDS {
                    let probe = Probe::new("test -d /tmp && echo \"$1\"").arg(number.to_string());
                    let answer = shell.ask(&cx(), &probe).await.expect("it answers");
                    assert_eq!(answer.stdout.line(), number.to_string());
                }
            });
        }
        all.join_all().await;
    });
    (cpu_time() - begun).as_secs_f64() * 1e3
}

/// Milliseconds of CPU for all hosts.
pub(crate) fn facts(runtime: &Runtime, sshds: &Sshds) -> f64 {
    let (ssh, hosts) = sshds.transport();
    let begun = cpu_time();
    runtime.block_on(async {
        let mut all = JoinSet::new();
        for host in hosts {
            let ssh = ssh.clone();
            all.spawn(async move {
                let facts = Facts::gather(&cx(), &shell(&ssh, &host).await).await.expect("it answers");
                assert!(facts.kernel.known().is_some());
            });
        }
        all.join_all().await;
    });
    (cpu_time() - begun).as_secs_f64() * 1e3
}

/// The middle one of many elapsed times, in milliseconds.
pub(crate) fn serial(runtime: &Runtime, sshds: &Sshds) -> f64 {
    let (ssh, hosts) = sshds.transport();
    runtime.block_on(async {
        let session = ssh.connect(&cx(), &hosts[0]).await.expect("it connects");
        let command = Command::new("true");
        let mut times = Vec::with_capacity(SERIAL);
        for _ in 0..SERIAL {
            let begun = Instant::now();
            assert!(session.run(&cx(), &command).await.expect("it runs").is_success());
            times.push(begun.elapsed());
        }
        middle(times)
    })
}

pub(crate) fn middle(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64() * 1e3
}
