//! What becomes of bytes on their course through the proxy.

use super::*;
use std::time::Duration;

fn course(faults: impl IntoIterator<Item = Fault>, sent: &[u8]) -> Course {
    let mut course = Course::default();
    course.follow(&faults.into_iter().collect());
    course.push(sent);
    course
}

fn written(text: &[u8]) -> Act {
    Act::Write(text.to_vec())
}

#[test]
fn without_faults_a_chunk_goes_as_it_came() {
    let mut course = course([], b"hello");
    assert_eq!(course.next(), written(b"hello"));
    assert_eq!(course.next(), Act::Read);
}

#[test]
fn a_cut_passes_on_what_stands_before_it() {
    for (fault, end) in [(Fault::cut(), Act::Close), (Fault::reset(), Act::Reset)] {
        let mut course = course([fault.at(3)], b"hello");
        assert_eq!(course.next(), written(b"hel"));
        assert_eq!(course.next(), end);
    }
}

#[test]
fn a_cut_at_the_last_byte_does_not_wait_for_another_one() {
    let mut course = course([Fault::cut().at(5)], b"hello");
    assert_eq!(course.next(), written(b"hello"));
    assert_eq!(course.next(), Act::Close);
}

#[test]
fn a_cut_counts_over_chunks() {
    let mut course = course([Fault::cut().at(7)], b"hello");
    assert_eq!(course.next(), written(b"hello"));
    assert_eq!(course.next(), Act::Read);
    course.push(b"world");
    assert_eq!(course.next(), written(b"wo"));
    assert_eq!(course.next(), Act::Close);
}

#[test]
fn pieces_begin_at_their_offset() {
    let mut course = course([Fault::pieces(2).at(3)], b"abcdefgh");
    let acts: Vec<Act> = std::iter::from_fn(|| Some(course.next())).take(5).collect();
    assert_eq!(acts, [written(b"abc"), written(b"de"), written(b"fg"), written(b"h"), Act::Read]);
}

#[test]
fn a_delay_stands_before_each_write() {
    let pause = Duration::from_secs(1);
    let mut course = course([Fault::delay(pause), Fault::pieces(3)], b"hello");
    let acts: Vec<Act> = std::iter::from_fn(|| Some(course.next())).take(5).collect();
    let expected = [Act::Wait(pause), written(b"hel"), Act::Wait(pause), written(b"lo"), Act::Read];
    assert_eq!(acts, expected);
}

#[test]
fn a_stall_holds_back_until_it_is_taken_away() {
    let mut course = course([Fault::stall().at(2)], b"hello");
    assert_eq!(course.next(), written(b"he"));
    assert_eq!(course.next(), Act::Stall);
    assert_eq!(course.next(), Act::Stall);
    course.follow(&[].into_iter().collect());
    assert_eq!(course.next(), written(b"llo"));
}

#[test]
fn garbage_depends_on_the_seed_and_not_on_the_chunks() {
    let all = |course: &mut Course| {
        let mut bytes = Vec::new();
        while let Act::Write(some) = course.next() {
            bytes.extend(some);
        }
        bytes
    };
    let whole = all(&mut course([Fault::garbage().at(2).seed(7)], b"hello world"));
    let split = all(&mut course([Fault::garbage().at(2).seed(7), Fault::pieces(1)], b"hello world"));
    let other = all(&mut course([Fault::garbage().at(2).seed(8)], b"hello world"));
    assert_eq!(whole, split);
    assert_ne!(whole, other);
    assert_eq!((&whole[..2], whole.len()), (&b"he"[..], 11));
    assert_ne!(&whole[2..], b"llo world");
}

#[test]
fn an_injection_happens_once_and_moves_no_offset() {
    let mut course = course([Fault::inject(3).at(2), Fault::cut().at(4)], b"hello");
    assert_eq!(course.next(), written(b"he"));
    let Act::Write(injected) = course.next() else { panic!("nothing was injected") };
    assert_eq!(injected.len(), 3);
    assert_eq!(course.next(), written(b"ll"));
    assert_eq!(course.next(), Act::Close);
}

#[test]
fn the_same_orders_again_change_nothing() {
    let orders = [Fault::inject(1)].into_iter().collect();
    let mut course = Course::default();
    course.follow(&orders);
    assert!(matches!(course.next(), Act::Write(_)));
    course.follow(&orders);
    assert_eq!(course.next(), Act::Read);
}
