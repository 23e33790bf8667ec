//! A directory in memory, for tests of what is built on directories.

mod script;

pub use script::{Asked, FakeFault};

use crate::directory::{Capabilities, Directory};
use crate::filter::Matcher;
use crate::{
    AttrName, Batch, Batches, Dn, Entries, Entry, LdapDetail, Profile, Scope, Search, Verdict, ldif,
};
use async_trait::async_trait;
use purlin_core::{Cx, Error, ErrorKind, Result, Secret};
use script::Script;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A call on the fake that is told to keep silent ends here, where it has no deadline.
const LIMIT: Duration = Duration::from_secs(30);

/// A directory in memory: it evaluates filters by itself, says yes to the passwords in its entries, does the wrong
/// things that it is told to do, and remembers what it was asked. Clones are the same directory.
///
/// Passwords stand in `userPassword`, in clear. Changes are seen at once.
///
/// ```
/// use purlin_core::Cx;
/// use purlin_ldap::{DirectoryExt, FakeDirectory, FakeFault, LdapClass, LdapDetail, Profile};
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
/// let ldif = "dn: uid=ada,dc=x\nobjectClass: posixAccount\nuid: ada\n";
/// let directory = FakeDirectory::from_ldif(Profile::rfc2307("dc=x".parse()?), ldif)?;
/// directory.next(FakeFault::Refuse(51, "busy".to_owned()));
/// let error = directory.user(&Cx::background(), "ada").await.unwrap_err();
/// assert_eq!(LdapDetail::class_of(&error), Some(LdapClass::Busy));
/// assert_eq!(directory.user(&Cx::background(), "ada").await?.name, "ada");
/// assert_eq!(directory.asked().len(), 2);
/// # Ok::<(), purlin_core::Error>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct FakeDirectory {
    profile: Arc<Profile>,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    entries: Vec<Entry>,
    script: Script,
}

impl FakeDirectory {
    /// With nothing in it.
    pub fn new(profile: Profile) -> Self {
        Self { profile: Arc::new(profile), state: Arc::default() }
    }

    /// With the entries of this LDIF.
    ///
    /// # Errors
    /// Those of [`ldif::read`].
    pub fn from_ldif(profile: Profile, text: &str) -> Result<Self> {
        Ok(Self::from_entries(profile, ldif::read(text, "ldif")?))
    }

    /// With these entries.
    pub fn from_entries(profile: Profile, entries: impl IntoIterator<Item = Entry>) -> Self {
        let fake = Self::new(profile);
        fake.lock().entries = entries.into_iter().collect();
        fake
    }

    /// Puts an entry in the place of the one of the same name, or adds it.
    pub fn put(&self, entry: Entry) {
        let mut state = self.lock();
        state.entries.retain(|other| other.dn() != entry.dn());
        state.entries.push(entry);
    }

    /// Takes an entry away; whether it was there.
    pub fn remove(&self, dn: &Dn) -> bool {
        let mut state = self.lock();
        let before = state.entries.len();
        state.entries.retain(|other| other.dn() != dn);
        state.entries.len() < before
    }

    /// Takes all entries away.
    pub fn clear(&self) {
        self.lock().entries.clear();
    }

    /// Does this wrong with the next search. Several are done one after the other.
    pub fn next(&self, fault: FakeFault) {
        self.lock().script.next.push_back(fault);
    }

    /// Does this wrong with every search; none: with none any more.
    pub fn always(&self, fault: impl Into<Option<FakeFault>>) {
        self.lock().script.always = fault.into();
    }

    /// Gives this verdict to everybody who shows the right password of that entry.
    pub fn verdict(&self, dn: Dn, verdict: Verdict) {
        self.lock().script.verdicts.insert(dn, verdict);
    }

    /// What it was asked so far, in order.
    pub fn asked(&self) -> Vec<Asked> {
        self.lock().script.asked.clone()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn found(&self, search: &Search) -> Result<Vec<Entry>> {
        let state = self.lock();
        if search.base.is_root() && search.scope == Scope::Base {
            return Ok(vec![self.root()]);
        }
        let base = &search.base;
        let is_there = |entry: &Entry| entry.dn() == base || base.is_root() || entry.dn().is_within(base);
        if !state.entries.iter().any(is_there)
            && !self.profile.base.is_within(base)
            && !base.is_within(&self.profile.base)
        {
            return Err(LdapDetail::of_code(32).into_refusal());
        }
        let in_scope = |dn: &Dn| match search.scope {
            Scope::Base => dn == base,
            Scope::One => dn.parent().as_ref() == Some(base),
            Scope::Subtree => dn.is_within(base),
        };
        let matcher = Matcher::new(&search.filter);
        let fits = |entry: &&Entry| in_scope(entry.dn()) && matcher.matches(entry);
        let found: Vec<Entry> = state.entries.iter().filter(fits).cloned().collect();
        if found.is_empty()
            && search.scope == Scope::Base
            && !state.entries.iter().any(|entry| entry.dn() == base)
        {
            return Err(LdapDetail::of_code(32).into_refusal());
        }
        Ok(found.into_iter().map(|entry| with_its_name(entry, search).only(&search.attributes)).collect())
    }

    fn root(&self) -> Entry {
        Entry::new(Dn::root())
            .with(AttrName::known("objectClass"), ["top"])
            .with(AttrName::known("vendorName"), ["purlin's fake"])
            .with(AttrName::known("namingContexts"), [self.profile.base.as_str()])
            .with(AttrName::known("supportedControl"), [Capabilities::PAGES])
    }
}

/// `entryDN` and `distinguishedName`, as servers work them out for those who ask.
fn with_its_name(entry: Entry, search: &Search) -> Entry {
    let names =
        search.attributes.iter().filter(|name| **name == *"entryDN" || **name == *"distinguishedName");
    let dn = entry.dn().as_str().to_owned();
    names.fold(entry, |entry, name| match entry.get(name.as_str()) {
        Some(_) => entry,
        None => entry.with(name.clone(), [dn.as_str()]),
    })
}

#[async_trait]
impl Directory for FakeDirectory {
    fn profile(&self) -> &Profile {
        &self.profile
    }

    async fn search(&self, cx: &Cx, search: &Search) -> Result<Entries> {
        let fault = {
            let script = &mut self.lock().script;
            script.asked.push(Asked::Search(Box::new(search.clone())));
            script.next.pop_front().or_else(|| script.always.clone())
        };
        cx.check("ldap.search")?;
        let mut end = None;
        let mut take = usize::MAX;
        match fault {
            None => {}
            Some(FakeFault::Delay(time)) => {
                cx.sleep(time).await.map_err(|error| error.with_operation("ldap.search"))?
            }
            Some(FakeFault::Silence) => {
                cx.with_timeout(LIMIT).run("ldap.search", std::future::pending::<Result<()>>()).await?;
            }
            Some(FakeFault::Refuse(code, text)) => {
                return Err(LdapDetail::of_code(code)
                    .diagnostic(text)
                    .into_refusal()
                    .with_operation("ldap.search"));
            }
            Some(FakeFault::Cut(after)) => {
                take = after;
                end = Some(Error::new(ErrorKind::Unavailable, "the server closed the connection"));
            }
            Some(FakeFault::SizeLimit(most)) => take = most,
        }
        let mut found = self.found(search).map_err(|error| error.with_operation("ldap.search"))?;
        if found.len() > take && end.is_none() {
            let detail = LdapDetail { got: Some(take as u64), ..LdapDetail::of_code(4) };
            end = Some(detail.into_refusal());
        }
        found.truncate(take);
        let pages = Pages { found, page: search.page.max(1) as usize, end, cx: cx.clone() };
        Ok(Entries::new(search, pages))
    }

    async fn authenticate(&self, cx: &Cx, dn: &Dn, password: &Secret<String>) -> Result<Verdict> {
        if let Some(refused) = Verdict::of_password(password.expose()) {
            return Ok(refused);
        }
        cx.check("ldap.authenticate")?;
        let mut state = self.lock();
        state.script.asked.push(Asked::Authenticate(dn.clone()));
        let known = state.entries.iter().find(|entry| entry.dn() == dn);
        let right = known.is_some_and(|entry| {
            entry.values("userPassword").iter().any(|own| own == password.expose().as_bytes())
        });
        Ok(match (right, state.script.verdicts.get(dn)) {
            (false, _) => Verdict::Refused(crate::Reason::BadCredentials),
            (true, Some(verdict)) => verdict.clone(),
            (true, None) => Verdict::accepted(),
        })
    }

    async fn capabilities(&self, cx: &Cx) -> Result<Capabilities> {
        cx.check("ldap.capabilities")?;
        Capabilities::of_root(&self.root())
    }
}

struct Pages {
    found: Vec<Entry>,
    page: usize,
    end: Option<Error>,
    cx: Cx,
}

#[async_trait]
impl Batches for Pages {
    async fn next(&mut self) -> Result<Option<Batch>> {
        self.cx.check("ldap.search")?;
        if self.found.is_empty() {
            return self.end.take().map_or(Ok(None), Err);
        }
        let rest = self.found.split_off(self.page.min(self.found.len()));
        Ok(Some(Batch::new(std::mem::replace(&mut self.found, rest))))
    }
}

impl fmt::Debug for FakeDirectory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FakeDirectory").field("entries", &self.lock().entries.len()).finish_non_exhaustive()
    }
}
