use super::*;
use proptest::prelude::*;
use purlin_core::ErrorKind;

fn host(text: &str, name: &str) -> Result<HostConfig> {
    SshConfig::parse("config", text).host(name, None)
}

#[test]
fn what_stands_first_counts() {
    let text =
        "User first\nHost web*\n  User second\n  Port 1\nHost web01 !web02\n  Port 2\n  HostName=10.0.0.1\n";
    let web01 = host(text, "WEB01").unwrap();
    assert_eq!(
        (web01.user.as_deref(), web01.port, web01.host_name.as_deref()),
        (Some("first"), Some(1), Some("10.0.0.1"))
    );
    assert_eq!(host(text, "web02").unwrap().host_name, None);
    assert_eq!(host(text, "db1").unwrap().port, None);
}

#[test]
fn keys_add_up_and_known_hosts_do_not() {
    let text = "IdentityFile /a\nIdentityFile \"/b c\"\nUserKnownHostsFile /k1 /k2\nUserKnownHostsFile /k3\nIdentitiesOnly yes\n";
    let said = host(text, "x").unwrap();
    assert_eq!(said.identity_files, [Path::new("/a"), Path::new("/b c")]);
    assert_eq!(said.known_hosts_files, [Path::new("/k1"), Path::new("/k2")]);
    assert!(said.identities_only);
}

#[test]
fn jump_hosts_are_a_list_or_none() {
    assert_eq!(host("ProxyJump a@gate:2222,inner\n", "x").unwrap().proxy_jump, ["a@gate:2222", "inner"]);
    let text = "Host gate\n  ProxyJump none\nHost *\n  ProxyJump gate\n";
    assert!(host(text, "gate").unwrap().proxy_jump.is_empty());
    assert_eq!(host(text, "web").unwrap().proxy_jump, ["gate"]);
}

#[test]
fn tokens_are_put_in() {
    let text = "HostName %h.lon\nUser dep\nPort 7\nIdentityFile /k/%n-%h-%p-%r-%%\n";
    let said = host(text, "web").unwrap();
    assert_eq!(said.host_name.as_deref(), Some("web.lon"));
    assert_eq!(said.identity_files, [Path::new("/k/web-web.lon-7-dep-%")]);
    assert!(host("IdentityFile /k/%Q\n", "web").is_err());
    assert!(host("IdentityFile ${KEYS}/a\n", "web").is_err());
}

#[test]
fn what_changes_access_and_is_not_understood_is_an_error_of_its_hosts() {
    let text = "Host old\n\tProxyCommand nc %h %p\nHost *\n  ServerAliveInterval 5\n";
    assert!(host(text, "new").is_ok());
    let error = host(text, "old").unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Invalid, Outcome::NotSent));
    let faults = error.detail::<Diagnostics>().unwrap().to_string();
    assert!(faults.starts_with("config:2:2: error[ssh-config]: ProxyCommand changes"), "{faults}");
    for keyword in ["HostKeyAlias", "StrictHostKeyChecking", "CertificateFile", "PKCS11Provider", "Nonsense"]
    {
        assert!(host(&format!("{keyword} x\n"), "any").is_err(), "{keyword}");
    }
    assert!(host("Match user root\n  User x\n", "any").is_err());
    assert_eq!(host("Match all\n  User x\n", "any").unwrap().user.as_deref(), Some("x"));
}

#[test]
fn values_that_cannot_be_are_errors() {
    for text in ["Port 0", "Port x", "Port", "IdentitiesOnly maybe", "IdentityFile ~other/x", "Include x"] {
        assert!(host(&format!("{text}\n"), "any").is_err(), "{text}");
    }
}

#[tokio::test]
async fn included_files_stand_under_the_hosts_of_their_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("a.conf"), "User of-a\nHost web02\n  Port 2\n").unwrap();
    std::fs::write(path("b.conf"), "User of-b\n").unwrap();
    std::fs::write(path(".hidden.conf"), "User of-hidden\n").unwrap();
    let include = format!("Include {}/*.conf\n", folder.path().display());
    let text = format!("Host web*\n  {include}  Port 3\nHost *\n  User any\n");
    std::fs::write(path("config"), text).unwrap();
    let config = SshConfig::load(&Cx::background(), &path("config")).await.unwrap();
    let said = |name: &str| {
        let said = config.host(name, None).unwrap();
        (said.user.unwrap(), said.port)
    };
    assert_eq!(said("web01"), ("of-a".to_owned(), Some(3)));
    assert_eq!(said("web02"), ("of-a".to_owned(), Some(2)));
    assert_eq!(said("db1"), ("any".to_owned(), None));
    let missing = SshConfig::load(&Cx::background(), &path("no")).await.unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::NotFound);
}

/// A file that includes itself ends, as OpenSSH ends it.
#[tokio::test]
async fn a_circle_of_files_ends() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config");
    std::fs::write(&file, format!("Include {}\nUser x\n", file.display())).unwrap();
    let config = SshConfig::load(&Cx::background(), &file).await.unwrap();
    assert!(config.host("any", None).is_err());
}

/// The fuzz body: whatever a file holds, a host is told or refused.
fn survives(text: &str) {
    let config = SshConfig::parse("config", text);
    for name in ["web01", "", "*", "!x", "a,b"] {
        let _ = config.host(name, Some("user"));
    }
}

#[test]
fn the_corpus_is_survived() {
    for text in include_str!("corpus.txt").split("\n---\n") {
        survives(text);
    }
}

proptest! {
    #[test]
    fn anything_is_survived(text in "(?s).{0,200}") {
        survives(&text);
    }

    #[test]
    fn anything_like_lines_is_survived(text in "((host|match|port|user|include|identityfile|proxyjump|x)[ =\"]{1,3}[a-z0-9*?!,%\"~$\\{ ]{0,20}\n){0,8}") {
        survives(&text);
    }
}
