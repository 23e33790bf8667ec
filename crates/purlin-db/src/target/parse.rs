//! A URL as a target.

use super::percent::decode;
use super::{Target, invalid};
use crate::WantedRole;
use purlin_core::{Endpoint, Error, Result};

/// Parts of the names of options that no driver is asked about.
const SECRETS: [&str; 8] =
    ["password", "passwd", "passphrase", "pwd", "secret", "token", "key", "credential"];
const NO_PASSWORD: &str =
    "a password does not belong into a URL; give it by environment variable, file, command or prompt";

pub(super) fn url(text: &str) -> Result<Target> {
    let user = at_signs(text)?;
    if text.chars().any(|letter| letter.is_control()) {
        return Err(invalid("a control character or a line break in a database URL"));
    }
    let (scheme, rest) = scheme(text)?;
    if rest.contains('#') {
        return Err(invalid("within a name or an option a # is written %23"));
    }
    let mut target = Target::new(scheme);
    target.user = user;
    let (place, query) = rest.split_once('?').map_or((rest, None), |(place, query)| (place, Some(query)));
    // Other programs' forms, such as `mysql:host=db1;password=…`, and options behind another sign than `?`.
    if place.contains(['=', ';']) {
        return Err(invalid(
            "within a name a = is written %3D and a ; %3B; options stand after a ?, and passwords nowhere",
        ));
    }
    match place.strip_prefix("//") {
        Some(place) => authority(&mut target, place)?,
        None => target.path = Some(path(place)?.into()),
    }
    if let Some(query) = query {
        options(&mut target, query)?;
    }
    Ok(target)
}

/// Whether an option of this name would hold a secret, however it is written.
pub(super) fn is_secret(name: &str) -> bool {
    let name: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    let name = name.to_ascii_lowercase();
    let whole = ["pass", "auth"].contains(&name.as_str());
    // A switch of SQLite's.
    whole || name != "foreignkeys" && SECRETS.iter().any(|part| name.contains(part))
}

/// The user, before the only `@`. Of all others a password may be the cause, or may be what is cut in two, so that
/// nothing on either side is repeated.
fn at_signs(text: &str) -> Result<Option<String>> {
    let Some((before, _)) = text.rsplit_once('@') else { return Ok(None) };
    let refuse = |why: &str| Err(invalid(why));
    let Some((_, user)) = before.split_once("://") else {
        return refuse(
            "user and host stand after two slashes, ENGINE://USER@HOST; elsewhere an @ is written %40",
        );
    };
    if user.contains(':') {
        return refuse(NO_PASSWORD);
    }
    if user.contains(['/', '?', '#', '@', '=', ';']) {
        return refuse("an @ stands only between user and host; within a name it is written %40, a / %2F");
    }
    match decode(user) {
        Err(why) => refuse(&format!("in the user's name: {why}")),
        Ok(user) if user.is_empty() => refuse("an @ without a user before it"),
        Ok(user) if user.contains(':') => refuse(NO_PASSWORD),
        Ok(user) => Ok(Some(user)),
    }
}

/// What may be repeated of a text: the beginning, up to its options; of what another program's settings may be, nothing.
fn shown(text: &str) -> String {
    if text.contains(['@', '=', ';']) || text.contains(char::is_whitespace) {
        return "…".to_owned();
    }
    let text = text.split('?').next().unwrap_or_default();
    text.chars().take(80).collect()
}

fn scheme(text: &str) -> Result<(String, &str)> {
    let found = text.split_once(':').filter(|(scheme, _)| {
        scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
    });
    let (scheme, rest) = found.ok_or_else(|| {
        invalid(format!(
            "{:?} is no database URL: write ENGINE://USER@HOST/DATABASE or sqlite:PATH",
            shown(text)
        ))
    })?;
    let scheme = scheme.to_ascii_lowercase();
    // `db1.lon:3306` looks like one.
    let place = rest.split('?').next().unwrap_or_default();
    if !place.is_empty() && place.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(invalid(format!("{:?} has no engine: write ENGINE://HOST:PORT", named(text))));
    }
    Ok((scheme, rest))
}

fn path(text: &str) -> Result<String> {
    let path = decode(text).map_err(|why| invalid(format!("path {:?}: {why}", shown(text))))?;
    if path.is_empty() { Err(invalid("the URL names neither a host nor a file")) } else { Ok(path) }
}

fn authority(target: &mut Target, place: &str) -> Result<()> {
    let (place, database) = place.split_once('/').map_or((place, None), |(place, name)| (place, Some(name)));
    let hosts = match place.rsplit_once('@') {
        Some((_, hosts)) => hosts,
        None => place,
    };
    if hosts.is_empty() {
        return without_host(target, database);
    }
    if let Some(database) = database.filter(|name| !name.is_empty()) {
        if database.contains('/') {
            return Err(invalid(format!("database {database:?}: within a name a / is written %2F")));
        }
        let name = decode(database).map_err(|why| invalid(format!("database {database:?}: {why}")))?;
        target.database = Some(name);
    }
    for host in hosts.split(',') {
        one_host(target, host)?;
    }
    if target.path.is_some() && hosts.contains(',') {
        return Err(invalid("a socket stands alone, without other addresses"));
    }
    Ok(())
}

/// `sqlite:///srv/state.db` is what many write for a file; elsewhere a host was forgotten.
fn without_host(target: &mut Target, database: Option<&str>) -> Result<()> {
    match database {
        Some(rest) if target.scheme == "sqlite" && !rest.is_empty() && target.user.is_none() => {
            target.path = Some(format!("/{}", path(rest)?).into());
            Ok(())
        }
        _ => Err(invalid(format!(
            "the URL names no host; a socket is written in its place: {}://%2Frun%2Fdb.sock/DATABASE",
            target.scheme
        ))),
    }
}

fn one_host(target: &mut Target, text: &str) -> Result<()> {
    let (host, port) = split_port(text);
    let host = decode(host).map_err(|why| invalid(format!("host {:?}: {why}", named(text))))?;
    if host.starts_with('/') {
        if port.is_some() {
            return Err(invalid(format!("{:?}: a socket has no port", named(text))));
        }
        target.path = Some(host.into());
        return Ok(());
    }
    if target.scheme == "sqlite" {
        let why = "a file has no host; write sqlite:PATH or sqlite:/ABSOLUTE/PATH";
        return Err(invalid(format!("{:?}: {why}", named(text))));
    }
    let port = match port {
        None => None,
        Some(port) => Some(number(port).ok_or_else(|| {
            invalid(format!("the port of {:?} is not a number from 1 to 65535", named(text)))
        })?),
    };
    let wrong = |_: Error| invalid(format!("{:?} is neither a host name nor an address", named(text)));
    let endpoint = Endpoint::new(&host, port.unwrap_or(1)).map_err(wrong)?;
    if endpoint.host().is_some_and(|host| host.contains(':')) && !text.starts_with('[') {
        return Err(invalid("an IPv6 address stands in brackets: [2001:db8::1]:3306"));
    }
    let entry = (endpoint.host().unwrap_or_default().to_owned(), port);
    if target.hosts.contains(&entry) {
        return Err(invalid(format!("{:?} stands there twice", named(text))));
    }
    target.hosts.push(entry);
    Ok(())
}

/// A host as messages name it. Where somebody forgot the host after `USER:PASSWORD`, the colon is where it ends.
fn named(text: &str) -> &str {
    match text.starts_with('[') {
        true => text,
        false => text.split(':').next().unwrap_or_default(),
    }
}

fn number(port: &str) -> Option<u16> {
    let digits = port.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| port.parse().ok()).flatten().filter(|port| *port > 0)
}

/// The brackets of an address stay: they say that it has colons.
fn split_port(text: &str) -> (&str, Option<&str>) {
    match text.rsplit_once(':') {
        Some((host, _)) if host.starts_with('[') && !host.ends_with(']') => (text, None),
        Some((host, port)) if host.ends_with(']') || !host.contains(':') => (host, Some(port)),
        _ => (text, None),
    }
}

fn options(target: &mut Target, query: &str) -> Result<()> {
    let mut role = None;
    for part in query.split('&').filter(|part| !part.is_empty()) {
        let name = part.split('=').next().unwrap_or_default();
        // A value is never repeated: who knows what it holds.
        let name = decode(name).map_err(|why| invalid(format!("in the name of an option: {why}")))?;
        if is_secret(&name) {
            return Err(invalid(format!("option {name:?}: {NO_PASSWORD}")));
        }
        let Some((_, value)) = part.split_once('=').filter(|_| !name.is_empty()) else {
            return Err(invalid("an option is not written NAME=VALUE"));
        };
        let value = decode(value).map_err(|why| invalid(format!("option {name:?}: {why}")))?;
        if holds_secret(&value) {
            return Err(invalid(format!("in option {name:?}: {NO_PASSWORD}")));
        }
        let before = match name.as_str() {
            "role" => {
                let wanted = value.parse::<WantedRole>();
                let wanted = wanted.map_err(|_| invalid("option \"role\" takes any, primary and replica"))?;
                role.replace(wanted).is_some()
            }
            _ => target.options.insert(name.clone(), value).is_some(),
        };
        if before {
            return Err(invalid(format!("option {name:?} stands there twice")));
        }
    }
    target.role = role.unwrap_or_default();
    Ok(())
}

/// Settings within a setting: `?options=a;password=…`.
fn holds_secret(value: &str) -> bool {
    let settings = value.split(|letter: char| ";&,".contains(letter) || letter.is_whitespace());
    settings.filter_map(|setting| setting.split_once('=')).any(|(name, _)| is_secret(name))
}
