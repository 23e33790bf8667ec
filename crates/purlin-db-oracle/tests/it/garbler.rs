//! A way to a server that changes the bytes within its packets, and leaves their frames.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

const DATA: u8 = 6;
const ACCEPT: u8 = 2;
/// Passes all bytes on.
const REST: u64 = u64::MAX;

/// Bytes, and what stands in their place from then on, of the same length.
type Other = Option<(Vec<u8>, Vec<u8>)>;

pub(crate) struct Garbler {
    pub(crate) address: SocketAddr,
    seed: Arc<AtomicU64>,
    other: Arc<Mutex<Other>>,
    task: JoinHandle<()>,
}

impl Drop for Garbler {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Garbler {
    pub(crate) async fn start(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seed = Arc::new(AtomicU64::new(REST));
        let other = Arc::new(Mutex::new(None));
        let (shared, replaced) = (seed.clone(), other.clone());
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (shared, replaced) = (shared.clone(), replaced.clone());
                tokio::spawn(async move {
                    let server = TcpStream::connect(server).await.unwrap();
                    let (mut from_client, to_client) = client.into_split();
                    let (from_server, mut to_server) = server.into_split();
                    tokio::select! {
                        _ = tokio::io::copy(&mut from_client, &mut to_server) => {}
                        _ = packets(from_server, to_client, &shared, &replaced) => {}
                    }
                });
            }
        });
        Self { address, seed, other, task }
    }

    pub(crate) fn rest(&self) {
        self.seed.store(REST, Ordering::Relaxed);
    }

    pub(crate) fn replace(&self, bytes: &[u8], with: &[u8]) {
        *self.other.lock().unwrap() = Some((bytes.to_vec(), with.to_vec()));
    }

    /// From the next packet on, one to three bytes of each.
    pub(crate) fn garble(&self, seed: u64) {
        self.seed.store(seed, Ordering::Relaxed);
    }
}

async fn packets(
    mut server: tokio::net::tcp::OwnedReadHalf,
    mut client: tokio::net::tcp::OwnedWriteHalf,
    seed: &AtomicU64,
    other: &Mutex<Other>,
) -> std::io::Result<()> {
    let mut is_accepted = false;
    loop {
        let mut bytes = vec![0; 8];
        server.read_exact(&mut bytes).await?;
        let narrow = usize::from(u16::from_be_bytes([bytes[0], bytes[1]]));
        let wide = u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]) as usize;
        bytes.resize(if is_accepted { wide } else { narrow }, 0);
        server.read_exact(&mut bytes[8..]).await?;
        is_accepted |= bytes[4] == ACCEPT;
        let seed = seed.load(Ordering::Relaxed);
        if seed != REST && bytes[4] == DATA && bytes.len() > 10 {
            let mut dice = fastrand::Rng::with_seed(seed);
            for _ in 0..dice.usize(1..=3) {
                let at = dice.usize(10..bytes.len());
                bytes[at] = dice.u8(..);
            }
        }
        if let Some((from, to)) = &*other.lock().unwrap()
            && let Some(at) = bytes.windows(from.len()).position(|window| window == from)
        {
            bytes[at..at + to.len()].copy_from_slice(to);
        }
        client.write_all(&bytes).await?;
    }
}
