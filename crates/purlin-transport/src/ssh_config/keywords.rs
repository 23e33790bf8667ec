//! Which keyword means what for reaching a host.

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Keyword {
    Known(Meaning),
    /// It changes nothing about whom we reach, as whom, and by which keys.
    Harmless,
    /// Anything else.
    Other(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    HostName,
    User,
    Port,
    IdentityFile,
    IdentitiesOnly,
    ProxyJump,
    UserKnownHostsFile,
    Include,
}

/// How a terminal behaves, what is forwarded, how `ssh` shares and logs: nothing of it is done here.
const HARMLESS: [&str; 52] = [
    "addkeystoagent",
    "batchmode",
    "canonicalizefallbacklocal",
    "channeltimeout",
    "clearallforwardings",
    "compression",
    "connectionattempts",
    "connecttimeout",
    "controlmaster",
    "controlpath",
    "controlpersist",
    "dynamicforward",
    "enableescapecommandline",
    "escapechar",
    "exitonforwardfailure",
    "fingerprinthash",
    "forkafterauthentication",
    "forwardagent",
    "forwardx11",
    "forwardx11timeout",
    "forwardx11trusted",
    "gatewayports",
    "hashknownhosts",
    "ignoreunknown",
    "ipqos",
    "localcommand",
    "localforward",
    "loglevel",
    "logverbose",
    "numberofpasswordprompts",
    "obscurekeystroketiming",
    "permitlocalcommand",
    "permitremoteopen",
    "rekeylimit",
    "remoteforward",
    "requesttty",
    "sendenv",
    "serveralivecountmax",
    "serveraliveinterval",
    "sessiontype",
    "setenv",
    "stdinnull",
    "streamlocalbindmask",
    "streamlocalbindunlink",
    "syslogfacility",
    "tag",
    "tcpkeepalive",
    "tunnel",
    "tunneldevice",
    "usekeychain",
    "visualhostkey",
    "xauthlocation",
];

impl Keyword {
    pub(super) fn of(name: &str) -> Self {
        let lower = name.to_ascii_lowercase();
        let meaning = match lower.as_str() {
            "hostname" => Meaning::HostName,
            "user" => Meaning::User,
            "port" => Meaning::Port,
            "identityfile" => Meaning::IdentityFile,
            "identitiesonly" => Meaning::IdentitiesOnly,
            "proxyjump" => Meaning::ProxyJump,
            "userknownhostsfile" => Meaning::UserKnownHostsFile,
            "include" => Meaning::Include,
            other if HARMLESS.contains(&other) => return Self::Harmless,
            _ => return Self::Other(name.to_owned()),
        };
        Self::Known(meaning)
    }
}
