//! What it costs to load estates of many hosts, to find hosts in them, and to fold their names.

#[path = "inventory/peers.rs"]
mod peers;

use peers::Peers;
use purlin_benches::estate::{Estate, shuffled_names};
use purlin_benches::{Measured, children_cpu_time, cpu_time};
use purlin_core::Cx;
use purlin_inventory::{Inventory, Loader, NodeSet};
use std::hint::black_box;
use std::io::{Error, Result};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tokio::runtime::{Builder, Runtime};

const ANSIBLE: &str = "ansible-core 2.19.14, InventoryManager and get_vars, without its imports";
const CLUSTER_SHELL: &str = "ClusterShell 1.10.1";
const PATTERN: &str = "role_web:&env_prod:!site_ams1";
/// What a child of this program is asked for: to load this file and to say how much memory that took.
const LOAD_ALONE: &str = "--load-alone=";

fn main() -> Result<()> {
    let bench = Bench::new()?;
    let alone = std::env::args().find_map(|word| word.strip_prefix(LOAD_ALONE).map(PathBuf::from));
    if let Some(file) = alone {
        return bench.load_alone(&file);
    }
    let ten =
        Measured::new("inventory.load_ini_10k", "load INI of 10,000 hosts, resolve all variables", "ms");
    bench.load(&ten.goal(120.0).peer(ANSIBLE), 10_000, "hosts.ini")?;
    let ten = Measured::new("inventory.load_yaml_10k", "the same of YAML", "ms");
    bench.load(&ten.goal(120.0).peer(ANSIBLE), 10_000, "hosts.yml")?;
    let what = "the same of the native format in TOML, each host written apart";
    let ten = Measured::new("inventory.native_10k", what, "ms");
    bench.load(&ten.goal(120.0), 10_000, "estate.toml")?;
    let hundred =
        Measured::new("inventory.load_ini_100k", "load INI of 100,000 hosts, resolve all variables", "ms");
    bench.load(&hundred.goal(1400.0), 100_000, "hosts.ini")?;
    bench.memory()?;
    bench.hosts()?;
    bench.pattern()?;
    bench.node_sets()
}

struct Bench {
    runtime: Runtime,
    /// Where estates and peers are kept.
    folder: PathBuf,
    peers: std::cell::OnceCell<Option<Peers>>,
}

impl Bench {
    fn new() -> Result<Self> {
        let runtime = Builder::new_current_thread().enable_time().build()?;
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
        Ok(Self { runtime, folder, peers: std::cell::OnceCell::new() })
    }

    fn peers(&self) -> Option<&Peers> {
        self.peers.get_or_init(|| Peers::below(&self.folder)).as_ref()
    }

    /// The estate of so many hosts as a file of its own folder, and how many variables its hosts have together.
    fn estate(&self, size: usize, name: &str) -> Result<(PathBuf, usize)> {
        let estate = Estate::new(size);
        let text = match name {
            "hosts.yml" => estate.yaml(),
            "estate.toml" => estate.native(),
            _ => estate.ini(),
        };
        let folder = self.folder.join(format!("estate-{size}"));
        std::fs::create_dir_all(&folder)?;
        let file = folder.join(name);
        std::fs::write(&file, text)?;
        Ok((file, estate.resolved()))
    }

    fn inventory(&self, file: &Path) -> Result<Inventory> {
        let loader = Loader::new().source(file.display().to_string());
        let loaded = self.runtime.block_on(loader.load(&Cx::background()));
        Ok(loaded.map_err(Error::other)?.inventory)
    }

    fn load(&self, measured: &Measured, size: usize, name: &str) -> Result<()> {
        if !measured.is_wanted() {
            return Ok(());
        }
        let (file, variables) = self.estate(size, name)?;
        // The peer takes 12 s for 10,000 hosts, and more than 10 times that for 100,000.
        let mut peer = self.peers().filter(|_| measured.has_peer()).map(|peers| once(|| peers.load(&file)));
        let ours = || {
            let begun = cpu_time();
            let Ok(inventory) = self.inventory(&file) else { return f64::NAN };
            let resolved = resolve(&inventory);
            let spent = (cpu_time() - begun).as_secs_f64() * 1e3;
            if resolved == variables { spent } else { f64::NAN }
        };
        measured.run(ours, peer.as_mut().map(|peer| peer as &mut dyn FnMut() -> f64));
        Ok(())
    }

    #[expect(clippy::print_stdout, reason = "the answer of a child to the bench")]
    fn load_alone(&self, file: &Path) -> Result<()> {
        let inventory = self.inventory(file)?;
        black_box(resolve(&inventory));
        // proc(5): the highest resident set so far, in KiB.
        let status = std::fs::read_to_string("/proc/self/status")?;
        let highest = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        println!("{}", highest.unwrap_or_default().trim().trim_end_matches(" kB"));
        Ok(())
    }

    fn memory(&self) -> Result<()> {
        let what = "highest resident memory of a process that does so";
        let memory = Measured::new("inventory.memory_100k", what, "MiB").goal(200.0);
        if !memory.is_wanted() {
            return Ok(());
        }
        let (file, _) = self.estate(100_000, "hosts.ini")?;
        let program = std::env::current_exe()?;
        let ours = || {
            let argument = format!("{LOAD_ALONE}{}", file.display());
            let output = Command::new(&program).arg(argument).stdin(Stdio::null()).output();
            let text = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
            text.ok().and_then(|text| text.parse().ok()).map_or(f64::NAN, |kibibytes: f64| kibibytes / 1024.0)
        };
        memory.run(ours, None);
        Ok(())
    }

    fn hosts(&self) -> Result<()> {
        const RUNS: u32 = 10;
        let what = "`fleet inventory hosts` with a pattern on INI of 10,000 hosts, the whole process";
        let hosts =
            Measured::new("inventory.hosts_10k", what, "ms").goal(60.0).peer("`ansible --list-hosts`");
        if !hosts.is_wanted() {
            return Ok(());
        }
        let (file, _) = self.estate(10_000, "hosts.ini")?;
        let target = self.folder.parent().unwrap_or(&self.folder);
        let built = Command::new(env!("CARGO"))
            .args(["build", "--locked", "--quiet", "--release", "--package", "fleet", "--target-dir"])
            .arg(target)
            .stdin(Stdio::null())
            .status()?;
        if !built.success() {
            return Err(Error::other("fleet does not build"));
        }
        let mut fleet = Command::new(target.join("release/fleet"));
        fleet.args(["inventory", "hosts", "-i"]).arg(&file).args(["--", PATTERN]);
        let mut peer = self
            .peers()
            .map(|peers| once(|| milliseconds_of_children(&mut peers.list_hosts(&file, PATTERN), 1)));
        let peer = peer.as_mut().map(|peer| peer as &mut dyn FnMut() -> f64);
        hosts.run(|| milliseconds_of_children(&mut fleet, RUNS), peer);
        Ok(())
    }

    fn pattern(&self) -> Result<()> {
        const RUNS: u32 = 200;
        let what = "a warm pattern of three terms on 100,000 hosts";
        let pattern = Measured::new("inventory.pattern_100k", what, "us").goal(100.0);
        if !pattern.is_wanted() {
            return Ok(());
        }
        let (file, _) = self.estate(100_000, "hosts.ini")?;
        let inventory = self.inventory(&file)?;
        let found = || inventory.pattern(PATTERN, None).map_or(0, |found| found.len());
        if found() == 0 {
            return Err(Error::other("the pattern finds nothing"));
        }
        let ours = || {
            let begun = cpu_time();
            for _ in 0..RUNS {
                black_box(found());
            }
            (cpu_time() - begun).as_secs_f64() * 1e6 / f64::from(RUNS)
        };
        pattern.run(ours, None);
        Ok(())
    }

    fn node_sets(&self) -> Result<()> {
        let what = "a node set of 100,000 shuffled names that follow each other";
        let build = Measured::new("inventory.nodeset_build_100k", what, "ms").goal(15.0);
        let fold =
            Measured::new("inventory.nodeset_fold_100k", "the same set as folded text", "ms").goal(3.0);
        self.node_set(&build.peer(CLUSTER_SHELL), &fold.peer(CLUSTER_SHELL), 100_000)?;
        let what = "a node set of 100,000 shuffled names with as many missing between them";
        let build = Measured::new("inventory.nodeset_build_gaps_100k", what, "ms").goal(15.0);
        let what = "the same set as folded text of 50,000 ranges";
        let fold = Measured::new("inventory.nodeset_fold_gaps_100k", what, "ms").goal(3.0);
        self.node_set(&build.peer(CLUSTER_SHELL), &fold.peer(CLUSTER_SHELL), 200_000)
    }

    fn node_set(&self, build: &Measured, fold: &Measured, of: usize) -> Result<()> {
        if !build.is_wanted() && !fold.is_wanted() {
            return Ok(());
        }
        let names = shuffled_names(100_000, of);
        let file = self.folder.join(format!("names-{of}"));
        std::fs::write(&file, names.join("\n"))?;
        let peers = self.peers().map(|peers| peers.node_set(&file));
        let (mut peer_build, mut peer_fold) =
            peers.map(|[build, fold]| (move || build, move || fold)).unzip();
        let ours = || {
            let begun = cpu_time();
            black_box(names.iter().map(String::as_str).collect::<NodeSet>());
            (cpu_time() - begun).as_secs_f64() * 1e3
        };
        build.run(ours, peer_build.as_mut().map(|peer| peer as &mut dyn FnMut() -> f64));
        let set: NodeSet = names.iter().map(String::as_str).collect();
        let ours = || {
            let begun = cpu_time();
            black_box(set.to_string());
            (cpu_time() - begun).as_secs_f64() * 1e3
        };
        fold.run(ours, peer_fold.as_mut().map(|peer| peer as &mut dyn FnMut() -> f64));
        Ok(())
    }
}

/// Looks at every variable of every host, and counts them.
fn resolve(inventory: &Inventory) -> usize {
    inventory.hosts().flat_map(|host| host.vars()).map(black_box).fold(0, |count, _| count + 1)
}

fn milliseconds_of_children(command: &mut Command, runs: u32) -> f64 {
    command.stdin(Stdio::null()).stdout(Stdio::null());
    let begun = children_cpu_time();
    for _ in 0..runs {
        if !command.status().is_ok_and(|status| status.success()) {
            return f64::NAN;
        }
    }
    (children_cpu_time() - begun).as_secs_f64() * 1e3 / f64::from(runs)
}

/// What is too slow for several rounds runs in the first one only.
fn once(mut run: impl FnMut() -> f64) -> impl FnMut() -> f64 {
    let mut known = None;
    move || *known.get_or_insert_with(&mut run)
}
