//! LDAP messages, as far as a scripted server needs them.

/// What a client sent.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LdapRequest {
    /// The number of the message.
    pub id: u32,
    /// The tag of the operation: 0x60 bind, 0x63 search, 0x50 abandon, 0x42 unbind, 0x77 extended.
    pub operation: u8,
    /// Of a bind, the name; of a search, its base.
    pub dn: String,
    /// Of a search, the attributes that are wanted.
    pub attributes: Vec<String>,
    /// Of a search, how far it looks: 0, 1 or 2.
    pub scope: u8,
    /// Of an abandon, which message.
    pub abandons: u32,
    /// The numbers of the controls.
    pub controls: Vec<String>,
    /// The content of the operation.
    pub content: Vec<u8>,
}

impl LdapRequest {
    /// Whether somebody logs in.
    pub fn is_bind(&self) -> bool {
        self.operation == 0x60
    }

    /// Whether something is searched.
    pub fn is_search(&self) -> bool {
        self.operation == 0x63
    }

    /// Whether something is abandoned.
    pub fn is_abandon(&self) -> bool {
        self.operation == 0x50
    }

    /// Whether the content holds this text.
    pub fn holds(&self, text: impl AsRef<[u8]>) -> bool {
        let text = text.as_ref();
        self.content.windows(text.len().max(1)).any(|window| window == text)
    }
}

/// An attribute of an entry: its name and its values.
pub type LdapAttribute<'a> = (&'a str, Vec<Vec<u8>>);

/// What a scripted server does about a request.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LdapResponse {
    /// It sends these bytes.
    Bytes(Vec<u8>),
    /// It says nothing.
    Silence,
    /// It sends these bytes and hangs up.
    HangUp(Vec<u8>),
}

impl LdapResponse {
    /// The result of a request, with this code and these words.
    pub fn done(request: &LdapRequest, code: u8, text: &str) -> Self {
        let operation = match request.operation {
            0x60 => 0x61,
            0x77 => 0x78,
            _ => 0x65,
        };
        let result = [tlv(0x0a, &[code]), tlv(4, b""), tlv(4, text.as_bytes())].concat();
        Self::Bytes(message(request.id, &tlv(operation, &result)))
    }

    /// An entry, to be followed by more.
    pub fn entry(request: &LdapRequest, dn: &str, attributes: &[LdapAttribute<'_>]) -> Self {
        let attribute = |(name, values): &LdapAttribute<'_>| {
            let values: Vec<u8> = values.iter().flat_map(|value| tlv(4, value)).collect();
            tlv(0x30, &[tlv(4, name.as_bytes()), tlv(0x31, &values)].concat())
        };
        let attributes: Vec<u8> = attributes.iter().flat_map(attribute).collect();
        let entry = [tlv(4, dn.as_bytes()), tlv(0x30, &attributes)].concat();
        Self::Bytes(message(request.id, &tlv(0x64, &entry)))
    }

    /// The result that all is elsewhere, at one of these URLs.
    pub fn referral(request: &LdapRequest, urls: &[&str]) -> Self {
        let urls: Vec<u8> = urls.iter().flat_map(|url| tlv(4, url.as_bytes())).collect();
        let result = [tlv(0x0a, &[10]), tlv(4, b""), tlv(4, b""), tlv(0xa3, &urls)].concat();
        Self::Bytes(message(request.id, &tlv(0x65, &result)))
    }

    /// That more is at one of these URLs, to be followed by the rest of the answer.
    pub fn reference(request: &LdapRequest, urls: &[&str]) -> Self {
        let urls: Vec<u8> = urls.iter().flat_map(|url| tlv(4, url.as_bytes())).collect();
        Self::Bytes(message(request.id, &tlv(0x73, &urls)))
    }

    /// This, and then that.
    #[must_use]
    pub fn then(self, next: Self) -> Self {
        match (self, next) {
            (Self::Bytes(one), Self::Bytes(other)) => Self::Bytes([one, other].concat()),
            (Self::Bytes(one), Self::HangUp(other)) => Self::HangUp([one, other].concat()),
            (one, Self::Silence) => one,
            (Self::Silence, other) => other,
            (one, _) => one,
        }
    }
}

/// Answers to a search that are not as they should be, each with a name. Clients have been seen to panic at some and to
/// wait for ever at others.
pub fn malformed_ldap(request: &LdapRequest) -> Vec<(&'static str, Vec<u8>)> {
    let of = |operation: &[u8]| message(request.id, operation);
    let result = [tlv(0x0a, &[0]), tlv(4, b""), tlv(4, b"")].concat();
    vec![
        ("an answer to a deletion", of(&tlv(0x6b, &result))),
        ("an answer to a bind", of(&tlv(0x61, &result))),
        ("an empty sequence", vec![0x30, 0]),
        ("four gigabytes announced", vec![0x30, 0x84, 0xff, 0xff, 0xff, 0xff, 2, 1, 2]),
        ("a length without an end", vec![0x30, 0x80, 2, 1, 2, 0, 0]),
        ("no operation", tlv(0x30, &tlv(2, &[2]))),
        ("an operation without content", of(&tlv(0x65, b""))),
        ("a value that is cut", of(&[0x64, 10, 4, 3, 0x63, 0x3d, 0x61, 0x30, 3, 0x30, 1, 4])),
        (
            "a name that is not UTF-8",
            [of(&tlv(0x64, &[tlv(4, b"\xffx\xff"), tlv(0x30, b"")].concat())), of(&tlv(0x65, &result))]
                .concat(),
        ),
        (
            "a name that is none",
            [of(&tlv(0x64, &[tlv(4, b"no name"), tlv(0x30, b"")].concat())), of(&tlv(0x65, &result))]
                .concat(),
        ),
        ("a result that is no number", of(&tlv(0x65, &[tlv(0x0a, b""), tlv(4, b""), tlv(4, b"")].concat()))),
        ("a result of another kind", of(&tlv(0x65, &[tlv(2, &[0]), tlv(4, b""), tlv(4, b"")].concat()))),
        (
            "a matched name that is not UTF-8",
            of(&tlv(0x65, &[tlv(0x0a, &[0]), tlv(4, b"\xff"), tlv(4, b"")].concat())),
        ),
        (
            "controls that are a value",
            [0x30, 16, 2, 1]
                .into_iter()
                .chain([request.id as u8])
                .chain(tlv(0x65, &result))
                .chain([0x80, 2, 0, 0])
                .collect(),
        ),
        ("a number of a message that is none", tlv(0x30, &[tlv(2, b""), tlv(0x65, &result)].concat())),
        ("lists within lists", of(&tlv(0x64, &nested(2000)))),
        ("another protocol", b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()),
    ]
}

fn nested(depth: usize) -> Vec<u8> {
    (0..depth).fold(Vec::new(), |inner, _| tlv(0x30, &inner))
}

fn message(id: u32, operation: &[u8]) -> Vec<u8> {
    let id = id.to_be_bytes();
    let digits = id.iter().skip_while(|byte| **byte == 0).copied().collect::<Vec<_>>();
    let digits = if digits.first().is_none_or(|first| first & 0x80 != 0) {
        [vec![0], digits].concat()
    } else {
        digits
    };
    tlv(0x30, &[tlv(2, &digits), operation.to_vec()].concat())
}

fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![tag];
    match u8::try_from(content.len()) {
        Ok(short) if short < 0x80 => bytes.push(short),
        _ => {
            bytes.push(0x84);
            bytes.extend_from_slice(&u32::try_from(content.len()).unwrap_or(u32::MAX).to_be_bytes());
        }
    }
    bytes.extend_from_slice(content);
    bytes
}

/// The element at the front: its tag, its content, and how long it is as a whole.
fn element(bytes: &[u8]) -> Option<(u8, &[u8], usize)> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let count = if first < 0x80 { 0 } else { usize::from(first & 0x7f) };
    let length = match count {
        0 => usize::from(first),
        _ => rest.get(..count)?.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)),
    };
    let content = rest.get(count..count + length)?;
    Some((tag, content, 2 + count + length))
}

fn elements(mut bytes: &[u8]) -> Vec<(u8, &[u8])> {
    let mut found = Vec::new();
    while let Some((tag, content, length)) = element(bytes) {
        found.push((tag, content));
        bytes = bytes.get(length..).unwrap_or_default();
    }
    found
}

fn number(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |number, byte| number << 8 | u32::from(*byte))
}

fn text(bytes: Option<&(u8, &[u8])>) -> String {
    bytes.map(|(_, bytes)| String::from_utf8_lossy(bytes).into_owned()).unwrap_or_default()
}

/// The request at the front and its length; none where it is not whole.
pub(super) fn request(bytes: &[u8]) -> Option<(LdapRequest, usize)> {
    let (_, content, length) = element(bytes)?;
    let parts = elements(content);
    let (_, id) = parts.first()?;
    let &(operation, content) = parts.get(1)?;
    let inner = elements(content);
    let (dn, attributes) = match operation {
        0x60 => (text(inner.get(1)), Vec::new()),
        0x63 => {
            let wanted = inner.get(7).map(|(_, list)| elements(list)).unwrap_or_default();
            (text(inner.first()), wanted.iter().map(|name| text(Some(name))).collect())
        }
        _ => (String::new(), Vec::new()),
    };
    let controls = parts.iter().filter(|(tag, _)| *tag == 0xa0).flat_map(|(_, list)| elements(list));
    let request = LdapRequest {
        id: number(id),
        operation,
        dn,
        attributes,
        scope: inner.get(1).and_then(|(_, scope)| scope.last().copied()).unwrap_or(0),
        abandons: if operation == 0x50 { number(content) } else { 0 },
        controls: controls.map(|(_, control)| text(elements(control).first())).collect(),
        content: content.to_vec(),
    };
    Some((request, length))
}
