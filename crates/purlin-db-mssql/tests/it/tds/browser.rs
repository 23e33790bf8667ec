//! A SQL Server Browser that knows one instance.

use std::net::UdpSocket;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

#[derive(Debug)]
pub(crate) struct Browser {
    port: u16,
    stopped: Arc<AtomicBool>,
    answering: Option<JoinHandle<()>>,
}

impl Browser {
    /// Says of that instance that it listens there. The first questions, so many, are lost.
    pub(crate) fn start(instance: &'static str, at: u16, lost: usize) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
        let port = socket.local_addr().unwrap().port();
        let stopped = Arc::new(AtomicBool::new(false));
        let stop = stopped.clone();
        let answering = std::thread::spawn(move || {
            let (mut question, mut lost) = ([0; 64], lost);
            while !stop.load(Ordering::SeqCst) {
                let Ok((size, from)) = socket.recv_from(&mut question) else { continue };
                let wanted = [&[4][..], instance.as_bytes(), &[0]].concat();
                if lost > 0 || !question[..size].eq_ignore_ascii_case(&wanted) {
                    lost = lost.saturating_sub(1);
                    continue;
                }
                let text = format!(
                    "ServerName;FAKE;InstanceName;{instance};IsClustered;No;Version;16.0.1000.6;tcp;{at};;"
                );
                let size = (text.len() as u16).to_le_bytes();
                let answer = [&[5][..], &size, text.as_bytes()].concat();
                socket.send_to(&answer, from).unwrap();
            }
        });
        Self { port, stopped, answering: Some(answering) }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        if let Some(answering) = self.answering.take() {
            let _ = answering.join();
        }
    }
}
