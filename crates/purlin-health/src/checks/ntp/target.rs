//! The same, asked from a target: its shell sends the datagram.

use super::Ntp;
use super::packet::Question;
use crate::{CheckOutcome, OnTarget, Phase, TargetAnswer, TargetQuestion};
use purlin_core::{Error, ErrorKind, Timestamp};
use std::fmt::Write;
use std::time::Duration;

/// $1 and $2 the server and its port, $3 the question, $4 how long to wait. A POSIX shell has no sockets; bash has. It says
/// the question, the time before it, the answer in hexadecimal, and the time behind it.
const ASK: &str = r#"export LC_ALL=C
if ! command -v bash >/dev/null || ! command -v timeout >/dev/null; then
  echo 'bash and timeout are needed to send a datagram' >&2; exit 3
fi
exec bash -c '
now() { if [ -n "$EPOCHREALTIME" ]; then echo "$EPOCHREALTIME"; else date +%s.%N; fi; }
exec 3<>"/dev/udp/$1/$2" || exit 4
echo "$3"; now
printf %b "$3" >&3
timeout "$4" dd bs=512 count=1 <&3 2>/dev/null | od -A n -v -t x1 | tr -d " \n"
echo; now' bash "$@""#;

/// How long an answer is waited for, in seconds: less than the check may take, so that the silence is the server's.
const PATIENCE: &str = "3";

impl OnTarget for Ntp {
    fn question(&self) -> TargetQuestion {
        let mut written = String::new();
        for byte in Question::new().bytes() {
            let _ = write!(written, "\\0{byte:03o}");
        }
        let (host, port) = (self.endpoint.host().unwrap_or_default(), self.endpoint.port().unwrap_or(123));
        TargetQuestion::new(ASK).arg(host).arg(port.to_string()).arg(written).arg(PATIENCE)
    }

    fn judge(&self, answer: &TargetAnswer) -> CheckOutcome {
        let prober = |message: String| {
            CheckOutcome::Prober(Error::new(ErrorKind::Unsupported, message).with_operation("check.ntp"))
        };
        if answer.code != 0 {
            return prober(format!(
                "{} cannot be asked from the target: {}",
                self.endpoint,
                answer.complaint()
            ));
        }
        let text = answer.text();
        let mut lines = text.lines();
        let mut next = || lines.next().unwrap_or_default();
        let (asked, sent, packet, back) = (next(), next(), next(), next());
        let asked = asked.split('\\').skip(1).map(|octal| u8::from_str_radix(octal, 8).ok());
        let (Some(asked), Some(sent), Some(back)) =
            (asked.collect::<Option<Vec<u8>>>(), moment(sent), moment(back))
        else {
            return prober(format!("the target does not say when it asked: {}", answer.complaint()));
        };
        let packet: Vec<u8> = (0..packet.len() / 2)
            .map_while(|at| u8::from_str_radix(packet.get(at * 2..at * 2 + 2)?, 16).ok())
            .collect();
        if packet.is_empty() {
            let error = Error::new(ErrorKind::Timeout, "the server does not answer the target");
            return super::failed(Phase::FirstByte, error, answer.phases());
        }
        match Question::of(&asked).and_then(|question| question.answer(&packet, sent, back)) {
            Some(Ok(answered)) => self.read(&answered, answer.phases()),
            Some(Err(error)) => super::failed(Phase::FirstByte, error, answer.phases()),
            None => {
                let error = Error::new(ErrorKind::Protocol, "the answer is to another question");
                super::failed(Phase::FirstByte, error, answer.phases())
            }
        }
    }
}

/// Seconds since 1970 with their fraction, of any number of digits.
fn moment(text: &str) -> Option<Timestamp> {
    let (seconds, fraction) = text.split_once(['.', ','])?;
    let digits: String = fraction.chars().chain("000000000".chars()).take(9).collect();
    let at = Timestamp::from_unix_seconds(seconds.parse().ok()?);
    Some(at.saturating_add(Duration::from_nanos(digits.parse().ok()?)))
}
