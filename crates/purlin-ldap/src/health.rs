//! A directory as purlin-health checks it (feature `health`).

use crate::client::Phases as Took;
use crate::{Dn, LdapDirectory, ServerReport};
use async_trait::async_trait;
use purlin_core::{Cx, Error, ErrorKind};
use purlin_health::checks::failed;
use purlin_health::{
    Check, CheckKind, CheckOutcome, Evidence, Measurement, Phase, Phases, Range, Status, Unit,
};
use std::time::Duration;

const DAY: u64 = 86_400;
/// The check takes so long at most, where the call has no deadline.
const LIMIT: Duration = Duration::from_secs(10);

/// Whether the servers of a directory answer, each looked at by itself: connection, TLS with the server's name, login, an
/// entry that must be there, the days of the certificates, and how far each is behind the others.
///
/// Kind `ldap`. All down is a failure, with the cause of the best server; some down is a warning, since look-ups still
/// answer. Measures `servers_down`; of all that answer the worst: `days`, until the server's own certificate ends, `ca_days`,
/// the same of its authority, and `behind`, in seconds; and `time`, in seconds, of the slowest. Default limit: 10 s, where the
/// call has no deadline.
///
/// ```
/// use purlin_core::Cx;
/// use purlin_health::{Check, CheckOutcome};
/// use purlin_ldap::health::DirectoryCheck;
/// use purlin_ldap::{LdapDirectory, LdapSettings, Profile};
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let cx = Cx::background();
/// // Nobody listens there.
/// let settings = LdapSettings::new(Profile::rfc2307bis("dc=example,dc=org".parse()?)).server("ldap://127.0.0.1:1")?;
/// let check = DirectoryCheck::of(&LdapDirectory::open(&cx, settings).await?);
/// assert!(matches!(check.run(&cx).await, CheckOutcome::Failed(_)));
/// # Ok::<(), purlin_core::Error>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct DirectoryCheck {
    directory: LdapDirectory,
    known: Option<Dn>,
    warn: Duration,
    critical: Duration,
    behind: Duration,
}

impl DirectoryCheck {
    /// Looks at the servers of this directory.
    pub fn of(directory: &LdapDirectory) -> Self {
        Self {
            directory: directory.clone(),
            known: None,
            warn: Duration::from_secs(21 * DAY),
            critical: Duration::from_secs(7 * DAY),
            behind: Duration::from_secs(60),
        }
    }

    /// The entry that each server must have; the profile's base unless set.
    #[must_use]
    pub fn known(mut self, dn: Dn) -> Self {
        self.known = Some(dn);
        self
    }

    /// How long before a certificate's end a warning begins, in whole days. Default: 21 days.
    #[must_use]
    pub fn warn_before(mut self, time: Duration) -> Self {
        self.warn = time;
        self
    }

    /// How long before a certificate's end it is critical, in whole days. Default: 7 days.
    #[must_use]
    pub fn critical_before(mut self, time: Duration) -> Self {
        self.critical = time;
        self
    }

    /// How far a server may be behind the others before there is a warning. Default: 60 s.
    #[must_use]
    pub fn behind(mut self, time: Duration) -> Self {
        self.behind = time;
        self
    }

    fn judge(&self, reports: Vec<ServerReport>) -> CheckOutcome {
        let (down, up): (Vec<_>, Vec<_>) = reports.iter().partition(|report| report.fault.is_some());
        let Some(best) = up.first() else {
            return match reports.into_iter().find_map(|report| Some((report.phases, report.fault?))) {
                Some((took, error)) => failed(phase(&error, &took), error, phases(&took)),
                None => CheckOutcome::Prober(Error::new(ErrorKind::Invalid, "the directory has no server")),
            };
        };
        let (count, all) = (up.len(), reports.len());
        let mut line = format!("{count} of {all} servers answer");
        for report in &down {
            let fault = report.fault.as_ref().map(ToString::to_string).unwrap_or_default();
            line += &format!("; {}: {fault}", report.server);
        }
        let status = if down.is_empty() { Status::Ok } else { Status::Warning };
        let mut evidence = Evidence::new(status, line).phases(phases(&best.phases));
        evidence.measurements = self.measurements(&up, down.len());
        CheckOutcome::Answered(evidence)
    }

    fn measurements(&self, up: &[&ServerReport], down: usize) -> Vec<Measurement> {
        #[expect(clippy::cast_precision_loss, reason = "servers and days are far below 2^52")]
        let number = |name: &'static str, value: i64| Measurement::new(name, value as f64, Unit::None);
        let limited =
            |days: Measurement| days.warning(days_left(self.warn)).critical(days_left(self.critical));
        let tls = || up.iter().filter_map(|report| report.tls.as_ref());
        let days = tls().map(|tls| tls.leaf.days_left).min();
        let ca_days = tls().filter_map(|tls| Some(tls.authority.as_ref()?.days_left)).min();
        let behind = up.iter().filter_map(|report| report.behind).max();
        let total = |report: &&ServerReport| report.phases.iter().map(|(_, took)| took).sum::<Duration>();
        let slowest = up.iter().map(total).max().unwrap_or_default();
        let mut all = vec![
            Measurement::new("time", slowest.as_secs_f64(), Unit::Seconds),
            number("servers_down", i64::try_from(down).unwrap_or(i64::MAX)),
        ];
        all.extend(days.map(|days| limited(number("days", days))));
        all.extend(ca_days.map(|days| limited(number("ca_days", days))));
        all.extend(behind.map(|behind| {
            let seconds = Measurement::new("behind", behind.as_secs_f64(), Unit::Seconds);
            seconds.warning(Range::up_to(self.behind.as_secs_f64()))
        }));
        all
    }
}

/// An alarm below so many whole days.
fn days_left(time: Duration) -> Range {
    #[expect(clippy::cast_precision_loss, reason = "days are far below 2^52")]
    let days = (time.as_secs() / DAY) as f64;
    Range::at_least(days)
}

fn phases(took: &Took) -> Phases {
    let mut phases = Phases::default();
    let tls = match (took.start_tls, took.tls) {
        (Some(asked), Some(tls)) => Some(asked + tls),
        (asked, tls) => tls.or(asked),
    };
    for (phase, took) in [
        (Phase::Resolve, took.resolve),
        (Phase::Connect, took.connect),
        (Phase::Tls, tls),
        (Phase::Login, took.bind),
        (Phase::Execute, took.search),
    ] {
        if let Some(took) = took {
            phases.push(phase, took);
        }
    }
    phases
}

/// The step that an error comes from; where the connection as a whole took too long, the one behind the last that went
/// well.
fn phase(error: &Error, took: &Took) -> Phase {
    match (error.operation(), took) {
        (Some("dns.resolve"), _) => Phase::Resolve,
        (Some("tls.handshake" | "ldap.start_tls"), _) => Phase::Tls,
        (Some("ldap.bind"), _) => Phase::Login,
        (Some("ldap.search"), _) => Phase::Execute,
        (Some("ldap.connect"), Took { tls: Some(_), .. }) => Phase::Login,
        (Some("ldap.connect"), Took { start_tls: Some(_), .. }) => Phase::Tls,
        _ => Phase::Connect,
    }
}

#[async_trait]
impl Check for DirectoryCheck {
    fn kind(&self) -> CheckKind {
        CheckKind::from("ldap")
    }

    async fn run(&self, cx: &Cx) -> CheckOutcome {
        let cx = if cx.deadline().is_some() { cx.clone() } else { cx.with_timeout(LIMIT) };
        self.judge(self.directory.inspect(&cx, self.known.as_ref()).await)
    }
}
