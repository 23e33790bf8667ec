//! Which directory, and as whom it is asked.

use crate::commands::db::reach::unknown_connection;
use crate::config::{Config, DirectoryUrl, Layer, Sourced, TlsLayer};
use crate::input::{Source, duration, terminal};
use crate::runtime::Runtime;
use clap::Args;
use purlin::core::{Diagnostic, Diagnostics, SecretRef, SecretSource, TlsSettings};
use purlin::ldap::{Directory, Dn, LdapDirectory, LdapSettings, Profile, ServerUrl, SrvDomain};
use purlin::{Cx, Error, ErrorKind, Result};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The connection that is used where none is named.
const USUAL: &str = "directory";
const PROFILE: &str = "rfc2307bis";

#[derive(Debug, Args)]
pub(super) struct Reach {
    /// A server of the directory, the best first (can be repeated), ldaps:///dc=example,dc=org for the servers that the DNS
    /// names for that domain, or @NAME for a connection of the configuration (by default @directory)
    #[arg(long, value_name = "URL")]
    url: Vec<String>,
    /// The entry under which everything is [default: what the server says, where it holds one tree]
    #[arg(long, value_name = "DN")]
    base: Option<String>,
    /// Log in as this entry [default: nobody]
    #[arg(long, value_name = "DN", conflicts_with = "external")]
    bind_dn: Option<String>,
    /// Log in as whom the connection shows: at ldapi:// the user who runs this, at ldaps:// the client certificate
    #[arg(long)]
    external: bool,
    /// The password for --bind-dn is the value of this environment variable
    #[arg(long, value_name = "NAME", conflicts_with = "password_file")]
    password_env: Option<String>,
    /// The password for --bind-dn is the text of this file ("-": standard input)
    #[arg(long, value_name = "PATH")]
    password_file: Option<PathBuf>,
    /// Let passwords go in clear over ldap://: whoever sits on the path reads them
    #[arg(long)]
    danger_password_in_clear: bool,
    /// How things are written there: rfc2307, rfc2307bis, active_directory, or the path of a file [default: by what the
    /// server says of itself, else rfc2307bis]
    #[arg(long, value_name = "PROFILE")]
    profile: Option<String>,
    /// How long it may take in all, with a unit: 500ms, 5s [default: the setting `timeout`]
    #[arg(long, value_name = "DURATION", value_parser = limit)]
    timeout: Option<Duration>,
    /// The name the certificate must be for, if it is not the host's
    #[arg(long, value_name = "NAME")]
    server_name: Option<String>,
    /// Trust the authorities in this file as well as the system's (can be repeated)
    #[arg(long, value_name = "FILE")]
    ca: Vec<PathBuf>,
    /// Trust the authorities in this file and no others (can be repeated)
    #[arg(long, value_name = "FILE")]
    ca_only: Vec<PathBuf>,
}

fn limit(text: &str) -> Result<Duration, String> {
    duration(text).map_err(|fault| fault.message)
}

/// A directory as it is meant; nothing is asked yet.
#[derive(Debug)]
pub(super) struct Found {
    servers: Vec<ServerUrl>,
    domains: Vec<SrvDomain>,
    base: Option<Dn>,
    profile: Option<String>,
    bind_dn: Option<Dn>,
    password: Option<SecretRef>,
    external: bool,
    in_clear: bool,
    tls: TlsSettings,
}

/// Whether a word says where, and not what.
pub(super) fn is_place(word: &str) -> bool {
    word.starts_with('@') || DirectoryUrl::is_meant(word)
}

/// Wrong usage, with what to write instead.
pub(super) fn usage(what: &str, error: &Error, help: &str) -> Error {
    let message = format!("{what}: {}", error.message());
    let fault = Diagnostic::error("usage", message.clone()).help(help.to_owned());
    Error::new(ErrorKind::Invalid, message).with_detail(Diagnostics::from_iter([fault]))
}

pub(super) fn misused(message: &str, help: &str) -> Error {
    let fault = Diagnostic::error("usage", message.to_owned()).help(help.to_owned());
    Error::new(ErrorKind::Invalid, message.to_owned()).with_detail(Diagnostics::from_iter([fault]))
}

impl Reach {
    /// The settings among the flags.
    pub(super) fn layer(&self) -> Layer {
        let some = |paths: &Vec<PathBuf>| Some(paths.clone()).filter(|paths| !paths.is_empty());
        Layer {
            timeout: Sourced::flag(self.timeout, "--timeout"),
            tls: TlsLayer {
                ca: Sourced::flag(some(&self.ca), "--ca"),
                ca_only: Sourced::flag(some(&self.ca_only), "--ca-only"),
                server_name: Sourced::flag(self.server_name.clone(), "--server-name"),
                ..TlsLayer::default()
            },
            ..Layer::default()
        }
    }

    /// Whether the password of who asks comes by standard input.
    pub(super) fn reads_standard_input(&self) -> bool {
        self.password_file.as_deref() == Some(Path::new("-"))
    }

    /// Which directory these flags and words mean. Nothing is asked over the network, and no secret is fetched.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for what is no URL or name of an entry, and for a connection that nobody has given.
    pub(super) fn find(&self, places: &[&str], config: &Config) -> Result<Found> {
        let named: Vec<&str> = self.url.iter().map(String::as_str).chain(places.iter().copied()).collect();
        let usual = format!("@{USUAL}");
        let named = match named.is_empty() {
            false => named,
            true if config.connections.contains_key(USUAL) => vec![usual.as_str()],
            true => {
                let help = "say --url ldaps://HOST or @NAME, or write a connection named `directory` into the \
                            configuration";
                return Err(misused("which directory?", help));
            }
        };
        let mut found = Found {
            servers: Vec::new(),
            domains: Vec::new(),
            base: None,
            profile: None,
            bind_dn: None,
            password: None,
            external: self.external,
            in_clear: self.danger_password_in_clear,
            tls: config.tls(),
        };
        for place in named {
            found.add(place, config)?;
        }
        self.override_with_flags(&mut found)?;
        found.judge()
    }

    /// Who says how to log in on the command line means that and nothing else.
    fn override_with_flags(&self, found: &mut Found) -> Result<()> {
        if let Some(base) = &self.base {
            found.base = Some(dn("--base", base)?);
        }
        if let Some(bind_dn) = &self.bind_dn {
            found.bind_dn = Some(dn("--bind-dn", bind_dn)?);
            found.password = None;
        }
        if self.external {
            (found.bind_dn, found.password) = (None, None);
        }
        found.profile = self.profile.clone().or(found.profile.take());
        let password = match (&self.password_env, &self.password_file) {
            (Some(name), _) => Some(SecretRef::env(name)),
            (None, Some(_)) if self.reads_standard_input() => Some(SecretRef::file("/dev/stdin")),
            (None, Some(path)) => Some(SecretRef::file(path)),
            (None, None) => None,
        };
        found.password = password.or(found.password.take());
        Ok(())
    }
}

impl Found {
    fn add(&mut self, place: &str, config: &Config) -> Result<()> {
        let Some(name) = place.strip_prefix('@') else {
            let help = "write ldaps://HOST, ldap+starttls://HOST, ldap://HOST, ldapi://%2FPATH or @NAME, and a base \
                        behind it as /dc=example,dc=org; ldaps:///dc=example,dc=org asks the DNS for the servers";
            let url: DirectoryUrl = place.parse().map_err(|error| usage("URL", &error, help))?;
            self.servers.extend(url.servers);
            self.domains.extend(url.domain);
            self.base = self.base.take().or(url.base);
            return Ok(());
        };
        let known = config
            .connections
            .get(name)
            .ok_or_else(|| unknown_connection(name, config.connections.keys().map(String::as_str)))?;
        let Some(named) = known.directory() else {
            let message = format!("the connection {name:?} is a database, not a directory");
            return Err(misused(&message, "ask it with `db`"));
        };
        self.servers.extend(named.url.servers.iter().cloned());
        self.domains.extend(named.url.domain.clone());
        self.base = self.base.take().or(named.url.base.clone());
        if self.bind_dn.is_none()
            && let Some(user) = named.bind_dn
        {
            self.bind_dn = Some(dn(&format!("connection.{name}.user"), user)?);
            self.password = named.password.cloned();
        }
        self.profile = self.profile.take().or(named.profile.map(str::to_owned));
        self.in_clear |= named.password_in_clear;
        self.tls = named.tls.clone();
        Ok(())
    }

    fn judge(self) -> Result<Self> {
        if self.password.is_some() && self.bind_dn.is_none() {
            let help = "say --bind-dn DN too; the user's own password has --user-password-env and \
                        --user-password-file";
            return Err(misused("a password, and nobody to log in as", help));
        }
        Ok(self)
    }

    /// Fetches the password of who asks, or asks for it where somebody can be asked.
    ///
    /// # Errors
    /// Those of the source of the password, and of the terminal.
    pub(super) fn unlock(&mut self, config: &Config, runtime: &Runtime) -> Result<()> {
        let Some(who) = &self.bind_dn else { return Ok(()) };
        let limit = config.timeout.value;
        let password = match self.password.take() {
            Some(source) => {
                runtime.block_on(|cx| async move { source.resolve(&cx.with_timeout(limit)).await })?
            }
            None if terminal::is_there() => terminal::ask_secret(runtime, &format!("Password for {who}: "))?,
            None => {
                let help = "say --password-env NAME or --password-file PATH";
                return Err(misused(&format!("{who} needs a password, and nobody can be asked"), help));
            }
        };
        self.password = Some(SecretRef::literal(password));
        Ok(())
    }

    /// Makes the directory ready. Where its base is not said, it is asked.
    ///
    /// # Errors
    /// Those of reading certificates and a profile, and of asking for the base.
    pub(super) async fn open(self, cx: &Cx) -> Result<LdapDirectory> {
        let named = self.profile.is_some();
        let directory = self.ready(cx).await?;
        if !directory.profile().base.is_root() {
            return Ok(directory);
        }
        let help = "say --base DN, or write it behind the URL: ldaps://HOST/dc=example,dc=org";
        let detected = Profile::detect(&directory.capabilities(cx).await?);
        let detected = detected.map_err(|error| usage("--base", &error, help))?;
        if !named {
            return Ok(directory.with_profile(detected));
        }
        let mut profile = directory.profile().clone();
        profile.base = detected.base;
        Ok(directory.with_profile(profile))
    }

    /// The same for whoever wants to know what is wrong with each server: the base may be missing.
    ///
    /// # Errors
    /// Those of reading certificates and a profile.
    pub(super) async fn open_for_check(self, cx: &Cx) -> Result<LdapDirectory> {
        let directory = self.ready(cx).await?;
        if !directory.profile().base.is_root() {
            return Ok(directory);
        }
        // Where no server tells it, each is looked at all the same.
        let detected = directory.capabilities(cx).await.and_then(|known| Profile::detect(&known));
        Ok(detected.map_or_else(|_| directory.clone(), |profile| directory.with_profile(profile)))
    }

    async fn ready(self, cx: &Cx) -> Result<LdapDirectory> {
        let profile = self.profile(&self.base.clone().unwrap_or_else(Dn::root))?;
        let mut settings = LdapSettings::new(profile).tls(self.tls);
        settings.servers = self.servers;
        settings.domains = self.domains;
        if let (Some(dn), Some(password)) = (self.bind_dn, self.password) {
            settings = settings.bind(dn, password);
        } else if self.external {
            settings = settings.bind_external();
        }
        if self.in_clear {
            settings = settings.danger_password_in_clear();
        }
        LdapDirectory::open(cx, settings).await.map_err(in_clear)
    }

    fn profile(&self, base: &Dn) -> Result<Profile> {
        let name = self.profile.as_deref().unwrap_or(PROFILE);
        if !name.contains(['/', '.']) {
            let help = format!("write one of {}, or the path of a file", Profile::NAMES.join(", "));
            return Profile::named(name, base.clone()).map_err(|error| usage("--profile", &error, &help));
        }
        let mut faults = Diagnostics::new();
        let source = Source::named(Path::new(name), &mut faults);
        // Reading has errors, and no warnings.
        let _ = faults.into_result("ldap.profile")?;
        let text = source.map(|source| source.text).unwrap_or_default();
        let mut profile = Profile::from_toml(&text, name)?;
        if !base.is_root() {
            profile.base = base.clone();
        }
        Ok(profile)
    }
}

fn dn(what: &str, text: &str) -> Result<Dn> {
    Dn::new(text).map_err(|error| usage(what, &error, "write it as cn=reader,dc=example,dc=org"))
}

/// The way out, where a password would go in clear.
pub(super) fn in_clear(error: Error) -> Error {
    let is_clear = error.kind() == ErrorKind::Invalid && error.message().contains("in clear");
    match is_clear {
        true => usage("password", &error, "or say --danger-password-in-clear"),
        false => error,
    }
}
