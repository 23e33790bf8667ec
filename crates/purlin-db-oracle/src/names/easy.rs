//! EZConnect plus: `[tcps://]HOST[:PORT][,HOST…][;HOST…][/SERVICE[:SERVER][/INSTANCE]][?NAME=VALUE&…]`.

use crate::descriptor::{Address, AddressList, DatabaseName, Description, Descriptor, Fault, Origin, Reader};
use purlin_core::Result;

const FORM: &str = "write [tcps://]HOST[:PORT][,HOST…][/SERVICE[:SERVER][/INSTANCE]][?NAME=VALUE&…]";

pub(crate) fn read(text: &str) -> Result<Descriptor> {
    read_at(text, &Origin::argument(text))
}

pub(crate) fn read_at(text: &str, origin: &Origin<'_>) -> Result<Descriptor> {
    let mut reader = Reader::default();
    let read = easy(&mut reader, text);
    reader.finish(read, origin)
}

fn easy(reader: &mut Reader, text: &str) -> Result<Descriptor, Fault> {
    // Credentials are nothing to repeat.
    if let Some(at) = text.find('@') {
        let fault = Fault::new(at, "syntax", "an @ in a connect string: user and password stand elsewhere");
        return Err(fault.help(FORM));
    }
    let text = text.trim_end();
    let begin = text.len() - text.trim_start().len();
    let (tls, begin) = protocol(text, begin)?;
    let (place, options) = match text[begin..].find('?') {
        Some(length) => (&text[..begin + length], Some(begin + length + 1)),
        None => (text, None),
    };
    let hosts_end = place[begin..].find('/').map_or(place.len(), |length| begin + length);
    let mut description = Description::new([], Default::default());
    description.address_lists = hosts(reader, &place[..hosts_end], begin, tls)?;
    if hosts_end < place.len() {
        path(reader, &mut description, place, hosts_end + 1)?;
    }
    if let Some(from) = options {
        parameters(reader, &mut description, text, from)?;
    }
    // One list follows what is said of the whole.
    if let [list] = description.address_lists.as_mut_slice() {
        (list.failover, list.load_balance) = (description.failover, description.load_balance);
    }
    Ok(Descriptor::new(description))
}

fn protocol(text: &str, begin: usize) -> Result<(bool, usize), Fault> {
    let rest = &text[begin..];
    if let Some(after) = rest.strip_prefix("//") {
        return Ok((false, text.len() - after.len()));
    }
    let Some((protocol, after)) = rest.split_once("://") else { return Ok((false, begin)) };
    let end = text.len() - after.len();
    match protocol.to_ascii_lowercase().as_str() {
        "tcp" => Ok((false, end)),
        "tcps" => Ok((true, end)),
        other if other.contains(['/', '?', ',']) => Ok((false, begin)),
        other => Err(Fault::unsupported(begin, format!("protocol {other:?}: purlin speaks tcp and tcps"))),
    }
}

/// `;` stands between lists, `,` between the addresses of one; a port counts for the hosts before it that have none.
fn hosts(reader: &mut Reader, place: &str, begin: usize, tls: bool) -> Result<Vec<AddressList>, Fault> {
    let mut lists = Vec::new();
    let mut at = begin;
    for list in place[begin..].split(';') {
        let mut waiting: Vec<(usize, &str)> = Vec::new();
        let mut addresses: Vec<Address> = Vec::new();
        for part in list.split(',') {
            let (host, port) = host_and_port(part, at)?;
            waiting.push((at, host));
            if port.is_some() {
                let placed = waiting.drain(..);
                addresses.extend(placed.filter_map(|(at, host)| reader.place(at, host, port, tls)));
            }
            at += part.len() + 1;
        }
        addresses.extend(waiting.into_iter().filter_map(|(at, host)| reader.place(at, host, None, tls)));
        lists.push(AddressList::new(addresses));
    }
    Ok(lists)
}

fn host_and_port(part: &str, at: usize) -> Result<(&str, Option<u16>), Fault> {
    let after_host = match part.starts_with('[') {
        true => part.find(']').map_or(part.len(), |end| end + 1),
        false => part.find(':').unwrap_or(part.len()),
    };
    let (host, rest) = part.split_at(after_host);
    if host.is_empty() {
        return Err(Fault::new(at, "syntax", "a host is missing").help(FORM));
    }
    if rest.is_empty() {
        return Ok((host, None));
    }
    let port = rest.strip_prefix(':').and_then(crate::descriptor::port);
    let wrong = || {
        let message = format!("{rest:?} after {host} is not a port from 1 to 65535");
        Fault::new(at + after_host, "bad-value", message).help(FORM)
    };
    Ok((host, Some(port.ok_or_else(wrong)?)))
}

/// `SERVICE[:SERVER][/INSTANCE]`
fn path(reader: &mut Reader, description: &mut Description, place: &str, from: usize) -> Result<(), Fault> {
    let (first, instance) = match place[from..].split_once('/') {
        Some((first, instance)) => (first, Some(instance)),
        None => (&place[from..], None),
    };
    let (service, server) = match first.split_once(':') {
        Some((service, server)) => (service, Some(server)),
        None => (first, None),
    };
    let data = &mut description.connect_data;
    if !service.is_empty() {
        reader.name(data, from, service, DatabaseName::service);
    }
    if let Some(server) = server {
        let at = from + service.len() + 1;
        match server.to_ascii_lowercase().as_str() {
            "dedicated" | "shared" | "pooled" => reader.pass_on(data, at, "SERVER", server),
            _ => {
                let message = format!("server {server:?} is neither dedicated, shared nor pooled");
                return Err(Fault::new(at, "bad-value", message));
            }
        }
    }
    if let Some(instance) = instance {
        reader.pass_on(data, from + first.len() + 1, "INSTANCE_NAME", instance);
    }
    Ok(())
}

fn parameters(reader: &mut Reader, of: &mut Description, text: &str, from: usize) -> Result<(), Fault> {
    let mut at = from;
    for part in text[from..].split('&') {
        let Some((key, value)) = part.split_once('=') else {
            return Err(Fault::new(at, "syntax", "a parameter is not written NAME=VALUE").help(FORM));
        };
        let name = key.trim().to_ascii_uppercase();
        let value = value.trim();
        let quoted = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
        if !reader.easy_parameter(of, at, &name, quoted.unwrap_or(value)) {
            let fault =
                Fault::new(at, "unknown-parameter", format!("there is no parameter {:?}", key.trim()));
            return Err(fault.help("such as connect_timeout, wallet_location, load_balance, sdu"));
        }
        at += part.len() + 1;
    }
    Ok(())
}
