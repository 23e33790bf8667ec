//! Colours, where they are wanted.

use clap::builder::styling::{AnsiColor, Effects, Style};

pub(super) const ERROR: Style = AnsiColor::Red.on_default().effects(Effects::BOLD);
pub(super) const WARNING: Style = AnsiColor::Yellow.on_default().effects(Effects::BOLD);
pub(super) const HELP: Style = AnsiColor::Cyan.on_default();
pub(super) const HEADING: Style = Style::new().effects(Effects::BOLD);
pub(super) const LABEL: Style = Style::new().effects(Effects::DIMMED);

/// How bad a thing is that is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    Good,
    Doubtful,
    Bad,
}

impl Mood {
    pub(super) const fn style(self) -> Style {
        match self {
            Self::Good => AnsiColor::Green.on_default(),
            Self::Doubtful => AnsiColor::Yellow.on_default(),
            Self::Bad => ERROR,
        }
    }
}

/// Whether a stream is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Palette {
    Plain,
    Ansi,
}

impl Palette {
    pub(super) fn paint(self, style: Style, text: &str) -> String {
        match self {
            Self::Plain => text.to_owned(),
            Self::Ansi => format!("{style}{text}{style:#}"),
        }
    }
}
