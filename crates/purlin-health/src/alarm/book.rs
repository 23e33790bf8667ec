//! All alarms of a monitor.

use super::facts::Verdict;
use super::{Acknowledgement, Alarm, CheckRecord, Downtime, DowntimeId, Facts, Notice, StateDocument, Write};
use crate::{CheckId, State, Status, Transition};
use purlin_core::{Error, ErrorKind, Instant, Result, Subject, Timestamp};
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What is told of a check beside what is believed of it.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Story<'a> {
    /// The check.
    pub check: &'a CheckId,
    /// What it is about.
    pub subject: &'a Subject,
    /// What its last result says.
    pub status: Status,
    /// The line for people of that result.
    pub message: &'a str,
    /// The page to open.
    pub runbook: Option<&'a str>,
}

impl<'a> Story<'a> {
    /// A story without a page to open.
    pub const fn new(check: &'a CheckId, subject: &'a Subject, status: Status, message: &'a str) -> Self {
        Self { check, subject, status, message, runbook: None }
    }

    /// Sets the page to open.
    #[must_use]
    pub const fn runbook(mut self, address: Option<&'a str>) -> Self {
        self.runbook = address;
        self
    }

    fn transition(&self, to: State, since: Timestamp, outage: Timestamp, wall: Timestamp) -> Transition {
        let (from, word) = if to == State::Down { (State::Up, "down") } else { (State::Down, "up") };
        Transition {
            version: 1,
            at: wall,
            check: self.check.clone(),
            subject: self.subject.clone(),
            from,
            to,
            status: self.status,
            since,
            message: self.message.to_owned(),
            runbook: self.runbook.map(ToOwned::to_owned),
            key: format!("{}/{outage}/{word}", self.check),
        }
    }
}

/// What came of showing a check to an [`AlarmBook`].
#[derive(Debug, Clone, Default, PartialEq)]
#[must_use = "an alarm that waits and is not shown again is never told"]
#[non_exhaustive]
pub struct Observed {
    /// What is told now; it is among the unsaved changes for each publisher.
    pub told: Option<Transition>,
    /// When to show the check again at the latest, if nothing changes before.
    pub again_at: Option<Instant>,
    /// Who should run soon, since the alarm waits for it.
    pub probe: Option<Probe>,
}

/// Who should run soon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Probe {
    /// The check itself, at that moment if it is not due before: its last failure may have been that of what it hangs on,
    /// or a single one on the way back.
    Check {
        /// At once where that is past.
        at: Instant,
    },
    /// What it hangs on, as far as it was not asked since the check failed.
    Parents,
}

/// All alarms of a monitor: what was told, what is to be told, who takes care, what is announced.
///
/// ```
/// use purlin_core::{Cx, SimClock, Subject};
/// use purlin_health::alarm::{AlarmBook, AlarmStore, Facts, MemoryStore, Story};
/// use purlin_health::{Cadence, CheckId, CheckState, Event, StateRules, Status, step};
/// use std::time::Duration;
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let (cx, clock, store) = (Cx::background(), SimClock::new(), MemoryStore::new());
/// let rules = StateRules::new(&Cadence::every(Duration::from_secs(10)));
/// let (web, host) = (CheckId::from("web"), Subject::new("host", "web01"));
/// let mut book = AlarmBook::load(store.load(&cx).await?, ["pager"]);
///
/// let (now, wall) = (clock.now(), clock.timestamp());
/// let (state, _) = step(&CheckState::pending(now), Event::Result(Status::Critical), now, &rules);
/// let observed =
///     book.observe(&Story::new(&web, &host, state.status(), "refused"), &Facts::new(&state, &rules, now, wall), now, wall);
/// assert_eq!(observed.told.unwrap().key, "web/2000-01-01T00:00:00Z/down");
///
/// // First to the disk, and only then to people.
/// assert_eq!(book.due("pager").len(), 0);
/// store.commit(&cx, book.unsaved()).await?;
/// book.saved(book.unsaved().len());
/// let number = book.due("pager")[0].number;
/// book.delivered(number, "pager");
/// assert_eq!(book.due("pager").len(), 0);
/// # Ok::<(), purlin_core::Error>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Default)]
pub struct AlarmBook {
    publishers: Vec<String>,
    alarms: BTreeMap<CheckId, Alarm>,
    downtimes: BTreeMap<DowntimeId, Downtime>,
    outbox: BTreeMap<u64, Notice>,
    last_notice: u64,
    unsaved: Vec<Write>,
}

impl AlarmBook {
    /// Goes on with what was kept, and tells these publishers, by their names. What was to be told to others is
    /// dropped, with a warning: nobody is there who could.
    pub fn load(kept: StateDocument, publishers: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let mut book = Self {
            publishers: publishers.into_iter().map(Into::into).collect(),
            alarms: kept.alarms,
            downtimes: kept.downtimes,
            outbox: kept.outbox,
            last_notice: kept.last_notice,
            unsaved: Vec::new(),
        };
        let strangers = book.outbox.values().flat_map(|notice| {
            let unknown = notice.to.iter().filter(|name| !book.publishers.contains(name));
            unknown.map(|name| (notice.number, name.clone()))
        });
        for (number, name) in strangers.collect::<Vec<_>>() {
            tracing::warn!(publisher = name, number, "a notice is dropped: this publisher is no more");
            book.delivered(number, &name);
        }
        book
    }

    /// Shows what is known of a check: to be called whenever what is believed of it changed, what it hangs on changed,
    /// it began or ceased to flap, a downtime or an acknowledgement began or ended, or [`Observed::again_at`] has come.
    /// To call it more often changes nothing; for a check that is well and has no story it costs a look into a map.
    pub fn observe(&mut self, story: &Story<'_>, facts: &Facts, now: Instant, wall: Timestamp) -> Observed {
        let known = self.alarms.get(story.check);
        if known.is_none() && facts.state != State::Down {
            return Observed::default();
        }
        let downtime = self.downtimes.values().find(|it| it.mutes(story.check, story.subject, wall));
        let mut alarm = known.cloned().unwrap_or_default();
        let verdict = alarm.judge(facts, downtime.map(|it| &it.id), now, wall);
        let is_new = known.is_none_or(|known| known.kept() != alarm.kept());
        if is_new && alarm.is_over() {
            self.unsaved.push(Write::ForgetAlarm(story.check.clone()));
        } else if is_new {
            self.unsaved.push(Write::Alarm(story.check.clone(), alarm.clone()));
        }
        if alarm.is_over() {
            self.alarms.remove(story.check);
        } else {
            self.alarms.insert(story.check.clone(), alarm);
        }
        match verdict {
            Verdict::Nothing => Observed::default(),
            Verdict::Wait { until, probe } => {
                Observed { again_at: Some(until), probe: Some(probe), ..Observed::default() }
            }
            Verdict::TellDown(since) => self.tell(story.transition(State::Down, since, since, wall)),
            Verdict::TellUp(outage) => self.tell(story.transition(State::Up, facts.since, outage, wall)),
        }
    }

    fn tell(&mut self, transition: Transition) -> Observed {
        if !self.publishers.is_empty() {
            self.last_notice += 1;
            let (number, to) = (self.last_notice, self.publishers.clone());
            self.unsaved.push(Write::Notice(Box::new(Notice { number, to, transition: transition.clone() })));
        }
        Observed { told: Some(transition), ..Observed::default() }
    }

    /// A check that is not watched any more: an outage that was told is told to be over, since nobody will see its end.
    pub fn forget(&mut self, story: &Story<'_>, wall: Timestamp) -> Observed {
        self.unsaved.push(Write::ForgetCheck(story.check.clone()));
        let Some(alarm) = self.alarms.remove(story.check) else {
            return Observed::default();
        };
        self.unsaved.push(Write::ForgetAlarm(story.check.clone()));
        match alarm.told {
            Some(outage) => self.tell(story.transition(State::Up, wall, outage, wall)),
            None => Observed::default(),
        }
    }

    /// Notes what is believed of a check, to be saved with what is decided from it: call it before
    /// [`observe`](Self::observe) whenever that changed, and with each report of a passive check, whose age nobody could
    /// find out again.
    pub fn keep(&mut self, check: &CheckId, record: CheckRecord) {
        self.unsaved.push(Write::Check(check.clone(), Box::new(record)));
    }

    /// The changes that are in memory only, oldest first: to be committed in one piece.
    pub fn unsaved(&self) -> &[Write] {
        &self.unsaved
    }

    /// Keeps only the last word on each check, alarm and downtime of what is unsaved, so that it cannot grow without end
    /// while nothing can be saved; notices stay, each of them. What was taken for a commit must have failed or be
    /// [saved](Self::saved) before.
    pub fn condense(&mut self) {
        let mut places = HashMap::new();
        let mut kept: Vec<Write> = Vec::new();
        for write in std::mem::take(&mut self.unsaved) {
            match write.topic().map(|topic| places.entry(topic)) {
                Some(Entry::Occupied(place)) => kept[*place.get()] = write,
                Some(Entry::Vacant(place)) => {
                    place.insert(kept.len());
                    kept.push(write);
                }
                None => kept.push(write),
            }
        }
        self.unsaved = kept;
    }

    /// The first so many of the unsaved changes are on disk; notices among them are due now.
    pub fn saved(&mut self, count: usize) {
        for write in self.unsaved.drain(..count.min(self.unsaved.len())) {
            if let Write::Notice(notice) = write {
                self.outbox.insert(notice.number, *notice);
            }
        }
    }

    /// What this publisher is to be told now: of each check the oldest notice that it has not taken yet, so that nobody
    /// hears of an end before its beginning.
    pub fn due(&self, publisher: &str) -> Vec<&Notice> {
        let mut checks = BTreeSet::new();
        let open = self.outbox.values().filter(|notice| notice.to.iter().any(|name| name == publisher));
        open.filter(|notice| checks.insert(&notice.transition.check)).collect()
    }

    /// A publisher took a notice. Until that is saved, it may be told again, under the same key.
    pub fn delivered(&mut self, number: u64, publisher: &str) {
        let Some(notice) = self.outbox.get_mut(&number) else { return };
        notice.to.retain(|name| name != publisher);
        if notice.to.is_empty() {
            self.outbox.remove(&number);
        }
        self.unsaved.push(Write::Delivered { number, to: publisher.to_owned() });
    }

    /// Somebody takes care of the outage of this check. If it was told, that stays so; if not, it will not be.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] where it has none.
    pub fn acknowledge(&mut self, check: &CheckId, by: Acknowledgement) -> Result<()> {
        self.change(check, |alarm| alarm.acknowledged = Some(by))
    }

    /// Nobody takes care any more.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] where it has no outage.
    pub fn unacknowledge(&mut self, check: &CheckId) -> Result<()> {
        self.change(check, |alarm| alarm.acknowledged = None)
    }

    fn change(&mut self, check: &CheckId, change: impl FnOnce(&mut Alarm)) -> Result<()> {
        let Some(alarm) = self.alarms.get_mut(check) else {
            let message = format!("the check {:?} has no outage", check.as_str());
            return Err(Error::new(ErrorKind::NotFound, message).with_operation("health.acknowledge"));
        };
        change(alarm);
        self.unsaved.push(Write::Alarm(check.clone(), alarm.clone()));
        Ok(())
    }

    /// Announces work; one of the same name is replaced.
    pub fn announce(&mut self, downtime: Downtime) {
        self.unsaved.push(Write::Downtime(Box::new(downtime.clone())));
        self.downtimes.insert(downtime.id.clone(), downtime);
    }

    /// Ends announced work, or calls it off.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] where there is none of this name.
    pub fn end_downtime(&mut self, id: &DowntimeId) -> Result<()> {
        if self.downtimes.remove(id).is_none() {
            let message = format!("there is no downtime {:?}", id.as_str());
            return Err(Error::new(ErrorKind::NotFound, message).with_operation("health.downtime"));
        }
        self.unsaved.push(Write::ForgetDowntime(id.clone()));
        Ok(())
    }

    /// Forgets announced work that is over.
    pub fn tidy(&mut self, wall: Timestamp) {
        let over: Vec<_> =
            self.downtimes.values().filter(|it| it.end <= wall).map(|it| it.id.clone()).collect();
        for id in over {
            self.downtimes.remove(&id);
            self.unsaved.push(Write::ForgetDowntime(id));
        }
    }

    /// When a downtime or an acknowledgement next begins or ends: all checks with an outage are to be shown again then.
    pub fn next_edge(&self, after: Timestamp) -> Option<Timestamp> {
        let downtimes = self.downtimes.values().filter_map(|it| it.next_edge(after));
        let acknowledged = self.alarms.values().filter_map(|alarm| alarm.acknowledged.as_ref()?.until);
        downtimes.chain(acknowledged.filter(|end| *end > after)).min()
    }

    /// The outages that last, told or not.
    pub fn alarms(&self) -> impl Iterator<Item = (&CheckId, &Alarm)> {
        self.alarms.iter()
    }

    /// The outage of a check; none where it has none.
    pub fn alarm(&self, check: &CheckId) -> Option<&Alarm> {
        self.alarms.get(check)
    }

    /// The announced work, past and future, until it is [tidied](Self::tidy) away.
    pub fn downtimes(&self) -> impl Iterator<Item = &Downtime> {
        self.downtimes.values()
    }

    /// How many notices wait for somebody who takes them.
    pub fn waiting(&self) -> usize {
        self.outbox.len()
    }
}
