//! Keys, certificates and the configuration.

use super::{PORT, SshdSettings};
use crate::{Binary, Instance, Program};
use purlin_core::{Error, ErrorKind, Result};
use std::fmt::Write;
use std::path::PathBuf;

const HOST_KEY: &str = "host";
const AUTHORITY: &str = "authority";
pub(super) const KEY: &str = "id";
pub(super) const CERTIFIED: &str = "certified";
/// For whatever a test does there.
pub(super) const FOLDER: &str = "home";

/// What clients are told of them.
#[derive(Debug)]
pub(super) struct Files {
    pub(super) host_key: String,
    pub(super) authority: String,
}

impl Files {
    pub(super) fn read(instance: &Instance) -> Result<Self> {
        Ok(Self { host_key: public(instance, HOST_KEY)?, authority: public(instance, AUTHORITY)? })
    }
}

/// Kind and key, without the comment.
fn public(instance: &Instance, name: &str) -> Result<String> {
    let path = instance.path(format!("{name}.pub"));
    let text = std::fs::read_to_string(&path)
        .map_err(|error| Error::io("file.read", error).with_note(path.display().to_string()))?;
    let words: Vec<&str> = text.split_whitespace().take(2).collect();
    Ok(words.join(" "))
}

pub(super) fn own_name() -> Result<String> {
    Ok(Binary::new("id").args(["-u", "-n"]).run()?.stdout.trim_end().to_owned())
}

/// Whether the user's shell is one.
pub(super) fn can_log_in(user: &str) -> Result<bool> {
    let entry = Binary::new("getent").args(["passwd", user]).run()?.stdout;
    let shell = entry.trim_end().rsplit(':').next().unwrap_or_default();
    Ok(!shell.ends_with("nologin") && !shell.ends_with("/false"))
}

fn keygen(instance: &Instance, words: &[&str]) -> Result<()> {
    instance.run(&Program::new("ssh-keygen").arg("-q").args(words.iter().copied())).map(drop)
}

/// Makes what is not there yet, and returns the path of the configuration.
pub(super) fn write(instance: &Instance, settings: &SshdSettings, user: &str) -> Result<PathBuf> {
    if !instance.path(AUTHORITY).exists() {
        for name in [HOST_KEY, AUTHORITY, KEY, CERTIFIED] {
            keygen(instance, &["-t", "ed25519", "-N", "", "-C", name, "-f", name])?;
        }
        keygen(instance, &["-s", AUTHORITY, "-I", "host", "-h", "-n", "127.0.0.1", "host.pub"])?;
        keygen(instance, &["-s", AUTHORITY, "-I", "user", "-n", user, "certified.pub"])?;
        instance.run(&Program::new("mkdir").arg(FOLDER))?;
        instance.run(&Program::new("cp").args(["id.pub", "authorized_keys"]))?;
    }
    let mut config = String::new();
    let mut set = |keyword: &str, value: &str| {
        let _ = writeln!(config, "{keyword} {value}");
    };
    for (keyword, value) in &settings.options {
        set(keyword, value);
    }
    let path = |name: &str| -> Result<String> {
        let path = instance.path(name);
        let text = path.to_str().filter(|text| !text.contains([' ', '"']));
        text.map(str::to_owned).ok_or_else(|| {
            Error::new(ErrorKind::Invalid, format!("{} cannot stand in sshd_config", path.display()))
        })
    };
    set("ListenAddress", &instance.address(PORT).to_string());
    set("HostKey", &path(HOST_KEY)?);
    if settings.host_certificate {
        set("HostCertificate", &path("host-cert.pub")?);
    }
    if settings.user_certificates {
        set("TrustedUserCAKeys", &path("authority.pub")?);
        set("AuthorizedKeysFile", "none");
    } else {
        set("AuthorizedKeysFile", &path("authorized_keys")?);
    }
    for (keyword, value) in OPTIONS {
        set(keyword, value);
    }
    instance.write("sshd_config", config)
}

/// The folder is that of another user where root runs the tests, so its rights are not looked at; names are not looked up.
const OPTIONS: [(&str, &str); 10] = [
    ("PidFile", "none"),
    ("StrictModes", "no"),
    ("UsePAM", "no"),
    ("PasswordAuthentication", "no"),
    ("KbdInteractiveAuthentication", "no"),
    ("PrintMotd", "no"),
    ("PrintLastLog", "no"),
    ("UseDNS", "no"),
    ("MaxStartups", "100:30:200"),
    ("LogLevel", "VERBOSE"),
];
