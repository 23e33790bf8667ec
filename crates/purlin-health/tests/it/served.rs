//! What is shown and told over HTTP, on real sockets.

use purlin_core::{Cx, ErrorKind, Result, SecretRef, Subject, Timestamp, TlsSettings};
use purlin_health::endpoint::Endpoint;
use purlin_health::fake::FakeCheck;
use purlin_health::publish::{Heartbeat, Webhook};
use purlin_health::{
    Cadence, CheckSet, CheckSpec, Evidence, Group, Monitor, Publisher, State, Status, Transition,
};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

fn cx() -> Cx {
    Cx::background().with_timeout(Duration::from_secs(30))
}

async fn ask(address: std::net::SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn everybody_gets_what_they_ask_for() -> Result<()> {
    let cx = cx();
    let well = FakeCheck::answering(Evidence::new(Status::Ok, "fine"));
    let db = FakeCheck::answering(Evidence::new(Status::Critical, "down")).on("db1.lon");
    let checks = CheckSet::new()
        .with(CheckSpec::new("self", well).group(Group::Live).group(Group::Ready))
        .with(CheckSpec::new("db", db).group(Group::Ready));
    let monitor = Monitor::start(&cx, checks, Cadence::every(Duration::from_secs(1))).await?;
    monitor.settled(&cx).await?;
    let endpoint = Endpoint::bind(&cx, "127.0.0.1:0", monitor.handle()).await?;
    let get = |path: &str| format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    for (request, status, text) in [
        (get("/health/live"), "200 OK", "live OK: 1 up, 0 down, 0 unknown\n"),
        (get("/health/ready"), "503 Service Unavailable", "ready CRITICAL: 1 up, 1 down, 0 unknown\n"),
        (get("/health/startup"), "200 OK", "startup OK: 0 up, 0 down, 0 unknown\n"),
        (get("/health"), "503 Service Unavailable", "\"status\":\"fail\""),
        (get("/metrics"), "200 OK", "purlin_check_up{check=\"db\"} 0"),
        (get("/"), "404 Not Found", "there are /metrics"),
        (get("/health").replace("GET", "POST"), "405 Method Not Allowed", "only GET and HEAD"),
    ] {
        let answer = ask(endpoint.address(), &request).await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}")) && answer.contains(text),
            "{request}{answer}"
        );
    }
    let taken = Endpoint::bind(&cx, &endpoint.address().to_string(), monitor.handle()).await.unwrap_err();
    assert_eq!(taken.kind(), ErrorKind::Conflict);
    let address = endpoint.address();
    drop(endpoint);
    while TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    monitor.shutdown(&cx).await
}

#[tokio::test]
async fn a_check_of_another_machine_has_no_place_in_live() {
    let db = FakeCheck::answering(Evidence::new(Status::Ok, "fine")).on("db1.lon");
    let checks = CheckSet::new().with(CheckSpec::new("db", db).group(Group::Live));
    let error = Monitor::start(&cx(), checks, Cadence::every(Duration::from_secs(1))).await.unwrap_err();
    assert!(error.to_string().contains("live may hold no check of another machine"), "{error}");
}

fn transition() -> Transition {
    let subject = Subject::new("host", "web01");
    let document = serde_json::json!({
        "version": 1, "at": Timestamp::from_unix_seconds(1_795_370_045), "check": "app", "subject": subject,
        "from": "up", "to": "down", "status": "critical", "since": Timestamp::from_unix_seconds(1_795_370_000),
        "message": "nobody listens", "key": "app/1/down",
    });
    serde_json::from_value(document).unwrap()
}

/// Answers the next connection with this, and gives what it was asked.
async fn answering(listener: &TcpListener, answer: &str) -> String {
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut asked = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let got = stream.read(&mut buffer).await.unwrap();
        asked.extend_from_slice(&buffer[..got]);
        let text = String::from_utf8_lossy(&asked);
        let length =
            text.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
        let body = text.split_once("\r\n\r\n").map(|(_, body)| body.len());
        if got == 0 || body.is_some_and(|body| body >= length.unwrap_or(0)) {
            break;
        }
    }
    stream.write_all(answer.as_bytes()).await.unwrap();
    String::from_utf8(asked).unwrap()
}

#[tokio::test]
async fn a_webhook_posts_with_its_key_and_takes_only_success_for_an_answer() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let webhook = Webhook::to(&format!("http://{address}/hooks/secret-path"))?
        .bearer(SecretRef::literal("secret-token".to_owned()))
        .tls(TlsSettings::new());
    let cx = cx();
    let sent = transition();
    let ok = "HTTP/1.1 204 No Content\r\n\r\n";
    let (told, asked) = tokio::join!(webhook.publish(&cx, &sent), answering(&listener, ok));
    told?;
    let lower = asked.to_lowercase();
    assert!(asked.starts_with("POST /hooks/secret-path HTTP/1.1\r\n"), "{asked}");
    assert!(
        lower.contains("idempotency-key: \"app/1/down\"\r\n") && asked.contains("Bearer secret-token"),
        "{asked}"
    );
    let body: Transition = serde_json::from_str(asked.split_once("\r\n\r\n").unwrap().1).unwrap();
    assert_eq!((body.check.as_str(), body.to), ("app", State::Down));

    for (answer, kind) in [
        ("HTTP/1.1 500 Oh\r\nContent-Length: 4\r\n\r\nfull", ErrorKind::Unavailable),
        ("HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n", ErrorKind::Unauthenticated),
        ("HTTP/1.1 429 No\r\nContent-Length: 0\r\n\r\n", ErrorKind::RateLimited),
        ("HTTP/1.1 302 Go\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n", ErrorKind::Protocol),
        ("SSH-2.0-OpenSSH\r\n", ErrorKind::Unavailable),
        ("", ErrorKind::Unavailable),
    ] {
        let (told, _) = tokio::join!(webhook.publish(&cx, &sent), answering(&listener, answer));
        let error = told.unwrap_err();
        assert_eq!(error.kind(), kind, "{answer} {error}");
        let shown = format!("{error} {error:?} {webhook:?}");
        assert!(!shown.contains("secret"), "{shown}");
    }
    drop(listener);
    assert_eq!(webhook.publish(&cx, &sent).await.unwrap_err().kind(), ErrorKind::Refused);
    Ok(())
}

#[tokio::test]
async fn a_heartbeat_asks_once() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let heart = Heartbeat::to(&format!("http://{}/ping", listener.local_addr().unwrap()))?;
    let cx = cx();
    let (beat, asked) =
        tokio::join!(heart.beat(&cx), answering(&listener, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
    beat?;
    assert!(asked.starts_with("GET /ping HTTP/1.1\r\n"), "{asked}");
    for url in ["", "ftp://x/", "http://app:hunter2@x/"] {
        let error = Heartbeat::to(url).unwrap_err();
        assert!(error.kind() == ErrorKind::Invalid && !error.to_string().contains("hunter2"));
    }
    Ok(())
}
