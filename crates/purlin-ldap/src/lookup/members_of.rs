//! Who is in a group.

use super::kinds::Sealed;
use super::{Answer, CHUNK, Group, User, WALK_LIMIT, all, find, together, too_deep};
use crate::filter::Matcher;
use crate::{AttrName, Directory, Dn, Entry, Filter, LdapClass, LdapDetail, Profile, Search};
use purlin_core::{Cx, Result};
use std::collections::HashSet;
use std::fmt;
use std::future::IntoFuture;

/// A look-up of a group's members that is put together; await it.
#[must_use = "it is asked when it is awaited"]
pub struct MembersOf<'d, D: ?Sized> {
    directory: &'d D,
    cx: Cx,
    group: String,
    nested: bool,
}

/// The members of a group, each once.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Members {
    /// People.
    pub people: Vec<User>,
    /// Groups. In a nested look-up those that were looked into, without the one that was asked for.
    pub groups: Vec<Group>,
    /// Members that are neither: computers, service accounts.
    pub others: Vec<Entry>,
    /// Names of entries that are not there, or hidden from who asks.
    pub missing: Vec<Dn>,
    /// Login names that nobody has.
    pub unknown: Vec<String>,
}

impl<'d, D: Directory + ?Sized> MembersOf<'d, D> {
    pub(super) fn new(directory: &'d D, cx: &Cx, group: &str) -> Self {
        Self { directory, cx: cx.with_timeout(WALK_LIMIT), group: group.to_owned(), nested: false }
    }

    /// Also the members of the groups within it, each once, however the groups stand to each other.
    pub fn nested(mut self) -> Self {
        self.nested = true;
        self
    }
}

impl<'d, D: Directory + ?Sized> IntoFuture for MembersOf<'d, D> {
    type Output = Result<Members>;
    type IntoFuture = Answer<'d, Members>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let groups = &self.directory.profile().groups;
            let wanted: Vec<_> = groups.member.iter().chain(&groups.member_name).cloned().collect();
            let group: Group = find(self.directory, &self.cx, &self.group, &wanted).await?;
            let mut walk = Walk {
                directory: self.directory,
                cx: &self.cx,
                nested: self.nested,
                seen: HashSet::from([group.dn.clone()]),
                named: HashSet::new(),
                members: Members::default(),
            };
            walk.run(group.entry).await?;
            Ok(walk.members)
        })
    }
}

impl<D: ?Sized> fmt::Debug for MembersOf<'_, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MembersOf")
            .field("group", &self.group)
            .field("nested", &self.nested)
            .finish_non_exhaustive()
    }
}

struct Walk<'w, D: ?Sized> {
    directory: &'w D,
    cx: &'w Cx,
    nested: bool,
    seen: HashSet<Dn>,
    named: HashSet<String>,
    members: Members,
}

impl<D: Directory + ?Sized> Walk<'_, D> {
    async fn run(&mut self, group: Entry) -> Result<()> {
        let profile = self.directory.profile();
        let mut level = vec![group];
        let mut depth = 0;
        while !level.is_empty() {
            if depth >= profile.nesting.depth {
                return Err(too_deep(profile, self.seen.len(), "groups nest too deep"));
            }
            depth += 1;
            let (dns, names) = self.next(&level)?;
            let found = entries(self.directory, self.cx, &dns, &self.wanted()).await?;
            self.people(names).await?;
            level = self.sort(&dns, found)?;
            if !self.nested {
                return Ok(());
            }
        }
        Ok(())
    }

    fn wanted(&self) -> Vec<AttrName> {
        let profile = self.directory.profile();
        let mut wanted = profile.of_people();
        let of_groups = profile.of_groups().into_iter();
        let members = profile.groups.member.iter().chain(&profile.groups.member_name).cloned();
        let judged = profile.people.filter.attributes().into_iter().chain(profile.groups.filter.attributes());
        for name in of_groups.chain(members.filter(|_| self.nested)).chain(judged) {
            if !wanted.contains(&name) {
                wanted.push(name);
            }
        }
        wanted
    }

    /// The members of these groups that were not met before.
    fn next(&mut self, groups: &[Entry]) -> Result<(Vec<Dn>, Vec<String>)> {
        let profile = self.directory.profile();
        let (mut dns, mut names) = (Vec::new(), Vec::new());
        for group in groups {
            if let Some(member) = &profile.groups.member {
                dns.extend(group.dns(member.as_str())?.into_iter().filter(|dn| self.seen.insert(dn.clone())));
            }
            if let Some(member) = &profile.groups.member_name {
                let own = group.texts(member.as_str())?.into_iter().map(str::to_owned);
                names.extend(own.filter(|name| self.named.insert(name.clone())));
            }
        }
        if self.seen.len() + self.named.len() > profile.nesting.most as usize {
            return Err(too_deep(profile, self.seen.len(), "too many members"));
        }
        Ok((dns, names))
    }

    async fn people(&mut self, names: Vec<String>) -> Result<()> {
        let (profile, directory, cx) = (self.directory.profile(), self.directory, self.cx);
        let people = &profile.people;
        let questions = names.chunks(CHUNK).map(|names| {
            let filter =
                people.filter.clone() & Filter::one_of(names.iter().map(|name| people.name.is(name)));
            let search = Search::new(profile.people_base(), filter).wanting(profile.of_people());
            Box::pin(async move { all(directory, cx, &search).await }) as Answer<'_, Vec<Entry>>
        });
        let found = together::all(questions.collect()).await?.concat();
        let mut known = HashSet::new();
        for entry in found {
            let user = User::read(profile, entry)?;
            known.insert(user.name.to_lowercase());
            if self.seen.insert(user.dn.clone()) {
                self.members.people.push(user);
            }
        }
        self.members.unknown.extend(names.into_iter().filter(|name| !known.contains(&name.to_lowercase())));
        Ok(())
    }

    /// Puts each where it belongs; the groups are to be looked into.
    fn sort(&mut self, asked: &[Dn], found: Vec<Entry>) -> Result<Vec<Entry>> {
        let profile = self.directory.profile();
        let there: HashSet<Dn> = found.iter().map(|entry| entry.dn().clone()).collect();
        self.members.missing.extend(asked.iter().filter(|dn| !there.contains(*dn)).cloned());
        let (of_groups, of_people) =
            (Matcher::new(&profile.groups.filter), Matcher::new(&profile.people.filter));
        let mut groups = Vec::new();
        for entry in found {
            if of_groups.matches(&entry) {
                groups.push(entry.clone());
                self.members.groups.push(Group::read(profile, entry)?);
            } else if of_people.matches(&entry) {
                self.members.people.push(User::read(profile, entry)?);
            } else {
                self.members.others.push(entry);
            }
        }
        Ok(groups)
    }
}

/// The entries of these names that are there, asked for by the hundred where the directory can be.
pub(super) async fn entries<D: Directory + ?Sized>(
    directory: &D,
    cx: &Cx,
    dns: &[Dn],
    wanted: &[AttrName],
) -> Result<Vec<Entry>> {
    let profile = directory.profile();
    let questions: Vec<Answer<'_, Vec<Entry>>> = match &profile.entry_dn {
        Some(name) => {
            dns.chunks(CHUNK).map(|dns| by_name(directory, cx, profile, name, dns, wanted)).collect()
        }
        None => dns.iter().map(|dn| one_by_one(directory, cx, dn, wanted)).collect(),
    };
    Ok(together::all(questions).await?.concat())
}

fn by_name<'a, D: Directory + ?Sized>(
    directory: &'a D,
    cx: &'a Cx,
    profile: &'a Profile,
    name: &'a AttrName,
    dns: &'a [Dn],
    wanted: &'a [AttrName],
) -> Answer<'a, Vec<Entry>> {
    let filter = Filter::one_of(dns.iter().map(|dn| name.is_dn(dn)));
    let search = Search::new(profile.base.clone(), filter).wanting(wanted.iter().cloned());
    Box::pin(async move { all(directory, cx, &search).await })
}

fn one_by_one<'a, D: Directory + ?Sized>(
    directory: &'a D,
    cx: &'a Cx,
    dn: &Dn,
    wanted: &'a [AttrName],
) -> Answer<'a, Vec<Entry>> {
    let search = Search::entry(dn.clone()).wanting(wanted.iter().cloned());
    Box::pin(async move {
        match all(directory, cx, &search).await {
            Err(error) if LdapDetail::class_of(&error) == Some(LdapClass::NotFound) => Ok(Vec::new()),
            other => other,
        }
    })
}
