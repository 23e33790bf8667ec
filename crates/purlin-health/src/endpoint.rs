//! State for those who ask over HTTP (feature `endpoint`).

use crate::{Group, Judgement, MonitorHandle, Status};
use bytes::Bytes;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use http::{Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use purlin_core::{Cx, Error, Result};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// So many connections are served at the same time; others wait in the system's queue.
const CONNECTIONS: usize = 64;

/// How long a client may take for the head of its request.
const HEAD: Duration = Duration::from_secs(10);

/// How long a connection lives at most: whoever asks more often connects anew.
const LIFE: Duration = Duration::from_secs(300);

/// How long to wait when no connection can be taken, such as without descriptors.
const BREATH: Duration = Duration::from_millis(100);

/// Shows what a monitor knows over HTTP/1.1, without TLS and without passwords: to be bound to a loopback or management
/// address. GET and HEAD:
///
/// | path | answer |
/// |---|---|
/// | `/metrics` | [OpenMetrics](MonitorHandle::openmetrics) |
/// | `/health` | [health+json](MonitorHandle::health_json) of everything; 503 when something is down |
/// | `/health/live`, `/health/ready`, `/health/startup` | the [group](Group) in one line; 503 when it is not so |
///
/// Dropping it closes the port and every connection.
///
/// ```no_run
/// # async fn example(monitor: &purlin_health::Monitor) -> purlin_core::Result<()> {
/// use purlin_core::Cx;
/// use purlin_health::endpoint::Endpoint;
///
/// let endpoint = Endpoint::bind(&Cx::background(), "127.0.0.1:9090", monitor.handle()).await?;
/// println!("http://{}/health", endpoint.address());
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Endpoint {
    address: SocketAddr,
    shown: Arc<Mutex<MonitorHandle>>,
    _server: JoinSet<()>,
}

impl Endpoint {
    /// Listens there; port 0 takes a free one.
    ///
    /// # Errors
    /// Those of the system: [`ErrorKind::Conflict`](purlin_core::ErrorKind::Conflict) where the port is taken,
    /// [`ErrorKind::Denied`](purlin_core::ErrorKind::Denied); [`ErrorKind::Invalid`](purlin_core::ErrorKind::Invalid)
    /// for what is no address.
    pub async fn bind(cx: &Cx, address: &str, monitor: MonitorHandle) -> Result<Self> {
        let listener = cx
            .run("health.listen", async {
                TcpListener::bind(address).await.map_err(|error| {
                    let error = Error::io("health.listen", error);
                    let message = format!("{address}: {}", error.message());
                    Error::new(error.kind(), message).with_source(error)
                })
            })
            .await?;
        let address = listener.local_addr().map_err(|error| Error::io("health.listen", error))?;
        let shown = Arc::new(Mutex::new(monitor));
        let mut server = JoinSet::new();
        server.spawn(serve(listener, shown.clone()));
        Ok(Self { address, shown, _server: server })
    }

    /// Shows another monitor from now on, such as the one that took over after a change of its checks.
    pub fn show(&self, monitor: MonitorHandle) {
        *self.shown.lock().unwrap_or_else(PoisonError::into_inner) = monitor;
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }
}

async fn serve(listener: TcpListener, shown: Arc<Mutex<MonitorHandle>>) {
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    // Its connections end with it.
    let mut connections = JoinSet::new();
    loop {
        // It is never closed.
        let Ok(place) = room.clone().acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, _)) => {
                let shown = shown.clone();
                connections.spawn(async move {
                    let _place = place;
                    connection(stream, shown).await;
                });
            }
            Err(error) => {
                tracing::warn!(%error, "no connection can be taken");
                tokio::time::sleep(BREATH).await;
            }
        }
        while connections.try_join_next().is_some() {}
    }
}

async fn connection(stream: TcpStream, shown: Arc<Mutex<MonitorHandle>>) {
    let service = service_fn(move |request: Request<Incoming>| {
        let monitor = shown.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let answer = answer(request.method(), request.uri().path(), &monitor);
        async move { Ok::<_, Infallible>(answer) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_buf_size(16 * 1024)
        .serve_connection(TokioIo::new(stream), service);
    // A client that leaves or talks nonsense is its own affair.
    let _ = tokio::time::timeout(LIFE, connection).await;
}

fn answer(method: &Method, path: &str, monitor: &MonitorHandle) -> Response<Full<Bytes>> {
    if !matches!(*method, Method::GET | Method::HEAD) {
        let mut response = text(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD\n".to_owned());
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        return response;
    }
    match path {
        "/metrics" => {
            let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
            response(StatusCode::OK, kind, monitor.openmetrics())
        }
        "/health" => {
            let is_down = monitor.plugin_line().0 == Status::Critical;
            response(code(!is_down), "application/health+json", monitor.health_json())
        }
        "/health/live" => group(monitor, Group::Live),
        "/health/ready" => group(monitor, Group::Ready),
        "/health/startup" => group(monitor, Group::Startup),
        _ => text(
            StatusCode::NOT_FOUND,
            "there are /metrics, /health and /health/live, ready, startup\n".to_owned(),
        ),
    }
}

fn group(monitor: &MonitorHandle, group: Group) -> Response<Full<Bytes>> {
    let Judgement { status, up, failed, blind, .. } = monitor.group(group);
    let line = format!("{} {status}: {up} up, {failed} down, {blind} unknown\n", group.word());
    text(code(matches!(status, Status::Ok | Status::Warning)), line)
}

const fn code(is_well: bool) -> StatusCode {
    if is_well { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }
}

fn text(code: StatusCode, line: String) -> Response<Full<Bytes>> {
    response(code, "text/plain; charset=utf-8", line)
}

fn response(code: StatusCode, kind: &'static str, body: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = code;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
