//! Every sequence of calls, drops and cuts, against what must hold whatever happens.

use super::*;
use proptest::prelude::*;

/// What a caller, a server or a dropped future can do to a session.
#[derive(Debug, Clone, Copy)]
enum Event {
    /// A call, if it may begin; then how it ends. None: its future was dropped.
    Call(Option<End>),
    /// The same for a begin.
    Begin(Option<End>),
    Savepoint(Option<End>),
    Commit(Option<End>),
    /// The innermost transaction or savepoint is dropped.
    Drop,
    /// The outermost one is.
    DropAll,
    Touch,
    Reset,
}

fn end() -> impl Strategy<Value = Option<End>> {
    prop_oneof![
        6 => Just(Some(End::Clean)),
        1 => Just(Some(End::Aborted)),
        2 => Just(Some(End::Unread)),
        1 => Just(Some(End::Left)),
        1 => Just(Some(End::Broken)),
        2 => Just(None),
    ]
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        3 => end().prop_map(Event::Call),
        2 => end().prop_map(Event::Begin),
        2 => end().prop_map(Event::Savepoint),
        2 => end().prop_map(Event::Commit),
        1 => Just(Event::Drop),
        1 => Just(Event::DropAll),
        1 => Just(Event::Touch),
        1 => Just(Event::Reset),
    ]
}

/// What a careful observer knows: which handles live, and what the server holds.
#[derive(Debug, Default)]
struct World {
    machine: Machine,
    /// How many of transaction and savepoints somebody holds.
    held: u32,
    /// Begun on the server and not rolled back or committed since; in doubt counts as open.
    open: bool,
    survives: bool,
    broken: bool,
}

impl World {
    fn server(&self) -> Server {
        Server { survives: self.survives, in_transaction: None }
    }

    /// Does what is owed, as the session does; false where the call is refused.
    fn settles(&mut self) -> bool {
        for _ in 0..8 {
            match self.machine.next(self.server()) {
                Step::Go => return true,
                Step::Spent | Step::Aborted | Step::Ended => return false,
                Step::Recover => {
                    self.machine.begins();
                    self.machine.ends(End::Clean);
                }
                Step::RollBack => {
                    self.machine.begins();
                    self.machine.ends(End::Clean);
                    self.machine.has_rolled_back();
                    self.open = false;
                }
                Step::RollBackTo(number) => {
                    assert!(number > 0);
                    self.machine.begins();
                    self.machine.ends(End::Clean);
                    self.machine.has_rolled_back();
                }
            }
        }
        panic!("it never settles: {self:?}");
    }

    fn call(&mut self, end: Option<End>) -> bool {
        if !self.settles() {
            return false;
        }
        self.machine.begins();
        if let Some(end) = end {
            self.machine.ends(end);
            self.broken |= end == End::Broken;
        }
        matches!(end, Some(End::Clean | End::Unread))
    }

    fn drops(&mut self, depth: u32) {
        if self.held > depth {
            self.machine.owes(depth);
            self.held = depth;
        }
    }

    fn happens(&mut self, event: Event) {
        match event {
            Event::Call(end) => {
                self.call(end);
            }
            Event::Begin(end) if self.held == 0 => self.begin(end),
            Event::Savepoint(end) if self.held > 0 && self.call(end) => {
                let number = self.machine.savepoint_is_sent();
                self.machine.has_savepoint(number);
                self.held += 1;
                assert_eq!(self.machine.depth(), self.held);
            }
            Event::Commit(end) if self.held > 0 => {
                let level = self.held;
                if self.call(end) {
                    self.machine.is_down_to(level - 1);
                    self.held = level - 1;
                    self.open &= level > 1;
                } else {
                    self.drops(level - 1);
                }
            }
            Event::Drop if self.held > 0 => self.drops(self.held - 1),
            Event::DropAll => self.drops(0),
            Event::Touch => self.machine.touched(),
            Event::Reset if self.held == 0 => {
                self.machine.owes_all(self.server());
                let settled = self.settles();
                assert!(!settled || self.machine.state(self.server()) == SessionState::Idle);
            }
            _ => {}
        }
    }

    fn begin(&mut self, end: Option<End>) {
        if !self.settles() || self.machine.depth() > 0 {
            return;
        }
        self.machine.begin_is_sent();
        self.open = true;
        if self.call_begun(end) {
            self.machine.has_begun();
            self.held = 1;
        }
    }

    fn call_begun(&mut self, end: Option<End>) -> bool {
        self.machine.begins();
        if let Some(end) = end {
            self.machine.ends(end);
            self.broken |= end == End::Broken;
        }
        matches!(end, Some(End::Clean | End::Unread))
    }

    fn holds(&self) {
        let state = self.machine.state(self.server());
        let next = self.machine.next(self.server());
        if self.broken {
            assert_eq!((state, next), (SessionState::Closed, Step::Spent), "broken stays broken");
        }
        if self.machine.phase == Phase::Busy {
            assert_ne!(next, Step::Go, "a statement would be asked while another one is under way");
            assert_eq!(state, SessionState::Interrupted);
        }
        if self.machine.owed.is_some() {
            assert_ne!(next, Step::Go, "a statement would run in a transaction that nobody holds");
            assert!(!matches!(state, SessionState::Idle | SessionState::InTransaction));
        }
        if self.open && self.held == 0 {
            assert_ne!(state, SessionState::Idle, "an open transaction would be lent on");
        }
        assert!(self.machine.owed.is_none_or(|owed| owed < self.machine.depth()));
    }
}

proptest! {
    #[test]
    fn no_sequence_of_calls_drops_and_cuts_breaks_the_rules(
        survives in any::<bool>(),
        events in proptest::collection::vec(event(), 0..40),
    ) {
        let mut world = World { survives, ..World::default() };
        for event in events {
            world.happens(event);
            world.holds();
        }
    }
}

#[test]
fn what_the_server_says_counts() {
    let mut machine = Machine::default();
    let says = |in_transaction| Server { survives: true, in_transaction: Some(in_transaction) };
    assert_eq!(machine.state(says(true)), SessionState::InTransaction, "somebody's text began one");
    machine.begin_is_sent();
    machine.has_begun();
    assert_eq!(machine.state(says(true)), SessionState::InTransaction);
    assert_eq!(machine.next(says(false)), Step::Ended);
    assert_eq!(machine.state(says(false)), SessionState::Aborted);
    machine.owes(0);
    assert_eq!(machine.next(says(false)), Step::RollBack);
    machine.has_rolled_back();
    assert_eq!(machine.state(says(false)), SessionState::Idle);
}

#[test]
fn savepoints_are_rolled_back_by_numbers_that_are_never_used_twice() {
    let mut machine = Machine::default();
    let server = Server::default();
    machine.begin_is_sent();
    machine.has_begun();
    let first = machine.savepoint_is_sent();
    machine.has_savepoint(first);
    machine.is_down_to(1);
    let second = machine.savepoint_is_sent();
    assert_ne!(first, second);
    machine.has_savepoint(second);
    let third = machine.savepoint_is_sent();
    machine.has_savepoint(third);
    machine.owes(2);
    machine.owes(1);
    assert_eq!(machine.next(server), Step::RollBackTo(second));
    machine.cannot_roll_back_to();
    assert_eq!(machine.next(server), Step::Aborted);
    machine.owes(0);
    assert_eq!(machine.next(server), Step::RollBack);
}
