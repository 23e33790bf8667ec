//! SSH against a real OpenSSH server.

mod faults;
mod inside;
mod known_hosts;
mod links;
mod logins;
mod odd;
pub(crate) mod server;

use crate::conformance::{Subject, conforms};
use crate::here::cx;
use purlin_transport::{Command, SessionExt, Transport};
use std::sync::Arc;

#[tokio::test]
async fn ssh_conforms() {
    let Some(server) = server::start().await else { return };
    let (transport, host) = (Arc::new(server.transport()), server.host());
    let folder = server.sshd.folder().to_str().unwrap().to_owned();
    let session = transport.connect(&cx(), &host).await.unwrap();
    let made = session.run(&cx(), &Command::new("mkdir").arg(format!("{folder}/sub"))).await.unwrap();
    made.checked().unwrap();
    conforms(&Subject { name: "ssh", transport, host, folder, scripted: false }).await;
}
