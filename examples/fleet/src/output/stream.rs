//! Standard output and standard error, as the system gives them.

use super::palette::Palette;
use crate::config::{ColorChoice, Environment};
use purlin::{Error, Result};
use std::io::{self, BufWriter, ErrorKind, IsTerminal, Write};

/// What is handed to the system at once, in bytes.
const PORTION: usize = 64 * 1024;

/// One of the two streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stream {
    Out,
    Err,
}

impl Stream {
    pub(super) fn palette(self, choice: ColorChoice, environment: &Environment) -> Palette {
        let wanted = match choice {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => self.is_terminal() && !environment.is_dumb(),
        };
        if wanted { Palette::Ansi } else { Palette::Plain }
    }

    pub(super) fn is_terminal(self) -> bool {
        match self {
            Self::Out => io::stdout().is_terminal(),
            Self::Err => io::stderr().is_terminal(),
        }
    }

    /// The columns of the terminal; none where it is none.
    pub(super) fn width(self) -> Option<u16> {
        if !self.is_terminal() {
            return None;
        }
        let size = match self {
            Self::Out => rustix::termios::tcgetwinsize(io::stdout()),
            Self::Err => rustix::termios::tcgetwinsize(io::stderr()),
        };
        size.ok().map(|size| size.ws_col).filter(|columns| *columns > 0)
    }

    /// Writes it all. A reader that has gone away, such as `head`, has what it wanted.
    ///
    /// # Errors
    /// Those of the system, such as a full disk.
    pub(super) fn write(self, text: &str) -> Result<()> {
        self.write_with(|to| to.write_all(text.as_bytes()))
    }

    /// As [`write`](Self::write), for what comes piece by piece. Where the reader has gone away, the rest is not made.
    ///
    /// # Errors
    /// Those of the system, such as a full disk.
    pub(super) fn write_with(self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
        let written = match self {
            Self::Out => buffered(&mut io::stdout().lock(), write),
            Self::Err => buffered(&mut io::stderr().lock(), write),
        };
        match written {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Error::io("output.write", error)),
            _ => Ok(()),
        }
    }
}

fn buffered(to: &mut dyn Write, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut to = BufWriter::with_capacity(PORTION, to);
    write(&mut to)?;
    to.flush()
}
