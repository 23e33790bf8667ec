//! Standard output and standard error, as the system gives them.

use super::palette::Palette;
use crate::config::{ColorChoice, Environment};
use purlin::{Error, Result};
use std::io::{self, ErrorKind, IsTerminal, Write};

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

    fn is_terminal(self) -> bool {
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
        let written = match self {
            Self::Out => write_all(&mut io::stdout().lock(), text),
            Self::Err => write_all(&mut io::stderr().lock(), text),
        };
        match written {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Error::io("output.write", error)),
            _ => Ok(()),
        }
    }
}

fn write_all(to: &mut impl Write, text: &str) -> io::Result<()> {
    to.write_all(text.as_bytes())?;
    to.flush()
}
