//! How a slapd is started.

use super::{Slapd, data};
use crate::{Instance, Program};
use purlin_core::{Error, ErrorKind, Result};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Fills the database at the first start only, then becomes the server.
const START: &str = r#"
set -e
if [ ! -e ready ]; then
    rm -rf db
    mkdir db
    "$2" -q -w -S "$3" -f slapd.conf -b "$4" -l data.ldif >slapadd.log 2>&1 || { cat slapadd.log; exit 1; }
    : >ready
fi
rm -f ldapi
exec "$1" -f slapd.conf -d "$5" -h "$6"
"#;

/// What RFC 2307 describes, in the form that most use today: groups of either kind can have a number.
const SCHEMA: &str = include_str!("posix.schema");

/// Where packages put schemas and modules.
const SCHEMAS: &str = "/etc/ldap/schema";
const MODULES: [&str; 3] = ["/usr/lib/ldap", "/usr/lib/openldap", "/usr/libexec/openldap"];

/// The ports' names.
pub(super) const LDAP: &str = "ldap";
pub(super) const LDAPS: &str = "ldaps";

/// What one server is told.
#[derive(Debug, Clone)]
pub(super) struct Config {
    pub(super) users: usize,
    pub(super) id: u16,
    pub(super) peer: Arc<Mutex<Option<Peer>>>,
    pub(super) tls: Option<(PathBuf, PathBuf)>,
    pub(super) client_ca: Option<PathBuf>,
    pub(super) lines: Vec<String>,
    pub(super) told: bool,
    /// Where its referral points; to itself unless set.
    pub(super) refers_to: Option<u16>,
}

/// Whom it copies.
#[derive(Debug, Clone, Copy)]
pub(super) struct Peer {
    pub(super) port: u16,
}

pub(super) fn socket(instance: &Instance) -> PathBuf {
    instance.path("ldapi")
}

impl Config {
    pub(super) fn program(&self, instance: &Instance, slapd: &str, slapadd: &str) -> Result<Program> {
        instance.write("posix.schema", SCHEMA)?;
        instance.write("slapd.conf", self.render(instance)?)?;
        if !instance.path("ready").exists() {
            instance
                .write("data.ldif", data::ldif(self.users, self.refers_to.unwrap_or(instance.port(LDAP))))?;
        }
        let socket = socket(instance).display().to_string().replace('/', "%2F");
        let mut urls = format!("ldap://{} ldapi://{socket}", instance.address(LDAP));
        if self.tls.is_some() {
            let _ = write!(urls, " ldaps://{}", instance.address(LDAPS));
        }
        let level = if self.told { "stats" } else { "none" };
        let words = [slapd, slapadd, &self.id.to_string(), Slapd::BASE, level, &urls];
        Ok(Program::new("sh").args(["-c", START, "slapd"]).args(words))
    }

    fn render(&self, instance: &Instance) -> Result<String> {
        let modules = MODULES.iter().find(|folder| Path::new(folder).is_dir());
        let modules = modules.ok_or_else(|| {
            Error::new(ErrorKind::NotFound, "slapd's modules are not where they are expected")
                .with_operation("slapd.start")
        })?;
        let dir = instance.dir().display();
        let mut text = String::new();
        for schema in ["core", "cosine", "inetorgperson"] {
            let _ = writeln!(text, "include {SCHEMAS}/{schema}.schema");
        }
        let _ = writeln!(text, "include {dir}/posix.schema\npidfile {dir}/slapd.pid\nmodulepath {modules}");
        for module in ["back_mdb", "memberof", "refint", "ppolicy", "syncprov"] {
            let _ = writeln!(text, "moduleload {module}");
        }
        let _ = writeln!(text, "loglevel none\nthreads 4\nconn_max_pending_auth 5000\nserverID {}", self.id);
        // Nobody but the user of the test can open the socket's folder.
        let _ = writeln!(text, "authz-regexp gidNumber=.*,cn=peercred,cn=external,cn=auth {}", Slapd::ADMIN);
        if let Some((certificate, key)) = &self.tls {
            let _ = writeln!(
                text,
                "TLSCertificateFile {}\nTLSCertificateKeyFile {}",
                certificate.display(),
                key.display()
            );
        }
        if let Some(ca) = &self.client_ca {
            let _ = writeln!(text, "TLSCACertificateFile {}\nTLSVerifyClient try", ca.display());
        }
        for line in &self.lines {
            let _ = writeln!(text, "{line}");
        }
        text.push_str(&self.database(&dir.to_string()));
        Ok(text)
    }

    fn database(&self, dir: &str) -> String {
        let peer = *self.peer.lock().unwrap_or_else(PoisonError::into_inner);
        let replication = peer.map(|Peer { port }| {
            format!(
                "syncrepl rid=001 provider=ldap://127.0.0.1:{port} type=refreshAndPersist retry=\"1 +\" \
                 searchbase=\"{base}\" bindmethod=simple binddn=\"{sync}\" credentials=sync schemachecking=off\n\
                 multiprovider on\n",
                base = Slapd::BASE,
                sync = Slapd::SYNC,
            )
        });
        format!(
            r#"
database mdb
maxsize 1073741824
suffix "{base}"
rootdn "{admin}"
rootpw admin
directory {dir}/db
dbnosync
index objectClass eq
index uid,cn,mail eq,sub
index uidNumber,gidNumber,member,memberOf,memberUid,ipHostNumber eq
index memberNisNetgroup eq
index entryUUID,entryCSN eq
limits dn.exact="{sync}" size=unlimited time=unlimited
access to attrs=userPassword by anonymous auth by self write by dn.exact="{sync}" read by * none
access to * by * read
{replication}overlay memberof
memberof-group-oc groupOfNames
memberof-refint TRUE
overlay refint
refint_attributes member
refint_nothing "cn=nobody"
overlay ppolicy
ppolicy_default "cn=default,ou=policies,{base}"
ppolicy_use_lockout
overlay syncprov
syncprov-checkpoint 1000 60
syncprov-sessionlog 10000
"#,
            base = Slapd::BASE,
            admin = Slapd::ADMIN,
            sync = Slapd::SYNC,
            replication = replication.unwrap_or_default(),
        )
    }
}
