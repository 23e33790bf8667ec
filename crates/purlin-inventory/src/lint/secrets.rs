//! Secrets that everybody can read.

use super::{Said, visit};
use crate::ansible::template::is_template;
use crate::{Inventory, SecretValue, Value};
use purlin_core::{Diagnostic, Diagnostics};

/// Names of secrets, or how they end after an underscore.
const NAMES: [&str; 17] = [
    "password",
    "passwd",
    "passphrase",
    "pass",
    "pwd",
    "secret",
    "token",
    "api_key",
    "apikey",
    "access_key",
    "secret_key",
    "secret_key_base",
    "client_secret",
    "private_key",
    "auth_key",
    "encryption_key",
    "credentials",
];
/// Values that stand for no secret.
const NOTHING: [&str; 10] = ["", "*", "!", "!!", "x", "none", "null", "false", "true", "omit"];
/// How hashes of passwords begin.
const HASHES: [&str; 8] = ["$1$", "$2a$", "$2b$", "$2y$", "$5$", "$6$", "$y$", "{SSHA}"];

pub(super) fn plain(inventory: &Inventory, said: &[Said<'_>], found: &mut Diagnostics) {
    visit(said, |visited| {
        let (way, owner) = (&visited.way, visited.owner);
        let message = match &visited.value.value {
            Value::Text(text) | Value::Unsafe(text) if holds_key(text) => {
                format!("{way} of {owner} is a private key in plain text")
            }
            value if is_secret_name(visited.key) && is_plain(visited.key, value) => {
                format!("{way} of {owner} is a secret in plain text")
            }
            Value::Text(text) | Value::Unsafe(text) if has_password(text) => {
                format!("{way} of {owner} has a password in plain text")
            }
            _ => return,
        };
        found.push(
            Diagnostic::warning("plain-secret", message)
                .place(inventory.place(visited.value.origin))
                .help("encrypt it with ansible-vault, or refer to it: { file = … }, { env = … } or { command = [..] }"),
        );
    });
}

/// Envelopes that are broken: without a password nobody else looks into them.
pub(super) fn envelopes(inventory: &Inventory, said: &[Said<'_>], found: &mut Diagnostics) {
    visit(said, |visited| {
        let Value::Secret(secret) = &visited.value.value else { return };
        if let SecretValue::Vault { envelope, .. } = &**secret {
            let place = inventory.place(visited.value.origin);
            found.extend(crate::ansible::vault::malformed(envelope, &place));
        }
    });
}

fn is_secret_name(key: &str) -> bool {
    let key = key.to_lowercase().replace('-', "_");
    NAMES
        .iter()
        .any(|name| key.strip_suffix(name).is_some_and(|before| before.is_empty() || before.ends_with('_')))
        // No other English word ends so: rootpw, bindpw.
        || key.ends_with("pw")
}

/// A private key in PEM, RFC 7468.
fn holds_key(text: &str) -> bool {
    text.match_indices("-----BEGIN ").any(|(index, mark)| {
        let label = text[index + mark.len()..].split("-----").next().unwrap_or_default();
        label.ends_with("PRIVATE KEY") && label != "ENCRYPTED PRIVATE KEY"
    })
}

/// An address with a password before its host, RFC 3986 section 3.2.1.
fn has_password(text: &str) -> bool {
    text.match_indices("://").any(|(index, mark)| {
        let rest = &text[index + mark.len()..];
        let end = rest.find(|letter: char| "/?#".contains(letter) || letter.is_whitespace());
        let authority = &rest[..end.unwrap_or(rest.len())];
        let userinfo = authority.rsplit_once('@').map(|(userinfo, _)| userinfo);
        let password = userinfo.and_then(|userinfo| userinfo.split_once(':')).map(|(_, password)| password);
        password.is_some_and(|password| is_plain("password", &password.into()))
    })
}

/// Whether a value is the secret itself: no template, no reference, no hash, no path of a key's file.
fn is_plain(key: &str, value: &Value) -> bool {
    let text = match value {
        Value::Text(text) | Value::Unsafe(text) => text.trim(),
        // Digits alone are a password, too; small numbers are counts and switches.
        Value::Int(number) => return number.unsigned_abs() > 999,
        _ => return false,
    };
    let is_path = text.starts_with(['/', '~', '.']) && !text.contains(char::is_whitespace);
    let is_key = key.to_lowercase().contains("key");
    let stands_for_nothing = NOTHING.contains(&text.to_lowercase().as_str());
    let is_hash = HASHES.iter().any(|hash| text.starts_with(hash));
    let is_elsewhere = is_template(text) || is_key && is_path;
    !(stands_for_nothing || is_hash || is_elsewhere)
}

#[cfg(test)]
mod checks {
    use super::{has_password, holds_key, is_plain, is_secret_name};
    use crate::Value;

    #[test]
    fn names_and_values_of_secrets_are_told_apart_from_others() {
        for name in
            ["password", "db_password", "ansible_ssh_pass", "API_KEY", "github-token", "ssl_private_key"]
        {
            assert!(is_secret_name(name), "{name}");
        }
        for name in
            ["password_file", "compass", "bypass", "token_url", "secretary", "tokens_per_minute", "key"]
        {
            assert!(!is_secret_name(name), "{name}");
        }
        for text in ["{{ vault_password }}", "", "none", "$6$salt$hash", "*"] {
            assert!(!is_plain("password", &text.into()), "{text}");
        }
        assert!(is_plain("password", &"hunter2".into()) && is_plain("password", &Value::Int(123_456)));
        assert!(
            !is_plain("ssl_private_key", &"/etc/ssl/key.pem".into())
                && !is_plain("token", &Value::Bool(true))
        );
        assert!(is_plain("private_key", &"-----BEGIN PRIVATE KEY-----".into()));
        assert!(["rootpw", "ldap_bindpw", "http-pw"].into_iter().all(is_secret_name));
    }

    #[test]
    fn keys_and_passwords_within_texts_are_seen() {
        for text in ["mysql://app:hunter2@db1/map", "see redis://:pw1@[::1]:6379", "a://b c://u:p@h"] {
            assert!(has_password(text), "{text}");
        }
        for text in [
            "mysql://app@db1/map",
            "https://host:8443/a:b@c",
            "mysql://app:{{pw}}@db1",
            "mysql://app:@db1",
            "mailto:a:b@c",
        ] {
            assert!(!has_password(text), "{text}");
        }
        assert!(
            holds_key("-----BEGIN RSA PRIVATE KEY-----\nx") && holds_key("a\n-----BEGIN PRIVATE KEY-----")
        );
        assert!(
            !holds_key("-----BEGIN CERTIFICATE-----") && !holds_key("-----BEGIN ENCRYPTED PRIVATE KEY-----")
        );
    }
}
