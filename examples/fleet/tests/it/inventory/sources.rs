//! Where the hosts come from.

use super::bad_input::script;
use super::{NATIVE, home};
use crate::support::{good, json, refused};
use serde_json::json;

#[test]
fn flags_beat_variables_files_and_ansible() {
    let home = home();
    home.write("up/here/ansible.cfg", "[defaults]\ninventory = cfg.ini\n");
    home.write("up/here/cfg.ini", "from-cfg\n");
    home.write("up/file.ini", "from-file\n");
    home.write("up/here/context.ini", "from-context\n");
    home.write("up/here/variable.ini", "from-variable\n");
    let hosts = |words: &str, variable: &str| {
        let hosts = home.fleet(&format!("inventory hosts {words}")).env("FLEET_INVENTORY", variable);
        good(&hosts).stdout
    };
    assert_eq!(hosts("", ""), "from-cfg\n");
    home.write(
        "up/fleet.toml",
        "inventory = ['file.ini']\n[context.lab]\ninventory = ['here/context.ini', 'x,']",
    );
    assert_eq!(hosts("", ""), "from-file\n", "relative to its file");
    assert_eq!(hosts("--context lab", ""), "from-context\nx\n");
    assert_eq!(hosts("--context lab", "variable.ini"), "from-variable\n");
    assert_eq!(hosts("--context lab", "variable.ini, cfg.ini"), "from-variable\nfrom-cfg\n");
    assert_eq!(hosts("-i a,b -i cfg.ini", "variable.ini"), "a\nb\nfrom-cfg\n");
    let (value, origin) = home.setting("inventory", "", &[("FLEET_INVENTORY", "a.ini,b.ini")]);
    assert_eq!((value, origin.as_str()), (json!(["a.ini", "b.ini"]), "environment FLEET_INVENTORY"));
}

#[test]
fn each_i_takes_one_source() {
    let home = home();
    let hosts = home.fleet("inventory hosts -i hosts.ini web1");
    assert_eq!(good(&hosts).stdout, "web1\n", "the second word is the pattern");
}

#[test]
fn a_hyphen_is_standard_input() {
    let home = home();
    home.write("up/here/group_vars/web.yml", "from: beside\n");
    let hosts =
        |words: &str, input: &str| good(&home.fleet(&format!("inventory {words}")).stdin(input)).stdout;
    assert_eq!(hosts("hosts -i -", "[web]\nw[1:2]\n"), "w1\nw2\n");
    assert_eq!(hosts("hosts -i x, -i - -i hosts.ini -- all:!db1", "w0\n"), "x\nw0\nweb1\nweb2\nweb3\n");
    assert_eq!(hosts("hosts -i -", "all: {hosts: {y1: }}"), "y1\n");
    assert_eq!(hosts("hosts -i - --select site=lon", NATIVE), "web01.lon\n");
    assert!(hosts("explain w1 a -i -", "# c\nw1 a=1\n").contains("<stdin>:2:4"));
    let named = home.fleet("inventory hosts").env("FLEET_INVENTORY", "-").stdin("w1\n");
    assert_eq!(good(&named).stdout, "w1\n");
    for words in ["list", "hosts", "lint", "explain web1 x", "export --to native"] {
        let bad = home.fleet(&format!("inventory {words} -i -")).stdin("w1\nw2 novalue\n");
        refused(&bad, 2, &["<stdin>:2:4: error["]);
    }
    let lint = home.fleet("inventory lint -i -").stdin("all:\n  vars:\n    at: 12:30\n").run().unwrap();
    assert!(lint.stderr.contains("<stdin>:3:9: warning[coerced-sexagesimal]"), "{lint:?}");
    let bytes = home.fleet("inventory hosts -i -").stdin(b"w1\nw\xff".to_vec());
    refused(&bytes, 2, &["<stdin>:2:2: error[not-text]"]);
    refused(&home.fleet("inventory hosts -i - -i -").stdin("w1\n"), 2, &["only once"]);
    refused(&home.fleet("inventory hosts -i - -i hosts.ini").stdin("\n"), 2, &["<stdin>: error[empty-file]"]);
    let twice = home.fleet("--config - inventory hosts -i -").stdin("timeout = '9s'\n");
    refused(&twice, 2, &["<stdin>: error[empty-file]"]);
}

#[test]
fn standard_input_that_floods_or_never_ends_is_refused() {
    let home = home();
    let flood = home.shell("yes 0123456789 | \"$FLEET\" inventory hosts -i - --timeout 60s");
    refused(&flood.address_space(1 << 30), 2, &["<stdin>: error[too-large]"]);
    let silent =
        home.shell("sleep 600 | { \"$FLEET\" inventory hosts -i - --timeout 500ms; echo $? >&2; kill 0; }");
    let output = silent.run().unwrap();
    assert!(
        output.stderr.contains("<stdin>: error[timeout]") && output.stderr.ends_with("2\n"),
        "{output:?}"
    );
}

#[test]
fn a_folder_leaves_out_what_ansible_cfg_says() {
    let home = home();
    for name in ["a.ini", "b.ini", "old-a.ini"] {
        home.write(&format!("up/here/folder/{name}"), &format!("{}\n", name.replace(".ini", "")));
    }
    let told = |pattern: &str| {
        home.write("up/here/ansible.cfg", &format!("[inventory]\nignore_patterns = {pattern}\n"));
        home.fleet("inventory hosts -i folder")
    };
    assert_eq!(good(&told("^(old-.+|b)\\.ini$")).stdout, "a\n");
    refused(&told("[bad"), 2, &["ansible.cfg:2: error[bad-setting]: '[bad' is no regular expression"]);
}

#[test]
fn the_file_says_whose_rules_count_unless_somebody_does() {
    let home = home();
    assert_eq!(good(&home.fleet("inventory hosts -i estate.toml")).stdout, "web01.lon\ndb1.leeds\n");
    let as_ansible = home.fleet("inventory hosts -i estate.toml --profile ansible").run().unwrap();
    assert_eq!((as_ansible.code(), as_ansible.stdout.as_str()), (Some(0), ""), "Ansible sees no host in it");
    assert!(as_ansible.stderr.contains("estate.toml:1:10: warning[toml-group]"), "{as_ansible:?}");
    refused(&home.fleet("inventory hosts -i hosts.ini --profile native"), 2, &["hosts.ini:"]);
    home.write("up/here/unmarked.toml", &NATIVE.replace("purlin = 1\n", ""));
    refused(&home.fleet("inventory hosts -i unmarked.toml --profile native"), 2, &["unmarked.toml"]);
}

#[test]
fn ansible_variables_that_change_parsing_are_honoured() {
    let home = home();
    home.write("up/here/dashed.ini", "[a-b]\nh1 m='{\"x\": 1}'\n[a-b:vars]\nm={\"y\": 2}\n");
    let list = |name: &str, value: &str| {
        good(&home.fleet("inventory list -i dashed.ini").env(name, value).arg("-q")).stdout
    };
    assert!(list("ANSIBLE_TRANSFORM_INVALID_GROUP_CHARS", "always").contains("\"a_b\""));
    assert!(!list("ANSIBLE_HASH_BEHAVIOUR", "replace").contains("\"y\""));
    assert!(list("ANSIBLE_HASH_BEHAVIOUR", "merge").contains("\"y\""));
    home.write("up/here/group_vars/all.yml", "said: here\n");
    assert!(list("ANSIBLE_VARS_ENABLED", "host_group_vars").contains("\"said\""));
    assert!(!list("ANSIBLE_VARS_ENABLED", "other").contains("\"said\""));
    let bad = home.fleet("inventory list -i dashed.ini").env("ANSIBLE_HASH_BEHAVIOUR", "mrege");
    refused(&bad, 2, &["$ANSIBLE_HASH_BEHAVIOUR: error[bad-setting]", "replace, merge"]);
}

#[test]
fn several_sources_are_merged_and_a_missing_one_is_refused() {
    let home = home();
    home.write("up/here/more.ini", "[web]\nweb9 http_port=99\n");
    let hosts = home.fleet("inventory hosts -i hosts.ini -i more.ini web");
    assert_eq!(good(&hosts).stdout, "web1\nweb2\nweb3\nweb9\n");
    refused(&home.fleet("inventory hosts -i hosts.ini -i none.ini"), 2, &["none.ini: error[not-found]"]);
}

#[test]
fn a_faulty_configuration_of_ansible_is_told() {
    let home = home();
    home.write("up/here/ansible.cfg", "[defaults]\nhash_behaviour = mrege\n");
    refused(&home.fleet("inventory hosts -i hosts.ini"), 2, &["ansible.cfg:2:", "error[bad-setting]"]);
    let native = home.fleet("inventory hosts -i estate.toml --profile native");
    assert_eq!(good(&native).stdout.lines().count(), 2, "it says nothing of native files");
}

#[test]
fn folders_of_variables_are_ansibles_and_not_the_native_files() {
    let home = home();
    home.write("up/here/group_vars/all.yml", "from_all: 1\n");
    home.write("up/here/host_vars/web01.lon.yml", "from_host: 1\n");
    home.write("up/here/group_vars/ungrouped.yml", "- no: map\n");
    let list = good(&home.fleet("inventory list -i estate.toml --host web01.lon")).stdout;
    assert!(list.contains("192.0.2.1") && !list.contains("from_"), "{list}");
    home.write("up/here/group_vars/ungrouped.yml", "");
    let both = good(&home.fleet("inventory list -i estate.toml -i hosts.ini --host web01.lon")).stdout;
    assert!(both.contains("from_all") && both.contains("from_host"), "{both}");
}

#[test]
fn a_template_that_cannot_be_rendered_is_told_and_never_written() {
    let home = home();
    home.write(
        "up/here/lost.ini",
        "w1 ansible_host='{{ nope }}.lon'\nw2 ansible_host='{{ inventory_hostname }}.lon'\n",
    );
    let export = home.fleet("inventory export --to ssh-config -i lost.ini");
    refused(&export, 2, &["lost.ini:1:", "error[bad-connection]: host w1: ansible_host cannot be rendered"]);
    let one = good(&home.fleet("inventory export --to ssh-config -i hosts.ini")).stdout;
    assert!(one.starts_with("Host "), "{one}");
}

#[test]
fn ansible_cfg_says_how_files_are_read() {
    let home = home();
    home.write("up/here/e/hosts", "h1\n");
    home.write("up/here/e/i.yx", "all: {hosts: {h9: }}\n");
    home.write("up/here/e/group_vars/all.yx", "beside: 1\n");
    home.write("up/here/pb/group_vars/all.yx", "playbook: 1\n");
    let ours = |cfg: &str, source: &str| {
        home.write("up/here/ansible.cfg", &format!("[defaults]\n{cfg}\n"));
        let list = home.fleet(&format!("inventory list -i {source}"));
        json(&good(&list))["_meta"]["hostvars"].clone()
    };
    let extensions = "yaml_valid_extensions = .yml, .yx";
    assert_eq!(ours("", "e/hosts"), json!({}));
    assert_eq!(ours(extensions, "e/hosts"), json!({"h1": {"beside": 1}}));
    assert_eq!(ours(extensions, "e/i.yx"), json!({"h9": {"beside": 1}}));
    let with_playbooks = format!("{extensions}\nplaybook_dir = pb");
    assert_eq!(ours(&with_playbooks, "e/hosts"), json!({"h1": {"beside": 1, "playbook": 1}}));
    let without = format!("{with_playbooks}\nvars_plugins_enabled = other.plugin.vars");
    assert_eq!(ours(&without, "e/hosts"), json!({}));
}

#[test]
fn plugins_that_ansible_does_not_enable_read_nothing() {
    let home = home();
    home.write("up/here/s.yml", "all: {hosts: {h1: }}\n");
    home.write("up/here/t.toml", "[all.hosts.h1]\n");
    home.write("up/here/c.yml", "plugin: constructed\n");
    script(&home, "script", "echo '{}'");
    let refuses = |enabled: &str, source: &str, plugin: &str| {
        home.write("up/here/ansible.cfg", &format!("[inventory]\nenable_plugins = {enabled}\n"));
        let hosts = home.fleet(&format!("inventory hosts -i {source}"));
        refused(&hosts, 2, &["error[disabled-plugin]", &format!("plugin {plugin},")]);
    };
    refuses("script, auto, yaml, toml, host_list", "hosts.ini", "ini");
    refuses("ini, host_list", "s.yml", "yaml");
    refuses("ini, yaml", "a,b", "host_list");
    refuses("ini, yaml", "t.toml", "toml");
    refuses("ini, yaml", "./script", "script");
    refuses("ini, yaml", "c.yml", "auto");
    home.write(
        "up/here/ansible.cfg",
        "[inventory]\nenable_plugins = ini, ansible.builtin.constructed, host_list\n",
    );
    assert_eq!(good(&home.fleet("inventory hosts -i a, -i c.yml")).stdout, "a\n");
    home.write(
        "up/here/ansible.cfg",
        "[inventory]\nenable_plugins = ini, yaml\n[defaults]\nvault_id_match = yes\n",
    );
    let told = home.fleet("inventory hosts -i hosts.ini").run().unwrap();
    assert!(told.stderr.contains("ansible.cfg:2") && told.stderr.contains("not their order"), "{told:?}");
    assert!(told.stderr.contains("ansible.cfg:4") && told.stderr.contains("vault ids"), "{told:?}");
    assert_eq!(told.code(), Some(0));
}

#[test]
fn a_source_that_says_nothing_is_told_and_empty_text_is_none() {
    let home = home();
    for name in ["empty.ini", "empty", "comments.yml"] {
        home.write(&format!("up/here/{name}"), if name == "comments.yml" { "# later\n" } else { "" });
        let output = home.fleet(&format!("inventory hosts -i {name}")).run().unwrap();
        assert_eq!((output.code(), output.stdout.as_str()), (Some(0), ""), "{output:?}");
        assert!(output.stderr.contains(&format!("{name}: warning[empty-file]")), "{output:?}");
    }
    for text in ["", " "] {
        refused(&home.fleet("inventory hosts -i").arg(text), 2, &["a source is empty text"]);
    }
}
