//! A target's URL as a descriptor.

use super::TnsNames;
use crate::descriptor::{
    Address, ConnectData, DatabaseName, Description, Descriptor, PORT, TLS_PORT, invalid,
};
use purlin_core::Result;
use purlin_db::{OptionReader, Target};
use std::path::PathBuf;

const YES_OR_NO: [(&str, bool); 2] = [("true", true), ("false", false)];
const SERVERS: [(&str, &str); 3] = [("dedicated", "dedicated"), ("shared", "shared"), ("pooled", "pooled")];

impl Descriptor {
    /// What a target says about where its database is. These options of its URL are read:
    ///
    /// | option | |
    /// |---|---|
    /// | `sid` | a system identifier, in place of the service, which stands where a URL has its database |
    /// | `server` | `dedicated`, `shared` or `pooled` |
    /// | `instance` | one instance of a service |
    /// | `wallet` | the directory of a wallet, see [`Security::tls`](crate::Security::tls) |
    /// | `tnsnames` | a `tnsnames.ora` or its folder: what stands in the host's place is a name in it |
    /// | `descriptor` | a descriptor or EZConnect plus, in place of hosts; for [`Target::option`], since a URL has a host |
    /// | `danger_no_tls` | `true`: addresses without TLS. Else those of a URL have it, and others without are refused |
    ///
    /// Files are read where `tnsnames` says so.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](purlin_core::ErrorKind::Invalid) for values that cannot be taken, options that contradict each other, and an
    /// address without TLS where `danger_no_tls` does not allow it; those of [`TnsNames`] and of `parse`.
    pub fn of_target(target: &Target, options: &mut OptionReader<'_>) -> Result<Self> {
        let clear = options.choice("danger_no_tls", &YES_OR_NO)?.unwrap_or(false);
        let (file, text) = (options.text("tnsnames"), options.text("descriptor"));
        let data = connect_data(target, options)?;
        let wallet = options.text("wallet").map(PathBuf::from);
        let mut descriptor = match (file, text) {
            (Some(_), Some(_)) => return Err(invalid("options \"tnsnames\" and \"descriptor\" contradict")),
            (Some(file), None) => {
                nothing_else(&data, "tnsnames")?;
                let name = alias(target)?;
                TnsNames::load(file)?.find(name)?
            }
            (None, Some(text)) => {
                nothing_else(&data, "descriptor")?;
                if !target.hosts.is_empty() {
                    return Err(invalid("option \"descriptor\" stands in place of hosts"));
                }
                text.parse()?
            }
            (None, None) => hosts(target, data, clear)?,
        };
        if let Some(wallet) = wallet {
            descriptor.descriptions.iter_mut().for_each(|one| one.security.wallet = Some(wallet.clone()));
        }
        let lists = descriptor.descriptions.iter().flat_map(|one| &one.address_lists);
        match lists.flat_map(|list| &list.addresses).find(|address| !address.tls && !clear) {
            Some(address) => {
                let message = format!("{} is spoken to without TLS (PROTOCOL=tcp)", address.endpoint);
                Err(invalid(message).with_note("write tcps, or say danger_no_tls=true"))
            }
            None => Ok(descriptor),
        }
    }
}

fn hosts(target: &Target, data: ConnectData, clear: bool) -> Result<Descriptor> {
    if target.path.is_some() {
        return Err(invalid("Oracle has no sockets in the file system: oracle://USER@HOST/SERVICE"));
    }
    if data.name.is_none() {
        return Err(invalid("a service is missing: oracle://USER@HOST/SERVICE, or the option \"sid\""));
    }
    let endpoints = target.endpoints(if clear { PORT } else { TLS_PORT })?;
    let addresses = endpoints.into_iter().map(|endpoint| Address { endpoint, tls: !clear });
    Ok(Descriptor::new(Description::new(addresses, data)))
}

fn connect_data(target: &Target, options: &mut OptionReader<'_>) -> Result<ConnectData> {
    let service = target.database.as_deref().filter(|name| !name.is_empty());
    let name = match (service, options.text("sid")) {
        (Some(_), Some(_)) => {
            return Err(invalid("a service and a SID: one of the two says which database it is"));
        }
        (Some(service), None) => Some(DatabaseName::service(service)?),
        (None, Some(sid)) => Some(DatabaseName::sid(sid)?),
        (None, None) => None,
    };
    let mut data = ConnectData { name, ..ConnectData::default() };
    if let Some(server) = options.choice("server", &SERVERS)? {
        data.others.push(("SERVER".to_owned(), server.to_owned()));
    }
    if let Some(instance) = options.text("instance") {
        // The same letters that a service has.
        let instance = DatabaseName::service(instance)?;
        data.others.push(("INSTANCE_NAME".to_owned(), instance.to_string()));
    }
    Ok(data)
}

/// What a name or a descriptor says is not said beside it.
fn nothing_else(data: &ConnectData, option: &str) -> Result<()> {
    match data.name.is_none() && data.others.is_empty() {
        true => Ok(()),
        false => Err(invalid(format!(
            "option {option:?} says all about the database: leave out service, sid, server and instance"
        ))),
    }
}

fn alias(target: &Target) -> Result<&str> {
    match target.hosts.as_slice() {
        [(name, None)] => Ok(name),
        _ => Err(invalid("with option \"tnsnames\" one name stands in the host's place: oracle://USER@NAME")),
    }
}
