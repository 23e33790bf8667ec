//! The guard over one call: what happens when it fails or its time is over, and what is left of the session.

use super::alarm::Alarm;
use super::state::{End, Machine};
use super::verdict::{Stage, is_own_answer, judge};
use super::watch::{Remedy, Watch};
use purlin_core::{Error, Outcome, Result};
use std::borrow::Cow;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;

/// A watch together with the machine that it reports to.
pub(crate) struct Guard<'s> {
    pub(crate) watch: Watch,
    pub(crate) machine: &'s mut Machine,
    pub(crate) alarm: &'s mut Alarm,
}

/// A call that went well.
pub(crate) enum Opened<T> {
    InTime(T),
    /// Its time was over, and it was faster than its cancellation.
    Late(T, Error),
}

/// A call whose time is over.
pub(crate) enum Stopped<T> {
    /// It ended, and nothing is under way any more that could hit a later statement.
    Ended(Result<T>),
    /// It was left.
    Left,
}

impl Guard<'_> {
    /// Runs a call whose whole answer is read when it ends well.
    pub(crate) async fn run<T>(mut self, call: impl Future<Output = Result<T>>) -> Result<T> {
        let patient = matches!(self.watch.remedy, Remedy::Patience);
        match self.open(call).await? {
            Opened::InTime(value) => {
                self.machine.ends(End::Clean);
                Ok(value)
            }
            // What it did is what counts.
            Opened::Late(value, _) => {
                self.machine.ends(if patient { End::Clean } else { End::Unread });
                Ok(value)
            }
        }
    }

    /// Runs a call whose answer goes on when it ends well; the machine stands at busy then.
    pub(crate) async fn open<T>(&mut self, call: impl Future<Output = Result<T>>) -> Result<Opened<T>> {
        self.machine.begins();
        let mut call = pin!(call);
        let cut = match self.until_cut(call.as_mut()).await {
            Ok(result) => {
                return result.map(Opened::InTime).map_err(|error| self.fails(error, Stage::Asking));
            }
            Err(cut) => cut,
        };
        match Box::pin(self.stop(call)).await {
            Stopped::Ended(Ok(value)) => Ok(Opened::Late(value, cut)),
            Stopped::Ended(Err(error)) => Err(self.ends_cut(cut, error)),
            Stopped::Left => Err(self.is_left(cut)),
        }
    }

    async fn until_cut<T>(
        &mut self,
        mut call: Pin<&mut impl Future<Output = Result<T>>>,
    ) -> Result<Result<T>> {
        poll_fn(|context| {
            let polled = self.watch.in_span(|| call.as_mut().poll(context));
            if let Poll::Ready(result) = polled {
                return Poll::Ready(Ok(result));
            }
            self.watch.poll_cut(self.alarm, context).map(Err)
        })
        .await
    }

    /// Does what the remedy says, and waits for the call's end, within the limit. Where the server was asked to
    /// cancel, that request is waited for too: one that is still under way could hit the next statement.
    pub(crate) async fn stop<T>(
        &mut self,
        mut call: Pin<&mut impl Future<Output = Result<T>>>,
    ) -> Stopped<T> {
        let cx = self.watch.grace();
        let handle = match &self.watch.remedy {
            Remedy::Cancel(handle) => Some(handle.clone()),
            Remedy::Patience => None,
            Remedy::Leave => return Stopped::Left,
        };
        let asking = async {
            match handle {
                Some(handle) => handle.cancel(&cx).await,
                None => Ok(()),
            }
        };
        let mut asking = pin!(asking);
        let (mut ended, mut asked, mut begun) = (None, None, false);
        let both = poll_fn(|context| {
            if ended.is_none()
                && let Poll::Ready(result) = call.as_mut().poll(context)
            {
                ended = Some(result);
            }
            if ended.is_some() && !begun {
                return Poll::Ready(Ok(()));
            }
            begun = true;
            if asked.is_none()
                && let Poll::Ready(result) = asking.as_mut().poll(context)
            {
                asked = Some(result);
            }
            if ended.is_some() && asked.is_some() { Poll::Ready(Ok(())) } else { Poll::Pending }
        });
        let both = cx.run("db.cancel", both).await;
        if begun {
            // It was asked for; what is left of the answer is only waited for.
            self.watch.remedy = Remedy::Patience;
        }
        self.watch.uncancelled = asked.as_ref().and_then(|asked| asked.as_ref().err().cloned());
        match (both, ended) {
            (Ok(()), Some(result)) if is_over(asked.as_ref()) => Stopped::Ended(result),
            _ => Stopped::Left,
        }
    }

    /// The call failed by itself.
    pub(crate) fn fails(&mut self, error: Error, stage: Stage) -> Error {
        let (end, outcome) = judge(&error, stage);
        self.machine.ends(end);
        self.watch.told(error).with_outcome(outcome)
    }

    /// The call was stopped and ended with an error.
    pub(crate) fn ends_cut(&mut self, cut: Error, error: Error) -> Error {
        let (end, outcome) = judge(&error, Stage::Reading);
        if is_own_answer(&error) {
            self.machine.ends(end);
            self.machine.touched();
            return self.watch.told(error).with_outcome(outcome);
        }
        match end {
            End::Broken => self.machine.ends(End::Broken),
            _ => self.machine.ends(End::Unread),
        }
        let note = match end {
            End::Broken => "the connection broke meanwhile",
            _ if self.watch.uncancelled.is_some() => "the statement ended with an error",
            _ => "the statement was cancelled on the server",
        };
        let note = self.noted(note);
        self.watch.told(cut).with_note(note).with_outcome(Outcome::Maybe)
    }

    /// With the reason why the statement was not cancelled, where it was not.
    fn noted(&self, note: &'static str) -> Cow<'static, str> {
        match &self.watch.uncancelled {
            Some(error) => format!("{note}; it could not be cancelled: {error}").into(),
            None => note.into(),
        }
    }

    /// The call was stopped and ended well.
    pub(crate) fn is_stopped(&mut self, cut: Error) -> Error {
        self.machine.ends(End::Unread);
        self.watch.told(cut).with_note("the rest of the answer was passed over").with_outcome(Outcome::Maybe)
    }

    /// The call was left before its end.
    pub(crate) fn is_left(&mut self, cut: Error) -> Error {
        let may_recover = self.watch.survives && matches!(self.watch.remedy, Remedy::Leave);
        self.machine.ends(if may_recover { End::Left } else { End::Broken });
        let note = if may_recover { "the statement was left" } else { "the session was thrown away" };
        let note = self.noted(note);
        self.watch.told(cut).with_note(note).with_outcome(Outcome::Maybe)
    }
}

/// Whether no request to cancel is under way any more.
fn is_over(asked: Option<&Result<()>>) -> bool {
    match asked {
        None | Some(Ok(())) => true,
        Some(Err(error)) => error.outcome() == Outcome::NotSent,
    }
}
