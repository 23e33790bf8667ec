//! Connection settings from an inventory.

use crate::here::{cx, folder};
use purlin_core::{ErrorKind, Outcome};
use purlin_inventory::{Inventory, TransportKind};
use purlin_transport::{Command, Local, Reach, SessionExt, Transport};

async fn reach(keys: &str) -> purlin_core::Result<Reach> {
    of_file("estate.toml", &format!("purlin = 1\n[hosts.\"web01.lon\"]\n{keys}\n")).await
}

async fn of_file(name: &str, text: &str) -> purlin_core::Result<Reach> {
    let (_folder, path) = folder();
    let file = format!("{path}/{name}");
    std::fs::write(&file, text).unwrap();
    let estate = Inventory::load(&cx(), [file]).await.unwrap();
    Reach::of(estate.host("web01.lon").unwrap())
}

#[tokio::test]
async fn a_host_is_reached_as_the_inventory_says() {
    let keys = "address = \"10.0.0.7\"\nport = 2222\nuser = \"deploy\"\n\
                ssh = { key_file = \"~/.ssh/map\", jump = \"ops@gate.lon:2200,inner\" }\nbecome = { user = \"app\" }";
    let reach = reach(keys).await.unwrap();
    assert_eq!(reach.kind, TransportKind::Ssh);
    let host = reach.host;
    assert_eq!(
        (host.name.as_str(), host.address.as_deref(), host.port),
        ("web01.lon", Some("10.0.0.7"), Some(2222))
    );
    assert_eq!(
        (host.user.as_deref(), host.identities.as_slice()),
        (Some("deploy"), &["~/.ssh/map".to_owned()][..])
    );
    let inner = host.via.unwrap();
    let gate = inner.via.clone().unwrap();
    assert_eq!((inner.name.as_str(), inner.port), ("inner", None));
    assert_eq!((gate.name.as_str(), gate.port, gate.user.as_deref()), ("gate.lon", Some(2200), Some("ops")));
    assert_eq!(reach.elevation.unwrap().name(), "app");
}

#[tokio::test]
async fn this_machine_is_reached_without_a_network() {
    let reach = reach("transport = \"local\"\naddress = \"127.0.0.1\"").await.unwrap();
    assert_eq!(reach.kind, TransportKind::Local);
    let session = Local::new().connect(&cx(), &reach.host).await.unwrap();
    assert!(session.run(&cx(), &Command::new("true")).await.unwrap().is_success());
}

#[tokio::test]
async fn what_is_not_done_is_refused_by_name() {
    let cases = [
        ("ansible_become=true ansible_become_method=su", "becoming a user by su"),
        ("ansible_ssh_common_args='-o ProxyCommand=\"nc %h %p\"'", "a proxy command"),
        ("ansible_ssh_common_args='-o StrictHostKeyChecking=no'", "keys of hosts that are not looked at"),
        ("ansible_ssh_common_args='-o StrictHostKeyChecking=accept-new'", "new keys of hosts"),
        ("ansible_ssh_common_args='-o Ciphers=aes128-ctr'", "option Ciphers of OpenSSH"),
        ("ansible_password=x", "a password to log in with"),
    ];
    for (words, told) in cases {
        let error = of_file("hosts", &format!("web01.lon {words}\n")).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.outcome()),
            (ErrorKind::Unsupported, Outcome::NotSent),
            "{words}: {error}"
        );
        assert!(
            error.message().contains(told) && error.to_string().contains("web01.lon"),
            "{words}: {error}"
        );
    }
}
