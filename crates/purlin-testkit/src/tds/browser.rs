//! A SQL Server Browser that knows one instance.

use purlin_core::{Error, Result};
use std::net::UdpSocket;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// How soon it sees that it is to end.
const LOOK: Duration = Duration::from_millis(50);

/// A SQL Server Browser on 127.0.0.1 that tells the port of one instance (MC-SQLR) and is silent about all others, as
/// the real one is. Dropping it ends it.
#[derive(Debug)]
pub struct FakeBrowser {
    port: u16,
    stopped: Arc<AtomicBool>,
    answering: Option<JoinHandle<()>>,
}

impl FakeBrowser {
    /// Says of that instance that it listens at that port. The first questions, so many, are lost.
    ///
    /// # Errors
    /// The system's, where there is no port left.
    pub fn start(instance: &'static str, at: u16, lost: usize) -> Result<Self> {
        let failed = |error| Error::io("fake.browser", error);
        let socket = UdpSocket::bind("127.0.0.1:0").map_err(failed)?;
        socket.set_read_timeout(Some(LOOK)).map_err(failed)?;
        let port = socket.local_addr().map_err(failed)?.port();
        let stopped = Arc::new(AtomicBool::new(false));
        let stop = stopped.clone();
        let answering = std::thread::spawn(move || answer(&socket, &stop, instance, at, lost));
        Ok(Self { port, stopped, answering: Some(answering) })
    }

    /// Where it listens, on UDP.
    pub fn port(&self) -> u16 {
        self.port
    }
}

fn answer(socket: &UdpSocket, stop: &AtomicBool, instance: &str, at: u16, mut lost: usize) {
    let mut question = [0; 64];
    let wanted = [&[4][..], instance.as_bytes(), &[0]].concat();
    while !stop.load(Ordering::SeqCst) {
        let Ok((size, from)) = socket.recv_from(&mut question) else { continue };
        let asked = question.get(..size).unwrap_or_default();
        if lost > 0 || !asked.eq_ignore_ascii_case(&wanted) {
            lost = lost.saturating_sub(1);
            continue;
        }
        let text =
            format!("ServerName;FAKE;InstanceName;{instance};IsClustered;No;Version;16.0.1000.6;tcp;{at};;");
        let size = (text.len() as u16).to_le_bytes();
        // Whoever is gone is told nothing.
        let _ = socket.send_to(&[&[5][..], &size, text.as_bytes()].concat(), from);
    }
}

impl Drop for FakeBrowser {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        if let Some(answering) = self.answering.take() {
            let _ = answering.join();
        }
    }
}
