use super::{Extensible, Filter, FilterTemplate, Parts};
use crate::{AttrName, Entry};
use proptest::prelude::*;

fn filter(text: &str) -> Filter {
    Filter::parse(text).unwrap()
}

#[test]
fn what_is_no_filter_says_where() {
    for (text, fault) in [
        ("", "no opening parenthesis at character 1"),
        ("uid=x", "no opening parenthesis at character 1"),
        ("(uid=x", "no closing parenthesis at character 7"),
        ("(uid=x))", "something after the filter's end at character 8"),
        ("(uid)", "no comparison, such as = at character 5"),
        ("(u d=x)", "no comparison, such as = at character 3"),
        ("(=x)", "no name of an attribute at character 2"),
        ("(uid=(x)", "a parenthesis that must be written \\28 at character 6"),
        ("(uid=\\2)", "a backslash without two hexadecimal digits at character 6"),
        ("(uid>=a*)", "a star where it must be written \\2a at character 8"),
        ("(uid=\0)", "a zero byte that must be written \\00 at character 6"),
        ("(:=x)", "neither an attribute nor a rule at character 2"),
        ("(cn:a:b:=x)", "a second rule at character 7"),
        ("(!(a=b)(c=d))", "no closing parenthesis at character 8"),
    ] {
        let error = Filter::parse(text).unwrap_err();
        assert_eq!(error.message(), format!("not a filter: {fault}"), "{text:?}");
    }
    let deep = format!("{}(a=b){}", "(!".repeat(60), ")".repeat(60));
    assert!(Filter::parse(&deep).unwrap_err().message().contains("too many parentheses"));
}

#[test]
fn each_form_is_read_and_written_alike() {
    for text in [
        "(&)",
        "(|)",
        "(uid=)",
        "(uid=a)",
        "(uid=*)",
        "(uid=a*)",
        "(uid=*a)",
        "(uid=*a*b*)",
        "(uid=a*b*c)",
        "(n>=1)",
        "(n<=1)",
        "(cn~=x)",
        "(cn:=x)",
        "(cn:dn:=x)",
        "(cn:dn:2.5.13.2:=x)",
        "(:caseExactMatch:=x)",
        "(:dn:caseExactMatch:=x)",
        r"(cn=\2a\28\29\5c\00)",
        "(cn=日本)",
        "(!(|(a=b)(c=d)))",
        r"(p=\ff\fe)",
    ] {
        assert_eq!(filter(text).to_string(), text);
    }
    assert_eq!(filter("(uid=a**b)"), filter("(uid=a*b)"));
    assert_eq!(filter(r"(uid=\61)"), filter("(uid=a)"));
}

#[test]
fn no_value_can_leave_its_place() {
    for value in ["*", ")(uid=*", "a)(|(b=*", "\\2a", "\0", "(", "a*b"] {
        let built = Filter::equal("uid", value).unwrap();
        assert_eq!(filter(&built.to_string()), built, "{value:?}");
        let template = FilterTemplate::new("(&(objectClass=person)(uid={u}))").unwrap();
        let filled = template.fill(&[("u", value)]).unwrap();
        assert_eq!(filled, Filter::equal("objectClass", "person").unwrap() & built, "{value:?}");
    }
    assert!(Filter::equal("uid=*)(cn", "x").is_err());
}

#[test]
fn places_stand_for_values_only() {
    for text in [
        "({a}=x)",
        "(u{a}d=x)",
        "({a})",
        "(&{a})",
        "(uid={a)",
        "(uid={})",
        "(uid={a b})",
        "(cn:{a}:=x)",
        "{a}",
    ] {
        assert!(FilterTemplate::new(text).is_err(), "{text}");
    }
    let template = FilterTemplate::new(r"(|(a={x})(b=pre{y}*)(c=\7bx\7d))").unwrap();
    assert_eq!(template.places().collect::<Vec<_>>(), ["x", "y"]);
    assert_eq!(template.fill(&[("x", "1"), ("y", "*")]).unwrap(), filter(r"(|(a=1)(b=pre\2a*)(c={x}))"));
    assert!(template.fill(&[("x", "1")]).unwrap_err().message().contains("has no value"));
}

#[test]
fn secrets_are_not_in_debug() {
    let text = "(|(userPassword=s3cret)(unicodePwd=s3cret)(sambaNTPassword=s3*)(userPassword:caseExactMatch:=s3cret)(uid=ada))";
    let shown = format!("{:?}", filter(text));
    assert!(
        !shown.contains("s3") && shown.contains("(uid=ada)") && shown.contains("userPassword=***"),
        "{shown}"
    );
}

#[test]
fn an_entry_fits_as_a_server_says() {
    let entry = Entry::new("uid=ada,ou=people,dc=x".parse().unwrap())
        .with(AttrName::known("objectClass"), ["inetOrgPerson", "posixAccount"])
        .with(AttrName::known("uid"), ["ada"])
        .with(AttrName::known("cn"), ["Ada  Lovelace"])
        .with(AttrName::known("cn;lang-de"), ["Ada die Große"])
        .with(AttrName::known("uidNumber"), ["0100"])
        .with(AttrName::known("memberOf"), [r"cn=a\2Cb,dc=x"])
        .with(AttrName::known("userPassword"), ["secret"])
        .with(AttrName::known("userAccountControl"), ["514"]);
    for (text, fits) in [
        ("(uid=ADA)", true),
        ("(cn=ada lovelace)", true),
        ("(cn=ada die grosse)", false),
        ("(cn=Ada die GROßE)", true),
        ("(uidNumber=100)", true),
        ("(uidNumber>=99)", true),
        ("(uidNumber<=99)", false),
        ("(memberOf=CN=A\\5c,B,DC=X)", true),
        ("(userPassword=secret)", false),
        ("(!(userPassword=secret))", true),
        ("(cn=*LOVE*)", true),
        ("(cn=ada*lace)", true),
        ("(cn=*x*)", false),
        ("(sn=*)", false),
        ("(!(sn=x))", true),
        ("(&)", true),
        ("(|)", false),
        ("(entryDN=UID=ada, ou=people,dc=x)", true),
        ("(userAccountControl:1.2.840.113556.1.4.803:=2)", true),
        ("(userAccountControl:1.2.840.113556.1.4.803:=16)", false),
        ("(uid=a*a*a)", false),
        ("(uid=a*a)", true),
    ] {
        assert_eq!(filter(text).matches(&entry), fits, "{text}");
    }
}

fn name() -> impl Strategy<Value = AttrName> {
    "[a-zA-Z][a-zA-Z0-9-]{0,5}(;[a-z0-9-]{1,4})?|[0-9]{1,2}(\\.[0-9]{1,2}){0,3}"
        .prop_map(|name| AttrName::new(&name).unwrap())
}

fn value(least: usize) -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        proptest::collection::vec(any::<u8>(), least..12),
        "[*()\\\\a\0]{1,6}".prop_map(String::into_bytes)
    ]
}

fn any_filter() -> impl Strategy<Value = Filter> {
    let extensible = (name(), proptest::option::of(name()), any::<bool>(), value(0)).prop_map(
        |(attribute, rule, with_dn, value)| {
            // `:dn:` is no name of a rule.
            let rule = rule.filter(|rule| rule != "dn");
            Filter::Extensible(Extensible { attribute: Some(attribute), rule, with_dn, value })
        },
    );
    let parts = (value(0), proptest::collection::vec(value(1), 0..3), value(1));
    let leaf = prop_oneof![
        (name(), value(0)).prop_map(|(name, value)| Filter::Equal(name, value)),
        (name(), value(0)).prop_map(|(name, value)| Filter::AtLeast(name, value)),
        (name(), value(0)).prop_map(|(name, value)| Filter::AtMost(name, value)),
        (name(), value(0)).prop_map(|(name, value)| Filter::Approximate(name, value)),
        (name(), parts)
            .prop_map(|(name, (first, middle, last))| Filter::Substring(name, Parts { first, middle, last })),
        name().prop_map(Filter::Present),
        extensible,
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Filter::And),
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Filter::Or),
            inner.prop_map(|filter| Filter::Not(Box::new(filter))),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_printed_is_read_as_the_same(filter in any_filter()) {
        prop_assert_eq!(Filter::parse(&filter.to_string()).unwrap(), filter);
    }

    #[test]
    fn any_text_is_read_or_refused(text in "[(&|!)=*:<>~\\\\a-c0 {}]{0,30}") {
        if let Ok(filter) = Filter::parse(&text) {
            prop_assert_eq!(Filter::parse(&filter.to_string()).unwrap(), filter);
        }
        if let Ok(template) = FilterTemplate::new(&text) {
            let values: Vec<_> = template.places().map(|place| (place, ")(uid=*")).collect();
            prop_assert!(template.fill(&values).is_ok());
        }
    }
}
