//! A server that speaks TDS from a script: what no server from a registry does. It is not SQL Server, and what it
//! answers was written from [MS-TDS].

pub(crate) mod browser;
mod engine;
mod lines;
pub(crate) mod tokens;

use lines::{Line, Message};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;
use tokens::{done, error};

pub(crate) use lines::{Encryption, tls, utf16};

/// What the server does when it is asked something.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// Sends a whole message of these tokens.
    Send(Vec<u8>),
    /// Sends these tokens and leaves the message open.
    Begin(Vec<u8>),
    /// Waits until the client cancels.
    AwaitAttention,
    /// Waits until the test says so.
    AwaitWord,
    /// Sends these bytes as they are, without a packet.
    Raw(Vec<u8>),
    Close,
}

/// What it does about a login.
#[derive(Debug, Clone, Default)]
pub(crate) enum Login {
    #[default]
    Accept,
    /// These tokens, and the end of the connection.
    Say(Vec<u8>),
    /// Sends the client on.
    Redirect(String, u16),
    Silence,
}

#[derive(Debug, Clone)]
struct Rule {
    contains: String,
    steps: Vec<Step>,
}

#[derive(Debug, Default)]
struct Script {
    rules: Vec<Rule>,
    login: Login,
    encryption: Encryption,
}

#[derive(Debug, Default)]
struct Seen {
    messages: Vec<Message>,
    connections: usize,
    words: usize,
}

#[derive(Debug, Default)]
struct Inner {
    script: Mutex<Script>,
    seen: Mutex<Seen>,
    stopped: AtomicBool,
}

#[derive(Debug)]
pub(crate) struct Fake {
    inner: Arc<Inner>,
    address: SocketAddr,
    accepting: Option<JoinHandle<()>>,
}

impl Fake {
    pub(crate) fn start() -> Self {
        Self::at("127.0.0.1:0".parse().unwrap())
    }

    pub(crate) fn at(address: SocketAddr) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let inner = Arc::new(Inner::default());
        let address = listener.local_addr().unwrap();
        let shared = inner.clone();
        let accepting = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if shared.stopped.load(Ordering::SeqCst) {
                    return;
                }
                let shared = shared.clone();
                std::thread::spawn(move || serve(stream.unwrap(), &shared));
            }
        });
        Self { inner, address, accepting: Some(accepting) }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn encrypt(self, encryption: Encryption) -> Self {
        self.inner.script.lock().unwrap().encryption = encryption;
        self
    }

    pub(crate) fn login(self, login: Login) -> Self {
        self.inner.script.lock().unwrap().login = login;
        self
    }

    /// What it does about a batch or call whose text has this in it; later rules count first.
    pub(crate) fn on(&self, contains: &str, steps: impl IntoIterator<Item = Step>) -> &Self {
        let rule = Rule { contains: contains.to_owned(), steps: steps.into_iter().collect() };
        self.inner.script.lock().unwrap().rules.insert(0, rule);
        self
    }

    pub(crate) fn answer(&self, contains: &str, tokens: Vec<u8>) -> &Self {
        self.on(contains, [Step::Send(tokens)])
    }

    /// Lets a step go on that waits for a word.
    pub(crate) fn word(&self) {
        self.inner.seen.lock().unwrap().words += 1;
    }

    /// The texts of batches and calls, in their order.
    pub(crate) fn texts(&self) -> Vec<String> {
        self.inner.seen.lock().unwrap().messages.iter().filter_map(Message::text).collect()
    }

    /// The last message of that kind, without headers.
    pub(crate) fn last(&self, kind: u8) -> Vec<u8> {
        let seen = self.inner.seen.lock().unwrap();
        let last = seen.messages.iter().rev().find(|message| message.kind == kind);
        last.map(|message| message.payload.clone()).unwrap_or_default()
    }

    pub(crate) fn count(&self, kind: u8) -> usize {
        let seen = self.inner.seen.lock().unwrap();
        seen.messages.iter().filter(|message| message.kind == kind).count()
    }

    pub(crate) fn connections(&self) -> usize {
        self.inner.seen.lock().unwrap().connections
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.inner.stopped.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        if let Some(accepting) = self.accepting.take() {
            let _ = accepting.join();
        }
    }
}

pub(crate) const BATCH: u8 = 1;
pub(crate) const RPC: u8 = 3;
pub(crate) const ATTENTION: u8 = 6;
pub(crate) const LOGIN: u8 = 0x10;

fn serve(stream: TcpStream, inner: &Inner) {
    let _ = stream.set_nodelay(true);
    let _ = stream.set_read_timeout(Some(Duration::from_secs(60)));
    inner.seen.lock().unwrap().connections += 1;
    let (encryption, login) = {
        let script = inner.script.lock().unwrap();
        (script.encryption.clone(), script.login.clone())
    };
    let Ok(mut line) = Line::accept(stream, &encryption) else { return };
    let Some(message) = line.read() else { return };
    note(inner, &message);
    match login {
        Login::Silence => drop(line.read()),
        Login::Say(tokens) => drop(line.send(&tokens)),
        Login::Redirect(host, port) => {
            let tokens = [tokens::login_ack(), tokens::routing(&host, port), done(0, 0, 0)].concat();
            drop(line.send(&tokens));
        }
        Login::Accept => {
            if line.send(&[tokens::login_ack(), done(0, 0, 0)].concat()).is_ok() {
                answer_all(&mut line, inner);
            }
        }
    }
}

fn answer_all(line: &mut Line, inner: &Inner) {
    let mut engine = engine::Engine::default();
    while let Some(message) = line.read() {
        note(inner, &message);
        let answered = match (message.kind, message.text()) {
            (ATTENTION, _) => line.send(&done(tokens::ATTENTION, 0, 0)),
            (_, Some(text)) => {
                let rules = inner.script.lock().unwrap().rules.clone();
                match rules.into_iter().find(|rule| text.contains(&rule.contains)) {
                    Some(rule) => play(line, inner, &rule.steps),
                    None => line.send(&engine.answer(&text)),
                }
            }
            _ => line.send(&[error(17_000, 1, 16, "what is that?"), done(2, 0, 0)].concat()),
        };
        if answered.is_err() {
            return;
        }
    }
}

fn play(line: &mut Line, inner: &Inner, steps: &[Step]) -> std::io::Result<()> {
    for step in steps {
        match step {
            Step::Send(tokens) => line.send(tokens)?,
            Step::Begin(tokens) => line.begin(tokens)?,
            Step::Raw(bytes) => line.raw(bytes)?,
            Step::Close => return Err(std::io::ErrorKind::ConnectionAborted.into()),
            Step::AwaitAttention => match line.read() {
                Some(message) if message.kind == ATTENTION => note(inner, &message),
                _ => return Err(std::io::ErrorKind::ConnectionAborted.into()),
            },
            Step::AwaitWord => {
                for _ in 0..6000 {
                    if inner.seen.lock().unwrap().words > 0 {
                        inner.seen.lock().unwrap().words -= 1;
                        break;
                    }
                    std::thread::sleep(Duration::from_millis(10));
                }
            }
        }
    }
    Ok(())
}

fn note(inner: &Inner, message: &Message) {
    inner.seen.lock().unwrap().messages.push(message.clone());
}
