//! Sources with their policies, and what is no inventory.

use crate::support::{block_on, faults};
use async_trait::async_trait;
use purlin_core::{Cx, Error, ErrorKind, Result, SimClock};
use purlin_inventory::{
    AnsibleOptions, Batch, Freshness, Inventory, Limits, Loader, Removal, Source, SourceEntry,
};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// A source of so many hosts; none is a failure.
#[derive(Debug)]
struct Cmdb(AtomicUsize);

impl Cmdb {
    fn of(hosts: usize) -> Arc<Self> {
        Arc::new(Self(AtomicUsize::new(hosts)))
    }
}

#[async_trait]
impl Source for Cmdb {
    fn name(&self) -> &str {
        "cmdb"
    }

    async fn fetch(&self, _cx: &Cx) -> Result<Batch> {
        let mut batch = Batch::new("cmdb");
        match self.0.load(Ordering::Relaxed) {
            0 => return Err(Error::new(ErrorKind::Unavailable, "cmdb is down")),
            hosts => {
                for number in 0..hosts {
                    batch.host(&format!("h{number}"));
                }
            }
        }
        Ok(batch)
    }
}

fn load_path(path: &Path) -> Result<Inventory> {
    let loader = Loader::new().source(path.to_str().unwrap());
    block_on(loader.load(&Cx::background())).map(|loaded| loaded.inventory)
}

#[test]
fn a_missing_source_fails_with_its_name_unless_it_is_optional() {
    let error = block_on(Inventory::load(&Cx::background(), ["web1,", "nosuch.ini"])).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.message().contains("nosuch.ini"), "{error}");

    let loader = Loader::new().source("web1,").add(SourceEntry::named("nosuch.ini").optional());
    let loaded = block_on(loader.load(&Cx::background())).unwrap();
    assert_eq!(loaded.inventory.len(), 1);
    assert_eq!(loaded.sources[1].state, Freshness::LeftOut);
    assert!(loaded.diagnostics.to_string().contains("nosuch.ini is left out"), "{}", loaded.diagnostics);
}

#[test]
fn the_faults_of_all_sources_are_told_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    std::fs::write(path("a.ini"), "h1 x\n").unwrap();
    std::fs::write(path("b.ini"), "h1 y\n").unwrap();
    let loader = Loader::new().source(path("a.ini")).source(path("b.ini")).source(path("c.ini"));
    let error = block_on(loader.load(&Cx::background())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let told: Vec<_> = faults(&error).iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(
        told[0].contains("a.ini:1:4") && told[1].contains("b.ini:1:4") && told[2].contains("c.ini"),
        "{told:?}"
    );
}

#[test]
fn a_stale_answer_is_used_with_its_age_until_it_is_too_old() {
    let clock = SimClock::new();
    let cx = Cx::background().with_clock(clock.clone());
    let cmdb = Cmdb::of(3);
    let loader =
        Loader::new().add(SourceEntry::custom(cmdb.clone()).stale_allowed(Duration::from_secs(3600)));
    assert_eq!(block_on(loader.load(&cx)).unwrap().sources[0].state, Freshness::Fresh);

    cmdb.0.store(0, Ordering::Relaxed);
    clock.advance(Duration::from_secs(3600));
    let stale = block_on(loader.load(&cx)).unwrap();
    assert_eq!(stale.inventory.len(), 3);
    assert_eq!(stale.sources[0].state, Freshness::Stale(Duration::from_secs(3600)));
    assert!(stale.diagnostics.to_string().contains("cmdb is down"), "{}", stale.diagnostics);

    clock.advance(Duration::from_secs(1));
    let error = block_on(loader.load(&cx)).unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::Unavailable, "cmdb is down"));
}

#[test]
fn a_source_that_never_answered_is_no_stale_answer() {
    let loader = Loader::new().add(SourceEntry::custom(Cmdb::of(0)).stale_allowed(Duration::MAX));
    assert!(block_on(loader.load(&Cx::background())).is_err());
}

#[test]
fn a_refresh_that_removes_too_much_is_refused_unless_forced() {
    let cx = Cx::background();
    let cmdb = Cmdb::of(10);
    let loader = Loader::new().add(cmdb.clone());
    let before = block_on(loader.load(&cx)).unwrap().inventory;

    cmdb.0.store(8, Ordering::Relaxed);
    assert_eq!(block_on(loader.refresh(&cx, &before)).unwrap().inventory.len(), 8);

    cmdb.0.store(7, Ordering::Relaxed);
    let error = block_on(loader.refresh(&cx, &before)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    let message = "3 of 10 hosts would be removed (30 %, 20 % are allowed): h7, h8, h9";
    assert_eq!(error.message(), message);
    assert!(block_on(loader.clone().removal(Removal::Any).refresh(&cx, &before)).is_ok());
    assert!(block_on(loader.removal(Removal::Share(0.3)).refresh(&cx, &before)).is_ok());
}

#[test]
fn what_is_no_text_is_told_with_line_and_column() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hosts");
    std::fs::write(&path, b"# M\xfcller\n[g]\nh1 x=\xc3\xa4\xff\n").unwrap();
    let place = |error: &Error| faults(error)[0].place.clone().unwrap();
    assert_eq!(place(&load_path(&path).unwrap_err()).to_string(), format!("{}:3:7", path.display()));
    std::fs::write(&path, b"[g]\nh1\0\n").unwrap();
    assert_eq!(place(&load_path(&path).unwrap_err()).line, Some(2));
    std::fs::write(&path, b"\xef\xbb\xbf# M\xfcller\n[g]\nh1\n").unwrap();
    assert_eq!(load_path(&path).unwrap().len(), 1);
}

#[test]
fn what_is_no_file_or_too_big_is_not_opened() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hosts");
    let made = std::process::Command::new("mkfifo").arg(&path).status().unwrap();
    assert!(made.success());
    let error = load_path(&path).unwrap_err();
    assert!(error.message().contains("not a regular file"), "{error}");

    let big = folder.path().join("big");
    std::fs::File::create(&big).unwrap().set_len(1 << 30).unwrap();
    let error = load_path(&big).unwrap_err();
    assert!(error.message().contains("bigger than the limit of 64MiB"), "{error}");

    std::fs::write(&big, "h[1:100]\n").unwrap();
    let small = Loader::new().limits(Limits::new().file(4)).source(big.to_str().unwrap());
    assert!(block_on(small.load(&Cx::background())).is_err());
}

#[test]
fn directories_are_read_in_order_and_never_in_a_circle() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("20.ini", "[g:children]\nsub\n[g:vars]\nv=second\n");
    write("10/a.ini", "[sub]\nh1\n[g]\nh2\n[g:vars]\nv=first\n");
    for ignored in
        [".hidden", "x.cfg", "y.bak", "z~", "a.txt", "b.retry", "c.orig", "group_vars/none/x", "vars_plugins"]
    {
        write(ignored, "[bad\n");
    }
    let estate = load_path(folder.path()).unwrap();
    let names: Vec<_> = estate.hosts().map(|host| host.name()).collect();
    assert_eq!(names, ["h1", "h2"]);
    assert_eq!(estate.host("h1").unwrap().var("v").unwrap().value.as_str(), Some("second"));

    symlink(folder.path(), folder.path().join("10/again")).unwrap();
    let error = load_path(folder.path()).unwrap_err();
    assert!(error.message().contains("contains itself"), "{error}");
}

/// The answers are those of `ansible-inventory` of ansible-core 2.19.14 for the same names and patterns.
#[test]
fn patterns_leave_out_what_ansible_leaves_out() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["UP.ini", "a.ini", "b.ini", "old-a.ini", "x.tmp", "xold.ini"] {
        let host = name.split('.').next().unwrap();
        std::fs::write(folder.path().join(name), format!("{host}\n")).unwrap();
    }
    let load = |patterns: &[&str]| {
        let options = AnsibleOptions::new().ignored_patterns(patterns.iter().copied());
        let loader = Loader::new().source(folder.path().to_str().unwrap()).ansible(options);
        block_on(loader.load(&Cx::background()))
    };
    let cases: [(&[&str], &str); 8] = [
        (&["^old"], "UP a b x xold"),
        (&["old"], "UP a b x"),
        (&["(a|b)\\.ini$"], "UP x xold"),
        (&["[ab]\\.ini", "^x"], "UP"),
        (&["a{1", "2}\\.ini"], "UP a b old-a x xold"),
        (&["a\\d|b$"], "UP a b old-a x xold"),
        (&["\\w{4}\\."], "UP a b old-a x"),
        (&["^old-.*\\.ini$"], "UP a b x xold"),
    ];
    for (patterns, expected) in cases {
        let estate = load(patterns).unwrap().inventory;
        let names: Vec<_> = estate.hosts().map(|host| host.name()).collect();
        assert_eq!(names.join(" "), expected, "{patterns:?}");
    }
    assert!(faults(&load(&["x.*", ""]).unwrap_err())[0].message.contains("no inventory in this directory"));
    for (bad, why) in [("[bad", "no regular"), ("(?i)up", "no regular"), ("(?=old)", "needs look-ahead")] {
        let told = &faults(&load(&["^x", bad]).unwrap_err())[0];
        assert_eq!(
            (&*told.code, told.place.as_ref().unwrap().file.as_ref()),
            ("ignore-pattern", folder.path().to_str().unwrap())
        );
        assert!(told.message.contains(&format!("{bad:?}")) && told.message.contains(why), "{told}");
    }
}

#[test]
fn what_is_read_already_is_read_as_a_file_of_its_name() {
    let load = |name: &str, text: &str| {
        let loader = Loader::new().source("first,").content(name, text.as_bytes());
        block_on(loader.load(&Cx::background())).map(|loaded| loaded.inventory)
    };
    for (name, text) in [
        ("<stdin>", "[web]\nw1 x=1\n"),
        ("<stdin>", "web: {hosts: {w1: {x: 1}}}\n"),
        ("<stdin>", "purlin = 1\n[hosts.w1.vars]\nx = 1\n"),
        ("web.toml", "[web.hosts.w1]\nx = 1\n"),
    ] {
        let estate = load(name, text).unwrap();
        let names: Vec<_> = estate.hosts().map(|host| host.name()).collect();
        assert_eq!(names, ["first", "w1"], "{text}");
        let x = estate.host("w1").unwrap().var("x").unwrap();
        assert_eq!(&*estate.place(x.origin).file, name, "{text}");
    }
    let told = load("<stdin>", "[web]\nw1 x\n").unwrap_err();
    assert_eq!(faults(&told)[0].place.as_ref().unwrap().to_string(), "<stdin>:2:4");
    let small = Loader::new().limits(Limits::new().file(3)).content("<stdin>", *b"w1,\n");
    let told = block_on(small.load(&Cx::background())).unwrap_err();
    assert_eq!(told.message(), "<stdin>: bigger than the limit of 3B");
}

#[test]
fn a_directory_without_inventories_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("notes.txt"), "h1\n").unwrap();
    assert!(load_path(folder.path()).unwrap_err().message().contains("no inventory in this directory"));
}

#[test]
fn folders_of_variables_that_contain_themselves_come_to_an_end() {
    let folder = tempfile::tempdir().unwrap();
    let vars = folder.path().join("host_vars/h1");
    std::fs::create_dir_all(&vars).unwrap();
    symlink(&vars, vars.join("again")).unwrap();
    std::fs::write(folder.path().join("hosts"), "h1\n").unwrap();
    let error = load_path(&folder.path().join("hosts")).unwrap_err();
    assert!(error.message().contains("contains itself"), "{error}");
}

#[test]
fn a_vault_file_is_a_secret_that_nothing_prints() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("group_vars")).unwrap();
    let envelope = include_str!("../data/vault/whole12.yml");
    let id = envelope.lines().next().and_then(|header| header.rsplit(';').next()).unwrap();
    let ciphertext = envelope.lines().nth(1).unwrap();
    std::fs::write(folder.path().join("group_vars/g.yml"), envelope).unwrap();
    std::fs::write(folder.path().join("hosts"), "[g]\nh1\n").unwrap();
    let estate = load_path(&folder.path().join("hosts")).unwrap();
    let vars: Vec<_> = estate.host("h1").unwrap().vars().collect();
    let [(key, value)] = vars[..] else { panic!("{vars:?}") };
    assert!(key.ends_with("group_vars/g.yml"), "{key}");
    assert_eq!(estate.place(value.origin).line, Some(1));
    let shown = format!("{value:?}");
    assert!(shown.contains(&format!("vault id {id}")) && !shown.contains(ciphertext), "{shown}");
}

#[test]
fn folders_of_variables_belong_to_ansibles_files_and_never_to_native_ones() {
    const NATIVE: &str = "purlin = 1\nhosts.h1.vars.own = 1\n[groups.web]\nhosts = [\"h1\"]\n";
    let home = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = home.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    let beside = |folder: &str| {
        write(&format!("{folder}group_vars/all.yml"), "a: 1\n");
        write(&format!("{folder}group_vars/web.yml"), "w: 1\n");
        write(&format!("{folder}host_vars/h1.yml"), "h: 1\n");
        // Nobody may even notice that it is broken.
        write(&format!("{folder}group_vars/ungrouped.yml"), "- no: map\n");
    };
    beside("");
    beside("all/");
    write("estate.toml", NATIVE);
    write("estate.yml", "purlin: 1\nhosts: {h1: {vars: {own: 1}}}\ngroups: {web: {hosts: [h1]}}\n");
    write("all/a.toml", NATIVE);
    write("all/b.yaml", "purlin: 1\nhosts: {h2: {}}\n");
    for source in ["estate.toml", "estate.yml", "all"] {
        let loader = Loader::new().source(home.path().join(source).to_str().unwrap());
        let loader = loader.ansible(AnsibleOptions::new().playbook_dir(home.path()));
        let estate = block_on(loader.load(&Cx::background())).unwrap().inventory;
        let keys: Vec<&str> = estate.host("h1").unwrap().vars().map(|(key, _)| key).collect();
        assert_eq!(keys, ["own"], "{source}");
        assert!(estate.lint().iter().all(|told| !told.to_string().contains("vars")), "{source}");
    }

    write("all/group_vars/ungrouped.yml", "u: 1\n");
    write("all/c.ini", "[web]\nh3\n");
    let estate = load_path(&home.path().join("all")).unwrap();
    let mut keys: Vec<&str> = estate.host("h1").unwrap().vars().map(|(key, _)| key).collect();
    keys.sort_unstable();
    assert_eq!(keys, ["a", "h", "own", "w"], "beside Ansible's file they count for all hosts");
}

#[test]
fn what_native_files_warn_of_is_told_by_the_load_and_by_the_lint() {
    let home = tempfile::tempdir().unwrap();
    for folder in ["file", "folder"] {
        std::fs::create_dir(home.path().join(folder)).unwrap();
        let text = "purlin = 1\nhosts.h1.site = \"lon\"\nsite.lno.vars.x = 1\n";
        std::fs::write(home.path().join(folder).join("estate.toml"), text).unwrap();
    }
    for source in ["file/estate.toml", "folder"] {
        let loader = Loader::new().source(home.path().join(source).to_str().unwrap());
        let loaded = block_on(loader.load(&Cx::background())).unwrap();
        assert_eq!(loaded.diagnostics.len(), 1, "{source}: {}", loaded.diagnostics);
        let warning = loaded.diagnostics.iter().next().unwrap();
        assert!(warning.message.contains("lno"), "{warning}");
        assert_eq!(warning.place.as_ref().and_then(|place| place.line), Some(3), "{warning}");
        assert!(loaded.inventory.lint().iter().any(|told| told == warning), "{source}");
    }
}

#[test]
fn names_that_yaml_takes_for_numbers_or_words_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.yml");
    let load = |text: &str| {
        std::fs::write(&file, text).unwrap();
        load_path(&file)
    };
    let cases = [
        ("all: {hosts: {10: }}", "10"),
        ("all: {hosts: {w1: , yes: {a: 1}}}", "true"),
        ("all:\n  hosts:\n    1.5: {a: 1}\n", "1.5"),
        ("10: {hosts: {a: }}", "10"),
        ("all: {children: {null: {hosts: {a: }}}}", "null"),
        ("all: {children: {0x10: }}", "16"),
    ];
    for (text, name) in cases {
        let faults = faults(&load(text).expect_err(text));
        assert_eq!(faults[0].code, "yaml-name", "{text}");
        assert_eq!(
            faults[0].help.as_deref(),
            Some(&*format!("put the name into quotes: '{name}'")),
            "{text}"
        );
    }
    let estate = load("all: {hosts: {'10': {20: x}, w1: }, vars: {true: y}, 10: {}}").unwrap();
    let host = estate.host("10").unwrap();
    assert_eq!(host.vars().map(|(key, _)| key).collect::<Vec<_>>().len(), 2, "variables may be named so");
}

/// A source that never answers.
#[derive(Debug)]
struct Pending;

#[async_trait]
impl Source for Pending {
    fn name(&self) -> &str {
        "silent"
    }

    async fn fetch(&self, _cx: &Cx) -> Result<Batch> {
        std::future::pending().await
    }
}

/// Loads on a clock of its own, which runs when everybody waits; and how long that took.
fn driven(loader: &Loader, limit: Option<Duration>) -> (Result<purlin_inventory::Loaded>, Duration) {
    let clock = SimClock::new();
    let cx = Cx::background().with_clock(clock.clone());
    let cx = limit.map_or(cx.clone(), |limit| cx.with_timeout(limit));
    let loaded = block_on(clock.drive(loader.load(&cx)));
    (loaded, clock.elapsed())
}

#[test]
fn a_source_that_never_answers_ends_the_load_by_its_own_time() {
    let (loaded, elapsed) = driven(&Loader::new().add(Arc::new(Pending)), None);
    let error = loaded.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Timeout, Some("inventory.fetch")));
    assert!(elapsed >= Duration::from_secs(90) && elapsed < Duration::from_secs(100), "{elapsed:?}");
    let short = Loader::new().add(SourceEntry::custom(Arc::new(Pending)).time(Duration::from_secs(3)));
    let (loaded, elapsed) = driven(&short, None);
    assert_eq!(loaded.unwrap_err().kind(), ErrorKind::Timeout);
    assert!(elapsed < Duration::from_secs(10), "{elapsed:?}");
}

#[test]
fn a_silent_source_that_may_fail_leaves_time_for_the_others() {
    // In real time: the others are merged on a thread, which no simulated clock waits for.
    let cx = Cx::background().with_timeout(Duration::from_secs(2));
    let loader = Loader::new().add(SourceEntry::custom(Arc::new(Pending)).optional()).add(Cmdb::of(3));
    let loaded = block_on(loader.load(&cx)).unwrap();
    assert_eq!((loaded.inventory.len(), loaded.sources[0].state), (3, Freshness::LeftOut));
}

#[test]
fn all_faults_of_a_source_that_is_left_out_are_told() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("bad.ini");
    std::fs::write(&path, "h1 x\nh2 y\nh3 z\n").unwrap();
    let loader = Loader::new().source("web1,").add(SourceEntry::named(path.to_str().unwrap()).optional());
    let loaded = block_on(loader.load(&Cx::background())).unwrap();
    let told = loaded.diagnostics.to_string();
    for line in ["bad.ini:1:4", "bad.ini:2:4", "bad.ini:3:4"] {
        assert!(told.contains(line), "{told}");
    }
}

#[test]
fn a_refused_refresh_names_the_sources_that_were_left_out() {
    let cx = Cx::background();
    let cmdb = Cmdb::of(10);
    let loader = Loader::new().source("web1,").add(SourceEntry::custom(cmdb.clone()).optional());
    let before = block_on(loader.load(&cx)).unwrap().inventory;
    cmdb.0.store(0, Ordering::Relaxed);
    let error = block_on(loader.refresh(&cx, &before)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert_eq!(error.note(), Some("left out, because they failed: cmdb"));
    assert!(faults(&error)[0].to_string().contains("cmdb is down"));
}

#[test]
fn a_renamed_host_of_one_identity_is_not_a_removed_one() {
    let load = |name: &str, serial: &str| {
        let text = format!("purlin = 1\nhosts.{name}.identity.serial = \"{serial}\"\n");
        Loader::new().content("estate.toml", text.into_bytes())
    };
    let cx = Cx::background();
    let before = block_on(load("old", "X1").load(&cx)).unwrap().inventory;
    assert!(block_on(load("new", "x1").refresh(&cx, &before)).is_ok());
    let error = block_on(load("new", "X2").refresh(&cx, &before)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
}

#[test]
fn stale_answers_belong_to_one_source_and_its_settings() {
    let cx = Cx::background();
    let hour = Duration::from_secs(3600);
    let twice = Loader::new()
        .add(SourceEntry::custom(Cmdb::of(1)).stale_allowed(hour))
        .add(SourceEntry::custom(Cmdb::of(2)).stale_allowed(hour));
    let error = block_on(twice.load(&cx)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.message().contains("\"cmdb\""), "{error}");

    let cmdb = Cmdb::of(3);
    let loader = Loader::new().add(SourceEntry::custom(cmdb.clone()).stale_allowed(hour));
    block_on(loader.load(&cx)).unwrap();
    cmdb.0.store(0, Ordering::Relaxed);
    assert!(block_on(loader.clone().load(&cx)).is_ok());
    assert!(block_on(loader.limits(Limits::new().file(1)).load(&cx)).is_err());
}

#[test]
fn what_is_said_of_a_source_is_said_of_no_other() {
    let text = b"hosts\n".as_slice();
    let lab = SourceEntry::content("lab.ini", *b"h1 x\n").optional();
    for loader in [
        Loader::new().add(lab.clone()).content("good.ini", text),
        Loader::new().content("good.ini", text).add(lab),
    ] {
        let loaded = block_on(loader.load(&Cx::background())).unwrap();
        assert_eq!(loaded.inventory.len(), 1);
        let bad = block_on(loader.source("nosuch.ini").load(&Cx::background())).unwrap_err();
        assert_eq!(bad.kind(), ErrorKind::NotFound, "the next is required all the same");
    }
}
