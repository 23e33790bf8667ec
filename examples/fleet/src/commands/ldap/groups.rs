//! `fleet ldap groups-of` and `members-of`

use super::lookup::Named;
use super::shapes::{GroupAnswer, UserAnswer, or_dash};
use crate::cli::examples;
use crate::config::Config;
use crate::exit::Exit;
use crate::output::{Answer, Page, Ui};
use crate::runtime::Runtime;
use clap::Args;
use purlin::Result;
use purlin::ldap::{DirectoryExt, Members};
use schemars::JsonSchema;
use serde::Serialize;

/// Show the groups that somebody is in
#[derive(Debug, Args)]
#[command(after_help = examples(&[
    ("ldap groups-of ada", "those that name her"),
    ("ldap groups-of ada @corp --nested", "with those that these are in"),
    ("ldap groups-of ada @corp --nested --json | jq -r '.groups[].name'", "for a program"),
]))]
pub(crate) struct GroupsOf {
    #[command(flatten)]
    pub(super) named: Named,
    /// Also the groups that those groups are in
    #[arg(long)]
    nested: bool,
}

/// Show the members of a group
#[derive(Debug, Args)]
#[command(after_help = examples(&[
    ("ldap members-of oncall", "those that it names"),
    ("ldap members-of oncall @corp --nested", "with those of the groups within it"),
    ("ldap members-of oncall @corp --nested --json | jq -r '.people[].mail[0]'", "for a program"),
]))]
pub(crate) struct MembersOf {
    #[command(flatten)]
    pub(super) named: Named,
    /// Also the members of the groups within it
    #[arg(long)]
    nested: bool,
}

/// The groups that somebody is in.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct GroupsAnswer {
    /// Whose.
    user: String,
    /// Whether groups within groups were followed.
    nested: bool,
    /// Each once.
    groups: Vec<GroupAnswer>,
}

/// The members of a group.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct MembersAnswer {
    /// Whose.
    group: String,
    /// Whether groups within groups were followed.
    nested: bool,
    /// People, each once.
    people: Vec<UserAnswer>,
    /// Groups; with `nested` those that were looked into.
    groups: Vec<GroupAnswer>,
    /// The names of entries that are neither.
    others: Vec<String>,
    /// The names of entries that are not there, or hidden from who asks.
    missing: Vec<String>,
    /// Login names that nobody has.
    unknown: Vec<String>,
}

impl GroupsOf {
    pub(super) fn run(&self, ui: &Ui, config: &Config, runtime: &Runtime) -> Result<Exit> {
        let (name, found) = self.named.find(config, runtime)?;
        let limit = config.timeout.value;
        let groups = runtime.block_on(|cx| async move {
            let cx = cx.with_timeout(limit);
            let directory = found.open(&cx).await?;
            let asked = directory.groups_of(&cx, name);
            if self.nested { asked.nested().await } else { asked.await }
        })?;
        let groups = groups.into_iter().map(GroupAnswer::new).collect();
        Ok(ui.answer(&GroupsAnswer { user: name.to_owned(), nested: self.nested, groups }, Exit::Fine))
    }
}

impl MembersOf {
    pub(super) fn run(&self, ui: &Ui, config: &Config, runtime: &Runtime) -> Result<Exit> {
        let (name, found) = self.named.find(config, runtime)?;
        let limit = config.timeout.value;
        let members = runtime.block_on(|cx| async move {
            let cx = cx.with_timeout(limit);
            let directory = found.open(&cx).await?;
            let asked = directory.members_of(&cx, name);
            if self.nested { asked.nested().await } else { asked.await }
        })?;
        let Members { people, groups, others, missing, unknown, .. } = members;
        let answer = MembersAnswer {
            group: name.to_owned(),
            nested: self.nested,
            people: people.into_iter().map(UserAnswer::new).collect(),
            groups: groups.into_iter().map(GroupAnswer::new).collect(),
            others: others.iter().map(|entry| entry.dn().to_string()).collect(),
            missing: missing.iter().map(ToString::to_string).collect(),
            unknown,
        };
        Ok(ui.answer(&answer, Exit::Fine))
    }
}

fn groups_table(page: &mut Page, groups: &[GroupAnswer]) {
    let row = |group: &GroupAnswer| {
        [group.name.clone(), or_dash(group.number), or_dash(group.description.as_ref()), group.dn.clone()]
    };
    page.table(["GROUP", "NUMBER", "DESCRIPTION", "ENTRY"], groups.iter().map(row));
}

impl Answer for GroupsAnswer {
    const NAME: &'static str = "ldap-groups-of";

    fn page(&self, page: &mut Page) {
        match self.groups.is_empty() {
            true => page.line(&format!("{} is in no group", self.user)),
            false => groups_table(page, &self.groups),
        }
    }
}

impl Answer for MembersAnswer {
    const NAME: &'static str = "ldap-members-of";

    fn page(&self, page: &mut Page) {
        if !self.people.is_empty() {
            let row = |user: &UserAnswer| {
                let mail = user.mail.first();
                [user.name.clone(), or_dash(user.full_name.as_ref()), or_dash(mail), user.dn.clone()]
            };
            page.table(["USER", "FULL NAME", "MAIL", "ENTRY"], self.people.iter().map(row));
        }
        if !self.groups.is_empty() {
            page.heading(if self.nested { "groups within it" } else { "groups" });
            groups_table(page, &self.groups);
        }
        for (what, list) in
            [("other entries", &self.others), ("not there", &self.missing), ("nobody's names", &self.unknown)]
        {
            if !list.is_empty() {
                page.heading(what);
                list.iter().for_each(|name| page.line(&format!("  {name}")));
            }
        }
        if self.people.is_empty() && self.groups.is_empty() && self.others.is_empty() {
            page.line(&format!("{} has no members that are there", self.group));
        }
    }
}
