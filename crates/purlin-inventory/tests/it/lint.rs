//! Each rule at work, and the cases that look alike and are none.

use crate::support::block_on;
use purlin_core::{Cx, Diagnostic, Diagnostics, Place, Severity};
use purlin_inventory::{
    Batch, FileId, Inventory, InventoryBuilder, Lint, Loader, Located, Map, Origin, Value, VarsFile,
    VarsOwner, lint_pattern,
};

fn built(batch: Batch) -> Inventory {
    let mut builder = InventoryBuilder::new();
    builder.merge(batch);
    builder.build().unwrap()
}

fn codes(found: &Diagnostics) -> Vec<String> {
    found.iter().map(|fault| fault.code.to_string()).collect()
}

/// The variables of host h, each on the line of `text` that begins with its key; its value begins after the colon.
fn written(file: &str, text: &str, vars: &[(&str, Value)]) -> Diagnostics {
    let mut batch = Batch::new("hosts");
    let host = batch.host("h");
    let id = batch.file(file);
    for (key, value) in vars {
        batch.set_host_var_at(host, key, Located::new(value.clone(), at(id, text, key)));
    }
    Lint::new(&built(batch)).texts(|_| Some(text.to_owned())).run()
}

fn at(file: FileId, text: &str, key: &str) -> Origin {
    let line = text.lines().position(|line| line.trim_start().starts_with(key)).unwrap();
    let column = text.lines().nth(line).unwrap().find(": ").map_or(1, |colon| colon + 3);
    Origin::new(file, line as u32 + 1, column as u32)
}

#[test]
fn numbers_that_were_written_otherwise_are_told() {
    let text = "mode: 0755\nat: 12:30\nversion: 1.10  # c\nplain: 755\nratio: 0.50\nport: 8080\npi: 3.25\nquoted: \"x\"\n";
    let found = written(
        "v.yml",
        text,
        &[
            ("mode", 493.into()),
            ("at", 750.into()),
            ("version", 1.1.into()),
            ("plain", 755.into()),
            ("ratio", 0.5.into()),
            ("port", 8080.into()),
            ("pi", 3.25.into()),
            ("quoted", "x".into()),
        ],
    );
    assert_eq!(codes(&found), ["coerced-octal", "coerced-sexagesimal", "coerced-version"]);
    let first = found.iter().next().unwrap().to_string();
    assert!(
        first.starts_with("v.yml:1:7: warning[coerced-octal]: mode is the number 493: the zero in 0755"),
        "{first}"
    );
    assert!(first.contains("write \"0755\""), "{first}");
}

#[test]
fn a_boolean_is_told_only_where_text_is_likely() {
    let text = "become: yes\ncountry: no\n";
    let found = written("v.yml", text, &[("become", true.into()), ("country", false.into())]);
    assert_eq!(codes(&found), ["coerced-boolean"]);
    assert!(found.to_string().contains("country is the boolean false, since YAML 1.1 reads no so"));

    let mut batch = Batch::new("hosts");
    let file = batch.file("v.yml");
    let item = |value: Value, column| Located::new(value, Origin::new(file, 1, column));
    let (a, b) = (batch.host("a"), batch.host("b"));
    let list = vec![item("de".into(), 10), item(false.into(), 14), item("se".into(), 18)];
    batch.set_host_var_at(a, "sites", Located::new(list, Origin::new(file, 1, 9)));
    batch.set_host_var_at(a, "ssl", Located::new(true, Origin::new(file, 2, 6)));
    batch.set_host_var_at(b, "ssl", Located::new("optional", Origin::new(file, 3, 6)));
    let text = "sites:  [de, no, se]\nssl: on\nssl: optional\n";
    let found = Lint::new(&built(batch)).texts(|_| Some(text.to_owned())).run();
    assert_eq!(codes(&found), ["coerced-boolean", "coerced-boolean"], "{found}");
}

#[test]
fn ini_booleans_are_written_as_python_writes_them() {
    let text = "h a=FALSE b=true c=no d=False\n";
    let vars = [("a", "FALSE"), ("b", "true"), ("c", "no")];
    let mut batch = Batch::new("hosts.ini");
    let host = batch.host("h");
    let file = batch.file("hosts.ini");
    for (key, value) in vars {
        batch.set_host_var_at(host, key, Located::new(value, Origin::new(file, 1, 0)));
    }
    let found = Lint::new(&built(batch)).texts(|_| Some(text.to_owned())).run();
    assert_eq!(codes(&found), ["ini-boolean", "ini-boolean"], "{found}");
    assert!(found.to_string().contains("write False for the boolean"));
    assert!(written("v.yml", "a: \"false\"\n", &[("a", "false".into())]).is_empty());
}

#[test]
fn comments_and_lists_that_an_ini_file_makes_are_told() {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("hosts");
    let text = "[g]\nh1 t=1,2 l=[1,2] c='x # y' p=(1,2) # a comment\n\
                [g:vars]\nj=val # x\nq=\"x # y\"\nu = 1,2\nplain=a,b\nhash=a#b\n# alone\n";
    std::fs::write(&path, text).unwrap();
    let loader = Loader::new().source(path.to_str().unwrap());
    let estate = block_on(loader.load(&Cx::background())).unwrap().inventory;
    let found = estate.lint();
    let lines: Vec<_> =
        found.iter().map(|fault| (&*fault.code, fault.place.as_ref().and_then(|place| place.line))).collect();
    assert_eq!(
        lines,
        [("coerced-list", Some(2)), ("ini-comment", Some(4)), ("coerced-list", Some(6))],
        "{found}"
    );
    assert!(!found.to_string().contains("# x"), "{found}");
}

#[test]
fn secrets_in_plain_text_are_told_without_being_shown() {
    let mut batch = Batch::new("cmdb");
    let host = batch.host("h");
    let inner: Map = [("user", "app"), ("password", "hunter2")]
        .into_iter()
        .map(|(key, value)| (key, Located::new(value, batch.source())))
        .collect();
    batch.set_host_var(host, "db", inner);
    batch.set_host_var(host, "api_token", "{{ vault_api_token }}");
    batch.set_host_var(host, "password_file", "/etc/pw");
    batch.set_host_var(host, "ansible_become_pass", "hunter3");
    let found = Lint::new(&built(batch)).run();
    let text = found.to_string();
    assert_eq!(codes(&found), ["plain-secret", "plain-secret"], "{text}");
    assert!(
        text.contains("db.password of host h") && text.contains("ansible_become_pass of host h"),
        "{text}"
    );
    assert!(!text.contains("hunter"), "{text}");
}

#[test]
fn values_that_nobody_sees_are_notes_with_the_winner() {
    let mut batch = Batch::new("cmdb");
    let file = batch.file("all.yml");
    let (all, web, host) = (batch.group("all"), batch.group("web"), batch.host("w1"));
    batch.add_host(web, host);
    let at = |line| Origin::new(file, line, 1);
    batch.set_group_var_at(all, "port", Located::new(80, at(1)));
    batch.set_group_var_at(web, "port", Located::new(8080, at(2)));
    batch.set_group_var_at(all, "seen", Located::new(1, at(3)));
    let found = Lint::new(&built(batch)).run();
    let fault: &Diagnostic = found.iter().next().unwrap();
    assert_eq!((codes(&found), fault.severity), (vec!["shadowed-value".to_owned()], Severity::Note));
    let text = fault.to_string();
    assert!(
        text.starts_with("all.yml:1:1: note[shadowed-value]: no host of group all sees this value of port"),
        "{text}"
    );
    assert!(text.contains("all.yml:2:1: host w1 has it from here"), "{text}");
}

#[test]
fn groups_and_names_that_are_probably_not_meant_are_told() {
    let mut batch = Batch::new("cmdb");
    let (host, web, parent, empty) =
        (batch.host("web"), batch.group("web"), batch.group("p"), batch.group("e"));
    batch.add_host(web, host);
    batch.add_child(parent, empty);
    let found = Lint::new(&built(batch)).run();
    assert_eq!(codes(&found), ["host-and-group", "empty-group"], "{found}");
    assert!(found.to_string().contains("group e has no hosts"), "{found}");
}

#[test]
fn files_of_variables_that_nobody_reads_are_told() {
    let mut batch = Batch::new("cmdb");
    let (host, web) = (batch.host("web01"), batch.group("web"));
    batch.add_host(web, host);
    let estate = built(batch);
    let group = |name: &str| {
        VarsFile::new(VarsOwner::Group(name.into()), Place::file(format!("group_vars/{name}.yml")))
    };
    let files = [
        group("web").hidden_by(Place::file("group_vars/web")),
        group("wbe"),
        group("all"),
        VarsFile::new(VarsOwner::Host("web01".into()), Place::file("host_vars/web01.yml")),
        VarsFile::new(VarsOwner::Host("nobody".into()), Place::file("host_vars/nobody.yml")),
    ];
    let found = Lint::new(&estate).vars_files(files).run();
    assert_eq!(codes(&found), ["unused-vars-file", "ignored-vars-file", "unused-vars-file"]);
    assert!(found.to_string().contains("did you mean web?"), "{found}");
}

#[test]
fn warnings_of_the_reader_are_told_too_in_one_order() {
    let mut batch = Batch::new("cmdb");
    let host = batch.host("h");
    let file = batch.file("a.yml");
    batch.set_host_var_at(host, "password", Located::new("pw123", Origin::new(file, 3, 1)));
    let mut warnings = Diagnostics::new();
    warnings.push(Diagnostic::warning("duplicate-key", "twice").place(Place::file("a.yml").at(1, 1)));
    warnings.push(Diagnostic::warning("duplicate-key", "twice").place(Place::file("b.yml").at(1, 1)));
    let found = Lint::new(&built(batch)).warnings(warnings).run();
    assert_eq!(codes(&found), ["duplicate-key", "plain-secret", "duplicate-key"]);
}

#[test]
fn the_files_themselves_are_read_where_nothing_else_is_said() {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("v.yml");
    std::fs::write(&path, "mode: 0644\n").unwrap();
    let mut batch = Batch::new("hosts");
    let host = batch.host("h");
    let file = batch.file(path.display().to_string());
    batch.set_host_var_at(host, "mode", Located::new(420, Origin::new(file, 1, 7)));
    let estate = built(batch);
    assert_eq!(codes(&estate.lint()), ["coerced-octal"]);
    std::fs::remove_file(path).unwrap();
    assert!(estate.lint().is_empty());
}

#[test]
fn dangerous_patterns_are_told_and_sound_ones_are_not() {
    // What these select was seen with ansible-core 2.19.14.
    let cases = [
        ("~", "pattern-selects-all", 1),
        ("~[", "pattern-selects-all", 1),
        ("~^", "pattern-selects-all", 1),
        ("~[w", "pattern-selects-all", 1),
        ("web:~[", "pattern-selects-all", 5),
        ("web:!~[", "pattern-selects-all", 5),
        ("~()", "pattern-selects-all", 1),
        ("~|web", "pattern-selects-all", 1),
        ("web:~db|", "pattern-selects-all", 5),
        ("web, ~(|b)", "pattern-selects-all", 6),
        ("~a*", "pattern-selects-all", 1),
        ("~w[", "pattern-bracket", 1),
        ("web[", "pattern-bracket", 1),
        ("web[5:2]", "pattern-backwards", 1),
        ("db,web[1-3]", "pattern-slice", 4),
        ("web!db", "pattern-joined", 1),
        ("web&db", "pattern-joined", 1),
    ];
    for (pattern, code, column) in cases {
        let found = lint_pattern(pattern);
        assert_eq!(codes(&found), [code], "{pattern}: {found}");
        assert_eq!(found.iter().next().unwrap().place.as_ref().unwrap().column, Some(column), "{pattern}");
    }
    assert_eq!(codes(&lint_pattern("web[3-1]")), ["pattern-slice", "pattern-backwards"]);
    for pattern in [
        "all",
        "web:&prod:!db*",
        "web[0]",
        "web[1:3]",
        "web[-1]",
        "web[2:-1]",
        "~web\\d+",
        "~(a|b)[0-9]",
        "a,b",
        "web:",
        "~\\[x",
        "fe80::1",
        "web db",
        "web,~[",
        "web,db[",
        "~.*",
        "~^.*$",
        "~web|db",
    ] {
        assert!(lint_pattern(pattern).is_empty(), "{pattern}: {}", lint_pattern(pattern));
    }
}

proptest::proptest! {
    #[test]
    fn no_pattern_panics(pattern in "[~\\[\\]!&:,a-c0-9 é\\\\^-]{0,20}") {
        let _ = lint_pattern(&pattern).to_string();
    }

    #[test]
    fn no_text_panics(text in "(a: |no|0755|12:30|1.10|é|\"|\n){0,12}", line in 0u32..5, column in 0u32..20) {
        let mut batch = Batch::new("hosts");
        let host = batch.host("h");
        let file = batch.file("v.yml");
        for (key, value) in [("a", Value::from(false)), ("b", 493.into()), ("c", 1.1.into())] {
            batch.set_host_var_at(host, key, Located::new(value, Origin::new(file, line, column)));
        }
        let _ = Lint::new(&built(batch)).texts(|_| Some(text.clone())).run().to_string();
    }
}

/// What is found in files of these names and texts, the first of which is the source.
fn of_files(files: &[(&str, &str)]) -> Diagnostics {
    let folder = tempfile::TempDir::new().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let loader = Loader::new().source(folder.path().join(files[0].0).display().to_string());
    block_on(loader.load(&Cx::background())).unwrap().inventory.lint()
}

fn lines(found: &Diagnostics) -> Vec<(&str, Option<u32>)> {
    found.iter().map(|fault| (&*fault.code, fault.place.as_ref().and_then(|place| place.line))).collect()
}

#[test]
fn layers_of_the_native_format_are_looked_into() {
    let text = "purlin = 1\n[defaults.vars]\ndb_password = \"hunter2\"\nlevel = 1\n[site.lon.vars]\nversion = 1.10\n\
                level = 2\n[hosts.a]\nsite = \"lon\"\n";
    let found = of_files(&[("estate.toml", text)]);
    assert_eq!(
        lines(&found),
        [("plain-secret", Some(3)), ("shadowed-value", Some(4)), ("coerced-version", Some(6))],
        "{found}"
    );
    let told = found.to_string();
    assert!(told.contains("db_password of defaults") && told.contains("no host of defaults sees"), "{told}");
    assert!(!told.contains("hunter2"), "{told}");
}

#[test]
fn what_is_merged_or_agreed_on_is_seen() {
    let text = "purlin = 1\n[merge]\nlist = \"append\"\nonce = \"unique\"\nless = \"remove\"\n[defaults.vars]\n\
                list = [1]\nonce = [1]\nless = [1, 2]\n[role.a.vars]\nlist = [2]\nonce = [2]\nless = [2]\nx = 1\n\
                [role.b.vars]\nx = 1\n[hosts.h]\nroles = [\"a\", \"b\"]\nvars = { list = [3] }\n";
    let found = of_files(&[("estate.toml", text)]);
    assert!(found.is_empty(), "{found}");
}

#[test]
fn how_a_file_was_read_counts_and_not_its_name() {
    let vars = "switch: TRUE\nname: 'FALSE'\nlist: [a, b]\n";
    let found = of_files(&[("hosts", "h a=FALSE\n"), ("group_vars/all", vars)]);
    assert_eq!(lines(&found), [("ini-boolean", Some(1))], "{found}");
    let found = of_files(&[("hosts.yml", "h a=FALSE\n")]);
    assert_eq!(lines(&found), [("ini-boolean", Some(1))], "{found}");
    let found = of_files(&[("hosts", "all:\n  hosts:\n    h:\n      name: 'FALSE'\n      l: [a, b]\n")]);
    assert!(found.is_empty(), "{found}");
}

#[test]
fn keys_that_an_ini_file_says_twice_are_told_with_both_places() {
    let text = "h1 a=1 b=2 a=3\n[g]\nh1 a=4\n[g:vars]\nx=1\ny=1\n[g:vars]\nx=2\n";
    let found = of_files(&[("hosts", text)]);
    assert_eq!(lines(&found), [("duplicate-key", Some(1)), ("duplicate-key", Some(8))], "{found}");
    let told = found.to_string();
    assert!(told.contains("hosts:1:12: warning[duplicate-key]: the key \"a\" is there twice"), "{told}");
    assert!(told.contains("hosts:1:4: the first is here"), "{told}");
    assert!(told.contains("hosts:5:3: the first is here"), "{told}");
    let many = format!("h1 {}", "a=1 ".repeat(1000));
    let found = of_files(&[("hosts", &many)]);
    assert_eq!(found.len(), 101);
    assert!(found.to_string().contains("899 more keys are there twice"), "{found}");
}

#[test]
fn hashes_and_other_names_that_became_numbers_are_told() {
    let text = "h hash=1234e567 n=1e3 s=0o17 x=0x1F u=1_000 plain=17 f=2.5 inf=abc e=west\n";
    let found = of_files(&[("hosts", text)]);
    assert_eq!(codes(&found), ["coerced-number"; 5], "{found}");
    assert!(found.to_string().contains("hash is the number inf, since 1234e567 is read as one"), "{found}");
    let found = of_files(&[("estate.toml", "purlin = 1\n[hosts.h.vars]\nn = 1e3\nx = 0x1F\nu = 1_000\n")]);
    assert!(found.is_empty(), "{found}");
}

#[test]
fn passwords_and_keys_within_texts_are_told_without_being_shown() {
    let text = "h url=mysql://app:hunter2@db1/map ldap_bindpw=hunter3\n";
    let key = "tls:\n  pem: |\n    -----BEGIN PRIVATE KEY-----\n    hunter4\n";
    let found = of_files(&[("hosts", text), ("group_vars/all", key)]);
    assert_eq!(codes(&found), ["plain-secret"; 3], "{found}");
    assert!(!found.to_string().contains("hunter"), "{found}");
}

#[test]
fn one_call_tells_what_the_loader_saw_too() {
    let folder = tempfile::TempDir::new().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("hosts.ini", "[web]\nw1\n");
    write("group_vars/web.yml", "a: 1\n");
    write("group_vars/web/main.yml", "a: 1\na: 2\n");
    write("group_vars/wbe.yml", "a: 3\n");
    write("group_vars/README.md", "see the wiki\n");
    write("host_vars/w2/main.yml", "a: 3\n");
    let source = folder.path().join("hosts.ini").display().to_string();
    let loader = purlin_inventory::Loader::new().source(source);
    let loaded = crate::support::block_on(loader.load(&purlin_core::Cx::background())).unwrap();
    assert_eq!(codes(&loaded.diagnostics), ["duplicate-key"]);
    let found = loaded.inventory.lint();
    let mut sorted = codes(&found);
    sorted.sort_unstable();
    assert_eq!(
        sorted,
        ["duplicate-key", "ignored-vars-file", "unused-vars-file", "unused-vars-file"],
        "{found}"
    );
    assert!(found.to_string().contains("did you mean web?"), "{found}");
    // Who tells the warnings again tells nothing new.
    assert_eq!(Lint::new(&loaded.inventory).warnings(loaded.diagnostics).run(), found);
}
