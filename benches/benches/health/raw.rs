//! The same probes as loops on tokio, which schedule, judge and keep nothing: what is physically possible.

use crate::runtime;
use purlin_benches::cpu_time;
use std::io::Result;
use std::net::SocketAddr;
use std::process::Stdio;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// How many loops run side by side.
const SIDE_BY_SIDE: usize = 64;
const EACH: usize = 40;

/// Milliseconds of CPU for each probe of so many loops.
fn each<F: Future<Output = Result<()>> + 'static>(
    side_by_side: usize,
    probes: usize,
    one: impl Fn() -> F,
) -> f64 {
    let runtime = runtime().expect("a runtime");
    let local = tokio::task::LocalSet::new();
    local.block_on(&runtime, async {
        let begun = cpu_time();
        let loops: Vec<_> = (0..side_by_side).map(|_| tokio::task::spawn_local(one())).collect();
        for one in loops {
            if !matches!(one.await, Ok(Ok(()))) {
                return f64::NAN;
            }
        }
        (cpu_time() - begun).as_secs_f64() * 1e3 / (side_by_side * probes) as f64
    })
}

pub(crate) fn tcp(at: SocketAddr) -> f64 {
    each(SIDE_BY_SIDE, EACH, || async move {
        for _ in 0..EACH {
            TcpStream::connect(at).await?.set_zero_linger()?;
        }
        Ok(())
    })
}

pub(crate) fn http_new(at: SocketAddr) -> f64 {
    each(SIDE_BY_SIDE, EACH, || async move {
        let mut answer = Vec::with_capacity(1024);
        for _ in 0..EACH {
            let mut stream = TcpStream::connect(at).await?;
            stream.write_all(b"GET /health HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await?;
            answer.clear();
            stream.read_to_end(&mut answer).await?;
            is_200(&answer)?;
        }
        Ok(())
    })
}

pub(crate) fn http_kept(at: SocketAddr) -> f64 {
    const PROBES: usize = 4 * EACH;
    each(SIDE_BY_SIDE, PROBES, || async move {
        let mut stream = TcpStream::connect(at).await?;
        let mut answer = vec![0; 1024];
        for _ in 0..PROBES {
            stream.write_all(b"GET /health HTTP/1.1\r\nhost: a\r\n\r\n").await?;
            let length = stream.read(&mut answer).await?;
            is_200(&answer[..length])?;
        }
        Ok(())
    })
}

/// The process that starts children and hears what they say.
pub(crate) fn children(program: &'static str, runs: usize) -> f64 {
    const AT_ONCE: usize = 4;
    each(AT_ONCE, runs, move || async move {
        for _ in 0..runs {
            let mut command = tokio::process::Command::new(program);
            command.stdin(Stdio::null()).kill_on_drop(true);
            let output = command.output().await?;
            if !output.status.success() {
                return Err(std::io::Error::other("a child failed"));
            }
        }
        Ok(())
    })
}

fn is_200(answer: &[u8]) -> Result<()> {
    if answer.starts_with(b"HTTP/1.1 200") { Ok(()) } else { Err(std::io::Error::other("no 200")) }
}
