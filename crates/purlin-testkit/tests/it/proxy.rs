//! Faults between a client and a server.

use crate::gone::eventually;
use purlin_core::ErrorKind;
use purlin_testkit::{Accept, Fault, FaultProxy, ReservedPort};
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::time::Duration;

/// For machines that stand still.
const LIMIT: Duration = Duration::from_secs(30);

/// A server, a proxy before it, and a connection through both.
struct Path {
    listener: TcpListener,
    proxy: FaultProxy,
    client: TcpStream,
    server: TcpStream,
}

impl Path {
    fn new() -> Self {
        Self::with(|_| {})
    }

    /// With what is said to the proxy before the first connection.
    fn with(prepare: impl FnOnce(&FaultProxy)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let proxy = FaultProxy::start(listener.local_addr().unwrap()).unwrap();
        prepare(&proxy);
        let client = connect(&proxy);
        let server = listener.accept().unwrap().0;
        server.set_read_timeout(Some(LIMIT)).unwrap();
        Self { listener, proxy, client, server }
    }
}

fn connect(proxy: &FaultProxy) -> TcpStream {
    let client = TcpStream::connect(proxy.address()).unwrap();
    client.set_read_timeout(Some(LIMIT)).unwrap();
    client
}

fn read(stream: &mut TcpStream, count: usize) -> Vec<u8> {
    let mut bytes = vec![0; count];
    stream.read_exact(&mut bytes).unwrap();
    bytes
}

fn read_all(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).map(|_| bytes)
}

/// Nothing is there to be read now, and the connection is open.
fn is_silent(stream: &TcpStream) -> bool {
    stream.set_nonblocking(true).unwrap();
    let result = stream.peek(&mut [0]);
    stream.set_nonblocking(false).unwrap();
    result.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
}

fn was_reset(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe)
}

#[test]
fn without_faults_everything_is_passed_on() {
    let Path { proxy, mut client, mut server, .. } = Path::new();
    let request: Vec<u8> = (0..100_000_u32).flat_map(u32::to_le_bytes).collect();
    let sent = request.clone();
    let sender = std::thread::spawn(move || {
        client.write_all(&sent).unwrap();
        client.shutdown(Shutdown::Write).unwrap();
        client
    });
    assert!(read_all(&mut server).unwrap() == request);
    let mut client = sender.join().unwrap();
    // The other half is still open.
    server.write_all(b"answer").unwrap();
    drop(server);
    assert_eq!(read_all(&mut client).unwrap(), b"answer");
    let counters = proxy.wait_until(LIMIT, |counters| counters.open == 0).unwrap();
    assert_eq!((counters.accepted, counters.unreachable), (1, 0));
    assert_eq!(counters.to_server.bytes, request.len() as u64);
    assert_eq!((counters.to_client.bytes, counters.to_client.writes), (6, 1));
}

#[test]
fn a_reset_is_passed_on() {
    let Path { proxy: _proxy, mut client, server, .. } = Path::new();
    rustix::net::sockopt::set_socket_linger(&server, Some(Duration::ZERO)).unwrap();
    drop(server);
    assert!(was_reset(&read_all(&mut client).unwrap_err()));
}

#[test]
fn a_cut_ends_both_sides_in_order() {
    let Path { proxy: _proxy, mut client, mut server, .. } =
        Path::with(|proxy| proxy.to_client([Fault::cut().at(5)]));
    // Unread bytes at the proxy would turn its end into a reset.
    client.write_all(b"request").unwrap();
    assert_eq!(read(&mut server, 7), b"request");
    server.write_all(b"welcome").unwrap();
    assert_eq!(read_all(&mut client).unwrap(), b"welco");
    assert_eq!(read_all(&mut server).unwrap(), b"");
}

#[test]
fn a_reset_comes_at_its_byte_in_the_other_direction_too() {
    let Path { proxy: _proxy, mut client, mut server, .. } =
        Path::with(|proxy| proxy.to_server([Fault::reset().at(3)]));
    client.write_all(b"hello").unwrap();
    assert_eq!(read(&mut server, 3), b"hel");
    assert!(was_reset(&server.read(&mut [0]).unwrap_err()));
    assert!(was_reset(&client.read(&mut [0]).unwrap_err()));
}

#[test]
fn a_cut_of_an_idle_connection_acts_at_once() {
    let Path { proxy, mut client, mut server, .. } = Path::new();
    server.write_all(b"hello").unwrap();
    assert_eq!(read(&mut client, 5), b"hello");
    proxy.to_client([Fault::cut()]);
    assert_eq!(read_all(&mut client).unwrap(), b"");
}

#[test]
fn a_stall_is_silence_until_it_is_taken_away() {
    let Path { proxy, mut client, mut server, .. } =
        Path::with(|proxy| proxy.to_client([Fault::stall().at(4)]));
    server.write_all(b"half an answer").unwrap();
    assert_eq!(read(&mut client, 4), b"half");
    // The other direction is not concerned: when this has arrived, the rest could have arrived as well.
    client.write_all(b"more").unwrap();
    assert_eq!(read(&mut server, 4), b"more");
    server.shutdown(Shutdown::Write).unwrap();
    proxy.wait_until(LIMIT, |counters| counters.to_server.bytes == 4).unwrap();
    assert!(is_silent(&client));
    assert_eq!(proxy.counters().to_client.bytes, 4);

    proxy.clear();
    assert_eq!(read_all(&mut client).unwrap(), b" an answer");
}

#[test]
fn garbage_replaces_what_follows_and_is_the_same_each_time() {
    let Path { listener, proxy, mut client, mut server } =
        Path::with(|proxy| proxy.to_client([Fault::garbage().at(3).seed(7)]));
    server.write_all(b"hello world").unwrap();
    let heard = read(&mut client, 11);
    assert_eq!(&heard[..3], b"hel");
    assert_ne!(&heard[3..], b"lo world");

    let mut again = connect(&proxy);
    listener.accept().unwrap().0.write_all(b"hello world").unwrap();
    assert_eq!(read(&mut again, 11), heard);
}

#[test]
fn an_injection_stands_between_the_bytes() {
    let Path { proxy: _proxy, mut client, mut server, .. } =
        Path::with(|proxy| proxy.to_server([Fault::inject(4).at(2)]));
    client.write_all(b"hello").unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    let heard = read_all(&mut server).unwrap();
    assert_eq!((heard.len(), &heard[..2], &heard[6..]), (9, &b"he"[..], &b"llo"[..]));
}

#[test]
fn pieces_are_writes_of_their_own() {
    let Path { proxy, mut client, mut server, .. } = Path::with(|proxy| {
        let pause = Duration::from_millis(1);
        proxy.to_client([Fault::pieces(3), Fault::delay(pause).at(4)]);
    });
    server.write_all(b"0123456789").unwrap();
    assert_eq!(read(&mut client, 10), b"0123456789");
    let done = |counters: &purlin_testkit::Counters| counters.to_client.bytes == 10;
    let counters = proxy.wait_until(LIMIT, done).unwrap();
    // 012 3 456 789: a piece ends where something else begins.
    assert_eq!(counters.to_client.writes, 4);
}

#[test]
fn a_delay_holds_each_write_back_and_can_be_called_off() {
    let Path { proxy, mut client, mut server, .. } =
        Path::with(|proxy| proxy.to_client([Fault::delay(Duration::from_secs(3600))]));
    server.write_all(b"slow").unwrap();
    client.write_all(b"ping").unwrap();
    assert_eq!(read(&mut server, 4), b"ping");
    assert!(is_silent(&client));
    // A change in the other direction does not shorten it.
    proxy.to_server([Fault::pieces(1)]);
    client.write_all(b"ping").unwrap();
    assert_eq!(read(&mut server, 4), b"ping");
    assert!(is_silent(&client));
    proxy.to_client([]);
    assert_eq!(read(&mut client, 4), b"slow");
}

#[test]
fn a_cut_gets_through_where_the_receiver_does_not_read() {
    let Path { proxy, client, mut server, .. } = Path::new();
    let writer = std::thread::spawn(move || {
        let block = vec![0; 1 << 20];
        loop {
            if let Err(error) = server.write_all(&block) {
                return error;
            }
        }
    });
    // Nobody reads: at some point no more bytes pass.
    let mut before = 0;
    eventually("all buffers are full", || {
        std::thread::sleep(Duration::from_millis(50));
        let now = proxy.counters().to_client.bytes;
        std::mem::replace(&mut before, now) == now && now > 0
    });
    proxy.to_client([Fault::reset()]);
    assert!(was_reset(&writer.join().unwrap()));
    drop(client);
}

#[test]
fn a_refusing_proxy_has_its_port_closed() {
    let Path { proxy, listener, mut client, mut server } = Path::new();
    proxy.accept(Accept::Refuse).unwrap();
    let refused = TcpStream::connect(proxy.address()).unwrap_err();
    assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
    // What is open stays open.
    server.write_all(b"still").unwrap();
    assert_eq!(read(&mut client, 5), b"still");
    proxy.accept(Accept::Forward).unwrap();
    let mut second = connect(&proxy);
    listener.accept().unwrap().0.write_all(b"again").unwrap();
    assert_eq!(read(&mut second, 5), b"again");
}

#[test]
fn held_connections_go_on_when_they_may() {
    let Path { proxy, listener, .. } = Path::new();
    listener.set_nonblocking(true).unwrap();
    proxy.accept(Accept::Hold).unwrap();
    let mut held = connect(&proxy);
    held.write_all(b"early").unwrap();
    proxy.wait_until(LIMIT, |counters| counters.accepted == 2).unwrap();
    assert_eq!(listener.accept().unwrap_err().kind(), io::ErrorKind::WouldBlock);
    assert!(is_silent(&held));
    proxy.accept(Accept::Forward).unwrap();
    listener.set_nonblocking(false).unwrap();
    assert_eq!(read(&mut listener.accept().unwrap().0, 5), b"early");
}

#[test]
fn ignored_connections_stay_silent_for_good() {
    let Path { proxy, listener, .. } = Path::new();
    proxy.accept(Accept::Ignore).unwrap();
    let ignored = connect(&proxy);
    proxy.wait_until(LIMIT, |counters| counters.accepted == 2).unwrap();
    proxy.accept(Accept::Forward).unwrap();
    // A later one gets through; the ignored one did not.
    let _later = connect(&proxy);
    listener.accept().unwrap();
    listener.set_nonblocking(true).unwrap();
    assert_eq!(listener.accept().unwrap_err().kind(), io::ErrorKind::WouldBlock);
    assert!(is_silent(&ignored));
}

#[test]
fn disconnecting_resets_what_is_open_and_nothing_else() {
    let Path { proxy, listener, mut client, mut server } = Path::new();
    proxy.accept(Accept::Ignore).unwrap();
    let mut ignored = connect(&proxy);
    proxy.wait_until(LIMIT, |counters| counters.open == 2).unwrap();
    proxy.disconnect();
    for stream in [&mut client, &mut server, &mut ignored] {
        assert!(was_reset(&stream.read(&mut [0]).unwrap_err()));
    }
    proxy.accept(Accept::Forward).unwrap();
    let mut fresh = connect(&proxy);
    listener.accept().unwrap().0.write_all(b"fresh").unwrap();
    assert_eq!(read(&mut fresh, 5), b"fresh");
}

#[test]
fn without_a_server_the_client_is_reset() {
    let closed = ReservedPort::new().unwrap();
    let proxy = FaultProxy::start(closed.address()).unwrap();
    assert!(was_reset(&connect(&proxy).read(&mut [0]).unwrap_err()));
    assert_eq!(proxy.counters().unreachable, 1);
}

#[test]
fn a_dropped_proxy_ends_everything() {
    let Path { proxy, mut client, mut server, .. } =
        Path::with(|proxy| proxy.to_client([Fault::stall(), Fault::delay(Duration::from_secs(3600))]));
    let address = proxy.address();
    drop(proxy);
    assert!(was_reset(&client.read(&mut [0]).unwrap_err()));
    assert!(was_reset(&server.read(&mut [0]).unwrap_err()));
    let refused = TcpStream::connect(address).unwrap_err();
    assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
}

#[test]
fn it_leaves_nothing_behind() {
    crate::again::alone(|| {
        // Where something else in the workspace uses tokio's signals, the first runtime opens a pair of sockets for the
        // life of the process.
        drop(Path::new());
        let leaks = purlin_testkit::Leaks::start().unwrap();
        let ways = [Accept::Forward, Accept::Hold, Accept::Ignore, Accept::Refuse];
        for accept in ways.into_iter().cycle().take(purlin_testkit::count(4, 400)) {
            let path = Path::new();
            path.proxy.accept(accept).unwrap();
            path.proxy.to_client([Fault::stall()]);
            let _late = TcpStream::connect(path.proxy.address());
        }
        leaks.check().unwrap();
    });
}

#[test]
fn waiting_in_vain_shows_the_counters() {
    let Path { proxy, .. } = Path::new();
    let error = proxy.wait_until(Duration::ZERO, |counters| counters.accepted == 5).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!(error.to_string().contains("accepted: 1"), "{error}");
}

#[test]
fn it_works_from_within_a_runtime() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = FaultProxy::start(listener.local_addr().unwrap()).unwrap();
        proxy.accept(Accept::Hold).unwrap();
        let _client = tokio::net::TcpStream::connect(proxy.address()).await.unwrap();
        proxy.accept(Accept::Forward).unwrap();
        listener.accept().await.unwrap();
    });
}
