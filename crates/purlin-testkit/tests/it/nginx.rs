use purlin_testkit::{NginxSettings, Server};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

fn get(address: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    write!(stream, "GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn it_answers_over_plain_http() {
    let body = "costs 5$ and a \"quote\"\\\r\n";
    let Some(nginx) = NginxSettings::new().path("/odd", 503, body).start().unwrap() else {
        return;
    };
    let health = get(nginx.http(), "/health");
    assert!(health.starts_with("HTTP/1.1 200 OK\r\n"), "{health}");
    assert!(health.ends_with("\r\n\r\nok\n"), "{health}");
    let odd = get(nginx.http(), "/odd");
    assert!(odd.starts_with("HTTP/1.1 503 "), "{odd}");
    assert!(odd.ends_with(&format!("\r\n\r\n{body}")), "{odd}");
    assert!(get(nginx.http(), "/other").starts_with("HTTP/1.1 404 "));
    let _: &Server = nginx.server();
}
