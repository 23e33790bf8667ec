//! Parameters that EZConnect and descriptors have in common.

use super::{DETOURS, IDLE, PASSED_ON, Reader, detour};
use crate::descriptor::nodes::{Node, Value};
use crate::descriptor::{Description, Fault, Security};
use std::time::Duration;

/// Written at one level by some and at another by others, without a meaning there.
pub(super) const SAID_ELSEWHERE: [&str; 2] = ["DIRECTORY", "METHOD"];
const SDU: std::ops::RangeInclusive<u32> = 512..=2_097_152;

impl Reader {
    /// A parameter of a description; whether there is one of that name.
    pub(crate) fn parameter(&mut self, of: &mut Description, at: usize, key: &str, value: &str) -> bool {
        match key {
            "FAILOVER" => self.take(at, key, value, switch, |on| of.failover = on),
            "LOAD_BALANCE" => self.take(at, key, value, switch, |on| of.load_balance = on),
            "CONNECT_TIMEOUT" => {
                self.take(at, key, value, duration, |time| of.connect_timeout = Some(time));
            }
            "TRANSPORT_CONNECT_TIMEOUT" => {
                self.take(at, key, value, duration, |time| of.transport_connect_timeout = Some(time));
            }
            "SDU" => {
                let sdu = |text: &str| text.parse().ok().filter(|sdu| SDU.contains(sdu));
                self.take(at, key, value, sdu, |sdu| of.sdu = Some(sdu));
            }
            "SOURCE_ROUTE" => {
                let mut on = false;
                self.take(at, key, value, switch, |wanted| on = wanted);
                if on {
                    self.faults.push(routed(at));
                }
            }
            key if DETOURS.contains(&key) => self.faults.push(detour(at, key)),
            key => return IDLE.contains(&key),
        }
        true
    }

    /// A parameter of EZConnect, which stands at no level; whether there is one of that name.
    pub(crate) fn easy_parameter(&mut self, of: &mut Description, at: usize, key: &str, value: &str) -> bool {
        if PASSED_ON.contains(&key) {
            self.pass_on(&mut of.connect_data, at, key, value);
            return true;
        }
        let mut security = of.security.clone();
        let known = self.security_parameter(&mut security, at, key, value);
        of.security = security;
        known || self.parameter(of, at, key, value)
    }

    /// A parameter of SECURITY; whether there is one of that name.
    pub(super) fn security_parameter(
        &mut self,
        of: &mut Security,
        at: usize,
        key: &str,
        value: &str,
    ) -> bool {
        let no_effect =
            "purlin verifies the certificate for the host's name, or for the server name of the TLS settings";
        match key {
            "WALLET_LOCATION" | "MY_WALLET_DIRECTORY" if value.is_empty() => {
                self.faults.push(Fault::new(at, "bad-value", format!("{key} is empty")));
            }
            // An auto-login wallet of the system, which only Oracle's client library can open.
            "WALLET_LOCATION" | "MY_WALLET_DIRECTORY" if value.eq_ignore_ascii_case("SYSTEM") => {
                self.faults.push(Fault::unsupported(
                    at,
                    "the system's wallet: name a directory with an ewallet.pem",
                ));
            }
            "WALLET_LOCATION" | "MY_WALLET_DIRECTORY" => of.wallet = Some(value.into()),
            "SSL_SERVER_DN_MATCH" => {
                let mut on = true;
                self.take(at, key, value, switch, |wanted| on = wanted);
                if !on {
                    let fault = Fault::warning(at, "no-effect", format!("{key}={value} has no effect"));
                    self.faults.push(fault.help(no_effect));
                }
            }
            "SSL_SERVER_CERT_DN" => {
                let fault = Fault::warning(at, "no-effect", format!("{key} has no effect"));
                self.faults.push(fault.help(no_effect));
            }
            "AUTHENTICATION_SERVICE"
            | "KERBEROS5_CC_NAME"
            | "KERBEROS5_PRINCIPAL"
            | "TOKEN_AUTH"
            | "TOKEN_LOCATION"
            | "RADIUS_ALTERNATE" => {
                let message = format!("{key}: purlin logs in by name and password");
                self.faults.push(Fault::unsupported(at, message));
            }
            "AUTHENTICATION" | "IGNORE_ANO_ENCRYPTION_FOR_TCPS" | "SSL_VERSION" => {}
            _ => return false,
        }
        true
    }

    pub(super) fn switch(&mut self, node: &Node) -> Result<bool, Fault> {
        let mut on = false;
        self.take(node.at, &node.key, node.text()?, switch, |wanted| on = wanted);
        Ok(on)
    }

    pub(super) fn source_route(&mut self, node: &Node) -> Result<(), Fault> {
        if self.switch(node)? {
            self.faults.push(routed(node.at));
        }
        Ok(())
    }

    fn take<T>(
        &mut self,
        at: usize,
        key: &str,
        value: &str,
        read: impl Fn(&str) -> Option<T>,
        put: impl FnOnce(T),
    ) {
        match read(value) {
            Some(value) => put(value),
            None => self.faults.push(Fault::new(at, "bad-value", format!("{key} cannot be {value:?}"))),
        }
    }
}

pub(crate) fn port(text: &str) -> Option<u16> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten().filter(|port| *port > 0)
}

pub(super) fn directory(node: &Node) -> Option<&str> {
    match &node.value {
        Value::Text(text) if node.key == "DIRECTORY" => Some(text.as_str()).filter(|text| !text.is_empty()),
        Value::Text(_) => None,
        Value::Nodes(nodes) => nodes.iter().find_map(directory),
    }
}

fn routed(at: usize) -> Fault {
    Fault::unsupported(at, "SOURCE_ROUTE=ON: purlin goes to one address, not from one to the next")
}

fn switch(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "on" | "yes" | "true" => Some(true),
        "off" | "no" | "false" => Some(false),
        _ => None,
    }
}

/// Seconds, or a number with `ms`, `sec`, `min` or `hr` (Oracle Database Net Services Reference, CONNECT_TIMEOUT).
fn duration(text: &str) -> Option<Duration> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let number: u32 = number.parse().ok().filter(|number| *number > 0)?;
    let ms = match unit.trim().to_ascii_lowercase().as_str() {
        "ms" => 1,
        "" | "s" | "sec" => 1_000,
        "min" => 60_000,
        "hr" => 3_600_000,
        _ => return None,
    };
    Some(Duration::from_millis(u64::from(number) * ms))
}
