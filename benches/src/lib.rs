//! What the benches share: CPU time, the best of several rounds, and a figure printed as a line of JSON.
//!
//! A figure is CPU time per operation of this process (or of the processes that it started), the lowest of several
//! rounds; ours and the peer's rounds take turns, so that both see the same machine.

pub mod estate;

use rustix::time::{ClockId, clock_gettime};
use serde::Serialize;
use std::time::Duration;

const ROUNDS: usize = 15;

/// Something measured: what it is, and what it should cost.
#[derive(Debug, Clone)]
pub struct Measured {
    id: &'static str,
    what: &'static str,
    unit: &'static str,
    goal: Option<Goal>,
    rounds: usize,
    peer_name: Option<&'static str>,
}

/// The most that a figure may be.
#[derive(Debug, Clone, Copy)]
enum Goal {
    InUnit(f64),
    TimesThePeer(f64),
}

#[derive(Serialize)]
struct Line<'a> {
    id: &'a str,
    what: &'a str,
    unit: &'a str,
    ours: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    peer: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    peer_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ratio: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    goal: Option<Told>,
    #[serde(skip_serializing_if = "Option::is_none")]
    met: Option<bool>,
}

/// A goal as it is printed: a number is held against ours.
#[derive(Debug, PartialEq, Serialize)]
#[serde(untagged)]
enum Told {
    AtMost(f64),
    Words(String),
}

impl Measured {
    /// Crate and operation (`core.policy_run`), the same in words, and the unit of its figures.
    pub fn new(id: &'static str, what: &'static str, unit: &'static str) -> Self {
        Self { id, what, unit, goal: None, rounds: ROUNDS, peer_name: None }
    }

    /// The most that ours may be, in the unit.
    #[must_use]
    pub fn goal(mut self, most: f64) -> Self {
        self.goal = Some(Goal::InUnit(most));
        self
    }

    /// The most that ours may be, in times of the peer's figure.
    #[must_use]
    pub fn goal_ratio(mut self, most: f64) -> Self {
        self.goal = Some(Goal::TimesThePeer(most));
        self
    }

    /// So many rounds in place of 15: fewer where each takes long, more where each is short.
    #[must_use]
    pub fn rounds(mut self, rounds: usize) -> Self {
        self.rounds = rounds;
        self
    }

    /// What people would use instead.
    #[must_use]
    pub fn peer(mut self, name: &'static str) -> Self {
        self.peer_name = Some(name);
        self
    }

    /// Whether it is compared with something.
    pub fn has_peer(&self) -> bool {
        self.peer_name.is_some()
    }

    /// Whether the command line asks for it: no word, or a part of the id.
    pub fn is_wanted(&self) -> bool {
        let mut words = std::env::args().skip(1).filter(|word| !word.starts_with('-')).peekable();
        words.peek().is_none() || words.any(|word| self.id.contains(&word))
    }

    /// Runs both in turn and prints the figure. Each function runs one round and returns its cost in the unit.
    ///
    /// # Panics
    /// When a round returns no finite number: it could not be measured, and the others must not speak for it.
    #[expect(clippy::print_stdout, reason = "the figures are this program's answer")]
    pub fn run(&self, mut ours: impl FnMut() -> f64, mut peer: Option<&mut dyn FnMut() -> f64>) {
        if !self.is_wanted() {
            return;
        }
        let (mut best, mut best_peer) = (f64::INFINITY, f64::INFINITY);
        for _ in 0..self.rounds {
            best = lower(best, ours());
            if let Some(peer) = &mut peer {
                best_peer = lower(best_peer, peer());
            }
        }
        let line = self.line(best, peer.map(|_| best_peer));
        println!("{}", serde_json::to_string(&line).unwrap_or_default());
    }

    /// The goal is held against the figure that is shown: a reader compares these two.
    fn line(&self, best: f64, peer: Option<f64>) -> Line<'_> {
        let ours = rounded(best);
        let ratio = peer.map(|peer| rounded(best / peer));
        let (goal, met) = match (self.goal, ratio) {
            (Some(Goal::InUnit(most)), _) => (Some(Told::AtMost(most)), Some(ours <= most)),
            (Some(Goal::TimesThePeer(most)), Some(ratio)) => {
                (Some(Told::Words(format!("at most {most} times the peer"))), Some(ratio <= most))
            }
            _ => (None, None),
        };
        Line {
            id: self.id,
            what: self.what,
            unit: self.unit,
            ours,
            peer: peer.map(rounded),
            peer_name: peer.and(self.peer_name),
            ratio,
            goal,
            met,
        }
    }
}

/// The CPU time of this process so far, system calls included.
pub fn cpu_time() -> Duration {
    duration(clock_gettime(ClockId::ProcessCPUTime))
}

/// The CPU time of the processes that this one has started and waited for, in steps of 10 ms.
pub fn children_cpu_time() -> Duration {
    // proc(5): fields 16 and 17, counted behind the name, which may hold spaces; 100 ticks a second.
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let behind = stat.rsplit(") ").next().unwrap_or_default();
    let ticks: u64 =
        behind.split_whitespace().skip(13).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum();
    Duration::from_millis(10 * ticks)
}

/// Nanoseconds of CPU per operation.
pub fn nanoseconds_each(operations: u32, run: impl FnOnce()) -> f64 {
    let begun = cpu_time();
    run();
    (cpu_time() - begun).as_nanos() as f64 / f64::from(operations)
}

/// The lower of two costs. `f64::min` would pass over a round that failed.
fn lower(best: f64, round: f64) -> f64 {
    assert!(round.is_finite(), "a round could not be measured");
    best.min(round)
}

fn duration(time: rustix::time::Timespec) -> Duration {
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or_default())
}

fn rounded(figure: f64) -> f64 {
    let digits = 10f64.powi(2 - figure.abs().max(1e-9).log10().floor() as i32);
    (figure * digits).round() / digits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_goal_is_held_against_the_figure_that_is_shown() {
        let measured = Measured::new("core.run", "run", "ns").goal(150.0);
        let line = measured.line(150.4, None);
        assert_eq!((line.ours, line.met), (150.0, Some(true)));
        assert_eq!(measured.line(150.6, None).met, Some(false));
    }

    #[test]
    fn a_goal_can_be_a_ratio() {
        let measured = Measured::new("core.run", "run", "ns").peer("raw").goal_ratio(1.05);
        let line = measured.line(105.0, Some(100.0));
        assert_eq!(
            (line.goal, line.met),
            (Some(Told::Words("at most 1.05 times the peer".into())), Some(true))
        );
        assert_eq!(measured.line(106.0, Some(100.0)).met, Some(false));
        assert_eq!(measured.line(105.0, None).met, None);
    }

    #[test]
    #[should_panic(expected = "a round could not be measured")]
    fn a_round_that_failed_is_not_passed_over() {
        lower(1.0, f64::NAN);
    }
}
