//! The native selector: `role=web & site=lon - maintenance`.

mod compare;
mod evaluate;
mod key;
mod lex;
mod parse;
mod pick;

use crate::{GroupId, HostSet, Inventory};
use purlin_core::Result;

/// The groups that an expression names, whatever it finds; none where it is malformed.
pub(crate) fn groups_of(inventory: &Inventory, expression: &str) -> Vec<GroupId> {
    parse::parse(expression).map(|parsed| evaluate::groups_of(inventory, &parsed)).unwrap_or_default()
}

impl Inventory {
    /// The hosts that an expression selects. Unlike an Ansible pattern it never shrugs: what is malformed, and names
    /// and keys that nobody knows, are errors; a selection without a host is a value that
    /// [`non_empty`](HostSet::non_empty) refuses.
    ///
    /// | written | selects |
    /// |---|---|
    /// | `web01.lon`, `web` | the host of this name, or the members of the group |
    /// | `@web`, `@web*` | the members of the group, of the groups |
    /// | `all` | every host |
    /// | `web*.lon`, `db?`, `cache-[ab].lon` | the hosts whose whole name matches; one must |
    /// | `web[01-20/2].lon` | the hosts or groups of these names, each of which must exist |
    /// | `site=lon`, `site!=lon` | hosts whose variable has, or has not, this value; never those without the variable |
    /// | `mem_gb>=32`, `<`, `<=`, `>` | numbers as numbers; other text letter by letter |
    /// | `os ~ "^debian1[23]$"` | values that the regular expression finds something in |
    /// | `one_per(site)` | for each value of the variable, the first host that has it |
    /// | `sample(5)`, `sample(10%)` | as many hosts, rounded up; the same ones each time |
    /// | `a & b`, `a - b` | what is in both; what is in the first and not in the second |
    /// | `a \| b` | what is in one of both or in both |
    ///
    /// `&` and `-` bind tighter than `|`, and equal ones go from left to right: `a - b & c | d` is
    /// `((a - b) & c) | d`. Parentheses change that. A minus within a word belongs to the word, so it needs white space
    /// before it.
    ///
    /// **Values** stand bare or in quotes, single or double, and are compared alike: `port="443"` finds the number too;
    /// only `null` in quotes is a text. A bare `*` or `?` is an error, since values have no wildcards: write `~`. A bare
    /// word behind `!=`, or behind `=` in what a `-` takes away, must be the value of some host: mistyped, it would
    /// select more than was meant. In quotes it need not be, nor do numbers, `true`, `false` and `null`. A list has a value if any member has it. A key without a
    /// variable falls back to the list of its plural: `role=web` means that `roles` contains `web`. `facts.kernel`
    /// looks into the map `facts`, unless a variable has that whole name. `name` is the host's own name. The value of a
    /// secret is never compared: that is an error. Where `<`, `<=`, `>` and `>=` find no order, as between `32` and
    /// `"64GB"`, the host is left out with a [warning](HostSet::warnings); in what a `-` takes away that is an error.
    ///
    /// What `address`, `transport` and other [typed parts](crate::Host::connection) are where nobody said them is no
    /// variable: `address=web01.lon` finds only hosts of which it was said.
    ///
    /// **Picking**: `one_per` and `sample` pick from what stands left of them in a chain of `&` and `-`, else from all
    /// hosts: `role=web & one_per(site)` is one web server a site. `sample` takes the hosts whose names have the
    /// smallest hash (FNV-1a of 64 bits, mixed by MurmurHash3's `fmix64`), so that a larger sample contains the
    /// smaller one and a new host changes little.
    ///
    /// # Errors
    /// [`Invalid`](purlin_core::ErrorKind::Invalid), naming line and column, for a malformed expression, an unknown name
    /// or key, a value that must be known (with a suggestion as the diagnostic's help), a name that is both a host and a group (write `@name`, or
    /// `name=NAME`), a comparison with a secret or a map, more than 64 KiB, more than 1,000 names
    /// and comparisons, more than 128 parentheses deep.
    pub fn select(&self, expression: &str) -> Result<HostSet> {
        let found = parse::parse(expression).and_then(|parsed| evaluate::evaluate(self, &parsed));
        let (bits, warnings) =
            found.map_err(|fault| fault.into_error("selector", expression, "inventory.select"))?;
        let warnings = warnings.into_iter().map(|fault| fault.into_warning("selector", expression)).collect();
        Ok(HostSet::new(self, bits).selected_by(expression, warnings))
    }
}
