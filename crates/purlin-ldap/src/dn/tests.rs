use super::Dn;
use proptest::prelude::*;

fn dn(text: &str) -> Dn {
    Dn::new(text).unwrap()
}

#[test]
fn the_same_name_in_other_words_is_equal() {
    for (one, other) in [
        (r"cn=Doe\, John,ou=odd", r"CN=doe\2C john, OU=odd"),
        (r"cn=a\+b", r"cn=a\2bB"),
        ("cn=multi+uid=rdn,ou=odd", "uid=rdn+cn=multi,ou=odd"),
        ("2.5.4.3=x,0.9.2342.19200300.100.1.25=org", "cn=x,dc=org"),
        ("cn=a  b", "cn=A B"),
        ("cn=Ünïcödé 日本", "cn=ünïcödé 日本"),
        (r"cn=\c3\bcber", "cn=Über"),
        (r"cn=\#hash", r"cn=\23hash"),
        ("cn=ab , dc=x", "cn=ab,dc=x"),
        // One letter or two, a ligature, wide letters, a hyphen that nobody sees, a space that does not break.
        ("cn=J\u{fc}rgen", "cn=Ju\u{308}rgen"),
        ("cn=\u{fb01}le", "cn=file"),
        ("cn=\u{ff21}\u{ff22}", "cn=ab"),
        ("cn=so\u{ad}ft", "cn=soft"),
        ("cn=a\u{a0}b", "cn=a b"),
        ("cn=\u{130}", "cn=i\u{307}"),
    ] {
        assert_eq!(dn(one), dn(other), "{one} and {other}");
    }
}

#[test]
fn different_names_are_not_equal() {
    for (one, other) in [
        (r"cn=a\,b", "cn=a,cn=b"),
        (r"cn=a\+cn\=b", "cn=a+cn=b"),
        (r"cn=\#04024869", "cn=#04024869"),
        ("cn=a", "sn=a"),
        ("cn=a", "cn=a,dc=x"),
        (r"cn=a\\", r"cn=a\5c\5c"),
        // A wide comma is a letter of the value, and so it stays.
        ("cn=a\u{ff0c}cn\u{ff1d}b", "cn=a,cn=b"),
        ("cn=stra\u{df}e", "cn=strasse"),
    ] {
        assert_ne!(dn(one), dn(other), "{one} and {other}");
    }
}

#[test]
fn what_is_no_name_says_where() {
    for (text, fault) in [
        ("cn", "no equals sign at character 3"),
        ("=x", "no attribute type at character 1"),
        ("cn=a,", "no attribute type at character 6"),
        ("cn=", "an empty value at character 4"),
        ("cn=a;dc=b", "a character that must be escaped at character 5"),
        ("cn=a\\", "a backslash without what it escapes at character 6"),
        ("cn=a\\zz", "a backslash without what it escapes at character 6"),
        ("cn=#", "no hexadecimal digits at character 5"),
        ("cn=#04 x", "neither a comma nor the end at character 8"),
        ("cn;binary=x", "no equals sign at character 3"),
        ("cn=a\0b", "a character that must be escaped at character 5"),
        ("9x=a", "no attribute type at character 3"),
    ] {
        let error = Dn::new(text).unwrap_err();
        assert!(error.message().ends_with(fault), "{text:?}: {error}");
    }
    assert!(Dn::new(&"a=b,".repeat(3000)).is_err());
}

#[test]
fn parents_and_ancestors() {
    let ada = dn(r"cn=Lovelace\, Ada, ou=people,dc=example,dc=org");
    let people = dn("ou=People,dc=example,dc=org");
    assert_eq!(ada.parent(), Some(people.clone()));
    assert_eq!(ada.parent().unwrap().as_str(), "ou=people,dc=example,dc=org");
    assert!(ada.is_within(&people) && ada.is_within(&ada) && ada.is_within(&Dn::root()));
    assert!(!people.is_within(&ada));
    assert!(!dn("dc=myexample,dc=org").is_within(&dn("dc=example,dc=org")));
    assert!(!dn(r"cn=x\,dc=org").is_within(&dn("dc=org")));
    assert_eq!((Dn::root().parent(), dn("dc=org").parent()), (None, Some(Dn::root())));
    assert_eq!(ada.name().as_deref(), Some("Lovelace, Ada"));
    assert_eq!(dn(r"cn=trail\20,dc=x").name().as_deref(), Some("trail "));
}

#[test]
fn a_value_cannot_leave_its_place() {
    let base = dn("dc=example");
    for value in ["x,ou=admins", "x+uid=root", "#04", " lead", "trail ", "a\\", "\"q\"", "a\0b", "=", "日本"]
    {
        let child = base.child("cn", value).unwrap();
        assert_eq!(child.parent(), Some(base.clone()), "{value:?}");
        assert_eq!(child.rdns()[0].parts, [("cn".parse().unwrap(), value.as_bytes().to_vec())], "{value:?}");
    }
    assert!(base.child("cn=x,ou", "y").is_err());
    assert!(base.child("cn", "").is_err());
    assert!(base.child("cn;binary", "x").is_err());
    assert_eq!(base.child("cn", [0xff, 0x2c]).unwrap().rdns()[0].parts[0].1, [0xff, 0x2c]);
}

proptest! {
    #[test]
    fn any_bytes_are_kept_as_a_value(value in proptest::collection::vec(any::<u8>(), 1..40)) {
        let child = dn("ou=x,dc=y").child("cn", &value).unwrap();
        prop_assert_eq!(&child.rdns()[0].parts[0].1, &value);
        prop_assert_eq!(child.parent(), Some(dn("ou=x,dc=y")));
        // What is printed is read as the same.
        prop_assert_eq!(&dn(child.as_str()), &child);
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,60}") {
        if let Ok(name) = Dn::new(&text) {
            let built = name.rdns().into_iter().rev().try_fold(Dn::root(), |above, rdn| {
                (rdn.parts.len() == 1).then(|| above.child(rdn.parts[0].0.as_str(), &rdn.parts[0].1).unwrap())
            });
            if let Some(built) = built.filter(|_| !text.contains('#')) {
                prop_assert_eq!(built, name);
            }
        }
    }

    #[test]
    fn letters_of_the_grammar_are_read_or_refused(text in r##"[cn=,+\\#"; a0f]{0,24}"##) {
        if let Ok(name) = Dn::new(&text) {
            prop_assert!(name.is_within(&name) && name.is_within(&Dn::root()));
            prop_assert_eq!(name.rdns().is_empty(), name.is_root());
        }
    }
}
