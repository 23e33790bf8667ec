//! What people use instead, in a virtual environment of the bench's own.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Loads and resolves everything; prints milliseconds of CPU, imports left out.
const LOAD: &str = "
import sys, time
from ansible.parsing.dataloader import DataLoader
from ansible.inventory.manager import InventoryManager
from ansible.vars.manager import VariableManager
begun = time.process_time()
loader = DataLoader()
inventory = InventoryManager(loader=loader, sources=[sys.argv[1]])
variables = VariableManager(loader=loader, inventory=inventory)
for host in inventory.get_hosts():
    variables.get_vars(host=host, include_hostvars=False)
print((time.process_time() - begun) * 1e3)
";

/// Builds a set of the names in a file, and folds it; prints milliseconds of CPU for both.
const NODE_SET: &str = "
import sys, time
from ClusterShell.NodeSet import NodeSet
names = open(sys.argv[1]).read().split()
best = [1e9, 1e9]
for _ in range(3):
    begun = time.process_time()
    built = NodeSet.fromlist(names)
    folding = time.process_time()
    str(built)
    folded = time.process_time()
    best = [min(best[0], folding - begun), min(best[1], folded - folding)]
print(best[0] * 1e3, best[1] * 1e3)
";

/// A virtual environment with ansible-core and ClusterShell.
pub(crate) struct Peers {
    bin: PathBuf,
}

impl Peers {
    /// Makes it below this folder where it is not there; none, with a note, where that fails.
    pub(crate) fn below(folder: &Path) -> Option<Self> {
        let home = folder.join("inventory-peers");
        let bin = home.join("bin");
        let complete = home.join("complete-1");
        if !complete.exists() {
            let packages = ["ansible-core==2.19.14", "ClusterShell==1.10.1"];
            let made = succeeds(Command::new("python3").args(["-m", "venv"]).arg(&home))
                && succeeds(Command::new(bin.join("pip")).args(["install", "--quiet"]).args(packages))
                && std::fs::write(&complete, "").is_ok();
            if !made {
                note("no ansible-core and ClusterShell to compare with: python3 -m venv or pip failed");
                return None;
            }
        }
        Some(Self { bin })
    }

    /// Milliseconds of CPU that ansible-core takes for an inventory and all variables of all hosts.
    pub(crate) fn load(&self, inventory: &Path) -> f64 {
        self.python(LOAD, inventory).first().copied().unwrap_or(f64::NAN)
    }

    /// Milliseconds of CPU that ClusterShell takes to build a set of the names in a file, and to fold it.
    pub(crate) fn node_set(&self, names: &Path) -> [f64; 2] {
        self.python(NODE_SET, names).try_into().unwrap_or([f64::NAN; 2])
    }

    /// `ansible --list-hosts`.
    pub(crate) fn list_hosts(&self, inventory: &Path, pattern: &str) -> Command {
        let mut command = self.command("ansible");
        command.arg("-i").arg(inventory).args(["--list-hosts", pattern]);
        command
    }

    fn python(&self, program: &str, argument: &Path) -> Vec<f64> {
        let output = self.command("python").args(["-c", program]).arg(argument).output();
        let Some(output) = output.ok().filter(|output| output.status.success()) else {
            note("a peer failed");
            return Vec::new();
        };
        let text = String::from_utf8_lossy(&output.stdout);
        text.split_whitespace().filter_map(|word| word.parse().ok()).collect()
    }

    /// A program of the environment, which reads no settings of the machine.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.bin.join(program));
        command.env("ANSIBLE_CONFIG", "/nonexistent.cfg").env("ANSIBLE_LOCALHOST_WARNING", "0");
        command.env("ANSIBLE_INVENTORY_ENABLED", "ini,yaml").stdin(Stdio::null());
        command
    }
}

fn succeeds(command: &mut Command) -> bool {
    let quiet = command.stdin(Stdio::null()).stdout(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

#[expect(clippy::print_stderr, reason = "a note about figures that are left out")]
fn note(text: &str) {
    eprintln!("note: {text}");
}
