//! `fleet tls` against real servers and broken ones.

use crate::schema::{faults, schema};
use crate::support::{Home, json, json_lines, refused, text};
use purlin_testkit::{
    Accept, Binary, Fault, FaultProxy, Leaf, Nginx, NginxSettings, ReservedPort, TestCa, TlsVersion,
};
use serde_json::json;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

/// A certificate by its frame alone.
const GARBLED: &str = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";

/// A home with an authority and an nginx that shows one of its certificates.
struct Site {
    home: Home,
    ca: TestCa,
    nginx: Nginx,
}

impl Site {
    fn new(leaf: impl FnOnce(&TestCa) -> Leaf) -> Option<Self> {
        Self::with(NginxSettings::new(), leaf)
    }

    fn with(settings: NginxSettings, leaf: impl FnOnce(&TestCa) -> Leaf) -> Option<Self> {
        let ca = TestCa::new().unwrap();
        let leaf = leaf(&ca);
        let nginx = settings.https(leaf.path(), leaf.key_path()).start().unwrap()?;
        Some(Self { home: Home::new(), ca, nginx })
    }

    fn https(&self) -> SocketAddr {
        self.nginx.https().unwrap()
    }

    /// `fleet tls` at its port, trusting its authority and nobody else.
    fn tls(&self, words: &str) -> Binary {
        let port = self.https().port();
        self.home.fleet(&format!("tls localhost:{port} {words}")).arg("--ca-only").arg(self.ca.path())
    }
}

/// With half a day beyond 29 days left, so that the second of the test does not matter.
fn localhost(ca: &TestCa) -> Leaf {
    let validity = Duration::from_secs(29 * 86_400 + 43_200);
    ca.leaf().name("localhost").address([127, 0, 0, 1]).valid_for(validity).issue().unwrap()
}

#[test]
fn a_good_server_is_shown_to_people() {
    let Some(site) = Site::new(|ca| localhost(&ca.intermediate().unwrap())) else { return };
    // A zone of its own, so that the local time is seen.
    let output = site.tls("").env("TZ", "XXX-5:30").run().unwrap();
    assert_eq!((output.code(), output.stderr.as_str()), (Some(0), ""), "{output:?}");
    let page = &output.stdout;
    assert!(page.starts_with(&format!("localhost:{}\n", site.https().port())), "{page}");
    let fields = [
        &format!("address       {}", site.https()),
        "server name   localhost",
        "protocol      TLS 1.3, TLS_",
        "times         resolve ",
        "certificate 1 of 2",
        "subject       CN=localhost",
        "issuer        CN=purlin test intermediate CA",
        "names         localhost, 127.0.0.1",
        "valid from    20",
        "+05:30",
        "(29 days left)",
        "key           EC 256, signed with ecdsa-with-SHA256",
        "sha256        ",
        "certificate 2 of 2",
        "(an authority)",
    ];
    for field in fields {
        assert!(page.contains(field), "no {field:?} in {page}");
    }
}

#[test]
fn a_good_server_is_shown_to_machines() {
    let Some(site) = Site::new(localhost) else { return };
    let output = site.tls("--json").env("TZ", "XXX-5:30").run().unwrap();
    assert_eq!((output.code(), output.stderr.as_str()), (Some(0), ""), "{output:?}");
    let document = json(&output);
    let schema = schema(&site.home, "tls");
    assert_eq!(faults(&schema, &schema, &document, "tls"), Vec::<String>::new());
    assert_eq!((&document["format"], &document["version"]), (&json!("fleet.tls"), &json!(1)));
    assert_eq!(document["address"], json!(site.https().to_string()));
    assert_eq!((&document["server_name"], &document["protocol"]), (&json!("localhost"), &json!("TLS 1.3")));
    assert_eq!((&document["fault"], &document["alpn"]), (&json!(null), &json!(null)));
    let chain = document["chain"].as_array().unwrap();
    assert_eq!(chain.len(), 1);
    assert_eq!(chain[0]["names"], json!(["localhost", "127.0.0.1"]));
    assert_eq!((&chain[0]["days_left"], &chain[0]["is_ca"]), (&json!(29), &json!(false)));
    assert!(chain[0]["not_after"].as_str().unwrap().ends_with('Z'), "{document}");
    for phase in ["resolve", "connect", "handshake"] {
        assert!(document["phases_ms"][phase].as_f64().unwrap() > 0.0, "{document}");
    }
}

#[test]
fn what_it_does_and_how_long_it_takes_is_told_on_demand() {
    let Some(site) = Site::new(localhost) else { return };
    let told = |words: &str| {
        let output = site.tls(words).run().unwrap();
        assert_eq!(output.code(), Some(0), "{output:?}");
        output
    };
    let info = told("-v").stderr;
    assert!(info.lines().count() == 2 && info.contains("endpoint=localhost:"), "{info}");
    let debug = told("-vv").stderr;
    let lines = json_lines(&told("-vv --log-format json"));
    for span in ["purlin.net.dial", "purlin.tls.handshake", "purlin.tls.inspect"] {
        let closing = |line: &str| line.contains(&format!("{span}: ")) && line.contains(": close time.busy=");
        assert!(debug.lines().any(closing), "{debug}");
        let closed = |line: &&serde_json::Value| {
            line["message"] == "close" && line["spans"].as_array().unwrap().last().unwrap() == span
        };
        let line = lines.iter().find(closed).unwrap();
        assert!(line["time.idle"].is_string(), "{line}");
    }
}

#[test]
fn the_protocol_is_the_one_agreed_on() {
    let Some(site) = Site::with(NginxSettings::new().tls_versions([TlsVersion::V1_2]), localhost) else {
        return;
    };
    assert_eq!(json(&site.tls("--json").run().unwrap())["protocol"], "TLS 1.2");
}

/// The chain is shown all the same, the fault has its code in both places, and the exit code is 1.
#[track_caller]
fn found(binary: &Binary, code: &str, words: &str) {
    let people = binary.run().unwrap();
    assert_eq!(people.code(), Some(1), "{people:?}");
    assert!(people.stdout.contains("certificate 1 of 1") && people.stdout.contains("sha256"), "{people:?}");
    assert!(people.stderr.starts_with(&format!("error[{code}]: ")), "{people:?}");
    assert!(people.stderr.contains(words), "{people:?}");
    let machine = binary.clone().args(["--json", "--log-format", "json"]).run().unwrap();
    assert_eq!(machine.code(), Some(1));
    let document = json(&machine);
    assert_eq!(document["fault"]["code"], code);
    assert!(document["fault"]["message"].as_str().unwrap().contains(words), "{document}");
    assert_eq!(document["chain"].as_array().unwrap().len(), 1);
    let told = &json_lines(&machine)[0];
    assert_eq!(
        (&told["code"], &told["kind"], &told["level"]),
        (&json!(code), &json!("tls"), &json!("error"))
    );
    // Nobody reads the answer: it is still no.
    let unread = binary.clone().closed_stdout().run().unwrap();
    assert_eq!(unread.code(), Some(1), "{unread:?}");
}

#[test]
fn an_expired_certificate_is_no() {
    let Some(site) = Site::new(|ca| ca.leaf().name("localhost").expired().issue().unwrap()) else { return };
    found(&site.tls(""), "expired", "the certificate expired at 20");
    let document = json(&site.tls("--json").run().unwrap());
    assert!(document["chain"][0]["days_left"].as_i64().unwrap() < 0, "{document}");
    assert!(site.tls("").run().unwrap().stdout.contains(" ago)"));
}

#[test]
fn a_certificate_of_tomorrow_is_no() {
    let Some(site) = Site::new(|ca| ca.leaf().name("localhost").not_yet_valid().issue().unwrap()) else {
        return;
    };
    found(&site.tls(""), "not-yet-valid", "not valid before 20");
}

#[test]
fn a_wrong_name_is_no_unless_it_is_the_one_expected() {
    let Some(site) = Site::new(|ca| ca.leaf().name("other.example").issue().unwrap()) else { return };
    found(&site.tls(""), "wrong-name", "the certificate is for other.example, not for localhost");
    assert_eq!(site.tls("--server-name other.example").run().unwrap().code(), Some(0));
    site.home.fleet_toml("[tls]\nserver_name = 'other.example'");
    assert_eq!(site.tls("").run().unwrap().code(), Some(0));
}

#[test]
fn an_unknown_issuer_is_no_until_it_is_trusted() {
    let Some(site) = Site::new(localhost) else { return };
    let stranger = TestCa::new().unwrap();
    let bare = site.home.fleet(&format!("tls localhost:{}", site.https().port()));
    found(&bare.clone().arg("--ca-only").arg(stranger.path()), "unknown-issuer", "no trusted authority");
    let both = bare.clone().arg("--ca-only").arg(stranger.path()).arg("--ca-only").arg(site.ca.path());
    assert_eq!(both.run().unwrap().code(), Some(0));
    let environment = bare.clone().env("FLEET_TLS_CA_ONLY", site.ca.path());
    assert_eq!(environment.run().unwrap().code(), Some(0));
    for flag in ["--ca", "--ca-only"] {
        let input = bare.clone().args([flag, "-"]).stdin(site.ca.pem());
        assert_eq!(input.run().unwrap().code(), Some(0));
    }
    refused(&bare.clone().args(["--ca", "-"]).stdin("no certificate"), 2, &["no certificate in it"]);
    // A file names it relative to itself; the flag beats the file.
    site.home.write("up/here/ca.pem", &site.ca.pem());
    site.home.fleet_toml("[tls]\nca_only = ['ca.pem']");
    assert_eq!(bare.run().unwrap().code(), Some(0));
    found(&bare.arg("--ca-only").arg(stranger.path()), "unknown-issuer", "no trusted authority");
}

#[test]
fn an_authority_that_cannot_be_read_is_bad_input() {
    let home = Home::new();
    let port = ReservedPort::new().unwrap();
    let tls = |file: &str| home.fleet(&format!("tls {} --ca {file}", port.address()));
    refused(&tls("none.pem"), 2, &["error[ca-unreadable]: tls.settings: none.pem: no such file"]);
    let empty = home.write("empty.pem", "no certificate\n");
    refused(&tls(text(&empty)), 2, &["error[ca-unreadable]", "empty.pem: no certificate in it"]);
    let garbled = home.write("garbled.pem", GARBLED);
    refused(&tls(text(&garbled)), 2, &["garbled.pem:1: error[", "error[ca-unreadable]: tls.settings: "]);
}

#[test]
fn one_bad_authority_beside_a_good_one_is_a_warning() {
    let Some(site) = Site::new(localhost) else { return };
    let mixed = site.home.write("mixed.pem", &(GARBLED.to_owned() + &site.ca.pem()));
    let tls = site.home.fleet(&format!("tls localhost:{} --ca-only {}", site.https().port(), text(&mixed)));
    let output = tls.run().unwrap();
    assert_eq!(output.code(), Some(0), "{output:?}");
    assert!(output.stderr.contains("mixed.pem:1: warning["), "{output:?}");
    assert_eq!(tls.arg("-q").run().unwrap().stderr, "");
}

#[test]
fn a_closed_port_is_out_of_reach() {
    let home = Home::new();
    let port = ReservedPort::new().unwrap();
    let address = port.address();
    let tls = home.fleet(&format!("tls {address}"));
    refused(&tls, 3, &[&format!("error[refused]: tcp.connect {address}: connection refused")]);
    let lines = json_lines(&refused(&tls.args(["--json", "--log-format", "json"]), 3, &[]));
    assert_eq!(lines.len(), 1);
    assert_eq!((&lines[0]["kind"], &lines[0]["operation"]), (&json!("refused"), &json!("tcp.connect")));
    assert_eq!(lines[0]["endpoint"], json!(address.to_string()));
}

#[test]
fn a_name_without_an_address_is_out_of_reach() {
    let home = Home::new();
    // RFC 2606: no such name can ever be.
    // Where the machine's resolver drops the question, it gives up soon.
    let tls = home.fleet("tls purlin.invalid --timeout 60s").env("RES_OPTIONS", "timeout:1 attempts:1");
    refused(&tls, 3, &["error[unresolved]: dns.resolve purlin.invalid:443"]);
}

#[test]
fn a_silent_server_is_left_at_the_deadline() {
    // The system's certificates take a share of the time to read.
    let (home, ca) = (Home::new(), TestCa::new().unwrap());
    let fleet = |words: &str| home.fleet(&format!("tls {words}")).arg("--ca-only").arg(ca.path());
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap();
    let told = format!("error[timeout]: tls.handshake {address}: no answer within ");
    refused(&fleet(&format!("{address} --timeout 300ms")), 3, &[&told, "300ms"]);
    home.fleet_toml("timeout = '200ms'\n[context.slow]\ntimeout = '400ms'");
    let tls = fleet(&address.to_string());
    refused(&tls, 3, &[&told, "200ms"]);
    refused(&tls.clone().args(["--context", "slow"]), 3, &[&told, "400ms"]);
    refused(&tls.env("FLEET_TIMEOUT", "100ms"), 3, &[&told, "100ms"]);
}

#[test]
fn a_server_that_does_not_speak_tls_is_out_of_reach() {
    let home = Home::new();
    let Some(nginx) = NginxSettings::new().start().unwrap() else { return };
    let tls = home.fleet(&format!("tls {}", nginx.http()));
    refused(&tls, 3, &[&format!("error[not-tls]: tls.handshake {}: ", nginx.http())]);
}

#[test]
fn half_a_handshake_is_out_of_reach() {
    let Some(site) = Site::new(localhost) else { return };
    let proxy = FaultProxy::start(site.https()).unwrap();
    // The system's certificates take a share of the time to read.
    let tls = site.home.fleet(&format!("tls {}", proxy.address())).arg("--ca-only").arg(site.ca.path());
    let short = tls.clone().args(["--timeout", "500ms"]);
    let told = |code: &str| format!("error[{code}]: tls.handshake {}: ", proxy.address());
    proxy.to_client([Fault::cut().at(100)]);
    refused(&tls, 3, &[&told("unavailable"), "closed the connection during the handshake"]);
    proxy.to_client([Fault::reset().at(100)]);
    refused(&tls, 3, &[&told("unavailable")]);
    proxy.to_client([Fault::stall().at(100)]);
    refused(&short, 3, &[&told("timeout"), "no answer within ", "500ms"]);
    proxy.to_client([Fault::garbage().at(100)]);
    refused(&tls, 3, &["tls.handshake"]);
    proxy.clear();
    proxy.accept(Accept::Ignore).unwrap();
    refused(&short, 3, &[&told("timeout")]);
}

#[test]
fn a_client_certificate_is_shown_where_it_is_wanted() {
    let strangers = TestCa::new().unwrap();
    let settings = NginxSettings::new().client_ca(strangers.path());
    let Some(site) = Site::with(settings, localhost) else { return };
    let me = strangers.leaf().name("me").client().issue().unwrap();
    let key = format!("{{ file = '{}' }}", text(me.key_path()));
    let tls = site.tls("").env("FLEET_TLS_CLIENT_CERTIFICATE", me.path());
    assert_eq!(tls.clone().env("FLEET_TLS_CLIENT_KEY", key).run().unwrap().code(), Some(0));
    let none = tls.env("FLEET_TLS_CLIENT_KEY", "{ file = 'none.key' }");
    refused(&none, 2, &["none.key"]);
}
