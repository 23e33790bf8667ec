//! What other tools are given to read.

use proptest::prelude::*;
use purlin_core::{Diagnostics, ErrorKind, Secret};
use purlin_inventory::{Batch, Inventory, InventoryBuilder, Located, Map, SecretValue, Value, native, write};
use std::sync::Arc;

fn built(batch: Batch) -> Inventory {
    let mut builder = InventoryBuilder::new();
    builder.merge(batch);
    builder.build().unwrap()
}

fn estate(text: &str) -> Inventory {
    built(native::read_toml("estate.toml", text))
}

fn written<T>(write: impl FnOnce(&mut Vec<u8>) -> purlin_core::Result<T>) -> String {
    let mut out = Vec::new();
    write(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn at(batch: &Batch, value: impl Into<Value>) -> Located {
    Located::new(value, batch.source())
}

/// The estate whose documents ansible-core 2.19.14 wrote, in the files beside this one, from
/// `write/recorded.yml`.
fn recorded() -> Inventory {
    let mut batch = Batch::new("recorded.yml");
    let source = batch.source();
    let located = |value: Value| Located::new(value, source);
    let list = |items: Vec<Value>| Value::from(items.into_iter().map(located).collect::<Vec<_>>());
    let map = |entries: Vec<(&str, i64)>| {
        Value::from(entries.into_iter().map(|(key, value)| (key, located(value.into()))).collect::<Map>())
    };
    let all = batch.group("all");
    let text = "q\"b\\s/\n\r\t\u{8}\u{c}\u{1f}\u{7f}\u{80}\u{2028}";
    let vars: Vec<(&str, Value)> = vec![
        ("s", text.into()),
        ("i", Value::Int(-5)),
        ("z", Value::Int(0)),
        ("neg", Value::Float(-0.0)),
        ("e1", Value::Float(1e-5)),
        ("e2", Value::Float(1e16)),
        ("e3", Value::Float(123_456.789)),
        ("e4", Value::Float(1e15)),
        ("e5", Value::Float(0.0001)),
        ("l", list(vec![list(vec![]), map(vec![]), list(vec![1.into(), map(vec![("a", 1)])])])),
        ("a b", 1.into()),
        ("", 2.into()),
        ("é", 3.into()),
        ("Z", 4.into()),
        ("😀", 5.into()),
        ("\u{fffd}", 6.into()),
        ("big", Value::BigInt("123456789012345678901234567890".into())),
        ("n", Value::Null),
        ("t", true.into()),
        ("inf", Value::Float(f64::INFINITY)),
        ("u", Value::Unsafe("{{ x }}".into())),
        ("inventory_dir", "gone".into()),
        ("m", map(vec![("b", 1), ("a", 2), ("10", 3), ("2", 4)])),
    ];
    vars.into_iter().for_each(|(key, value)| batch.set_group_var(all, key, value));
    let lone = batch.host("lone");
    batch.add_host(all, lone);
    let [zed, empty, par, kid, said, h] =
        ["zed", "empty", "par", "kid", "said", "h"].map(|name| batch.group(name));
    for group in [zed, empty, par, kid, said, h] {
        batch.add_child(all, group);
    }
    batch.add_child(par, kid);
    batch.add_child(par, zed);
    let [h2, h1, h0] = ["h2", "h1", "h0"].map(|name| batch.host(name));
    batch.add_host(zed, h2);
    batch.add_host(h, h1);
    batch.add_host(h, h0);
    batch.set_group_var(zed, "i", 7);
    batch.set_group_var(said, "q", 1);
    batch.set_host_var(h1, "groups", 1);
    batch.set_host_var(h1, "a", 1);
    built(batch)
}

#[test]
fn ansibles_document_is_ansibles_byte_by_byte() {
    let estate = recorded();
    assert_eq!(written(|out| write::ansible_json(&estate, out)), include_str!("write/list.json"));
    assert_eq!(written(|out| write::ansible_export_json(&estate, out)), include_str!("write/export.json"));
}

#[test]
fn closed_secrets_stop_the_document_before_its_first_byte() {
    let mut batch = Batch::new("cmdb");
    let file = batch.file("group_vars/db.yml");
    let origin = purlin_inventory::Origin::new(file, 3, 11);
    let db = batch.group("db");
    let vault = SecretValue::Vault { id: Some("prod".to_owned()), envelope: "$ANSIBLE_VAULT;1.2".to_owned() };
    let inner: Map =
        [("password", Located::new(Value::Secret(Arc::new(vault)), origin))].into_iter().collect();
    let value = at(&batch, inner);
    batch.set_group_var_at(db, "login", value);
    for name in ["d1", "d2"] {
        let host = batch.host(name);
        batch.add_host(db, host);
    }
    let mut out = Vec::new();
    let error = write::ansible_json(&built(batch), &mut out).unwrap_err();
    assert!(out.is_empty());
    assert_eq!(error.kind(), ErrorKind::Invalid);
    let told = error.detail::<Diagnostics>().unwrap();
    assert_eq!(told.len(), 1, "{told}");
    let told = told.to_string();
    assert!(told.contains("group_vars/db.yml:3:11: error[vault-closed]: \"login\""), "{told}");
    assert!(told.contains("--vault-password-file") && told.contains("(vault id prod)"), "{told}");
}

#[test]
fn secrets_by_reference_are_left_out_and_told() {
    let estate = estate(
        "purlin = 1\n[defaults.vars]\ntoken = { env = \"TOKEN\" }\nlist = [1, { file = \"/f\" }]\n\
         db = { url = \"x\", password = { env = \"PW\" } }\n[hosts.a]\n[hosts.b]\n",
    );
    let mut out = Vec::new();
    let told = write::ansible_json(&estate, &mut out).unwrap();
    let document: serde_json::Value = serde_json::from_slice(&out).unwrap();
    let expected = serde_json::json!({ "db": { "url": "x" }, "list": [1] });
    assert_eq!(document["_meta"]["hostvars"]["a"], expected);
    assert_eq!(document["_meta"]["hostvars"]["b"], expected);
    let places: Vec<_> = told.iter().map(|told| told.place.clone().unwrap().line).collect();
    assert_eq!((places, told.has_errors()), (vec![Some(3), Some(4), Some(5)], false), "{told}");
    assert!(told.iter().all(|told| told.code == "secret-reference"), "{told}");
    let mut out = Vec::new();
    let told = write::ansible_host_json(estate.host("a").unwrap(), &mut out).unwrap();
    assert_eq!((told.len(), serde_json::from_slice::<serde_json::Value>(&out).unwrap()), (3, expected));
}

#[test]
fn of_very_many_faults_some_are_told_and_the_others_counted() {
    let mut batch = Batch::new("cmdb");
    for index in 0..30_000 {
        let host = batch.host(&format!("h{index}"));
        batch.set_host_var(host, &format!("v{index}"), Value::Null);
    }
    let error = write::native_toml(&built(batch), &mut Vec::new()).unwrap_err();
    let told = error.detail::<Diagnostics>().unwrap();
    assert_eq!(told.len(), 201);
    assert!(told.to_string().contains("and 29800 more"), "{told}");
}

#[test]
fn what_does_not_read_back_is_told_where_it_was_said() {
    let mut batch = Batch::new("cmdb");
    let file = batch.file("hosts.ini");
    let odd = batch.host_at("web[x", purlin_inventory::Origin::new(file, 7, 1));
    batch.set_host_var(odd, "x", 1);
    let error = write::native_toml(&built(batch), &mut Vec::new()).unwrap_err();
    let told = error.detail::<Diagnostics>().unwrap().to_string();
    assert!(told.starts_with("hosts.ini:7:1: error["), "{told}");
    assert!(error.message().contains("native format: hosts.ini:7:1: "), "{error}");
}

#[test]
fn an_open_vault_is_written_where_ansible_writes_it() {
    let mut batch = Batch::new("cmdb");
    let host = batch.host("h");
    let open = SecretValue::Open(Secret::new("opened".to_owned()));
    batch.set_host_var(host, "p", Value::Secret(Arc::new(open)));
    let estate = built(batch);
    assert!(written(|out| write::ansible_json(&estate, out)).contains("\"p\": \"opened\""));
    assert!(!estate.explain("h", "p").unwrap().to_string().contains("opened"));
    let error = write::native_toml(&estate, &mut Vec::new()).unwrap_err();
    assert!(error.message().contains("never holds them"), "{error}");
}

#[test]
fn a_native_estate_tells_ansible_how_hosts_are_reached() {
    let estate = estate(
        "purlin = 1\nhosts.h1 = { address = \"10.0.0.1\", port = 2222, user = \"ops\" }\nhosts.h2.transport = \"local\"\n",
    );
    let document: serde_json::Value =
        serde_json::from_str(&written(|out| write::ansible_json(&estate, out))).unwrap();
    let h1 = &document["_meta"]["hostvars"]["h1"];
    assert_eq!((h1["ansible_host"].as_str(), h1["ansible_port"].as_i64()), (Some("10.0.0.1"), Some(2222)));
    assert_eq!(h1["ansible_user"], "ops");
    assert_eq!(document["_meta"]["hostvars"]["h2"]["ansible_connection"], "local");
    let error = write::ansible_export_json(&estate, &mut Vec::new()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
}

/// Every host with every variable, as text.
fn values(estate: &Inventory) -> Vec<String> {
    let mut lines: Vec<String> = estate
        .hosts()
        .flat_map(|host| host.vars().map(move |(key, _)| (host, key)))
        .map(|(host, key)| {
            format!("{} {key} {}", host.name(), estate.explain(host.name(), key).unwrap().value)
        })
        .collect();
    lines.sort();
    lines.extend(estate.groups().map(|group| {
        format!(
            "{} {:?} {:?}",
            group.name(),
            group.hosts().collect::<Vec<_>>(),
            group.children().collect::<Vec<_>>()
        )
    }));
    lines
}

#[test]
fn native_estates_survive_with_their_layers() {
    let estate = estate(
        r#"
purlin = 1
precedence = ["rack", "site", "role", "host"]
[merge]
packages = "append"
"odd key" = "deep"
[defaults]
user = "ops"
[defaults.vars]
packages = ["ntp"]
password = { command = ["pass", "a b"] }
[site."lon don"]
rack = "r1"
[rack.r1.vars]
"odd key" = { a = 1, "b c" = "q\"\n\u0001" }
[role.web.services.app]
port = 8080
[groups.front]
hosts = ["web[1-2]"]
vars.zone = 1.5
[hosts."web[1-2]"]
site = "lon don"
"#
        .replace("lon don", "lon-don")
        .as_str(),
    );
    let text = written(|out| write::native_toml(&estate, out));
    let mut builder = InventoryBuilder::new();
    builder.merge(native::read_toml("again.toml", &text));
    let again = builder.build().unwrap();
    assert_eq!(values(&again), values(&estate));
    assert!(text.contains("[site.lon-don]\nrack = \"r1\"\n"), "{text}");
    assert_eq!(written(|out| write::native_toml(&again, out)), text);
}

#[test]
fn ansibles_estates_survive_flattened() {
    let mut batch = Batch::new("cmdb");
    let (web, all) = (batch.group("web"), batch.group("all"));
    batch.set_group_var(all, "ntp", "ntp1");
    batch.set_group_var(web, "http_port", 80);
    for name in ["w1", "w2"] {
        let host = batch.host(name);
        batch.add_host(web, host);
        batch.set_host_var(host, "ansible_host", format!("10.0.0.{name}"));
    }
    batch.host("lone");
    let estate = built(batch);
    let text = written(|out| write::native_toml(&estate, out));
    let again = built(native::read_toml("again.toml", &text));
    assert_eq!(values(&again)[..8], values(&estate)[..8]);
    assert!(text.contains("[defaults.vars]\nntp = \"ntp1\"\n"), "{text}");
    assert!(text.contains("[groups.web]\nhosts = [\"w1\", \"w2\"]\n"), "{text}");
}

#[test]
fn what_the_native_format_cannot_hold_is_told_with_its_place() {
    let mut batch = Batch::new("cmdb");
    let host = batch.host("h");
    let map: Map = [("file", at(&batch, "/var/log"))].into_iter().collect();
    batch.set_host_var(host, "log", map);
    batch.set_host_var(host, "nothing", Value::Null);
    batch.set_host_var(host, "port", 8080);
    let mut out = Vec::new();
    let error = write::native_toml(&built(batch), &mut out).unwrap_err();
    assert!(out.is_empty());
    let told = error.detail::<Diagnostics>().unwrap().to_string();
    assert!(told.contains("takes for a secret") && told.contains("which TOML cannot say"), "{told}");
    assert!(told.contains("cmdb: error[not-native]"), "{told}");
}

#[test]
fn ssh_gets_a_block_a_host() {
    let estate = estate(
        r#"
purlin = 1
[hosts.web1]
address = "10.0.0.1"
port = 2222
user = "ops"
aliases = ["www"]
ssh = { key_file = "~/my keys/id", jump = "bastion.lon" }
[hosts.web2]
[hosts.here]
transport = "local"
"#,
    );
    let text = written(|out| write::ssh_config(&estate, out));
    let expected = "Host web1 www\n    HostName 10.0.0.1\n    Port 2222\n    User ops\n    \
                    IdentityFile \"~/my keys/id\"\n    ProxyJump bastion.lon\n\nHost web2\n";
    assert_eq!(text, expected);
}

#[test]
fn ssh_gets_what_ansibles_arguments_say() {
    let mut batch = Batch::new("hosts.ini");
    let host = batch.host("h1");
    let args = "-o StrictHostKeyChecking=accept-new -o 'UserKnownHostsFile=/a /b' -o ConnectTimeout=7 -C \
                -o 'ProxyCommand=ssh -W \"%h:%p\" j' -o ServerAliveInterval=30 -i /k2";
    batch.set_host_var(host, "ansible_ssh_common_args", args);
    batch.set_host_var(host, "ansible_ssh_private_key_file", "{{ keys }}/k1");
    batch.set_host_var(host, "keys", "/keys");
    let text = written(|out| write::ssh_config(&built(batch), out));
    let expected = "Host h1\n    IdentityFile /keys/k1\n    IdentityFile /k2\n    ProxyCommand ssh -W \"%h:%p\" j\n    \
                    StrictHostKeyChecking accept-new\n    UserKnownHostsFile /a /b\n    ConnectTimeout 7\n    \
                    Compression yes\n    ServerAliveInterval 30\n";
    assert_eq!(text, expected);
}

/// What ssh itself makes of the file that was written, for one host.
#[test]
fn ssh_reads_commands_back_as_they_were_said() {
    let Some(ssh) = purlin_testkit::require_program("ssh") else { return };
    let commands = [
        ("ProxyCommand", "ssh -W \"%h:%p\" -o 'User=a b' j # not a comment"),
        ("IdentityAgent", "/run/my agent"),
    ];
    let mut batch = Batch::new("hosts.ini");
    let host = batch.host("h1");
    let quote = |text: &str| text.replace('\'', "'\"'\"'");
    let args: Vec<String> =
        commands.iter().map(|(name, command)| format!("-o '{name}={}'", quote(command))).collect();
    batch.set_host_var(host, "ansible_ssh_common_args", args.join(" "));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config");
    std::fs::write(&path, written(|out| write::ssh_config(&built(batch), out))).unwrap();
    let read = std::process::Command::new(ssh).args(["-G", "-F"]).arg(&path).arg("h1").output().unwrap();
    let read = String::from_utf8(read.stdout).unwrap();
    for (name, command) in commands {
        let line = format!("{} {command}", name.to_lowercase());
        assert!(read.lines().any(|known| known == line), "{line} in {read}");
    }
}

#[test]
fn a_command_in_two_lines_is_refused() {
    for command in ["ProxyCommand=a\nProxyCommand b", "proxycommand==x", "ProxyCommand=a\u{1b}[0m"] {
        let mut batch = Batch::new("hosts.ini");
        let host = batch.host("h1");
        batch.set_host_var(host, "ansible_ssh_common_args", format!("-o '{command}'"));
        let mut out = Vec::new();
        let error = write::ssh_config(&built(batch), &mut out).unwrap_err();
        assert!(out.is_empty(), "{command}");
        assert!(error.to_string().contains("ssh's configuration"), "{error}");
    }
}

#[test]
fn ssh_is_told_of_every_host_that_cannot_be_reached() {
    let mut batch = Batch::new("hosts.ini");
    for name in ["h1", "h2"] {
        let host = batch.host(name);
        batch.set_host_var(host, "ansible_host", "{{ nope }}");
    }
    let mut out = Vec::new();
    let error = write::ssh_config(&built(batch), &mut out).unwrap_err();
    let told = error.detail::<Diagnostics>().unwrap();
    assert!(out.is_empty() && told.len() == 2, "{told}");
}

#[test]
fn what_would_break_sshs_file_is_refused() {
    let mut batch = Batch::new("cmdb");
    for (name, key) in [("h*", "/k"), ("h1", "/k\n  ProxyCommand evil"), ("h2", "a\"b")] {
        let host = batch.host(name);
        batch.set_host_var(host, "ansible_ssh_private_key_file", key);
    }
    let mut out = Vec::new();
    let error = write::ssh_config(&built(batch), &mut out).unwrap_err();
    assert!(out.is_empty());
    assert_eq!(error.kind(), ErrorKind::Invalid);
}

#[test]
fn ansible_hears_of_key_file_jump_hosts_and_whom_to_become() {
    let text = "purlin = 1\n[hosts.h1]\nssh = { key_file = \"/k\", jump = \"b1,b2\" }\nbecome = { user = \"app\", method = \"su\" }\n";
    let mut out = Vec::new();
    let _ = write::ansible_json(&built(native::read_toml("estate.toml", text)), &mut out).unwrap();
    let document: serde_json::Value = serde_json::from_slice(&out).unwrap();
    let h1 = &document["_meta"]["hostvars"]["h1"];
    for (key, value) in [
        ("ansible_ssh_private_key_file", "/k"),
        ("ansible_ssh_common_args", "-o ProxyJump=b1,b2"),
        ("ansible_become_method", "su"),
        ("ansible_become_user", "app"),
    ] {
        assert_eq!(h1[key], value, "{key}");
    }
    assert_eq!(h1["ansible_become"], true);
}

proptest! {
    #[test]
    fn texts_and_keys_survive_the_native_format(texts in proptest::collection::vec(("[a-z ]{1,6}|.{1,12}", ".{0,20}"), 0..6)) {
        let mut batch = Batch::new("x");
        let host = batch.host("h");
        for (key, text) in &texts {
            batch.set_host_var(host, key, text.as_str());
        }
        let estate = built(batch);
        let mut out = Vec::new();
        if write::native_toml(&estate, &mut out).is_ok() {
            let again = built(native::read_toml("again", &String::from_utf8(out).unwrap()));
            prop_assert_eq!(values(&again), values(&estate));
        }
    }
}
