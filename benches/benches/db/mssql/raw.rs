//! tiberius alone, over a plain stream.

use super::ALL;
use crate::ours::ROWS;
use futures_core::Stream;
use purlin_benches::nanoseconds_each;
use std::future::poll_fn;
use std::hint::black_box;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tiberius::numeric::Numeric;
use tiberius::{AuthMethod, Client, Config, EncryptionLevel, Query, QueryItem};
use tokio::io::{AsyncRead as _, AsyncWrite as _, ReadBuf};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;

/// Between the traits of tokio and those of tiberius, as `tokio_util::compat` does it.
struct Plain(TcpStream);

impl futures_io::AsyncRead for Plain {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let mut buffer = ReadBuf::new(bytes);
        ready!(Pin::new(&mut self.0).poll_read(context, &mut buffer))?;
        Poll::Ready(Ok(buffer.filled().len()))
    }
}

impl futures_io::AsyncWrite for Plain {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_close(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}

pub(super) struct Raw(Client<Plain>);

impl Raw {
    pub(super) fn connect(runtime: &Runtime, address: SocketAddr) -> Self {
        let mut config = Config::new();
        config.encryption(EncryptionLevel::NotSupported);
        config.authentication(AuthMethod::sql_server("app", "bench"));
        let connected = runtime.block_on(async {
            let stream = TcpStream::connect(address).await.expect("a connection");
            stream.set_nodelay(true).expect("a socket");
            Client::connect(config, Plain(stream)).await
        });
        Self(connected.expect("a session"))
    }

    pub(super) fn rows(&mut self, runtime: &Runtime) -> f64 {
        nanoseconds_each(ROWS, || {
            runtime.block_on(async {
                let mut stream = Query::new(ALL).query(&mut self.0).await.expect("an answer");
                let mut count = 0;
                while let Some(item) = poll_fn(|context| Pin::new(&mut stream).poll_next(context)).await {
                    if let QueryItem::Row(row) = item.expect("a row") {
                        let number: i32 = row.get(0).expect("a number");
                        let name: &str = row.get(1).expect("a name");
                        let price: Numeric = row.get(2).expect("a price");
                        black_box((number, name.to_owned(), price));
                        count += 1;
                    }
                }
                assert_eq!(count, ROWS, "all rows");
            });
        })
    }
}
