//! What a directory answers.

use crate::fault::Truncated;
use crate::{Entry, LdapDetail, Search};
use async_trait::async_trait;
use purlin_core::{Error, Result};
use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

/// The entries of a search, one by one. The next page is asked for when the last one has been taken, so that a reader
/// who stands still makes nothing pile up; dropping it tells the server to stop.
///
/// ```
/// # use purlin_core::Cx;
/// use purlin_ldap::{Directory, FakeDirectory, Filter, Profile, Search};
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
/// let profile = Profile::rfc2307bis("dc=example,dc=org".parse()?);
/// let directory = FakeDirectory::from_ldif(profile, "dn: uid=ada,dc=example,dc=org\nuid: ada\n")?;
/// let search = Search::new("dc=example,dc=org".parse()?, Filter::present("uid")?);
/// let mut entries = directory.search(&Cx::background(), &search).await?;
/// while let Some(entry) = entries.next().await? {
///     println!("{}", entry.dn());
/// }
/// assert!(entries.referrals().is_empty());
/// # Ok::<(), purlin_core::Error>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Entries {
    batches: Box<dyn Batches>,
    ready: VecDeque<Entry>,
    referrals: Vec<String>,
    taken: u64,
    limit: Option<u64>,
    /// What comes when the entries that were ready have been taken: the answer's end, or an error.
    end: Option<Option<Error>>,
}

/// A part of an answer.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Batch {
    /// Entries; may be none.
    pub entries: Vec<Entry>,
    /// URLs where more can be asked (continuation references, RFC 4511, section 4.5.3).
    pub referrals: Vec<String>,
    /// The same as they came: each time several that have the same.
    #[cfg(feature = "client")]
    pub(crate) places: Vec<Vec<String>>,
    /// What ended the answer after these, where it did not end well.
    pub fault: Option<Error>,
}

impl Batch {
    /// These entries.
    pub fn new(entries: Vec<Entry>) -> Self {
        Self { entries, ..Self::default() }
    }

    /// With these referrals.
    #[must_use]
    pub fn referrals(mut self, referrals: Vec<String>) -> Self {
        self.referrals = referrals;
        self
    }

    /// Ended by this fault: the entries before it count.
    #[must_use]
    pub fn fault(mut self, fault: Error) -> Self {
        self.fault = Some(fault);
        self
    }
}

/// Where [`Entries`] come from. What it holds is let go of when it is dropped.
#[async_trait]
pub trait Batches: Send {
    /// The next part; none at the end. It is not asked again after the end or an error.
    ///
    /// # Errors
    /// Those of the directory.
    async fn next(&mut self) -> Result<Option<Batch>>;
}

impl Entries {
    /// The answer to this search, from there. More entries than its [limit](Search::limit) are an error.
    pub fn new(search: &Search, batches: impl Batches + 'static) -> Self {
        Self {
            batches: Box::new(batches),
            ready: VecDeque::new(),
            referrals: Vec::new(),
            taken: 0,
            limit: search.limit.map(u64::from),
            end: None,
        }
    }

    /// The next entry; none at the end.
    ///
    /// # Errors
    /// Those of the directory, each time it is asked again. An answer that was cut short ends with an error of class
    /// [`Truncated`](crate::LdapClass::Truncated) after its last entry, never quietly.
    pub async fn next(&mut self) -> Result<Option<Entry>> {
        loop {
            if let Some(entry) = self.ready.pop_front() {
                if self.limit.is_some_and(|limit| self.taken >= limit) {
                    let error = self.over_the_limit();
                    self.end = Some(Some(error.clone()));
                    self.ready.clear();
                    return Err(error);
                }
                self.taken += 1;
                return Ok(Some(entry));
            }
            match &self.end {
                Some(Some(error)) => return Err(error.clone()),
                Some(None) => return Ok(None),
                None => self.read().await?,
            }
        }
    }

    async fn read(&mut self) -> Result<()> {
        match self.batches.next().await {
            Ok(Some(batch)) => {
                self.ready.extend(batch.entries);
                self.referrals.extend(batch.referrals);
                if let Some(fault) = batch.fault {
                    self.end = Some(Some(fault));
                }
            }
            Ok(None) => self.end = Some(None),
            Err(error) => self.end = Some(Some(error)),
        }
        Ok(())
    }

    fn over_the_limit(&self) -> Error {
        LdapDetail::truncated(self.taken)
            .into_error(format!("more than the {} entries asked for", self.taken))
    }

    /// How many entries have been given.
    pub fn taken(&self) -> u64 {
        self.taken
    }

    /// URLs where the directory said that more could be asked, so far, without those that were
    /// followed. They are not an error: Active Directory names three partitions below each domain's root.
    pub fn referrals(&self) -> &[String] {
        &self.referrals
    }

    /// All that are left.
    ///
    /// # Errors
    /// As [`next`](Self::next). What had been given by then is kept: the error's [`Truncated`] detail has it.
    pub async fn all(mut self) -> Result<Vec<Entry>> {
        let mut all = Vec::new();
        loop {
            match self.next().await {
                Ok(Some(entry)) => all.push(entry),
                Ok(None) => return Ok(all),
                Err(error) => return Err(error.with_detail(Truncated { entries: Arc::from(all) })),
            }
        }
    }
}

impl fmt::Debug for Entries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entries")
            .field("taken", &self.taken)
            .field("ready", &self.ready.len())
            .field("referrals", &self.referrals.len())
            .finish_non_exhaustive()
    }
}
