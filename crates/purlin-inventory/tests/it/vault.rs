//! Vault texts made by ansible-vault of ansible-core 2.19.14: the passwords are `hunter2` and, with id prod, `other pass`.

use purlin_core::{Cx, Diagnostics, ErrorKind, Place, Secret};
use purlin_inventory::{SecretValue, VaultKeys, VaultPasswords};

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
    assert!(faults.contains("--vault-password-file") && faults.contains("--vault-id prod@FILE"), "{faults}");
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
