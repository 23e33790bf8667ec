//! `fleet check --watch`

mod answers;

use super::control::Control;
use super::desk::take_lock;
use super::given::{Given, Loaded};
use super::kept::DATABASE;
use super::row::{Row, mood, state, status, tally};
use super::told::ToldStore;
use crate::app::NAME;
use crate::config::Config;
use crate::exit::Exit;
use crate::output::{Tail, Ui, local};
use crate::state::{Lock, StateFolder};
use purlin::core::{Diagnostic, Timestamp};
use purlin::health::endpoint::Endpoint;
use purlin::health::publish::Systemd;
use purlin::health::{Cadence, Change, Changes, Monitor, MonitorHandle, MonitorSettings, State, Transition};
use purlin::{Cx, Error, ErrorKind, Result};
use schemars::JsonSchema;
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

/// How long what runs may take to end, and what is to be told to be told, before a watch leaves or reloads.
const FAREWELL: Duration = Duration::from_secs(10);

/// Every check of a file has a cadence of its own; this is for those of the watch itself.
const INTERVAL: Duration = Duration::from_secs(60);

/// A watch that is about to begin.
pub(super) struct Watch<'a> {
    ui: &'a Ui,
    config: &'a Config,
    given: &'a Given,
    listen: Option<&'a str>,
}

/// What comes to be believed of a check, a JSON line each.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ChangeLine {
    /// What this is.
    format: String,
    /// The version of this format.
    version: u32,
    /// When it was noticed.
    #[schemars(with = "String", extend("format" = "date-time"))]
    at: Timestamp,
    /// The check.
    id: String,
    /// The host that it is about; null where it is about none.
    host: Option<String>,
    /// What was believed before.
    from: String,
    /// What is believed now: pending, up, suspect, down or recovering.
    state: String,
    /// What the last result said: ok, warning, unknown or critical.
    status: String,
    /// Since when.
    #[schemars(with = "String", extend("format" = "date-time"))]
    since: Timestamp,
    /// The last result's line for people.
    message: String,
}

impl ChangeLine {
    /// The version of the format.
    pub(crate) const VERSION: u32 = 1;

    /// What the format is called.
    pub(crate) fn format() -> String {
        format!("{NAME}.check-change")
    }

    fn new(change: &Transition) -> Self {
        let is_host = change.subject.kind.as_str() == "host";
        Self {
            format: Self::format(),
            version: Self::VERSION,
            at: change.at,
            id: change.check.to_string(),
            host: is_host.then(|| change.subject.id.to_string()),
            from: state(change.from).to_owned(),
            state: state(change.to).to_owned(),
            status: status(change.status).to_owned(),
            since: change.since,
            message: change.message.clone(),
        }
    }
}

/// A watch that runs. What is dropped first stands first.
struct Running<'a> {
    watch: Watch<'a>,
    control: Control,
    endpoint: Option<Endpoint>,
    monitor: Option<Monitor>,
    handle: MonitorHandle,
    changes: Changes,
    loaded: Loaded,
    store: Arc<ToldStore>,
    tail: Tail,
    /// Whether it was said how all are.
    has_summed_up: bool,
    _lock: Lock,
    _folder: StateFolder,
}

/// What ends a watch.
enum End {
    Signal,
    ReaderLeft,
}

impl<'a> Watch<'a> {
    pub(super) fn new(ui: &'a Ui, config: &'a Config, given: &'a Given, listen: Option<&'a str>) -> Self {
        Self { ui, config, given, listen }
    }

    /// Watches until a signal comes.
    pub(super) async fn run(self, cx: Cx) -> Result<Exit> {
        let mut hangups = signal(SignalKind::hangup()).map_err(|error| Error::io("signal.listen", error))?;
        let mut running = self.start(&cx).await?;
        let systemd = Systemd::from_environment()?;
        tell_systemd(systemd.as_ref(), Systemd::ready);
        let (alive, ender) = cx.detached().cancellable();
        let life = async {
            if let Some(systemd) = &systemd {
                // It ends at once where no watchdog is set, and else when it is told to.
                let _ = systemd.keep_alive(&alive, || true).await;
            }
            std::future::pending::<()>().await;
        };
        let mut life = std::pin::pin!(life);
        let end = loop {
            tokio::select! {
                () = cx.cancelled() => break End::Signal,
                _ = hangups.recv() => running.reload(&cx).await?,
                change = running.changes.next() => if !running.tell(change) { break End::ReaderLeft },
                () = until_sure(&running.handle, &cx), if !running.has_summed_up => running.sum_up(),
                (request, reply) = running.control.next() => {
                    // A caller that has left wants no answer.
                    let _ = reply.send(running.answer(&cx, request).await);
                }
                () = &mut life => {}
            }
        };
        ender.cancel();
        tell_systemd(systemd.as_ref(), Systemd::stopping);
        let all_up = running.rows().iter().all(Row::is_up);
        running.leave(&cx).await;
        match end {
            End::Signal => cx.check("check.watch").map(|()| Exit::Fine),
            End::ReaderLeft => Ok(if all_up { Exit::Fine } else { Exit::No }),
        }
    }

    async fn start(self, cx: &Cx) -> Result<Running<'a>> {
        let loaded = self.given.load(cx, self.config).await?;
        self.ui.diagnostics(&loaded.warnings);
        let folder = StateFolder::open(self.config)?;
        let lock = take_lock(cx, &folder).await?;
        let store = Arc::new(ToldStore::open(cx, folder.database(DATABASE)?).await?);
        let monitor = Monitor::start(cx, loaded.checks.clone(), settings(&loaded, &store)?).await?;
        let endpoint = match self.listen {
            Some(address) => Some(Endpoint::bind(cx, address, monitor.handle()).await?),
            None => None,
        };
        if let Some(endpoint) = &endpoint {
            tracing::info!(address = %endpoint.address(), "state is shown over HTTP");
        }
        let control = Control::listen(&folder)?;
        let (handle, changes) = (monitor.handle(), monitor.changes());
        let tail = Tail::start()?;
        Ok(Running {
            watch: self,
            control,
            endpoint,
            monitor: Some(monitor),
            handle,
            changes,
            loaded,
            store,
            tail,
            has_summed_up: false,
            _lock: lock,
            _folder: folder,
        })
    }
}

async fn until_sure(handle: &MonitorHandle, cx: &Cx) {
    if handle.settled(cx).await.is_err() {
        std::future::pending::<()>().await;
    }
}

fn settings(loaded: &Loaded, store: &Arc<ToldStore>) -> Result<MonitorSettings> {
    let settings = MonitorSettings::new(Cadence::every(INTERVAL)).store(store.clone());
    loaded.file.publish(settings)
}

fn tell_systemd(systemd: Option<&Systemd>, tell: impl Fn(&Systemd) -> Result<()>) {
    if let Some(Err(error)) = systemd.map(tell) {
        tracing::warn!(%error, "systemd was not told");
    }
}

fn is_own(change: &Transition) -> bool {
    change.from == State::Pending
        && change.check.as_str().starts_with("monitor/")
        && change.subject.kind.as_str() != "host"
}

impl Running<'_> {
    fn rows(&self) -> Vec<Row> {
        let rows = self.handle.snapshot();
        rows.iter().map(Row::new).filter(|row| !row.is_own_and_well()).collect()
    }

    /// Says once how all are, when it is sure.
    fn sum_up(&mut self) {
        self.has_summed_up = true;
        if !self.watch.ui.is_json() {
            self.tail.tell(format!("{}\n", tally(&self.rows())));
        }
    }

    /// Says what changed; false where nobody listens any more. That what was new is well is no news to people.
    fn tell(&mut self, change: Option<Change>) -> bool {
        let text = match change {
            // That the watch itself does its work is no news.
            Some(Change::Transition(change)) if is_own(&change) && change.to == State::Up => {
                return self.tail.is_read();
            }
            Some(Change::Transition(change)) if self.watch.ui.is_json() => {
                serde_json::to_string(&ChangeLine::new(&change)).unwrap_or_default() + "\n"
            }
            Some(Change::Transition(change)) if change.from == State::Pending && change.to == State::Up => {
                return self.tail.is_read();
            }
            Some(Change::Transition(change)) => {
                let mut page = self.watch.ui.page();
                let word = state(change.to);
                page.event(&local(change.at), (word, mood(word)), change.check.as_str(), &change.message);
                page.into_text()
            }
            Some(Change::Lost(count)) => {
                tracing::warn!(count, "changes came faster than they could be shown");
                return self.tail.is_read();
            }
            // The monitor is there as long as this is.
            None | Some(_) => return true,
        };
        self.tail.tell(text)
    }

    /// Reads the files again. Whatever is wrong with them is told, and the old ones stay in force.
    async fn reload(&mut self, cx: &Cx) -> Result<()> {
        let read = self.watch.given.load(cx, self.watch.config).await;
        let prepared = read.and_then(|loaded| Ok((settings(&loaded, &self.store)?, loaded)));
        let (settings, loaded) = match prepared {
            Ok(prepared) => prepared,
            Err(error) => {
                self.stay(&error);
                return Ok(());
            }
        };
        self.watch.ui.diagnostics(&loaded.warnings);
        self.end_monitor(cx).await;
        match Monitor::start(cx, loaded.checks.clone(), settings).await {
            Ok(monitor) => {
                self.take(monitor, loaded);
                tracing::info!("the files were read again");
                Ok(())
            }
            Err(error) if error.kind() == ErrorKind::Invalid => {
                self.stay(&error);
                let settings = self::settings(&self.loaded, &self.store)?;
                let monitor = Monitor::start(cx, self.loaded.checks.clone(), settings).await?;
                let (handle, changes) = (monitor.handle(), monitor.changes());
                (self.handle, self.changes, self.monitor) = (handle, changes, Some(monitor));
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    fn stay(&self, error: &Error) {
        self.watch.ui.error(error);
        let told =
            Diagnostic::warning("not-reloaded", "the files were not taken over; the old ones stay in force");
        self.watch.ui.diagnostics(&[told].into_iter().collect());
    }

    fn take(&mut self, monitor: Monitor, loaded: Loaded) {
        (self.handle, self.changes) = (monitor.handle(), monitor.changes());
        if let Some(endpoint) = &self.endpoint {
            endpoint.show(monitor.handle());
        }
        (self.monitor, self.loaded, self.has_summed_up) = (Some(monitor), loaded, false);
    }

    async fn end_monitor(&mut self, cx: &Cx) {
        if let Some(monitor) = self.monitor.take()
            && let Err(error) = monitor.shutdown(&cx.detached().with_timeout(FAREWELL)).await
        {
            tracing::warn!(%error, "not everything came to its end in time; the next watch goes on with it");
        }
    }

    async fn leave(mut self, cx: &Cx) {
        self.end_monitor(cx).await;
        self.tail.finish();
    }
}
