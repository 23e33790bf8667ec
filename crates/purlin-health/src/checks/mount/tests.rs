use super::*;
use std::os::unix::fs::symlink;
use std::path::Path;

/// A tree as the kernel shows it, made after its documentation: an NFS mount, and one of LVM on multipath over two iSCSI
/// sessions.
struct Tree(tempfile::TempDir);

const MOUNTINFO: &str = "\
22 1 0:20 / /proc rw - proc proc rw
40 1 0:50 / / rw,relatime shared:90 - nfs4 nas:/export rw,vers=4.2,hard,timeo=600,retrans=2
41 1 253:1 / /tmp ro,relatime shared:91 - ext4 /dev/mapper/vg-data ro
";

const MOUNTSTATS: &str = "\
device proc mounted on /proc with fstype proc
device nas:/export mounted on / with fstype nfs4 statvers=1.1
\topts:\trw,vers=4.2
\tage:\t8143
\tRPC iostats version: 1.1  p/v: 100003/4 (nfs)
\txprt:\ttcp 832 0 1 0 24 44 44 0 44 0 2 0 0
\tper-op statistics
\t        NULL: 1 1 0 44 24 0 0 0 0
\t        READ: 10 13 1 1000 1000 0 5 5 0
\t      STATFS: 5 7 1 100 100 0 5 5 0

device tmpfs mounted on /x with fstype tmpfs
";

impl Tree {
    fn new() -> Self {
        let tree = Self(tempfile::tempdir().unwrap());
        tree.write("proc/self/mountinfo", MOUNTINFO).write("proc/self/mountstats", MOUNTSTATS);
        let disk = |number: u8, name: &str| {
            format!(
                "devices/platform/host{number}/session{number}/target{number}:0:0/{number}:0:0:0/block/{name}"
            )
        };
        for (number, name) in [(3, "sdb"), (4, "sdc")] {
            tree.link(&format!("sys/block/{name}"), &format!("../{}", disk(number, name)));
            tree.write(&format!("sys/{}/device/state", disk(number, name)), "running\n");
            let session = format!("sys/class/iscsi_session/session{number}");
            tree.write(&format!("{session}/state"), "LOGGED_IN\n");
            tree.write(&format!("{session}/targetname"), "iqn.2026-01.org.example:map\n");
        }
        for (name, slaves) in [("dm-1", &["dm-0"][..]), ("dm-0", &["sdb", "sdc"])] {
            tree.link(&format!("sys/block/{name}"), &format!("../devices/virtual/block/{name}"));
            for slave in slaves {
                tree.link(
                    &format!("sys/devices/virtual/block/{name}/slaves/{slave}"),
                    &format!("../../../../virtual/block/{slave}"),
                );
            }
        }
        tree.link("sys/dev/block/253:1", "../../devices/virtual/block/dm-1");
        tree
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        let path = self.0.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        path
    }

    fn write(&self, name: &str, text: &str) -> &Self {
        std::fs::write(self.path(name), text).unwrap();
        self
    }

    fn link(&self, name: &str, to: &str) {
        symlink(Path::new(to), self.path(name)).unwrap();
    }

    fn lose(&self, session: &str) -> &Self {
        self.write(&format!("sys/class/iscsi_session/{session}/state"), "FAILED\n")
    }

    async fn run(&self, mount: Mount) -> CheckOutcome {
        let roots = SystemRoots::new().proc(self.0.path().join("proc")).sys(self.0.path().join("sys"));
        mount.roots(roots).run(&Cx::background()).await
    }

    async fn answer(&self, mount: Mount) -> Evidence {
        match self.run(mount).await {
            CheckOutcome::Answered(evidence) => evidence,
            other => panic!("{other:?}"),
        }
    }

    async fn failure(&self, mount: Mount) -> (Cause, String) {
        match self.run(mount).await {
            CheckOutcome::Failed(failure) => (failure.cause, failure.message),
            other => panic!("{other:?}"),
        }
    }
}

fn at(path: &str) -> Mount {
    Mount::at(path).unwrap()
}

fn values(evidence: &Evidence) -> Vec<(&str, f64)> {
    evidence.measurements[1..].iter().map(|found| (&*found.name, found.value)).collect()
}

#[tokio::test]
async fn an_nfs_mount_tells_what_had_to_be_sent_again() {
    let tree = Tree::new();
    let evidence = tree.answer(at("/").file_system("nfs4").source("nas:/export").writable()).await;
    assert_eq!(evidence.message, "/ answers (nfs4 of nas:/export)");
    assert_eq!(values(&evidence), [("retransmits", 5.0), ("timeouts", 2.0)]);
}

#[tokio::test]
async fn a_mount_over_iscsi_counts_its_paths_through_all_layers() {
    let tree = Tree::new();
    let evidence = tree.answer(at("/tmp")).await;
    assert_eq!((evidence.status, values(&evidence)), (Status::Ok, vec![("paths", 2.0)]));

    let evidence = tree.lose("session4").answer(at("/tmp/")).await;
    assert_eq!((evidence.status, values(&evidence)), (Status::Warning, vec![("paths", 1.0)]));
    let why = "but a path to it is down: sdc is running, session4 to iqn.2026-01.org.example:map is FAILED";
    assert!(evidence.message.ends_with(why), "{}", evidence.message);

    // With no path left nobody touches it.
    let touch = Touch::new();
    let (cause, message) = tree.lose("session3").failure(at("/tmp").touch(&touch)).await;
    assert_eq!((cause, touch.stats().started), (Cause::Unreachable, 0));
    assert!(message.starts_with("no path to /tmp is up: sdb is running, session3"), "{message}");
}

#[tokio::test]
async fn what_is_expected_is_looked_for() {
    let tree = Tree::new();
    for (mount, word, message) in [
        (at("/srv"), "mounted", "nothing is mounted at /srv"),
        (at("/").file_system("ext4"), "file_system", "/ is nfs4, not ext4"),
        (at("/").source("nas:/other"), "source", "/ is nas:/export, not nas:/other"),
        (at("/tmp").writable(), "writable", "/tmp is mounted read-only"),
    ] {
        let found = tree.failure(mount).await;
        assert_eq!(found, (Cause::Assertion(word.into()), message.into()));
    }
    let nowhere = at("/").roots(SystemRoots::new().proc("/no such folder"));
    assert!(matches!(nowhere.run(&Cx::background()).await, CheckOutcome::Prober(_)));
}

#[tokio::test]
async fn a_file_that_cannot_be_read_is_the_fault_of_the_mount() {
    let cx = Cx::background();
    let outcome = at("/proc").reading("self/stat").run(&cx).await;
    assert!(matches!(outcome, CheckOutcome::Answered(_)), "{outcome:?}");
    let outcome = at("/proc").reading("nothing").run(&cx).await;
    assert!(
        matches!(&outcome, CheckOutcome::Failed(failure)
        if failure.message == "/proc: no such file or directory"),
        "{outcome:?}"
    );
}
