//! What every journal must do.

use super::{Case, Complaint, equal, failed};
use crate::suites::{Report, Suite};
use async_trait::async_trait;
use purlin_core::{Cx, Error, ErrorKind, Fence, Result};
use purlin_deploy::{
    Author, Control, Deployer, Deployment, Force, Holder, Journal, Lease, LeaseRequest, MemoryJournal, Plan,
    Record, RunId, Target, steps,
};
use purlin_transport::Local;
use std::sync::Arc;
use std::time::Duration;

/// Makes journals for the suite.
#[async_trait]
pub trait JournalSubject: Send + Sync {
    /// The implementation's name, for the report.
    fn implementation(&self) -> &str;

    /// A journal that holds nothing.
    ///
    /// # Errors
    /// What hinders it, which fails the case.
    async fn empty(&self) -> Result<Arc<dyn Journal>>;

    /// The journal that was made last, opened anew, as another process does; none where it ends with the process.
    ///
    /// # Errors
    /// What hinders it, which fails the case.
    async fn reopened(&self) -> Result<Option<Arc<dyn Journal>>> {
        Ok(None)
    }

    /// Whether it outlives its process.
    fn outlives(&self) -> bool {
        false
    }
}

const MINUTE: Duration = Duration::from_secs(60);

/// Runs the suite over one implementation.
pub async fn journal(subject: &dyn JournalSubject) -> Report {
    let abilities = subject.outlives().then_some("outlives");
    let mut suite = Suite::new("journal", subject.implementation(), abilities);
    macro_rules! cases {
        ($($case:ident $(, $need:literal)?;)*) => {$(
            let needs: &[&str] = &[$($need)?];
            let body = Box::pin(async { $case(subject).await.map_err(|complaint| complaint.0) });
            suite.case_for_all(needs, concat!("journal.", stringify!($case)), body).await;
        )*};
    }
    cases! {
        entries_come_back_in_order_and_chained;
        a_run_begins_once;
        a_plan_is_spent_by_its_first_run;
        only_the_holder_of_the_lease_writes;
        a_person_only_tells;
        two_writers_leave_no_gap;
        a_live_lease_is_kept_from_others;
        a_lease_that_is_over_is_taken_with_a_higher_number;
        numbers_rise_over_all_runs_and_above_what_hosts_saw;
        what_was_written_is_there_for_another_process, "outlives";
    }
    suite.finish()
}

fn run() -> RunId {
    RunId::from("run-1")
}

fn take(name: &str, time: Duration) -> LeaseRequest {
    LeaseRequest::Take { holder: Holder::new(name, "desk"), time, above: Fence::new(0) }
}

async fn taken(journal: &dyn Journal, run: &RunId) -> Case<Lease> {
    let lease = journal.lease(&Cx::background(), run, take("kim", MINUTE)).await?;
    lease.ok_or_else(|| Complaint::from("no lease was given"))
}

/// A plan as a deployment makes it.
async fn plan() -> Case<Plan> {
    let folder = tempfile::tempdir().map_err(|error| Error::io("suite.folder", error))?;
    let root = folder.path().display().to_string();
    let deployment = Deployment::named("suite")
        .step("file", steps::File::new(format!("{root}/file"), "content"))
        .target(Target::new("host", Arc::new(Local::new())))
        .evidence(format!("{root}/evidence"));
    let deployer = Deployer::new(Arc::new(MemoryJournal::new()), Holder::new("kim", "desk"));
    Ok(deployer.plan(&Cx::background(), &deployment).await?)
}

async fn opened() -> Case<Record> {
    Ok(Record::Opened { plan: Box::new(plan().await?), holder: Holder::new("kim", "desk") })
}

fn told(reason: &str) -> Record {
    Record::Told { control: Control::Pause, by: "kim".to_owned(), reason: reason.to_owned() }
}

/// A run that has begun.
async fn begun(journal: &dyn Journal) -> Case<Fence> {
    let fence = taken(journal, &run()).await?.fence;
    journal.append(&Cx::background(), &run(), Author::Controller(fence), vec![opened().await?]).await?;
    Ok(fence)
}

async fn entries_come_back_in_order_and_chained(subject: &dyn JournalSubject) -> Case {
    let (journal, cx) = (subject.empty().await?, Cx::background());
    let fence = begun(&*journal).await?;
    let more = vec![told("one"), told("two")];
    let added = journal.append(&cx, &run(), Author::Controller(fence), more).await?;
    equal("their numbers", &added.iter().map(|entry| entry.seq).collect::<Vec<_>>(), &vec![2, 3])?;
    let all = journal.read(&cx, &run(), 0).await?;
    equal("how many they are", &all.len(), &3)?;
    let mut prev = String::new();
    for entry in &all {
        equal("the chain", &entry.is_sound(&prev), &true)?;
        prev.clone_from(&entry.hash);
    }
    equal("what comes behind number 2", &journal.read(&cx, &run(), 2).await?, &added[1..].to_vec())?;
    equal("another run", &journal.read(&cx, &RunId::from("other"), 0).await?, &Vec::new())
}

async fn a_run_begins_once(subject: &dyn JournalSubject) -> Case {
    let (journal, cx) = (subject.empty().await?, Cx::background());
    let fence = begun(&*journal).await?;
    let again = journal.append(&cx, &run(), Author::Controller(fence), vec![opened().await?]).await;
    equal("the refusal", &failed("a second beginning", again)?.kind(), &ErrorKind::Conflict)?;
    let other = RunId::from("run-2");
    let fence = taken(&*journal, &other).await?.fence;
    let early = journal.append(&cx, &other, Author::Controller(fence), vec![told("early")]).await;
    equal("the refusal", &failed("a record before the beginning", early)?.kind(), &ErrorKind::NotFound)?;
    let heads = journal.runs(&cx).await?;
    equal("the runs", &heads.iter().map(|head| head.run.clone()).collect::<Vec<_>>(), &vec![run()])
}

async fn a_plan_is_spent_by_its_first_run(subject: &dyn JournalSubject) -> Case {
    let (journal, cx) = (subject.empty().await?, Cx::background());
    let fence = taken(&*journal, &run()).await?.fence;
    let opened = opened().await?;
    journal.append(&cx, &run(), Author::Controller(fence), vec![opened.clone()]).await?;
    let other = RunId::from("run-2");
    let fence = taken(&*journal, &other).await?.fence;
    let error =
        failed("the same plan", journal.append(&cx, &other, Author::Controller(fence), vec![opened]).await)?;
    equal("the refusal", &error.kind(), &ErrorKind::Conflict)?;
    equal("that it names the run", &error.message().contains("run-1"), &true)?;
    equal("what was written", &journal.read(&cx, &other, 0).await?, &Vec::new())
}

async fn only_the_holder_of_the_lease_writes(subject: &dyn JournalSubject) -> Case {
    let (journal, cx) = (subject.empty().await?, Cx::background());
    let fence = begun(&*journal).await?;
    journal.lease(&cx, &run(), LeaseRequest::Park { fence }).await?;
    let late = journal.append(&cx, &run(), Author::Controller(fence), vec![told("late")]).await;
    equal("the refusal", &failed("a write after the lease", late)?.kind(), &ErrorKind::Fenced)?;
    let newer = taken(&*journal, &run()).await?.fence;
    let stale = journal.append(&cx, &run(), Author::Controller(fence), vec![told("stale")]).await;
    equal("the refusal", &failed("a write with an old number", stale)?.kind(), &ErrorKind::Fenced)?;
    journal.append(&cx, &run(), Author::Controller(newer), vec![told("fine")]).await?;
    equal("how many entries there are", &journal.read(&cx, &run(), 0).await?.len(), &2)
}

async fn a_person_only_tells(subject: &dyn JournalSubject) -> Case {
    let (journal, cx) = (subject.empty().await?, Cx::background());
    begun(&*journal).await?;
    let said = journal.append(&cx, &run(), Author::Person, vec![told("please")]).await?;
    equal("the number of a person", &said.first().and_then(|entry| entry.fence), &None)?;
    let settled = Record::BatchSettled { batch: 0 };
    let wrong = journal.append(&cx, &run(), Author::Person, vec![told("and"), settled]).await;
    equal("the refusal", &failed("a person's record", wrong)?.kind(), &ErrorKind::Denied)?;
    equal("that nothing of it is there", &journal.read(&cx, &run(), 0).await?.len(), &2)
}

async fn two_writers_leave_no_gap(subject: &dyn JournalSubject) -> Case {
    let (journal, cx) = (subject.empty().await?, Cx::background());
    let fence = begun(&*journal).await?;
    let controller = async {
        for number in 0..10 {
            let record = vec![told(&format!("controller {number}"))];
            journal.append(&cx, &run(), Author::Controller(fence), record).await?;
        }
        Ok::<(), Error>(())
    };
    let person = async {
        for number in 0..10 {
            journal.append(&cx, &run(), Author::Person, vec![told(&format!("person {number}"))]).await?;
        }
        Ok::<(), Error>(())
    };
    let (one, other) = tokio::join!(controller, person);
    one?;
    other?;
    let all = journal.read(&cx, &run(), 0).await?;
    equal("the numbers", &all.iter().map(|entry| entry.seq).collect::<Vec<_>>(), &(1..=21).collect())?;
    let sound = all.windows(2).all(|pair| pair[1].is_sound(&pair[0].hash));
    equal("the chain", &sound, &true)
}

async fn a_live_lease_is_kept_from_others(subject: &dyn JournalSubject) -> Case {
    let (journal, cx) = (subject.empty().await?, Cx::background());
    let lease = taken(&*journal, &run()).await?;
    let error = failed("a second lease", journal.lease(&cx, &run(), take("sam", MINUTE)).await)?;
    equal("the refusal", &error.kind(), &ErrorKind::Conflict)?;
    equal("that it names the holder", &error.message().contains("kim on desk"), &true)?;
    let broken = journal.lease(&cx, &run(), LeaseRequest::Break { force: Force::No }).await;
    equal("the refusal", &failed("a break without force", broken)?.kind(), &ErrorKind::Conflict)?;
    let kept =
        journal.lease(&cx, &run(), LeaseRequest::Renew { fence: lease.fence, time: MINUTE * 2 }).await?;
    equal("that it lasts longer", &kept.is_some_and(|kept| kept.until > lease.until), &true)?;
    journal.lease(&cx, &run(), LeaseRequest::Break { force: Force::Yes }).await?;
    let renewed = journal.lease(&cx, &run(), LeaseRequest::Renew { fence: lease.fence, time: MINUTE }).await;
    equal("the refusal", &failed("a broken lease", renewed)?.kind(), &ErrorKind::Fenced)
}

async fn a_lease_that_is_over_is_taken_with_a_higher_number(subject: &dyn JournalSubject) -> Case {
    let (journal, cx) = (subject.empty().await?, Cx::background());
    let none = journal.lease(&cx, &run(), LeaseRequest::Show).await?;
    equal("the lease of nobody", &none, &None)?;
    let first = journal.lease(&cx, &run(), take("kim", Duration::ZERO)).await?;
    let second = journal.lease(&cx, &run(), take("sam", MINUTE)).await?;
    let numbers = (first.map(|lease| lease.fence), second.as_ref().map(|lease| lease.fence));
    equal("that the number rises", &(numbers.0 < numbers.1), &true)?;
    equal("what is shown", &journal.lease(&cx, &run(), LeaseRequest::Show).await?, &second)
}

async fn numbers_rise_over_all_runs_and_above_what_hosts_saw(subject: &dyn JournalSubject) -> Case {
    let (journal, cx) = (subject.empty().await?, Cx::background());
    let first = taken(&*journal, &run()).await?.fence;
    let second = taken(&*journal, &RunId::from("run-2")).await?.fence;
    equal("that the number rises", &(first < second), &true)?;
    let request =
        LeaseRequest::Take { holder: Holder::new("kim", "desk"), time: MINUTE, above: Fence::new(1000) };
    let third = journal.lease(&cx, &RunId::from("run-3"), request).await?;
    equal("that it is above the hosts'", &third.is_some_and(|lease| lease.fence > Fence::new(1000)), &true)?;
    let fourth = taken(&*journal, &RunId::from("run-4")).await?.fence;
    equal("that it stays above", &(fourth > Fence::new(1000)), &true)
}

async fn what_was_written_is_there_for_another_process(subject: &dyn JournalSubject) -> Case {
    let (journal, cx) = (subject.empty().await?, Cx::background());
    begun(&*journal).await?;
    let (entries, runs) = (journal.read(&cx, &run(), 0).await?, journal.runs(&cx).await?);
    let lease = journal.lease(&cx, &run(), LeaseRequest::Show).await?;
    drop(journal);
    let later = subject.reopened().await?.ok_or_else(|| Complaint::from("it cannot be opened anew"))?;
    equal("the entries", &later.read(&cx, &run(), 0).await?, &entries)?;
    equal("the runs", &later.runs(&cx).await?, &runs)?;
    equal("the lease", &later.lease(&cx, &run(), LeaseRequest::Show).await?, &lease)
}
