//! `fleet run`, `fleet facts` and `fleet copy`: on this machine, and over ssh with real servers.

mod bad_input;
mod copy;
mod facts;
mod keys;
mod run;
mod ssh;
mod stops;

use crate::schema::{faults, schema};
use crate::support::{Home, text};
use purlin_testkit::{Output, ReservedPort, Sshd, SshdSettings};
use serde_json::Value;
use std::fmt::Write;
use std::path::PathBuf;

/// Hosts that are this machine, by the names `h01` and on.
fn local(count: usize) -> Home {
    let home = Home::new();
    let line = |number: usize| format!("h{number:02} ansible_connection=local\n");
    home.write("up/here/hosts.ini", &(1..=count).map(line).collect::<String>());
    home
}

/// Hosts over ssh, by the names `web01` and on, each with a server of its own.
struct Estate {
    home: Home,
    sshds: Vec<Sshd>,
}

/// None where OpenSSH's server cannot be used.
fn estate(count: usize) -> Option<Estate> {
    let start = |count: usize| {
        std::thread::spawn(move || {
            let all = (0..count).map(|_| SshdSettings::new().start().unwrap());
            all.collect::<Option<Vec<Sshd>>>()
        })
    };
    // Most of a start is waiting for keys and for the port.
    let parts: Vec<_> = (0..count.min(5)).map(|part| start((count + part) / count.min(5))).collect();
    let sshds: Option<Vec<Vec<Sshd>>> = parts.into_iter().map(|part| part.join().unwrap()).collect();
    let sshds: Vec<Sshd> = sshds?.into_iter().flatten().take(count).collect();
    assert_eq!(sshds.len(), count);
    let estate = Estate { home: Home::new(), sshds };
    let hosts = (1..).zip(&estate.sshds).fold(String::new(), |mut text, (number, sshd)| {
        let _ = writeln!(text, "web{number:02} {}", connection(sshd));
        text
    });
    estate.home.write("up/here/hosts.ini", &hosts);
    let known: String = estate.sshds.iter().map(known).collect();
    estate.known_hosts(&known);
    Some(estate)
}

/// The line of a host at whose port nobody listens.
fn gone(port: &ReservedPort) -> String {
    format!("gone ansible_host=127.0.0.1 ansible_port={} ansible_user=nobody\n", port.number())
}

/// How a host is reached, as an inventory of Ansible has it.
fn connection(sshd: &Sshd) -> String {
    format!(
        "ansible_host=127.0.0.1 ansible_port={} ansible_user={} ansible_ssh_private_key_file={}",
        sshd.address().port(),
        sshd.user(),
        text(&sshd.key())
    )
}

/// A line of known hosts.
fn known(sshd: &Sshd) -> String {
    format!("[127.0.0.1]:{} {}\n", sshd.address().port(), sshd.host_key())
}

impl Estate {
    fn known_hosts(&self, text: &str) -> PathBuf {
        self.home.write(".ssh/known_hosts", text)
    }

    /// Adds hosts to the inventory.
    fn add(&self, lines: &str) {
        let path = self.home.path("up/here/hosts.ini");
        let hosts = std::fs::read_to_string(&path).unwrap();
        self.home.write("up/here/hosts.ini", &format!("{hosts}{lines}"));
    }
}

/// The lines of JSON on standard output, each as its schema says.
#[track_caller]
fn lines(home: &Home, name: &str, output: &Output) -> Vec<Value> {
    let schema = schema(home, name);
    let lines: Vec<Value> =
        output.stdout.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    for line in &lines {
        assert_eq!(faults(&schema, &schema, line, name), Vec::<String>::new(), "{line}");
        assert_eq!(line["format"], format!("fleet.{name}"));
    }
    lines
}

/// The line of one host.
#[track_caller]
fn of<'l>(lines: &'l [Value], host: &str) -> &'l Value {
    lines.iter().find(|line| line["host"] == host).expect(host)
}
