//! `fleet ldap search`

use super::reach::{Reach, is_place, usage};
use crate::app::NAME;
use crate::cli::examples;
use crate::config::Config;
use crate::exit::Exit;
use crate::output::{Flow, Ui, schema_of_flow};
use crate::runtime::Runtime;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::{Args, ValueEnum};
use purlin::core::Diagnostic;
use purlin::ldap::{AttrName, Directory, Entry, Filter, LdapClass, LdapDetail, LdapDirectory, Scope};
use purlin::{Cx, Error, ErrorKind, Result};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

const VERSION: u32 = 1;

/// Ask a question of your own: a JSON line for each entry
#[derive(Debug, Args)]
#[command(after_help = examples(&[
    ("ldap search '(&(objectClass=posixAccount)(mail=*))' uid mail", "these two attributes"),
    ("ldap search uid=ada @corp | jq -r '.attributes.mail[0]'", "brackets around a simple question may be left out"),
    ("ldap search '(objectClass=*)' @corp --scope one --limit 100", "what stands right below the base"),
]))]
pub(crate) struct Search {
    /// Which entries (RFC 4515)
    filter: String,
    /// The attributes that are wanted, all unless some are named; among them @CONNECTION, like --url
    #[arg(value_name = "ATTR")]
    words: Vec<String>,
    /// How far below the base it looks
    #[arg(long, value_name = "SCOPE", default_value = "subtree")]
    scope: ScopeChoice,
    /// Show at most so many entries; more are an answer that was cut [default: all]
    #[arg(long, value_name = "N")]
    limit: Option<u32>,
    #[command(flatten)]
    pub(super) reach: Reach,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ScopeChoice {
    /// The base itself
    Base,
    /// The entries right below it
    One,
    /// The base and everything below it
    Subtree,
}

impl From<ScopeChoice> for Scope {
    fn from(choice: ScopeChoice) -> Self {
        match choice {
            ScopeChoice::Base => Self::Base,
            ScopeChoice::One => Self::One,
            ScopeChoice::Subtree => Self::Subtree,
        }
    }
}

/// An entry, a line each.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct EntryLine<'e> {
    /// What this is.
    format: String,
    /// The version of this format.
    version: u32,
    /// The name of the entry.
    dn: &'e str,
    /// Its attributes, options included, each with its values.
    attributes: BTreeMap<&'e str, Vec<Value<'e>>>,
}

/// A value: a text, or an object that says what else it is.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
enum Value<'e> {
    Text(&'e str),
    /// Bytes that are no text.
    Bytes {
        /// The bytes.
        base64: String,
    },
    /// A value that may be a secret; it is shown where its attribute is asked for by name.
    Withheld {
        /// That it is.
        withheld: bool,
    },
}

/// The last line of an answer that was cut.
#[derive(Debug, Serialize)]
struct Cut {
    truncated: bool,
    got: u64,
}

/// The JSON Schema of a line.
pub(crate) fn schema() -> schemars::Schema {
    schema_of_flow::<EntryLine<'_>>(&format(), VERSION)
}

fn format() -> String {
    format!("{NAME}.ldap-entry")
}

/// How the reading ended.
enum End {
    Complete,
    Cut(Error),
}

impl Search {
    pub(super) fn run(&self, ui: &Ui, config: &Config, runtime: &Runtime) -> Result<Exit> {
        let filter = self.filter()?;
        let (places, names): (Vec<&str>, Vec<&str>) =
            self.words.iter().map(String::as_str).partition(|word| is_place(word));
        let help = "write the name of an attribute, such as mail; without names all are shown";
        let names = names.iter().map(|name| AttrName::new(name).map_err(|error| usage("ATTR", &error, help)));
        let names = names.collect::<Result<Vec<_>>>()?;
        let mut found = self.reach.find(&places, config)?;
        found.unlock(config, runtime)?;
        let limit = config.timeout.value;
        let (mut flow, mut got) = (Flow::default(), 0);
        let ended = runtime.block_on(|cx| {
            let (flow, got) = (&mut flow, &mut got);
            async move {
                let cx = cx.with_timeout(limit);
                let directory = found.open(&cx).await?;
                self.read(&cx, &directory, filter, &names, flow, got).await
            }
        });
        match ended {
            Ok(End::Complete) => Ok(ui.flowed(flow, Exit::Fine)),
            Ok(End::Cut(error)) => {
                flow.append(cut(got)?.as_bytes());
                let exit = ui.flowed(flow, Exit::No);
                let told = Diagnostic::error("truncated", format!("the first {got} entries only: {error:#}"));
                ui.verdict(ErrorKind::Denied, &told.help("ask for less, or as somebody with a higher limit"));
                Ok(exit)
            }
            Err(error) => {
                if flow.has_begun() {
                    flow.append(cut(got)?.as_bytes());
                    // The failure itself is what is told.
                    let _ = flow.finish();
                }
                Err(error)
            }
        }
    }

    /// Brackets around a simple one may be left out, as everywhere.
    fn filter(&self) -> Result<Filter> {
        let text = self.filter.trim();
        let bracketed = if text.starts_with('(') { text.to_owned() } else { format!("({text})") };
        let help = "write it as '(&(objectClass=person)(uid=a*))'";
        Filter::parse(&bracketed).map_err(|error| usage("FILTER", &error, help))
    }

    async fn read(
        &self,
        cx: &Cx,
        directory: &LdapDirectory,
        filter: Filter,
        names: &[AttrName],
        flow: &mut Flow,
        got: &mut u64,
    ) -> Result<End> {
        let base = directory.profile().base.clone();
        let mut search = purlin::ldap::Search::new(base, filter).scope(self.scope.into());
        search = search.wanting(names.iter().cloned());
        search.limit = self.limit;
        let mut entries = directory.search(cx, &search).await?;
        loop {
            let entry = match entries.next().await {
                Ok(Some(entry)) => entry,
                Ok(None) => return Ok(End::Complete),
                Err(error) if LdapDetail::class_of(&error) == Some(LdapClass::Truncated) => {
                    return Ok(End::Cut(error));
                }
                Err(error) => return Err(error),
            };
            let line = serde_json::to_string(&EntryLine::new(&entry, names)).map_err(unwritable)? + "\n";
            *got += 1;
            if !flow.push(cx, line.as_bytes()).await? {
                // Nobody reads any more.
                return Ok(End::Complete);
            }
        }
    }
}

fn cut(got: u64) -> Result<String> {
    Ok(serde_json::to_string(&Cut { truncated: true, got }).map_err(unwritable)? + "\n")
}

fn unwritable(error: serde_json::Error) -> Error {
    Error::new(ErrorKind::Internal, "the answer cannot be written as JSON").with_source(error)
}

impl<'e> EntryLine<'e> {
    fn new(entry: &'e Entry, named: &[AttrName]) -> Self {
        let attribute = |attribute: &'e purlin::ldap::Attribute| {
            let name = attribute.name();
            let by_name = named.iter().any(|named| named.base().eq_ignore_ascii_case(name.base()));
            let value = |value: &'e Vec<u8>| match std::str::from_utf8(value) {
                _ if name.is_secret() && !by_name => Value::Withheld { withheld: true },
                Ok(text) => Value::Text(text),
                Err(_) => Value::Bytes { base64: STANDARD.encode(value) },
            };
            (name.as_str(), attribute.values().iter().map(value).collect())
        };
        let attributes = entry.attributes().iter().map(attribute).collect();
        Self { format: format(), version: VERSION, dn: entry.dn().as_str(), attributes }
    }
}
