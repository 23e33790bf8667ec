//! An SSH server within the test, which does what no OpenSSH would.

use purlin_transport::{Host, Ssh, SshSettings};
use russh::keys::key::safe_rng;
use russh::keys::{Algorithm, PrivateKey};
use russh::server::{Auth, ChannelOpenHandle, Config, Handler, Msg, Response, Session, VerifiedPublicKey};
use russh::{Channel, ChannelId, Limits, MethodKind, MethodSet};
use std::borrow::Cow;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use tempfile::TempDir;
use tokio::task::JoinHandle;

/// What is odd about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Oddity {
    /// Nothing.
    None,
    /// It asks for a password, which is `right`, by questions.
    Asks,
    /// It takes a password, which is `right`.
    TakesPassword,
    /// It talks before the login.
    Banner,
    /// It agrees on new keys every few packets.
    Rekeys,
    /// It opens no channels.
    RefusesChannels,
    /// It runs no commands.
    RefusesCommands,
}

pub(crate) struct Inside {
    address: SocketAddr,
    folder: TempDir,
    key: String,
    task: JoinHandle<()>,
}

impl Drop for Inside {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Inside {
    pub(crate) async fn start(oddity: Oddity) -> Self {
        let key = PrivateKey::random(&mut safe_rng(), Algorithm::Ed25519).unwrap();
        let public = key.public_key().to_openssh().unwrap();
        let public: Vec<&str> = public.split_whitespace().take(2).collect();
        let key_text = public.join(" ");
        let methods: &[MethodKind] = match oddity {
            Oddity::Asks => &[MethodKind::KeyboardInteractive],
            Oddity::TakesPassword => &[MethodKind::Password],
            _ => &[MethodKind::PublicKey],
        };
        let mut config = Config {
            methods: MethodSet::from(methods),
            auth_rejection_time: std::time::Duration::from_millis(1),
            keys: vec![key],
            nodelay: true,
            ..Config::default()
        };
        if oddity == Oddity::Rekeys {
            config.limits =
                Limits { rekey_write_limit: 100_000, rekey_read_limit: 100_000, ..Limits::default() };
        }
        let config = Arc::new(config);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (config, seat) = (config.clone(), Seat { oddity, reads: false });
                tokio::spawn(async move {
                    if let Ok(session) = russh::server::run_stream(config, stream, seat).await {
                        let _ = session.await;
                    }
                });
            }
        });
        Self { address, folder: tempfile::tempdir().unwrap(), key: key_text, task }
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        use std::os::unix::fs::PermissionsExt;
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        path
    }

    pub(crate) fn settings(&self) -> SshSettings {
        let known = format!("[127.0.0.1]:{} {}\n", self.address.port(), self.key);
        SshSettings::new().user("dep").known_hosts(self.file("known_hosts", &known))
    }

    pub(crate) fn transport(&self) -> Ssh {
        let own = PrivateKey::random(&mut safe_rng(), Algorithm::Ed25519).unwrap();
        let text = own.to_openssh(Default::default()).unwrap();
        Ssh::new(self.settings().identity(self.file("id", &text)))
    }

    pub(crate) fn host(&self) -> Host {
        Host::new("web01").address("127.0.0.1").port(self.address.port())
    }
}

/// What serves one client.
struct Seat {
    oddity: Oddity,
    /// Whether the end of a command's input is the command's own.
    reads: bool,
}

impl Handler for Seat {
    type Error = russh::Error;

    async fn authentication_banner(&mut self) -> Result<Option<String>, russh::Error> {
        Ok((self.oddity == Oddity::Banner).then(|| "Beware of the dog!\r\n".repeat(1500)))
    }

    async fn auth_publickey(&mut self, _: &str, _: VerifiedPublicKey<'_>) -> Result<Auth, russh::Error> {
        Ok(Auth::Accept)
    }

    async fn auth_password(&mut self, _: &str, password: &str) -> Result<Auth, russh::Error> {
        Ok(if password == "right" { Auth::Accept } else { Auth::reject() })
    }

    async fn auth_keyboard_interactive<'a>(
        &'a mut self,
        _: &str,
        _: &str,
        response: Option<Response<'a>>,
    ) -> Result<Auth, russh::Error> {
        let Some(mut response) = response else {
            let prompts = vec![("Who are you? ".into(), true), ("Password: ".into(), false)];
            return Ok(Auth::Partial {
                name: "".into(),
                instructions: "".into(),
                prompts: Cow::Owned(prompts),
            });
        };
        let shown = response.next();
        let hidden = response.next();
        let right =
            shown.is_some_and(|word| word.is_empty()) && hidden.is_some_and(|word| &word[..] == b"right");
        Ok(if right { Auth::Accept } else { Auth::reject() })
    }

    async fn channel_open_session(
        &mut self,
        _: Channel<Msg>,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), russh::Error> {
        if self.oddity != Oddity::RefusesChannels {
            reply.accept().await;
        }
        Ok(())
    }

    async fn exec_request(
        &mut self,
        channel: ChannelId,
        line: &[u8],
        session: &mut Session,
    ) -> Result<(), russh::Error> {
        let line = String::from_utf8_lossy(line).into_owned();
        if self.oddity == Oddity::RefusesCommands {
            return session.channel_failure(channel);
        }
        session.channel_success(channel)?;
        self.reads = false;
        match line.as_str() {
            "exec 'cut'" => {
                session.data(channel, &b"half an ans"[..])?;
                // Only after that is on its way.
                let handle = session.handle();
                tokio::spawn(async move {
                    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                    let _ = handle
                        .disconnect(russh::Disconnect::ByApplication, "the roof fell in".into(), "en".into())
                        .await;
                });
            }
            "exec 'no-status'" => {
                session.data(channel, &b"an answer"[..])?;
                session.eof(channel)?;
                session.close(channel)?;
            }
            "exec 'status-first'" => {
                session.exit_status_request(channel, 3)?;
                session.data(channel, &b"late"[..])?;
                session.eof(channel)?;
                session.close(channel)?;
            }
            _ => self.reads = true,
        }
        Ok(())
    }

    async fn data(
        &mut self,
        channel: ChannelId,
        data: &[u8],
        session: &mut Session,
    ) -> Result<(), russh::Error> {
        if data.starts_with(b"stall") {
            std::future::pending::<()>().await;
        }
        session.data(channel, data.to_vec())
    }

    async fn channel_eof(&mut self, channel: ChannelId, session: &mut Session) -> Result<(), russh::Error> {
        if self.reads {
            session.exit_status_request(channel, 0)?;
            session.eof(channel)?;
            session.close(channel)?;
        }
        Ok(())
    }
}
