//! The exporter that most people probe with.

use crate::packages;
use purlin_testkit::{Program, Server, ServerSettings};
use std::io::{Error, ErrorKind, Read, Result, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::Duration;

const NAME: &str = "prometheus-blackbox-exporter";

const CONFIG: &str = "modules:
  http_2xx:
    prober: http
    http:
      preferred_ip_protocol: ip4
  tcp_connect:
    prober: tcp
";

#[derive(Debug, Clone, Copy)]
pub(crate) enum Module {
    Http,
    Tcp,
}

pub(crate) struct Blackbox {
    server: Server,
}

impl Blackbox {
    /// None, with a note, where there is none.
    pub(crate) fn start(folder: &Path) -> Result<Option<Self>> {
        let Some(binary) = packages::program(folder, NAME, &format!("usr/bin/{NAME}")) else {
            return Ok(None);
        };
        let settings = ServerSettings::new("blackbox", move |instance| {
            let file = instance.write("blackbox.yml", CONFIG)?;
            let listen = format!("--web.listen-address=127.0.0.1:{}", instance.port("http"));
            let config = format!("--config.file={}", file.display());
            Ok(Program::new(&binary).args([listen, config]).arg("--log.level=error"))
        });
        let settings = settings.port("http").ready_when(|instance| instance.listens("http"));
        Ok(Some(Self { server: settings.start().map_err(Error::other)? }))
    }

    /// Milliseconds of its CPU for each probe, asked for over one connection.
    pub(crate) fn each_probe(&mut self, module: Module, at: SocketAddr) -> f64 {
        const PROBES: u32 = 2000;
        self.probes(module, at, 200)
            .and_then(|()| {
                let begun = self.spent()?;
                self.probes(module, at, PROBES)?;
                Ok((self.spent()? - begun).as_secs_f64() * 1e3 / f64::from(PROBES))
            })
            .unwrap_or_else(|error| {
                packages::note(&format!("{NAME}: {error}"));
                f64::NAN
            })
    }

    fn probes(&self, module: Module, at: SocketAddr, probes: u32) -> Result<()> {
        let mut stream = TcpStream::connect(self.server.address("http"))?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        let query = match module {
            Module::Http => format!("module=http_2xx&target=http://{at}/health"),
            Module::Tcp => format!("module=tcp_connect&target={at}"),
        };
        let request = format!("GET /probe?{query} HTTP/1.1\r\nHost: a\r\n\r\n");
        for _ in 0..probes {
            stream.write_all(request.as_bytes())?;
            let answer = answer(&mut stream)?;
            if !answer.contains("\nprobe_success 1") {
                return Err(Error::other("a probe failed"));
            }
        }
        Ok(())
    }

    fn spent(&self) -> Result<Duration> {
        // proc(5): fields 14 and 15, counted behind the name, which may hold spaces; 100 ticks a second.
        let pid = self.server.pid().ok_or_else(|| Error::other("it has ended"))?;
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
        let behind = stat.rsplit(") ").next().unwrap_or_default();
        let fields = behind.split_whitespace().skip(11).take(2);
        Ok(Duration::from_millis(10 * fields.filter_map(|ticks| ticks.parse::<u64>().ok()).sum::<u64>()))
    }
}

/// One answer, without its head: in chunks or of a told length.
fn answer(stream: &mut TcpStream) -> Result<String> {
    let mut text = Vec::new();
    let mut buffer = [0; 16 * 1024];
    loop {
        let length = stream.read(&mut buffer)?;
        if length == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        text.extend_from_slice(&buffer[..length]);
        let so_far = String::from_utf8_lossy(&text);
        let Some((head, body)) = so_far.split_once("\r\n\r\n") else { continue };
        let told = head.lines().find_map(|line| line.strip_prefix("Content-Length: "));
        let whole = match told.and_then(|told| told.trim().parse::<usize>().ok()) {
            Some(told) => body.get(..told).map(str::to_owned),
            None => joined(body),
        };
        if let Some(whole) = whole {
            return Ok(whole);
        }
    }
}

/// The chunks of a body, put together; none before the last one is there.
fn joined(mut body: &str) -> Option<String> {
    let mut whole = String::new();
    loop {
        let (length, rest) = body.split_once("\r\n")?;
        let length = usize::from_str_radix(length, 16).ok()?;
        if length == 0 {
            return rest.starts_with("\r\n").then_some(whole);
        }
        whole.push_str(rest.get(..length)?);
        body = rest.get(length + 2..)?;
    }
}
