//! The typed parts of a host.

use super::parts::{self, Fault, Faults};
use super::{Contact, Identity, Service};
use crate::{Host, Located, Profile, Value};
use purlin_core::{Diagnostics, Error, ErrorKind, Result, suggest};

/// The typed parts: each comes from the native key of its name, or from the variable of that name where another source
/// gives one. How a host is reached, [`connection`](Host::connection) says.
///
/// What a native file says was checked when it was read, what another source says is checked when it is asked for. Templates
/// are not rendered here: a value with one in it (`{{`) is a fault, but that links of services may name `host` and `address`.
impl<'a> Host<'a> {
    /// The data centre, lab or other place: `site`.
    ///
    /// # Errors
    /// [`Invalid`](ErrorKind::Invalid), naming the place, where it is no text without white space.
    pub fn site(self) -> Result<Option<&'a str>> {
        self.word("site")
    }

    /// What it is for: `roles`; empty where nothing is said. In Ansible's profile a single text is one role.
    ///
    /// # Errors
    /// [`Invalid`](ErrorKind::Invalid), naming the place, where they are no list of names, each once.
    pub fn roles(self) -> Result<Vec<&'a str>> {
        let read = |value: &'a Located, faults: &mut Faults| match value.value.as_str() {
            Some(_) if self.inventory.profile() == Profile::Ansible => {
                parts::text("roles", value, faults).map(|role| vec![role])
            }
            _ => parts::words("roles", value, faults),
        };
        Ok(self.part("roles", read)?.unwrap_or_default())
    }

    /// Production, test and so on: `environment`.
    ///
    /// # Errors
    /// [`Invalid`](ErrorKind::Invalid), naming the place, where it is no text without white space.
    pub fn environment(self) -> Result<Option<&'a str>> {
        self.word("environment")
    }

    /// Whose it is: `owner`.
    ///
    /// # Errors
    /// [`Invalid`](ErrorKind::Invalid), naming the place, where it is no text.
    pub fn owner(self) -> Result<Option<&'a str>> {
        self.part("owner", |value, faults| parts::text("owner", value, faults))
    }

    /// Whom to call about it: `contacts`; empty where nothing is said.
    ///
    /// # Errors
    /// [`Invalid`](ErrorKind::Invalid), naming the place, where they are no list of tables with what a [`Contact`] has.
    pub fn contacts(self) -> Result<Vec<Contact>> {
        Ok(self.part("contacts", Contact::read_all)?.unwrap_or_default())
    }

    /// For whom it works: `customer`.
    ///
    /// # Errors
    /// [`Invalid`](ErrorKind::Invalid), naming the place, where it is no text.
    pub fn customer(self) -> Result<Option<&'a str>> {
        self.part("customer", |value, faults| parts::text("customer", value, faults))
    }

    /// What it serves: `services`, in the order in which they were written; empty where nothing is said. Links hold the
    /// address of its [`connection`](Host::connection), whose faults are told here too.
    ///
    /// # Errors
    /// [`Invalid`](ErrorKind::Invalid), naming the place, where they are no table of tables with what a [`Service`] has;
    /// those of [`connection`](Host::connection).
    pub fn services(self) -> Result<Vec<Service>> {
        if self.var("services").is_none() {
            return Ok(Vec::new());
        }
        let address = self.address()?;
        let read = |value, faults: &mut Faults| Service::read_all(value, self.name(), &address, faults);
        Ok(self.part("services", read)?.unwrap_or_default())
    }

    /// A service by its name.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound), with a suggestion, where it serves no such thing; those of
    /// [`services`](Self::services).
    pub fn service(self, name: &str) -> Result<Service> {
        let services = self.services()?;
        if let Some(service) = services.iter().find(|service| service.name() == name) {
            return Ok(service.clone());
        }
        let message = format!("{:?} serves no {name:?}", self.name());
        let error = Error::new(ErrorKind::NotFound, message).with_operation("inventory.service");
        let names: Vec<&str> = services.iter().map(Service::name).collect();
        Err(match suggest(name, names.iter().copied()) {
            Some(meant) => error.with_note(format!("did you mean {meant:?}?")),
            None if names.is_empty() => error.with_note("it serves nothing"),
            None => error.with_note(format!("it serves {}", names.join(", "))),
        })
    }

    /// Its other names: `aliases`; [`Inventory::host`](crate::Inventory::host) finds it by them too.
    ///
    /// # Errors
    /// [`Invalid`](ErrorKind::Invalid), naming the place, where they are no list of names, each once.
    pub fn aliases(self) -> Result<Vec<&'a str>> {
        Ok(self.part("aliases", |value, faults| parts::words("aliases", value, faults))?.unwrap_or_default())
    }

    /// What it is besides its name: `identity`.
    ///
    /// # Errors
    /// [`Invalid`](ErrorKind::Invalid), naming the place, where it is no table with what an [`Identity`] has.
    pub fn identity(self) -> Result<Option<Identity>> {
        self.part("identity", Identity::read)
    }

    fn word(self, key: &str) -> Result<Option<&'a str>> {
        self.part(key, |value, faults| parts::word(key, value, faults))
    }

    fn part<T>(
        self,
        key: &str,
        read: impl FnOnce(&'a Located, &mut Faults) -> Option<T>,
    ) -> Result<Option<T>> {
        let Some(value) = self.var(key).filter(|value| value.value != Value::Null) else {
            return Ok(None);
        };
        let mut faults = Faults::new();
        let found = read(value, &mut faults);
        let place = |fault: Fault| {
            let place = self.inventory.place(fault.origin);
            fault.at(place)
        };
        let faults: Diagnostics = faults.into_iter().map(place).collect();
        // These are errors only: what is legal is not told here.
        let _ = faults
            .into_result("inventory.host")
            .map_err(|error| error.with_note(format!("host {:?}", self.name())))?;
        Ok(found)
    }
}
