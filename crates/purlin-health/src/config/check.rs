//! One `[[check]]`.

use super::kinds::{CheckKinds, Fill, Recipe, is_local};
use super::places::Places;
use crate::{Cadence, CheckId, CheckSpec, Group, Needs, Range, Rule};
use purlin_config::{Fields, Misread, Value, choice, duration};
use purlin_core::{Error, ErrorKind, Place, Result};
use std::sync::Arc;
use std::time::Duration;

/// How often a check runs where nobody said.
const INTERVAL: Duration = Duration::from_secs(60);

/// One `[[check]]`.
#[derive(Debug)]
pub(super) struct Declared {
    pub(super) name: String,
    pub(super) place: Place,
    pub(super) select: Option<String>,
    pub(super) parents: Vec<String>,
    pub(super) is_on_target: bool,
    work: Work,
    cadence: Cadence,
    rules: Vec<Rule>,
    groups: Vec<Group>,
    runbook: Option<String>,
    is_reference: bool,
}

#[derive(Debug)]
enum Work {
    Active(Arc<dyn Recipe>),
    Passive(Duration),
}

/// Reads one; none where it has no name or kind, which is told.
pub(super) fn read(fields: &mut Fields<'_>, kinds: &CheckKinds) -> Option<Declared> {
    let place = fields.place();
    let name = fields.wanted("name").and_then(|name| name.parsed(named));
    let on = fields.value("on");
    let is_remote = |on: &Value<'_>| on.parsed(|text| choice(text, &[("monitor", false), ("target", true)]));
    let is_on_target = on.as_ref().and_then(is_remote) == Some(true);
    let over_hosts = fields.value("select");
    let select = over_hosts.as_ref().and_then(Value::name);
    let kind = fields.wanted("kind");
    if let (Some(select), None, Some(kind)) = (&over_hosts, &on, &kind) {
        one_machine(kind, select);
    }
    let work = kind.and_then(|kind| work(&kind, fields, kinds));
    let cadence = cadence(fields);
    let parents =
        fields.value("parents").and_then(|parents| parents.list("a list of names of checks", Value::name));
    let rules = fields.named_tables(
        "thresholds",
        "write thresholds.NAME = { warning = \"RANGE\", critical = \"RANGE\" }",
        rule,
    );
    let groups =
        fields.value("groups").and_then(|groups| groups.list("a list of groups", group)).unwrap_or_default();
    let runbook = fields.value("runbook").and_then(|runbook| runbook.name());
    let is_reference =
        fields.value("reference").and_then(|reference| reference.boolean()).unwrap_or_default();
    let rules = rules.into_iter().map(|(name, (warning, critical))| {
        let rule = Rule::on(name);
        Rule { warning, critical, ..rule }
    });
    let is_passive = matches!(work, Some(Work::Passive(_)));
    if let Some(on) = on.filter(|_| is_on_target && (select.is_none() || is_passive)) {
        let fault = "a check on the target is one that is run, for the hosts of `select`";
        on.reject(Misread::new(fault).help("write select = \"SELECTOR\""));
    }
    Some(Declared {
        name: name?,
        place,
        is_on_target,
        select,
        parents: parents.unwrap_or_default(),
        work: work?,
        cadence,
        rules: rules.collect(),
        groups,
        runbook,
        is_reference,
    })
}

/// What looks at this machine would say the same of every host, in the name of each.
fn one_machine(kind: &Value<'_>, select: &Value<'_>) {
    if let Some(kind) = kind.text().filter(|kind| is_local(kind)) {
        let fault = format!("a check of kind {kind:?} looks at the machine that runs it, not at each host");
        select.reject(
            Misread::new(fault)
                .help("for each host itself write on = \"target\"; if it is meant, on = \"monitor\""),
        );
    }
}

fn named(text: &str) -> std::result::Result<String, Misread> {
    if text.is_empty() || text.contains(['/', '&', ',']) || text.chars().any(char::is_control) {
        return Err(Misread::new(format!("{text:?} is no name of a check: it has no / & , in it")));
    }
    Ok(text.to_owned())
}

fn work(kind: &Value<'_>, fields: &mut Fields<'_>, kinds: &CheckKinds) -> Option<Work> {
    if kind.text() == Some("passive") {
        let ttl = fields.wanted("ttl").and_then(|ttl| ttl.parsed(duration));
        return ttl.map(Work::Passive);
    }
    let reader = kind.parsed(|text| kinds.find(text))?;
    reader(fields).map(Work::Active)
}

type Threshold = (Option<Range>, Option<Range>);

fn rule(_: &str, fields: &mut Fields<'_>) -> Threshold {
    let mut range = |key| {
        let parse = |text: &str| {
            text.parse::<Range>().map_err(|error| {
                let fault = Misread::new(error.message().to_owned());
                match error.note() {
                    Some(note) => fault.help(note),
                    None => fault,
                }
            })
        };
        fields.value(key).and_then(|value| value.parsed(parse))
    };
    (range("warning"), range("critical"))
}

fn group(value: &Value<'_>) -> Option<Group> {
    let words =
        [("live", Group::Live), ("ready", Group::Ready), ("startup", Group::Startup), ("deep", Group::Deep)];
    value.parsed(|text| choice(text, &words))
}

fn cadence(fields: &mut Fields<'_>) -> Cadence {
    let interval = fields.value("interval");
    let timeout = fields.value("timeout");
    let time = |value: &Option<Value<'_>>| value.as_ref().and_then(|value| value.parsed(duration));
    let mut cadence = Cadence::every(time(&interval).unwrap_or(INTERVAL));
    if let Some(limit) = time(&timeout) {
        cadence = cadence.timeout(limit);
    }
    let mut other = |key| fields.value(key).and_then(|value| value.parsed(duration));
    let (suspect, down) = (other("suspect_every"), other("down_every"));
    if let Some(every) = suspect {
        cadence = cadence.suspect_every(every);
    }
    if let Some(every) = down {
        cadence = cadence.down_every(every);
    }
    let confirm = fields.table("confirm", |confirm| {
        let failures = confirm.value("failures").and_then(|failures| failures.number(1..=1000));
        (failures, confirm.value("over").and_then(|over| over.parsed(duration)))
    });
    let (failures, over) = confirm.unwrap_or_default();
    let recover = fields.value("recover").and_then(|recover| recover.number(1..=1000));
    let count = |count: i64| u32::try_from(count).unwrap_or(1);
    cadence = cadence.confirm(failures.map_or(1, count)).recover(recover.map_or(1, count));
    cadence = cadence.over(over.unwrap_or_default());
    if let Err(error) = cadence.validate() {
        let fault = Misread::new(error.message().to_owned());
        match timeout.or(interval) {
            Some(value) => value.reject(fault),
            None => fields.reject("bad-value", fault.message, None),
        }
    }
    cadence
}

impl Declared {
    /// The check and its parents, by their names in the file.
    pub(super) fn by_name(&self) -> (CheckId, Option<Needs>) {
        let parents = || Needs::all(self.parents.iter().map(|parent| Needs::check(parent.as_str())));
        (self.name.as_str().into(), (!self.parents.is_empty()).then(parents))
    }

    /// One of its instances, and the check of the way to its target where it runs there.
    pub(super) fn spec(
        &self,
        id: String,
        fill: &Fill<'_>,
        places: Option<&dyn Places>,
    ) -> Result<(CheckSpec, Option<CheckSpec>)> {
        let mut way = None;
        let mut spec = match (&self.work, fill.host().filter(|_| self.is_on_target)) {
            (Work::Active(recipe), Some(host)) => {
                let places = places.ok_or_else(no_places)?;
                let placed = places.place(host, recipe.make(fill)?)?;
                way = Some(placed.way);
                CheckSpec::shared(id, placed.check)
            }
            (Work::Active(recipe), None) => CheckSpec::shared(id, recipe.make(fill)?),
            (Work::Passive(ttl), _) => CheckSpec::passive(id, *ttl),
        };
        spec = spec.cadence(self.cadence.clone());
        spec = self.rules.iter().cloned().fold(spec, CheckSpec::rule);
        spec = self.groups.iter().copied().fold(spec, CheckSpec::group);
        if let Some(runbook) = &self.runbook {
            spec = spec.runbook(runbook);
        }
        Ok((if self.is_reference { spec.reference() } else { spec }, way))
    }
}

fn no_places() -> Error {
    let message = "it is to run on its target, and nobody says how hosts are reached";
    Error::new(ErrorKind::Unsupported, message)
}
