//! The statements of a script.

mod block;

use super::Dialect;
use crate::sql::lexer::{Kind, Lexer, Token};
use block::Block;

/// How statements that hold others, each with a `;`, are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Compound {
    /// There are none, or they need no care.
    None,
    /// `CREATE TRIGGER … BEGIN … END`: SQLite.
    Triggers,
    /// `CREATE PROCEDURE`, `FUNCTION`, `TRIGGER`, `EVENT` and `BEGIN NOT ATOMIC` with `BEGIN … END`: MySQL, MariaDB.
    Routines,
    /// `CREATE FUNCTION` and `PROCEDURE` with `BEGIN ATOMIC … END`: PostgreSQL since 14.
    Atomic,
    /// `BEGIN`, `DECLARE`, `WITH FUNCTION`, and `CREATE` of routines, packages, triggers and types: these end at a
    /// line with `/` and nowhere else, as in SQL*Plus.
    PlSql,
}

/// How the statements of a script are kept apart, as the engine's own command-line client does it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct ScriptRules {
    /// `;` ends a statement; not in SQL Server, whose batches go as they are.
    pub semicolons: bool,
    /// `DELIMITER //` sets another end: mysql.
    pub delimiter_command: bool,
    /// `GO`, alone on a line or with a count, ends a batch: sqlcmd.
    pub go_lines: bool,
    /// `/`, alone on a line, ends a statement: SQL*Plus.
    pub slash_lines: bool,
    /// A `;` within parentheses does not count: psql.
    pub parentheses: bool,
    /// How compound statements are known.
    pub compound: Compound,
}

impl ScriptRules {
    /// `;` and nothing else.
    pub const STANDARD: Self = Self {
        semicolons: true,
        delimiter_command: false,
        go_lines: false,
        slash_lines: false,
        parentheses: false,
        compound: Compound::None,
    };
}

/// A statement of a script, or a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ScriptPart<'s> {
    /// Its text, from its first word to its last, without the delimiter; the `;` that closes a PL/SQL block stays.
    pub sql: &'s str,
    /// The byte of the script where it begins.
    pub offset: usize,
    /// The line of the script where it begins, from 1.
    pub line: usize,
    /// The column where it begins, from 1, in characters.
    pub column: usize,
    /// How often it is to be run: the count behind `GO`, else 1.
    pub repeat: u32,
}

impl Dialect {
    /// The statements of a script, as the engine's own client would send them. What is only space and comments is no
    /// statement; comments before and behind one are left away.
    ///
    /// Nothing else is looked at: a script that breaks off within a string or a block has all of its rest as the last
    /// statement, and the server will say so. What belongs to a client alone (`\connect`, rows behind `COPY … FROM
    /// stdin`, `SET ECHO ON`) is taken for SQL. A `/` line behind a statement that `;` has ended does not run it again.
    pub fn split<'s>(&self, script: &'s str) -> Vec<ScriptPart<'s>> {
        Splitter {
            script,
            dialect: self,
            lexer: Lexer::new(script, self.lexis),
            delimiter: ";",
            found: None,
            block: Block::default(),
            parts: Vec::new(),
            counted: (0, 1, 1),
        }
        .run()
    }

    /// The tokens of a text, without space and comments: words, strings and quoted names as they are written, and
    /// mostly one character of anything else.
    pub fn tokens<'s>(&self, sql: &'s str) -> impl Iterator<Item = &'s str> + Clone + use<'s> {
        let matters = |token: &Token| !matches!(token.kind, Kind::Space | Kind::Comment);
        Lexer::new(sql, self.lexis).filter(matters).map(move |token| &sql[token.span])
    }
}

struct Splitter<'s, 'd> {
    script: &'s str,
    dialect: &'d Dialect,
    lexer: Lexer<'s>,
    delimiter: &'s str,
    /// From the first to the last token so far of the statement that is being read.
    found: Option<(usize, usize)>,
    block: Block,
    parts: Vec<ScriptPart<'s>>,
    /// A byte with its line and column.
    counted: (usize, usize, usize),
}

impl<'s> Splitter<'s, '_> {
    fn run(mut self) -> Vec<ScriptPart<'s>> {
        while let Some(token) = self.lexer.next() {
            if matches!(token.kind, Kind::Space | Kind::Comment) || self.command(&token) || self.end(&token) {
                continue;
            }
            let (start, _) = self.found.unwrap_or((token.span.start, 0));
            self.found = Some((start, token.span.end));
            self.block.feed(token.kind, &self.script[token.span], self.dialect.script);
        }
        self.flush(1);
        self.parts
    }

    /// Takes a line that is for the client.
    fn command(&mut self, token: &Token) -> bool {
        let rules = self.dialect.script;
        let word = &self.script[token.span.clone()];
        let is_delimiter =
            rules.delimiter_command && self.found.is_none() && word.eq_ignore_ascii_case("delimiter");
        let is_go = rules.go_lines && word.eq_ignore_ascii_case("go");
        let is_slash = rules.slash_lines && word == "/";
        if !(is_delimiter || is_go || is_slash) || !self.begins_line(token.span.start) {
            return false;
        }
        let rest = &self.script[token.span.end..];
        let rest = &rest[..rest.find('\n').unwrap_or(rest.len())];
        let end = token.span.end + rest.len();
        let argument = rest.trim();
        if is_delimiter {
            match argument.split_ascii_whitespace().next() {
                Some(delimiter) if rest.starts_with([' ', '\t']) => self.delimiter = delimiter,
                _ => return false,
            }
        } else if is_go {
            let argument = argument.split("--").next().unwrap_or_default().trim();
            match argument.parse() {
                Ok(0) => return false,
                Ok(repeat) => self.flush(repeat),
                Err(_) if argument.is_empty() => self.flush(1),
                Err(_) => return false,
            }
        } else if argument.is_empty() {
            self.flush(1);
        } else {
            return false;
        }
        self.go_on(end);
        true
    }

    /// Ends the statement where the delimiter stands.
    fn end(&mut self, token: &Token) -> bool {
        if token.kind == Kind::Quoted || self.delimiter == ";" && !self.dialect.script.semicolons {
            return false;
        }
        let Some(place) = self.delimiter_in(token) else { return false };
        if self.delimiter == ";" && self.block.is_open() {
            return false;
        }
        if place > token.span.start {
            let (start, _) = self.found.unwrap_or((token.span.start, 0));
            self.found = Some((start, place));
        }
        self.flush(1);
        self.go_on(place + self.delimiter.len());
        true
    }

    fn delimiter_in(&self, token: &Token) -> Option<usize> {
        let rest = &self.script[token.span.start..];
        if self.delimiter.chars().all(char::is_alphanumeric) {
            return (rest[..token.span.len()] == *self.delimiter).then_some(token.span.start);
        }
        let starts = rest[..token.span.len()].char_indices().map(|(at, _)| at);
        let found = starts.into_iter().find(|&at| rest[at..].starts_with(self.delimiter));
        found.map(|at| token.span.start + at)
    }

    fn begins_line(&self, at: usize) -> bool {
        let before = &self.script[..at];
        let line = &before[before.rfind('\n').map_or(0, |newline| newline + 1)..];
        line.trim().is_empty()
    }

    fn go_on(&mut self, at: usize) {
        self.lexer = Lexer::starting_at(self.script, self.dialect.lexis, at);
    }

    fn flush(&mut self, repeat: u32) {
        self.block = Block::default();
        let Some((start, end)) = self.found.take() else { return };
        let (byte, line, column) = self.counted;
        let between = &self.script[byte..start];
        self.counted = match between.rfind('\n') {
            None => (start, line, column + between.chars().count()),
            Some(newline) => {
                (start, line + between.matches('\n').count(), between[newline + 1..].chars().count() + 1)
            }
        };
        let (offset, line, column) = self.counted;
        self.parts.push(ScriptPart { sql: &self.script[start..end], offset, line, column, repeat });
    }
}
