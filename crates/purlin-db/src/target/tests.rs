use super::*;
use proptest::prelude::*;

fn parse(text: &str) -> Target {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn refused(text: &str) -> String {
    let error = text.parse::<Target>().expect_err(text);
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Invalid, Outcome::NotSent), "{error}");
    assert_eq!(error.operation(), Some("db.target"));
    format!("{error:#}")
}

/// What can be compared of a target.
type Parts<'t> = (
    &'t str,
    &'t Option<String>,
    &'t [(String, Option<u16>)],
    &'t Option<PathBuf>,
    &'t Option<String>,
    WantedRole,
);

fn parts(target: &Target) -> (Parts<'_>, &BTreeMap<String, String>) {
    let Target { scheme, user, hosts, path, database, role, options, .. } = target;
    ((scheme, user, hosts, path, database, *role), options)
}

#[test]
fn addresses_user_database_role_and_options_are_read() {
    let target = parse("MySQL://app@DB1.lon,db2.lds:3307/map?role=primary&charset=utf8mb4");
    assert_eq!((target.scheme.as_str(), target.user.as_deref()), ("mysql", Some("app")));
    assert_eq!(target.hosts, [("db1.lon".to_owned(), None), ("db2.lds".to_owned(), Some(3307))]);
    assert_eq!((target.database.as_deref(), target.role), (Some("map"), WantedRole::Primary));
    assert_eq!(target.options, BTreeMap::from([("charset".to_owned(), "utf8mb4".to_owned())]));
    let endpoints = target.endpoints(3306).unwrap();
    assert_eq!(endpoints, [Endpoint::new("db1.lon", 3306).unwrap(), Endpoint::new("db2.lds", 3307).unwrap()]);
    assert_eq!(target.to_string(), "mysql://app@db1.lon,db2.lds:3307/map?charset=utf8mb4&role=primary");
}

#[test]
fn addresses_of_ipv6_stand_in_brackets() {
    let target = parse("mysql://[2001:db8::1]:3306,[::1]/map");
    assert_eq!(target.hosts, [("2001:db8::1".to_owned(), Some(3306)), ("::1".to_owned(), None)]);
    assert_eq!(target.to_string(), "mysql://[2001:db8::1]:3306,[::1]/map");
    refused("mysql://::1/map");
    refused("mysql://[::1/map");
}

#[test]
fn sockets_and_files_are_paths() {
    let target = parse("postgres://app@%2Frun%2Fpg/map");
    assert_eq!((target.path.as_deref(), target.database.as_deref()), (Some("/run/pg".as_ref()), Some("map")));
    assert_eq!(target.endpoints(5432).unwrap(), [Endpoint::unix("/run/pg")]);
    assert_eq!(target.to_string(), "postgres://app@%2Frun%2Fpg/map");
    for (url, path) in [
        ("sqlite:state.db", "state.db"),
        ("sqlite:/srv/state.db?mode=ro", "/srv/state.db"),
        ("sqlite:///srv/state.db", "/srv/state.db"),
        ("sqlite::memory:", ":memory:"),
        ("sqlite:my%20file%25.db", "my file%.db"),
    ] {
        let target = parse(url);
        assert_eq!((target.path.as_deref(), target.hosts.len()), (Some(path.as_ref()), 0), "{url}");
        assert_eq!(target.endpoints(1).unwrap(), [Endpoint::unix(path)]);
    }
    assert!(refused("postgres://%2Frun%2Fpg:5432/map").contains("a socket has no port"));
    assert!(refused("postgres://%2Frun%2Fpg,db1/map").contains("stands alone"));
    assert!(refused("sqlite://state.db").contains("sqlite:PATH"));
}

#[test]
fn a_password_is_refused_and_nothing_of_it_is_repeated() {
    for url in [
        "mysql://app:hunter2@db1/map",
        "mysql://app:hunter2@@db1/map",
        "mysql://app:hun/ter2@db1/map",
        "mysql://app:hun?ter2@db1/map",
        "mysql://app:hun#ter2@db1/map",
        "mysql://app:hun%ter2@db1/map",
        "mysql://app:hun\nter2@db1/map",
        "mysql:app:hunter2@db1/map",
        "app:hunter2@db1/map",
        "hunter2@db1/map",
        "mysql://hunter2@x@db1/map",
        "mysql://hun%ter2@db1/map",
        "sqlite:hunter2@db1",
        "mysql://app:hunter2,db1/map",
        "mysql://app:hunter2/map",
        "mysql://app:hunter2:3/map",
        "mysql://db1/map?password=hunter2",
        "mysql://db1/map?PassWord=hunter2&role=primary",
        "mysql://db1/map?pass%77ord=hunter2",
        "mysql://db1/map?x=hunter2&x=hunter2",
        "mysql://db1/map?x=hunter2%",
        "mysql://db1/map?role=any&hunter2",
        "mysql://,/?password=hunter2",
        "?password=hunter2",
        "mysql://db1#?password=hunter2",
        "mysql://db1/map?x=1#hunter2",
        "mysql://db1?options=abc@hunter2",
        "mysql://app:x@y?z@hunter2",
        "mysql://app%3Ahunter2@db1",
        "mysql://app%3ahunter2@db1/map",
        "host=db1 user=app password=hunter2",
        "host=db1:3306 user=app password=hunter2",
        "Server=db1;Password=hunter2",
        "Server=tcp:db1;Password=hunter2",
        "mysql:host=db1;password=hunter2",
        "pgsql:host=db1 password=hunter2",
        "jdbc:sqlserver://db1;user=app;password=hunter2",
        "mysql://db1/map;password=hunter2",
        "mysql://db1;password=hunter2",
        "mysql://db1/map?ssl-password=hunter2",
        "mysql://db1/map?ssl_Pass%57ord=hunter2",
        "mysql://db1/map?api_key=hunter2",
        "mysql://db1/map?auth=hunter2",
        "mysql://db1/map?access-token=hunter2",
        "mysql://db1/map?role=hunter2",
        "mysql://db1/map?options=a;password=hunter2",
        "mysql://db1/map?options=a%20password%3Dhunter2",
    ] {
        let message = refused(url);
        assert!(!message.contains("hun") && !message.contains("ter2"), "{url}: {message}");
    }
    let hint = refused("mysql://app:hunter2@db1/map");
    assert!(hint.contains("environment variable, file, command or prompt"), "{hint}");
    // A switch that has `key` in its name.
    parse("sqlite:state.db?foreign_keys=off");
    assert!(refused("mysql://db1?pwd=x").contains("a password does not belong"));
}

#[test]
fn faults_name_what_is_wrong() {
    for (url, says) in [
        ("", "ENGINE://USER@HOST/DATABASE"),
        ("db1.lon", "no database URL"),
        ("db1.lon:3306", "has no engine"),
        ("1sql://db1", "no database URL"),
        ("mysql:", "neither a host nor a file"),
        ("mysql://", "names no host"),
        ("mysql:///map", "names no host; a socket"),
        ("mysql://app@/map", "names no host"),
        ("mysql://@db1/map", "without a user"),
        ("mysql://db1,/map", "\"\" is neither"),
        ("mysql://db1,db1/map", "\"db1\" stands there twice"),
        ("mysql://db_1,-x/map", "\"-x\" is neither"),
        ("mysql://db1:0/map", "the port of \"db1\""),
        ("mysql://db1:65536/map", "the port of \"db1\""),
        ("mysql://db1:/map", "the port of \"db1\""),
        ("mysql://db1/a/b", "written %2F"),
        ("mysql://db1/a%2", "hexadecimal"),
        ("mysql://db1/%FF", "not UTF-8"),
        ("mysql://db1/%00", "NUL"),
        ("mysql://db1/map#x", "written %23"),
        ("mysql://db1/map?x", "NAME=VALUE"),
        ("mysql://db1/map?=x", "NAME=VALUE"),
        ("mysql://db1/map?role=writer", "any, primary and replica"),
        ("mysql://db1/map?role=any&role=primary", "\"role\" stands there twice"),
        ("mysql://db1/map ?x=1\t", "control character"),
    ] {
        let message = refused(url);
        assert!(message.contains(says), "{url}: {message}");
    }
}

#[test]
fn what_is_built_is_checked_where_it_is_used() {
    let target = Target::new("mysql").host("db1", None).host("DB1", 3306);
    assert!(target.endpoints(3306).unwrap_err().message().contains("twice"));
    assert!(Target::new("mysql").endpoints(3306).unwrap_err().message().contains("no host"));
    assert!(Target::new("mysql").host("db1", None).path("/run/x").endpoints(1).is_err());
    assert!(Target::new("mysql").host("a b", None).endpoints(1).is_err());
}

#[test]
fn a_printed_or_debugged_target_holds_no_secret() {
    let target = parse("mysql://app@db1/map").password(purlin_core::SecretRef::literal("hunter2".to_owned()));
    assert_eq!(target.to_string(), "mysql://app@db1/map");
    assert!(!format!("{target:?}").contains("hunter2"));
    let target = Target::new("mysql").host("db1", None).user("app:hunter2").option("api-key", "hunter2");
    assert_eq!(target.to_string(), "mysql://app:***@db1?api-key=***");
    let target = target.option("comment", "hunter2");
    assert!(!format!("{target:?}").contains("hunter2") && format!("{target:?}").contains("comment"));
}

#[test]
fn a_driver_takes_what_it_knows_and_refuses_the_rest() {
    let target = parse("mysql://db1?mode=ro&limit=12&wait=5s");
    let mut options = target.read_options();
    assert_eq!(options.choice("mode", &[("ro", 1), ("rw", 2)]).unwrap(), Some(1));
    assert_eq!(options.parse::<u16>("limit", "a number").unwrap(), Some(12));
    assert_eq!(options.duration("wait").unwrap(), Some(std::time::Duration::from_secs(5)));
    assert_eq!(options.text("more"), None);
    options.finish().unwrap();

    let mut options = target.read_options();
    assert_eq!(
        options.choice("mode", &[("off", 1), ("on", 2)]).unwrap_err().message(),
        "option \"mode\" takes off, on"
    );
    assert_eq!(
        options.parse::<bool>("limit", "yes or no").unwrap_err().message(),
        "option \"limit\" takes yes or no"
    );
    assert_eq!(
        options.finish().unwrap_err().message(),
        "mysql has no option \"wait\"; there are mode, limit"
    );
    let unread = target.read_options().finish().unwrap_err();
    assert_eq!(unread.message(), "mysql has no option \"limit\"; it has none");
}

fn name() -> impl Strategy<Value = String> {
    "[^\u{0}-\u{1f}\u{7f}-\u{9f}]{1,12}"
}

fn host() -> impl Strategy<Value = (String, Option<u16>)> {
    let name = prop_oneof![
        "[a-z][a-z0-9_-]{0,8}(\\.[a-z0-9]{1,5}){0,2}",
        Just("2001:db8::7".to_owned()),
        Just("10.0.0.1".to_owned())
    ];
    (name, proptest::option::of(1u16..))
}

prop_compose! {
    fn target()(
        scheme in "[a-z][a-z0-9+.-]{0,8}",
        user in proptest::option::of("[^:\u{0}-\u{1f}\u{7f}-\u{9f}]{1,12}"),
        hosts in proptest::collection::vec(host(), 1..4),
        socket in proptest::option::of(name()),
        database in proptest::option::of(name()),
        role in prop_oneof![Just(WantedRole::Any), Just(WantedRole::Primary), Just(WantedRole::Replica)],
        options in proptest::collection::btree_map("[a-z_]{1,6}x", ".{0,8}", 0..3),
    ) -> Target {
        let mut target = Target::new(scheme);
        (target.user, target.database, target.role) = (user, database, role);
        let plain = |(name, value): &(String, String)| !value.contains(['\0', '=']) && !parse::is_secret(name);
        target.options = options.into_iter().filter(plain).collect();
        match socket {
            Some(socket) => target.path = Some(format!("/{socket}").into()),
            None => {
                target.hosts = hosts;
                target.hosts.sort();
                target.hosts.dedup();
            }
        }
        target
    }
}

#[test]
fn a_file_whose_name_is_a_number_is_no_port() {
    for url in ["sqlite:7", "sqlite:7?", "sqlite:7?journal=wal", "db1.lon:3306"] {
        assert!(url.parse::<Target>().is_err_and(|error| error.message().contains("has no engine")), "{url}");
    }
    let target: Target = "sqlite:%37%37".parse().unwrap();
    assert_eq!((target.path.as_deref(), &*target.to_string()), (Some("77".as_ref()), "sqlite:%377"));
    assert_eq!(parts(&target.to_string().parse().unwrap()), parts(&target));
}

proptest! {
    #[test]
    fn what_is_printed_reads_the_same(target in target()) {
        prop_assume!(target.scheme != "sqlite");
        let read: Target = target.to_string().parse()?;
        prop_assert_eq!(parts(&read), parts(&target), "{}", target);
    }

    #[test]
    fn what_is_read_prints_and_reads_the_same(url in "(mysql|sqlite|x):(//)?[a-z0-9@:/?#&=%,.\\[\\]ü -]{0,24}") {
        if let Ok(target) = url.parse::<Target>() {
            let again: Target = target.to_string().parse()?;
            prop_assert_eq!(parts(&again), parts(&target), "{}", url);
        }
    }

    #[test]
    fn nothing_panics_and_no_secret_comes_back(before in ".{0,16}", after in ".{0,16}") {
        let url = format!("{before}s3cr3t@{after}");
        if let Err(error) = url.parse::<Target>() {
            prop_assume!(!after.contains("s3cr3t"));
            prop_assert!(!format!("{error:#}").contains("s3cr3t"), "{}", error);
        }
        let _ = before.parse::<Target>();
    }
}
