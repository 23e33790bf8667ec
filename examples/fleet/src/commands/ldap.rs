//! `fleet ldap`

pub(crate) mod authenticate;
pub(crate) mod check;
pub(crate) mod groups;
mod lookup;
mod reach;
pub(crate) mod search;
pub(crate) mod shapes;

use crate::cli::examples;
use crate::config::{Config, Layer};
use crate::exit::Exit;
use crate::output::Ui;
use crate::runtime::Runtime;
use clap::{Args, Subcommand};
use lookup::{Kind, Named};
use purlin::Result;

/// Look people, groups and hosts up in a directory, and ask whether a password is right
#[derive(Debug, Args)]
#[command(arg_required_else_help = true, after_help = examples(&[
    ("ldap user ada", "of the connection named `directory` in the configuration"),
    ("ldap groups-of ada --nested --url ldaps://ldap1.lon --base dc=example,dc=org", "with the groups that those are in"),
    ("ldap authenticate ada @corp", "is this her password? It is asked for"),
    ("ldap search '(mail=*)' uid mail @corp | jq .dn", "questions of your own"),
    ("ldap check @corp", "each server by itself"),
]))]
pub(crate) struct Ldap {
    #[command(subcommand)]
    command: LdapCommand,
}

#[derive(Debug, Subcommand)]
enum LdapCommand {
    /// Look somebody up by login name
    #[command(after_help = examples(&[
        ("ldap user ada", "of the connection named `directory` in the configuration"),
        ("ldap user ada @corp --json | jq -r .home", "for a program"),
        ("ldap user ada --url ldaps://ldap1.lon --url ldaps://ldap2.lds --base dc=example,dc=org", "whichever answers"),
    ]))]
    User(Named),
    /// Look a group up by name
    #[command(after_help = examples(&[
        ("ldap group oncall", "of the connection named `directory` in the configuration"),
        ("ldap group oncall --url ldap+starttls://ldap1.lon --ca corp-ca.pem", "TLS begun on port 389"),
    ]))]
    Group(Named),
    /// Look a host up by one of its names
    #[command(after_help = examples(&[
        ("ldap host web01.lon @corp", "its addresses and names"),
        ("ldap host web01.lon @corp --json | jq -r '.addresses[]'", "for a program"),
    ]))]
    Host(Named),
    /// Look a netgroup up by name
    #[command(after_help = examples(&[
        ("ldap netgroup web @corp", "its hosts, users and domains"),
        ("ldap netgroup web --url ldapi://%2Frun%2Fldapi --external", "by a socket, as who runs this"),
    ]))]
    Netgroup(Named),
    GroupsOf(groups::GroupsOf),
    MembersOf(groups::MembersOf),
    Authenticate(authenticate::Authenticate),
    Search(search::Search),
    Check(check::Check),
}

impl Ldap {
    /// The settings among the flags.
    pub(super) fn layer(&self) -> Layer {
        match &self.command {
            LdapCommand::User(named)
            | LdapCommand::Group(named)
            | LdapCommand::Host(named)
            | LdapCommand::Netgroup(named) => named.reach.layer(),
            LdapCommand::GroupsOf(command) => command.named.reach.layer(),
            LdapCommand::MembersOf(command) => command.named.reach.layer(),
            LdapCommand::Authenticate(command) => command.named.reach.layer(),
            LdapCommand::Search(command) => command.reach.layer(),
            LdapCommand::Check(command) => command.reach.layer(),
        }
    }

    pub(super) fn run(&self, ui: &Ui, config: &Config, runtime: &Runtime) -> Result<Exit> {
        match &self.command {
            LdapCommand::User(named) => named.run(Kind::User, ui, config, runtime),
            LdapCommand::Group(named) => named.run(Kind::Group, ui, config, runtime),
            LdapCommand::Host(named) => named.run(Kind::Host, ui, config, runtime),
            LdapCommand::Netgroup(named) => named.run(Kind::Netgroup, ui, config, runtime),
            LdapCommand::GroupsOf(command) => command.run(ui, config, runtime),
            LdapCommand::MembersOf(command) => command.run(ui, config, runtime),
            LdapCommand::Authenticate(command) => command.run(ui, config, runtime),
            LdapCommand::Search(command) => command.run(ui, config, runtime),
            LdapCommand::Check(command) => command.run(ui, config, runtime),
        }
    }
}
