//! Sets of hosts of one inventory.

mod bits;

pub(crate) use bits::Bits;

use crate::{Host, HostId, Inventory, NodeSet};
use purlin_core::{Diagnostics, Error, ErrorKind, Result};
use std::fmt;
use std::sync::Arc;

/// Some hosts of one [`Inventory`], which it holds on to: a bit a host, so that sets of a large estate are put together
/// in microseconds. What [`Inventory::select`] gives.
///
/// ```
/// use purlin_inventory::{Batch, InventoryBuilder};
///
/// let mut batch = Batch::new("cmdb");
/// let (web, db) = (batch.group("web"), batch.group("db"));
/// for name in ["w1", "w2"] {
///     let host = batch.host(name);
///     batch.add_host(web, host);
/// }
/// let host = batch.host("d1");
/// batch.add_host(db, host);
/// let mut builder = InventoryBuilder::new();
/// builder.merge(batch);
/// let estate = builder.build()?;
///
/// let hosts = estate.select("web")?.union(&estate.select("d1")?)?;
/// assert!(hosts.names().eq(["w1", "w2", "d1"]));
/// assert_eq!(hosts.node_set().to_string(), "d1,w[1-2]");
/// assert!(estate.select("web & db")?.non_empty().is_err());
/// # Ok::<(), purlin_core::Error>(())
/// ```
#[derive(Clone)]
pub struct HostSet {
    inventory: Inventory,
    bits: Bits,
    /// The expression that selected it.
    selector: Option<Arc<str>>,
    warnings: Diagnostics,
}

impl HostSet {
    /// No host of this inventory.
    pub fn none(inventory: &Inventory) -> Self {
        Self::new(inventory, Bits::none(inventory.len()))
    }

    /// Every host of this inventory.
    pub fn all(inventory: &Inventory) -> Self {
        Self::new(inventory, Bits::all(inventory.len()))
    }

    /// These hosts of this inventory; ids that it does not have are left out.
    pub fn of(inventory: &Inventory, hosts: impl IntoIterator<Item = HostId>) -> Self {
        let mut set = Self::none(inventory);
        set.extend(hosts);
        set
    }

    pub(crate) fn new(inventory: &Inventory, bits: Bits) -> Self {
        Self { inventory: inventory.clone(), bits, selector: None, warnings: Diagnostics::new() }
    }

    pub(crate) fn selected_by(mut self, selector: &str, warnings: Diagnostics) -> Self {
        self.selector = Some(selector.into());
        self.warnings = warnings;
        self
    }

    /// What [`Inventory::select`] noticed that is no error: hosts that a comparison left out because their value has no
    /// order with the one that is wanted. Sets that are put together of others have none.
    pub fn warnings(&self) -> &Diagnostics {
        &self.warnings
    }

    /// The inventory that its hosts are in.
    pub fn inventory(&self) -> &Inventory {
        &self.inventory
    }

    /// How many hosts there are.
    pub fn len(&self) -> usize {
        self.bits.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.bits.is_empty()
    }

    /// Itself, unless it is empty: to be called by whoever would do something to "all that were selected", since an
    /// empty selection is more often a mistake than a wish.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound), naming the selector that found nothing.
    pub fn non_empty(self) -> Result<Self> {
        if !self.is_empty() {
            return Ok(self);
        }
        let message = match &self.selector {
            Some(selector) => format!("no host is selected by {}", crate::expression::quoted(selector)),
            None => "the set of hosts is empty".to_owned(),
        };
        Err(Error::new(ErrorKind::NotFound, message).with_operation("inventory.select"))
    }

    /// Whether this host is in it.
    pub fn contains(&self, host: HostId) -> bool {
        self.bits.contains(host)
    }

    /// The ids in the order of the inventory.
    pub fn ids(&self) -> impl Iterator<Item = HostId> + '_ {
        self.bits.iter()
    }

    /// The hosts in the order of the inventory.
    pub fn iter(&self) -> impl Iterator<Item = Host<'_>> {
        self.bits.iter().map(|id| self.inventory.host_of(id))
    }

    /// The names in the order of the inventory.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.iter().map(|host| host.name())
    }

    /// The names alone, which fold: `web[01-20].lon`.
    pub fn node_set(&self) -> NodeSet {
        self.names().collect()
    }

    /// What is in one of both or in both.
    ///
    /// # Errors
    /// [`Invalid`](ErrorKind::Invalid) when the two are of different inventories, be they of the same sources: after a
    /// reload, select again.
    pub fn union(&self, other: &Self) -> Result<Self> {
        self.combined(other, |one, two| one | two)
    }

    /// What is in both.
    ///
    /// # Errors
    /// As [`union`](Self::union).
    pub fn intersection(&self, other: &Self) -> Result<Self> {
        self.combined(other, |one, two| one & two)
    }

    /// What is in this and not in the other.
    ///
    /// # Errors
    /// As [`union`](Self::union).
    pub fn difference(&self, other: &Self) -> Result<Self> {
        self.combined(other, |one, two| one & !two)
    }

    /// What is in one of both only.
    ///
    /// # Errors
    /// As [`union`](Self::union).
    pub fn xor(&self, other: &Self) -> Result<Self> {
        self.combined(other, |one, two| one ^ two)
    }

    fn combined(&self, other: &Self, operation: impl Fn(u64, u64) -> u64) -> Result<Self> {
        if !Arc::ptr_eq(&self.inventory.0, &other.inventory.0) {
            let message = "sets of hosts of two inventories do not go together";
            return Err(Error::new(ErrorKind::Invalid, message).with_operation("hostset.combine"));
        }
        let mut bits = self.bits.clone();
        bits.change(&other.bits, operation);
        Ok(Self::new(&self.inventory, bits))
    }
}

/// Equal when of the same inventory with the same hosts.
impl PartialEq for HostSet {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inventory.0, &other.inventory.0) && self.bits == other.bits
    }
}

impl Eq for HostSet {}

/// Ids that the inventory does not have are left out.
impl Extend<HostId> for HostSet {
    fn extend<I: IntoIterator<Item = HostId>>(&mut self, hosts: I) {
        for host in hosts {
            self.bits.insert(host);
        }
    }
}

/// Folded.
impl fmt::Display for HostSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.node_set().fmt(f)
    }
}

impl fmt::Debug for HostSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HostSet({self})")
    }
}

impl Inventory {
    /// A group's hosts and those of all groups below as a bitmap; made when first asked for.
    pub(crate) fn member_bits(&self, id: crate::GroupId) -> &Bits {
        self.0.groups[id.0 as usize].bits.get_or_init(|| Bits::of(self.len(), self.members(id)))
    }
}
