//! Oracle: Data Guard. Written from the manual's tables of `v$database` and `v$dataguard_stats` (Oracle Database Reference, 19c), and
//! run over rows that were made from them: no server of this engine was asked.

use super::cells::Cells;
use super::read::StatusRows;
use super::{Lag, LagSource, NodeView, Role, Upstream};
use crate::DateTime;
use std::time::Duration;

/// A standby that has heard nothing for longer than this tells a lag that stands still.
const STALE: i64 = 30;

pub(super) fn read(view: &mut NodeView, rows: &StatusRows) {
    let Some(row) = rows.role_row() else {
        return view.note("it does not tell its role; it may want SELECT on v_$database");
    };
    view.position.system_identifier = row.text(&["dbid"]);
    view.position.identity = row.text(&["db_unique_name"]);
    let mode = row.text(&["open_mode"]).unwrap_or_default();
    view.read_only = match mode.as_str() {
        "" => None,
        "READ WRITE" => Some(false),
        _ => Some(true),
    };
    match row.text(&["database_role"]).as_deref() {
        Some("PRIMARY") => {
            view.role = Role::Primary;
            if view.read_only == Some(true) {
                view.note(format!("the primary is not open for writing ({mode})"));
            }
        }
        Some(role @ ("PHYSICAL STANDBY" | "LOGICAL STANDBY")) => {
            view.role = Role::Replica;
            standby(view, rows, &mode, role == "LOGICAL STANDBY");
        }
        Some("SNAPSHOT STANDBY") => {
            view.role = Role::Isolated;
            view.note("a snapshot standby: it takes writes of its own, which will be thrown away");
        }
        Some(role) => view.note(format!("its role is {role}")),
        None => view.note("it does not tell its role"),
    }
}

fn standby(view: &mut NodeView, rows: &StatusRows, mode: &str, is_logical: bool) {
    let stats: Vec<_> = rows.replication.iter().flatten().map(Cells).collect();
    let stat = |name: &str| stats.iter().find(|row| row.text(&["name"]).as_deref() == Some(name));
    let unknown = Lag::unknown(view.measured_at);
    let Some(apply) = stat("apply lag") else {
        view.lag = Some(unknown);
        return view.note("it does not tell how far it is");
    };
    let age = age(apply);
    let connected = age.is_some_and(|seconds| seconds <= STALE);
    let lag = apply.text(&["value"]).and_then(|text| interval(&text));
    // A physical standby that only reads and one that is mounted look alike whether they apply or not; the lag tells.
    let applying = is_logical || mode == "READ ONLY WITH APPLY" || mode == "MOUNTED";
    view.follows.push(Upstream { address: None, server_id: None, connected, applying });
    if !connected {
        view.note(match age {
            Some(seconds) => {
                format!("it has heard nothing of its primary for {seconds} s: its lag stands still")
            }
            None => "it does not tell when it heard of its primary last".to_owned(),
        });
    }
    if mode == "READ ONLY" {
        view.note("it is open for reading and applies nothing meanwhile, unless it is opened WITH APPLY");
    }
    view.lag = Some(match lag.filter(|_| connected) {
        Some(time) => Lag { time: Some(time), source: LagSource::Reported, ..unknown },
        None => unknown,
    });
}

/// Seconds between what the standby last heard (`datum_time`) and the computation of the lag, both of its own clock.
fn age(row: &Cells<'_>) -> Option<i64> {
    let moment = |name: &str| row.text(&[name]).and_then(|text| moment(&text));
    let (computed, heard) = (moment("time_computed")?, moment("datum_time")?);
    Some((seconds(computed) - seconds(heard)).max(0))
}

fn seconds(moment: DateTime) -> i64 {
    moment.date().unix_days() * 86_400 + moment.time().nanos() / 1_000_000_000
}

/// `11/22/2026 13:30:00`, which these columns are whatever the session's settings.
fn moment(text: &str) -> Option<DateTime> {
    let (date, time) = text.trim().split_once(' ')?;
    let mut date = date.split('/');
    let (month, day, year) = (date.next()?, date.next()?, date.next()?);
    format!("{year}-{month}-{day} {time}").parse().ok()
}

/// `+00 00:01:30`: days, hours, minutes, seconds.
fn interval(text: &str) -> Option<Duration> {
    let (days, time) = text.trim().strip_prefix('+')?.split_once(' ')?;
    let mut seconds = days.trim().parse::<u64>().ok()?.checked_mul(86_400)?;
    let (whole, _fraction) = time.split_once('.').unwrap_or((time, ""));
    let mut parts = whole.split(':').map(|part| part.parse::<u64>().ok());
    for unit in [3600, 60, 1] {
        seconds = seconds.checked_add(parts.next()??.checked_mul(unit)?)?;
    }
    parts.next().is_none().then(|| Duration::from_secs(seconds))
}
