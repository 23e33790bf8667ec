//! Bad input of every kind: named, with exit code 2, before anything is run anywhere.

use super::local;
use crate::support::{Home, refused};

#[test]
fn words_that_cannot_be_are_refused() {
    let home = local(2);
    for (words, texts) in [
        ("run -i hosts.ini all", &["<ARGV>"][..]),
        ("run -i hosts.ini -- touch it", &["PATTERN"]),
        ("run -i hosts.ini all --forks 0 -- touch it", &["--forks"]),
        ("run -i hosts.ini all --timeout 5 -- touch it", &["--timeout", "unit"]),
        ("run -i hosts.ini all --timeout 0s -- touch it", &["no time at all"]),
        ("run -i hosts.ini all --stop-after 0 -- touch it", &["--stop-after"]),
        ("run -i hosts.ini all --keep 5 -- touch it", &["--keep"]),
        ("run -i hosts.ini all -- -touch it", &["begins with a hyphen", "-touch"]),
        ("run -i hosts.ini all --yes=prod -- touch it", &["--yes=prod"]),
        ("run -i hosts.ini all --identity nowhere -- touch it", &["nowhere", "no such file"]),
        ("run -i hosts.ini all --become-password-env IT -- touch it", &["--become"]),
        ("run -i hosts.ini all --password-env A --password-file b -- touch it", &["--password-file"]),
        ("copy -i hosts.ini all it", &["DEST"]),
        ("copy -i hosts.ini hosts.ini it", &["which hosts"]),
        ("copy -i hosts.ini all hosts.ini it --mode 9", &["octal"]),
        ("copy -i hosts.ini all hosts.ini it --mode 77777", &["octal"]),
        ("copy -i hosts.ini all hosts.ini it --owner --yes --yes", &["--owner"]),
        ("copy -i hosts.ini all nowhere it --yes", &["error[not-found]", "nowhere"]),
        ("copy -i hosts.ini all . it --yes", &["error[not-a-file]"]),
        ("copy -i hosts.ini all - it/ --yes", &["no name"]),
        ("facts -i hosts.ini", &["PATTERN"]),
    ] {
        refused(&home.fleet(words), 2, texts);
    }
    let empty = home.fleet("run -i hosts.ini all --").arg("");
    refused(&empty, 2, &["no program"]);
    assert!(!home.path("up/here/it").exists());
}

#[test]
fn hosts_that_nobody_knows_are_refused_as_a_whole() {
    let home = local(2);
    for (words, code, texts) in [
        ("run -i hosts.ini h01,wbe02 -- touch it", 2, &["error[unmatched-pattern]", "wbe02"][..]),
        ("run -i hosts.ini h9* -- touch it", 2, &["error[unmatched-pattern]"]),
        ("run -i hosts.ini h01:&h02 -- touch it", 1, &["error[nothing-found]"]),
        ("run -i hosts.ini --select nosuch=x -- touch it", 2, &["nosuch"]),
        ("run -i nowhere all -- touch it", 2, &["nowhere"]),
        ("run -i hosts.ini h[ -- touch it", 2, &["h["]),
        ("facts -i hosts.ini wbe02", 2, &["error[unmatched-pattern]"]),
        ("copy -i hosts.ini wbe02 hosts.ini it --yes", 2, &["error[unmatched-pattern]"]),
    ] {
        refused(&home.fleet(words), code, texts);
    }
    assert!(!home.path("up/here/it").exists());
}

/// One host that cannot be reached as it is asked for keeps all others from it, and all such hosts are told at once.
#[test]
fn ways_that_are_not_gone_are_told_of_all_hosts_before_anything_is_run() {
    let home = Home::new();
    home.write(
        "up/here/hosts.ini",
        "fine ansible_connection=local\n\
         windows ansible_connection=winrm\n\
         proxied ansible_ssh_common_args='-o ProxyCommand=\"nc %h %p\"'\n\
         careless ansible_host_key_checking=False\n\
         su ansible_become=true ansible_become_method=su\n\
         port ansible_port=ssh\n",
    );
    let told = refused(
        &home.fleet("run -i hosts.ini all -- touch it"),
        2,
        &["windows: hosts are reached by ssh and local, not by winrm", "proxied: ", "proxy command", "su: "],
    );
    assert!(told.stderr.contains("becoming a user by su"), "{told:?}");
    assert!(told.stderr.contains("hosts.ini:6:"), "{told:?}");
    assert!(!home.path("up/here/it").exists());
}

#[test]
fn standard_input_is_the_inventory_or_the_file_and_not_both() {
    let home = local(1);
    let both = home.fleet("copy -i - all - it --yes").stdin("h01 ansible_connection=local\n");
    refused(&both, 2, &["standard input is the inventory already"]);
}
