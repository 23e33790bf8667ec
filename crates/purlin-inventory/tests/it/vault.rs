//! Vault texts made by ansible-vault of ansible-core 2.19.14: the passwords are `hunter2` and, with id prod, `other pass`.

use crate::support::block_on;
use purlin_core::{Cx, Diagnostics, ErrorKind, Place, Secret};
use purlin_inventory::Password;
use purlin_inventory::{Loaded, Loader, SecretValue, Value, VaultKeys, VaultPasswords, write};

const WHOLE: &str = include_str!("../data/vault/whole11.yml");
const PROD: &str = include_str!("../data/vault/whole12.yml");
const INLINE: &str = include_str!("../data/vault/inline.yml");
const EMPTY: &str = include_str!("../data/vault/empty.yml");

fn password(text: &str) -> Secret<String> {
    Secret::new(text.to_owned())
}

fn keys(passwords: &VaultPasswords) -> VaultKeys {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(passwords.resolve(&Cx::background())).unwrap()
}

fn both() -> VaultKeys {
    // The line break is what an editor leaves at the end of a password file.
    keys(&VaultPasswords::new().password(password("hunter2\n")).password_for("prod", password("other pass")))
}

#[test]
fn whole_files_become_text() {
    let place = Place::file("group_vars/all.yml");
    let text = "db_password: \"s3cret\"\nn: 1\n";
    assert_eq!(both().open(WHOLE, &place).unwrap().expose(), text);
    assert_eq!(both().open(PROD, &place).unwrap().expose(), text);
    assert_eq!(both().open(EMPTY, &place).unwrap().expose(), "");
}

#[test]
fn inline_values_become_secrets() {
    let envelopes: Vec<String> = INLINE
        .split("!vault |\n")
        .skip(1)
        .map(|part| {
            let lines = part.lines().take_while(|line| line.starts_with("    ")).map(str::trim);
            lines.collect::<Vec<_>>().join("\n")
        })
        .collect();
    let opened: Vec<_> = envelopes
        .into_iter()
        .map(|envelope| {
            let value = SecretValue::Vault { id: None, envelope };
            both().open_value(&value, &Place::file("host_vars/h1.yml").line(2)).unwrap()
        })
        .collect();
    assert_eq!(opened.iter().map(|secret| secret.expose().as_str()).collect::<Vec<_>>(), ["s3cret", "größe"]);
    assert_eq!(format!("{opened:?}"), "[***, ***]");
}

#[test]
fn any_password_is_tried_for_any_id() {
    let keys =
        keys(&VaultPasswords::new().password_for("prod", password("wrong")).password(password("other pass")));
    assert!(keys.open(PROD, &Place::file("f.yml")).is_ok());
}

#[test]
fn a_wrong_password_names_the_place_and_the_way_in() {
    let wrong = keys(&VaultPasswords::new().password(password("hunter3")));
    let error = wrong.open(PROD, &Place::file("group_vars/prod.yml").line(4)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    let faults = error.detail::<Diagnostics>().unwrap().to_string();
    assert!(faults.starts_with("group_vars/prod.yml:4: error[vault-password]: no vault password opens it"));
    assert!(faults.contains("--vault-password-file prod@FILE"), "{faults}");
    assert!(!format!("{error:?} {faults} {wrong:?}").contains("hunter3"));
    assert!(
        VaultKeys::default()
            .open(WHOLE, &Place::file("f"))
            .unwrap_err()
            .to_string()
            .contains("it is encrypted")
    );
}

#[test]
fn a_changed_envelope_is_refused() {
    let mut lines: Vec<String> = WHOLE.lines().map(str::to_owned).collect();
    let last = lines.last_mut().unwrap();
    let flipped = if last.ends_with('0') { "1" } else { "0" };
    last.replace_range(last.len() - 1.., flipped);
    assert!(both().open(&lines.join("\n"), &Place::file("f")).is_err());
}

/// A tree whose host has a value of its own, two inline envelopes and an encrypted file of its group.
fn tree() -> tempfile::TempDir {
    let folder = tempfile::TempDir::new().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("hosts.ini", "[web]\nh1 ansible_password='{{ db_password }}'\n");
    write("host_vars/h1.yml", INLINE);
    write("group_vars/web.yml", WHOLE);
    folder
}

fn load(folder: &tempfile::TempDir, passwords: VaultPasswords) -> purlin_core::Result<Loaded> {
    let yaml = folder.path().join("hosts.yml");
    let source = if yaml.exists() { yaml } else { folder.path().join("hosts.ini") };
    let loader = Loader::new().source(source.display().to_string()).vault(passwords);
    block_on(async { loader.load(&Cx::background()).await })
}

fn both_passwords() -> VaultPasswords {
    VaultPasswords::new().password(password("hunter2\n")).password_for("prod", password("other pass"))
}

#[test]
fn a_loader_with_the_passwords_opens_values_and_files() {
    let folder = tree();
    let estate = load(&folder, both_passwords()).unwrap().inventory;
    let host = estate.host("h1").unwrap();
    let opened = |key: &str| match &host.var(key).unwrap().value {
        Value::Secret(secret) => secret.opened().map(|secret| secret.expose().clone()),
        other => panic!("{other:?}"),
    };
    assert_eq!(opened("tok").as_deref(), Some("s3cret"));
    assert_eq!(opened("tok2").as_deref(), Some("größe"));
    assert_eq!(opened("db_password").as_deref(), Some("s3cret"));
    assert!(matches!(&host.var("n").unwrap().value, Value::Secret(_)));
    let Some(Password::Open(login)) = host.connection().unwrap().password else { panic!("no password") };
    assert_eq!(login.expose(), "s3cret");
}

#[test]
fn what_was_opened_is_shown_only_where_ansible_prints_it() {
    let folder = tree();
    let estate = load(&folder, both_passwords()).unwrap().inventory;
    let host = estate.host("h1").unwrap();
    let mut shown: String = host.vars().map(|(key, value)| format!("{key} {value:?}")).collect();
    for key in ["tok", "tok2", "db_password", "n"] {
        let explanation = estate.explain("h1", key).unwrap();
        shown += &format!("{explanation} {explanation:?} {}", serde_json::to_string(&explanation).unwrap());
        assert!(estate.select(&format!("{key}=s3cret")).map(|found| found.len()).unwrap_or(0) == 0);
    }
    shown += &estate.lint().to_string();
    let mut native = Vec::new();
    shown +=
        &write::native_toml(&estate, &mut native).unwrap_err().detail::<Diagnostics>().unwrap().to_string();
    shown += &String::from_utf8(native).unwrap();
    assert!(!shown.contains("s3cret") && !shown.contains("größe"), "{shown}");

    // As ansible-inventory --list of ansible-core 2.19.14 with both passwords.
    let mut list = Vec::new();
    assert!(write::ansible_json(&estate, &mut list).unwrap().is_empty());
    let list: serde_json::Value = serde_json::from_slice(&list).unwrap();
    let vars = &list["_meta"]["hostvars"]["h1"];
    assert_eq!((&vars["db_password"], &vars["n"]), (&"s3cret".into(), &1.into()));
    let envelope = vars["tok"]["__ansible_vault"].as_str().unwrap();
    assert!(envelope.starts_with("$ANSIBLE_VAULT;1.1;AES256\n3336") && envelope.ends_with("6164\n"));
}

#[test]
fn without_a_password_all_stays_closed_and_the_list_says_where() {
    let folder = tree();
    let estate = load(&folder, VaultPasswords::new()).unwrap().inventory;
    let hosts = estate.pattern("web", None).unwrap();
    assert_eq!(hosts.names().collect::<Vec<_>>(), ["h1"]);
    assert_eq!(estate.explain("h1", "tok").unwrap().value.to_string(), "\"***\"");
    assert!(!estate.lint().has_errors(), "{}", estate.lint());
    let mut list = Vec::new();
    let error = write::ansible_json(&estate, &mut list).unwrap_err();
    let faults = error.detail::<Diagnostics>().unwrap().to_string();
    assert!(list.is_empty() && faults.contains("--vault-password-file"), "{faults}");
    assert!(faults.contains("h1.yml:2:") && faults.contains("group_vars/web.yml:1:1: "), "{faults}");
}

#[test]
fn a_loader_with_a_wrong_password_fails_at_each_place() {
    let folder = tree();
    let error = load(&folder, VaultPasswords::new().password(password("wrong"))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    let faults = error.detail::<Diagnostics>().unwrap().to_string();
    for place in ["h1.yml:2:", "h1.yml:9:", "group_vars/web.yml:1:1: "] {
        assert!(faults.contains(place), "{place} in {faults}");
    }
    assert!(faults.contains("error[vault-password]") && faults.contains("--vault-password-file"), "{faults}");
}

/// Made by `ansible-vault encrypt` with `hunter2`; it holds `all: {hosts: {h2: {n: 5, b: yes, u: !unsafe "{{x}}",
/// l: [1, a]}}}`.
const INVENTORY: &str = include_str!("../data/vault/inventory.yml");

#[test]
fn an_encrypted_inventory_is_read_with_the_password_and_an_error_without() {
    let folder = tempfile::TempDir::new().unwrap();
    std::fs::write(folder.path().join("hosts.yml"), INVENTORY).unwrap();
    let estate = load(&folder, both_passwords()).unwrap().inventory;
    assert!(!format!("{:?}", estate.host("h2").unwrap().var("n")).contains('5'));
    let mut list = Vec::new();
    assert!(write::ansible_json(&estate, &mut list).unwrap().is_empty());
    let list: serde_json::Value = serde_json::from_slice(&list).unwrap();
    let expected = serde_json::json!({
        "b": true, "l": [1, "a"], "n": 5, "u": { "__ansible_unsafe": "{{x}}" },
    });
    assert_eq!(list["_meta"]["hostvars"]["h2"], expected);
    let error = load(&folder, VaultPasswords::new()).unwrap_err();
    let faults = error.detail::<Diagnostics>().unwrap().to_string();
    assert!(faults.contains("hosts.yml:1:1: error[vault-closed]"), "{faults}");
}
