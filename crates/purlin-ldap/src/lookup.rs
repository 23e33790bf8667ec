//! The look-ups that people want.

mod groups_of;
mod kinds;
mod members_of;
mod together;

pub use groups_of::GroupsOf;
#[cfg(feature = "inventory")]
pub(crate) use kinds::Sealed as Read;
pub use kinds::{Group, Host, Netgroup, Triple, User};
pub use members_of::{Members, MembersOf};

use crate::{AttrName, Directory, Entry, LdapClass, LdapDetail, Profile, Search, Verdict};
use purlin_core::{Cx, Error, ErrorKind, Outcome, Result, Secret};
use std::fmt;
use std::future::{Future, IntoFuture};
use std::marker::PhantomData;
use std::pin::Pin;
use std::time::Duration;

/// A look-up of one thing takes this long at most, all its questions together, unless the call ends earlier.
const LIMIT: Duration = Duration::from_secs(5);
/// The same for walks through groups.
const WALK_LIMIT: Duration = Duration::from_secs(30);
/// How many names or values one question asks for.
const CHUNK: usize = 100;

pub(crate) type Answer<'d, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'd>>;

/// Look-ups by name, over any [`Directory`]. Each takes at most 5 s, walks through nested groups 30 s, unless the call
/// ends earlier.
///
/// ```
/// # use purlin_core::{Cx, Secret};
/// use purlin_ldap::{DirectoryExt, FakeDirectory, Profile};
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
/// # let ldif = "dn: uid=ada,dc=x\nobjectClass: posixAccount\nuid: ada\nuidNumber: 7\ncn: Ada\nuserPassword: countess\n
/// # dn: cn=oncall,dc=x\nobjectClass: groupOfNames\ncn: oncall\nmember: uid=ada,dc=x\n";
/// # let ldif = &ldif.replace("\n ", "\n");
/// let directory = FakeDirectory::from_ldif(Profile::rfc2307bis("dc=x".parse()?), ldif)?;
/// let cx = Cx::background();
/// let ada = directory.user(&cx, "ada").await?;
/// assert_eq!(ada.number, Some(7));
/// let oncall = directory.members_of(&cx, "oncall").nested().await?;
/// assert_eq!(oncall.people[0].name, "ada");
/// assert!(directory.authenticate_user(&cx, "ada", &Secret::from("countess")).await?.is_accepted());
/// # Ok::<(), purlin_core::Error>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait DirectoryExt: Directory {
    /// A person by login name.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] and [`ErrorKind::Conflict`] (class [`Ambiguous`](LdapClass::Ambiguous)); those of the
    /// directory; [`ErrorKind::Invalid`] for an entry that cannot be read.
    fn user<'d>(&'d self, cx: &Cx, name: &str) -> LookUp<'d, Self, User> {
        LookUp::new(self, cx, name)
    }

    /// A group by name.
    ///
    /// # Errors
    /// As [`user`](Self::user).
    fn group<'d>(&'d self, cx: &Cx, name: &str) -> LookUp<'d, Self, Group> {
        LookUp::new(self, cx, name)
    }

    /// A host by one of its names.
    ///
    /// # Errors
    /// As [`user`](Self::user).
    fn host<'d>(&'d self, cx: &Cx, name: &str) -> LookUp<'d, Self, Host> {
        LookUp::new(self, cx, name)
    }

    /// A netgroup by name.
    ///
    /// # Errors
    /// As [`user`](Self::user).
    fn netgroup<'d>(&'d self, cx: &Cx, name: &str) -> LookUp<'d, Self, Netgroup> {
        LookUp::new(self, cx, name)
    }

    /// The groups that somebody is in; [`nested`](GroupsOf::nested), also the groups that these are in.
    ///
    /// # Errors
    /// As [`user`](Self::user); class [`TooDeep`](LdapClass::TooDeep) beyond the limits of the profile's
    /// [`Nesting`](crate::profile::Nesting).
    fn groups_of<'d>(&'d self, cx: &Cx, user: &str) -> GroupsOf<'d, Self> {
        GroupsOf::new(self, cx, user)
    }

    /// The members of a group; [`nested`](MembersOf::nested), also those of the groups within it.
    ///
    /// # Errors
    /// As [`groups_of`](Self::groups_of).
    fn members_of<'d>(&'d self, cx: &Cx, group: &str) -> MembersOf<'d, Self> {
        MembersOf::new(self, cx, group)
    }

    /// Whether this is the password of the person of this login name. Nobody and several of that name are refused as
    /// a wrong password is.
    ///
    /// # Errors
    /// As [`Directory::authenticate`].
    fn authenticate_user<'d>(
        &'d self,
        cx: &Cx,
        name: &str,
        password: &'d Secret<String>,
    ) -> Answer<'d, Verdict> {
        let (cx, name) = (cx.with_timeout(LIMIT), name.to_owned());
        Box::pin(async move {
            if let Some(refused) = Verdict::of_password(password.expose()) {
                return Ok(refused);
            }
            match find::<Self, User>(self, &cx, &name, &[]).await {
                Ok(user) => self.authenticate(&cx, &user.dn, password).await,
                Err(error) if is_nobody(&error) => Ok(Verdict::Refused(crate::Reason::BadCredentials)),
                Err(error) => Err(error),
            }
        })
    }
}

impl<D: Directory + ?Sized> DirectoryExt for D {}

fn is_nobody(error: &Error) -> bool {
    matches!(LdapDetail::class_of(error), Some(LdapClass::NotFound | LdapClass::Ambiguous))
}

/// What can be looked up by name.
pub trait Named: Sized + Send + kinds::Sealed {}

/// A look-up that is put together; await it.
#[must_use = "it is asked when it is awaited"]
pub struct LookUp<'d, D: ?Sized, T> {
    directory: &'d D,
    cx: Cx,
    name: String,
    wanted: Vec<AttrName>,
    kind: PhantomData<fn() -> T>,
}

impl<'d, D: Directory + ?Sized, T: Named> LookUp<'d, D, T> {
    fn new(directory: &'d D, cx: &Cx, name: &str) -> Self {
        let (cx, name) = (cx.with_timeout(LIMIT), name.to_owned());
        Self { directory, cx, name, wanted: Vec::new(), kind: PhantomData }
    }

    /// Wants these attributes too; they are in the answer's `entry`.
    pub fn wanting(mut self, names: impl IntoIterator<Item = AttrName>) -> Self {
        self.wanted.extend(names);
        self
    }
}

impl<'d, D: Directory + ?Sized, T: Named + 'd> IntoFuture for LookUp<'d, D, T> {
    type Output = Result<T>;
    type IntoFuture = Answer<'d, T>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { find(self.directory, &self.cx, &self.name, &self.wanted).await })
    }
}

impl<D: ?Sized, T> fmt::Debug for LookUp<'_, D, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LookUp").field("name", &self.name).finish_non_exhaustive()
    }
}

/// The only one of that name.
async fn find<D: Directory + ?Sized, T: Named>(
    directory: &D,
    cx: &Cx,
    name: &str,
    wanted: &[AttrName],
) -> Result<T> {
    let profile = directory.profile();
    let mut search = T::search(profile, name).limit(2).page(3);
    search.attributes.extend(wanted.iter().cloned());
    let mut found = directory.search(cx, &search).await?;
    let what = T::WHAT;
    let first = found.next().await?;
    let second = if first.is_some() { found.next().await? } else { None };
    match (first, second) {
        (Some(entry), None) => T::read(profile, entry),
        (Some(one), Some(other)) => {
            let message = format!("several {what}s are named {name:?}: {} and {}", one.dn(), other.dn());
            Err(refusal(LdapClass::Ambiguous, message))
        }
        (None, _) => Err(refusal(LdapClass::NotFound, format!("there is no {what} {name:?}"))),
    }
}

fn refusal(class: LdapClass, message: String) -> Error {
    LdapDetail::new(class).into_error(message).with_operation("ldap.look_up")
}

/// All that a search finds, of a kind.
async fn all<D: Directory + ?Sized>(directory: &D, cx: &Cx, search: &Search) -> Result<Vec<Entry>> {
    directory.search(cx, search).await?.all().await
}

fn too_deep(profile: &Profile, got: usize, what: &str) -> Error {
    let detail = LdapDetail { got: Some(got as u64), ..LdapDetail::new(LdapClass::TooDeep) };
    let nesting = &profile.nesting;
    let message = format!(
        "{what}: the limits are {} groups within each other and {} entries; {got} were found by then",
        nesting.depth, nesting.most
    );
    detail.into_error(message).with_operation("ldap.walk")
}

fn invalid(message: String) -> Error {
    Error::new(ErrorKind::Invalid, message).with_operation("ldap.look_up").with_outcome(Outcome::NotSent)
}
