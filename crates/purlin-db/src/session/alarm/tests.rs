use super::{Alarm, Bell};
use purlin_core::{Clock, Instant, SimClock};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Wake, Waker};
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};

#[derive(Default)]
struct Task(AtomicUsize);

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl Task {
    fn woken(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

fn paused() -> Runtime {
    Builder::new_current_thread().enable_time().start_paused(true).build().unwrap()
}

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn wait(alarm: &mut Alarm, clock: &Clock, until: Instant, task: &Arc<Task>) {
    let waker = Waker::from(task.clone());
    alarm.wake_at(clock, until, &Context::from_waker(&waker));
}

fn bell(alarm: &Alarm) -> Arc<Bell> {
    alarm.armed.as_ref().unwrap().bell.clone()
}

#[test]
fn the_timer_of_a_call_serves_those_after_it_and_is_set_anew_when_it_has_gone_off() {
    paused().block_on(async {
        let (mut alarm, clock) = (Alarm::default(), Clock::system());
        let (first, second) = (Arc::<Task>::default(), Arc::<Task>::default());
        let begun = clock.now();
        wait(&mut alarm, &clock, begun.saturating_add(secs(10)), &first);
        let timer = bell(&alarm);
        alarm.rests();
        wait(&mut alarm, &clock, begun.saturating_add(secs(15)), &second);
        assert!(Arc::ptr_eq(&timer, &bell(&alarm)), "a timer of its own");
        tokio::time::sleep(secs(11)).await;
        assert_eq!((first.woken(), second.woken()), (0, 1), "too early, and only who waits");
        wait(&mut alarm, &clock, begun.saturating_add(secs(15)), &second);
        assert!(!Arc::ptr_eq(&timer, &bell(&alarm)), "one that has gone off");
        tokio::time::sleep(secs(3)).await;
        assert_eq!(second.woken(), 1);
        tokio::time::sleep(secs(2)).await;
        assert_eq!(second.woken(), 2);
    });
}

#[test]
fn a_call_that_ends_sooner_is_woken_in_time() {
    paused().block_on(async {
        let (mut alarm, clock, task) = (Alarm::default(), Clock::system(), Arc::<Task>::default());
        wait(&mut alarm, &clock, clock.now().saturating_add(secs(60)), &task);
        alarm.rests();
        wait(&mut alarm, &clock, clock.now().saturating_add(secs(1)), &task);
        tokio::time::sleep(secs(2)).await;
        assert_eq!(task.woken(), 1);
        // Its moment has passed already.
        wait(&mut alarm, &clock, clock.now(), &task);
        tokio::time::sleep(secs(1)).await;
        assert_eq!(task.woken(), 2);
    });
}

#[test]
fn a_task_that_waits_no_more_is_neither_woken_nor_kept() {
    paused().block_on(async {
        let (mut alarm, clock, task) = (Alarm::default(), Clock::system(), Arc::<Task>::default());
        wait(&mut alarm, &clock, clock.now().saturating_add(secs(1)), &task);
        assert_eq!(Arc::strong_count(&task), 2);
        alarm.rests();
        assert_eq!(Arc::strong_count(&task), 1);
        tokio::time::sleep(secs(2)).await;
        assert_eq!(task.woken(), 0);
    });
}

#[test]
fn a_simulated_clock_sees_nobody_wait_after_the_call() {
    let (mut alarm, sim, task) = (Alarm::default(), SimClock::new(), Arc::<Task>::default());
    for _ in 0..2 {
        wait(&mut alarm, &sim.clone().into(), sim.now().saturating_add(secs(1)), &task);
        alarm.rests();
        assert!(!sim.advance_to_next(), "a timer of a call that is over");
    }
    wait(&mut alarm, &sim.clone().into(), sim.now().saturating_add(secs(1)), &task);
    assert!(sim.advance_to_next());
    assert_eq!(task.woken(), 1);
}

#[test]
fn another_clock_and_another_runtime_have_timers_of_their_own() {
    let (mut alarm, sim, task) = (Alarm::default(), SimClock::new(), Arc::<Task>::default());
    let far = Clock::system().now().saturating_add(secs(3600));
    // Nobody drives the first any more when the second is used.
    let (first, second) = (paused(), paused());
    first.block_on(async { wait(&mut alarm, &Clock::system(), far, &task) });
    let timer = bell(&alarm);
    alarm.rests();
    second.block_on(async {
        wait(&mut alarm, &Clock::system(), far, &task);
        assert!(!Arc::ptr_eq(&timer, &bell(&alarm)), "the other runtime's");
        alarm.rests();
        wait(&mut alarm, &sim.clone().into(), sim.now().saturating_add(secs(1)), &task);
        assert!(sim.advance_to_next());
        assert_eq!(task.woken(), 1);
    });
    drop((first, second));
    // A timer outlives its runtime.
    alarm.rests();
    paused().block_on(async {
        wait(&mut alarm, &Clock::system(), Clock::system().now().saturating_add(secs(1)), &task);
        tokio::time::sleep(secs(2)).await;
        assert_eq!(task.woken(), 2);
    });
}
