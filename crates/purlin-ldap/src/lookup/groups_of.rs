//! Which groups somebody is in.

use super::kinds::Sealed;
use super::{Answer, CHUNK, Group, User, WALK_LIMIT, all, find, invalid, together, too_deep};
use crate::profile::{MEMBER_OF, Strategy};
use crate::{AttrName, Directory, Dn, Entry, Filter, Search};
use purlin_core::{Cx, Result};
use std::collections::HashSet;
use std::fmt;
use std::future::IntoFuture;

const TOKEN_GROUPS: AttrName = AttrName::known("tokenGroups");
const OBJECT_SID: AttrName = AttrName::known("objectSid");
const IN_CHAIN: AttrName = AttrName::known("1.2.840.113556.1.4.1941");

/// A look-up of somebody's groups that is put together; await it.
#[must_use = "it is asked when it is awaited"]
pub struct GroupsOf<'d, D: ?Sized> {
    directory: &'d D,
    cx: Cx,
    user: String,
    nested: bool,
}

impl<'d, D: Directory + ?Sized> GroupsOf<'d, D> {
    pub(super) fn new(directory: &'d D, cx: &Cx, user: &str) -> Self {
        Self { directory, cx: cx.with_timeout(WALK_LIMIT), user: user.to_owned(), nested: false }
    }

    /// Also the groups that those groups are in, each once, however the groups stand to each other.
    pub fn nested(mut self) -> Self {
        self.nested = true;
        self
    }
}

impl<'d, D: Directory + ?Sized> IntoFuture for GroupsOf<'d, D> {
    type Output = Result<Vec<Group>>;
    type IntoFuture = Answer<'d, Vec<Group>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let Self { directory, cx, user, nested } = self;
            let strategy = directory.profile().nesting.strategy;
            let wanted = if strategy == Strategy::MemberOf { vec![MEMBER_OF] } else { Vec::new() };
            let user: User = find(directory, &cx, &user, &wanted).await?;
            let walk = Walk { directory, cx: &cx, seen: HashSet::new(), found: Vec::new() };
            match strategy {
                Strategy::TokenGroups if nested => walk.token_groups(&user).await,
                Strategy::InChain if nested => walk.in_chain(&user).await,
                Strategy::MemberOf => walk.member_of(&user, nested).await,
                _ => walk.per_level(&user, nested).await,
            }
        })
    }
}

impl<D: ?Sized> fmt::Debug for GroupsOf<'_, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GroupsOf")
            .field("user", &self.user)
            .field("nested", &self.nested)
            .finish_non_exhaustive()
    }
}

struct Walk<'w, D: ?Sized> {
    directory: &'w D,
    cx: &'w Cx,
    seen: HashSet<Dn>,
    found: Vec<Group>,
}

impl<D: Directory + ?Sized> Walk<'_, D> {
    async fn per_level(mut self, user: &User, nested: bool) -> Result<Vec<Group>> {
        let groups = &self.directory.profile().groups;
        let by_dn = groups.member.iter().map(|member| member.is_dn(&user.dn));
        let by_name = groups.member_name.iter().map(|member| member.is(&user.name));
        let mut level = self.ask(vec![Filter::one_of(by_dn.chain(by_name))]).await?;
        let Some(member) = groups.member.as_ref().filter(|_| nested) else { return Ok(self.found) };
        let mut depth = 1;
        while !level.is_empty() {
            self.goes_deeper(&mut depth, &user.name)?;
            let filters =
                level.chunks(CHUNK).map(|dns| Filter::one_of(dns.iter().map(|dn| member.is_dn(dn))));
            level = self.ask(filters.collect()).await?;
        }
        Ok(self.found)
    }

    async fn member_of(mut self, user: &User, nested: bool) -> Result<Vec<Group>> {
        let mut level = user.entry.dns(MEMBER_OF.as_str())?;
        let mut depth = 0;
        while !level.is_empty() {
            self.goes_deeper(&mut depth, &user.name)?;
            level.retain(|dn| !self.seen.contains(dn));
            let entries = self.by_dn(&level).await?;
            let above =
                entries.iter().map(|entry| entry.dns(MEMBER_OF.as_str())).collect::<Result<Vec<_>>>()?;
            self.keep(entries)?;
            level = if nested { above.concat() } else { Vec::new() };
        }
        Ok(self.found)
    }

    async fn token_groups(mut self, user: &User) -> Result<Vec<Group>> {
        let search = Search::entry(user.dn.clone()).wanting([TOKEN_GROUPS]);
        let entries = all(self.directory, self.cx, &search).await?;
        let sids: Vec<_> = entries.iter().flat_map(|entry| entry.values(TOKEN_GROUPS.as_str())).collect();
        let filters =
            sids.chunks(CHUNK).map(|sids| Filter::one_of(sids.iter().map(|sid| OBJECT_SID.is(sid))));
        self.ask(filters.collect()).await?;
        Ok(self.found)
    }

    async fn in_chain(mut self, user: &User) -> Result<Vec<Group>> {
        let Some(member) = &self.directory.profile().groups.member else {
            return Err(invalid("the profile has no attribute for members by name of entry".to_owned()));
        };
        self.ask(vec![member.matches(IN_CHAIN, user.dn.as_str())]).await?;
        Ok(self.found)
    }

    fn goes_deeper(&self, depth: &mut u32, user: &str) -> Result<()> {
        let profile = self.directory.profile();
        if *depth >= profile.nesting.depth {
            return Err(too_deep(
                profile,
                self.found.len(),
                &format!("the groups of {user:?} nest too deep"),
            ));
        }
        *depth += 1;
        Ok(())
    }

    /// The groups that one of the filters fits and that were not seen before.
    async fn ask(&mut self, filters: Vec<Filter>) -> Result<Vec<Dn>> {
        let profile = self.directory.profile();
        let (directory, cx) = (self.directory, self.cx);
        let search = |filter| {
            Search::new(profile.groups_base(), profile.groups.filter.clone() & filter)
                .wanting(profile.of_groups())
        };
        let questions = filters.into_iter().map(|filter| {
            let search = search(filter);
            Box::pin(async move { all(directory, cx, &search).await }) as Answer<'_, Vec<Entry>>
        });
        let entries = together::all(questions.collect()).await?.concat();
        self.keep(entries)
    }

    async fn by_dn(&self, dns: &[Dn]) -> Result<Vec<Entry>> {
        let profile = self.directory.profile();
        let mut wanted = profile.of_groups();
        wanted.push(MEMBER_OF);
        super::members_of::entries(self.directory, self.cx, dns, &wanted).await
    }

    fn keep(&mut self, entries: Vec<Entry>) -> Result<Vec<Dn>> {
        let profile = self.directory.profile();
        let mut fresh = Vec::new();
        for entry in entries {
            if self.seen.insert(entry.dn().clone()) {
                fresh.push(entry.dn().clone());
                self.found.push(Group::read(profile, entry)?);
            }
        }
        if self.found.len() > profile.nesting.most as usize {
            return Err(too_deep(profile, self.found.len(), "too many groups"));
        }
        Ok(fresh)
    }
}
