//! Whether what a server sends is LDAP. Everything that comes in is read to its last byte before anybody relies on it:
//! ldap3 panics at some malformed answers and waits for ever at others.

use super::ber::{Malformed, Read, Reader, message_length, tag};
use crate::LdapDetail;
use std::ops::Range;

/// What a message is about.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Message {
    /// The question that it answers; 0 for none.
    pub(super) id: u32,
    /// The tag of the operation.
    pub(super) operation: u8,
    /// Bytes of the server's own words that are not UTF-8.
    pub(super) not_text: Option<Range<usize>>,
}

/// Operations (RFC 4511, section 4), as their tags.
pub(super) mod operation {
    pub(in crate::client) const BIND: u8 = 0x60;
    pub(in crate::client) const BOUND: u8 = 0x61;
    pub(in crate::client) const UNBIND: u8 = 0x42;
    pub(in crate::client) const SEARCH: u8 = 0x63;
    pub(in crate::client) const ENTRY: u8 = 0x64;
    pub(in crate::client) const DONE: u8 = 0x65;
    pub(in crate::client) const REFERENCE: u8 = 0x73;
    pub(in crate::client) const ABANDON: u8 = 0x50;
    pub(in crate::client) const EXTENDED: u8 = 0x77;
    pub(in crate::client) const EXTENDED_ANSWER: u8 = 0x78;
    pub(in crate::client) const INTERMEDIATE: u8 = 0x79;
}

/// Reads a whole message of a server.
pub(super) fn message(bytes: &[u8]) -> Read<Message> {
    let mut outer = Reader(bytes);
    let mut message = outer.within(tag::SEQUENCE)?;
    outer.end()?;
    let id = message.number(tag::INTEGER)?;
    if id > i32::MAX as u32 {
        return Err(Malformed("a message number out of range"));
    }
    let (operation, content) = message.any()?;
    let mut not_text = None;
    match operation {
        operation::BOUND | operation::DONE | operation::EXTENDED_ANSWER => {
            let text = result(content)?;
            if std::str::from_utf8(text).is_err() {
                let start = text.as_ptr() as usize - bytes.as_ptr() as usize;
                not_text = Some(start..start + text.len());
            }
        }
        operation::ENTRY => entry(content)?,
        operation::REFERENCE => urls(content)?,
        operation::INTERMEDIATE => {
            let mut parts = Reader(content);
            while !parts.is_empty() {
                parts.any()?;
            }
        }
        _ => return Err(Malformed("an answer to what was never asked")),
    }
    // Active Directory puts the name of its last notice behind the message's operation instead of into it.
    let is_notice = id == 0 && message.peek() == Some(0x8a);
    if is_notice {
        message.any()?;
    }
    if !message.is_empty() {
        controls(message.expect(tag::CONTROLS)?)?;
    }
    message.end()?;
    Ok(Message { id, operation, not_text })
}

/// `LDAPResult` and what may follow it; the server's own words.
fn result(content: &[u8]) -> Read<&[u8]> {
    let mut parts = Reader(content);
    parts.number(tag::ENUMERATED)?;
    utf8(parts.expect(tag::OCTETS)?)?;
    let text = parts.expect(tag::OCTETS)?;
    while let Some(next) = parts.peek() {
        let content = parts.expect(next)?;
        match next {
            0xa3 => urls(content)?,
            0x8a => utf8(content)?,
            0x87 | 0x8b => {}
            _ => return Err(Malformed("an element of another kind than expected")),
        }
    }
    Ok(text)
}

fn entry(content: &[u8]) -> Read<()> {
    let mut parts = Reader(content);
    parts.expect(tag::OCTETS)?;
    let mut attributes = parts.within(tag::SEQUENCE)?;
    parts.end()?;
    while !attributes.is_empty() {
        let mut attribute = attributes.within(tag::SEQUENCE)?;
        attribute.expect(tag::OCTETS)?;
        let mut values = attribute.within(tag::SET)?;
        attribute.end()?;
        while !values.is_empty() {
            values.expect(tag::OCTETS)?;
        }
    }
    Ok(())
}

fn urls(content: &[u8]) -> Read<()> {
    let mut urls = Reader(content);
    while !urls.is_empty() {
        utf8(urls.expect(tag::OCTETS)?)?;
    }
    Ok(())
}

fn controls(content: &[u8]) -> Read<()> {
    let mut controls = Reader(content);
    while !controls.is_empty() {
        let mut control = controls.within(tag::SEQUENCE)?;
        utf8(control.expect(tag::OCTETS)?)?;
        if control.optional(tag::BOOLEAN)?.is_some_and(|value| value.len() != 1) {
            return Err(Malformed("a truth value of another length than one byte"));
        }
        control.optional(tag::OCTETS)?;
        control.end()?;
    }
    Ok(())
}

fn utf8(bytes: &[u8]) -> Read<()> {
    std::str::from_utf8(bytes).map(|_| ()).map_err(|_| Malformed("text that is not UTF-8"))
}

/// The result within a message that was read before.
pub(super) fn refusal(bytes: &[u8]) -> Option<LdapDetail> {
    let mut message = Reader(bytes).within(tag::SEQUENCE).ok()?;
    message.any().ok()?;
    let (_, content) = message.any().ok()?;
    let mut parts = Reader(content);
    let code = parts.number(tag::ENUMERATED).ok()?;
    parts.expect(tag::OCTETS).ok()?;
    let text = String::from_utf8_lossy(parts.expect(tag::OCTETS).ok()?).into_owned();
    Some(LdapDetail::of_code(code).diagnostic(text))
}

/// Number and operation of one of our own messages.
pub(super) fn own(bytes: &[u8]) -> Read<(u32, u8, &[u8])> {
    let mut message = Reader(bytes).within(tag::SEQUENCE)?;
    let id = message.number(tag::INTEGER)?;
    let (operation, content) = message.any()?;
    Ok((id, operation, content))
}

/// For fuzzing: reads all messages in the bytes; whether they are LDAP.
#[doc(hidden)]
pub fn check_bytes(mut bytes: &[u8]) -> bool {
    const MOST: usize = 1 << 20;
    while let Ok(Some(length)) = message_length(bytes, MOST) {
        let Some(whole) = bytes.get(..length) else { return true };
        if message(whole).is_err() {
            return false;
        }
        let _ = refusal(whole);
        bytes = bytes.get(length..).unwrap_or_default();
    }
    message_length(bytes, MOST).is_ok()
}

#[cfg(test)]
mod tests;
