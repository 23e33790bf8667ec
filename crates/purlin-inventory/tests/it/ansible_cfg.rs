//! What `ansible-config dump` of ansible-core 2.19.14 showed for the same files.

use purlin_core::{Diagnostics, Place};
use purlin_inventory::{
    AnsibleConfig, AnsibleEnv, GroupNames, HashBehaviour, SettingOrigin, VaultPasswordSource,
};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const FULL: &str = "# comment
[defaults]
inventory = hosts.ini, ../other , {{CWD}}/x,~/y,$HOME/z
hash_behaviour = merge   ; trailing comment
vault_password_file = ./vp.txt
vault_identity_list = dev@dev.txt, prod@prompt ,plain.txt
[inventory]
ignore_extensions = .a, .b
ignore_patterns = ^x, y$
any_unparsed_is_failed = yes
enable_plugins = host_list, script
";

/// A folder that only its owner may write to, with an `ansible.cfg` of this text.
fn folder(text: impl AsRef<[u8]>) -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("ansible.cfg"), text).unwrap();
    folder
}

fn env(folder: &Path) -> AnsibleEnv {
    AnsibleEnv::new(folder).var("HOME", "/nonexistent/op").system("/nonexistent/ansible.cfg")
}

fn find(text: &str) -> AnsibleConfig {
    let folder = folder(text);
    AnsibleConfig::find(&env(folder.path())).unwrap()
}

fn faults(text: &str) -> String {
    let folder = folder(text);
    let error = AnsibleConfig::find(&env(folder.path())).unwrap_err();
    let name = folder.path().join("ansible.cfg").display().to_string();
    error.detail::<Diagnostics>().unwrap().to_string().replace(&name, "ansible.cfg")
}

#[test]
fn the_file_is_read_with_the_place_of_each_setting() {
    let folder = folder(FULL);
    let config = AnsibleConfig::find(&env(folder.path())).unwrap();
    let at = |path: &str| folder.path().join(path);
    let other = folder.path().parent().unwrap().join("other");
    let expected = vec![
        at("hosts.ini"),
        other,
        at("x"),
        PathBuf::from("/nonexistent/op/y"),
        PathBuf::from("/nonexistent/op/z"),
    ];
    assert_eq!(config.inventory.value, expected);
    let place = Place::file(at("ansible.cfg").display().to_string()).line(3);
    assert_eq!(config.inventory.origin, SettingOrigin::File(place));
    assert_eq!(config.hash_behaviour.value, HashBehaviour::Merge);
    assert_eq!(config.vault_password_file.value, Some(at("vp.txt")));
    let ids: Vec<_> = config.vault_identities.value.iter().map(|identity| identity.id.as_deref()).collect();
    assert_eq!(ids, [Some("dev"), Some("prod"), None]);
    assert_eq!(config.vault_identities.value[1].source, VaultPasswordSource::Prompt);
    assert_eq!(config.ignore_extensions.value.unwrap(), [".a", ".b"]);
    assert_eq!(config.ignore_patterns.value, ["^x", "y$"]);
    assert!(config.any_unparsed_is_failed.value && !config.unparsed_is_failed.value);
    assert_eq!(config.enable_plugins.value, ["host_list", "script"]);
}

#[test]
fn the_environment_beats_the_file_and_is_relative_to_the_current_folder() {
    let (folder, current) = (folder(FULL), TempDir::new().unwrap());
    let config = env(current.path())
        .var("ANSIBLE_CONFIG", folder.path().display().to_string())
        .var("ANSIBLE_INVENTORY", "a,b")
        .var("ANSIBLE_HASH_BEHAVIOUR", "replace")
        .var("ANSIBLE_INVENTORY_IGNORE", ".q")
        .var("ANSIBLE_TRANSFORM_INVALID_GROUP_CHARS", "always")
        .var("ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED", "0");
    let config = AnsibleConfig::find(&config).unwrap();
    assert_eq!(config.inventory.value, [current.path().join("a"), current.path().join("b")]);
    assert_eq!(config.inventory.origin, SettingOrigin::Env("ANSIBLE_INVENTORY"));
    assert_eq!(config.hash_behaviour.value, HashBehaviour::Replace);
    assert_eq!(config.group_names.value, GroupNames::Replace);
    assert_eq!(config.vault_password_file.value, Some(folder.path().join("vp.txt")));
    assert!(!config.any_unparsed_is_failed.value);
}

#[test]
fn the_first_file_that_exists_counts_alone() {
    let (here, home, system) =
        (folder("[defaults]\ninventory=h\n"), TempDir::new().unwrap(), TempDir::new().unwrap());
    let dot = home.path().join(".ansible.cfg");
    fs::write(&dot, "[defaults]\ninventory=u\n").unwrap();
    let global = system.path().join("ansible.cfg");
    fs::write(&global, "[defaults]\ninventory=s\nhash_behaviour=merge\n").unwrap();
    let all = |here: &Path| {
        AnsibleEnv::new(here).var("HOME", home.path().display().to_string()).system(global.clone())
    };
    let file = |env: AnsibleEnv| AnsibleConfig::find(&env).unwrap().file;
    let mine = here.path().join("ansible.cfg");
    assert_eq!(file(all(here.path())), Some(mine.clone()));
    assert_eq!(file(all(here.path()).var("ANSIBLE_CONFIG", "/nonexistent.cfg")), Some(mine));
    let empty = TempDir::new().unwrap();
    assert_eq!(file(all(empty.path())), Some(dot.clone()));
    fs::remove_file(dot).unwrap();
    assert_eq!(file(all(empty.path())), Some(global.clone()));
    fs::remove_file(&global).unwrap();
    assert_eq!(file(all(empty.path())), None);
}

#[test]
fn a_file_where_everybody_may_write_is_passed_over_with_a_warning() {
    let folder = folder(FULL);
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
    let config = AnsibleConfig::find(&env(folder.path())).unwrap();
    assert_eq!((config.file, config.inventory.origin), (None, SettingOrigin::Default));
    let config = AnsibleConfig::find(&env(folder.path())).unwrap();
    assert!(config.warnings().to_string().contains("warning[world-writable]"));
    // Named, it counts.
    let named = env(folder.path()).var("ANSIBLE_CONFIG", "ansible.cfg");
    let config = AnsibleConfig::find(&named).unwrap();
    assert_eq!(config.file, Some(folder.path().join("ansible.cfg")));
    assert!(config.warnings().is_empty());
}

#[test]
fn values_are_written_in_many_ways() {
    let inventory = |text: &str| {
        let config = find(text);
        let paths = config.inventory.value.iter().map(|path| path.file_name().unwrap_or_default().to_owned());
        paths.map(|name| name.into_string().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(inventory("[defaults]\ninventory = a\n  ,b\n\n"), ["a", "b"]);
    assert_eq!(inventory("[defaults]\nINVENTORY: a\n"), ["a"]);
    assert_eq!(inventory("[defaults]\ninventory = a;b\n"), ["a;b"]);
    assert_eq!(inventory("  [defaults]\n  inventory = a\n"), ["a"]);
    assert_eq!(inventory("[defaults] x\ninventory = a\n"), ["a"]);
    assert_eq!(inventory("[defaults]\ninventory = ./a/../b/,/c//d\n"), ["b", "d"]);
    assert_eq!(inventory("[Defaults]\ninventory=a\n"), ["hosts"]);
    assert_eq!(find("[defaults]\nhash_behaviour = \"merge\"\n").hash_behaviour.value, HashBehaviour::Merge);
    let both = "[defaults]\ninventory_ignore_extensions = .q\n[inventory]\nignore_extensions = .r\n";
    assert_eq!(find(both).ignore_extensions.value.unwrap(), [".r"]);
    assert!(!find("[inventory]\nany_unparsed_is_failed = maybe\n").any_unparsed_is_failed.value);
}

#[test]
fn faults_name_file_and_line() {
    let cases = [
        ("inventory=a\n", "ansible.cfg:1: error[no-section]"),
        (
            "[defaults]\ninventory=a\ninventory=b\n",
            "ansible.cfg:3: error[duplicate-key]: inventory is set already",
        ),
        ("[defaults]\n[inventory]\n[defaults]\n", "ansible.cfg:3: error[duplicate-section]"),
        ("[defaults]\ninventory\n", "ansible.cfg:2: error[bad-line]: 'inventory' is no setting"),
        ("[defaults]\n= a\n", "ansible.cfg:2: error[bad-line]"),
        ("[defaults\ninventory = a\n", "ansible.cfg:1: error[no-section]"),
        (
            "[defaults]\nhash_behaviour=Merge\n",
            "ansible.cfg:2: error[bad-setting]: hash_behaviour cannot be 'Merge'",
        ),
        (
            "[inventory]\n\nignore_patterns = ^x, [bad\n",
            "ansible.cfg:3: error[bad-setting]: '[bad' is no regular expression",
        ),
        (
            "[inventory]\nignore_patterns = (?i)up\n",
            "ansible.cfg:2: error[bad-setting]: '(?i)up' is no regular",
        ),
        (
            "[inventory]\nignore_patterns = (?!x)\n",
            "ansible.cfg:2: error[bad-setting]: '(?!x)' needs look-ahead",
        ),
    ];
    for (text, expected) in cases {
        let faults = faults(text);
        assert!(faults.contains(expected), "{text}: {faults}");
    }
    let empty = TempDir::new().unwrap();
    let error = AnsibleConfig::find(&env(empty.path()).var("ANSIBLE_HASH_BEHAVIOUR", "")).unwrap_err();
    assert!(error.to_string().contains("$ANSIBLE_HASH_BEHAVIOUR"), "{error}");
    let error =
        AnsibleConfig::find(&env(empty.path()).var("ANSIBLE_INVENTORY_IGNORE_REGEX", "(")).unwrap_err();
    assert!(error.to_string().contains("$ANSIBLE_INVENTORY_IGNORE_REGEX"), "{error}");
    let binary = folder([b'[', 0xff, b']']);
    assert!(AnsibleConfig::find(&env(binary.path())).is_err());
}
