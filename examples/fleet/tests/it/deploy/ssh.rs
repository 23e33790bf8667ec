//! Over ssh, with a real server.

use super::{deploy, events, findings};
use crate::support::{Home, good, json, text};
use purlin_testkit::SshdSettings;

#[test]
fn a_file_goes_to_a_host_over_ssh() {
    let Some(sshd) = SshdSettings::new().start().unwrap() else { return };
    let home = Home::new();
    let port = sshd.address().port();
    home.write(
        "up/here/hosts.ini",
        &format!(
            "web01 ansible_host=127.0.0.1 ansible_port={port} ansible_user={} ansible_ssh_private_key_file={}\n",
            sshd.user(),
            text(&sshd.key())
        ),
    );
    home.write(".ssh/known_hosts", &format!("[127.0.0.1]:{port} {}\n", sshd.host_key()));
    // What the user of the far end may write to.
    let path = sshd.folder().join("there.conf");
    let evidence = sshd.folder().join("evidence");
    let deploy = |words: &str| deploy(&home, words).env("FLEET_EVIDENCE_DIR", text(&evidence));
    home.write(
        "up/here/deploy.toml",
        &format!(
            "purlin = 1\nname = \"map 42\"\nselect = \"all\"\n[[step]]\nname = \"conf\"\nkind = \"file\"\n\
             path = \"{}\"\ncontent = \"v1\\n\"\n",
            text(&path)
        ),
    );
    let plan = deploy("plan -i hosts.ini -f deploy.toml --out plan.json --json");
    assert_eq!(findings(&json(&good(&plan))), ["change"]);
    let output = good(&deploy("apply plan.json --yes --json"));
    let last = events(&home, &output).last().unwrap()["detail"]["ending"].clone();
    assert_eq!(last, "succeeded");
    assert_eq!(std::fs::read_to_string(path).unwrap(), "v1\n");
    assert_eq!(findings(&json(&good(&plan))), ["no_change"]);
}
