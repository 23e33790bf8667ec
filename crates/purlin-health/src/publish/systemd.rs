//! Telling systemd that this service lives.

use crate::judge::one_line;
use purlin_core::{Cx, Error, ErrorKind, Result};
use std::ffi::{OsStr, OsString};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

/// Tells the service manager how this service is (sd_notify(3)): for units with `Type=notify` and `WatchdogSec=`.
///
/// ```no_run
/// # async fn example(cx: &purlin_core::Cx, monitor: &purlin_health::Monitor) -> purlin_core::Result<()> {
/// use purlin_health::publish::Systemd;
///
/// // Nothing to do where systemd has not started this process.
/// if let Some(systemd) = Systemd::from_environment()? {
///     systemd.ready()?;
///     // A monitor that is ill is restarted.
///     systemd.keep_alive(cx, || monitor.stats().ill == 0).await?;
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Systemd {
    socket: UnixDatagram,
    address: SocketAddr,
    watchdog: Option<Duration>,
}

impl Systemd {
    /// As the environment says: `NOTIFY_SOCKET`, `WATCHDOG_USEC`, `WATCHDOG_PID`. None where nobody wants to be told.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] where the environment names no socket.
    pub fn from_environment() -> Result<Option<Self>> {
        Self::from_variables(|name| std::env::var_os(name))
    }

    /// As [`from_environment`](Self::from_environment), from variables that come from elsewhere.
    ///
    /// # Errors
    /// As there.
    pub fn from_variables(variable: impl Fn(&str) -> Option<OsString>) -> Result<Option<Self>> {
        let Some(path) = variable("NOTIFY_SOCKET").filter(|path| !path.is_empty()) else { return Ok(None) };
        let number = |name: &str| variable(name)?.to_str()?.parse::<u64>().ok();
        let is_ours = number("WATCHDOG_PID").is_none_or(|id| id == u64::from(std::process::id()));
        let watchdog = number("WATCHDOG_USEC").filter(|micros| is_ours && *micros > 0);
        let mut systemd = Self::to(&path)?;
        systemd.watchdog = watchdog.map(Duration::from_micros);
        Ok(Some(systemd))
    }

    /// Tells this socket: a path, or a name of the abstract space that begins with `@`.
    fn to(path: &OsStr) -> Result<Self> {
        let address = match path.as_bytes() {
            [b'@', name @ ..] => SocketAddr::from_abstract_name(name),
            [b'/', ..] => SocketAddr::from_pathname(path),
            _ => {
                let message = format!("NOTIFY_SOCKET is \"{}\", which is no socket", path.display());
                return Err(Error::new(ErrorKind::Invalid, message).with_operation("publish.systemd"));
            }
        };
        let fault = |error| Error::io("publish.systemd", error);
        let socket = UnixDatagram::unbound().map_err(fault)?;
        // Nobody waits for a service manager that is busy.
        socket.set_nonblocking(true).map_err(fault)?;
        Ok(Self { socket, address: address.map_err(fault)?, watchdog: None })
    }

    /// Within which time a sign of life must come; none where no watchdog is set.
    pub fn watchdog(&self) -> Option<Duration> {
        self.watchdog
    }

    /// Says that the service is ready.
    ///
    /// # Errors
    /// Whatever kept it from being told, here and below.
    pub fn ready(&self) -> Result<()> {
        self.tell("READY=1")
    }

    /// Says in a line for people what the service does.
    ///
    /// # Errors
    /// As [`ready`](Self::ready).
    pub fn status(&self, line: &str) -> Result<()> {
        self.tell(&format!("STATUS={}", one_line(line)))
    }

    /// Says that the service is about to end.
    ///
    /// # Errors
    /// As [`ready`](Self::ready).
    pub fn stopping(&self) -> Result<()> {
        self.tell("STOPPING=1")
    }

    /// Gives one sign of life.
    ///
    /// # Errors
    /// As [`ready`](Self::ready).
    pub fn beat(&self) -> Result<()> {
        self.tell("WATCHDOG=1")
    }

    /// Gives a sign of life twice in the time of the watchdog for as long as the service is well, until `cx` is
    /// cancelled or its deadline passes. One that could not be given is tried again. Ends at once where no watchdog is
    /// set.
    ///
    /// # Errors
    /// [`ErrorKind::Cancelled`] or [`ErrorKind::Timeout`], as `cx` has it.
    pub async fn keep_alive(&self, cx: &Cx, is_well: impl Fn() -> bool) -> Result<()> {
        let Some(limit) = self.watchdog else { return Ok(()) };
        loop {
            if is_well()
                && let Err(error) = self.beat()
            {
                tracing::warn!(error = %error, "systemd was not told that this service lives");
            }
            cx.sleep(limit / 2).await?;
        }
    }

    fn tell(&self, line: &str) -> Result<()> {
        let sent = self.socket.send_to_addr(line.as_bytes(), &self.address);
        sent.map(drop).map_err(|error| Error::io("publish.systemd", error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use purlin_core::SimClock;
    use std::sync::atomic::{AtomicBool, Ordering};

    fn heard(socket: &UnixDatagram) -> Vec<String> {
        let mut buffer = [0; 600];
        let mut heard = Vec::new();
        while let Ok(length) = socket.recv(&mut buffer) {
            heard.push(String::from_utf8_lossy(&buffer[..length]).into_owned());
        }
        heard
    }

    fn listen(address: &SocketAddr) -> UnixDatagram {
        let socket = UnixDatagram::bind_addr(address).unwrap();
        socket.set_nonblocking(true).unwrap();
        socket
    }

    fn systemd(socket: &OsStr, watchdog: &str, id: u32) -> Result<Option<Systemd>> {
        let id = id.to_string();
        Systemd::from_variables(|name| {
            Some(match name {
                "NOTIFY_SOCKET" => socket.to_owned(),
                "WATCHDOG_USEC" => watchdog.into(),
                "WATCHDOG_PID" => id.clone().into(),
                _ => return None,
            })
        })
    }

    #[test]
    fn what_is_told_comes_in_order_and_in_one_line_each() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let socket = listen(&SocketAddr::from_pathname(&path).unwrap());
        let systemd = systemd(path.as_os_str(), "0", 1).unwrap().unwrap();
        systemd.ready().unwrap();
        systemd.status("all is\nwell").unwrap();
        systemd.beat().unwrap();
        systemd.stopping().unwrap();
        assert_eq!(heard(&socket), ["READY=1", "STATUS=all is well", "WATCHDOG=1", "STOPPING=1"]);
        drop((socket, folder));
        assert!(systemd.beat().is_err());
    }

    #[tokio::test]
    async fn signs_of_life_come_twice_in_the_time_and_only_while_it_is_well() {
        let name = format!("purlin-test-{}-{}", std::process::id(), fastrand::u64(..));
        let socket = listen(&SocketAddr::from_abstract_name(&name).unwrap());
        let address = OsString::from(format!("@{name}"));
        let systemd = systemd(&address, "10000000", std::process::id()).unwrap().unwrap();
        assert_eq!(systemd.watchdog(), Some(Duration::from_secs(10)));

        let clock = SimClock::new();
        let (cx, canceller) = Cx::background().with_clock(clock.clone()).cancellable();
        let is_well = std::sync::Arc::new(AtomicBool::new(true));
        let theirs = is_well.clone();
        let task = tokio::spawn(async move {
            systemd.keep_alive(&cx, || theirs.load(Ordering::Relaxed)).await.unwrap_err().kind()
        });
        let mut beats = Vec::new();
        for round in 0..6 {
            is_well.store(round < 4, Ordering::Relaxed);
            tokio::task::yield_now().await;
            beats.push(heard(&socket).len());
            clock.advance(Duration::from_secs(5));
        }
        assert_eq!(beats, [1, 1, 1, 1, 0, 0]);
        canceller.cancel();
        assert_eq!(task.await.unwrap(), ErrorKind::Cancelled);
    }

    #[test]
    fn who_is_not_asked_tells_nothing() {
        assert!(Systemd::from_variables(|_| None).unwrap().is_none());
        assert_eq!(systemd(OsStr::new("tcp:1"), "1", 1).unwrap_err().kind(), ErrorKind::Invalid);
        // The watchdog of another process.
        let other = systemd(OsStr::new("/nowhere"), "1000000", std::process::id() + 1).unwrap().unwrap();
        assert_eq!(other.watchdog(), None);
    }
}
