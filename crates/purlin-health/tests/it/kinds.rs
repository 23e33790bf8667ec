//! The kinds of a file of checks, all of them, and its publishers.

use purlin_core::{Cx, Diagnostics};
use purlin_db::{Connector, Database, DatabaseSettings};
use purlin_db_sqlite::{Settings, SqliteConnector};
use purlin_health::config::{CheckFile, CheckKinds};
use purlin_health::{Cadence, Monitor};
use purlin_inventory::Inventory;
use std::sync::Arc;
use std::time::Duration;

/// Every kind with each of its keys makes a check, and says so by its kind.
#[tokio::test]
async fn each_kind_of_the_file_makes_its_check() {
    let file = "/srv/backup/a.sql";
    let tables = [
        ("tcp", "address = \"{{ address }}:22\"\npolite = true", "tcp"),
        ("icmp", "address = \"{{ address }}\"", "icmp"),
        ("ntp", "address = \"ntp1\"\nwarn_beyond = \"100ms\"\ncritical_beyond = \"1s\"", "ntp"),
        (
            "http",
            "url = \"https://{{ host }}/\"\nheaders = { Accept = \"text/plain\" }\nuser = \"u\"\npassword = { env = \"P\" }\n\
             status = \"200-299\"\ntext = \"UP\"\njson = { \"/status\" = \"UP\" }\nexpect_headers = { Server = \"x\" }\nfollow = 2\n\
             connect_to = \"{{ address }}:443\"\nproxy = \"proxy:3128\"\nkeep = true\nbody_limit = \"64KiB\"\nca = [\"a.pem\"]\n\
             server_name = \"www.example.org\"",
            "http",
        ),
        (
            "tls",
            "address = \"{{ address }}:443\"\nwarn_before = \"30d\"\ncritical_before = \"7d\"\nissuer = \"CN=X\"\nca_only = [\"a.pem\"]",
            "tls",
        ),
        (
            "dns",
            "server = \"ns1\"\nquery = \"{{ host }}.example.org\"\nrecord = \"MX\"\nexpect = [\"10 mail.example.org\"]\n\
             authoritative = true",
            "dns",
        ),
        ("dns-serial", "zone = \"example.org\"\nservers = [\"ns1\", \"ns2\"]", "dns-serial"),
        ("plugin", "argv = [\"true\", \"{{ host }}\"]", "plugin"),
        ("disk", "path = \"/\"", "disk"),
        (
            "mount",
            "path = \"/srv\"\nfile_system = \"nfs4\"\nsource = \"nas:/x\"\nwritable = true\nread = \".mounted\"",
            "mount",
        ),
        (
            "process",
            "program = \"java\"\nargument = \"-Dx\"\nuser = \"tomcat\"\nstate = \"stuck\"\ncount = \"1:\"",
            "processes",
        ),
        ("load", "", "load"),
        ("file-age", &format!("path = \"{file}\"\nwhich = \"oldest\""), "file_age"),
        ("systemd", "unit = \"tomcat10.service\"\nonce = true", "systemd"),
        ("db-ping", "database = \"@map\"\npassword = { env = \"P\" }", "db_ping"),
        ("db-role", "database = \"@map\"\npassword = { env = \"P\" }\nrole = \"primary\"", "db_role"),
        ("db-lag", "database = \"@map\"\npassword = { env = \"P\" }", "db_lag"),
        ("db-cluster", "database = \"@map\"\npassword = { env = \"P\" }", "db_cluster"),
        ("db-query", "database = \"@map\"\npassword = { env = \"P\" }\nsql = \"select 1 as n\"", "db_query"),
    ];
    let local = ["disk", "mount", "process", "load", "file-age", "systemd"];
    let mut text = "purlin = 1\n".to_owned();
    for (kind, keys, _) in &tables {
        let select = if local.contains(kind) { "" } else { "select = \"all\"\n" };
        text += &format!("[[check]]\nname = \"{kind}\"\nkind = \"{kind}\"\n{select}{keys}\n");
    }
    let kinds = CheckKinds::standard().databases(|named, password| {
        assert_eq!((named, password.is_some()), ("@map", true));
        let connector = SqliteConnector::new(Settings::memory())?;
        let connector: Arc<dyn Connector> = Arc::new(connector);
        Database::from_connectors([connector], DatabaseSettings::new())
    });
    let mut faults = Diagnostics::new();
    let file = CheckFile::read("checks.toml", text, &kinds, &mut faults);
    assert!(faults.is_empty(), "{faults:?}");
    let estate = Inventory::load(&Cx::background(), ["web01,"]).await.unwrap();
    let checks = file.unwrap().checks(&estate, &mut faults);
    // An inventory without addresses reaches hosts by their names.
    assert!(faults.is_empty(), "{faults:?}");
    for (kind, _, made) in tables {
        let id = if local.contains(&kind) { kind.to_owned() } else { format!("web01/{kind}") };
        let spec = checks.iter().find(|spec| spec.id().as_str() == id).unwrap();
        assert_eq!(spec.kind().unwrap().as_str(), made);
    }
}

#[test]
fn a_fault_in_any_kind_has_its_place_and_a_way_out() {
    for (kind, keys, place, part) in [
        ("http", "url = \"http://x/\"\nstatus = \"2xx\"", "6:10", "write \"200\" or \"200-399\""),
        ("http", "url = \"http://x/\"\nmethod = \"PUT\"\nbody = \"x\"", "6:10", "write method = \"POST\""),
        ("http", "url = \"http://x/\"\nuser = \"u\"", "2:1", "come together"),
        ("http", "url = \"http://x/\"\nbody_limit = \"many\"", "6:14", "body_limit"),
        ("tls", "address = \"x:1\"\nwarn_before = \"3 weeks\"", "6:15", "warn_before"),
        ("dns", "server = \"x\"\nquery = \"y\"\nrecord = \"MXX\"", "7:10", "did you mean \"MX\"?"),
        ("dns-serial", "zone = \"x\"", "2:1", "\"check.servers\" is missing"),
        ("mount", "path = 7", "5:8", "is a number"),
        ("process", "state = \"asleep\"", "5:9", "write one of"),
        ("process", "count = \"5:1\"", "5:9", "count"),
        ("file-age", "path = \"/x\"\nwhich = \"odlest\"", "6:9", "did you mean \"oldest\"?"),
        ("systemd", "unit = \"x\"\nonce = \"yes\"", "6:8", "without quotes"),
        ("db-role", "database = \"@x\"\nrole = \"master\"", "6:8", "write one of any, primary, replica"),
        ("db-query", "database = \"@x\"", "2:1", "\"check.sql\" is missing"),
        ("load", "paht = \"/\"", "5:1", "unknown key \"paht\""),
        ("disk", "path = \"/\"\nselect = \"all\"", "6:10", "looks at the machine that runs it"),
        ("dsk", "path = \"/\"", "4:8", "did you mean \"disk\"?"),
    ] {
        let text = format!("purlin = 1\n[[check]]\nname = \"x\"\nkind = \"{kind}\"\n{keys}\n");
        let kinds = CheckKinds::standard().databases(|_, _| panic!("nothing is opened"));
        let mut faults = Diagnostics::new();
        assert!(CheckFile::read("checks.toml", text, &kinds, &mut faults).is_none(), "{kind} {keys}");
        let told: Vec<String> = faults.iter().map(ToString::to_string).collect();
        let is_it = |line: &String| line.contains(&format!("checks.toml:{place}:")) && line.contains(part);
        assert!(told.iter().any(is_it), "{kind}: {told:?}");
    }
}

/// Two programs of one name are two publishers: what one took, the other still gets.
#[tokio::test]
async fn publishers_of_one_name_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let command = |file: &str| format!("cat >> {}", folder.path().join(file).display());
    let text = format!(
        "purlin = 1\n[[check]]\nname = \"x\"\nkind = \"tcp\"\naddress = \"127.0.0.1:1\"\n\
         [[publish]]\nkind = \"command\"\nargv = [\"sh\", \"-c\", \"{}\"]\n\
         [[publish]]\nkind = \"command\"\nargv = [\"sh\", \"-c\", \"{}\"]\n\
         [[publish]]\nname = \"pager\"\nkind = \"command\"\nargv = [\"sh\", \"-c\", \"{}\"]\n",
        command("a"),
        command("b"),
        command("c")
    );
    let mut faults = Diagnostics::new();
    let file = CheckFile::read("checks.toml", text, &CheckKinds::standard(), &mut faults).unwrap();
    let cx = Cx::background().with_timeout(Duration::from_secs(60));
    let estate = Inventory::load(&cx, ["web01,"]).await.unwrap();
    let checks = file.checks(&estate, &mut faults);
    let settings = file.publish(Cadence::every(Duration::from_secs(60)).into()).unwrap();
    let monitor = Monitor::start(&cx, checks, settings).await.unwrap();
    monitor.settled(&cx).await.unwrap();
    for name in ["command sh", "command sh 2", "pager"] {
        assert!(monitor.get(&format!("monitor/publisher {name}")).is_some(), "{name}");
    }
    monitor.shutdown(&cx).await.unwrap();
    for file in ["a", "b", "c"] {
        let told = std::fs::read_to_string(folder.path().join(file)).unwrap();
        assert_eq!(told.lines().count(), 1, "{file}");
    }
}
