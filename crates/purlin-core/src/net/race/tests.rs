//! The race on simulated time, with attempts that end as the test says.

use super::*;
use crate::SimClock;
use std::sync::Mutex;

/// When an attempt ends, and how.
type Script = (u64, Result<(), io::ErrorKind>);

const NEVER: u64 = u64::MAX;

struct Ran {
    winner: Option<usize>,
    /// The address and the millisecond at which its attempt was started.
    started: Vec<(usize, u128)>,
    took: u128,
    telling: Option<(usize, io::ErrorKind)>,
}

fn address(index: usize) -> SocketAddr {
    SocketAddr::from(([10, 0, 0, u8::try_from(index).unwrap()], 443))
}

fn index(address: SocketAddr) -> usize {
    match address.ip() {
        std::net::IpAddr::V4(address) => address.octets()[3].into(),
        std::net::IpAddr::V6(_) => unreachable!(),
    }
}

fn run(scripts: &[Script]) -> Ran {
    let sim = SimClock::new();
    let clock = Clock::from(sim.clone());
    let started = Mutex::new(Vec::new());
    let addresses: Vec<_> = (0..scripts.len()).map(address).collect();
    let mut race = Race::new(&clock, &addresses, |address| {
        started.lock().unwrap().push((index(address), sim.elapsed().as_millis()));
        let (after, result) = scripts[index(address)];
        let clock = clock.clone();
        async move {
            match after {
                NEVER => std::future::pending().await,
                after => clock.sleep(Duration::from_millis(after)).await,
            }
            result.map_err(io::Error::from)
        }
    });
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let winner = runtime.block_on(sim.drive(race.winner())).map(|((), address)| index(address));
    let telling = race.telling().map(|(address, error)| (index(address), error.kind()));
    Ran { winner, started: started.into_inner().unwrap(), took: sim.elapsed().as_millis(), telling }
}

#[test]
fn the_first_address_has_a_head_start_and_wins_within_it() {
    let ran = run(&[(249, Ok(())), (1, Ok(()))]);
    assert_eq!((ran.winner, ran.started), (Some(0), vec![(0, 0)]));
}

#[test]
fn a_silent_address_does_not_hold_up_the_next_ones() {
    let ran = run(&[(NEVER, Ok(())), (NEVER, Ok(())), (5, Ok(()))]);
    assert_eq!((ran.winner, ran.took), (Some(2), 505));
    assert_eq!(ran.started, [(0, 0), (1, 250), (2, 500)]);
}

#[test]
fn an_earlier_address_goes_on_and_may_still_win() {
    let ran = run(&[(300, Ok(())), (100, Ok(()))]);
    assert_eq!((ran.winner, ran.started), (Some(0), vec![(0, 0), (1, 250)]));
}

#[test]
fn after_a_failure_the_next_one_is_started_at_once() {
    let refused = io::ErrorKind::ConnectionRefused;
    let ran = run(&[(3, Err(refused)), (4, Err(refused)), (5, Ok(()))]);
    assert_eq!((ran.winner, ran.started), (Some(2), vec![(0, 0), (1, 3), (2, 7)]));
}

#[test]
fn a_failure_beside_a_silent_one_starts_the_next_one_too() {
    let ran = run(&[(NEVER, Ok(())), (10, Err(io::ErrorKind::ConnectionRefused)), (1, Ok(()))]);
    assert_eq!((ran.winner, ran.started), (Some(2), vec![(0, 0), (1, 250), (2, 260)]));
}

#[test]
fn of_several_failures_the_telling_one_is_told() {
    use io::ErrorKind as Kind;
    for (failures, telling) in [
        (vec![Kind::NetworkUnreachable, Kind::ConnectionRefused], (1, Kind::ConnectionRefused)),
        (vec![Kind::ConnectionRefused, Kind::HostUnreachable], (0, Kind::ConnectionRefused)),
        (vec![Kind::AddrNotAvailable, Kind::NetworkUnreachable, Kind::TimedOut], (2, Kind::TimedOut)),
        (vec![Kind::HostUnreachable, Kind::NetworkUnreachable], (0, Kind::HostUnreachable)),
    ] {
        let scripts: Vec<Script> = failures.into_iter().map(|kind| (1, Err(kind))).collect();
        let ran = run(&scripts);
        assert_eq!((ran.winner, ran.telling), (None, Some(telling)));
    }
}

#[test]
fn without_an_address_nobody_wins() {
    let ran = run(&[]);
    assert_eq!((ran.winner, ran.telling), (None, None));
}
