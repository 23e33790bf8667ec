//! By russh as it is: no limits, no deadlines, no check of the host's key.

use crate::ours::middle;
use crate::sshds::Sshds;
use crate::{COMMANDS, SERIAL};
use purlin_benches::cpu_time;
use purlin_testkit::Sshd;
use russh::ChannelMsg;
use russh::client::{Config, Handle, Handler};
use russh::keys::{PrivateKeyWithHashAlg, PublicKeyOrCertificate, load_secret_key};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

struct Anybody;

impl Handler for Anybody {
    type Error = russh::Error;

    async fn check_server_key(&mut self, _: &PublicKeyOrCertificate) -> Result<bool, russh::Error> {
        Ok(true)
    }
}

/// How one of the servers is reached.
struct Way {
    address: SocketAddr,
    user: String,
    key: PathBuf,
}

impl Way {
    fn of(sshd: &Sshd) -> Self {
        Self { address: sshd.address(), user: sshd.user().to_owned(), key: sshd.key() }
    }

    async fn connect(&self, config: Config) -> Handle<Anybody> {
        let mut handle =
            russh::client::connect(Arc::new(config), self.address, Anybody).await.expect("it connects");
        let key = Arc::new(load_secret_key(&self.key, None).expect("the key can be read"));
        let key = PrivateKeyWithHashAlg::new(key, None);
        let result = handle.authenticate_publickey(&self.user, key).await.expect("it answers");
        assert!(result.success(), "it lets us in");
        handle
    }
}

/// Milliseconds of CPU for all hosts.
pub(crate) fn commands(runtime: &Runtime, sshds: &Sshds) -> f64 {
    let ways: Vec<Way> = sshds.all.iter().map(Way::of).collect();
    let begun = cpu_time();
    runtime.block_on(async {
        let mut all = JoinSet::new();
        for way in ways {
            all.spawn(async move { in_one_shell(&way).await });
        }
        all.join_all().await;
    });
    (cpu_time() - begun).as_secs_f64() * 1e3
}

async fn in_one_shell(way: &Way) {
    let handle = way.connect(Config { nodelay: true, ..Config::default() }).await;
    let mut channel = handle.channel_open_session().await.expect("a channel");
    channel.exec(true, "exec sh").await.expect("it starts");
    let mut said = Vec::new();
    for number in 0..COMMANDS {
        let text = format!("(test -d /tmp && echo {number}) </dev/null; echo \"mark $?\"\n");
        channel.data(text.as_bytes()).await.expect("it is written");
        said.clear();
        while !said.ends_with(b"mark 0\n") {
            if let ChannelMsg::Data { data } = channel.wait().await.expect("the shell is still there") {
                said.extend_from_slice(&data);
            }
        }
        assert!(said.starts_with(number.to_string().as_bytes()));
    }
}

/// The middle one of many elapsed times, in milliseconds.
pub(crate) fn serial(runtime: &Runtime, sshds: &Sshds) -> f64 {
    let way = Way::of(&sshds.all[0]);
    runtime.block_on(async {
        let handle = way.connect(Config::default()).await;
        let mut times = Vec::with_capacity(SERIAL);
        for _ in 0..SERIAL {
            let begun = Instant::now();
            let mut channel = handle.channel_open_session().await.expect("a channel");
            channel.exec(true, "exec true").await.expect("it starts");
            while channel.wait().await.is_some() {}
            times.push(begun.elapsed());
        }
        middle(times)
    })
}
