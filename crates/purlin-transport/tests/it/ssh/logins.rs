//! Who is let in, and whom we believe.

use super::server::{start, with};
use crate::here::cx;
use purlin_core::{ErrorKind, Outcome};
use purlin_testkit::{Program, ServerSettings, SshdSettings};
use purlin_transport::{
    AgentUse, Become, Command, FaultClass, Host, HostKeyTrust, SessionExt, Ssh, SshSettings, Transport,
    TransportDetail,
};

async fn refused(settings: SshSettings, host: &Host) -> purlin_core::Error {
    let error = Ssh::new(settings).connect(&cx(), host).await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::NotSent, "{error}");
    assert!(error.to_string().contains("web01"), "{error}");
    error
}

fn class(error: &purlin_core::Error) -> Option<FaultClass> {
    TransportDetail::class_of(error)
}

#[tokio::test]
async fn a_host_that_nobody_knows_is_refused() {
    let Some(server) = start().await else { return };
    let settings = SshSettings::new().user(server.sshd.user()).identity(server.sshd.key());
    let error = refused(settings.clone(), &server.host()).await;
    assert_eq!(class(&error), Some(FaultClass::HostKeyUnknown), "{error}");
    assert!(error.message().contains("ssh-ed25519 SHA256:"), "{error}");
    let missing = settings.known_hosts(server.path("not_there"));
    assert_eq!(class(&refused(missing, &server.host()).await), Some(FaultClass::HostKeyUnknown));
}

#[tokio::test]
async fn a_changed_key_is_refused_with_its_line_whatever_is_trusted() {
    let Some(server) = start().await else { return };
    let other = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJmv0Ydq0YpoJFzKbhfLFJPvT5kRzzNTOCLr5oUOnpVo";
    let known = server.known(&format!("# a comment\nHOST {other}\n"));
    for trust in [HostKeyTrust::Strict, HostKeyTrust::AcceptNew] {
        let settings = SshSettings::new().user(server.sshd.user()).identity(server.sshd.key());
        let error = refused(settings.known_hosts(&known).trust(trust), &server.host()).await;
        assert_eq!(class(&error), Some(FaultClass::HostKeyChanged), "{error}");
        assert_eq!(error.kind(), ErrorKind::Tls);
        assert!(error.message().contains(&format!("{}:2", known.display())), "{error}");
    }
    assert!(!server.sshd.server().log().contains("Accepted"), "somebody was let in");
}

#[tokio::test]
async fn a_revoked_key_is_refused() {
    let Some(server) = start().await else { return };
    let known = server.known("HOST KEY\n@revoked * KEY\n");
    let settings = SshSettings::new().user(server.sshd.user()).identity(server.sshd.key()).known_hosts(known);
    let error = refused(settings.trust(HostKeyTrust::AcceptNew), &server.host()).await;
    assert_eq!(class(&error), Some(FaultClass::HostKeyRevoked), "{error}");
    assert!(error.message().contains("known_hosts:2"), "{error}");
}

#[tokio::test]
async fn a_new_key_is_written_down_where_that_is_asked_for() {
    let Some(server) = start().await else { return };
    let file = server.path("new");
    let settings = SshSettings::new().user(server.sshd.user()).identity(server.sshd.key()).known_hosts(&file);
    let accepting = settings.clone().trust(HostKeyTrust::AcceptNew);
    Ssh::new(accepting).connect(&cx(), &server.host()).await.unwrap();
    let text = std::fs::read_to_string(&file).unwrap();
    let line = format!("[127.0.0.1]:{} {}\n", server.sshd.address().port(), server.sshd.host_key());
    assert_eq!(text, line);
    // From now on it is known.
    Ssh::new(settings).connect(&cx(), &server.host()).await.unwrap();
}

#[tokio::test]
async fn an_authority_s_certificate_is_as_good_as_a_key() {
    let Some(server) = with(SshdSettings::new().host_certificate()).await else { return };
    let settings = SshSettings::new().user(server.sshd.user()).identity(server.sshd.key());
    let known = server.known("@cert-authority * AUTHORITY\n");
    Ssh::new(settings.clone().known_hosts(known)).connect(&cx(), &server.host()).await.unwrap();

    let known = server.known("@cert-authority *.lon AUTHORITY\n");
    let error = refused(settings.clone().known_hosts(known), &server.host()).await;
    assert_eq!(class(&error), Some(FaultClass::HostKeyUnknown), "{error}");

    let known = server.known("@cert-authority * AUTHORITY\n@revoked * AUTHORITY\n");
    let error = refused(settings.clone().known_hosts(known), &server.host()).await;
    assert_eq!(class(&error), Some(FaultClass::HostKeyRevoked), "{error}");

    // It is made out to 127.0.0.1 and to nobody else.
    let known = server.known("@cert-authority * AUTHORITY\n");
    let named = server.host().address("localhost");
    let error = refused(settings.known_hosts(known), &named).await;
    assert_eq!(class(&error), Some(FaultClass::HostKeyUnknown), "{error}");
    assert!(error.message().contains("it is for 127.0.0.1"), "{error}");
}

#[tokio::test]
async fn a_certificate_of_the_user_s_lets_in() {
    let Some(server) = with(SshdSettings::new().user_certificates()).await else { return };
    let settings = server.settings().identity(server.sshd.certified_key());
    let session = Ssh::new(settings).connect(&cx(), &server.host()).await.unwrap();
    assert!(session.run(&cx(), &Command::new("true")).await.unwrap().is_success());
    let error = refused(server.settings().identity(server.sshd.key()), &server.host()).await;
    assert_eq!(class(&error), Some(FaultClass::LoginDenied), "{error}");
}

#[tokio::test]
async fn whoever_is_not_let_in_learns_what_was_tried_and_what_is_taken() {
    let Some(server) = start().await else { return };
    let key = server.sshd.certified_key();
    let error = refused(server.settings().identity(&key), &server.host()).await;
    assert_eq!((class(&error), error.kind()), (Some(FaultClass::LoginDenied), ErrorKind::Unauthenticated));
    assert!(error.message().contains(key.to_str().unwrap()), "{error}");
    assert!(error.message().contains("the host takes PublicKey"), "{error}");
    let error = refused(server.settings(), &server.host()).await;
    assert!(error.message().contains("nothing to show; the host takes PublicKey"), "{error}");
    let error = refused(server.settings().identity(server.path("no_key")), &server.host()).await;
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn an_encrypted_key_wants_its_passphrase() {
    let Some(server) = start().await else { return };
    let key = server.path("encrypted");
    std::fs::copy(server.sshd.key(), &key).unwrap();
    let keygen = |words: &[&str]| {
        let ended =
            std::process::Command::new("ssh-keygen").args(words).arg("-f").arg(&key).output().unwrap();
        assert!(ended.status.success(), "{ended:?}");
    };
    keygen(&["-q", "-p", "-P", "", "-N", "open sesame"]);
    let error = refused(server.settings().identity(&key), &server.host()).await;
    assert!(error.message().contains("it is encrypted, and there is no passphrase"), "{error}");
    let secret = |text: &str| purlin_core::Secret::new(text.to_owned());
    let error = refused(server.settings().identity(&key).passphrase(secret("wrong")), &server.host()).await;
    assert!(error.message().contains("the passphrase does not open it"), "{error}");
    let settings = server.settings().identity(&key).passphrase(secret("open sesame"));
    Ssh::new(settings).connect(&cx(), &server.host()).await.unwrap();
}

#[tokio::test]
async fn an_agent_signs() {
    let Some(server) = start().await else { return };
    let agent = tokio::task::spawn_blocking(|| {
        let settings = ServerSettings::new("agent", |instance| {
            Ok(Program::new("ssh-agent").args(["-D", "-a"]).arg(instance.path("socket")))
        });
        settings
            .ready_when(|instance| {
                let found = std::os::unix::net::UnixStream::connect(instance.path("socket"));
                found.map(drop).map_err(|error| purlin_core::Error::io("agent.connect", error))
            })
            .start()
            .unwrap()
    });
    let agent = agent.await.unwrap();
    let socket = agent.dir().join("socket");
    let key = server.path("own");
    std::fs::copy(server.sshd.key(), &key).unwrap();
    let empty = server.settings().agent(AgentUse::Socket(socket.clone()));
    let error = refused(empty.clone(), &server.host()).await;
    assert!(error.message().contains("0 keys of the agent"), "{error}");

    let added =
        std::process::Command::new("ssh-add").arg("-q").arg(&key).env("SSH_AUTH_SOCK", &socket).output();
    assert!(added.unwrap().status.success());
    let session = Ssh::new(empty).connect(&cx(), &server.host()).await.unwrap();
    assert!(session.run(&cx(), &Command::new("true")).await.unwrap().is_success());

    let gone = server.settings().agent(AgentUse::Socket(server.path("no_socket")));
    let error = refused(gone, &server.host()).await;
    assert!(error.message().contains("the agent does not answer"), "{error}");
}

#[tokio::test]
async fn the_configuration_file_says_where_and_as_whom() {
    let Some(server) = start().await else { return };
    let file = server.path("config");
    let text = format!(
        "Host web01\n  HostName 127.0.0.1\n  Port {}\n  User {}\n  IdentityFile {}\n  UserKnownHostsFile {}\n\
         Host old\n  ProxyCommand nc %h %p\n",
        server.sshd.address().port(),
        server.sshd.user(),
        server.sshd.key().display(),
        server.known("HOST KEY\n").display(),
    );
    std::fs::write(&file, text).unwrap();
    let ssh = Ssh::new(SshSettings::new().config(&file));
    let session = ssh.connect(&cx(), &Host::new("web01")).await.unwrap();
    let user = session.run(&cx(), &Command::new("id").arg("-un")).await.unwrap();
    assert_eq!(user.stdout.line(), server.sshd.user());
    let error = ssh.connect(&cx(), &Host::new("old")).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Invalid, Outcome::NotSent));
}

#[tokio::test]
async fn the_real_sudo_of_a_user_without_rights_is_understood() {
    let Some(server) = start().await else { return };
    if purlin_testkit::require_program("sudo").is_none() {
        return;
    }
    let session = server.transport().connect(&cx(), &server.host()).await.unwrap();
    let error = session.run(&cx(), &Command::new("id").elevated(Become::root())).await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::NotSent);
    let told =
        [Some(FaultClass::BecomePassword), Some(FaultClass::BecomeDenied), Some(FaultClass::BecomeNeedsTty)];
    assert!(told.contains(&class(&error)), "{error}");
    let wrong = Become::root().password(purlin_core::Secret::new("wrong".to_owned()));
    let error = session.run(&cx(), &Command::new("id").elevated(wrong)).await.unwrap_err();
    assert_eq!(
        (class(&error), error.outcome()),
        (Some(FaultClass::BecomePassword), Outcome::NotSent),
        "{error}"
    );
}
