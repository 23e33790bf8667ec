//! Questions to whoever sits at the terminal.

use crate::runtime::Runtime;
use purlin::{Cx, Error, ErrorKind, Result, core::Secret};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use std::io::{self, BufRead, IsTerminal, Write};
use tokio::sync::oneshot;

/// Whether somebody can be asked: questions go to standard error, answers come from standard input.
pub(crate) fn is_there() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks, and gives the line without its end. Nothing where the input ends.
///
/// # Errors
/// Those of the terminal, and the end by a signal.
pub(crate) fn ask(runtime: &Runtime, question: &str) -> Result<String> {
    let answer = runtime.block_on(|cx| line(cx, question.to_owned()))?;
    Ok(answer.expose().clone())
}

/// Asks for a secret, which is not shown while it is typed.
///
/// # Errors
/// As [`ask`].
pub(crate) fn ask_secret(runtime: &Runtime, question: &str) -> Result<Secret<String>> {
    runtime.block_on(|cx| async move {
        let silent = Silence::begin()?;
        let answer = line(cx, question.to_owned()).await;
        drop(silent);
        // The line break that was typed was not shown either.
        tell("\n")?;
        answer
    })
}

/// Reads on a thread: whoever waits for a person still obeys signals.
async fn line(cx: Cx, question: String) -> Result<Secret<String>> {
    tell(&question)?;
    let (sender, receiver) = oneshot::channel();
    let read = move || {
        let mut text = String::new();
        let read = io::stdin().lock().read_line(&mut text).map(|_| {
            text.truncate(text.trim_end_matches(['\n', '\r']).len());
            Secret::new(text)
        });
        // Nobody waits any more after a signal.
        let _ = sender.send(read);
    };
    std::thread::Builder::new().spawn(read).map_err(failed)?;
    let gone = || Error::new(ErrorKind::Internal, "the thread that reads has gone");
    cx.run("terminal.read", async { receiver.await.map_err(|_| gone())?.map_err(failed) }).await
}

fn tell(text: &str) -> Result<()> {
    let mut terminal = io::stderr().lock();
    terminal.write_all(text.as_bytes()).and_then(|()| terminal.flush()).map_err(failed)
}

fn failed(error: io::Error) -> Error {
    Error::io("terminal.read", error)
}

/// The terminal shows nothing of what is typed, until this is dropped.
struct Silence {
    before: Termios,
}

impl Silence {
    fn begin() -> Result<Self> {
        let before = tcgetattr(io::stdin()).map_err(|error| failed(error.into()))?;
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        // What was typed ahead stays: it may have been the answer.
        tcsetattr(io::stdin(), OptionalActions::Now, &silent).map_err(|error| failed(error.into()))?;
        Ok(Self { before })
    }
}

impl Drop for Silence {
    fn drop(&mut self) {
        // Who leaves could do nothing about it.
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.before);
    }
}
