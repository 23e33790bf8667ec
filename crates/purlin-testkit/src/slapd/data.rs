//! What stands in a slapd: the same for the same number of people.

use super::Slapd;
use std::collections::BTreeMap;
use std::fmt::Write;

const FIRST: [&str; 7] = ["Ada", "Béla", "Chloé", "Françoise", "Jürgen", "Oğuz", "Søren"];
const LAST: [&str; 7] = ["Árnason", "Brown", "Çelik", "Dvořák", "Löwe", "Šimek", "Tanaka"];
/// Names that must be escaped, as they are written.
const ODD: [&str; 11] = [
    r"Doe\, John",
    r"a\+b",
    r#"quote\"d"#,
    r"semi\;colon",
    r"back\\slash",
    r"\#hash",
    r"trail\20",
    r"less\<greater\>",
    r"eq\=ual",
    "paren(s)*star",
    "Ünïcödé 日本",
];
/// How deep the tree of groups is, and how many each holds.
const LEVELS: usize = 5;
const FAN: usize = 4;

/// Entries as LDIF, in the order in which they can be added.
pub(super) fn ldif(users: usize, port: u16) -> String {
    let mut writer = Writer { text: String::with_capacity(users * 900 + 200_000) };
    writer.frame(port);
    writer.policies();
    let mut groups = Groups::default();
    groups.fill(users.max(1));
    for number in 1..=users.max(1) {
        writer.person(number, users, &groups);
    }
    writer.refused();
    writer.groups(&groups, users);
    writer.hosts();
    writer.odd();
    writer.text
}

fn base() -> &'static str {
    Slapd::BASE
}

fn uid(number: usize) -> String {
    format!("u{number:06}")
}

fn person(number: usize) -> String {
    format!("uid={},ou=people,{}", uid(number), base())
}

fn group(name: &str) -> String {
    format!("cn={name},ou=groups,{}", base())
}

/// Members by group, and groups by member.
#[derive(Default)]
struct Groups {
    members: BTreeMap<String, Vec<String>>,
    of: BTreeMap<String, Vec<String>>,
}

impl Groups {
    fn fill(&mut self, users: usize) {
        let flat = (users / 50).max(4);
        for number in 1..=users {
            self.add("all", person(number));
            self.add(&format!("flat-{:04}", number % flat), person(number));
        }
        self.tree("nest-0", 1, users);
        self.add("loop-a", group("loop-b"));
        self.add("loop-b", group("loop-a"));
        self.add("loop-a", person(1));
    }

    fn tree(&mut self, name: &str, level: usize, users: usize) {
        if level == LEVELS {
            let seed = name.bytes().fold(7_usize, |seed, byte| (seed * 31 + usize::from(byte)) % 1_000_003);
            for step in 0..3 {
                self.add(name, person(1 + (seed + step * 7919) % users));
            }
            return;
        }
        for child in 0..FAN {
            let child = format!("{name}.{child}");
            self.add(name, group(&child));
            self.tree(&child, level + 1, users);
        }
    }

    fn add(&mut self, name: &str, member: String) {
        let members = self.members.entry(name.to_owned()).or_default();
        if !members.contains(&member) || members.len() > 5000 {
            self.of.entry(member.clone()).or_default().push(group(name));
            members.push(member);
        }
    }
}

struct Writer {
    text: String,
}

impl Writer {
    fn entry(&mut self, dn: &str, classes: &[&str], rest: &[(&str, &str)]) {
        self.open(dn, classes);
        rest.iter().for_each(|(name, value)| self.line(name, value));
        self.text.push('\n');
    }

    fn open(&mut self, dn: &str, classes: &[&str]) {
        self.line("dn", dn);
        classes.iter().for_each(|class| self.line("objectClass", class));
    }

    fn line(&mut self, name: &str, value: &str) {
        let plain = value.bytes().all(|byte| (32..127).contains(&byte))
            && !value.starts_with([' ', ':', '<'])
            && !value.ends_with(' ');
        let _ = match plain {
            true => writeln!(self.text, "{name}: {value}"),
            false => writeln!(self.text, "{name}:: {}", base64(value.as_bytes())),
        };
    }

    fn frame(&mut self, port: u16) {
        self.entry(base(), &["dcObject", "organization"], &[("o", "Example"), ("dc", "example")]);
        for unit in ["people", "groups", "posix", "hosts", "netgroup", "system", "policies", "odd"] {
            self.entry(&format!("ou={unit},{}", base()), &["organizationalUnit"], &[("ou", unit)]);
        }
        let url = format!("ldap://127.0.0.1:{port}/ou=people,{}??sub", base());
        self.entry(
            &format!("ou=remote,{}", base()),
            &["referral", "extensibleObject"],
            &[("ou", "remote"), ("ref", &url)],
        );
        for (dn, name, password) in
            [(Slapd::READER, "svc-reader", "reader"), (Slapd::SYNC, "svc-sync", "sync")]
        {
            let rest = [("cn", name), ("userPassword", password)];
            self.entry(dn, &["applicationProcess", "simpleSecurityObject"], &rest);
        }
    }

    fn policies(&mut self) {
        let classes = ["device", "pwdPolicy"];
        let lockout = [
            ("pwdAttribute", "userPassword"),
            ("pwdMaxFailure", "3"),
            ("pwdLockout", "TRUE"),
            ("pwdLockoutDuration", "600"),
        ];
        let change = ("pwdMustChange", "TRUE");
        let mut usual = vec![("cn", "default"), change];
        usual.extend(lockout);
        self.entry(&format!("cn=default,ou=policies,{}", base()), &classes, &usual);
        let mut ageing = vec![("cn", "ageing"), ("pwdMaxAge", "86400")];
        ageing.extend(lockout);
        self.entry(&format!("cn=ageing,ou=policies,{}", base()), &classes, &ageing);
    }

    fn person(&mut self, number: usize, users: usize, groups: &Groups) {
        let (name, first, last) = (uid(number), FIRST[number % 7], LAST[number / 7 % 7]);
        let flat = (users / 50).max(4);
        self.open(&person(number), &["inetOrgPerson", "posixAccount"]);
        for (attribute, value) in [
            ("uid", name.as_str()),
            ("cn", &format!("{first} {last}")),
            ("sn", last),
            ("givenName", first),
            ("mail", &format!("{name}@example.org")),
            ("uidNumber", &(100_000 + number).to_string()),
            ("gidNumber", &(200_000 + number % flat).to_string()),
            ("homeDirectory", &format!("/home/{name}")),
            ("loginShell", "/bin/bash"),
            ("employeeNumber", &number.to_string()),
            ("userPassword", &format!("pw-{name}")),
        ] {
            self.line(attribute, value);
        }
        self.member_of(&person(number), groups);
        self.text.push('\n');
    }

    /// slapadd runs no overlay, so what memberof would write is written here.
    fn member_of(&mut self, dn: &str, groups: &Groups) {
        for of in groups.of.get(dn).into_iter().flatten() {
            self.line("memberOf", of);
        }
    }

    fn refused(&mut self) {
        let ageing = format!("cn=ageing,ou=policies,{}", base());
        for (name, extra) in [
            ("locked", vec![("pwdAccountLockedTime", "000001010000Z")]),
            ("expired", vec![("pwdPolicySubentry", ageing.as_str()), ("pwdChangedTime", "20200101000000Z")]),
            ("reset", vec![("pwdReset", "TRUE")]),
        ] {
            let password = format!("pw-{name}");
            let mut rest =
                vec![("uid", name), ("cn", name), ("sn", name), ("userPassword", password.as_str())];
            rest.extend([("uidNumber", "99"), ("gidNumber", "99"), ("homeDirectory", "/")]);
            rest.extend(extra);
            self.entry(
                &format!("uid={name},ou=people,{}", base()),
                &["inetOrgPerson", "posixAccount"],
                &rest,
            );
        }
    }

    fn groups(&mut self, groups: &Groups, users: usize) {
        for (number, (name, members)) in groups.members.iter().enumerate() {
            self.open(&group(name), &["groupOfNames", "posixGroup"]);
            self.line("cn", name);
            let gid = name.strip_prefix("flat-").and_then(|number| number.parse::<usize>().ok());
            self.line("gidNumber", &gid.map_or(300_000 + number, |gid| 200_000 + gid).to_string());
            self.line("description", &format!("group {name}"));
            members.iter().for_each(|member| self.line("member", member));
            self.member_of(&group(name), groups);
            self.text.push('\n');
        }
        for number in 0..8 {
            let name = format!("px-{number:04}");
            self.open(&format!("cn={name},ou=posix,{}", base()), &["device", "posixGroup"]);
            self.line("cn", &name);
            self.line("gidNumber", &(400_000 + number).to_string());
            for step in 0..20.min(users) {
                self.line("memberUid", &uid(1 + (number * 53 + step) % users.max(1)));
            }
            self.text.push('\n');
        }
    }

    fn hosts(&mut self) {
        for host in 0..40 {
            let (name, short) = (format!("host{host:05}.example.org"), format!("host{host:05}"));
            let dn = format!("cn={name},ou=hosts,{}", base());
            let (four, six) = (format!("10.0.0.{host}"), format!("fd00::{:x}", host + 1));
            let (mac, place) = (format!("02:00:00:00:00:{host:02x}"), format!("dc{}", host % 3 + 1));
            let rest = [
                ("cn", name.as_str()),
                ("cn", &short),
                ("ipHostNumber", &four),
                ("ipHostNumber", &six),
                ("macAddress", &mac),
                ("l", &place),
                ("description", "web"),
            ];
            self.entry(&dn, &["device", "ipHost", "ieee802Device"], &rest);
        }
        for number in 0..3 {
            let name = format!("ng-{number:03}");
            self.open(&format!("cn={name},ou=netgroup,{}", base()), &["nisNetgroup"]);
            self.line("cn", &name);
            for host in 0..5 {
                self.line(
                    "nisNetgroupTriple",
                    &format!("(host{:05}.example.org,-,example.org)", number * 5 + host),
                );
            }
            if number > 0 {
                self.line("memberNisNetgroup", &format!("ng-{:03}", number - 1));
            }
            self.text.push('\n');
        }
    }

    fn odd(&mut self) {
        for (number, odd) in ODD.iter().enumerate() {
            let plain = unescaped(odd);
            let name = format!("odd{number:02}");
            let rest = [("cn", plain.as_str()), ("sn", &plain), ("uid", &name), ("userPassword", "pw-odd")];
            self.entry(&format!("cn={odd},ou=odd,{}", base()), &["inetOrgPerson"], &rest);
        }
        let several = [("cn", "multi"), ("sn", "multi"), ("uid", "rdn")];
        self.entry(&format!("cn=multi+uid=rdn,ou=odd,{}", base()), &["inetOrgPerson"], &several);
        self.open(&format!("cn=binary,ou=odd,{}", base()), &["inetOrgPerson"]);
        self.line("cn", "binary");
        self.line("sn", "binary");
        let _ = writeln!(self.text, "jpegPhoto:: {}", base64(b"\xff\xd8\xff\x00\x01ascii"));
        let _ = writeln!(self.text, "jpegPhoto:: {}\n", base64(b"plain-ascii-photo"));
    }
}

/// The value that stands in an RDN.
fn unescaped(text: &str) -> String {
    let mut plain = String::new();
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match (letter, letters.clone().next()) {
            ('\\', Some('2')) => {
                letters.nth(1);
                plain.push(' ');
            }
            ('\\', Some(_)) => plain.extend(letters.next()),
            (letter, _) => plain.push(letter),
        }
    }
    plain
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let number =
            (0..3).fold(0_usize, |number, at| number << 8 | usize::from(chunk.get(at).copied().unwrap_or(0)));
        for at in 0..4 {
            let letter = LETTERS[number >> (18 - 6 * at) & 63];
            text.push(if at > chunk.len() { '=' } else { char::from(letter) });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_as_ldif_wants_them() {
        assert_eq!([base64(b"a"), base64(b"ab"), base64(b"abc")], ["YQ==", "YWI=", "YWJj"]);
        assert_eq!(
            [unescaped(ODD[0]), unescaped(ODD[6]), unescaped(ODD[4])],
            ["Doe, John", "trail ", "back\\slash"]
        );
        let text = ldif(100, 389);
        assert_eq!(text.matches("\ndn: cn=nest-0").count(), 341);
        assert_eq!(text.matches("\ndn: uid=u0").count(), 100);
    }
}
