//! The Nagios preset beside the real Nagios, both fed the same results.

use purlin_core::{Instant, SimClock};
use purlin_health::{CheckState, Event, Flap, State, StateRules, Status, step};
use purlin_testkit::{Nagios, NagiosSettings, count};
use std::collections::BTreeMap;
use std::time::Duration;

const LOW: f32 = 15.0;
const HIGH: f32 = 40.0;

/// One service: what it is told, and how many failures make a hard state.
struct Course {
    name: String,
    attempts: u32,
    results: Vec<Status>,
}

impl Course {
    /// Services of all tempers, from those that hardly ever change to those that change with each result.
    fn random(number: usize, rng: &mut fastrand::Rng) -> Self {
        let statuses = [Status::Ok, Status::Ok, Status::Warning, Status::Critical, Status::Unknown];
        let change = rng.f64();
        let mut status = rng.choice(statuses).unwrap();
        let results = (0..rng.usize(1..120)).map(|_| {
            if rng.f64() < change {
                status = rng.choice(statuses).unwrap();
            }
            status
        });
        let results = results.collect();
        Self { name: format!("s{number}"), attempts: rng.u32(1..6), results }
    }

    /// What our machine says at the end, and all that it said on the way, in the words of Nagios' log.
    fn ours(&self, now: Instant) -> (CheckState, f64, Vec<String>) {
        let second = Duration::from_secs(1);
        let rules =
            StateRules::nagios(second, second, self.attempts).flap(Flap::nagios_thresholds(LOW, HIGH));
        let mut state = CheckState::pending(now);
        let mut last_hard = Status::Ok;
        let mut told = Vec::new();
        for (number, status) in self.results.iter().enumerate() {
            let before = state.state();
            let (after, effects) = step(&state, Event::Result(*status), now, &rules);
            if let Some(flaps) = effects.flapping {
                let word = if flaps { "STARTED" } else { "STOPPED" };
                told.push(format!("FLAPPING: {};{word}", self.name));
            }
            let is_soft_recovery = before == State::Suspect && after.state() == State::Up;
            let is_soft = is_soft_recovery || after.state() == State::Suspect;
            if is_soft || last_hard != *status {
                let kind = if is_soft { "SOFT" } else { "HARD" };
                // Nagios counts the result that ends a row, and logs before it starts to count anew.
                let attempt = match after.state() {
                    State::Up => (state.attempt(&rules) + u32::from(is_soft)).min(self.attempts),
                    _ => after.attempt(&rules),
                };
                told.push(format!("ALERT: {};{};{kind};{attempt};r{number}", self.name, status.word()));
            }
            if after.state().is_hard() {
                last_hard = *status;
            }
            state = after;
        }
        (state, state.flap_value(&rules, now), told)
    }
}

/// What Nagios logged of each service, in the same words.
fn logged(nagios: &Nagios) -> BTreeMap<String, Vec<String>> {
    let mut told: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in nagios.history().unwrap().lines() {
        let (word, rest) = if let Some((_, rest)) = line.split_once("SERVICE ALERT: host;") {
            ("ALERT", rest.to_owned())
        } else if let Some((_, rest)) = line.split_once("SERVICE FLAPPING ALERT: host;") {
            ("FLAPPING", rest.split(';').take(2).collect::<Vec<_>>().join(";"))
        } else {
            continue;
        };
        let name = rest.split(';').next().unwrap().to_owned();
        told.entry(name).or_default().push(format!("{word}: {rest}"));
    }
    told
}

#[test]
fn the_preset_believes_and_says_what_nagios_does() {
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let mut rng = fastrand::Rng::with_seed(seed);
    let courses: Vec<_> = (0..count(400, 4000)).map(|number| Course::random(number, &mut rng)).collect();
    let settings = NagiosSettings::new().flap_thresholds(LOW, HIGH).service("end", 1);
    let settings = courses.iter().fold(settings, |settings, it| settings.service(&it.name, it.attempts));
    let Some(nagios) = settings.start().unwrap() else { return };

    let lines: Vec<_> = (0..120).map(|number| format!("r{number}")).collect();
    let rounds = lines.iter().enumerate().flat_map(|(number, line)| {
        let with_result = courses.iter().filter_map(move |it| Some((it, it.results.get(number)?)));
        with_result.map(move |(it, status)| (it.name.as_str(), status.exit_code(), line.as_str()))
    });
    nagios.submit(rounds).unwrap();
    nagios.submit([("end", 0, "end")]).unwrap();
    nagios.service_when("end", |it| it["plugin_output"] == "end").unwrap();

    let (theirs, logged) = (nagios.services().unwrap(), logged(&nagios));
    let now = SimClock::new().now();
    let mut flapping = 0;
    for course in &courses {
        let (state, value, told) = course.ours(now);
        let their = &theirs[&course.name];
        let context = format!("seed {seed}, {} attempts: {:?}", course.attempts, course.results);
        assert_eq!(their["current_state"], state.status().exit_code().to_string(), "{context}");
        assert_eq!(their["state_type"], u8::from(state.state().is_hard()).to_string(), "{context}");
        let attempt = state.attempt(&StateRules::nagios(Duration::ZERO, Duration::ZERO, course.attempts));
        assert_eq!(their["current_attempt"], attempt.to_string(), "{context}");
        assert_eq!(their["percent_state_change"], format!("{value:.2}"), "{context}");
        assert_eq!(their["is_flapping"], u8::from(state.is_flapping()).to_string(), "{context}");
        assert_eq!(logged.get(&course.name).cloned().unwrap_or_default(), told, "{context}");
        flapping += usize::from(state.is_flapping());
    }
    // It would prove little of flapping if everything or nothing did.
    assert!(flapping > courses.len() / 20 && flapping < courses.len(), "{flapping} of {}", courses.len());
}
