//! Endpoints as people write them.

use proptest::prelude::*;
use purlin_core::{Endpoint, ErrorKind};

fn printed(text: &str, port: Option<u16>) -> String {
    Endpoint::parse(text, port).unwrap().to_string()
}

#[test]
fn reads_the_forms_that_people_write() {
    assert_eq!(printed("db1.lon:3306", None), "db1.lon:3306");
    assert_eq!(printed("WWW.Example.ORG", Some(443)), "www.example.org:443");
    assert_eq!(printed("10.0.0.1:80", Some(443)), "10.0.0.1:80");
    assert_eq!(printed("[2001:DB8::1]:443", None), "[2001:db8::1]:443");
    assert_eq!(printed("[::1]", Some(443)), "[::1]:443");
    assert_eq!(printed("::1", Some(443)), "[::1]:443");
    assert_eq!(printed("web_01.lon.:80", None), "web_01.lon.:80");
    assert_eq!(printed("unix:/run/ldapi", None), "unix:/run/ldapi");
}

#[test]
fn refuses_the_rest_and_quotes_it() {
    let long = format!("{}:80", "a".repeat(300));
    let cases = [
        "",
        ":80",
        "host",
        "host:",
        "host:0",
        "host:65536",
        "host:+80",
        "host: 80",
        "host:http",
        "a b:80",
        "-:x",
        "-v:80",
        "web.-oProxyCommand=x:80",
        "-oProxyCommand:80",
        "web.-01:80",
        "user@host:80",
        "http://host:80",
        "host:80/path",
        "[::1",
        "[::1]80",
        "[host]:80",
        "::1",
        "unix:run/x",
        "unix:",
        "a..b:80",
        "h\u{0}st:80",
        "höst:80",
        &long,
    ];
    for text in cases {
        let error = Endpoint::parse(text, None).expect_err(text);
        assert_eq!(error.kind(), ErrorKind::Invalid, "{text:?}");
        assert_eq!(error.operation(), Some("endpoint.parse"));
    }
    let error = Endpoint::parse("web01:8o80", None).unwrap_err();
    assert_eq!(error.message(), "\"web01:8o80\": port \"8o80\" is not a number from 1 to 65535");
}

#[test]
fn a_file_stands_for_a_server() {
    for text in ["file:state.db", "file:/var/lib/x.db", ":memory:"] {
        let endpoint = Endpoint::parse(text, Some(443)).unwrap();
        assert_eq!((endpoint.to_string().as_str(), endpoint.host(), endpoint.port()), (text, None, None));
    }
    assert_ne!(Endpoint::file("/run/x"), Endpoint::unix("/run/x"));
    assert_eq!(Endpoint::parse("file:", None).unwrap_err().kind(), ErrorKind::Invalid);
}

#[test]
fn credentials_are_refused_and_not_repeated() {
    let canary = purlin_testkit::Canary::new();
    let secret = canary.expose();
    for text in [
        format!("https://user:{secret}@host:443/"),
        format!("user:{secret}@host:443"),
        format!("{secret}@host"),
        format!("user:{secret}@at@host:443"),
        format!("unix:user:{secret}@host"),
    ] {
        let parsed = Endpoint::parse(&text, Some(443)).unwrap_err();
        let made = Endpoint::new(&text, 443).unwrap_err();
        for error in [parsed, made] {
            assert!(error.message().starts_with("credentials do not belong here: "), "{error}");
            canary.assert_absent(format!("{error:#} {error:?}"));
        }
    }
    let error = Endpoint::parse("user:hunter2@host:443", None).unwrap_err();
    assert_eq!(error.message(), "credentials do not belong here: write only what follows @, \"host:443\"");
    assert_eq!(printed("unix:/run/a@b", None), "unix:/run/a@b");
}

#[test]
fn parts() {
    let network = Endpoint::new("[::1]", 389).unwrap();
    assert_eq!((network.host(), network.port(), network.path()), (Some("::1"), Some(389), None));
    let socket = Endpoint::unix("/run/ldapi");
    assert_eq!((socket.host(), socket.port()), (None, None));
    assert_eq!(socket.path().unwrap().to_str(), Some("/run/ldapi"));
}

#[test]
fn is_text_in_json() {
    let endpoint: Endpoint = serde_json::from_str("\"db1.lon:3306\"").unwrap();
    assert_eq!(serde_json::to_string(&endpoint).unwrap(), "\"db1.lon:3306\"");
    let error = serde_json::from_str::<Endpoint>("\"db1.lon\"").unwrap_err();
    assert!(error.to_string().contains("has no port"), "{error}");
}

proptest! {
    #[test]
    fn what_is_printed_reads_the_same(
        host in "[a-zA-Z0-9_]([a-zA-Z0-9_-]{0,10})(\\.[a-zA-Z0-9_]([a-zA-Z0-9_-]{0,10})){0,4}\\.?", port in 1u16..,
    ) {
        let in_lower_case = host.to_ascii_lowercase();
        let endpoint = Endpoint::parse(&host, Some(port)).unwrap();
        prop_assert_eq!(endpoint.host(), Some(in_lower_case.as_str()));
        prop_assert_eq!(endpoint.to_string().parse::<Endpoint>().unwrap(), endpoint);
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,40}", port in 1u16..) {
        if let Ok(endpoint) = Endpoint::parse(&text, Some(port)) {
            prop_assert_eq!(endpoint.to_string().parse::<Endpoint>().unwrap(), endpoint);
        }
    }

    #[test]
    fn addresses_survive(address: std::net::IpAddr, port in 1u16..) {
        let endpoint = Endpoint::new(&address.to_string(), port).unwrap();
        let printed: std::net::SocketAddr = endpoint.to_string().parse().unwrap();
        prop_assert_eq!(printed, std::net::SocketAddr::new(address, port));
    }
}
