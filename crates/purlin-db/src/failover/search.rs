//! One search for a node of the wanted role.

use super::Book;
use crate::{DbDetail, PoolFault, Role, WantedRole};
use purlin_core::{Endpoint, Error, ErrorKind, Instant, Outcome};
use std::collections::VecDeque;
use std::fmt;

/// What happened.
#[derive(Debug)]
pub(crate) enum Event {
    /// The search begins.
    Begin,
    /// An address answered and has that role; none where it was not asked because any will do.
    Answered(usize, Option<Role>),
    /// An address failed.
    Failed(usize, Error),
    /// A moment came that was asked for.
    Tick,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Ask that address, while those before it go on.
    Start(usize),
    /// Give a [`Event::Tick`] at that moment; it takes the place of an earlier one.
    Wake(Instant),
    /// The search is over: that address it is. What else is under way is dropped.
    Use(usize),
    /// The search is over in vain; [`Search::in_vain`] says why.
    GiveUp,
}

#[derive(Debug)]
enum Cause {
    Failed(Error),
    Role(Role),
}

/// The attempts of one search: each address is tried once at most, the next one as soon as one has failed or after a
/// head start without an answer, and the first answer of the right role wins.
#[derive(Debug)]
pub(crate) struct Search {
    wanted: WantedRole,
    waiting: VecDeque<usize>,
    running: Vec<(usize, Instant)>,
    causes: Vec<(usize, Cause)>,
    next_start: Option<Instant>,
    over: bool,
}

impl Search {
    pub(crate) fn new(wanted: WantedRole) -> Self {
        Self {
            wanted,
            waiting: VecDeque::new(),
            running: Vec::new(),
            causes: Vec::new(),
            next_start: None,
            over: false,
        }
    }

    pub(crate) fn step(&mut self, book: &mut Book, event: Event, now: Instant) -> Vec<Effect> {
        if self.over {
            return Vec::new();
        }
        let failed = match event {
            Event::Begin => {
                self.waiting = book.order(self.wanted, now).into();
                true
            }
            Event::Tick => self.next_start.is_some_and(|at| at <= now),
            Event::Answered(index, role) => {
                if self.ended(index).is_none() {
                    return Vec::new();
                }
                book.answered(index);
                match role.filter(|role| !self.wanted.accepts(*role)) {
                    None => {
                        self.over = true;
                        return vec![Effect::Use(index)];
                    }
                    Some(other) => self.causes.push((index, Cause::Role(other))),
                }
                true
            }
            Event::Failed(index, error) => {
                let Some(since) = self.ended(index) else { return Vec::new() };
                let short = now.since(since) < book.settings().head_start;
                if is_its_fault(&error, short) {
                    book.failed(index, now);
                }
                self.causes.push((index, Cause::Failed(error)));
                true
            }
        };
        if failed { self.go_on(book, now) } else { self.wake() }
    }

    /// Since when it ran; none where it did not.
    fn ended(&mut self, index: usize) -> Option<Instant> {
        let at = self.running.iter().position(|(running, _)| *running == index)?;
        Some(self.running.remove(at).1)
    }

    fn go_on(&mut self, book: &mut Book, now: Instant) -> Vec<Effect> {
        let Some(next) = self.waiting.pop_front() else {
            self.next_start = None;
            self.over = self.running.is_empty();
            return if self.over { vec![Effect::GiveUp] } else { Vec::new() };
        };
        book.starts(next, now);
        self.running.push((next, now));
        let more = !self.waiting.is_empty();
        self.next_start = more.then(|| now.saturating_add(book.settings().head_start));
        let mut effects = vec![Effect::Start(next)];
        effects.extend(self.wake());
        effects
    }

    fn wake(&self) -> Vec<Effect> {
        self.next_start.map(Effect::Wake).into_iter().collect()
    }

    /// The addresses that have been silent for a head start or longer: with the search over, they are to be put back,
    /// if it is not our own pool that kept them.
    pub(crate) fn silent(&self, book: &Book, now: Instant) -> Vec<usize> {
        let head_start = book.settings().head_start;
        let silent = self.running.iter().filter(|(_, since)| now.since(*since) >= head_start);
        silent.map(|(index, _)| *index).collect()
    }

    /// Why the search was in vain, or was cut off: one error that tells of every address, or the only one's own.
    pub(crate) fn in_vain(mut self, endpoints: &[Endpoint], cut: Option<Error>) -> Error {
        if let [only] = endpoints {
            match (self.causes.pop(), cut) {
                (Some((_, Cause::Failed(error))), _) => {
                    return error.or_endpoint(only).with_outcome(Outcome::NotSent);
                }
                (None, Some(cut)) => return cut.or_endpoint(only).with_outcome(Outcome::NotSent),
                (cause, cut) => {
                    self.causes.extend(cause);
                    return self.told(endpoints, cut).with_endpoint(only.clone());
                }
            }
        }
        self.told(endpoints, cut)
    }

    fn told(self, endpoints: &[Endpoint], cut: Option<Error>) -> Error {
        let name = |index: usize| endpoints.get(index).cloned();
        let mut told = Vec::new();
        let mut errors: Vec<(Endpoint, Error)> = Vec::new();
        for (index, cause) in &self.causes {
            let Some(endpoint) = name(*index) else { continue };
            let (words, error) = match cause {
                Cause::Failed(error) => (failure(error), error.clone()),
                Cause::Role(role) => (format!("is {}", article(*role)), wrong_role(*role, &endpoint)),
            };
            told.push(format!("{endpoint} ({words})"));
            errors.push((endpoint, error));
        }
        let running = self.running.iter().filter_map(|(index, _)| name(*index));
        told.extend(running.map(|endpoint| format!("{endpoint} (no answer yet)")));
        told.extend(
            self.waiting.iter().filter_map(|index| name(*index)).map(|at| format!("{at} (not asked)")),
        );
        let what = match self.wanted {
            WantedRole::Any => "no address serves",
            WantedRole::Primary => "no primary",
            WantedRole::Replica => "no replica",
        };
        let message = format!("{what} among {}", told.join(", "));
        let kinds = errors.iter().map(|(_, error)| error.kind());
        let kind = cut.as_ref().map_or_else(|| common(kinds).unwrap_or(ErrorKind::Unavailable), Error::kind);
        let error = Error::new(kind, message).with_operation("db.acquire").with_outcome(Outcome::NotSent);
        let error = match errors.first() {
            Some((_, first)) if cut.is_none() => with_common_detail(error, first, &errors),
            _ => error,
        };
        error.with_detail(AddressCauses(errors))
    }
}

/// Why each address failed: `error.detail::<AddressCauses>()`, where several were tried.
#[derive(Debug, Clone)]
pub struct AddressCauses(Vec<(Endpoint, Error)>);

impl AddressCauses {
    /// The addresses that failed, in the order in which they did, each with its error. A node of another role than the
    /// wanted one stands there as [`ErrorKind::Unavailable`].
    pub fn iter(&self) -> impl Iterator<Item = (&Endpoint, &Error)> {
        self.0.iter().map(|(endpoint, error)| (endpoint, error))
    }
}

/// Whether the address is to blame: not a full or closed pool of ours, nor a caller who left or had next to no time.
fn is_its_fault(error: &Error, short: bool) -> bool {
    match error.kind() {
        ErrorKind::Cancelled => false,
        ErrorKind::Timeout if short => false,
        _ => error.detail::<PoolFault>().is_none(),
    }
}

fn common(mut kinds: impl Iterator<Item = ErrorKind>) -> Option<ErrorKind> {
    let first = kinds.next()?;
    kinds.all(|kind| kind == first).then_some(first)
}

/// What all of them say, the whole says too: a wrong password is one, wherever it was tried.
fn with_common_detail(error: Error, first: &Error, all: &[(Endpoint, Error)]) -> Error {
    let class = DbDetail::class_of(first);
    let error = match first.detail::<DbDetail>() {
        Some(detail) if all.iter().all(|(_, other)| DbDetail::class_of(other) == class) => {
            error.with_detail(detail.clone())
        }
        _ => error,
    };
    match first.detail::<PoolFault>() {
        Some(fault) if all.iter().all(|(_, other)| other.detail::<PoolFault>().is_some()) => {
            error.with_detail(*fault)
        }
        _ => error,
    }
}

fn failure(error: &Error) -> String {
    let mut text = error.message().to_owned();
    if let Some(note) = error.note() {
        text += &format!(", {note}");
    }
    let cause = std::error::Error::source(error);
    if let Some(cause) = cause {
        text += &format!(": {cause}");
    }
    text
}

fn wrong_role(role: Role, endpoint: &Endpoint) -> Error {
    Error::new(ErrorKind::Unavailable, format!("it is {}", article(role)))
        .with_operation("db.acquire")
        .with_endpoint(endpoint.clone())
        .with_outcome(Outcome::NotSent)
}

fn article(role: Role) -> impl fmt::Display {
    match role {
        Role::Primary => "a primary",
        Role::Replica => "a replica",
        Role::NonPrimary => "without a quorum",
        Role::Isolated => "cut off from its cluster",
        Role::Unknown => "of unknown role",
    }
}
