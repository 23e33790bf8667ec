//! `fleet check plugin http`

use super::{Trust, size};
use crate::config::Config;
use clap::Args;
use purlin::core::SecretRef;
use purlin::health::Check;
use purlin::health::checks::Http;
use purlin::{Endpoint, Error, ErrorKind, Result};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::sync::Arc;

#[derive(Debug, Args)]
pub(in super::super) struct Web {
    /// The address: http://HOST:PORT/PATH or https://…
    #[arg(value_name = "URL")]
    url: String,
    /// The name to ask for, where the URL names the machine: for Host and for the certificate
    #[arg(long, value_name = "NAME")]
    host: Option<String>,
    /// The method
    #[arg(long, value_name = "METHOD", default_value = "GET")]
    method: String,
    /// A header to send (can be repeated)
    #[arg(long, value_name = "NAME: VALUE")]
    header: Vec<String>,
    /// The statuses that are fine: 200, or 200-399 [default: 200-399]
    #[arg(long, value_name = "STATUS", value_parser = statuses)]
    status: Option<RangeInclusive<u16>>,
    /// A text that must be in the body (can be repeated)
    #[arg(long, value_name = "TEXT")]
    text: Vec<String>,
    /// What must stand in a JSON body: /components/db/status=UP (can be repeated)
    #[arg(long, value_name = "POINTER=VALUE")]
    json_field: Vec<String>,
    /// How many redirects to follow
    #[arg(long, value_name = "COUNT", default_value_t = 0)]
    follow: usize,
    /// The longest body that is read [default: 1MiB]
    #[arg(long, value_name = "SIZE", value_parser = size)]
    body_limit: Option<usize>,
    /// Whom to log in as, by basic authentication
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// The password is the value of this environment variable
    #[arg(long, value_name = "NAME", conflicts_with = "password_file", requires = "user")]
    password_env: Option<String>,
    /// The password is the text of this file
    #[arg(long, value_name = "PATH", requires = "user")]
    password_file: Option<PathBuf>,
    #[command(flatten)]
    pub(super) trust: Trust,
}

fn statuses(text: &str) -> Result<RangeInclusive<u16>, String> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    match (first.parse(), last.parse()) {
        (Ok(first), Ok(last)) if (100..=last).contains(&first) && last <= 599 => Ok(first..=last),
        _ => Err("write 200 or 200-399".to_owned()),
    }
}

impl Web {
    pub(super) fn check(&self, config: &Config) -> Result<Arc<dyn Check>> {
        let invalid = |message: String| Error::new(ErrorKind::Invalid, message);
        let (url, machine) = match &self.host {
            Some(name) => named(&self.url, name)?,
            None => (self.url.clone(), None),
        };
        let mut check = Http::with(&self.method, &url)?.follow(self.follow).tls(config.tls());
        if let Some(machine) = machine {
            check = check.connect_to(machine);
        }
        for header in &self.header {
            let parts = header.split_once(':');
            let (name, value) =
                parts.ok_or_else(|| invalid(format!("{header:?} is no header: NAME: VALUE")))?;
            check = check.header(name.trim(), value.trim())?;
        }
        if let Some(statuses) = &self.status {
            check = check.expect_status(statuses.clone());
        }
        check = self.text.iter().fold(check, Http::expect_text);
        for field in &self.json_field {
            let parts = field.split_once('=');
            let (pointer, value) =
                parts.ok_or_else(|| invalid(format!("{field:?} is no expectation: /POINTER=VALUE")))?;
            check = match serde_json::from_str::<serde_json::Value>(value) {
                Ok(value) => check.expect_json(pointer, value),
                Err(_) => check.expect_json(pointer, value),
            };
        }
        let password = match (&self.password_env, &self.password_file) {
            (Some(name), _) => Some(SecretRef::env(name)),
            (None, Some(path)) => Some(SecretRef::file(path)),
            (None, None) => None,
        };
        match (&self.user, password) {
            (Some(user), Some(password)) => check = check.basic_auth(user, password),
            (Some(_), None) => {
                return Err(invalid("--user wants --password-env or --password-file".to_owned()));
            }
            (None, _) => {}
        }
        Ok(match self.body_limit {
            Some(bytes) => Arc::new(check.body_limit(bytes)),
            None => Arc::new(check),
        })
    }
}

/// The URL with another name in it, and the machine that it named.
fn named(url: &str, name: &str) -> Result<(String, Option<Endpoint>)> {
    let invalid = || Error::new(ErrorKind::Invalid, format!("{url:?} is no address of a web page"));
    let (scheme, rest) = url.split_once("://").ok_or_else(invalid)?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (machine, path) = rest.split_at(end);
    let usual = if scheme.eq_ignore_ascii_case("https") { 443 } else { 80 };
    let endpoint = Endpoint::parse(machine, Some(usual))?;
    let has_port = Endpoint::parse(name, None).is_ok_and(|named| named.port().is_some());
    let port = endpoint.port().filter(|port| *port != usual && !has_port);
    let port = port.map(|port| format!(":{port}")).unwrap_or_default();
    Ok((format!("{scheme}://{name}{port}{path}"), Some(endpoint)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_takes_the_place_of_the_machine() {
        for (url, name, expected, machine) in [
            (
                "http://10.0.0.7:8080/health",
                "www.example.org",
                "http://www.example.org:8080/health",
                "10.0.0.7:8080",
            ),
            ("https://10.0.0.7?x=1", "www.example.org", "https://www.example.org?x=1", "10.0.0.7:443"),
            ("http://[::1]:81/a", "app:8081", "http://app:8081/a", "[::1]:81"),
        ] {
            let (url, endpoint) = named(url, name).unwrap();
            assert_eq!((url.as_str(), endpoint.unwrap().to_string().as_str()), (expected, machine));
        }
        assert!(named("www.example.org", "x").is_err());
    }
}
