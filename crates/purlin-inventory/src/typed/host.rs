//! The typed parts of a host.

use super::parts::{self, Fault, Faults};
use super::{Become, Contact, Identity, Service, SshSettings, TransportKind, ssh};
use crate::{Host, Located, Profile, Value};
use purlin_core::{Diagnostics, Error, ErrorKind, Result, suggest};

/// The typed parts: each comes from the native key of its name, or from the variable of that name where another source
/// gives one. How a host is reached is asked of Ansible's `ansible_*` variables too; in Ansible's profile of those alone,
/// since `port` or `user` may mean an application's there.
///
/// # Errors
/// All are [`Invalid`](ErrorKind::Invalid), naming the place, where the variable is no such thing: what a native file says
/// was checked when it was read, what another source says is checked when it is asked for. A variable with a template in
/// it (`{{`) is [`Unsupported`](ErrorKind::Unsupported).
impl<'a> Host<'a> {
    /// Its name in the network, or its IP address: `address`, `ansible_host`, or else its own name.
    pub fn address(self) -> Result<&'a str> {
        let address = self.reached("address", &["ansible_host", "ansible_ssh_host"], parts::address)?;
        Ok(address.unwrap_or(self.name()))
    }

    /// The port to connect to, where it is not the transport's usual one: `port`, `ansible_port`.
    pub fn port(self) -> Result<Option<u16>> {
        self.reached("port", &["ansible_port", "ansible_ssh_port"], |value, faults| {
            // Scripts and templates give numbers as text.
            let number = value.value.as_str().and_then(|text| text.trim().parse::<i64>().ok());
            let lenient = number.filter(|_| self.var("port").is_none_or(|port| !std::ptr::eq(port, value)));
            match lenient {
                Some(number) => parts::port(&Located::new(number, value.origin), faults),
                None => parts::port(value, faults),
            }
        })
    }

    /// The user to connect as: `user`, `ansible_user`.
    pub fn user(self) -> Result<Option<&'a str>> {
        let read = |value, faults: &mut Faults| parts::user("user", value, faults);
        self.reached("user", &["ansible_user", "ansible_ssh_user"], read)
    }

    /// How commands and files get there: `transport`, `ansible_connection`; ssh unless said.
    pub fn transport(self) -> Result<TransportKind> {
        let read = |value: &'a Located, faults: &mut Faults| match value.value.as_str() {
            Some("smart" | "paramiko" | "paramiko_ssh" | "ansible.builtin.ssh") => Some(TransportKind::Ssh),
            Some("ansible.builtin.local") => Some(TransportKind::Local),
            Some(name) if name.contains('.') => Some(TransportKind::Other(name.to_owned())),
            _ => TransportKind::read(value, faults),
        };
        Ok(self.reached("transport", &["ansible_connection"], read)?.unwrap_or(TransportKind::Ssh))
    }

    /// What ssh needs besides: `ssh`, or `ansible_ssh_private_key_file` and the options in `ansible_ssh_common_args`.
    pub fn ssh(self) -> Result<SshSettings> {
        if self.profile() == Profile::Native
            && let Some(settings) = self.part("ssh", SshSettings::read)?
        {
            return Ok(settings);
        }
        let key_file = |value, faults: &mut Faults| parts::text("the private key's file", value, faults);
        let names = ["ansible_ssh_private_key_file", "ansible_private_key_file"];
        let key_file = names.iter().find_map(|name| self.rendered(name, key_file).transpose()).transpose()?;
        let arguments = self.rendered("ansible_ssh_common_args", ssh::arguments)?.unwrap_or_default();
        Ok(SshSettings { key_file: key_file.map(Into::into).or(arguments.key_file.clone()), ..arguments })
    }

    /// As whom commands run there: `become`, or `ansible_become` with its user and method; none where commands run as
    /// the user who connects.
    pub fn becomes(self) -> Result<Option<Become>> {
        if self.profile() == Profile::Native
            && let Some(settings) = self.part("become", Become::read)?
        {
            return Ok(Some(settings));
        }
        let wanted = self.var("ansible_become").is_some_and(|value| match &value.value {
            Value::Bool(wanted) => *wanted,
            Value::Int(wanted) => *wanted == 1,
            Value::Text(text) => {
                matches!(text.to_ascii_lowercase().as_str(), "yes" | "true" | "on" | "1" | "y" | "t")
            }
            _ => false,
        });
        let user = |value, faults: &mut Faults| parts::user("user", value, faults);
        let method = |value, faults: &mut Faults| parts::word("method", value, faults);
        let (user, method) =
            (self.rendered("ansible_become_user", user)?, self.rendered("ansible_become_method", method)?);
        Ok(wanted.then(|| Become::new(user, method)))
    }

    /// The data centre, lab or other place: `site`.
    pub fn site(self) -> Result<Option<&'a str>> {
        self.word("site")
    }

    /// What it is for: `roles`; empty where nothing is said.
    pub fn roles(self) -> Result<Vec<&'a str>> {
        let read = |value: &'a Located, faults: &mut Faults| match value.value.as_str() {
            Some(role) if self.profile() == Profile::Ansible => Some(vec![role]),
            _ => parts::words("roles", value, faults),
        };
        Ok(self.part("roles", read)?.unwrap_or_default())
    }

    /// Production, test and so on: `environment`.
    pub fn environment(self) -> Result<Option<&'a str>> {
        self.word("environment")
    }

    /// Whose it is: `owner`.
    pub fn owner(self) -> Result<Option<&'a str>> {
        self.part("owner", |value, faults| parts::text("owner", value, faults))
    }

    /// Whom to call about it: `contacts`; empty where nothing is said.
    pub fn contacts(self) -> Result<Vec<Contact>> {
        Ok(self.part("contacts", Contact::read_all)?.unwrap_or_default())
    }

    /// For whom it works: `customer`.
    pub fn customer(self) -> Result<Option<&'a str>> {
        self.part("customer", |value, faults| parts::text("customer", value, faults))
    }

    /// What it serves: `services`, in the order in which they were written; empty where nothing is said.
    pub fn services(self) -> Result<Vec<Service>> {
        let address = self.address()?;
        let read = |value, faults: &mut Faults| Service::read_all(value, self.name(), address, faults);
        Ok(self.part("services", read)?.unwrap_or_default())
    }

    /// A service by its name.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound), with a suggestion, where it serves no such thing.
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
    pub fn aliases(self) -> Result<Vec<&'a str>> {
        Ok(self.part("aliases", |value, faults| parts::words("aliases", value, faults))?.unwrap_or_default())
    }

    /// What it is besides its name: `identity`.
    pub fn identity(self) -> Result<Option<Identity>> {
        self.part("identity", Identity::read)
    }

    fn word(self, key: &str) -> Result<Option<&'a str>> {
        self.part(key, |value, faults| parts::word(key, value, faults))
    }

    fn profile(self) -> Profile {
        self.inventory.profile()
    }

    fn reached<T>(
        self,
        native: &str,
        ansible: &[&str],
        read: impl Fn(&'a Located, &mut Faults) -> Option<T>,
    ) -> Result<Option<T>> {
        if self.profile() == Profile::Native
            && let Some(found) = self.part(native, &read)?
        {
            return Ok(Some(found));
        }
        ansible.iter().find_map(|name| self.rendered(name, &read).transpose()).transpose()
    }

    /// A variable of Ansible's, which may hold a template.
    fn rendered<T>(
        self,
        key: &str,
        read: impl FnOnce(&'a Located, &mut Faults) -> Option<T>,
    ) -> Result<Option<T>> {
        if let Some(value) = self.var(key)
            && let Value::Text(text) = &value.value
            && (text.contains("{{") || text.contains("{%"))
        {
            let message =
                format!("{}: {key} of {:?} is a template", self.inventory.place(value.origin), self.name());
            return Err(Error::new(ErrorKind::Unsupported, message).with_operation("inventory.host"));
        }
        self.part(key, read)
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
