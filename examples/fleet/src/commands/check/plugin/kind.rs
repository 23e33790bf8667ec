//! What a plugin can check.

mod web;

use crate::cli::examples;
use crate::commands::db;
use crate::config::{Config, Layer, Sourced, TlsLayer};
use crate::input::duration;
use clap::{Args, Subcommand, ValueEnum};
use purlin::core::units;
use purlin::health::checks::db::{Cluster, NodeRole, Ping, Query, Replication};
use purlin::health::checks::{
    Disk, Dns, DnsRecord, DnsSerial, FileAge, Icmp, Load, Mount, Ntp, ProcessState, ProcessTable, Processes,
    Systemd, Tcp, Tls,
};
use purlin::health::{Check, Range, checks};
use purlin::{Error, ErrorKind, Result};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use web::Web;

#[derive(Debug, Subcommand)]
pub(super) enum Kind {
    /// What a web server answers; measures time (seconds) and size
    #[command(after_help = examples(&[("check plugin http https://www.example.org/ -w 1 -c 5", "within which seconds")]))]
    Http(Web),
    /// Whether somebody listens on a TCP port; measures time (seconds)
    #[command(after_help = examples(&[("check plugin tcp db1.lon:3306 -t 2", "at most 2 seconds")]))]
    Tcp {
        /// Where
        #[arg(value_name = "HOST:PORT")]
        address: String,
    },
    /// Whether a server's certificates are good; measures days (until the first ends) and time
    #[command(after_help = examples(&[("check plugin tls www.example.org:443 --warn-before 30d", "earlier than usual")]))]
    Tls {
        /// Where
        #[arg(value_name = "HOST:PORT")]
        address: String,
        /// How long before the end a warning begins, in whole days [default: 21d]
        #[arg(long, value_name = "DURATION", value_parser = time)]
        warn_before: Option<Duration>,
        /// How long before the end it is critical, in whole days [default: 7d]
        #[arg(long, value_name = "DURATION", value_parser = time)]
        critical_before: Option<Duration>,
        #[command(flatten)]
        trust: Trust,
    },
    /// What a name server answers; measures time (seconds) and records
    #[command(after_help = examples(&[("check plugin dns ns1.example.org www.example.org --expect 192.0.2.80", "with the right answer")]))]
    Dns {
        /// The server; port 53 unless it says another
        #[arg(value_name = "SERVER")]
        server: String,
        /// The name that is asked for
        #[arg(value_name = "NAME")]
        name: String,
        /// The sort of record
        #[arg(long, value_name = "RECORD", default_value = "a")]
        record: Record,
        /// What must be among the answers (can be repeated)
        #[arg(long, value_name = "VALUE")]
        expect: Vec<String>,
        /// Only an answer of a server that has the zone itself
        #[arg(long)]
        authoritative: bool,
    },
    /// Whether all servers of a zone have the same version of it; measures serial and servers
    #[command(after_help = examples(&[("check plugin dns-serial example.org ns1.example.org ns2.example.org", "two servers of a zone")]))]
    DnsSerial {
        /// The zone
        #[arg(value_name = "ZONE")]
        zone: String,
        /// Its servers; port 53 unless they say another
        #[arg(value_name = "SERVER", required = true)]
        servers: Vec<String>,
    },
    /// Whether a machine answers an echo request; measures time (seconds)
    #[command(after_help = examples(&[("check plugin icmp web01.lon -c 0.2", "within 200 ms")]))]
    Icmp {
        /// The machine
        #[arg(value_name = "HOST")]
        host: String,
    },
    /// How far a time server's clock and this one are apart; measures offset (seconds), delay and stratum
    #[command(after_help = examples(&[("check plugin ntp ntp1.lon --warn-beyond 100ms --critical-beyond 1s", "how far off")]))]
    Ntp {
        /// The server; port 123 unless it says another
        #[arg(value_name = "SERVER")]
        server: String,
        /// Beyond which offset, either way, a warning begins
        #[arg(long, value_name = "DURATION", value_parser = time)]
        warn_beyond: Option<Duration>,
        /// Beyond which offset, either way, it is critical
        #[arg(long, value_name = "DURATION", value_parser = time)]
        critical_beyond: Option<Duration>,
    },
    /// How much room a file system has; measures free_percent, free (bytes), inodes_free_percent and inodes_free
    #[command(after_help = examples(&[("check plugin disk /srv -w 10: -c 5:", "at least so many percent free")]))]
    Disk {
        /// A path on it
        #[arg(value_name = "PATH")]
        path: String,
    },
    /// Whether something is mounted at a path, and answers; measures time (seconds)
    #[command(after_help = examples(&[("check plugin mount /srv/share --file-system nfs4", "the right one, and it answers")]))]
    Mount {
        /// The path
        #[arg(value_name = "PATH")]
        path: String,
        /// The kind of file system that must be there
        #[arg(long, value_name = "KIND")]
        file_system: Option<String>,
        /// What must be mounted there, as the kernel writes it
        #[arg(long, value_name = "SOURCE")]
        source: Option<String>,
        /// It must be possible to write to it
        #[arg(long)]
        writable: bool,
    },
    /// How many processes of some sort run; measures processes and memory (bytes)
    #[command(after_help = examples(&[("check plugin procs --name java --user tomcat --count 1:4", "one to four of them")]))]
    Procs {
        /// Only those of this name, of which the kernel keeps 15 bytes
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
        /// Only those with this text in their command line
        #[arg(long, value_name = "TEXT")]
        argument: Option<String>,
        /// Only those of this user
        #[arg(long, value_name = "USER")]
        user: Option<String>,
        /// Only those that do this
        #[arg(long, value_name = "STATE")]
        state: Option<Doing>,
        /// How many there should be [default: 1:]
        #[arg(long, value_name = "RANGE", value_parser = count)]
        count: Option<Range>,
    },
    /// The load average; measures load1, load5, load15, and the same for each CPU: load1_per_cpu and so on
    #[command(after_help = examples(&[("check plugin load -w load5_per_cpu=2 -c load5_per_cpu=8", "for each CPU")]))]
    Load,
    /// How old and how large a file is; measures age (seconds), size (bytes) and files
    #[command(after_help = examples(&[("check plugin file-age '/backup/map-*.sql.gz' -c 93600 -c size=1073741824:", "a backup: not too old, not too small")]))]
    FileAge {
        /// The file, or a pattern for files of one folder
        #[arg(value_name = "PATTERN")]
        path: String,
        /// The oldest of them, not the newest
        #[arg(long)]
        oldest: bool,
    },
    /// Whether a unit of systemd is as it should be; measures restarts
    #[command(after_help = examples(&[("check plugin systemd tomcat10.service", "a service that runs")]))]
    Systemd {
        /// The unit
        #[arg(value_name = "UNIT")]
        unit: String,
        /// It runs once and ends
        #[arg(long)]
        once: bool,
    },
    /// Whether a database answers, or what it says; measures time (seconds), or lag, or what the statement gives
    #[command(after_help = examples(&[("check plugin db @map --ask query --sql 'select count(*) as waiting from mails' -w waiting=100", "what a statement gives")]))]
    Db(Base),
    /// Any program that keeps to the contract of plugins, killed at the end of its time
    #[command(after_help = examples(&[("check plugin exec -t 5 -- /usr/lib/nagios/plugins/check_users -w 5 -c 10", "another plugin")]))]
    Exec {
        /// The program and its arguments
        #[arg(value_name = "ARGV", required = true, last = true)]
        argv: Vec<String>,
    },
}

/// Whom to trust.
#[derive(Debug, Args)]
pub(super) struct Trust {
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

impl Trust {
    fn layer(&self) -> Layer {
        let some = |paths: &Vec<PathBuf>| Some(paths.clone()).filter(|paths| !paths.is_empty());
        Layer {
            tls: TlsLayer {
                ca: Sourced::flag(some(&self.ca), "--ca"),
                ca_only: Sourced::flag(some(&self.ca_only), "--ca-only"),
                server_name: Sourced::flag(self.server_name.clone(), "--server-name"),
                ..TlsLayer::default()
            },
            ..Layer::default()
        }
    }
}

/// A database, and what is asked of it.
#[derive(Debug, Args)]
pub(super) struct Base {
    /// Its URL, or @NAME for a connection of the configuration
    #[arg(value_name = "URL")]
    database: String,
    /// What to find out
    #[arg(long, value_name = "WHAT", default_value = "ping")]
    ask: Asked,
    /// With --ask query: the statement; each number of its first row is a measurement
    #[arg(long, value_name = "SQL", required_if_eq("ask", "query"))]
    sql: Option<String>,
    /// The password is the value of this environment variable
    #[arg(long, value_name = "NAME", conflicts_with = "password_file")]
    password_env: Option<String>,
    /// The password is the text of this file
    #[arg(long, value_name = "PATH")]
    password_file: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Asked {
    /// Whether it lets us in and answers
    Ping,
    /// Whether it takes writes
    Primary,
    /// Whether it follows another
    Replica,
    /// How far the replica that is worst off is behind
    Lag,
    /// Whether exactly one of all addresses takes writes
    Cluster,
    /// What a statement gives
    Query,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Doing {
    /// On a CPU, or about to be
    Running,
    /// Waiting for something
    Sleeping,
    /// Waiting in the kernel where no signal reaches it
    Stuck,
    /// Stopped by a signal or a debugger
    Stopped,
    /// Ended, and not yet fetched by its parent
    Zombie,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Record {
    A,
    Aaaa,
    Cname,
    Mx,
    Ns,
    Ptr,
    Soa,
    Srv,
    Txt,
}

fn time(text: &str) -> Result<Duration, String> {
    duration(text).map_err(|fault| fault.message)
}

fn count(text: &str) -> Result<Range, String> {
    text.parse().map_err(|error: Error| error.message().to_owned())
}

impl Kind {
    /// The settings among the flags.
    pub(super) fn layer(&self) -> Layer {
        match self {
            Self::Http(web) => web.trust.layer(),
            Self::Tls { trust, .. } => trust.layer(),
            _ => Layer::default(),
        }
    }

    /// The measurement that thresholds without a name are for.
    pub(super) fn first(&self) -> &'static str {
        match self {
            Self::Tls { .. } => "days",
            Self::DnsSerial { .. } => "servers",
            Self::Ntp { .. } => "offset",
            Self::Disk { .. } => "free_percent",
            Self::Procs { .. } => "processes",
            Self::Load => "load1",
            Self::FileAge { .. } => "age",
            Self::Systemd { .. } => "restarts",
            Self::Db(base) if base.ask == Asked::Lag => "lag",
            _ => "time",
        }
    }

    /// The check.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for what makes none.
    pub(super) fn check(&self, config: &Config) -> Result<Arc<dyn Check>> {
        Ok(match self {
            Self::Http(web) => web.check(config)?,
            Self::Tcp { address } => Arc::new(Tcp::to(address)?),
            Self::Tls { address, warn_before, critical_before, .. } => {
                let mut check = Tls::to(address)?.tls(config.tls());
                check = warn_before.iter().fold(check, |check, time| check.warn_before(*time));
                Arc::new(critical_before.iter().fold(check, |check, time| check.critical_before(*time)))
            }
            Self::Dns { server, name, record, expect, authoritative } => {
                let check = Dns::ask(server, name)?.record(record.kind());
                let check = expect.iter().fold(check, Dns::expect);
                Arc::new(if *authoritative { check.authoritative() } else { check })
            }
            Self::DnsSerial { zone, servers } => {
                Arc::new(servers.iter().try_fold(DnsSerial::of(zone)?, |check, server| check.server(server))?)
            }
            Self::Icmp { host } => Arc::new(Icmp::to(host)?),
            Self::Ntp { server, warn_beyond, critical_beyond } => {
                let check = warn_beyond.iter().fold(Ntp::to(server)?, |check, time| check.warn_beyond(*time));
                Arc::new(critical_beyond.iter().fold(check, |check, time| check.critical_beyond(*time)))
            }
            Self::Exec { argv } => Arc::new(checks::Plugin::new(argv.iter().cloned())?),
            Self::Db(base) => base.check(config)?,
            local => local.of_machine()?,
        })
    }

    fn of_machine(&self) -> Result<Arc<dyn Check>> {
        Ok(match self {
            Self::Disk { path } => Arc::new(Disk::at(path)?),
            Self::Mount { path, file_system, source, writable } => {
                let check = file_system.iter().fold(Mount::at(path)?, Mount::file_system);
                let check = source.iter().fold(check, Mount::source);
                Arc::new(if *writable { check.writable() } else { check })
            }
            Self::Procs { name, argument, user, state, count } => {
                let check = name.iter().fold(Processes::of(&ProcessTable::new()), Processes::name);
                let check = argument.iter().fold(check, Processes::argument);
                let check = user.iter().fold(check, Processes::user);
                let check = state.iter().fold(check, |check, state| check.state(state.kind()));
                Arc::new(count.iter().fold(check, |check, count| check.count(*count)))
            }
            Self::Load => Arc::new(Load::new()),
            Self::FileAge { path, oldest: false } => Arc::new(FileAge::newest(path)?),
            Self::FileAge { path, oldest: true } => Arc::new(FileAge::oldest(path)?),
            Self::Systemd { unit, once } => {
                let check = Systemd::unit(unit)?;
                Arc::new(if *once { check.once() } else { check })
            }
            _ => return Err(Error::new(ErrorKind::Unsupported, "this kind is not one of this machine")),
        })
    }
}

impl Base {
    fn check(&self, config: &Config) -> Result<Arc<dyn Check>> {
        let password = match (&self.password_env, &self.password_file) {
            (Some(name), _) => Some(purlin::core::SecretRef::env(name)),
            (None, Some(path)) => Some(purlin::core::SecretRef::file(path)),
            (None, None) => None,
        };
        let database = db::open(config, &self.database, password)?;
        let node = || match database.pools() {
            [pool] => Ok(pool.clone()),
            pools => {
                let message = format!("this database has {} addresses: name one of them", pools.len());
                Err(Error::new(ErrorKind::Invalid, message))
            }
        };
        Ok(match self.ask {
            Asked::Ping => Arc::new(Ping::of(&node()?)),
            Asked::Primary => Arc::new(NodeRole::of(&node()?, purlin::db::WantedRole::Primary)),
            Asked::Replica => Arc::new(NodeRole::of(&node()?, purlin::db::WantedRole::Replica)),
            Asked::Lag => Arc::new(Replication::of(&database)),
            Asked::Cluster => Arc::new(Cluster::of(&database)),
            Asked::Query => Arc::new(Query::of(&node()?, self.sql.clone().unwrap_or_default())),
        })
    }
}

impl Doing {
    fn kind(self) -> ProcessState {
        match self {
            Self::Running => ProcessState::Running,
            Self::Sleeping => ProcessState::Sleeping,
            Self::Stuck => ProcessState::Stuck,
            Self::Stopped => ProcessState::Stopped,
            Self::Zombie => ProcessState::Zombie,
        }
    }
}

impl Record {
    fn kind(self) -> DnsRecord {
        match self {
            Self::A => DnsRecord::A,
            Self::Aaaa => DnsRecord::Aaaa,
            Self::Cname => DnsRecord::Cname,
            Self::Mx => DnsRecord::Mx,
            Self::Ns => DnsRecord::Ns,
            Self::Ptr => DnsRecord::Ptr,
            Self::Soa => DnsRecord::Soa,
            Self::Srv => DnsRecord::Srv,
            Self::Txt => DnsRecord::Txt,
        }
    }
}

/// How much, with a unit.
pub(super) fn size(text: &str) -> Result<usize, String> {
    let bytes = units::size::parse(text).map_err(|error| error.message().to_owned())?;
    usize::try_from(bytes).map_err(|error| error.to_string())
}
