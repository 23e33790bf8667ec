//! The part of OpenSSH's client configuration (ssh_config(5)) that says how to reach a host.

mod keywords;
mod reader;
#[cfg(test)]
mod tests;

use crate::known_hosts::matches_list;
use keywords::{Keyword, Meaning};
use purlin_core::{Cx, Diagnostic, Diagnostics, Error, Outcome, Place, Result};
use reader::Reader;
use std::path::{Path, PathBuf};

/// A configuration file with those that it includes.
///
/// Understood are `Host`, `HostName`, `User`, `Port`, `IdentityFile`, `IdentitiesOnly`, `ProxyJump`,
/// `UserKnownHostsFile` and `Include`. What changes nothing about how a host is reached is passed over. Any other keyword
/// is an error as soon as a host is asked for that it is about, so that nobody is reached otherwise than the file says.
///
/// ```
/// use purlin_transport::SshConfig;
///
/// let config = SshConfig::parse("config", "Host web*\n  HostName %h.lon\n  Port 2222\nHost *\n  User deploy\n");
/// let web01 = config.host("web01", None)?;
/// assert_eq!((web01.host_name.as_deref(), web01.port), (Some("web01.lon"), Some(2222)));
/// assert_eq!(web01.user.as_deref(), Some("deploy"));
/// # Ok::<(), purlin_core::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct SshConfig {
    blocks: Vec<Block>,
    home: Option<PathBuf>,
}

/// Lines under one `Host`, and under those whose `Include` brought its file.
#[derive(Debug, Clone, Default)]
struct Block {
    /// Each a list of patterns, all of which must match.
    hosts: Vec<String>,
    lines: Vec<Line>,
}

#[derive(Debug, Clone)]
struct Line {
    keyword: Keyword,
    words: Vec<String>,
    place: Place,
}

/// What a configuration says of one host.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct HostConfig {
    /// Where it is.
    pub host_name: Option<String>,
    /// Whom to log in as.
    pub user: Option<String>,
    /// The port of its service.
    pub port: Option<u16>,
    /// The keys to show, in order.
    pub identity_files: Vec<PathBuf>,
    /// Whether the agent may show these keys alone.
    pub identities_only: bool,
    /// The hosts to go through, the first one first, as they are written; empty: none.
    pub proxy_jump: Vec<String>,
    /// The files of known hosts; empty: the usual ones.
    pub known_hosts_files: Vec<PathBuf>,
}

impl SshConfig {
    /// Reads a file and those that it includes; relative ones are looked for in `~/.ssh`.
    ///
    /// # Errors
    /// Those of reading the files. What is wrong within them is told when a [host](Self::host) is asked for.
    pub async fn load(cx: &Cx, file: &Path) -> Result<Self> {
        let file = file.to_owned();
        let home = std::env::var_os("HOME").map(PathBuf::from);
        let read = move |_: &Cx| {
            let mut reader = Reader::new(home.as_deref());
            reader.file(&file)?;
            Ok(Self { blocks: reader.blocks, home })
        };
        cx.run_blocking("ssh_config.read", read).await
    }

    /// Reads a text. An `Include` in it is an error of the hosts that it is about.
    pub fn parse(file: &str, text: &str) -> Self {
        let mut reader = Reader::new(None);
        reader.text(file, text);
        Self { blocks: reader.blocks, home: std::env::var_os("HOME").map(PathBuf::from) }
    }

    /// What is said of a host, by the name that the user gives it; of each thing what stands first. The user is for `%r`.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](purlin_core::ErrorKind) with [`Diagnostics`]: file, line and column of what is wrong or not understood.
    pub fn host(&self, name: &str, user: Option<&str>) -> Result<HostConfig> {
        let mut said = Said::default();
        let lower = name.to_ascii_lowercase();
        for block in &self.blocks {
            if block.hosts.iter().all(|patterns| matches_list(patterns, &lower)) {
                block.lines.iter().for_each(|line| said.hear(line));
            }
        }
        said.told(name, user, self.home.as_deref())
    }
}

const FOREIGN: &str = "take it out, or reach this host by OpenSSH's own ssh";

/// What was heard so far of one host.
#[derive(Default)]
struct Said {
    config: HostConfig,
    identities: Vec<(String, Place)>,
    known: Option<(Vec<String>, Place)>,
    host_name: Option<(String, Place)>,
    jump: Option<Vec<String>>,
    only: Option<bool>,
    faults: Diagnostics,
}

impl Said {
    fn hear(&mut self, line: &Line) {
        if let Err(why) = self.take(line) {
            let fault = Diagnostic::error("ssh-config", why).place(line.place.clone());
            let is_foreign = matches!(line.keyword, Keyword::Other(_));
            self.faults.push(if is_foreign { fault.help(FOREIGN) } else { fault });
        }
    }

    /// Else what is wrong with it.
    fn take(&mut self, line: &Line) -> std::result::Result<(), String> {
        let meaning = match &line.keyword {
            Keyword::Known(meaning) => *meaning,
            Keyword::Harmless => return Ok(()),
            Keyword::Other(name) => {
                return Err(format!("{name} changes how a host is reached, and is not understood here"));
            }
        };
        let Some(word) = line.words.first().filter(|word| !word.is_empty()) else {
            return Err(format!("{meaning:?} has no value"));
        };
        match meaning {
            Meaning::HostName => {
                self.host_name.get_or_insert_with(|| (word.clone(), line.place.clone()));
            }
            Meaning::User => {
                self.config.user.get_or_insert_with(|| word.clone());
            }
            Meaning::Port => {
                let port: Option<u16> = word.parse().ok().filter(|port| *port > 0);
                let port = port.ok_or_else(|| format!("{word:?} is no port: 1 to 65535"))?;
                self.config.port.get_or_insert(port);
            }
            Meaning::IdentityFile => self.identities.push((word.clone(), line.place.clone())),
            Meaning::IdentitiesOnly => {
                let only = match word.to_ascii_lowercase().as_str() {
                    "yes" | "true" => true,
                    "no" | "false" => false,
                    _ => return Err(format!("{word:?} is neither yes nor no")),
                };
                self.only.get_or_insert(only);
            }
            Meaning::ProxyJump => {
                let jumps = if word.eq_ignore_ascii_case("none") { "" } else { word };
                let jumps = jumps.split(',').filter(|jump| !jump.is_empty()).map(str::to_owned);
                self.jump.get_or_insert_with(|| jumps.collect());
            }
            Meaning::UserKnownHostsFile => {
                self.known.get_or_insert_with(|| (line.words.clone(), line.place.clone()));
            }
            Meaning::Include => {
                return Err("Include cannot be followed here".to_owned());
            }
        }
        Ok(())
    }

    fn told(mut self, name: &str, user: Option<&str>, home: Option<&Path>) -> Result<HostConfig> {
        if let Some((text, place)) = self.host_name.take() {
            match expanded(&text, &[('h', name)]) {
                Ok(text) => self.config.host_name = Some(text),
                Err(why) => self.faults.push(Diagnostic::error("ssh-config", why).place(place)),
            }
        }
        let address = self.config.host_name.clone().unwrap_or_else(|| name.to_owned());
        let own = std::env::var("USER").unwrap_or_default();
        let remote =
            user.map(str::to_owned).or_else(|| self.config.user.clone()).unwrap_or_else(|| own.clone());
        let port = self.config.port.unwrap_or(22).to_string();
        let folder = home.map(|home| home.to_string_lossy().into_owned()).unwrap_or_default();
        let tokens =
            [('d', folder.as_str()), ('h', &address), ('n', name), ('p', &port), ('r', &remote), ('u', &own)];
        let path = |text: &str, place: &Place, faults: &mut Diagnostics| match in_home(text, &tokens, home) {
            Ok(path) => Some(path),
            Err(why) => {
                faults.push(Diagnostic::error("ssh-config", why).place(place.clone()));
                None
            }
        };
        for (text, place) in &self.identities {
            self.config
                .identity_files
                .extend(path(text, place, &mut self.faults).filter(|path| path != Path::new("none")));
        }
        if let Some((texts, place)) = &self.known {
            for text in texts {
                self.config.known_hosts_files.extend(path(text, place, &mut self.faults));
            }
        }
        self.config.identities_only = self.only.unwrap_or(false);
        self.config.proxy_jump = self.jump.unwrap_or_default();
        let told = self.faults.into_result("ssh_config.read").map(drop);
        told.map_err(|error| error.with_outcome(Outcome::NotSent))?;
        Ok(self.config)
    }
}

/// With `~` and the tokens (ssh_config(5), TOKENS) put in.
fn in_home(text: &str, tokens: &[(char, &str)], home: Option<&Path>) -> std::result::Result<PathBuf, String> {
    let text = expanded(text, tokens)?;
    match (text.strip_prefix("~/"), home) {
        (Some(rest), Some(home)) => Ok(home.join(rest)),
        (Some(_), None) => Err("~ is not known: HOME is not set".to_owned()),
        (None, _) if text.starts_with('~') => {
            Err(format!("{text:?}: the folders of others are not known here"))
        }
        (None, _) => Ok(PathBuf::from(text)),
    }
}

fn expanded(text: &str, tokens: &[(char, &str)]) -> std::result::Result<String, String> {
    if text.contains("${") {
        return Err(format!("{text:?}: variables are not put in here"));
    }
    let mut result = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        if letter != '%' {
            result.push(letter);
            continue;
        }
        match letters.next() {
            Some('%') => result.push('%'),
            token => match tokens.iter().find(|(known, _)| Some(*known) == token) {
                Some((_, value)) => result.push_str(value),
                None => {
                    return Err(format!(
                        "{text:?}: the token %{} is not known here",
                        token.map_or(String::new(), String::from)
                    ));
                }
            },
        }
    }
    Ok(result)
}

fn unread(error: std::io::Error, path: &Path) -> Error {
    Error::io("ssh_config.read", error).with_note(path.display().to_string()).with_outcome(Outcome::NotSent)
}
