//! `fleet db listener`, against listeners that answer what a test says. They need the feature `oracle`.

use crate::schema::faults;
use crate::support::{Home, good, json, refused};
use purlin_testkit::ReservedPort;
use serde_json::Value;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::thread::JoinHandle;

/// Hears one question, answers with these bytes, and keeps the connection until the other side leaves.
fn listener(answer: Vec<u8>) -> (SocketAddr, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let thread = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut question = vec![0; 4096];
        let size = stream.read(&mut question).unwrap();
        stream.write_all(&answer).unwrap();
        let _ = stream.read(&mut [0; 16]);
        String::from_utf8_lossy(&question[..size]).into_owned()
    });
    (address, thread)
}

fn packet(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = ((8 + body.len()) as u16).to_be_bytes().to_vec();
    bytes.extend_from_slice(&[0, 0, kind, 0, 0, 0]);
    bytes.extend_from_slice(body);
    bytes
}

fn refuse(text: &str) -> Vec<u8> {
    let mut body = vec![0x22, 0];
    body.extend_from_slice(&(text.len() as u16).to_be_bytes());
    body.extend_from_slice(text.as_bytes());
    packet(4, &body)
}

fn accept() -> Vec<u8> {
    let mut body = vec![0; 37];
    body[..2].copy_from_slice(&319_u16.to_be_bytes());
    packet(2, &body)
}

/// The document, which fits its schema, and the question.
#[track_caller]
fn asked(home: &Home, answer: Vec<u8>, words: &str, code: i32) -> (Value, String) {
    let (address, thread) = listener(answer);
    let output = home.fleet(&format!("db listener {address} {words} --json")).run().unwrap();
    assert_eq!((output.code(), output.stderr.is_empty()), (Some(code), code == 0), "{output:?}");
    let (document, schema) = (json(&output), json(&good(&home.fleet("schema db-listener"))));
    assert_eq!(faults(&schema, &schema, &document, ""), Vec::<String>::new());
    (document, thread.join().unwrap())
}

#[test]
fn a_listener_that_knows_the_service_is_up() {
    let home = Home::new();
    let (document, question) = asked(&home, accept(), "--service map.example.org", 0);
    assert_eq!((&document["answer"], &document["code"]), (&"up".into(), &Value::Null));
    assert_eq!((&document["protocol"], &document["stage"]), (&319.into(), &Value::Null));
    assert!(question.contains("(SERVICE_NAME=map.example.org)"), "{question}");
    let (_, question) = asked(&home, accept(), "--sid map", 0);
    assert!(question.contains("(SID=map)"), "{question}");
    let alive = refuse("(DESCRIPTION=(TMP=)(VSNNUM=318767104)(ERR=0)(ALIAS=LISTENER))");
    let (document, question) = asked(&home, alive, "", 0);
    assert_eq!((&document["answer"], &document["release"]), (&"up".into(), &"19.0.0.0.0".into()));
    assert!(question.contains("(COMMAND=PING)"), "{question}");
}

#[test]
fn each_refusal_has_its_word_and_its_number() {
    let home = Home::new();
    for (code, word) in [
        (12514, "no_such_service"),
        (12505, "no_such_sid"),
        (12516, "full"),
        (12528, "restricted"),
        (12541, "refused"),
    ] {
        let (document, _) = asked(&home, refuse(&format!("(DESCRIPTION=(ERR={code}))")), "--service map", 1);
        assert_eq!((&document["answer"], &document["code"]), (&word.into(), &code.into()));
    }
    let (document, _) = asked(&home, b"SSH-2.0-OpenSSH_9.9\r\n".to_vec(), "", 1);
    assert_eq!(document["answer"], "not_oracle");
    let mut required = accept();
    required[22] = 0x10;
    assert_eq!(asked(&home, required, "--service map", 1).0["answer"], "encryption_required");
}

#[test]
fn who_cannot_be_reached_is_exit_code_3() {
    let home = Home::new();
    let port = ReservedPort::new().unwrap();
    let output = home.fleet(&format!("db listener {} --service map --json", port.address())).run().unwrap();
    assert_eq!((output.code(), &json(&output)["answer"]), (Some(3), &"no_listener".into()), "{output:?}");
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let words = format!("db listener {} --timeout 2s --json", silent.local_addr().unwrap());
    let output = home.fleet(&words).run().unwrap();
    let document = json(&output);
    assert_eq!(
        (output.code(), &document["answer"], &document["stage"]),
        (Some(3), &"silent".into(), &"reply".into())
    );
    assert!(output.stderr.contains("no answer in time"), "{}", output.stderr);
    refused(&home.fleet("db listener no-such-host.invalid"), 3, &["unresolved"]);
}

#[test]
fn people_get_a_page() {
    let home = Home::new();
    let (address, thread) = listener(refuse("(DESCRIPTION=(VSNNUM=352321536)(ERR=12514))"));
    let output = home.fleet(&format!("db listener {address} --service map")).run().unwrap();
    thread.join().unwrap();
    assert_eq!(output.code(), Some(1));
    assert!(
        output.stdout.contains("no_such_service") && output.stdout.contains("21.0.0.0.0"),
        "{}",
        output.stdout
    );
    assert!(
        output.stderr.contains("(ORA-12514)") && output.stderr.contains("lsnrctl services"),
        "{}",
        output.stderr
    );
}

#[test]
fn what_cannot_be_asked_is_bad_usage() {
    let home = Home::new();
    refused(&home.fleet("db listener db1:port"), 2, &["error[usage]: HOST:PORT: ", "db1.lon:1521"]);
    refused(&home.fleet("db listener app:secret@db1"), 2, &["HOST:PORT"]);
    refused(&home.fleet("db listener db1").args(["--service", "m)(COMMAND=stop"]), 2, &["--service: "]);
    refused(&home.fleet("db listener db1 --service a --sid b"), 2, &["cannot be used with"]);
    refused(&home.fleet("db listener db1 --ca x.pem"), 2, &["--tls"]);
    refused(&home.fleet("db listener db1 --timeout 5"), 2, &["unit"]);
}
