//! What waits while nothing can be saved.

use super::*;
use proptest::prelude::*;

#[derive(Debug, Clone, Copy)]
enum Act {
    Result(Status),
    Parent(bool),
    Wait(u64),
    Announce(u64),
    EndDowntime,
    Acknowledge,
    Tidy,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => prop_oneof![Just(Good), Just(Bad)].prop_map(Act::Result),
        1 => any::<bool>().prop_map(Act::Parent),
        2 => (0..60u64).prop_map(Act::Wait),
        1 => (1..60u64).prop_map(Act::Announce),
        1 => Just(Act::EndDowntime),
        1 => Just(Act::Acknowledge),
        1 => Just(Act::Tidy),
    ]
}

/// Something of all that is kept.
fn play(desk: &mut Desk, act: Act) {
    let (now, wall) = (desk.clock.now(), desk.clock.timestamp());
    match act {
        Act::Result(status) => {
            desk.result(status);
            let record = CheckRecord::new(desk.state.saved(now, wall), Default::default());
            desk.book.keep(&desk.check, record);
        }
        Act::Parent(is_up) => {
            desk.parent(is_up);
        }
        Act::Wait(seconds) => desk.wait(seconds),
        Act::Announce(seconds) => desk.announce(seconds),
        // Where there is none, or no outage, it is refused.
        Act::EndDowntime => drop(desk.book.end_downtime(&"upgrade".into())),
        Act::Acknowledge => {
            drop(desk.book.acknowledge(&desk.check, Acknowledgement::new("ann", "on it", wall)));
        }
        Act::Tidy => desk.book.tidy(wall),
    }
}

fn applied(book: &AlarmBook) -> StateDocument {
    let mut document = StateDocument::default();
    book.unsaved().iter().for_each(|write| document.apply(write));
    document
}

proptest! {
    /// However long it waits, what is kept in the end is the same, and it is no more than there are things and notices.
    #[test]
    fn condensed_it_comes_to_the_same(acts in prop::collection::vec(act(), 1..200)) {
        let mut desk = Desk::new();
        acts.into_iter().for_each(|act| play(&mut desk, act));
        let (before, told) = (applied(&desk.book), desk.told.len());
        desk.book.condense();
        prop_assert_eq!(applied(&desk.book), before);
        // One check, one alarm, one downtime.
        prop_assert!(desk.book.unsaved().len() <= 3 + told);
        let notices = desk.book.unsaved().iter().filter(|write| matches!(write, Write::Notice(_))).count();
        prop_assert_eq!(notices, told);
    }
}
