//! A session: batches and calls, statement by statement.

mod answer;
mod kind;
mod lexer;
mod refusal;
mod run;
mod store;
mod transaction;
mod translate;

pub(super) use store::Store;

use super::lines::{Line, Message};
use super::tokens::{info, rolled_back};
use super::{ATTENTION, RPC};
use answer::{Answer, Ended, Halt};
use lexer::Token;
use refusal::Refusal;
use rusqlite::Connection;
use rusqlite::types::Value;
use std::io;
use std::time::Duration;
use transaction::{Held, Level};

/// The values of a call by their names.
type Parameters = [(String, Value)];

pub(super) struct Engine<'s> {
    store: &'s Store,
    id: u16,
    db: Option<Connection>,
    depth: u32,
    held: Held,
    level: Level,
    /// How long a lock is waited for; none: for ever, as the server has it.
    patience: Option<Duration>,
}

impl<'s> Engine<'s> {
    pub(super) fn new(store: &'s Store, id: u16) -> Self {
        Self { store, id, db: None, depth: 0, held: Held::Nothing, level: Level::Committed, patience: None }
    }

    /// Answers a batch or a call; what the client said in the midst of it.
    pub(super) fn answer(
        &mut self,
        line: &mut Line,
        message: &Message,
        text: &str,
    ) -> io::Result<Option<Message>> {
        if self.db.is_none() {
            let opened = self.store.open(line.socket()?);
            self.db = Some(opened.map_err(io::Error::other)?);
        }
        let mut answer = Answer::new(line, message.kind == RPC);
        let Some(parameters) = message.parameters() else {
            refuse(
                &mut answer,
                &Refusal::new(8016, 16, "The incoming TDS RPC protocol stream is incorrect."),
            );
            return answer.finish().map(|()| None);
        };
        for statement in lexer::statements(text) {
            match self.statement(&mut answer, &statement, &parameters) {
                Ok(ended) => answer.end(ended),
                Err(Halt::Refused(refusal)) => {
                    if refusal.undoes() && self.is_undone(true) {
                        answer.put(&rolled_back());
                    }
                    refuse(&mut answer, &refusal);
                    if refusal.ends_batch() {
                        break;
                    }
                }
                Err(Halt::Called) => {
                    if self.is_undone(false) {
                        answer.put(&rolled_back());
                    }
                    return match answer.line().read() {
                        Some(said) if said.kind == ATTENTION => answer.cancelled().map(|()| Some(said)),
                        _ => Err(io::ErrorKind::ConnectionAborted.into()),
                    };
                }
                Err(Halt::Gone(error)) => return Err(error),
            }
        }
        answer.finish().map(|()| None)
    }

    fn statement(
        &mut self,
        answer: &mut Answer<'_>,
        statement: &[Token<'_>],
        parameters: &Parameters,
    ) -> Result<Ended, Halt> {
        let words: Vec<&Token<'_>> =
            statement.iter().filter(|token| token.kind != lexer::Kind::Space).take(4).collect();
        let word = |at: usize| words.get(at).map(|token| token.text.to_uppercase()).unwrap_or_default();
        let is_transaction = matches!(word(1).as_str(), "TRAN" | "TRANSACTION");
        match word(0).as_str() {
            "BEGIN" if is_transaction => self.begin(answer)?,
            "COMMIT" => self.commit(answer)?,
            "ROLLBACK" => self.roll_back(answer, words.get(2).map(|name| name.name()))?,
            "SAVE" if is_transaction => {
                self.save(answer, &words.get(2).map(|name| name.name()).unwrap_or_default())?;
            }
            "IF" => return self.on_condition(answer, statement, parameters),
            "SET" => self.set(&word(1), statement),
            "WAITFOR" => answer.wait(delay(words.get(2)).ok_or_else(|| Refusal::syntax("WAITFOR"))?)?,
            "PRINT" => answer.put(&info(&text_of(words.get(1)))),
            "THROW" => return Err(thrown(statement).into()),
            "USE" if word(1) != "MAP" => {
                let text = format!("Database '{}' does not exist.", word(1));
                return Err(Refusal::new(911, 16, text).into());
            }
            "USE" => {}
            "SELECT" | "WITH" | "INSERT" | "UPDATE" | "DELETE" | "CREATE" | "DROP" | "ALTER" => {
                return self.run(answer, statement, parameters);
            }
            _ => {
                let near = words.get(1).or(words.first()).map(|token| token.text).unwrap_or_default();
                return Err(Refusal::syntax(near).into());
            }
        }
        Ok(Ended::default())
    }

    /// `IF condition statement`.
    fn on_condition(
        &mut self,
        answer: &mut Answer<'_>,
        statement: &[Token<'_>],
        parameters: &Parameters,
    ) -> Result<Ended, Halt> {
        const BEGINNINGS: [&str; 9] =
            ["SELECT", "INSERT", "UPDATE", "DELETE", "ROLLBACK", "COMMIT", "BEGIN", "SET", "DROP"];
        let mut depth = 0;
        let at = statement.iter().position(|token| {
            depth += i32::from(token.is("(")) - i32::from(token.is(")"));
            depth == 0 && BEGINNINGS.iter().any(|word| token.is(word))
        });
        let (condition, then) = statement.split_at(at.ok_or_else(|| Refusal::syntax("IF"))?);
        if self.holds(condition.get(1..).unwrap_or_default(), parameters)? {
            return self.statement(answer, then, parameters);
        }
        Ok(Ended::default())
    }

    fn set(&mut self, what: &str, statement: &[Token<'_>]) {
        let words: Vec<String> = statement.iter().map(|token| token.text.to_uppercase()).collect();
        match what {
            "TRANSACTION" => {
                if let Some(level) = Level::named(&words) {
                    self.level = level;
                }
            }
            "LOCK_TIMEOUT" => {
                let millis = words.last().and_then(|number| number.parse().ok());
                self.patience =
                    millis.map(Duration::from_millis).filter(|_| !words.iter().any(|word| word == "-"));
            }
            _ => {}
        }
    }

    fn db(&self) -> io::Result<&Connection> {
        self.db.as_ref().ok_or_else(|| io::ErrorKind::NotConnected.into())
    }
}

fn refuse(answer: &mut Answer<'_>, refusal: &Refusal) {
    answer.put(&refusal.tokens());
    answer.end(Ended { failed: true, ..Ended::default() });
}

/// `'01:00:00.250'`.
fn delay(token: Option<&&Token<'_>>) -> Option<Duration> {
    let time = text_of(token).parse::<purlin_db::Time>().ok()?;
    u64::try_from(time.nanos()).ok().map(Duration::from_nanos)
}

fn text_of(token: Option<&&Token<'_>>) -> String {
    let text = token.map_or("", |token| token.text);
    text.strip_prefix('\'').and_then(|text| text.strip_suffix('\'')).unwrap_or(text).replace("''", "'")
}

/// `THROW 50001, 'text', 7`.
fn thrown(statement: &[Token<'_>]) -> Refusal {
    let values: Vec<&Token<'_>> =
        statement.iter().skip(1).filter(|token| token.kind != lexer::Kind::Space && !token.is(",")).collect();
    let number = values.first().and_then(|number| number.text.parse().ok()).unwrap_or(50_000);
    let state = values.get(2).and_then(|state| state.text.parse().ok()).unwrap_or(1);
    Refusal::new(number, 16, text_of(values.get(1))).with_state(state)
}
