//! Several questions at once.

use purlin_core::Result;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

/// How many are under way at once.
const AT_ONCE: usize = 8;

/// The answers to all of them, in order; the first error ends the others.
pub(super) async fn all<'a, T>(
    questions: Vec<Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>>,
) -> Result<Vec<T>> {
    let mut answers: Vec<Option<T>> = questions.iter().map(|_| None).collect();
    let mut waiting = questions.into_iter().enumerate();
    let mut running: Vec<_> = waiting.by_ref().take(AT_ONCE).collect();
    poll_fn(|context| {
        let mut at = 0;
        while let Some((number, question)) = running.get_mut(at) {
            let number = *number;
            match question.as_mut().poll(context) {
                Poll::Pending => at += 1,
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Ready(Ok(answer)) => {
                    if let Some(place) = answers.get_mut(number) {
                        *place = Some(answer);
                    }
                    drop(running.swap_remove(at));
                    // What comes into its place is polled in this same round.
                    running.extend(waiting.next());
                }
            }
        }
        if running.is_empty() { Poll::Ready(Ok(())) } else { Poll::Pending }
    })
    .await?;
    Ok(answers.into_iter().flatten().collect())
}
