//! What ssh needs to know.

use super::parts::{Faults, table, text, word, wrong};
use crate::Located;
use serde::Serialize;
use std::path::PathBuf;

/// What ssh needs to know of a host besides address, port and user.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize)]
#[non_exhaustive]
pub struct SshSettings {
    /// The private key's file; a leading `~` is the home of whoever connects.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_file: Option<PathBuf>,
    /// The host to go through, as `ssh -J` takes it: `[USER@]HOST[:PORT]`, several with commas.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jump: Option<String>,
    /// Further options by their names in ssh_config(5), as Ansible's arguments give them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<(String, String)>,
}

const KEYS: [&str; 2] = ["key_file", "jump"];

impl SshSettings {
    pub(crate) fn read(value: &Located, faults: &mut Faults) -> Option<Self> {
        let map = table("ssh", value, &KEYS, faults)?;
        let key_file = map.get("key_file").and_then(|value| text("key_file", value, faults));
        let jump = map.get("jump").and_then(|value| jump(value, faults));
        let key_file = key_file.map(PathBuf::from);
        Some(Self { key_file, jump: jump.map(str::to_owned), options: Vec::new() })
    }
}

fn jump<'a>(value: &'a Located, faults: &mut Faults) -> Option<&'a str> {
    let jump = word("jump", value, faults)?;
    let fits = |hop: &str| {
        let host = hop.rsplit_once('@').map_or(hop, |(_, host)| host);
        !hop.starts_with('-') && purlin_core::Endpoint::parse(host, Some(22)).is_ok()
    };
    if !jump.split(',').all(fits) {
        wrong(faults, value, format!("{jump:?} is no way through"), "as in jump = \"bastion.lon\"");
        return None;
    }
    Some(jump)
}

/// Arguments of ssh(1) as Ansible's variables hold them: `-J`, `-i` and `-o`; any other is a fault, since leaving it
/// out would connect in another way than was asked for.
pub(crate) fn arguments(value: &Located, faults: &mut Faults) -> Option<SshSettings> {
    let Some(line) = value.value.as_str() else {
        wrong(faults, value, format!("ssh's arguments are a text, not a {}", value.value.kind()), "");
        return None;
    };
    let Some(words) = split(line) else {
        wrong(faults, value, "a quotation mark without its partner in ssh's arguments", "");
        return None;
    };
    let mut settings = SshSettings::default();
    let mut words = words.into_iter();
    while let Some(argument) = words.next() {
        let (flag, joined) = argument.split_at(argument.len().min(2));
        let known = ["-J", "-i", "-o"].contains(&flag);
        let joined = Some(joined.to_owned()).filter(|joined| !joined.is_empty());
        let Some(setting) = known.then(|| joined.or_else(|| words.next())).flatten() else {
            wrong(
                faults,
                value,
                format!("ssh's argument {argument:?} is not understood"),
                "known are -J, -i and -o",
            );
            return None;
        };
        match flag {
            "-J" => settings.jump = Some(setting),
            "-i" => settings.key_file = Some(setting.into()),
            _ => option(&mut settings, &setting),
        }
    }
    if let Some(jump) = &settings.jump {
        let jump = Located::new(jump.as_str(), value.origin);
        self::jump(&jump, faults)?;
    }
    Some(settings)
}

fn option(settings: &mut SshSettings, option: &str) {
    let (name, value) = option.split_once(['=', ' ']).unwrap_or((option, ""));
    let (name, value) = (name.trim(), value.trim());
    match name.to_ascii_lowercase().as_str() {
        "proxyjump" => settings.jump = Some(value.to_owned()),
        "identityfile" => settings.key_file = Some(value.into()),
        _ => settings.options.push((name.to_owned(), value.to_owned())),
    }
}

/// Words as a shell splits them: white space parts, quotation marks hold together, a backslash takes the next letter
/// as it is. None where a quotation mark stays open.
fn split(line: &str) -> Option<Vec<String>> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match (quote, letter) {
            (Some(open), letter) if letter == open => quote = None,
            (Some('\''), letter) => word.get_or_insert_default().push(letter),
            (_, '\\') => word.get_or_insert_default().extend(letters.next()),
            (Some(_), letter) => word.get_or_insert_default().push(letter),
            (None, '\'' | '"') => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (None, letter) if letter.is_whitespace() => words.extend(word.take()),
            (None, letter) => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    quote.is_none().then_some(words)
}
