//! The basic encoding rules (X.690), as far as LDAP allows them (RFC 4511, section 5.1): definite lengths, low tag
//! numbers.

/// Universal and LDAP's own tags.
pub(super) mod tag {
    pub(in crate::client) const BOOLEAN: u8 = 0x01;
    pub(in crate::client) const INTEGER: u8 = 0x02;
    pub(in crate::client) const OCTETS: u8 = 0x04;
    pub(in crate::client) const ENUMERATED: u8 = 0x0a;
    pub(in crate::client) const SEQUENCE: u8 = 0x30;
    pub(in crate::client) const SET: u8 = 0x31;
    pub(in crate::client) const CONTROLS: u8 = 0xa0;
}

/// What is wrong with bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Malformed(pub(super) &'static str);

pub(super) type Read<T> = Result<T, Malformed>;

/// How long the message at the front is, with its header; none where that cannot be told yet.
pub(super) fn message_length(bytes: &[u8], most: usize) -> Read<Option<usize>> {
    match bytes.first() {
        None => return Ok(None),
        Some(&tag::SEQUENCE) => {}
        Some(_) => return Err(Malformed("something that is no LDAP message")),
    }
    let Some((header, length)) = length(bytes.get(1..).unwrap_or_default())? else { return Ok(None) };
    let whole = length.saturating_add(header + 1);
    if whole > most {
        return Err(Malformed("a message larger than is allowed"));
    }
    Ok(Some(whole))
}

/// The size of the length and the length; none where there are too few bytes.
fn length(bytes: &[u8]) -> Read<Option<(usize, usize)>> {
    match bytes.first() {
        None => Ok(None),
        Some(&short) if short < 0x80 => Ok(Some((1, usize::from(short)))),
        Some(&long) => {
            let count = usize::from(long & 0x7f);
            if count == 0 || count > 4 {
                return Err(Malformed("a length without an end or without sense"));
            }
            let Some(digits) = bytes.get(1..=count) else { return Ok(None) };
            let length = digits.iter().fold(0_usize, |length, &digit| (length << 8) | usize::from(digit));
            Ok(Some((1 + count, length)))
        }
    }
}

/// Reads elements one after the other; all of them lie within the bytes.
#[derive(Clone, Copy)]
pub(super) struct Reader<'b>(pub(super) &'b [u8]);

impl<'b> Reader<'b> {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.0.first().copied()
    }

    /// The next element: its tag and its content.
    pub(super) fn any(&mut self) -> Read<(u8, &'b [u8])> {
        let &tag = self.0.first().ok_or(Malformed("an element is missing"))?;
        if tag & 0x1f == 0x1f {
            return Err(Malformed("a long tag"));
        }
        let rest = self.0.get(1..).unwrap_or_default();
        let (header, length) = length(rest)?.ok_or(Malformed("an element that ends too early"))?;
        let end = header.checked_add(length).filter(|end| *end <= rest.len());
        let end = end.ok_or(Malformed("an element that ends too early"))?;
        let content = rest.get(header..end).unwrap_or_default();
        self.0 = rest.get(end..).unwrap_or_default();
        Ok((tag, content))
    }

    pub(super) fn expect(&mut self, wanted: u8) -> Read<&'b [u8]> {
        match self.any()? {
            (tag, content) if tag == wanted => Ok(content),
            _ => Err(Malformed("an element of another kind than expected")),
        }
    }

    pub(super) fn within(&mut self, wanted: u8) -> Read<Reader<'b>> {
        self.expect(wanted).map(Reader)
    }

    /// The content where the next element is of this kind.
    pub(super) fn optional(&mut self, wanted: u8) -> Read<Option<&'b [u8]>> {
        if self.peek() == Some(wanted) { self.expect(wanted).map(Some) } else { Ok(None) }
    }

    /// A number that is not negative.
    pub(super) fn number(&mut self, wanted: u8) -> Read<u32> {
        number(self.expect(wanted)?)
    }

    pub(super) fn end(&self) -> Read<()> {
        if self.is_empty() { Ok(()) } else { Err(Malformed("an element too many")) }
    }
}

pub(super) fn number(digits: &[u8]) -> Read<u32> {
    let significant = digits.iter().skip_while(|digit| **digit == 0);
    if digits.is_empty()
        || digits.first().is_some_and(|first| first & 0x80 != 0)
        || significant.clone().count() > 4
    {
        return Err(Malformed("a number that is none, or out of range"));
    }
    Ok(significant.fold(0, |number, &digit| (number << 8) | u32::from(digit)))
}
