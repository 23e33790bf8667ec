//! The programs, the data folder and the configuration of a PostgreSQL.

use super::{DATA, DATABASE, PORT, PostgresSettings, USER};
use crate::skip::find_program;
use crate::{Instance, Program};
use purlin_core::{Error, Result, Secret};
use std::fmt::Write;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// Makes the data folder, and in it, with no server running yet, what every server has.
const MAKE: &str = r#"
set -e
initdb=$1 postgres=$2
shift 2
"$initdb" --no-sync --auth=scram-sha-256 --encoding=UTF8 --locale=C --pwfile="$PWD/password" "$@"
"$postgres" --single -F -c password_encryption=scram-sha-256 -D "$PWD/data" postgres <first.sql
"#;

/// Where Debian and Ubuntu keep the programs, a folder a version.
const VERSIONS: &str = "/usr/lib/postgresql";

/// The folder of the programs, all of one version.
#[derive(Debug, Clone)]
pub(super) struct Tools(PathBuf);

impl Tools {
    /// The newest version of those installed, else what is in `PATH`.
    pub(super) fn find() -> Option<Self> {
        let entries = fs::read_dir(VERSIONS).into_iter().flatten().flatten();
        let versions = entries.filter_map(|entry| {
            let version: u32 = entry.file_name().to_str()?.parse().ok()?;
            Some((version, entry.path().join("bin")))
        });
        let newest = versions.filter(|(_, folder)| folder.join("postgres").is_file()).max();
        let folder = newest.map(|(_, folder)| folder);
        let of_path = || {
            let program = find_program("initdb")?.canonicalize().ok()?;
            program.parent().map(Path::to_owned)
        };
        folder.or_else(of_path).map(Self)
    }

    pub(super) fn program(&self, name: &str) -> Program {
        Program::new(self.0.join(name)).env("LC_ALL", "C")
    }
}

/// A client program that logs in as the superuser.
pub(super) fn client(tools: &Tools, name: &str, server: SocketAddr, password: &Secret<String>) -> Program {
    tools
        .program(name)
        .args(["-h", &server.ip().to_string(), "-p", &server.port().to_string(), "-U", USER, "-w"])
        .env("PGPASSWORD", password.expose().as_str())
}

/// Makes the data folder.
pub(super) fn make(
    instance: &Instance,
    tools: &Tools,
    primary: Option<SocketAddr>,
    password: &Secret<String>,
) -> Result<()> {
    let data = instance.path(DATA);
    let program = match primary {
        None => {
            instance.write("password", password.expose())?;
            instance.write("first.sql", first_statements(password))?;
            let programs = [tools.0.join("initdb"), tools.0.join("postgres")];
            Program::new("sh")
                .args(["-c", MAKE, "postgres"])
                .args(programs)
                .args(["-U", USER, "-D"])
                .arg(data)
                .env("LC_ALL", "C")
        }
        Some(primary) => client(tools, "pg_basebackup", primary, password)
            .args(["--no-sync", "-X", "stream", "-R", "-c", "fast", "-D"])
            .arg(data),
    };
    instance.run(&program).map(drop)
}

/// One statement a line.
fn first_statements(password: &Secret<String>) -> String {
    let password = password.expose().replace('\'', "''");
    format!("CREATE ROLE app LOGIN PASSWORD '{password}'\nCREATE DATABASE {DATABASE} OWNER app\n")
}

/// Writes the configuration beside the data, so that a replica has its own, and returns the parameter that names it.
pub(super) fn configure(instance: &Instance, settings: &PostgresSettings) -> Result<String> {
    let mut hba: String = settings.hba.iter().map(|line| format!("{line}\n")).collect();
    for kind in ["local all all", "host all all 127.0.0.1/32", "host replication all 127.0.0.1/32"] {
        let _ = writeln!(hba, "{kind} scram-sha-256");
    }
    let hba = instance.write("pg_hba.conf", hba)?;
    let mut config = Config::default();
    config.set("hba_file", &hba.to_string_lossy());
    config.set("listen_addresses", "127.0.0.1");
    config.set("port", &instance.port(PORT).to_string());
    config.set("unix_socket_directories", &instance.dir().to_string_lossy());
    for (name, value) in PARAMETERS {
        config.set(name, value);
    }
    if let Some((certificate, key)) = &settings.tls {
        config.set("ssl", "on");
        config.set("ssl_cert_file", &taken(instance, certificate, "server.pem")?);
        config.set("ssl_key_file", &taken(instance, key, "server.key")?);
    }
    if let Some(file) = &settings.client_ca {
        config.set("ssl_ca_file", &taken(instance, file, "client-ca.pem")?);
    }
    for (name, value) in &settings.options {
        config.set(name, value);
    }
    let file = instance.write("postgresql.conf", config.0)?;
    Ok(format!("config_file={}", file.display()))
}

/// Few and small processes, nothing that happens by itself, and what a replica needs.
const PARAMETERS: [(&str, &str); 11] = [
    ("password_encryption", "scram-sha-256"),
    ("fsync", "off"),
    ("full_page_writes", "off"),
    ("autovacuum", "off"),
    ("jit", "off"),
    ("lc_messages", "C"),
    ("log_timezone", "UTC"),
    ("shared_buffers", "16MB"),
    ("max_connections", "60"),
    ("wal_level", "replica"),
    ("wal_keep_size", "256MB"),
];

/// A copy in the server's folder: PostgreSQL wants a key that belongs to itself, and that nobody else can read.
fn taken(instance: &Instance, file: &Path, name: &str) -> Result<String> {
    use std::os::unix::fs::PermissionsExt;
    let failed = |error| Error::io("file.read", error).with_note(file.display().to_string());
    let path = instance.write(name, fs::read(file).map_err(failed)?)?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).map_err(failed)?;
    Ok(path.to_string_lossy().into_owned())
}

#[derive(Default)]
struct Config(String);

impl Config {
    fn set(&mut self, name: &str, value: &str) {
        let _ = writeln!(self.0, "{name} = '{}'", value.replace('\'', "''"));
    }
}
