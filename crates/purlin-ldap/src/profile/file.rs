//! Profiles as TOML.

use super::{Profile, Strategy};
use crate::{AttrName, Dn, Filter};
use purlin_core::{Diagnostic, Diagnostics, Place, Result};
use serde::Deserialize;

macro_rules! section {
    ($name:ident { $($field:ident: $type:ty),* $(,)? }) => {
        #[derive(Default, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        struct $name {
            $($field: Option<$type>,)*
        }
    };
}

/// Puts what was written in the place of what the built-in profile says.
macro_rules! replace {
    ($from:expr => $into:expr; $($plain:ident)*; $($optional:ident)*) => {
        $(if let Some(value) = $from.$plain { $into.$plain = value; })*
        $(if let Some(value) = $from.$optional { $into.$optional = Some(value); })*
    };
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default = "usual")]
    profile: String,
    base: Dn,
    #[serde(default)]
    people: People,
    #[serde(default)]
    groups: Groups,
    #[serde(default)]
    hosts: Hosts,
    #[serde(default)]
    netgroups: Netgroups,
    #[serde(default)]
    nesting: Nesting,
    entry_dn: Option<AttrName>,
    id: Option<AttrName>,
}

fn usual() -> String {
    "rfc2307bis".to_owned()
}

section!(People {
    base: Dn,
    filter: Filter,
    name: AttrName,
    number: AttrName,
    group_number: AttrName,
    full_name: AttrName,
    mail: AttrName,
    home: AttrName,
    shell: AttrName,
});
section!(Groups {
    base: Dn,
    filter: Filter,
    name: AttrName,
    number: AttrName,
    description: AttrName,
    member: AttrName,
    member_name: AttrName,
});
section!(Hosts {
    base: Dn,
    filter: Filter,
    name: AttrName,
    address: AttrName,
    mac: AttrName,
    location: AttrName,
    description: AttrName,
});
section!(Netgroups { base: Dn, filter: Filter, name: AttrName, triple: AttrName, member: AttrName });
section!(Nesting { strategy: Strategy, depth: u32, most: u32 });

impl Profile {
    /// Reads a profile from TOML: `base`, the built-in `profile` to start from (`rfc2307bis` unless said), and what
    /// differs, under the names of the fields here. `file` is for messages.
    ///
    /// ```
    /// use purlin_ldap::Profile;
    ///
    /// let profile = Profile::from_toml(
    ///     r#"
    ///         profile = "rfc2307"
    ///         base = "dc=example,dc=org"
    ///         [people]
    ///         filter = "(&(objectClass=posixAccount)(!(loginShell=/sbin/nologin)))"
    ///         [nesting]
    ///         strategy = "member_of"
    ///     "#,
    ///     "directory.toml",
    /// )?;
    /// assert_eq!(profile.base, "dc=example,dc=org".parse()?);
    ///
    /// let error = Profile::from_toml("base = \"dc=x\"\n[poeple]\n", "directory.toml").unwrap_err();
    /// assert!(error.message().starts_with("directory.toml:2:2: unknown field `poeple`"));
    /// # Ok::<(), purlin_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](purlin_core::ErrorKind::Invalid) with the [`Diagnostics`] as its detail.
    pub fn from_toml(text: &str, file: &str) -> Result<Self> {
        let written: Written = toml::from_str(text).map_err(|error| fault(text, file, &error))?;
        let mut profile = Self::named(&written.profile, written.base)?;
        replace!(written.people => profile.people;
            filter name number group_number full_name mail home shell; base);
        replace!(written.groups => profile.groups; filter name number description; base member member_name);
        replace!(written.hosts => profile.hosts; filter name address mac location description; base);
        replace!(written.netgroups => profile.netgroups; filter name triple member; base);
        replace!(written.nesting => profile.nesting; strategy depth most;);
        profile.entry_dn = written.entry_dn.or(profile.entry_dn);
        profile.id = written.id.or(profile.id);
        Ok(profile)
    }
}

fn fault(text: &str, file: &str, error: &toml::de::Error) -> purlin_core::Error {
    let place = Place::file(file);
    let place = match error.span() {
        Some(span) => place.offset(text, span.start),
        None => place,
    };
    let message = error.message().trim().to_owned();
    let mut diagnostic = Diagnostic::error("profile", &message).place(place);
    if let Some(help) = meant(&message) {
        diagnostic = diagnostic.help(help);
    }
    let faults = Diagnostics::from_iter([diagnostic]);
    match faults.into_result("ldap.profile") {
        Err(error) => error,
        Ok(_) => purlin_core::Error::new(purlin_core::ErrorKind::Invalid, message),
    }
}

/// Of "unknown field `x`, expected one of `a`, `b`", the one that was probably meant.
fn meant(message: &str) -> Option<String> {
    let mut quoted = message.strip_prefix("unknown field")?.split('`').skip(1).step_by(2);
    let wrong = quoted.next()?;
    let known: Vec<&str> = quoted.collect();
    purlin_core::suggest(wrong, known).map(|name| format!("did you mean {name:?}?"))
}
