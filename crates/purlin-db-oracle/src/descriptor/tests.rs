use super::{Descriptor, nodes};
use proptest::prelude::*;
use purlin_core::{Diagnostics, Error, ErrorKind, Severity};
use std::time::Duration;

fn read(text: &str) -> Descriptor {
    text.parse().unwrap_or_else(|error: Error| panic!("{text}: {error}"))
}

fn refused(text: &str) -> Error {
    text.parse::<Descriptor>().expect_err(text)
}

fn where_to(descriptor: &Descriptor) -> Vec<String> {
    let attempts = descriptor.attempts(0).into_iter();
    attempts
        .map(|attempt| format!("{}{}", if attempt.address.tls { "s:" } else { "" }, attempt.address.endpoint))
        .collect()
}

#[test]
fn a_descriptor_is_read_as_it_is_written_in_files() {
    let descriptor = read(
        "(DESCRIPTION = # the map\n  (CONNECT_TIMEOUT=5)(TRANSPORT_CONNECT_TIMEOUT=500 ms)(RETRY_COUNT=3)(SDU=32767)\n\
           (ADDRESS_LIST = (LOAD_BALANCE=off)(FAILOVER=on)\n\
             (ADDRESS = (PROTOCOL = TCPS)(HOST = db1.lon)(PORT = 2484))\n\
             (ADDRESS = (PROTOCOL = tcp)(HOST = '2001:db8::1')))\n\
           (CONNECT_DATA = (SERVER = DEDICATED) (SERVICE_NAME = \"map.example.org\"))\n\
           (SECURITY = (MY_WALLET_DIRECTORY = /etc/wallet)(SSL_SERVER_DN_MATCH=yes)))",
    );
    assert_eq!(where_to(&descriptor), ["s:db1.lon:2484", "[2001:db8::1]:1521"]);
    let [description] = descriptor.descriptions.as_slice() else { panic!("{descriptor:?}") };
    let name = description.connect_data.name.as_ref().unwrap();
    assert_eq!((name.as_str(), name.is_sid()), ("map.example.org", false));
    assert_eq!(description.connect_data.others, [("SERVER".to_owned(), "DEDICATED".to_owned())]);
    assert_eq!(description.connect_timeout, Some(Duration::from_secs(5)));
    assert_eq!(description.transport_connect_timeout, Some(Duration::from_millis(500)));
    assert_eq!(description.sdu, Some(32767));
    assert_eq!(description.security.wallet.as_deref(), Some("/etc/wallet".as_ref()));
    assert!(descriptor.warnings.is_empty(), "{}", descriptor.warnings);
}

#[test]
fn one_address_at_a_time_is_written_without_retries() {
    let descriptor = read(
        "(DESCRIPTION_LIST=(LOAD_BALANCE=off)(DESCRIPTION=(RETRY_COUNT=20)(ADDRESS=(HOST=a))(ADDRESS=(HOST=b)(PORT=1))\
         (CONNECT_DATA=(SID=map)))(DESCRIPTION=(ADDRESS=(PROTOCOL=tcps)(HOST=c))(CONNECT_DATA=(SERVICE_NAME=m2)\
         (INSTANCE_NAME=m21))))",
    );
    let attempts = descriptor.attempts(0);
    let written: Vec<_> = attempts.iter().map(super::Attempt::connect_string).collect();
    let head = "(DESCRIPTION=(RETRY_COUNT=0)(RETRY_DELAY=0)";
    assert_eq!(
        written,
        [
            format!("{head}(ADDRESS=(PROTOCOL=tcp)(HOST=a)(PORT=1521))(CONNECT_DATA=(SID=map)))"),
            format!("{head}(ADDRESS=(PROTOCOL=tcp)(HOST=b)(PORT=1))(CONNECT_DATA=(SID=map)))"),
            format!(
                "{head}(ADDRESS=(PROTOCOL=tcps)(HOST=c)(PORT=2484))(CONNECT_DATA=(SERVICE_NAME=m2)(INSTANCE_NAME=m21)))"
            ),
        ]
    );
    // What is written can be read again, and is the same.
    for (attempt, text) in attempts.iter().zip(&written) {
        let again = read(text).attempts(0);
        assert_eq!((&again[0].address, &again[0].connect_data), (&attempt.address, &attempt.connect_data));
    }
}

#[test]
fn lists_decide_the_order_and_whether_there_is_a_next_one() {
    let list = |options: &str| {
        format!(
            "(DESCRIPTION=(ADDRESS_LIST={options}(ADDRESS=(HOST=a))(ADDRESS=(HOST=b))(ADDRESS=(HOST=c)))\
             (CONNECT_DATA=(SERVICE_NAME=m)))"
        )
    };
    let all = ["a:1521", "b:1521", "c:1521"];
    assert_eq!(where_to(&read(&list(""))), all);
    assert_eq!(where_to(&read(&list("(FAILOVER=off)"))), ["a:1521"]);
    let balanced = read(&list("(LOAD_BALANCE=yes)"));
    let mut firsts: Vec<_> =
        (0..64).map(|seed| balanced.attempts(seed)[0].address.endpoint.to_string()).collect();
    assert_eq!(balanced.attempts(7), balanced.attempts(7));
    assert!((0..64).all(|seed| balanced.attempts(seed).len() == 3));
    firsts.sort();
    firsts.dedup();
    assert_eq!(firsts, all);
    let one = read(&list("(LOAD_BALANCE=on)(FAILOVER=off)"));
    assert!((0..64).all(|seed| one.attempts(seed).len() == 1));
    // Of several descriptions any may be the first, unless somebody says otherwise.
    let two = |options: &str| {
        let one = |host: &str| format!("(DESCRIPTION=(ADDRESS=(HOST={host}))(CONNECT_DATA=(SID=m)))");
        read(&format!("(DESCRIPTION_LIST={options}{}{})", one("a"), one("b")))
    };
    let is_first = |descriptor: &Descriptor, host: &str| {
        (0..64).filter(|seed| descriptor.attempts(*seed)[0].address.endpoint.host() == Some(host)).count()
    };
    assert!(is_first(&two(""), "a") > 0 && is_first(&two(""), "b") > 0);
    assert_eq!(is_first(&two("(LOAD_BALANCE=off)"), "a"), 64);
    // Without a list of their own, addresses follow the description.
    let direct = "(DESCRIPTION=(FAILOVER=off)(ADDRESS=(HOST=a))(ADDRESS=(HOST=b))(CONNECT_DATA=(SID=m)))";
    assert_eq!(where_to(&read(direct)), ["a:1521"]);
}

#[test]
fn easy_connect_says_the_same_in_short() {
    let descriptor = read(
        "tcps://db1.lon,db2.lds:2500;[2001:db8::1]/map:pooled/map1?connect_timeout=3&pool_purity=self&retry_count=9",
    );
    assert_eq!(where_to(&descriptor), ["s:db1.lon:2500", "s:db2.lds:2500", "s:[2001:db8::1]:2484"]);
    let [description] = descriptor.descriptions.as_slice() else { panic!("{descriptor:?}") };
    assert_eq!(description.address_lists.len(), 2);
    let others: Vec<_> =
        description.connect_data.others.iter().map(|(key, value)| format!("{key}={value}")).collect();
    assert_eq!(others, ["SERVER=pooled", "INSTANCE_NAME=map1", "POOL_PURITY=self"]);
    assert_eq!(description.connect_timeout, Some(Duration::from_secs(3)));
    for (text, wanted) in [
        ("db1", "db1:1521"),
        ("//db1/map", "db1:1521"),
        ("tcp://db1:99/map", "db1:99"),
        ("  db1:99/map?wallet_location=\"/etc/wallet\"  ", "db1:99"),
        ("db1/?failover=off", "db1:1521"),
    ] {
        assert_eq!(where_to(&read(text)), [wanted], "{text}");
    }
    assert_eq!(where_to(&read("a,b/map?failover=off")), ["a:1521"]);
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    for (text, place, code) in [
        ("(DESCRIPTION=(ADDRESS=(HOST=a))", "1:1", "open-parenthesis"),
        ("(DESCRIPTION=\n  (ADDRESS=(HOST=a)\n  (CONNECT_DATA=(SID=m))", "2:3", "open-parenthesis"),
        ("(DESCRIPTION=(ADDRESS=(HOST=\"a))", "1:29", "open-quote"),
        ("(DESCRIPTION=(ADDRESS=(HOST=a)(PORT=0))(CONNECT_DATA=(SID=m)))", "1:32", "bad-value"),
        ("(DESCRIPTION=(ADDRESS=(HOST=a b)(PORT=1))(CONNECT_DATA=(SID=m)))", "1:24", "bad-value"),
        ("(DESCRIPTION=(ADDRESS=(PORT=1))(CONNECT_DATA=(SID=m)))", "1:15", "no-address"),
        ("(DESCRIPTION=(CONNECT_DATA=(SID=m)))", "1:2", "no-address"),
        ("(DESCRIPTION_LIST=)", "1:2", "no-address"),
        ("(ADDRESS=(HOST=a))", "1:2", "syntax"),
        ("(DESCRIPTION=a)", "1:2", "syntax"),
        ("(DESCRIPTION=(ADDRESS=(HOST=a))(CONNECT_DATA=(SID=m)))x", "1:55", "syntax"),
        ("(DESCRIPTION=(FAILOVER=maybe)(ADDRESS=(HOST=a)))", "1:15", "bad-value"),
        ("(DESCRIPTION=(SDU=1)(ADDRESS=(HOST=a)))", "1:15", "bad-value"),
        ("(DESCRIPTION=(ADDRESS=(HOST=a))(CONNECT_DATA=(SID=m)(SERVICE_NAME=m)))", "1:54", "bad-value"),
        ("(DESCRIPTION=(ADDRESS=(HOST=a))(CONNECT_DATA=(SID='m)(COMMAND=stop')))", "1:47", "bad-value"),
        ("db1:port/map", "1:4", "bad-value"),
        ("db1:1521:map", "1:4", "bad-value"),
        (",db1", "1:1", "syntax"),
        ("app@db1/map", "1:4", "syntax"),
        ("db1/map?timeout", "1:9", "syntax"),
        ("db1/map?conect_timeout=1", "1:9", "unknown-parameter"),
        ("db1/map:big", "1:9", "bad-value"),
        ("", "1:1", "syntax"),
        (" \n\t ", "1:1", "syntax"),
        ("?", "1:1", "syntax"),
        ("db1/map?", "1:9", "syntax"),
        ("[db1/map", "1:1", "bad-value"),
        ("tcps://", "1:8", "syntax"),
    ] {
        let error = refused(text);
        let found = error.detail::<Diagnostics>().unwrap_or_else(|| panic!("{text}: {error}"));
        let first = found.iter().find(|fault| fault.severity == Severity::Error).unwrap();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{text}: {error}");
        let place = format!("connect string:{place}");
        assert_eq!(
            (first.place.as_ref().unwrap().to_string(), &*first.code),
            (place, code),
            "{text}: {error}"
        );
        assert!(!error.to_string().contains("app"), "{error}");
    }
}

#[test]
fn what_purlin_does_not_do_is_unsupported_and_not_passed_over() {
    let around = |what: &str| format!("(DESCRIPTION={what}(ADDRESS=(HOST=a))(CONNECT_DATA=(SID=m)))");
    for text in [
        around("(SOURCE_ROUTE=on)"),
        around("(SECURITY=(TOKEN_AUTH=oci_token))"),
        around("(SECURITY=(KERBEROS5_PRINCIPAL=me))"),
        around("(SECURITY=(MY_WALLET_DIRECTORY=SYSTEM))"),
        "(DESCRIPTION_LIST=(SOURCE_ROUTE=yes)(DESCRIPTION=(ADDRESS=(HOST=a))))".to_owned(),
        "(DESCRIPTION=(ADDRESS_LIST=(SOURCE_ROUTE=true)(ADDRESS=(HOST=a))))".to_owned(),
        "(DESCRIPTION=(ADDRESS=(PROTOCOL=ipc)(KEY=m))(CONNECT_DATA=(SID=m)))".to_owned(),
        "(DESCRIPTION=(ADDRESS=(HOST=a)(HTTPS_PROXY=p)(HTTPS_PROXY_PORT=80))(CONNECT_DATA=(SID=m)))"
            .to_owned(),
        "ldap://directory/map".to_owned(),
        "db1/map?source_route=on".to_owned(),
        "db1/map?https_proxy=p".to_owned(),
    ] {
        let error = refused(&text);
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{text}: {error}");
        assert!(error.detail::<Diagnostics>().is_some_and(Diagnostics::has_errors), "{text}");
    }
    assert_eq!(where_to(&read(&around("(SOURCE_ROUTE=off)"))), ["a:1521"]);
}

#[test]
fn what_has_no_effect_is_told() {
    let text = "(DESCRIPTION=(LODA_BALANCE=on)(ENABLE=BROKEN)(ADDRESS=(HOST=a))(CONNECT_DATA=(SID=m))\
                (SECURITY=(SSL_SERVER_DN_MATCH=no)))";
    let warnings = read(text).warnings.to_string();
    assert_eq!(
        warnings,
        "connect string:1:15: warning[unknown-parameter]: LODA_BALANCE has no effect\n  help: did you mean LOAD_BALANCE?\n\
         connect string:1:97: warning[no-effect]: SSL_SERVER_DN_MATCH=no has no effect\n  help: purlin verifies the \
         certificate for the host's name, or for the server name of the TLS settings"
    );
}

#[test]
fn parentheses_within_each_other_have_an_end() {
    let deep = "(A=".repeat(100_000);
    assert!(nodes::node(&deep, 0).is_err());
    let error = refused(&format!("(DESCRIPTION={deep}"));
    assert_eq!(error.kind(), ErrorKind::Invalid);
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused_with_places(text in "[ \t\n]{0,2}\\PC{0,80}[ \t\n]{0,2}") {
        if let Err(error) = text.parse::<Descriptor>() {
            prop_assert!(matches!(error.kind(), ErrorKind::Invalid | ErrorKind::Unsupported), "{}", error);
            prop_assert!(error.detail::<Diagnostics>().is_some());
        }
    }

    /// Of the letters that mean something, so that more of it is nearly right.
    #[test]
    fn nearly_right_descriptors_never_break_anything(
        parts in proptest::collection::vec(proptest::sample::select(PARTS.to_vec()), 0..24),
    ) {
        let text = parts.concat();
        match text.parse::<Descriptor>() {
            Ok(descriptor) => {
                let attempts = descriptor.attempts(1);
                prop_assert!(!attempts.is_empty());
                for attempt in attempts {
                    let written = attempt.connect_string();
                    let again = written.parse::<Descriptor>().map_err(|error| {
                        TestCaseError::fail(format!("{written}: {error}"))
                    })?;
                    prop_assert_eq!(&again.attempts(0)[0].connect_data, &attempt.connect_data);
                }
            }
            Err(error) => prop_assert!(error.detail::<Diagnostics>().is_some()),
        }
    }
}

const PARTS: [&str; 20] = [
    "(DESCRIPTION=",
    "(DESCRIPTION_LIST=",
    "(ADDRESS=",
    "(ADDRESS_LIST=",
    "(HOST=a)",
    "(PORT=1)",
    "(PORT=x)",
    ")",
    "(",
    "(CONNECT_DATA=",
    "(SERVICE_NAME=m)",
    "(SID=m)",
    "(FAILOVER=off)",
    "(LOAD_BALANCE=on)",
    "\"",
    " # c\n",
    "=",
    "(SECURITY=",
    "(SERVER=shared)",
    "db1/m?",
];
