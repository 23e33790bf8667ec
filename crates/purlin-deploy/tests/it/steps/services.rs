//! Services: by a systemctl of the test's own on the host's `PATH`, over a real sshd, and by a script.

use super::conform::{conforms, subject_conforms};
use super::stages::Built;
use purlin_core::{Cx, Error, Result};
use purlin_deploy::{Before, Finding, Outputs, Step, StepEnv, steps};
use purlin_testkit::suites::deploy::{StepAbility, StepStage, StepSubject};
use purlin_testkit::{Sshd, SshdSettings};
use purlin_transport::{Host, HostKeyTrust, Session, Ssh, SshSettings, Transport};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tempfile::TempDir;

/// Units are folders: `active` holds their state, `dies` after how many looks they fail, `flaps` makes each look count a
/// restart, `stale` wants a daemon-reload.
const SYSTEMCTL: &str = r#"#!/bin/sh
units=$(dirname "$0")/../units
verb=$1
for word; do unit=$word; done
dir=$units/$unit
echo "$verb" >> "$units/log"
read_or() { cat "$dir/$1" 2>/dev/null || echo "$2"; }
begin() { echo active > "$dir/active"; echo $(( $(read_or invocation 0) + 1 )) > "$dir/invocation"; }
case $verb in
show)
  if [ ! -d "$dir" ]; then printf 'LoadState=not-found\nActiveState=inactive\nSubState=dead\n'; exit 0; fi
  if [ -e "$dir/flaps" ]; then echo $(( $(read_or restarts 0) + 1 )) > "$dir/restarts"; fi
  if [ -e "$dir/dies" ]; then
    left=$(( $(cat "$dir/dies") - 1 )); echo $left > "$dir/dies"
    if [ $left -le 0 ]; then echo failed > "$dir/active"; fi
  fi
  reload=no; if [ -e "$dir/stale" ]; then reload=yes; fi
  printf 'LoadState=loaded\nActiveState=%s\nSubState=some\nNRestarts=%s\n' "$(read_or active inactive)" "$(read_or restarts 0)"
  printf 'InvocationID=%s\nNeedDaemonReload=%s\n' "$(read_or invocation '')" "$reload" ;;
status) echo "it said: no such port"; exit 3 ;;
daemon-reload) rm -f "$units"/*/stale ;;
start) [ "$(read_or active)" = active ] || begin ;;
restart) begin ;;
reload) : ;;
stop) echo inactive > "$dir/active" ;;
*) exit 64 ;;
esac
"#;

/// A real sshd whose sessions find that systemctl.
struct Systemd {
    sshd: Sshd,
    folder: TempDir,
    units: AtomicUsize,
    transport: Ssh,
    /// All sessions share its connection.
    _session: Arc<dyn Session>,
}

impl Systemd {
    async fn start() -> Option<Arc<Self>> {
        let folder = tempfile::tempdir().unwrap();
        let open = |path: PathBuf, mode: u32| {
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        };
        open(folder.path().into(), 0o755);
        for (name, mode) in [("bin", 0o755), ("units", 0o777)] {
            fs::create_dir(folder.path().join(name)).unwrap();
            open(folder.path().join(name), mode);
        }
        fs::write(folder.path().join("bin/systemctl"), SYSTEMCTL).unwrap();
        open(folder.path().join("bin/systemctl"), 0o755);
        let path = format!("PATH={}:/usr/bin:/bin", folder.path().join("bin").display());
        let sshd = SshdSettings::new().option("SetEnv", path).start().unwrap()?;
        let known = folder.path().join("known_hosts");
        fs::write(&known, format!("[127.0.0.1]:{} {}\n", sshd.address().port(), sshd.host_key())).unwrap();
        let settings = SshSettings::new().user(sshd.user()).identity(sshd.key()).known_hosts(known);
        let transport = Ssh::new(settings.trust(HostKeyTrust::Strict));
        let session = transport.connect(&Cx::background(), &host(&sshd)).await.unwrap();
        Some(Arc::new(Self { sshd, folder, units: AtomicUsize::new(0), transport, _session: session }))
    }

    fn host(&self) -> Host {
        host(&self.sshd)
    }

    fn log(&self) -> Vec<String> {
        let text = fs::read_to_string(self.folder.path().join("units/log")).unwrap_or_default();
        text.lines().filter(|verb| *verb != "show").map(str::to_owned).collect()
    }

    /// A unit with these files.
    fn unit(self: &Arc<Self>, files: &[(&str, &str)]) -> Unit {
        let name = format!("map-{}", self.units.fetch_add(1, Ordering::Relaxed));
        let folder = self.folder.path().join("units").join(&name);
        fs::create_dir(&folder).unwrap();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).unwrap();
        for (file, content) in files {
            let file = folder.join(file);
            fs::write(&file, format!("{content}\n")).unwrap();
            fs::set_permissions(&file, fs::Permissions::from_mode(0o666)).unwrap();
        }
        Unit { systemd: self.clone(), name, step: Arc::new(steps::Service::running("map")) }
    }
}

fn host(sshd: &Sshd) -> Host {
    Host::new("web01").address("127.0.0.1").port(sshd.address().port())
}

struct Unit {
    systemd: Arc<Systemd>,
    name: String,
    step: Arc<dyn Step>,
}

impl Unit {
    fn does(mut self, make: impl FnOnce(&str) -> steps::Service) -> Self {
        self.step = Arc::new(make(&self.name).stable_for(Duration::from_millis(20)));
        self
    }

    async fn env(&self) -> StepEnv {
        let session = self.systemd.transport.connect(&Cx::background(), &self.systemd.host()).await.unwrap();
        StepEnv::new(session)
    }

    async fn verify(&self) -> Result<()> {
        self.step.verify(&Cx::background(), &self.env().await, &Outputs::new()).await
    }
}

#[async_trait::async_trait]
impl StepStage for Unit {
    fn step(&self) -> Arc<dyn Step> {
        self.step.clone()
    }

    fn transport(&self) -> Arc<dyn Transport> {
        Arc::new(self.systemd.transport.clone())
    }

    fn host(&self) -> Host {
        self.systemd.host()
    }

    async fn seen(&self) -> Result<String> {
        let file = self.systemd.folder.path().join("units").join(&self.name).join("active");
        fs::read_to_string(file).map_err(|error| Error::io("test.unit", error))
    }
}

struct Subject {
    name: &'static str,
    without: &'static [StepAbility],
    systemd: Arc<Systemd>,
    state: &'static str,
    make: fn(&str) -> steps::Service,
}

#[async_trait::async_trait]
impl StepSubject for Subject {
    fn implementation(&self) -> &str {
        self.name
    }

    fn abilities(&self) -> Vec<StepAbility> {
        StepAbility::ALL.into_iter().filter(|ability| !self.without.contains(ability)).collect()
    }

    async fn stage(&self) -> Result<Box<dyn StepStage>> {
        let files = [("active", self.state), ("invocation", "7"), ("restarts", "0")];
        Ok(Box::new(self.systemd.unit(&files).does(self.make)))
    }
}

#[tokio::test]
async fn services_of_systemd_conform() {
    let Some(systemd) = Systemd::start().await else { return };
    let subject =
        |name, state, without, make| Subject { name, state, without, make, systemd: systemd.clone() };
    let running = |name: &str| steps::Service::running(name);
    subject_conforms(&subject("service running", "inactive", &[], running)).await;
    let stopped = |name: &str| steps::Service::stopped(name);
    subject_conforms(&subject("service stopped", "active", &[], stopped)).await;
    let without = &[StepAbility::Changes, StepAbility::Proves];
    let restart = |name: &str| steps::Service::restart(name);
    subject_conforms(&subject("service restart", "active", without, restart)).await;
}

#[tokio::test]
async fn a_restart_that_landed_is_not_done_twice() {
    let Some(systemd) = Systemd::start().await else { return };
    let unit =
        systemd.unit(&[("active", "active"), ("invocation", "7")]).does(|name| steps::Service::restart(name));
    let (cx, env) = (Cx::background(), unit.env().await);
    let found = unit.step.check(&cx, &env).await.unwrap();
    let before = found.before().unwrap();
    let landed = unit.step.reconcile(&cx, &env, before).await.unwrap();
    assert_eq!(landed, purlin_deploy::Landed::No);
    unit.step.apply(&cx, &env, &found).await.unwrap();
    let landed = unit.step.reconcile(&cx, &env, before).await.unwrap();
    assert_eq!(landed, purlin_deploy::Landed::Yes(Outputs::new()));
    assert_eq!(systemd.log(), ["restart"]);
}

#[tokio::test]
async fn active_right_after_the_start_proves_nothing() {
    let Some(systemd) = Systemd::start().await else { return };
    let restart = |name: &str| steps::Service::restart(name);
    let dies = systemd.unit(&[("active", "active"), ("dies", "2")]).does(restart);
    let error = dies.verify().await.unwrap_err();
    assert!(error.message().contains("does not stay up"), "{error}");
    assert!(error.message().contains("it said: no such port"), "{error}");

    let flaps = systemd.unit(&[("active", "active"), ("flaps", "")]).does(restart);
    let error = flaps.verify().await.unwrap_err();
    assert!(error.message().contains("started again"), "{error}");

    let stays = systemd.unit(&[("active", "active")]).does(restart);
    stays.verify().await.unwrap();
}

#[tokio::test]
async fn unit_files_that_changed_are_read_anew_first() {
    let Some(systemd) = Systemd::start().await else { return };
    let unit =
        systemd.unit(&[("active", "inactive"), ("stale", "")]).does(|name| steps::Service::running(name));
    let (cx, env) = (Cx::background(), unit.env().await);
    let found = unit.step.check(&cx, &env).await.unwrap();
    unit.step.apply(&cx, &env, &found).await.unwrap();
    assert_eq!(systemd.log(), ["daemon-reload", "start"]);
}

#[tokio::test]
async fn a_service_that_is_not_there_blocks() {
    let Some(systemd) = Systemd::start().await else { return };
    let unit = systemd.unit(&[("active", "active")]);
    let (cx, env) = (Cx::background(), unit.env().await);
    let Finding::Blocked { why } = steps::Service::running("mapp").check(&cx, &env).await.unwrap() else {
        panic!()
    };
    assert_eq!(why, "there is no service mapp");
    let error = steps::Service::running("--now").check(&cx, &env).await.unwrap_err();
    assert!(error.message().contains("is no name of a service"));
    let nothing = unit.step.undo(&cx, &env, &Before::default()).await;
    assert!(nothing.is_err());
}

#[tokio::test]
async fn services_of_a_script_conform() {
    const SCRIPT: &str = "#!/bin/sh\ncase $1 in\nstart|restart) : > \"$0.up\" ;;\nstop) rm -f \"$0.up\" ;;\n\
                          status) [ -e \"$0.up\" ] || exit 3 ;;\n*) exit 64 ;;\nesac\n";
    conforms("service of a script", &[], || {
        let step =
            steps::Service::running("map").script("{{ root }}/map").stable_for(Duration::from_millis(20));
        Built::new(step).with(|work| {
            fs::write(work.join("map"), SCRIPT).unwrap();
            fs::set_permissions(work.join("map"), fs::Permissions::from_mode(0o755)).unwrap();
        })
    })
    .await;
}
