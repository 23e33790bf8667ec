//! Bytes in both directions, until one side is gone.

use super::{Bounds, Opened, frame, of_own};
use crate::channel::Channel;
use crate::fault::lost;
use purlin_core::{Error, ErrorKind, Outcome, Result};
use std::future::poll_fn;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;
use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

const BUFFER: usize = 32 * 1024;

/// Carries on until one side is gone. A fault is told before the driver's socket is dropped.
pub(super) async fn pump(opened: Opened, bounds: Bounds, broke: impl Fn(Error)) {
    let Opened { mut driver, server, accept } = opened;
    if let Err(error) = driver.write_all(&accept).await {
        return broke(of_own(error));
    }
    let (mut from_driver, mut to_driver) = driver.into_split();
    let (from_server, to_server) = tokio::io::split(server);
    let answered = AtomicU64::new(0);
    let mut asking = pin!(ask(&mut from_driver, to_server, &answered));
    let mut telling = pin!(tell(from_server, &mut to_driver, &answered, bounds));
    let ended = poll_fn(|context| match telling.as_mut().poll(context) {
        Poll::Pending => asking.as_mut().poll(context),
        told => told,
    });
    if let Err(error) = ended.await {
        broke(error);
    }
}

/// From the driver to the server, as it is.
async fn ask(driver: &mut OwnedReadHalf, mut server: WriteHalf<Channel>, answered: &AtomicU64) -> Result<()> {
    let mut buffer = vec![0; BUFFER];
    loop {
        let length = driver.read(&mut buffer).await.map_err(of_own)?;
        if length == 0 {
            let _ = server.shutdown().await;
            return Ok(());
        }
        answered.store(0, Ordering::Relaxed);
        let sent = async {
            server.write_all(&buffer[..length]).await?;
            server.flush().await
        };
        sent.await.map_err(of_server)?;
    }
}

/// From the server to the driver, packet by packet.
async fn tell(
    mut server: ReadHalf<Channel>,
    driver: &mut OwnedWriteHalf,
    answered: &AtomicU64,
    bounds: Bounds,
) -> Result<()> {
    let mut read = Vec::with_capacity(BUFFER);
    loop {
        if server.read_buf(&mut read).await.map_err(of_server)? == 0 {
            return Err(lost("the server closed the connection"));
        }
        let whole = whole(&read, bounds.packet)?;
        let counted = u64::try_from(whole).unwrap_or(u64::MAX);
        if answered.fetch_add(counted, Ordering::Relaxed).saturating_add(counted) > bounds.answer {
            return Err(too_long(bounds.answer));
        }
        driver.write_all(&read[..whole]).await.map_err(of_own)?;
        read.drain(..whole);
    }
}

/// How many bytes of whole packets there are.
fn whole(bytes: &[u8], largest: usize) -> Result<usize> {
    let mut end = 0;
    while let Some(length) = frame::length(&bytes[end..], largest)? {
        if bytes.len() - end < length {
            break;
        }
        end += length;
    }
    Ok(end)
}

fn too_long(longest: u64) -> Error {
    let message = format!(
        "an answer of more than {longest} bytes: ask for fewer rows at once (fetch_size), or allow more (max_answer)"
    );
    Error::new(ErrorKind::RateLimited, message).with_operation("db.read").with_outcome(Outcome::Maybe)
}

fn of_server(error: std::io::Error) -> Error {
    let error = purlin_tls::stream_error("db.read", error);
    match error.kind() {
        ErrorKind::Unavailable | ErrorKind::Timeout | ErrorKind::Refused => {
            lost("the connection to the server broke").with_source(error)
        }
        _ => error,
    }
}
