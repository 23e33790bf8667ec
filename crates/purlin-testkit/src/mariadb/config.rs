//! How a MariaDB is started.

use crate::{Instance, Program};
use purlin_core::{Result, Secret};
use std::path::PathBuf;

/// Fills the data folder at the first start only, then becomes the server.
const START: &str = r#"
set -e
install=$1 server=$2
shift 2
if [ ! -e ready ]; then
    rm -rf data
    "$install" --no-defaults --datadir="$PWD/data" --auth-root-authentication-method=normal --skip-test-db \
        --skip-name-resolve $USER_OPTION $INNODB >install.log 2>&1 || { cat install.log; exit 1; }
    : >ready
    set -- "$@" --init-file="$PWD/init.sql"
fi
exec "$server" --no-defaults --datadir="$PWD/data" $USER_OPTION $INNODB "$@"
"#;

/// Small files and no kernel queues: what counts here is the start.
const INNODB: &str = "--innodb-log-file-size=4M --innodb-buffer-pool-size=16M --innodb-use-native-aio=0 \
     --innodb-data-file-path=ibdata1:4M:autoextend --innodb-temp-data-file-path=ibtmp1:4M:autoextend";

/// The port's name.
pub(super) const PORT: &str = "sql";
/// The name of its Unix socket.
pub(super) const SOCKET: &str = "sql.sock";
/// What the server writes when it takes connections.
pub(super) const READY: &str = "ready for connections";

/// What one server is told.
#[derive(Debug, Clone)]
pub(super) struct Config {
    pub(super) server_id: u32,
    pub(super) password: Secret<String>,
    pub(super) tls: Option<(PathBuf, PathBuf)>,
    pub(super) client_ca: Option<PathBuf>,
    pub(super) primary: Option<Primary>,
    pub(super) synchronous: bool,
    pub(super) options: Vec<String>,
}

/// Whom a replica follows.
#[derive(Debug, Clone)]
pub(super) struct Primary {
    pub(super) port: u16,
}

impl Config {
    pub(super) fn program(&self, instance: &Instance, install: &str, server: &str) -> Result<Program> {
        instance.write("init.sql", self.first_statements())?;
        let user = if rustix::process::geteuid().is_root() { "--user=root" } else { "" };
        let program = Program::new("sh").args(["-c", START, "mariadb", install, server]);
        let program = program.env("USER_OPTION", user).env("INNODB", INNODB);
        Ok(program.args(self.arguments(instance)))
    }

    fn arguments(&self, instance: &Instance) -> Vec<String> {
        let path = |name| instance.path(name).display().to_string();
        let mut arguments = vec![
            format!("--port={}", instance.port(PORT)),
            "--bind-address=127.0.0.1".to_owned(),
            "--skip-networking=OFF".to_owned(),
            format!("--socket={}", path(SOCKET)),
            format!("--pid-file={}", path("sql.pid")),
            format!("--tmpdir={}", instance.dir().display()),
            format!("--server-id={}", self.server_id),
            // Commits survive the end of the process, which a test can cause, and not that of the machine.
            "--innodb-flush-log-at-trx-commit=2".to_owned(),
            format!("--read-only={}", if self.primary.is_some() { "ON" } else { "OFF" }),
            format!("--rpl-semi-sync-master-enabled={}", if self.synchronous { "ON" } else { "OFF" }),
        ];
        arguments.extend(FIXED.iter().map(|&argument| argument.to_owned()));
        if let Some((certificate, key)) = &self.tls {
            arguments.push(format!("--ssl-cert={}", certificate.display()));
            arguments.push(format!("--ssl-key={}", key.display()));
        }
        if let Some(ca) = &self.client_ca {
            arguments.push(format!("--ssl-ca={}", ca.display()));
        }
        arguments.extend(self.options.iter().cloned());
        arguments
    }

    /// One statement a line. They stay out of the log that replicas read: each server makes its own users.
    fn first_statements(&self) -> String {
        let password = quoted(self.password.expose());
        let mut lines = vec![
            "SET sql_log_bin = 0".to_owned(),
            format!("CREATE USER 'purlin'@'%' IDENTIFIED BY {password}"),
            "GRANT ALL ON *.* TO 'purlin'@'%' WITH GRANT OPTION".to_owned(),
            format!("CREATE USER 'app'@'%' IDENTIFIED BY {password}"),
            "CREATE DATABASE test CHARACTER SET utf8mb4".to_owned(),
            "GRANT ALL ON test.* TO 'app'@'%'".to_owned(),
        ];
        if let Some(primary) = &self.primary {
            lines.push(format!(
                "CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT={}, MASTER_USER='purlin', \
                 MASTER_PASSWORD={}, MASTER_USE_GTID=slave_pos, MASTER_CONNECT_RETRY=1, \
                 MASTER_HEARTBEAT_PERIOD=1",
                primary.port, password,
            ));
            lines.push("START SLAVE".to_owned());
        }
        lines.iter().map(|line| format!("{line};\n")).collect()
    }
}

/// What all of them are told.
const FIXED: [&str; 14] = [
    "--character-set-server=utf8mb4",
    "--skip-name-resolve",
    "--performance-schema=OFF",
    "--key-buffer-size=1M",
    "--aria-pagecache-buffer-size=8M",
    "--max-connections=300",
    "--log-bin=binlog",
    "--log-slave-updates=ON",
    "--binlog-format=ROW",
    "--gtid-strict-mode=ON",
    // A replica sees within seconds that its primary is silent.
    "--slave-net-timeout=3",
    "--rpl-semi-sync-slave-enabled=ON",
    "--rpl-semi-sync-master-timeout=3600000",
    "--rpl-semi-sync-master-wait-point=AFTER_SYNC",
];

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}
