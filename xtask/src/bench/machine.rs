//! The machine that figures were taken on, in words that hold no name of it.

use crate::process::Program;
use serde::{Deserialize, Serialize};

/// What one must know to compare figures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Machine {
    pub(super) cores: usize,
    pub(super) cpu: String,
    pub(super) kernel: String,
    pub(super) rustc: String,
}

impl Machine {
    pub(super) fn here() -> Result<Self, String> {
        let cpus = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        Ok(Self {
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            cpu: cpu_model(&cpus).unwrap_or("unknown").to_owned(),
            kernel: format!("{} {}", std::env::consts::OS, kernel_version(&release)),
            rustc: Program::new("rustc").args(["--version"]).stdout()?.trim().to_owned(),
        })
    }
}

fn cpu_model(cpuinfo: &str) -> Option<&str> {
    cpuinfo
        .lines()
        .find(|line| line.starts_with("model name"))?
        .split_once(':')
        .map(|(_, model)| model.trim())
}

/// What follows the numbers is the builder's own name for the kernel.
fn kernel_version(release: &str) -> &str {
    release.trim().split(|c: char| c != '.' && !c.is_ascii_digit()).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machine_is_described_without_its_name() {
        let cpuinfo = "processor\t: 0\nmodel name\t: Some CPU @ 2.10GHz\n";
        assert_eq!(cpu_model(cpuinfo), Some("Some CPU @ 2.10GHz"));
        assert_eq!(kernel_version("6.1.0-13-cloud-amd64\n"), "6.1.0");
        assert_eq!(kernel_version(""), "");
    }

    #[test]
    fn this_machine_has_a_compiler() {
        assert!(Machine::here().unwrap().rustc.starts_with("rustc "));
    }
}
