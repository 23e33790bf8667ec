//! What the machine decides, step by step.

use super::machine::{Effect, Event, Machine};
use super::{ListenerAnswer, ListenerStage};
use crate::{Address, ConnectData, DatabaseName, Description, Descriptor};
use proptest::prelude::*;
use purlin_core::Endpoint;

fn machine(name: Option<&str>) -> Machine {
    let address = Address::tcp(Endpoint::new("db1", 1521).unwrap());
    let data = match name {
        Some(name) => ConnectData::new(DatabaseName::service(name).unwrap()),
        None => ConnectData::default(),
    };
    let descriptor = Descriptor::new(Description::new([address], data));
    Machine::new(descriptor.attempts(0).remove(0))
}

fn packet(kind: u8, flags: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = ((8 + body.len()) as u16).to_be_bytes().to_vec();
    bytes.extend_from_slice(&[0, 0, kind, flags, 0, 0]);
    bytes.extend_from_slice(body);
    bytes
}

fn refuse(text: &str) -> Vec<u8> {
    let mut body = vec![0x22, 0];
    body.extend_from_slice(&(text.len() as u16).to_be_bytes());
    body.extend_from_slice(text.as_bytes());
    packet(4, 0, &body)
}

fn redirect(text: &str) -> Vec<u8> {
    let mut body = (text.len() as u16).to_be_bytes().to_vec();
    body.extend_from_slice(text.as_bytes());
    packet(5, 0, &body)
}

/// What is asked, once it is dialled.
fn asked(machine: &mut Machine) -> String {
    let Effect::Send(bytes) = machine.step(Event::Connected) else { panic!("nothing is sent") };
    assert_eq!(machine.step(Event::Sent), Effect::Receive);
    String::from_utf8_lossy(&bytes).into_owned()
}

fn answer(effect: Effect) -> (ListenerAnswer, Option<u32>) {
    match effect {
        Effect::Done(verdict) => (verdict.answer, verdict.code),
        other => panic!("{other:?}"),
    }
}

#[test]
fn without_a_name_it_is_a_ping_and_with_one_a_connect() {
    for (code, wanted) in
        [("0", ListenerAnswer::Up), ("12504", ListenerAnswer::Up), ("1189", ListenerAnswer::Refused)]
    {
        let mut machine = machine(None);
        machine.start();
        assert!(asked(&mut machine).contains("(CONNECT_DATA=(COMMAND=PING))"));
        assert_eq!(
            answer(machine.step(Event::Received(refuse(&format!("(ERR={code})"))))).0,
            wanted,
            "{code}"
        );
    }
    let mut machine = machine(Some("map"));
    machine.start();
    let question = asked(&mut machine);
    assert!(question.contains("(SERVICE_NAME=map)") && !question.contains("COMMAND"), "{question}");
    assert_eq!(answer(machine.step(Event::Received(refuse("(ERR=0)")))).0, ListenerAnswer::Refused);
}

#[test]
fn each_number_has_its_answer() {
    for (code, wanted) in [
        (12514, ListenerAnswer::NoSuchService),
        (12505, ListenerAnswer::NoSuchSid),
        (12516, ListenerAnswer::Full),
        (12519, ListenerAnswer::Full),
        (12520, ListenerAnswer::Full),
        (12526, ListenerAnswer::Restricted),
        (12527, ListenerAnswer::Restricted),
        (12528, ListenerAnswer::Restricted),
        (12529, ListenerAnswer::Refused),
        (12504, ListenerAnswer::Refused),
    ] {
        let mut machine = machine(Some("map"));
        machine.start();
        asked(&mut machine);
        let told = answer(machine.step(Event::Received(refuse(&format!("(DESCRIPTION=(ERR={code}))")))));
        assert_eq!(told, (wanted, Some(code)));
    }
}

#[test]
fn an_answer_may_come_byte_by_byte() {
    let mut machine = machine(Some("map"));
    machine.start();
    asked(&mut machine);
    let bytes = refuse("(ERR=12514)");
    let (last, first) = bytes.split_last().unwrap();
    for byte in first {
        assert_eq!(machine.step(Event::Received(vec![*byte])), Effect::Receive);
    }
    assert_eq!(answer(machine.step(Event::Received(vec![*last]))).0, ListenerAnswer::NoSuchService);
}

#[test]
fn a_redirect_is_followed_with_what_it_asks_for() {
    let mut machine = machine(Some("map"));
    machine.start();
    asked(&mut machine);
    let text = "(ADDRESS=(PROTOCOL=tcp)(HOST=db2)(PORT=99))\0(DESCRIPTION=(CONNECT_DATA=(SID=m2)))";
    let next = Address::tcp(Endpoint::new("db2", 99).unwrap());
    // The text may stand in a packet of its own.
    assert_eq!(
        machine.step(Event::Received(packet(5, 0, &(text.len() as u16).to_be_bytes()))),
        Effect::Receive
    );
    let data = packet(6, 0, &[b"\0\0", text.as_bytes()].concat());
    assert_eq!(machine.step(Event::Received(data)), Effect::Dial(next));
    let Effect::Send(bytes) = machine.step(Event::Connected) else { panic!("nothing is sent") };
    assert_eq!(bytes[5], 4, "the packet does not say that it was sent on");
    assert!(String::from_utf8_lossy(&bytes).contains("(SID=m2)"));
    assert_eq!((machine.redirects(), machine.endpoint().to_string()), (1, "db2:99".to_owned()));
    // A listener that wants something else than data after a REDIRECT.
    let bytes = packet(5, 0, &[0, 9]).into_iter().chain(refuse("(ERR=1)")).collect();
    assert_eq!(answer(machine.step(Event::Received(bytes))).0, ListenerAnswer::NotOracle);
}

#[test]
fn circles_end_and_so_does_a_long_way() {
    let mut circle = machine(Some("map"));
    circle.start();
    asked(&mut circle);
    let same = circle.step(Event::Received(redirect("(ADDRESS=(PROTOCOL=tcp)(HOST=db1)(PORT=1521))")));
    assert_eq!(answer(same).0, ListenerAnswer::Redirected);
    let mut long = machine(Some("map"));
    long.start();
    for hop in 1.. {
        asked(&mut long);
        match long.step(Event::Received(redirect(&format!("(ADDRESS=(HOST=db{})(PORT=1))", hop + 1)))) {
            Effect::Dial(_) => {}
            Effect::Done(verdict) => {
                assert_eq!((verdict.answer, hop), (ListenerAnswer::Redirected, 6));
                break;
            }
            other => panic!("{other:?}"),
        }
    }
    let mut pipe = machine(Some("map"));
    pipe.start();
    asked(&mut pipe);
    let nowhere = pipe.step(Event::Received(redirect("(ADDRESS=(PROTOCOL=ipc)(KEY=x))")));
    assert_eq!(answer(nowhere).0, ListenerAnswer::Redirected);
}

#[test]
fn a_resend_is_answered_but_not_for_ever() {
    let mut machine = machine(Some("map"));
    machine.start();
    let first = asked(&mut machine);
    for _ in 0..4 {
        let Effect::Send(again) = machine.step(Event::Received(packet(11, 0, &[]))) else {
            panic!("no second time")
        };
        assert_eq!(String::from_utf8_lossy(&again), first);
        assert_eq!(machine.step(Event::Sent), Effect::Receive);
    }
    assert_eq!(answer(machine.step(Event::Received(packet(11, 0, &[])))).0, ListenerAnswer::NotOracle);
}

#[test]
fn silence_and_a_closed_connection_say_how_far_it_came() {
    for stage in [ListenerStage::Resolve, ListenerStage::Connect, ListenerStage::Tls, ListenerStage::Reply] {
        assert_eq!(answer(machine(None).step(Event::Silent(stage))).0, ListenerAnswer::Silent(stage));
        assert_eq!(answer(machine(None).step(Event::HungUp(stage))).0, ListenerAnswer::Closed(stage));
    }
    assert_eq!(answer(machine(None).step(Event::Nobody)).0, ListenerAnswer::NoListener);
    let Effect::Done(verdict) = machine(None).step(Event::NoWay("network is unreachable".to_owned())) else {
        panic!()
    };
    assert_eq!(verdict.message, "there is no way there: network is unreachable");
    assert_eq!(verdict.answer, ListenerAnswer::NoListener);
}

proptest! {
    /// Whatever comes, in whatever pieces: it is an answer in the end, and nothing is kept of what nobody needs.
    #[test]
    fn any_bytes_lead_to_an_answer(pieces in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 1..200), 1..6)) {
        let mut machine = machine(Some("map"));
        machine.start();
        asked(&mut machine);
        for piece in pieces {
            match machine.step(Event::Received(piece)) {
                Effect::Done(_) => return Ok(()),
                Effect::Dial(_) | Effect::Send(_) | Effect::Receive => {}
                Effect::Reshake => prop_assert!(false, "without TLS there are no hands to shake"),
            }
        }
        let is_answer = matches!(machine.step(Event::HungUp(ListenerStage::Reply)), Effect::Done(_));
        prop_assert!(is_answer);
    }
}
