//! The one way from a command to its reader.

use super::document::{self, Answer};
use super::fault;
use super::flow::Flow;
use super::page::{Page, printable};
use super::palette::Palette;
use super::stream::Stream;
use crate::cli::Global;
use crate::config::{ColorChoice, Config, Environment, LogFormat};
use crate::exit::Exit;
use purlin::core::{Diagnostic, Diagnostics, Severity};
use purlin::{Error, ErrorKind};
use serde::Serialize;
use serde::ser::{SerializeSeq, Serializer};
use std::ffi::OsString;

/// What is written how.
#[derive(Debug, Clone)]
pub(crate) struct Ui {
    json: bool,
    quiet: bool,
    log_format: LogFormat,
    out: Palette,
    err: Palette,
}

impl Ui {
    /// Before, or without, configuration files: by flags and environment alone. What is wrong with those is told by
    /// the commands that read the configuration.
    pub(crate) fn early(global: &Global, environment: &Environment) -> Self {
        let (flags, variables) = (global.layer(), environment.layer(&mut Diagnostics::new()));
        let color = flags.color.or(variables.color).map_or(ColorChoice::Auto, |said| said.value);
        let log_format = flags.log_format.or(variables.log_format);
        Self {
            json: global.json,
            quiet: global.quiet,
            log_format: log_format.map_or(LogFormat::Text, |said| said.value),
            out: Stream::Out.palette(color, environment),
            err: Stream::Err.palette(color, environment),
        }
    }

    /// Takes up what the whole configuration says, and tells its warnings.
    pub(crate) fn configure(&mut self, config: &Config, environment: &Environment) {
        self.log_format = config.log_format.value;
        self.out = Stream::Out.palette(config.color.value, environment);
        self.err = Stream::Err.palette(config.color.value, environment);
        self.diagnostics(&config.warnings);
    }

    /// Tells the answer: one JSON document, or a page. Gives the exit code that the command came to, or a graver one
    /// when the answer could not be written.
    pub(crate) fn answer<A: Answer>(&self, answer: &A, exit: Exit) -> Exit {
        if !self.json {
            let mut page = Page::new(self.out, Stream::Out.width());
            answer.page(&mut page);
            return self.text(&page.into_text(), exit);
        }
        match document::text(answer) {
            Ok(text) => self.text(&text, exit),
            Err(error) => self.failed(&unwritable(error), exit),
        }
    }

    /// Writes a text that has a format of its own, such as a completion script.
    pub(crate) fn text(&self, text: &str, exit: Exit) -> Exit {
        match Stream::Out.write(text) {
            Ok(()) => exit,
            Err(error) => self.failed(&error, exit),
        }
    }

    /// Whether machines read.
    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// A page for a part of an answer that comes in parts.
    pub(crate) fn page(&self) -> Page {
        Page::new(self.out, Stream::Out.width())
    }

    /// Whether the answer goes to a terminal.
    pub(crate) fn shows_terminal(&self) -> bool {
        Stream::Out.is_terminal()
    }

    /// Ends an answer that came in parts.
    pub(crate) fn flowed(&self, flow: Flow, exit: Exit) -> Exit {
        match flow.finish() {
            Ok(()) => exit,
            Err(error) => self.failed(&error, exit),
        }
    }

    /// Writes names as they come, one a line, or as a bare JSON array.
    pub(crate) fn names<S: AsRef<str>>(&self, names: impl IntoIterator<Item = S>, exit: Exit) -> Exit {
        let mut names = names.into_iter();
        let written = Stream::Out.write_with(|to| match self.json {
            false => names.try_for_each(|name| writeln!(to, "{}", printable(name.as_ref()))),
            true => {
                let mut document = serde_json::Serializer::pretty(&mut *to);
                let mut list = document.serialize_seq(None)?;
                names.try_for_each(|name| list.serialize_element(name.as_ref()))?;
                SerializeSeq::end(list)?;
                writeln!(to)
            }
        });
        match written {
            Ok(()) => exit,
            Err(error) => self.failed(&error, exit),
        }
    }

    /// Writes a bare JSON array for machines; people have been told otherwise.
    pub(crate) fn list<T: Serialize>(&self, list: &T, exit: Exit) -> Exit {
        match serde_json::to_string_pretty(list) {
            Ok(text) if self.json => self.text(&(text + "\n"), exit),
            Ok(_) => exit,
            Err(error) => self.failed(&unwritable(error), exit),
        }
    }

    /// What clap says of these arguments: help and version are answers, everything else is wrong usage.
    pub(crate) fn clap(&self, said: &clap::Error, arguments: &[OsString]) -> Exit {
        let styled = said.render();
        let text = |palette| match palette {
            Palette::Ansi => without_credentials(styled.ansi().to_string(), arguments),
            Palette::Plain => without_credentials(styled.to_string(), arguments),
        };
        if !said.use_stderr() {
            return self.text(&text(self.out), Exit::Fine);
        }
        match self.log_format {
            LogFormat::Text => self.tell(&text(self.err)),
            LogFormat::Json => {
                let plain = text(Palette::Plain);
                let message = plain.trim().trim_start_matches("error: ").to_owned();
                self.tell(&fault::diagnostic_line(ErrorKind::Invalid, &Diagnostic::error("usage", message)));
            }
        }
        Exit::BadInput
    }

    /// Tells a failure: all its diagnostics, and the error itself where it says more.
    pub(crate) fn error(&self, error: &Error) {
        let faults = error.detail::<Diagnostics>();
        if let Some(faults) = faults {
            self.tell_all(error.kind(), faults.iter());
        }
        let told = faults.is_some_and(Diagnostics::has_errors);
        if !told || fault::has_own_code(error) {
            self.tell(&match self.log_format {
                LogFormat::Text => fault::error_text(error, self.err),
                LogFormat::Json => fault::error_line(error),
            });
        }
    }

    /// Tells what is wrong with the input; when only errors are wanted, those alone.
    pub(crate) fn diagnostics(&self, diagnostics: &Diagnostics) {
        self.tell_all(ErrorKind::Invalid, diagnostics.iter());
    }

    /// Tells why the answer is no.
    pub(crate) fn verdict(&self, kind: ErrorKind, diagnostic: &Diagnostic) {
        self.tell_all(kind, [diagnostic]);
    }

    fn tell_all<'d>(&self, kind: ErrorKind, diagnostics: impl IntoIterator<Item = &'d Diagnostic>) {
        let wanted = diagnostics
            .into_iter()
            .filter(|diagnostic| !self.quiet || diagnostic.severity == Severity::Error);
        let text: String = match self.log_format {
            LogFormat::Text => {
                wanted.map(|diagnostic| fault::diagnostic_text(diagnostic, self.err)).collect()
            }
            LogFormat::Json => wanted.map(|diagnostic| fault::diagnostic_line(kind, diagnostic)).collect(),
        };
        self.tell(&text);
    }

    pub(crate) fn log_format(&self) -> LogFormat {
        self.log_format
    }

    fn failed(&self, error: &Error, exit: Exit) -> Exit {
        self.error(error);
        exit.max(Exit::of(error))
    }

    /// Nobody could be told that standard error cannot be written.
    fn tell(&self, text: &str) {
        let _ = Stream::Err.write(text);
    }
}

/// clap quotes what it does not know, and that may be a URL with a password in it.
fn without_credentials(told: String, arguments: &[OsString]) -> String {
    let arguments = arguments.iter().map(|argument| argument.to_string_lossy());
    arguments.fold(told, |told, argument| {
        let told = match argument.rsplit_once('@') {
            Some((credentials, _)) if credentials.contains(':') => {
                told.replace(&format!("{credentials}@"), "…@")
            }
            _ => told,
        };
        match argument.split_once('?') {
            Some((url, options)) if url.contains(':') && options.contains('=') => told.replace(options, "…"),
            _ => told,
        }
    })
}

fn unwritable(error: serde_json::Error) -> Error {
    Error::new(ErrorKind::Internal, "the answer cannot be written as JSON").with_source(error)
}
