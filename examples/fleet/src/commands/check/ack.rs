//! `fleet check ack`

use super::control::Request;
use super::desk;
use super::downtime::author;
use crate::cli::examples;
use crate::config::Config;
use crate::exit::Exit;
use crate::input::duration;
use crate::output::{Answer, Page, Ui, local, now};
use crate::runtime::Runtime;
use clap::Args;
use purlin::Result;
use purlin::core::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use std::time::Duration;

/// Say that somebody takes care of an outage: it is not told again until it is over
#[derive(Debug, Args)]
#[command(after_help = examples(&[
    ("check ack web01.lon/app --comment 'disk is on its way'", "until it is over"),
    ("check ack web01.lon/app --comment 'after lunch' --for 1h", "for an hour at most"),
    ("check ack web01.lon/app --remove", "nobody takes care any more"),
]))]
pub(crate) struct Ack {
    /// The check, as `fleet check status` names it: HOST/NAME, or NAME
    #[arg(value_name = "ID")]
    id: String,
    /// What to say to whoever sees it
    #[arg(long, value_name = "TEXT", required_unless_present = "remove")]
    comment: Option<String>,
    /// For how long at most, with a unit [default: until the outage is over]
    #[arg(long = "for", value_name = "DURATION", value_parser = limit)]
    duration: Option<Duration>,
    /// Who takes care [default: who calls]
    #[arg(long, value_name = "NAME")]
    author: Option<String>,
    /// Take it back
    #[arg(long, conflicts_with_all = ["comment", "duration", "author"])]
    remove: bool,
}

fn limit(text: &str) -> Result<Duration, String> {
    duration(text).map_err(|fault| fault.message)
}

/// Who takes care of an outage now.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct AckAnswer {
    /// The check.
    id: String,
    /// Who; null where nobody does any more.
    author: Option<String>,
    /// Until when at most; null for as long as the outage lasts.
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    until: Option<Timestamp>,
}

impl Answer for AckAnswer {
    const NAME: &'static str = "check-ack";

    fn page(&self, page: &mut Page) {
        page.line(&match (&self.author, self.until) {
            (None, _) => format!("nobody takes care of {} any more", self.id),
            (Some(author), None) => format!("{author} takes care of {} until it is over", self.id),
            (Some(author), Some(end)) => {
                format!("{author} takes care of {} until {} at most", self.id, local(end))
            }
        });
    }
}

impl Ack {
    pub(super) fn run(&self, ui: &Ui, config: &Config, runtime: &Runtime) -> Result<Exit> {
        let id = self.id.clone();
        let answer = match &self.comment {
            None => {
                let _: Value = desk::put(config, runtime, &Request::Unacknowledge { id: id.clone() })?;
                AckAnswer { id, author: None, until: None }
            }
            Some(comment) => {
                let author = author(self.author.as_deref());
                let until = self.duration.map(|time| now().saturating_add(time));
                let request = Request::Acknowledge {
                    id: id.clone(),
                    author: author.clone(),
                    comment: comment.clone(),
                    until,
                };
                let _: Value = desk::put(config, runtime, &request)?;
                AckAnswer { id, author: Some(author), until }
            }
        };
        Ok(ui.answer(&answer, Exit::Fine))
    }
}
