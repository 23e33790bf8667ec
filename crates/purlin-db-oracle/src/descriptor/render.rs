//! Descriptors as text. Nothing is written that could be read as more than a value.

use super::{Address, ConnectData};
use std::fmt::Write as _;

/// Whether a value says the same without quotes and can end nothing around it.
pub(super) fn is_plain(value: &str) -> bool {
    let means_something = |letter: char| {
        letter.is_whitespace()
            || letter.is_control()
            || matches!(letter, '(' | ')' | '=' | '"' | '\'' | '\\' | '#')
    };
    !value.contains(means_something)
}

/// For a driver that would try again by itself: one address, one time.
pub(super) fn once(address: &Address, data: &ConnectData, sdu: Option<u32>) -> String {
    let mut text = "(DESCRIPTION=(RETRY_COUNT=0)(RETRY_DELAY=0)".to_owned();
    if let Some(sdu) = sdu {
        // Writing to a String cannot fail.
        let _ = write!(text, "(SDU={sdu})");
    }
    place(&mut text, address);
    connect_data(&mut text, data, "");
    text.push(')');
    text
}

/// For a listener; `more` stands at the end of the CONNECT_DATA.
pub(super) fn question(address: &Address, data: &ConnectData, more: &str) -> String {
    let mut text = "(DESCRIPTION=".to_owned();
    connect_data(&mut text, data, more);
    place(&mut text, address);
    text.push(')');
    text
}

fn place(text: &mut String, address: &Address) {
    let protocol = if address.tls { "tcps" } else { "tcp" };
    let host = address.endpoint.host().unwrap_or_default();
    let port = address.endpoint.port().unwrap_or_default();
    let _ = write!(text, "(ADDRESS=(PROTOCOL={protocol})(HOST={host})(PORT={port}))");
}

fn connect_data(text: &mut String, data: &ConnectData, more: &str) {
    text.push_str("(CONNECT_DATA=");
    if let Some(name) = &data.name {
        let key = if name.is_sid { "SID" } else { "SERVICE_NAME" };
        let _ = write!(text, "({key}={name})");
    }
    for (key, value) in data.others.iter().filter(|(key, value)| is_plain(key) && is_plain(value)) {
        let _ = write!(text, "({key}={value})");
    }
    text.push_str(more);
    text.push(')');
}
