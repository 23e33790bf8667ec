//! Every kind of step that a file may name.

use purlin_core::{Cx, Diagnostics};
use purlin_deploy::config::{DeployFile, StepKinds};
use purlin_deploy::{Deployment, StepKind};
use purlin_health::alarm::MemoryStore;
use purlin_health::config::CheckKinds;
use purlin_inventory::Inventory;
use purlin_transport::{Local, Transport};
use std::path::Path;
use std::sync::Arc;

const HEAD: &str = "purlin = 1\nname = \"map\"\nselect = \"all\"\n";

const ALL: &str = r#"
[[step]]
name = "file"
kind = "file"
path = "{{ host }}.conf"
content = "x"
sensitive = true
[[step]]
name = "template"
kind = "template"
path = "/etc/map.conf"
file = "map.j2"
mode = "0600"
secrets = { password = { env = "MAP_PASSWORD" } }
[[step]]
name = "directory"
kind = "directory"
path = "/srv/map"
mode = "0750"
[[step]]
name = "link"
kind = "link"
path = "/srv/map/data"
target = "/data"
[[step]]
name = "archive"
kind = "archive"
file = "map.tar.gz"
into = "/srv/map-42"
strip = 1
[[step]]
name = "release"
kind = "release"
file = "map.tar.gz"
into = "/srv/map"
version = "42"
keep = 3
[[step]]
name = "command"
kind = "command"
argv = ["true"]
creates = "/srv/x"
[[step]]
name = "service"
kind = "service"
service = "map"
state = "restarted"
stable_for = "2s"
on_change = ["release"]
[[step]]
name = "wait"
kind = "wait"
tcp = "{{ address }}:8080"
within = "90s"
[[step]]
name = "pause"
kind = "pause"
question = "does the map show all layers?"
[[step]]
name = "drain"
kind = "drain"
haproxy = "/run/haproxy/admin.sock"
backend = "app"
server = "{{ host }}"
sessions_within = "30s"
[[step]]
name = "downtime"
kind = "downtime"
lasts = "30m"
[[step]]
name = "lock"
kind = "lock"
path = "/srv/map.lock"
"#;

async fn read(folder: &Path, steps: &str) -> Result<Deployment, Vec<String>> {
    let kinds = StepKinds::standard().alarms(Arc::new(MemoryStore::new()));
    #[cfg(feature = "db")]
    let kinds = kinds.databases(|name| {
        let connector = purlin_db_sqlite::SqliteConnector::new(purlin_db_sqlite::Settings::memory())?;
        let connector: Arc<dyn purlin_db::Connector> = Arc::new(connector);
        match name {
            "@map" => purlin_db::Database::from_connectors([connector], Default::default()),
            _ => Err(purlin_core::Error::new(purlin_core::ErrorKind::Invalid, "there is no such connection")),
        }
    });
    let mut faults = Diagnostics::new();
    let name = folder.join("deploy.toml").display().to_string();
    let file = DeployFile::read(name, format!("{HEAD}{steps}"), &kinds, &mut faults);
    let estate = Inventory::load(&Cx::background(), ["web01,"]).await.unwrap();
    let here = |_: &_| Ok(Arc::new(Local::new()) as Arc<dyn Transport>);
    let deployment =
        file.and_then(|file| file.deployment(&estate, &here, &CheckKinds::standard(), &mut faults));
    let told: Vec<String> = faults.iter().map(ToString::to_string).collect();
    deployment.ok_or(told)
}

#[tokio::test]
async fn every_kind_is_read() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("map.j2"), "password = {{ password }}\n").unwrap();
    std::fs::write(folder.path().join("map.tar.gz"), "x").unwrap();
    let deployment = read(folder.path(), ALL).await.unwrap();
    for node in &deployment.nodes {
        let step = node.step.as_ref().unwrap();
        assert_eq!(step.kind(), StepKind::from(node.id.as_str()));
        step.definition().unwrap();
    }
    assert_eq!(deployment.nodes.len(), 13);
    let obligations = deployment.nodes.iter().filter_map(|node| node.step.as_ref()?.obligation());
    assert_eq!(obligations.count(), 3);
}

#[cfg(all(feature = "db", feature = "http"))]
#[tokio::test]
async fn calls_and_statements_are_read() {
    const CALLS: &str = r#"
[[step]]
name = "http"
kind = "http"
url = "http://127.0.0.1/reload"
starts = "OK"
bearer = { env = "MAP_TOKEN" }
unless = { url = "http://127.0.0.1/version", starts = "42" }
undo = { method = "DELETE", url = "http://127.0.0.1/reload" }
[[step]]
name = "sql"
kind = "sql"
database = "@map"
statements = ["create table t (n int)"]
once = "42"
undo = ["drop table t"]
run_once = true
"#;
    let folder = tempfile::tempdir().unwrap();
    let deployment = read(folder.path(), CALLS).await.unwrap();
    let kinds: Vec<StepKind> =
        deployment.nodes.iter().map(|node| node.step.as_ref().unwrap().kind()).collect();
    assert_eq!(kinds, [StepKind::from("http"), StepKind::from("sql")]);
    let told = read(folder.path(), &CALLS.replace("@map", "@mapp")).await.unwrap_err().join("\n");
    assert!(told.contains("deploy.toml:16:12") && told.contains("there is no such connection"), "{told}");
}

#[tokio::test]
async fn what_is_said_twice_or_not_at_all_is_told() {
    const FAULTS: &str = "[[step]]\nname = \"a\"\nkind = \"template\"\npath = \"x\"\n\
                          [[step]]\nname = \"b\"\nkind = \"wait\"\nargv = [\"true\"]\ntcp = \"x:1\"\n\
                          [[step]]\nname = \"c\"\nkind = \"drain\"\nhaproxy = \"/run/x\"\n\
                          [[step]]\nname = \"d\"\nkind = \"service\"\nservice = \"map\"\nstate = \"runing\"\n\
                          [[step]]\nname = \"e\"\nkind = \"release\"\nfile = \"x.tgz\"\ninto = \"/srv\"\nkeep = 0\n";
    let folder = tempfile::tempdir().unwrap();
    let told = read(folder.path(), FAULTS).await.unwrap_err().join("\n");
    let all = [
        "a template is a text or a file",
        "a wait asks for one thing",
        "a drain names its balancer, in one way",
        "did you mean \"running\"?",
        "0 is not from 1",
    ];
    for fault in all {
        assert!(told.contains(fault), "{fault} is not told:\n{told}");
    }
}
