use super::pattern::matches;
use super::*;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;

/// A key of that kind; the last byte tells one from another.
fn key(algorithm: &str, last: u8) -> Vec<u8> {
    let mut key = u32::try_from(algorithm.len()).unwrap().to_be_bytes().to_vec();
    key.extend_from_slice(algorithm.as_bytes());
    key.push(last);
    key
}

fn line(hosts: &str, algorithm: &str, last: u8) -> String {
    format!("{hosts} {algorithm} {} comment\n", STANDARD.encode(key(algorithm, last)))
}

fn known(text: &str) -> KnownHosts {
    let (known, faults) = KnownHosts::parse("known_hosts", text);
    assert!(faults.is_empty(), "{faults}");
    known
}

const ED: &str = "ssh-ed25519";
const EC: &str = "ecdsa-sha2-nistp256";

fn place(line: u32) -> Place {
    Place::file("known_hosts").line(line)
}

#[test]
fn patterns_are_those_of_openssh() {
    let yes =
        [("*", "x"), ("*.lon", "a.b.lon"), ("web?", "web1"), ("W*", "web"), ("a*b*c", "aXbYbZc"), ("**", "")];
    let no = [("", "x"), ("*.lon", "lon"), ("web?", "web"), ("web", "web1"), ("a*b", "abc"), ("?", "")];
    assert!(yes.iter().all(|(pattern, name)| matches(pattern, name)));
    assert!(no.iter().all(|(pattern, name)| !matches(pattern, name)));
    assert!(matches_list("*.lon,!test.lon", "web.lon") && !matches_list("*.lon,!test.lon", "test.lon"));
    assert!(!matches_list("!test.lon", "web.lon"), "a negation alone matches nothing");
}

#[test]
fn a_changed_key_is_told_with_its_line() {
    let known = known(&(line("web01", EC, 1) + &line("web01,10.0.0.1", ED, 1)));
    assert_eq!(known.check("web01", 22, &key(ED, 1)), HostKeyVerdict::Known);
    assert_eq!(known.check("WEB01", 22, &key(EC, 1)), HostKeyVerdict::Known);
    assert_eq!(known.check("web01", 22, &key(ED, 2)), HostKeyVerdict::Changed(place(2)));
    assert_eq!(known.check("web02", 22, &key(ED, 1)), HostKeyVerdict::Unknown);
}

#[test]
fn a_key_of_another_kind_is_a_changed_one() {
    let known = known(&line("web01", ED, 1));
    assert_eq!(known.check("web01", 22, &key(EC, 1)), HostKeyVerdict::Changed(place(1)));
}

#[test]
fn ports_are_kept_apart() {
    let known = known(&(line("[web01]:2222", ED, 1) + &line("web01", ED, 2)));
    assert_eq!(known.check("web01", 2222, &key(ED, 1)), HostKeyVerdict::Known);
    assert_eq!(known.check("web01", 2222, &key(ED, 2)), HostKeyVerdict::Changed(place(1)));
    // Nothing is known of this port, and the machine's own key is as good.
    assert_eq!(known.check("web01", 2223, &key(ED, 2)), HostKeyVerdict::Known);
    assert_eq!(known.check("web01", 2223, &key(ED, 3)), HostKeyVerdict::Unknown);
}

#[test]
fn revoked_is_revoked_whatever_else_is_said() {
    let known = known(&(line("web01", ED, 1) + &line("@revoked *", ED, 1)));
    assert_eq!(known.check("web01", 22, &key(ED, 1)), HostKeyVerdict::Revoked(place(2)));
    assert_eq!(known.check("web01", 2222, &key(ED, 1)), HostKeyVerdict::Revoked(place(2)));
}

#[test]
fn an_authority_is_no_host_key() {
    let known = known(&line("@cert-authority *.lon", ED, 1));
    assert_eq!(known.check("web.lon", 22, &key(ED, 1)), HostKeyVerdict::Unknown);
    assert_eq!(known.authorities("web.lon", 2222).count(), 1);
    assert_eq!(known.authorities("web.leeds", 22).count(), 0);
    assert!(known.algorithms("web.lon", 22).is_empty());
}

#[test]
fn hashed_names_are_found() {
    // `ssh-keygen -H` of `web01`, salt of twenty zeros.
    let salt = STANDARD.encode([0; 20]);
    let mut mac = <hmac::Hmac<sha1::Sha1> as hmac::KeyInit>::new_from_slice(&[0; 20]).unwrap();
    hmac::Mac::update(&mut mac, b"web01");
    let hash = STANDARD.encode(hmac::Mac::finalize(mac).into_bytes());
    let known = known(&line(&format!("|1|{salt}|{hash}"), ED, 1));
    assert_eq!(known.check("web01", 22, &key(ED, 1)), HostKeyVerdict::Known);
    assert_eq!(known.check("web02", 22, &key(ED, 1)), HostKeyVerdict::Unknown);
}

#[test]
fn lines_that_cannot_be_read_are_told_and_passed_over() {
    let good = line("web01", ED, 1);
    let text = format!(
        "# comment\n\n@nonsense x\nweb01\nweb01 {ED}\nweb01 {ED} !!\nweb01 {EC} AAAA\n|1|x\n|2|a|b k k\n{good}"
    );
    let (known, faults) = KnownHosts::parse("known_hosts", &text);
    assert_eq!(faults.iter().count(), 7, "{faults}");
    assert!(faults.to_string().contains("known_hosts:3"), "{faults}");
    assert_eq!(known.check("web01", 22, &key(ED, 1)), HostKeyVerdict::Known);
}

/// The fuzz body: whatever a file holds, it is read, and says of no made-up key that it is known.
fn survives(text: &str) {
    let (known, _) = KnownHosts::parse("known_hosts", text);
    for host in ["web01", "*", "", "!x", "|1||"] {
        assert_ne!(known.check(host, 22, b"no key"), HostKeyVerdict::Known);
        let _ = (
            known.check(host, 2222, &key(ED, 1)),
            known.algorithms(host, 22),
            known.authorities(host, 1).count(),
        );
    }
}

#[test]
fn the_corpus_is_survived() {
    for text in include_str!("corpus.txt").split("\n---\n") {
        survives(text);
    }
    survives(&format!("{} {ED} x", "*".repeat(10_000)));
}

proptest! {
    #[test]
    fn anything_is_survived(text in "(?s).{0,200}") {
        survives(&text);
    }

    #[test]
    fn anything_like_a_line_is_survived(text in "(@[a-z-]{0,15} )?[|1*?!,\\[\\]:a-c=/+A0]{0,30} [a-z0-9-]{0,12} [A-Za-z0-9+/=]{0,40}") {
        survives(&text);
    }

    #[test]
    fn a_pattern_never_hangs(pattern in "[*?ab]{0,60}", name in "[ab]{0,200}") {
        let _ = matches(&pattern, &name);
    }
}
