//! The native format: what it means, and what it refuses.

use purlin_inventory::{Batch, Inventory, InventoryBuilder, Profile, Value, native};

fn estate(text: &str) -> Inventory {
    let mut builder = InventoryBuilder::new();
    builder.merge(native::read_toml("estate.toml", text));
    builder.build().unwrap_or_else(|error| panic!("{}", faults(&error)))
}

fn faults(error: &purlin_core::Error) -> String {
    error.detail::<purlin_core::Diagnostics>().map_or_else(|| error.to_string(), ToString::to_string)
}

/// All that is wrong with a text, whether it is found when it is read or when the inventory is built.
fn wrong(text: &str) -> String {
    let mut builder = InventoryBuilder::new();
    builder.merge(native::read_toml("estate.toml", text));
    faults(&builder.build().unwrap_err())
}

fn json(estate: &Inventory, host: &str, key: &str) -> String {
    estate.explain(host, key).unwrap().value.to_string()
}

const SMALLEST: &str = r#"
purlin = 1
[hosts."web01.lon"]
address = "127.0.0.1"
transport = "local"
site = "lon"
roles = ["web"]
environment = "prod"
"#;

#[test]
fn the_smallest_file_is_good() {
    let estate = estate(SMALLEST);
    let host = estate.host("web01.lon").unwrap();
    assert_eq!(estate.profile(), Profile::Native);
    assert_eq!(host.address().unwrap(), "127.0.0.1");
    assert_eq!(host.connection().unwrap().transport, purlin_inventory::TransportKind::Local);
    assert_eq!((host.site().unwrap(), host.roles().unwrap()), (Some("lon"), vec!["web"]));
    assert_eq!(host.environment().unwrap(), Some("prod"));
    assert_eq!(host.place().to_string(), "estate.toml:3:1");
}

#[test]
fn yaml_says_the_same() {
    let text = "purlin: 1\nsite:\n  lon:\n    vars: {ntp: [a, b]}\nhosts:\n  web[1-2]:\n    site: lon\n    port: 22\n";
    let mut builder = InventoryBuilder::new();
    builder.merge(native::read_yaml("estate.yml", text));
    let estate = builder.build().unwrap();
    assert_eq!(estate.len(), 2);
    assert_eq!(json(&estate, "web2", "ntp"), r#"["a","b"]"#);
    assert_eq!(estate.host("web1").unwrap().connection().unwrap().port, Some(22));
}

#[test]
fn it_says_itself_that_it_is_native() {
    assert!(native::is_native(SMALLEST));
    assert!(native::is_native("# estate\npurlin: 1\nhosts:\n"));
    assert!(native::is_native("hosts: {}\npurlin: 1\n"));
    assert!(!native::is_native("[web]\npurlin = 1\n"));
    assert!(!native::is_native("all:\n  vars:\n    purlin: 1\n"));
    assert!(!native::is_native("purlins = 1\n"));
}

#[test]
fn stronger_dimensions_win_and_the_host_wins_over_all() {
    let estate = estate(
        r#"
purlin = 1
[defaults.vars]
a = "defaults"
b = "defaults"
c = "defaults"
d = "defaults"
[site.lon.vars]
b = "lon"
c = "lon"
d = "lon"
[environment.prod.vars]
c = "prod"
d = "prod"
[hosts.h1]
site = "lon"
environment = "prod"
vars.d = "host"
[hosts.h2]
"#,
    );
    let values = |host| ["a", "b", "c", "d"].map(|key| json(&estate, host, key));
    assert_eq!(values("h1"), [r#""defaults""#, r#""lon""#, r#""prod""#, r#""host""#]);
    assert_eq!(values("h2"), [r#""defaults""#; 4]);
}

#[test]
fn a_declared_precedence_turns_it_round_and_brings_dimensions() {
    let estate = estate(
        r#"
purlin = 1
precedence = ["environment", "rack", "site", "host"]
[environment.prod.vars]
a = "prod"
[site.lon.vars]
a = "lon"
[site.lon]
rack = "r7"
[rack.r7.vars]
pdu = "pdu-7"
[hosts.h1]
site = "lon"
environment = "prod"
"#,
    );
    assert_eq!(json(&estate, "h1", "a"), r#""lon""#);
    assert_eq!(json(&estate, "h1", "pdu"), r#""pdu-7""#);
}

#[test]
fn layers_place_their_hosts_in_other_dimensions_but_not_in_circles() {
    let text = r#"
purlin = 1
[defaults]
environment = "prod"
[site.lab]
environment = "test"
[environment.test.vars]
paging = false
[environment.prod.vars]
paging = true
[hosts."h1.lab"]
site = "lab"
[hosts."h1.lon"]
site = "lon"
"#;
    let known = estate(text);
    assert_eq!(json(&known, "h1.lab", "paging"), "false");
    assert_eq!(json(&known, "h1.lon", "paging"), "true");
    assert_eq!(known.host("h1.lab").unwrap().environment().unwrap(), Some("test"));
    let told = wrong(&format!("{text}[environment.test]\nsite = \"lon\"\n"));
    let places = "estate.toml:6:15: error[dimension-circle]: where a host stands runs in a circle among site, environment\n  \
                  estate.toml:16:8: and here\n";
    assert!(told.starts_with(places), "{told}");
}

#[test]
fn merge_rules_do_what_they_say() {
    let estate = estate(
        r#"
purlin = 1
[merge]
packages = "append"
mounts = "unique"
checks = "remove"
sysctl = "deep"
[defaults.vars]
packages = ["ntp"]
mounts = ["/", "/var"]
checks = ["disk", "load", "swap"]
sysctl = { vm = { swappiness = 10 }, net = 1 }
[role.web.vars]
packages = ["httpd"]
mounts = ["/srv", "/"]
sysctl = { vm = { overcommit = 2 }, net = 2 }
[hosts.h1]
roles = ["web"]
vars.packages = ["strace"]
vars.checks = ["swap"]
vars.sysctl.vm.swappiness = 1
"#,
    );
    assert_eq!(json(&estate, "h1", "packages"), r#"["ntp","httpd","strace"]"#);
    assert_eq!(json(&estate, "h1", "mounts"), r#"["/","/var","/srv"]"#);
    assert_eq!(json(&estate, "h1", "checks"), r#"["disk","load"]"#);
    assert_eq!(json(&estate, "h1", "sysctl"), r#"{"vm":{"swappiness":1,"overcommit":2},"net":2}"#);
}

const TWO_ROLES: &str = r#"
purlin = 1
[role.web.vars]
port = 80
[role.proxy.vars]
port = 8080
[hosts."h[1-3]"]
roles = ["web", "proxy"]
"#;

#[test]
fn two_roles_that_disagree_are_an_error_that_shows_both() {
    let text = TWO_ROLES.replace("port =", "http_port =");
    let told = wrong(&text);
    assert!(
        told.contains(
            r#"role "web" and role "proxy" say different values of "http_port" for "h1" and 2 more"#
        ),
        "{told}"
    );
    assert!(told.starts_with("estate.toml:6:13: error[layer-conflict]"), "{told}");
    assert!(told.contains("estate.toml:4:13: role \"web\" says it here"), "{told}");
}

#[test]
fn a_stronger_layer_or_the_host_settles_a_conflict_and_equal_values_are_none() {
    let text = TWO_ROLES.replace("port =", "http_port =");
    let host = format!("{text}vars.http_port = 443\n");
    assert_eq!(json(&estate(&host), "h3", "http_port"), "443");
    let layer = format!("{text}environment = \"prod\"\n[environment.prod.vars]\nhttp_port = 444\n");
    assert_eq!(json(&estate(&layer), "h3", "http_port"), "444");
    assert_eq!(json(&estate(&text.replace("8080", "80")), "h1", "http_port"), "80");
}

#[test]
fn a_conflict_inside_maps_names_the_way_to_it() {
    let text = r#"
purlin = 1
merge.sysctl = "deep"
role.a.vars.sysctl = { vm = { swappiness = 1 }, x = 1 }
role.b.vars.sysctl = { vm = { swappiness = 2 }, y = 1 }
hosts.h1 = { roles = ["a", "b"] }
"#;
    assert!(wrong(text).contains(r#""sysctl.vm.swappiness""#));
    let settled = format!("{text}hosts.h2.roles = [\"a\"]\n").replace(
        r#"hosts.h1 = { roles = ["a", "b"] }"#,
        r#"hosts.h1 = { roles = ["a", "b"], vars.sysctl.vm.swappiness = 3 }"#,
    );
    assert_eq!(json(&estate(&settled), "h1", "sysctl"), r#"{"vm":{"swappiness":3},"x":1,"y":1}"#);
}

#[test]
fn groups_list_their_members_and_a_lower_group_is_stronger() {
    let estate = estate(
        r#"
purlin = 1
[groups.estate]
children = ["frontend"]
vars.zone = "any"
[groups.frontend]
hosts = ["web[01-02]", "lb1"]
vars.zone = "front"
[hosts."web[01-03]"]
[hosts.lb1]
"#,
    );
    let names: Vec<_> = estate.group("estate").unwrap().hosts().map(|host| host.name().to_owned()).collect();
    assert_eq!(names, ["web01", "web02", "lb1"]);
    assert_eq!(json(&estate, "lb1", "zone"), r#""front""#);
    assert!(estate.explain("web03", "zone").is_err());
    assert!(estate.explain("lb1", "zone").unwrap().rule.contains("is below group \"estate\""));
}

#[test]
fn groups_side_by_side_must_agree() {
    let text = r#"
purlin = 1
groups.a = { hosts = ["h1"], vars = { zone = 1 } }
groups.b = { hosts = ["h1"], vars = { zone = 2 } }
hosts.h1 = {}
"#;
    assert!(wrong(text).contains(r#"group "a" and group "b" say different values"#));
}

#[test]
fn all_faults_of_a_file_are_told_in_one_pass() {
    let told = wrong(
        r#"purlin = 1
sites = {}
[merge]
packages = "apend"
roles = "append"
[site.lon]
site = "prod"
aliases = ["x"]
[groups.all]
[groups.web]
hots = ["h1"]
hosts = ["web[3-1]"]
[hosts."web 1"]
[hosts.h1]
adress = "10.0.0.1"
address = "10.0.0.1:22"
port = 70000
user = "a b"
roles = "web"
colour = "red"
transport = "SSH"
contacts = [{ email = "x@y" }]
identity = { uuid = "4" }
become = { method = "sudoo" }
services.app = { prot = 80, url = "x" }
[hosts.h1.vars]
site = "lon"
password = { env = "" }
"#,
    );
    for (line, words) in [
        (2, "unknown key \"sites\" in an inventory"),
        (2, "did you mean \"site\"?"),
        (4, "did you mean \"append\"?"),
        (5, "\"roles\" cannot be merged"),
        (7, "says the site of hosts that are there because of it"),
        (8, "aliases is said of single hosts"),
        (9, "\"all\" is there already"),
        (11, "did you mean \"hosts\"?"),
        (12, "runs backwards"),
        (13, "' ' in a name"),
        (15, "did you mean \"address\"?"),
        (16, "the port is said apart: port = 22"),
        (17, "from 1 to 65535"),
        (18, "has white space"),
        (19, "write it in brackets: roles = [\"web\"]"),
        (20, "vars.colour = …"),
        (21, "\"SSH\" is no transport"),
        (22, "a contact needs a name"),
        (23, "no UUID"),
        (24, "did you mean \"sudo\"?"),
        (25, "did you mean \"port\"?"),
        (25, "no link"),
        (27, "\"site\" is a key of its own"),
        (28, "refers to a secret, but not like this"),
    ] {
        let fault = told.split("\nestate").find(|fault| fault.contains(words));
        let fault = fault.unwrap_or_else(|| panic!("{words} is not in\n{told}"));
        let start = fault.trim_start_matches("estate");
        assert!(start.starts_with(&format!(".toml:{line}:")), "line {line}: {fault}");
    }
}

#[test]
fn names_that_nobody_knows_are_told_when_all_have_spoken() {
    let told = wrong(
        "purlin = 1\ngroups.web = { hosts = [\"web1\"], children = [\"tomcats\"] }\ngroups.tomcat = {}\nhosts.web01 = {}\n",
    );
    assert!(
        told.contains("names the host \"web1\", which no source knows\n  help: did you mean \"web01\"?"),
        "{told}"
    );
    assert!(told.contains("did you mean \"tomcat\"?"), "{told}");
}

#[test]
fn a_folded_name_of_which_nothing_is_known_is_one_fault() {
    let told = wrong("purlin = 1\ngroups.web.hosts = [\"web[1-1000]\"]\nhosts.web01 = {}\n");
    assert_eq!(told.lines().filter(|line| line.contains("error[")).count(), 1, "{told}");
}

#[test]
fn folded_names_do_not_fill_the_memory() {
    let keys: String = (0..60).map(|key| format!("vars.k{key} = 1\n")).collect();
    let hosts: String = ["a", "b"].map(|name| format!("[hosts.\"{name}[1-100000]\"]\n{keys}")).concat();
    let groups = format!("[groups.g]\nhosts = [{}]\n", "\"x[1-100000]\", ".repeat(1000));
    let told = wrong(&format!("purlin = 1\n{hosts}{groups}"));
    assert!(
        told.contains("estate.toml:2:1: error[bad-value]: host \"a[1-100000]\": the folded names"),
        "{told}"
    );
    assert!(told.contains("estate.toml:125:"), "{told}");
}

#[test]
fn a_layer_without_hosts_is_a_warning_with_a_suggestion() {
    let mut builder = InventoryBuilder::new();
    let text = "purlin = 1\nsite.londn.vars.a = 1\nhosts.h1.site = \"london\"\n";
    builder.merge(native::read_toml("estate.toml", text));
    let (_, warnings) = builder.finish().unwrap();
    assert!(
        warnings.to_string().contains("no host has the site \"londn\"\n  help: did you mean \"london\"?"),
        "{warnings}"
    );
}

#[test]
fn a_host_may_be_said_twice_but_no_key_of_it() {
    let text = "purlin = 1\n[hosts.\"h[1-2]\"]\nport = 22\n[hosts.h2]\nuser = \"root\"\n";
    assert_eq!(estate(text).host("h2").unwrap().connection().unwrap().port, Some(22));
    let told = wrong(&format!("{text}port = 23\n"));
    assert!(
        told.contains("port of \"h2\" is said twice") && told.contains("estate.toml:3:8: the first"),
        "{told}"
    );
}

#[test]
fn several_files_and_other_sources_mix() {
    let mut builder = InventoryBuilder::new();
    builder.merge(native::read_toml(
        "a.toml",
        "purlin = 1\nprecedence = [\"site\", \"rack\"]\nrack.r1.vars.pdu = 1\n",
    ));
    builder
        .merge(native::read_toml("b.toml", "purlin = 1\nhosts.h1.site = \"lon\"\nsite.lon.vars.ntp = 1\n"));
    let mut cmdb = Batch::new("cmdb");
    let host = cmdb.host("h1");
    cmdb.set_host_var(host, "rack", "r1");
    builder.merge(cmdb);
    let estate = builder.build().unwrap();
    assert_eq!((json(&estate, "h1", "pdu"), json(&estate, "h1", "ntp")), ("1".to_owned(), "1".to_owned()));
    assert_eq!(estate.explain("h1", "pdu").unwrap().place.to_string(), "a.toml:3:20");
}

#[test]
fn files_beside_several_sources_speak_with_one_voice() {
    let mut builder = InventoryBuilder::new();
    builder.merge(native::read_toml(
        "a.toml",
        "purlin = 1\ngroups.web = { hosts = [\"h1\"], vars = { a = 1 } }\nhosts.h1 = {}\n",
    ));
    for value in [2, 3] {
        let mut files = Batch::new("group_vars/web.yml");
        let web = files.group("web");
        files.set_group_var(web, "a", value);
        builder.merge_files(files);
    }
    let estate = builder.build().unwrap();
    assert_eq!(json(&estate, "h1", "a"), "3");
}

#[test]
fn two_files_with_two_precedences_are_refused() {
    let mut builder = InventoryBuilder::new();
    builder.merge(native::read_toml(
        "a.toml",
        "purlin = 1\nprecedence = [\"site\", \"role\"]\nmerge.a = \"deep\"\n",
    ));
    builder.merge(native::read_toml(
        "b.toml",
        "purlin = 1\nprecedence = [\"role\", \"site\"]\nmerge.a = \"append\"\n",
    ));
    let told = faults(&builder.build().unwrap_err());
    assert!(
        told.contains("b.toml:2:14: error[two-precedences]") && told.contains("a.toml:2:14: the first"),
        "{told}"
    );
    assert!(told.contains("b.toml:3:11: error[two-merge-rules]"), "{told}");
}

#[test]
fn secrets_are_references_and_are_never_shown() {
    let estate = estate(
        r#"
purlin = 1
[role.db.vars]
password = { env = "DB_PASSWORD" }
login = { user = "app", password = { command = ["pass", "show", "hunter2"] } }
log = { file = "/var/log/db.log", level = "info" }
[hosts.h1]
roles = ["db"]
"#,
    );
    let host = estate.host("h1").unwrap();
    assert!(matches!(host.var("password").unwrap().value, Value::Secret(_)));
    assert!(matches!(host.var("log").unwrap().value, Value::Map(_)));
    let explained = estate.explain("h1", "login").unwrap();
    assert_eq!(explained.value.to_string(), r#"{"user":"app","password":"***"}"#);
    let everything = format!("{explained} {explained:?} {:?} {:?}", host.var("login"), host.var("password"));
    assert!(!everything.contains("hunter2"), "{everything}");
}

#[test]
fn aliases_find_their_host_and_are_unique() {
    let text = "purlin = 1\nhosts.h1 = { aliases = [\"www\"], identity = { serial = \"X1\" } }\n";
    assert_eq!(estate(text).host("www").unwrap().name(), "h1");
    let told = wrong(&format!(
        "{text}hosts.h2 = {{ aliases = [\"www\", \"h1\"], identity = {{ serial = \"X1\" }} }}\n"
    ));
    assert!(told.contains("the alias \"www\" of \"h2\" belongs to \"h1\" already"), "{told}");
    assert!(told.contains("the alias \"h1\" of \"h2\""), "{told}");
    assert!(told.contains("the serial \"X1\" of \"h2\" belongs to \"h1\""), "{told}");
}

#[test]
fn a_file_of_another_version_is_refused() {
    assert!(wrong("purlin = 2\n").contains("a newer version of the format than 1"));
    assert!(wrong("hosts = {}\n").contains("begin with purlin = 1"));
    assert!(wrong("purlin = \"1\"\n").contains("write purlin = 1"));
}

#[test]
fn list_rules_want_lists() {
    let told = wrong("purlin = 1\nmerge.p = \"append\"\nhosts.h1.vars.p = \"x\"\n");
    assert!(told.contains("estate.toml:3:19: error[merge-needs-list]"), "{told}");
    assert!(told.contains("estate.toml:2:11: the rule is here"), "{told}");
}
