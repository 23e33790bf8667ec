//! What stays in memory: beside a reader who stands still, and over many look-ups. Each is measured in a process of its own.

use crate::{ours, peer, person};
use purlin_benches::Measured;
use purlin_ldap::{Directory, DirectoryExt};
use purlin_testkit::Slapd;
use std::hint::black_box;
use std::io::Result;
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::time::Duration;
use tokio::runtime::Runtime;

/// What a child of this program is asked for, and the port of the server.
const FLAG: &str = "--memory-of=";
/// How long the reader stands still.
const STILL: Duration = Duration::from_secs(2);
const BEFORE: u32 = 50_000;
const AFTER: u32 = 350_000;

/// What is measured in a child.
pub(crate) struct Child {
    what: String,
    port: u16,
}

impl Child {
    pub(crate) fn asked_for() -> Option<Self> {
        let word = std::env::args().find_map(|word| word.strip_prefix(FLAG).map(str::to_owned))?;
        let (what, port) = word.split_once(':')?;
        Some(Self { what: what.to_owned(), port: port.parse().ok()? })
    }

    #[expect(clippy::print_stdout, reason = "the answer of a child to the bench")]
    pub(crate) fn run(self, runtime: &Runtime) -> Result<()> {
        let address = SocketAddr::from(([127, 0, 0, 1], self.port));
        let figure = match self.what.as_str() {
            "stalled-ours" => runtime.block_on(async {
                let directory = ours::open(address, 1).await;
                let mut entries = directory.search(&ours::cx(), &ours::everybody()).await.expect("entries");
                for _ in 0..10 {
                    black_box(entries.next().await.expect("an entry"));
                }
                tokio::time::sleep(STILL).await;
                peak()
            }),
            "stalled-peer" => runtime.block_on(async {
                let ldap = peer::open(address).await;
                let _stream = peer::begin(&ldap).await;
                tokio::time::sleep(STILL).await;
                peak()
            }),
            "growth-ours" => runtime.block_on(async {
                let (directory, cx) = (ours::open(address, 1).await, ours::cx());
                let mut before = 0.0;
                for number in 0..AFTER {
                    black_box(directory.user(&cx, &person(number)).await.expect("a user"));
                    if number == BEFORE {
                        before = resident();
                    }
                }
                (resident() - before) * f64::from(1 << 20) / f64::from(AFTER - BEFORE)
            }),
            _ => runtime.block_on(async {
                let ldap = peer::open(address).await;
                peer::one_by_one(&ldap, BEFORE).await;
                let before = resident();
                peer::one_by_one(&ldap, AFTER - BEFORE).await;
                (resident() - before) * f64::from(1 << 20) / f64::from(AFTER - BEFORE)
            }),
        };
        println!("{figure:.3}");
        Ok(())
    }
}

pub(crate) fn run(slapd: &Slapd) {
    let port = slapd.ldap().port();
    let what = "the most resident memory beside a reader who stands still at entry 10 of 10,000";
    Measured::new("ldap.stalled_memory", what, "MiB")
        .peer("ldap3, without pages")
        .goal(8.0)
        .rounds(1)
        .run(|| of_child("stalled-ours", port), Some(&mut || of_child("stalled-peer", port)));
    let what = "growth of the resident memory over 300,000 look-ups, each";
    Measured::new("ldap.growth", what, "B")
        .peer("ldap3")
        .goal(0.5)
        .rounds(1)
        .run(|| of_child("growth-ours", port).max(0.0), Some(&mut || of_child("growth-peer", port).max(0.0)));
}

fn of_child(what: &str, port: u16) -> f64 {
    let program = std::env::current_exe().expect("this program");
    let child = Command::new(program).arg(format!("{FLAG}{what}:{port}")).stderr(Stdio::inherit()).output();
    let told = String::from_utf8(child.expect("a child").stdout).unwrap_or_default();
    told.trim().parse().unwrap_or(f64::NAN)
}

fn resident() -> f64 {
    status("VmRSS:")
}

fn peak() -> f64 {
    status("VmHWM:")
}

/// A line of proc(5)'s status, in MiB.
fn status(name: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kibibytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok());
    kibibytes.unwrap_or(f64::NAN) / 1024.0
}
