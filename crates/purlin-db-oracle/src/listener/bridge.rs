//! The probe as anybody asks a listener, whoever made it.

use super::{ListenerAnswer, ListenerProbe, ListenerReport, ListenerStage};
use async_trait::async_trait;
use purlin_core::{Cx, Endpoint, Error, ErrorKind, Result};
use purlin_db::{Listener, ListenerFault, ListenerStep};

#[async_trait]
impl Listener for ListenerProbe {
    fn endpoint(&self) -> &Endpoint {
        &self.attempt.address.endpoint
    }

    async fn listens(&self, cx: &Cx) -> Result<String> {
        let report = self.ask(cx).await?;
        match fault(report.answer) {
            None => Ok(line(&report)),
            Some((kind, step)) => {
                let detail = ListenerFault::new(step, report.answer.as_str());
                let error = Error::new(kind, report.message).with_detail(detail);
                Err(error.with_operation("oracle.listener").with_endpoint(report.endpoint))
            }
        }
    }
}

fn line(report: &ListenerReport) -> String {
    match &report.release {
        Some(release) => format!("a listener of {release} answers at {}", report.endpoint),
        None => format!("a listener answers at {}", report.endpoint),
    }
}

/// None where it takes connections.
fn fault(answer: ListenerAnswer) -> Option<(ErrorKind, ListenerStep)> {
    use ListenerAnswer as Answer;
    Some(match answer {
        Answer::Up => return None,
        Answer::NoListener => (ErrorKind::Refused, ListenerStep::Connect),
        Answer::NoSuchService | Answer::NoSuchSid => (ErrorKind::NotFound, ListenerStep::Refusal),
        Answer::Full => (ErrorKind::RateLimited, ListenerStep::Refusal),
        Answer::Restricted | Answer::Refused => (ErrorKind::Denied, ListenerStep::Refusal),
        Answer::EncryptionRequired => (ErrorKind::Unsupported, ListenerStep::Refusal),
        Answer::NotOracle | Answer::Redirected => (ErrorKind::Protocol, ListenerStep::Reply),
        Answer::Closed(stage) => (ErrorKind::Unavailable, step(stage)),
        Answer::Silent(stage) => (ErrorKind::Timeout, step(stage)),
    })
}

fn step(stage: ListenerStage) -> ListenerStep {
    match stage {
        ListenerStage::Resolve => ListenerStep::Resolve,
        ListenerStage::Connect => ListenerStep::Connect,
        ListenerStage::Tls => ListenerStep::Tls,
        ListenerStage::Reply => ListenerStep::Reply,
    }
}
