//! One direction of a connection: moves bytes between two sockets as its [`Course`] says.

use super::connection::Orders;
use super::counters::Flow;
use super::course::{Act, Course};
use super::fault::Fault;
use rustix::net::{Shutdown, shutdown};
use std::future::pending;
use std::io;
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio::sync::watch;

/// How much is read at once.
pub(super) const CHUNK: usize = 16 * 1024;

/// Which orders are those of a direction.
type Pick = fn(&Orders) -> &Arc<[Fault]>;

/// How a direction, and with it a connection, ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// The sender's end was passed on; the other direction may go on.
    Finished,
    Close,
    Reset,
}

impl End {
    fn of(act: &Act) -> Option<Self> {
        match act {
            Act::Close => Some(Self::Close),
            Act::Reset => Some(Self::Reset),
            _ => None,
        }
    }
}

pub(super) struct Lane<'a> {
    from: &'a TcpStream,
    to: &'a TcpStream,
    orders: watch::Receiver<Orders>,
    pick: Pick,
    flow: &'a Flow,
    course: Course,
}

impl<'a> Lane<'a> {
    pub(super) fn new(
        from: &'a TcpStream,
        to: &'a TcpStream,
        orders: &watch::Receiver<Orders>,
        pick: Pick,
        flow: &'a Flow,
    ) -> Self {
        Self { from, to, orders: orders.clone(), pick, flow, course: Course::default() }
    }

    pub(super) async fn run(mut self) -> End {
        let mut buffer = vec![0; CHUNK];
        loop {
            self.follow();
            let act = self.course.next();
            let done = match act {
                Act::Read => self.read(&mut buffer).await,
                Act::Write(bytes) => self.write(&bytes).await,
                Act::Wait(time) => {
                    tokio::select! {
                        biased;
                        () = self.change() => {}
                        () = tokio::time::sleep(time) => {}
                    }
                    None
                }
                Act::Stall => {
                    self.change().await;
                    None
                }
                Act::Close => Some(End::Close),
                Act::Reset => Some(End::Reset),
            };
            if let Some(end) = done {
                return end;
            }
        }
    }

    fn follow(&mut self) {
        self.course.follow((self.pick)(&self.orders.borrow_and_update()));
    }

    /// Waits until there are other faults than those that are followed.
    async fn change(&mut self) {
        let known = self.course.orders();
        let other = |orders: &Orders| !Arc::ptr_eq((self.pick)(orders), known);
        let dropped = self.orders.wait_for(other).await.is_err();
        if dropped {
            // The proxy is going, and this with it.
            pending().await
        }
    }

    async fn read(&mut self, buffer: &mut [u8]) -> Option<End> {
        let from = self.from;
        let count = tokio::select! {
            biased;
            () = self.change() => return None,
            count = read(from, buffer) => count,
        };
        match count {
            Ok(0) => Some(finish(self.to)),
            Ok(count) => {
                self.course.push(&buffer[..count]);
                None
            }
            Err(_) => Some(End::Reset),
        }
    }

    /// Writes all of it, unless the faults change meanwhile and end the connection.
    async fn write(&mut self, bytes: &[u8]) -> Option<End> {
        let (to, mut rest) = (self.to, bytes);
        while !rest.is_empty() {
            let count = tokio::select! {
                biased;
                () = self.change() => None,
                count = write(to, rest) => Some(count),
            };
            match count {
                Some(Ok(count)) => {
                    self.flow.wrote(count);
                    rest = &rest[count..];
                }
                Some(Err(_)) => return Some(End::Reset),
                None => {
                    self.follow();
                    let end = self.course.end().as_ref().and_then(End::of);
                    if end.is_some() {
                        return end;
                    }
                }
            }
        }
        None
    }
}

/// Passes the end of a direction on.
pub(super) fn finish(stream: &TcpStream) -> End {
    match shutdown(stream, Shutdown::Write) {
        Ok(()) => End::Finished,
        Err(_) => End::Reset,
    }
}

pub(super) async fn read(stream: &TcpStream, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        stream.readable().await?;
        match stream.try_read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            result => return result,
        }
    }
}

async fn write(stream: &TcpStream, bytes: &[u8]) -> io::Result<usize> {
    loop {
        stream.writable().await?;
        match stream.try_write(bytes) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            result => return result,
        }
    }
}
