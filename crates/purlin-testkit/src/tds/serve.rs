//! Connections, each on a thread of its own.

use super::engine::Engine;
use super::lines::{Line, Message, PATIENCE};
use super::tokens::{done, error, login_ack, routing};
use super::{ATTENTION, Inner, Login, Present, Step, locked, login};
use crate::tds::tokens;
use std::io;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

const LOOK: Duration = Duration::from_millis(10);

/// Until the server stops; then all connections have ended.
pub(super) fn accept(listener: &TcpListener, inner: &Arc<Inner>) {
    let mut threads = Vec::new();
    for stream in listener.incoming() {
        if inner.stopped.load(Ordering::SeqCst) {
            break;
        }
        let Ok(stream) = stream else { continue };
        let shared = inner.clone();
        threads.retain(|thread: &std::thread::JoinHandle<()>| !thread.is_finished());
        threads.push(std::thread::spawn(move || attend(stream, &shared)));
    }
    for thread in threads {
        let _ = thread.join();
    }
}

fn attend(stream: TcpStream, inner: &Inner) {
    let _ = stream.set_nodelay(true);
    let _ = stream.set_read_timeout(Some(PATIENCE));
    let Ok(socket) = stream.try_clone() else { return };
    let id = inner.next.fetch_add(1, Ordering::SeqCst);
    locked(&inner.seen).connections += 1;
    locked(&inner.sessions).insert(id, Present { socket, running: None });
    // Whoever stops the server after this sees the session, or is seen here.
    if !inner.stopped.load(Ordering::SeqCst) {
        serve(stream, inner, id);
    }
    if let Some(present) = locked(&inner.sessions).remove(&id) {
        let _ = present.socket.shutdown(Shutdown::Both);
    }
}

fn serve(stream: TcpStream, inner: &Inner, id: u16) {
    let (encryption, login) = {
        let script = locked(&inner.script);
        (script.encryption.clone(), script.login.clone())
    };
    let Ok(mut line) = Line::accept(stream, &encryption) else { return };
    let Some(message) = line.read() else { return };
    note(inner, &message);
    let said = match &login {
        Login::Silence => {
            let _ = line.read();
            return;
        }
        Login::Say(tokens) => Err(tokens.clone()),
        Login::Redirect(host, port) => Err([login_ack(), routing(host, *port), done(0, 0, 0)].concat()),
        Login::Accept => Ok(()),
        Login::Only(user, password, database) => login::checked(&message.payload, user, password, database),
    };
    match said {
        Err(tokens) => {
            let _ = line.send(&tokens);
        }
        Ok(()) => {
            if line.send(&[login_ack(), done(0, 0, 0)].concat()).is_ok() {
                answer_all(&mut line, inner, id);
            }
        }
    }
}

fn answer_all(line: &mut Line, inner: &Inner, id: u16) {
    let mut engine = Engine::new(&inner.store, id);
    while let Some(message) = line.read() {
        note(inner, &message);
        let text = message.text();
        run_by(inner, id, text.clone());
        let answered = match (message.kind, &text) {
            (ATTENTION, _) => line.send(&done(tokens::ATTENTION, 0, 0)),
            (_, Some(text)) => {
                let script = locked(&inner.script);
                let rule = script.rules.iter().find(|rule| text.contains(&rule.contains)).cloned();
                drop(script);
                match rule {
                    Some(rule) => play(line, inner, &rule.steps),
                    None => engine.answer(line, &message, text).map(|said| {
                        // A cancellation, in the midst of it.
                        if let Some(said) = said {
                            note(inner, &said);
                        }
                    }),
                }
            }
            _ => line.send(&[error(17_000, 1, 16, "what is that?"), done(tokens::ERROR, 0, 0)].concat()),
        };
        run_by(inner, id, None);
        if answered.is_err() {
            return;
        }
    }
}

fn play(line: &mut Line, inner: &Inner, steps: &[Step]) -> io::Result<()> {
    for step in steps {
        match step {
            Step::Send(tokens) => line.send(tokens)?,
            Step::Begin(tokens) => line.begin(tokens)?,
            Step::Raw(bytes) => line.raw(bytes)?,
            Step::Close => return Err(io::ErrorKind::ConnectionAborted.into()),
            Step::AwaitAttention => match line.read() {
                Some(message) if message.kind == ATTENTION => note(inner, &message),
                _ => return Err(io::ErrorKind::ConnectionAborted.into()),
            },
            Step::AwaitWord => await_word(inner),
        }
    }
    Ok(())
}

fn await_word(inner: &Inner) {
    for _ in 0..PATIENCE.as_millis() / LOOK.as_millis() {
        {
            let mut seen = locked(&inner.seen);
            if seen.words > 0 {
                seen.words -= 1;
                return;
            }
        }
        if inner.stopped.load(Ordering::SeqCst) {
            return;
        }
        std::thread::sleep(LOOK);
    }
}

fn run_by(inner: &Inner, id: u16, text: Option<String>) {
    if let Some(present) = locked(&inner.sessions).get_mut(&id) {
        present.running = text;
    }
}

fn note(inner: &Inner, message: &Message) {
    let mut seen = locked(&inner.seen);
    if !seen.forgets {
        seen.messages.push(message.clone());
    }
}
