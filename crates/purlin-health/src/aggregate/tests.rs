use super::*;
use proptest::prelude::*;

const UP: Status = Status::Ok;
const DOWN: Status = Status::Critical;
const BLIND: Status = Status::Unknown;

fn judge<const N: usize>(aggregate: Aggregate, members: [Status; N]) -> Status {
    aggregate.judge(members.map(Member::new)).status
}

#[test]
fn the_worst_one_speaks_for_all() {
    let worst = Aggregate::worst();
    assert_eq!(judge(worst, [UP, Status::Warning]), Status::Warning);
    assert_eq!(judge(worst, [Status::Warning, BLIND]), BLIND);
    assert_eq!(judge(worst, [DOWN, BLIND]), DOWN);
    assert_eq!(judge(worst.blind(Blind::LeftOut), [UP, BLIND]), UP);
    assert_eq!(judge(worst.blind(Blind::AsFailed), [UP, BLIND]), DOWN);
    assert_eq!(judge(worst, []), BLIND);
    assert_eq!(judge(worst.blind(Blind::LeftOut), [BLIND]), BLIND);
}

#[test]
fn a_quorum_is_unknown_only_where_the_blind_decide() {
    let two = Aggregate::quorum(2);
    assert_eq!(judge(two, [UP, Status::Warning, DOWN]), UP);
    assert_eq!(judge(two, [UP, UP, BLIND]), UP);
    assert_eq!(judge(two, [UP, DOWN, BLIND]), BLIND);
    assert_eq!(judge(two, [DOWN, DOWN, BLIND]), DOWN);
    assert_eq!(judge(two.blind(Blind::AsFailed), [UP, DOWN, BLIND]), DOWN);
}

#[test]
fn weights_and_percentages() {
    let half = Aggregate::percent(75.0, 50.0);
    assert_eq!(judge(half, [UP, UP, UP, DOWN]), UP);
    assert_eq!(judge(half, [UP, UP, DOWN, DOWN]), Status::Warning);
    assert_eq!(judge(half, [UP, DOWN, DOWN, DOWN]), DOWN);
    assert_eq!(judge(half, [UP, UP, BLIND, DOWN]), BLIND);
    assert_eq!(judge(half.blind(Blind::LeftOut), [UP, UP, BLIND]), UP);
    let big = [Member::new(UP).weight(8.0), Member::new(DOWN), Member::new(DOWN)];
    assert_eq!(half.judge(big).status, UP);
    assert_eq!(half.judge([Member::new(UP).weight(-1.0)]).status, DOWN);
}

#[test]
fn when_too_many_fail_at_once_the_observer_is_suspected() {
    let open = Aggregate::quorum(1).fail_open_above(60.0);
    let three = open.judge([UP, DOWN, DOWN].map(Member::new));
    assert_eq!((three.status, three.doubts_observer, three.failed), (Status::Warning, true, 2));
    let two = open.judge([UP, DOWN].map(Member::new));
    assert_eq!((two.status, two.doubts_observer), (UP, false));
    let none = open.judge([]);
    assert_eq!((none.status, none.doubts_observer), (BLIND, false));
}

proptest! {
    #[test]
    fn an_honest_answer_is_the_same_whatever_the_blind_really_are(
        members in prop::collection::vec((0..4u8, 0..5u8), 1..8),
        quorum in 0..8usize,
        warning in 0..100u8,
        critical in 0..100u8,
        really in any::<u8>(),
    ) {
        let members = members.into_iter().map(|(status, weight)| {
            Member::new([UP, Status::Warning, DOWN, BLIND][usize::from(status)]).weight(weight.into())
        });
        let members: Vec<_> = members.collect();
        let guessed = members.iter().enumerate().map(|(number, member)| {
            let guess = if really >> number & 1 == 1 { UP } else { DOWN };
            Member { status: member.status.or(Some(guess)), ..*member }
        });
        let guessed: Vec<_> = guessed.collect();
        for aggregate in [Aggregate::quorum(quorum), Aggregate::percent(warning.into(), critical.into())] {
            let honest = aggregate.judge(members.iter().copied()).status;
            prop_assert!(honest == BLIND || honest == aggregate.judge(guessed.iter().copied()).status);
        }
    }
}
