//! Arguments of ssh(1) as parts of a connection.

use crate::ansible::shown;
use crate::connection::{Connection, HostKeyChecking};
use std::time::Duration;

/// What is wrong, and what to do about it.
type Fault = (String, Option<String>);

/// Options of ssh_config(5) that are handed on by name.
const KNOWN: [&str; 90] = [
    "AddKeysToAgent",
    "AddressFamily",
    "BatchMode",
    "BindAddress",
    "BindInterface",
    "CASignatureAlgorithms",
    "CertificateFile",
    "CheckHostIP",
    "Ciphers",
    "ConnectionAttempts",
    "ControlMaster",
    "ControlPath",
    "ControlPersist",
    "EnableSSHKeysign",
    "EscapeChar",
    "ExitOnForwardFailure",
    "FingerprintHash",
    "ForwardAgent",
    "ForwardX11",
    "ForwardX11Trusted",
    "GSSAPIAuthentication",
    "GSSAPIDelegateCredentials",
    "GlobalKnownHostsFile",
    "HashKnownHosts",
    "HostKeyAlgorithms",
    "HostKeyAlias",
    "HostbasedAuthentication",
    "IPQoS",
    "IdentitiesOnly",
    "IdentityAgent",
    "KbdInteractiveAuthentication",
    "KexAlgorithms",
    "LogLevel",
    "MACs",
    "NoHostAuthenticationForLocalhost",
    "NumberOfPasswordPrompts",
    "PasswordAuthentication",
    "PreferredAuthentications",
    "ProxyUseFdpass",
    "PubkeyAcceptedAlgorithms",
    "PubkeyAcceptedKeyTypes",
    "PubkeyAuthentication",
    "RekeyLimit",
    "RequestTTY",
    "SendEnv",
    "ServerAliveCountMax",
    "ServerAliveInterval",
    "SetEnv",
    "TCPKeepAlive",
    "Tunnel",
    "UpdateHostKeys",
    "VerifyHostKeyDNS",
    "VisualHostKey",
    "XAuthLocation",
    "ChallengeResponseAuthentication",
    "RequiredRSASize",
    "Tag",
    "LocalForward",
    "RemoteForward",
    "DynamicForward",
    "PKCS11Provider",
    "CanonicalDomains",
    "CanonicalizeFallbackLocal",
    "CanonicalizeHostname",
    "CanonicalizeMaxDots",
    "CanonicalizePermittedCNAMEs",
    "ChannelTimeout",
    "ClearAllForwardings",
    "EnableEscapeCommandline",
    "ForkAfterAuthentication",
    "ForwardX11Timeout",
    "GatewayPorts",
    "HostbasedAcceptedAlgorithms",
    "HostbasedKeyTypes",
    "IgnoreUnknown",
    "KnownHostsCommand",
    "LocalCommand",
    "LogVerbose",
    "ObscureKeystrokeTiming",
    "PermitLocalCommand",
    "PermitRemoteOpen",
    "RemoteCommand",
    "RevokedHostKeys",
    "SecurityKeyProvider",
    "SessionType",
    "StdinNull",
    "StreamLocalBindMask",
    "StreamLocalBindUnlink",
    "SyslogFacility",
    "TunnelDevice",
];

/// Options that have a part of their own.
const TYPED: [&str; 10] = [
    "Port",
    "User",
    "IdentityFile",
    "ProxyJump",
    "ProxyCommand",
    "StrictHostKeyChecking",
    "UserKnownHostsFile",
    "ConnectTimeout",
    "Compression",
    "HostName",
];

/// Heeds the arguments, where nothing before them has said the same.
pub(super) fn apply(connection: &mut Connection, words: &[String]) -> Result<(), Fault> {
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let mut letters = word
            .strip_prefix('-')
            .filter(|letters| !letters.is_empty())
            .ok_or_else(|| (format!("has an argument that is no option: '{}'", shown(word)), None))?;
        // Flags may stand together, and the last of them may have its value behind it.
        while let Some(flag) = letters.chars().next() {
            letters = letters.get(flag.len_utf8()..).unwrap_or_default();
            if switch(connection, flag) {
                continue;
            }
            let mut value = || match letters {
                "" => words.next().map(String::as_str),
                rest => Some(rest),
            };
            let name = match flag {
                'o' => {
                    let option = value().ok_or_else(|| (format!("misses what -{flag} sets"), None))?;
                    set_written(connection, option)?;
                    break;
                }
                'J' => "ProxyJump",
                'i' => "IdentityFile",
                'l' => "User",
                'p' => "Port",
                'c' => "Ciphers",
                'm' => "MACs",
                'b' => "BindAddress",
                'S' => "ControlPath",
                'L' => "LocalForward",
                'R' => "RemoteForward",
                'D' => "DynamicForward",
                _ => {
                    let help = "write it as -o Name=value, or leave it out".to_owned();
                    return Err((format!("has the option -{flag}, which is not known here"), Some(help)));
                }
            };
            let value = value().ok_or_else(|| (format!("misses what -{flag} sets"), None))?;
            set(connection, name, value)?;
            break;
        }
    }
    Ok(())
}

/// Flags without a value.
fn switch(connection: &mut Connection, flag: char) -> bool {
    let (name, value) = match flag {
        'C' => {
            connection.compression.get_or_insert(true);
            return true;
        }
        '4' => ("AddressFamily", "inet"),
        '6' => ("AddressFamily", "inet6"),
        'A' => ("ForwardAgent", "yes"),
        'a' => ("ForwardAgent", "no"),
        'T' => ("RequestTTY", "no"),
        't' => ("RequestTTY", "yes"),
        'x' => ("ForwardX11", "no"),
        'q' => ("LogLevel", "QUIET"),
        'v' => {
            chattier(connection);
            return true;
        }
        _ => return false,
    };
    option(connection, name, value);
    true
}

/// Each `-v` says a little more, up to three.
fn chattier(connection: &mut Connection) {
    let level = connection.ssh_options.iter_mut().find(|(name, _)| name == "LogLevel");
    match level.map(|(_, level)| level) {
        None => option(connection, "LogLevel", "DEBUG"),
        Some(level) if level == "DEBUG" => "DEBUG2".clone_into(level),
        Some(level) if level == "DEBUG2" => "DEBUG3".clone_into(level),
        Some(_) => {}
    }
}

/// An option as `-o` has it: `Name=value` or `Name value`.
fn set_written(connection: &mut Connection, written: &str) -> Result<(), Fault> {
    let end = written.find(['=', ' ', '\t']).unwrap_or(written.len());
    let (name, value) = written.split_at(end);
    let value = value.trim_start();
    let value = value.strip_prefix('=').unwrap_or(value).trim();
    if value.is_empty() {
        return Err((format!("sets {} to nothing", shown(name)), None));
    }
    let known = TYPED.iter().chain(&KNOWN).find(|known| known.eq_ignore_ascii_case(name));
    match known {
        Some(known) => set(connection, known, value),
        None => {
            let near = purlin_core::suggest(name, TYPED.iter().chain(&KNOWN).copied());
            let help = near.map(|near| format!("did you mean {near}?"));
            Err((format!("has the option {}, which ssh does not know", shown(name)), help))
        }
    }
}

fn set(connection: &mut Connection, name: &str, value: &str) -> Result<(), Fault> {
    let value = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value);
    let wrong = |expected: &str| (format!("sets {name} to '{}', but it is {expected}", shown(value)), None);
    match name {
        "Port" => {
            let port: Option<u16> = value.parse().ok().filter(|port| *port > 0);
            connection.port.get_or_insert(port.ok_or_else(|| wrong("a number from 1 to 65535"))?);
        }
        "User" => {
            connection.user.get_or_insert_with(|| value.to_owned());
        }
        "HostName" => connection.address = value.to_owned(),
        "IdentityFile" => connection.private_keys.push(value.to_owned()),
        // OpenSSH heeds whichever of the two comes first.
        "ProxyJump"
            if connection.jump.is_empty() && connection.proxy_command.is_none() && value != "none" =>
        {
            connection.jump = value.split(',').map(|hop| hop.trim().to_owned()).collect();
        }
        "ProxyCommand" if connection.jump.is_empty() && value != "none" => {
            connection.proxy_command.get_or_insert_with(|| value.to_owned());
        }
        "ProxyJump" | "ProxyCommand" => {}
        "StrictHostKeyChecking" => {
            let checking = match value.to_ascii_lowercase().as_str() {
                "yes" => HostKeyChecking::Strict,
                "no" | "off" => HostKeyChecking::Off,
                "accept-new" => HostKeyChecking::AcceptNew,
                "ask" => HostKeyChecking::Ask,
                _ => return Err(wrong("yes, no, accept-new or ask")),
            };
            connection.host_keys.get_or_insert(checking);
        }
        "UserKnownHostsFile" if connection.known_hosts.is_empty() => {
            connection.known_hosts = value.split_whitespace().map(str::to_owned).collect();
        }
        "UserKnownHostsFile" => {}
        "ConnectTimeout" => {
            let seconds: Option<u64> = value.parse().ok();
            let timeout = Duration::from_secs(seconds.ok_or_else(|| wrong("a number of seconds"))?);
            connection.connect_timeout.get_or_insert(timeout);
        }
        "Compression" => {
            connection.compression.get_or_insert(value.eq_ignore_ascii_case("yes"));
        }
        _ => option(connection, name, value),
    }
    Ok(())
}

fn option(connection: &mut Connection, name: &str, value: &str) {
    connection.ssh_options.push((name.to_owned(), value.to_owned()));
}

#[cfg(test)]
mod checks {
    use super::super::words as split;
    use super::apply;
    use crate::connection::Connection;

    proptest::proptest! {
        #[test]
        fn no_arguments_panic(text in "((-[a-zA-Z46]{1,3}|-o|Port=|User |ProxyJump=|\"|é|[a-z0-9,]{1,5}) ?){0,12}") {
            if let Ok(words) = split(&text) {
                let _ = apply(&mut Connection::new("h"), &words);
            }
        }
    }
}
