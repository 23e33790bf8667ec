//! A line that takes its time: what goes in comes out later, and any amount is under way meanwhile.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, Instant};

/// What is under way at most in one direction, in pieces of up to 64 KiB.
const PIECES: usize = 1024;

/// Listens, and passes on what comes after that time, in either direction.
pub(crate) fn start(to: SocketAddr, delay: Duration) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("a port");
    std::thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            let Ok(server) = TcpStream::connect(to) else { continue };
            for stream in [&client, &server] {
                stream.set_nodelay(true).expect("a socket");
            }
            let (back, forth) = (server.try_clone(), client.try_clone());
            pass(client, server, delay);
            pass(back.expect("a socket"), forth.expect("a socket"), delay);
        }
    });
    address
}

fn pass(mut from: TcpStream, to: TcpStream, delay: Duration) {
    let (pieces, coming): (SyncSender<(Instant, Vec<u8>)>, _) = sync_channel(PIECES);
    std::thread::spawn(move || {
        let mut piece = vec![0; 64 * 1024];
        while let Ok(count @ 1..) = from.read(&mut piece) {
            if pieces.send((Instant::now() + delay, piece[..count].to_vec())).is_err() {
                break;
            }
        }
    });
    std::thread::spawn(move || write(&coming, to));
}

fn write(coming: &Receiver<(Instant, Vec<u8>)>, mut to: TcpStream) {
    while let Ok((at, piece)) = coming.recv() {
        std::thread::sleep(at.saturating_duration_since(Instant::now()));
        if to.write_all(&piece).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}
