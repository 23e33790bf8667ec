//! HAProxy, by its runtime socket.

use super::super::on_host::refused;
use super::super::via::Via;
use super::{Balancer, Member};
use crate::{Definition, StepEnv};
use async_trait::async_trait;
use purlin_core::{Cx, Error, ErrorKind, Outcome, Result};
use purlin_transport::{Command, Host, Transport};
use serde::Serialize;
use std::sync::Arc;

/// `$1` the socket, `$2` the command: with whatever the host has that speaks to sockets.
const TELL: &str = r#"
if command -v socat >/dev/null; then
  printf '%s\n' "$2" | socat -t 30 - "UNIX-CONNECT:$1"
elif command -v perl >/dev/null; then
  exec perl -MIO::Socket::UNIX -e '
    my $s = IO::Socket::UNIX->new(Type => SOCK_STREAM, Peer => $ARGV[0]) or die "$ARGV[0]: $!\n";
    print $s "$ARGV[1]\n"; $s->flush; print while <$s>;' "$1" "$2"
elif command -v python3 >/dev/null; then
  exec python3 -c '
import socket, sys
s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); s.sendall((sys.argv[2] + "\n").encode())
while (b := s.recv(65536)): sys.stdout.buffer.write(b)' "$1" "$2"
else echo "the host has neither socat nor perl nor python3" >&2; exit 69
fi"#;

/// `srv_op_state` of a server that takes clients (HAProxy Management Guide, "show servers state").
const RUNNING: u64 = 2;

/// A backend of HAProxy, told by its runtime socket (`stats socket … level admin`), on the host itself or
/// [elsewhere](Self::on). What is told so is forgotten when HAProxy is reloaded, unless it keeps a state file.
///
/// The host needs socat, perl or python3. The member is called as the host is, unless [set](Self::server).
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Haproxy {
    socket: String,
    backend: String,
    server: String,
    #[serde(skip_serializing_if = "Via::is_here")]
    on: Via,
}

impl Haproxy {
    /// That backend, by that socket.
    pub fn new(socket: impl Into<String>, backend: impl Into<String>) -> Self {
        let server = "{{ host }}".to_owned();
        Self { socket: socket.into(), backend: backend.into(), server, on: Via::default() }
    }

    /// What the host is called in the backend.
    #[must_use]
    pub fn server(mut self, name: impl Into<String>) -> Self {
        self.server = name.into();
        self
    }

    /// The socket is on that host.
    #[must_use]
    pub fn on(mut self, transport: Arc<dyn Transport>, host: Host) -> Self {
        self.on = Via::host(transport, host);
        self
    }

    async fn tell(&self, cx: &Cx, env: &StepEnv, what: &str) -> Result<String> {
        let socket = env.text(&self.socket)?;
        let command = Command::new("sh").args(["-c", TELL, "sh", socket.as_str(), what]);
        let output = self.on.exec(cx, env, command).await?;
        if output.is_success() {
            return Ok(output.stdout.text().into_owned());
        }
        Err(super::super::command::failure(env, &output).with_note(format!("socket {socket}")))
    }

    fn names(&self, env: &StepEnv) -> Result<(String, String)> {
        let (backend, server) = (env.text(&self.backend)?, env.text(&self.server)?);
        for name in [&backend, &server] {
            let fine = |letter: char| letter.is_ascii_alphanumeric() || "-_.:".contains(letter);
            if name.is_empty() || !name.chars().all(fine) {
                let message = format!("{name:?} is no name of HAProxy: letters, digits and -_.:");
                return Err(refused(ErrorKind::Invalid, message));
            }
        }
        Ok((backend, server))
    }

    async fn set(&self, cx: &Cx, env: &StepEnv, state: &str) -> Result<()> {
        let (backend, server) = self.names(env)?;
        let said = self.tell(cx, env, &format!("set server {backend}/{server} state {state}")).await?;
        // It says nothing where all is well, and has no other way to say what is not.
        match said.trim() {
            "" => Ok(()),
            said => {
                Err(Error::new(ErrorKind::Conflict, format!("HAProxy says: {said}"))
                    .with_outcome(Outcome::Sent))
            }
        }
    }
}

/// One server of a backend.
#[derive(Debug, PartialEq, Eq)]
struct Server<'a> {
    name: &'a str,
    is_out: bool,
    serves: bool,
}

/// Reads `show servers state BACKEND`: a version, then a line of names, then a line for each server, then an empty one.
fn servers(text: &str) -> Option<Vec<Server<'_>>> {
    let mut lines = text.lines().skip_while(|line| !line.starts_with("# "));
    let names: Vec<&str> = lines.next()?.trim_start_matches("# ").split_whitespace().collect();
    let column = |name: &str| names.iter().position(|known| *known == name);
    let (name, op) = (column("srv_name")?, column("srv_op_state")?);
    let (admin, weight) = (column("srv_admin_state")?, column("srv_uweight")?);
    let read = |line: &str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let number = |at: usize| fields.get(at)?.parse::<u64>().ok();
        let is_out = number(admin)? != 0;
        let serves = !is_out && number(op)? == RUNNING && number(weight)? > 0;
        Some((is_out, serves))
    };
    let mut servers = Vec::new();
    for line in lines.map(str::trim).take_while(|line| !line.is_empty()) {
        let (is_out, serves) = read(line)?;
        let name = line.split_whitespace().nth(name)?;
        servers.push(Server { name, is_out, serves });
    }
    Some(servers)
}

/// Reads from `show stat`, which is CSV, how many sessions a server has now.
fn sessions(text: &str, backend: &str, server: &str) -> Option<u64> {
    let mut lines = text.lines().skip_while(|line| !line.starts_with("# pxname,"));
    let names: Vec<&str> = lines.next()?.trim_start_matches("# ").split(',').collect();
    let column = names.iter().position(|name| *name == "scur")?;
    let ours = lines.find(|line| {
        let mut fields = line.split(',');
        fields.next() == Some(backend) && fields.next() == Some(server)
    });
    ours?.split(',').nth(column)?.parse().ok()
}

fn unread(what: &str, said: &str) -> Error {
    let start: String = said.trim().chars().take(120).collect();
    Error::new(ErrorKind::Protocol, format!("HAProxy answers {what} with {start:?}"))
        .with_outcome(Outcome::Sent)
}

#[async_trait]
impl Balancer for Haproxy {
    fn definition(&self) -> Result<Definition> {
        Definition::of(self)
    }

    fn obligation(&self) -> String {
        format!("{} drained from the backend {} of HAProxy", self.server, self.backend)
    }

    async fn look(&self, cx: &Cx, env: &StepEnv) -> Result<Member> {
        let (backend, server) = self.names(env)?;
        let what = format!("show servers state {backend};show stat");
        let said = self.tell(cx, env, &what).await?;
        let servers = servers(&said).ok_or_else(|| unread(&what, &said))?;
        let ours = servers.iter().find(|known| known.name == server).ok_or_else(|| {
            refused(ErrorKind::NotFound, format!("the backend {backend} has no server {server}"))
        })?;
        let others = servers.iter().filter(|known| known.name != server && known.serves).count();
        let member = match (ours.is_out, ours.serves) {
            (true, _) => Member::out(),
            (false, true) => Member::serving(),
            (false, false) => Member::down(),
        };
        let sessions = sessions(&said, &backend, &server).ok_or_else(|| unread(&what, &said))?;
        Ok(member.others(others).sessions(sessions))
    }

    async fn drain(&self, cx: &Cx, env: &StepEnv) -> Result<()> {
        self.set(cx, env, "drain").await
    }

    async fn restore(&self, cx: &Cx, env: &StepEnv) -> Result<()> {
        self.set(cx, env, "ready").await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATE: &str = "1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight\n\
                         3 app 1 web01 127.0.0.1 2 0 1 1\n3 app 2 web02 127.0.0.1 2 8 1 1\n3 app 3 web03 127.0.0.1 0 0 1 1\n\
                         3 app 4 web04 127.0.0.1 2 0 0 1\n\n";

    #[test]
    fn states_of_servers_are_read() {
        let read = servers(STATE).unwrap();
        let told: Vec<_> = read.iter().map(|server| (server.name, server.is_out, server.serves)).collect();
        let wanted = [
            ("web01", false, true),
            ("web02", true, false),
            ("web03", false, false),
            ("web04", false, false),
        ];
        assert_eq!(told, wanted);
    }

    #[test]
    fn what_is_no_answer_is_not_taken_for_an_empty_backend() {
        for text in [
            "",
            "Can't find backend.\n",
            "1\n",
            "1\n# be_id\n",
            "1\n# srv_name srv_op_state srv_admin_state srv_uweight\na b c d\n",
        ] {
            assert_eq!(servers(text), None, "{text:?}");
        }
        assert_eq!(sessions("# pxname,svname,qcur,qmax,scur\napp,web01,0,0,7\n", "app", "web01"), Some(7));
        assert_eq!(sessions("# pxname,svname\napp,web01\n", "app", "web01"), None);
        assert_eq!(sessions("", "app", "web01"), None);
    }
}
