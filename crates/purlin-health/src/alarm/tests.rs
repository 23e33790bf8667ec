mod crash;
mod downtime;
mod unsaved;

use super::*;
use crate::{Cadence, CheckState, Dependencies, Event, Flap, Needs, State, StateRules, Status, step};
use crate::{Condition, Transition};
use purlin_core::{Cx, ErrorKind, SimClock, Subject};
use std::time::Duration;

const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// One check behind a parent, with all that decides about its alarm.
struct Desk {
    clock: SimClock,
    rules: StateRules,
    check: CheckId,
    subject: Subject,
    state: CheckState,
    parents: Dependencies,
    book: AlarmBook,
    told: Vec<Transition>,
    observed: Observed,
    /// When the run of the last result began, where that is not when it ended.
    begun: Option<purlin_core::Instant>,
}

const PARENT: usize = 0;
const CHILD: usize = 1;
/// One round of the parent.
const ROUND: Duration = secs(30);

impl Desk {
    fn new() -> Self {
        let clock = SimClock::new();
        let ids: [CheckId; 2] = ["switch".into(), "web".into()];
        let needs = [None, Some(Needs::check("switch"))];
        let all = ids.iter().zip(&needs).map(|(id, needs)| (id, needs.as_ref()));
        Self {
            rules: StateRules::new(&Cadence::every(secs(10))).flap(Flap::off()),
            check: ids[CHILD].clone(),
            subject: Subject::new("host", "web01"),
            state: CheckState::pending(clock.now()),
            parents: Dependencies::build(all, |_| None).unwrap(),
            book: AlarmBook::load(StateDocument::default(), ["pager"]),
            told: Vec::new(),
            observed: Observed::default(),
            begun: None,
            clock,
        }
    }

    fn parent(&mut self, is_up: bool) -> &Observed {
        let now = self.clock.now();
        self.parents.update(PARENT, if is_up { Condition::Met(now) } else { Condition::Unmet });
        self.look()
    }

    fn result(&mut self, status: Status) -> &Observed {
        self.state = step(&self.state, Event::Result(status), self.clock.now(), &self.rules).0;
        self.look()
    }

    fn look(&mut self) -> &Observed {
        let (now, wall) = (self.clock.now(), self.clock.timestamp());
        let begun = self.begun.or(self.state.last_result());
        let facts = Facts::new(&self.state, &self.rules, now, wall).begun(begun).behind(
            &self.parents,
            CHILD,
            &self.state,
            ROUND,
        );
        let story = Story::new(&self.check, &self.subject, self.state.status(), "refused");
        self.observed = self.book.observe(&story, &facts, now, wall);
        self.told.extend(self.observed.told.clone());
        &self.observed
    }

    fn wait(&self, seconds: u64) {
        self.clock.advance(secs(seconds));
    }

    /// The keys of what was told, without the name of the check and the outage.
    fn words(&self) -> Vec<&str> {
        self.told.iter().map(|told| told.key.rsplit('/').next().unwrap()).collect()
    }

    fn mute(&self) -> Option<&Mute> {
        self.book.alarm(&self.check)?.mute.as_ref()
    }

    fn announce(&mut self, seconds: u64) {
        let start = self.clock.timestamp();
        let times = (start, start.saturating_add(secs(seconds)));
        let select = "subject=web01".parse().unwrap();
        self.book.announce(Downtime::new("upgrade", select, times, "ann", "kernel").unwrap());
    }
}

use Status::{Critical as Bad, Ok as Good};

#[test]
fn an_outage_is_told_once_and_so_is_its_end_with_the_same_outage_in_the_key() {
    let mut desk = Desk::new();
    desk.parent(true);
    desk.result(Good);
    desk.wait(10);
    let observed = desk.result(Bad).clone();
    assert_eq!((observed.told, observed.probe), (None, Some(Probe::Parents)));
    desk.parent(true);
    desk.wait(10);
    desk.result(Bad);
    desk.look();
    desk.wait(10);
    desk.result(Good);
    desk.result(Good);
    let keys: Vec<_> = desk.told.iter().map(|told| told.key.as_str()).collect();
    assert_eq!(keys, ["web/2000-01-01T00:00:10Z/down", "web/2000-01-01T00:00:10Z/up"]);
    assert_eq!((desk.told[0].to, desk.told[1].to), (State::Down, State::Up));
    assert_eq!(desk.told[1].since.to_string(), "2000-01-01T00:00:30Z");
    assert_eq!(desk.book.alarms().count(), 0);
}

#[test]
fn a_child_waits_one_round_of_its_parent_and_no_longer() {
    let mut desk = Desk::new();
    desk.parent(true);
    desk.wait(10);
    let observed = desk.result(Bad).clone();
    let end = desk.clock.now().saturating_add(ROUND);
    assert_eq!((observed.told, observed.again_at), (None, Some(end)));
    desk.wait(29);
    assert_eq!(desk.look().told, None);
    assert_eq!(desk.mute(), Some(&Mute::Undetermined));
    desk.wait(1);
    assert!(desk.look().told.is_some());
    assert_eq!(desk.mute(), None);
}

#[test]
fn a_dead_parent_mutes_and_says_so_and_its_return_does_not_page_for_old_failures() {
    let mut desk = Desk::new();
    desk.parent(true);
    desk.wait(10);
    desk.result(Bad);
    desk.parent(false);
    assert_eq!(desk.mute(), Some(&Mute::Suppressed(Some("switch".into()))));
    assert_eq!(desk.state.state(), State::Down);
    desk.wait(3600);
    desk.result(Bad);
    desk.wait(5);
    // The switch is back; that the host failed five seconds ago says nothing any more.
    let observed = desk.parent(true).clone();
    assert_eq!((observed.told, observed.probe), (None, Some(Probe::Check { at: desk.clock.now() })));
    desk.wait(1);
    desk.result(Good);
    assert!(desk.told.is_empty() && desk.book.alarms().count() == 0);
}

#[test]
fn what_is_still_down_when_its_parent_is_back_is_told_after_its_next_result() {
    let mut desk = Desk::new();
    desk.result(Bad);
    desk.parent(false);
    desk.wait(100);
    let observed = desk.parent(true).clone();
    assert_eq!((observed.told, observed.probe), (None, Some(Probe::Check { at: desk.clock.now() })));
    desk.wait(1);
    assert!(desk.result(Bad).told.is_some());
}

#[test]
fn failures_that_nobody_was_shown_while_the_parent_was_down_are_old_too() {
    let mut desk = Desk::new();
    desk.result(Bad);
    desk.parent(false);
    desk.wait(100);
    // Still down as before: nothing that its alarm would have to be shown for.
    desk.state = step(&desk.state, Event::Result(Bad), desk.clock.now(), &desk.rules).0;
    desk.wait(1);
    assert_eq!(desk.parent(true).told, None);
    desk.wait(1);
    assert!(desk.result(Bad).told.is_some());
}

#[test]
fn one_lost_packet_on_the_way_back_is_no_outage() {
    let mut desk = Desk::new();
    let cadence = Cadence::every(secs(10)).confirm(3).over(secs(20)).recover(2);
    desk.rules = StateRules::new(&cadence).flap(Flap::off());
    for _ in 0..4 {
        desk.result(Bad);
        desk.wait(10);
    }
    desk.parent(false);
    desk.wait(100);
    desk.parent(true);
    for (result, told) in [(Good, 0), (Bad, 0), (Bad, 0), (Good, 0), (Bad, 0), (Bad, 0), (Bad, 1)] {
        desk.wait(10);
        desk.parent(true);
        desk.result(result);
        assert_eq!(desk.told.len(), told, "{:?}", desk.state);
    }
}

#[test]
fn a_run_that_began_before_its_parent_was_back_says_nothing_either() {
    let mut desk = Desk::new();
    desk.result(Bad);
    desk.parent(false);
    desk.wait(100);
    let begun = desk.clock.now();
    desk.wait(1);
    desk.parent(true);
    desk.wait(1);
    desk.begun = Some(begun);
    assert_eq!(desk.result(Bad).told, None);
    desk.begun = Some(desk.clock.now());
    assert!(desk.result(Bad).told.is_some());
}

#[test]
fn the_end_of_a_told_outage_is_told_whatever_mutes_meanwhile() {
    for mute in 0..3 {
        let mut desk = Desk::new();
        desk.parent(true);
        desk.result(Bad);
        desk.parent(true);
        assert_eq!(desk.words(), ["down"]);
        match mute {
            0 => desk.announce(600),
            1 => {
                desk.parent(false);
            }
            _ => {
                let by = Acknowledgement::new("ann", "on it", desk.clock.timestamp());
                desk.book.acknowledge(&desk.check, by).unwrap();
            }
        }
        desk.wait(10);
        desk.result(Good);
        assert_eq!(desk.words(), ["down", "up"]);
    }
}

#[test]
fn nobody_is_told_of_work_that_was_announced_and_of_what_outlasts_it_everybody() {
    let mut desk = Desk::new();
    desk.parent(true);
    desk.result(Good);
    desk.announce(60);
    desk.wait(10);
    desk.result(Bad);
    assert_eq!(desk.mute(), Some(&Mute::Downtime("upgrade".into())));
    desk.wait(10);
    desk.result(Good);
    desk.wait(10);
    desk.result(Bad);
    desk.parent(true);
    assert!(desk.told.is_empty());
    let edge = desk.book.next_edge(desk.clock.timestamp()).unwrap();
    desk.clock.advance(edge.since(desk.clock.timestamp()));
    desk.look();
    assert_eq!(desk.words(), ["down"]);
    assert_eq!(desk.book.next_edge(edge), None);
    desk.book.tidy(edge);
    assert_eq!(desk.book.downtimes().count(), 0);
}

#[test]
fn an_acknowledged_outage_is_not_told_until_the_acknowledgement_ends() {
    let mut desk = Desk::new();
    desk.result(Bad);
    let end = desk.clock.timestamp().saturating_add(secs(500));
    let by = Acknowledgement::new("ann", "on it", desk.clock.timestamp()).until(end);
    desk.book.acknowledge(&desk.check, by).unwrap();
    desk.parent(true);
    desk.wait(100);
    desk.look();
    assert_eq!((desk.mute(), desk.told.len()), (Some(&Mute::Acknowledged), 0));
    assert_eq!(desk.book.next_edge(desk.clock.timestamp()), Some(end));
    desk.wait(400);
    desk.look();
    assert_eq!(desk.words(), ["down"]);
    let nothing = desk.book.acknowledge(&"db".into(), Acknowledgement::new("ann", "?", end)).unwrap_err();
    assert_eq!(nothing.kind(), ErrorKind::NotFound);
}

#[test]
fn while_it_flaps_the_end_waits_and_comes_once() {
    let mut desk = Desk::new();
    desk.rules = StateRules::new(&Cadence::every(secs(10))).flap(Flap::changes(secs(600), 3.0, 1.0));
    for result in [Good, Bad, Good, Bad, Good, Bad, Good, Bad, Good] {
        desk.wait(10);
        desk.result(result);
        desk.parent(true);
    }
    assert!(desk.state.is_flapping());
    assert_eq!(desk.words(), ["down", "up", "down"]);
    let steady = desk.state.settles_at(&desk.rules).unwrap();
    desk.clock.advance(steady.since(desk.clock.now()));
    desk.result(Good);
    assert_eq!(desk.words(), ["down", "up", "down", "up"]);
}

#[test]
fn a_check_that_is_not_watched_any_more_leaves_no_open_outage() {
    let mut desk = Desk::new();
    desk.parent(true);
    desk.result(Bad);
    desk.parent(true);
    let story = Story::new(&desk.check, &desk.subject, Status::Unknown, "no longer watched");
    let told = desk.book.forget(&story, desk.clock.timestamp()).told.unwrap();
    assert_eq!((told.to, told.key.as_str()), (State::Up, "web/2000-01-01T00:00:00Z/up"));
    assert_eq!(desk.book.forget(&story, desk.clock.timestamp()).told, None);
}

#[test]
fn each_publisher_hears_of_each_check_in_order() {
    let mut desk = Desk::new();
    desk.book = AlarmBook::load(StateDocument::default(), ["pager", "log"]);
    desk.parent(true);
    for result in [Bad, Good] {
        desk.result(result);
        desk.parent(true);
    }
    desk.book.saved(desk.book.unsaved().len());
    let due = |desk: &Desk, name: &str| desk.book.due(name).iter().map(|it| it.number).collect::<Vec<_>>();
    assert_eq!((due(&desk, "pager"), due(&desk, "log")), (vec![1], vec![1]));
    desk.book.delivered(1, "log");
    assert_eq!((due(&desk, "pager"), due(&desk, "log")), (vec![1], vec![2]));
    desk.book.delivered(2, "log");
    assert_eq!((due(&desk, "pager"), due(&desk, "log"), desk.book.waiting()), (vec![1], vec![], 2));
}

#[test]
fn what_was_for_a_publisher_that_is_no_more_is_dropped() {
    let mut desk = Desk::new();
    desk.parent(true);
    desk.result(Bad);
    desk.parent(true);
    let mut disk = StateDocument::default();
    desk.book.unsaved().iter().for_each(|write| disk.apply(write));
    assert_eq!(disk.outbox.len(), 1);
    let book = AlarmBook::load(disk.clone(), ["mail"]);
    assert_eq!(book.waiting(), 0);
    book.unsaved().iter().for_each(|write| disk.apply(write));
    assert_eq!(disk.outbox.len(), 0);
}

#[test]
fn a_store_keeps_what_was_committed_and_takes_it_twice() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let (store, cx) = (MemoryStore::new(), Cx::background());
    let mut desk = Desk::new();
    desk.parent(true);
    desk.result(Bad);
    desk.parent(true);
    desk.announce(60);
    let (now, wall) = (desk.clock.now(), desk.clock.timestamp());
    desk.book.keep(&desk.check, CheckRecord::new(desk.state.saved(now, wall), Default::default()));
    let kept = runtime.block_on(async {
        store.commit(&cx, desk.book.unsaved()).await.unwrap();
        store.commit(&cx, desk.book.unsaved()).await.unwrap();
        store.load(&cx).await.unwrap()
    });
    assert_eq!((kept.alarms.len(), kept.downtimes.len(), kept.outbox.len(), kept.checks.len()), (1, 1, 1, 1));
    // The whole of it can be written and read.
    let text = serde_json::to_string(&kept).unwrap();
    assert_eq!(serde_json::from_str::<StateDocument>(&text).unwrap(), kept);
}
