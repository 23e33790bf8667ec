use super::Entry;
use crate::AttrName;
use serde::Deserialize;
use std::collections::BTreeMap;

fn entry() -> Entry {
    Entry::new("uid=ada,dc=x".parse().unwrap())
        .with(AttrName::known("UID"), ["ada"])
        .with(AttrName::known("uidNumber"), ["1001"])
        .with(AttrName::known("mail"), ["a@x", "b@x"])
        .with(AttrName::known("active"), ["TRUE"])
        .with(AttrName::known("objectGUID"), [vec![0xff, 0, 1]])
        .with(AttrName::known("description;lang-de"), ["Gräfin"])
        .with(AttrName::known("userPassword"), ["s3cret"])
}

#[derive(Debug, Deserialize, PartialEq)]
struct Number(u32);

#[derive(Debug, Deserialize)]
struct Person {
    dn: String,
    uid: String,
    #[serde(rename = "uidnumber")]
    number: Number,
    mail: Vec<String>,
    active: bool,
    #[serde(rename = "description;lang-de")]
    german: Option<String>,
    shell: Option<String>,
    #[serde(default)]
    phones: Vec<String>,
}

#[test]
fn an_entry_becomes_a_type_of_the_user_s_own() {
    let person: Person = entry().to().unwrap();
    assert_eq!(
        (person.dn.as_str(), person.uid.as_str(), person.number),
        ("uid=ada,dc=x", "ada", Number(1001))
    );
    assert_eq!((person.mail.len(), person.active, person.german.as_deref()), (2, true, Some("Gräfin")));
    assert!(person.shell.is_none() && person.phones.is_empty());
    let map: BTreeMap<String, serde::de::IgnoredAny> = entry().to().unwrap();
    assert_eq!(map.len(), 8);
}

#[test]
fn what_does_not_fit_names_the_attribute_and_no_value() {
    #[derive(Debug, Deserialize)]
    struct One {
        #[expect(dead_code, reason = "it is not read")]
        mail: String,
    }
    #[derive(Debug, Deserialize)]
    struct Wrong {
        #[expect(dead_code, reason = "it is not read")]
        #[serde(rename = "userPassword")]
        password: u32,
    }
    #[derive(Debug, Deserialize)]
    struct Text {
        #[expect(dead_code, reason = "it is not read")]
        #[serde(rename = "objectGUID")]
        guid: String,
    }
    #[derive(Debug, Deserialize)]
    struct Missing {
        #[expect(dead_code, reason = "it is not read")]
        sn: String,
    }
    for (fault, message) in [
        (entry().to::<One>().unwrap_err(), "mail of uid=ada,dc=x: 2 values where one is expected"),
        (entry().to::<Wrong>().unwrap_err(), "userPassword of uid=ada,dc=x: not a whole number that fits"),
        (entry().to::<Text>().unwrap_err(), "objectGUID of uid=ada,dc=x: not UTF-8"),
        (entry().to::<Missing>().unwrap_err(), "sn of uid=ada,dc=x: the entry has none"),
    ] {
        assert_eq!(fault.message(), message);
        assert!(!format!("{fault:?}").contains("s3cret"));
    }
}

#[test]
fn names_are_found_without_regard_to_case_and_bytes_stay_bytes() {
    let entry = entry();
    assert_eq!(entry.text("Uid").unwrap(), Some("ada"));
    assert_eq!(entry.bytes("objectguid").unwrap(), [0xff, 0, 1]);
    assert!(entry.text("objectGUID").unwrap_err().message().contains("not UTF-8"));
    assert_eq!(entry.parsed::<u64>("UIDNUMBER").unwrap(), Some(1001));
    assert!(entry.parsed::<u64>("uid").is_err());
    assert!(entry.get("description").is_none());
    assert_eq!(entry.with_options("DESCRIPTION").count(), 1);
    assert_eq!(entry.with_options("description;LANG-DE").count(), 1);
    assert_eq!(entry.with_options("description;lang-en").count(), 0);
}

#[test]
fn secrets_are_not_in_debug() {
    let shown = format!("{:?}", entry());
    assert!(
        !shown.contains("s3cret") && shown.contains("userPassword: ***") && shown.contains("\"ada\""),
        "{shown}"
    );
}
