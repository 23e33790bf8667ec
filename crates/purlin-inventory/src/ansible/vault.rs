//! Ansible Vault: envelopes are recognised and checked; what is in them needs feature `vault` and a password.

pub(crate) mod keyring;
#[cfg(feature = "vault")]
mod open;

#[cfg(feature = "vault")]
pub use open::{VaultKeys, VaultPasswords};

use super::shown;
use purlin_core::{Diagnostic, Place};

/// How an envelope begins.
pub(crate) const MARK: &str = "$ANSIBLE_VAULT";

/// Whether a text is an envelope: a whole file is one exactly if it begins so.
pub(crate) fn is_envelope(text: &str) -> bool {
    text.starts_with(MARK)
}

/// What is wrong with an envelope, if anything is. `place` is where its first line is.
pub(crate) fn malformed(text: &str, place: &Place) -> Option<Diagnostic> {
    parse(text).err().map(|fault| fault.diagnostic(place))
}

/// The vault id that an envelope's header names.
pub(crate) fn id(text: &str) -> Option<String> {
    let mut parts = text.lines().next()?.trim_end().split(';').map(str::trim);
    let id = match (parts.next(), parts.next(), parts.nth(1)) {
        (Some(MARK), Some(version), Some(id)) if version != "1.1" => id,
        _ => return None,
    };
    Some(id.to_owned()).filter(|id| !id.is_empty())
}

/// What to say of a whole file that is an envelope, where there is no password for it.
///
/// # Errors
/// Always: the file is malformed, or closed.
pub(crate) fn no_password(text: &str, place: &Place) -> Box<Diagnostic> {
    match parse(text) {
        Err(fault) => Box::new(fault.diagnostic(place)),
        Ok(envelope) => Box::new(
            Diagnostic::error("vault-closed", format!("the file is encrypted{}", named(envelope.id)))
                .place(place.clone())
                .help(way_in(envelope.id)),
        ),
    }
}

fn named(id: Option<&str>) -> String {
    id.map(|id| format!(" with vault id {id}")).unwrap_or_default()
}

fn way_in(id: Option<&str>) -> String {
    match id {
        Some(id) => {
            format!("give the password with --vault-password-file {id}@FILE or --vault-password-file FILE")
        }
        None => "give the password with --vault-password-file FILE".to_owned(),
    }
}

/// The parts of an envelope.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Envelope<'a> {
    /// The vault id of a 1.2 header.
    pub(crate) id: Option<&'a str>,
    pub(crate) salt: Vec<u8>,
    pub(crate) mac: Vec<u8>,
    pub(crate) ciphertext: Vec<u8>,
}

/// What is wrong with an envelope, and on which of its lines, from 1.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Malformed {
    line: u32,
    message: String,
}

impl Malformed {
    fn new(line: usize, message: impl Into<String>) -> Self {
        Self { line: u32::try_from(line).unwrap_or(u32::MAX), message: message.into() }
    }

    /// As a fault; `place` is where the envelope begins.
    pub(crate) fn diagnostic(&self, place: &Place) -> Diagnostic {
        let first = place.line.unwrap_or(1);
        let place = place.clone().line(first.saturating_add(self.line - 1));
        Diagnostic::error("vault-envelope", format!("malformed vault text: {}", self.message))
            .place(place)
            .help("make it anew with ansible-vault encrypt or encrypt_string")
    }
}

/// Takes an envelope apart.
pub(crate) fn parse(text: &str) -> Result<Envelope<'_>, Malformed> {
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap_or_default().trim_end().split(';').map(str::trim).collect();
    let id = match header[..] {
        [MARK, version, cipher, ref rest @ ..] if rest.len() < 2 => {
            if !version.starts_with("1.") {
                return Err(Malformed::new(1, format!("unknown version {}", shown(version))));
            }
            if cipher != "AES256" {
                return Err(Malformed::new(1, format!("unknown cipher {}", shown(cipher))));
            }
            rest.first().copied().filter(|id| !id.is_empty())
        }
        _ => {
            return Err(Malformed::new(1, format!("the first line is not {MARK};1.1;AES256 or of its kind")));
        }
    };
    let mut inner = Vec::with_capacity(text.len() / 2);
    let mut half = None;
    for (line, number) in lines.zip(2..) {
        for letter in line.trim_end().chars() {
            let digit = letter.to_digit(16).and_then(|digit| u8::try_from(digit).ok());
            let digit =
                digit.ok_or_else(|| Malformed::new(number, "a letter that is no hexadecimal digit"))?;
            match half.take() {
                None => half = Some(digit),
                Some(high) => inner.push(high << 4 | digit),
            }
        }
    }
    let last = text.lines().count().max(1);
    if half.is_some() {
        return Err(Malformed::new(last, "it ends within a byte"));
    }
    let mut parts = inner.split(|byte| *byte == b'\n').map(unhex);
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(Some(salt)), Some(Some(mac)), Some(Some(ciphertext)), None)
            if mac.len() == 32 && !ciphertext.is_empty() && ciphertext.len().is_multiple_of(16) =>
        {
            Ok(Envelope { id, salt, mac, ciphertext })
        }
        _ => Err(Malformed::new(last, "it is cut off, or not what ansible-vault writes")),
    }
}

fn unhex(digits: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    digits.chunks_exact(2).map(|pair| Some(digit(*pair.first()?)? << 4 | digit(*pair.last()?)?)).collect()
}

#[cfg(test)]
mod checks {
    use super::{id, is_envelope, malformed, no_password, parse};
    use purlin_core::Place;

    const WHOLE: &str = include_str!("../../tests/data/vault/whole12.yml");

    fn fault(text: &str) -> String {
        malformed(text, &Place::file("f.yml").at(7, 6)).unwrap().to_string()
    }

    #[test]
    fn an_envelope_is_taken_apart() {
        let envelope = parse(WHOLE).unwrap();
        assert_eq!((envelope.id, envelope.salt.len(), envelope.mac.len()), (Some("prod"), 32, 32));
        assert_eq!(id(WHOLE).as_deref(), Some("prod"));
        assert_eq!(id("$ANSIBLE_VAULT;1.1;AES256\n61"), None);
        assert!(malformed(WHOLE, &Place::file("f.yml")).is_none());
        assert_eq!(parse(&WHOLE.replace('\n', "\r\n")).unwrap(), envelope);
    }

    #[test]
    fn a_closed_file_says_how_to_open_it() {
        let fault = no_password(WHOLE, &Place::file("group_vars/all.yml").line(1)).to_string();
        assert!(fault.starts_with(
            "group_vars/all.yml:1: error[vault-closed]: the file is encrypted with vault id prod"
        ));
        assert!(fault.contains("--vault-password-file"), "{fault}");
    }

    #[test]
    fn malformed_envelopes_name_their_line() {
        let body = WHOLE.split_once('\n').unwrap().1;
        let cases = [
            ("$ANSIBLE_VAULT;1.1\nab".to_owned(), "f.yml:7: ", "the first line"),
            (format!("$ANSIBLE_VAULT;2.0;AES256\n{body}"), "f.yml:7: ", "unknown version 2.0"),
            (format!("$ANSIBLE_VAULT;1.1;AES\n{body}"), "f.yml:7: ", "unknown cipher AES"),
            (format!("$ANSIBLE_VAULT;1.2;AES256;a;b\n{body}"), "f.yml:7: ", "the first line"),
            ("$ANSIBLE_VAULT;1.1;AES256\n61\nzz\n".to_owned(), "f.yml:9: ", "no hexadecimal digit"),
            ("$ANSIBLE_VAULT;1.1;AES256\n616".to_owned(), "f.yml:8: ", "within a byte"),
            (WHOLE.lines().take(3).collect::<Vec<_>>().join("\n"), "f.yml:9: ", "cut off"),
            ("$ANSIBLE_VAULT;1.1;AES256".to_owned(), "f.yml:7: ", "cut off"),
            (String::new(), "f.yml:7: ", "the first line"),
        ];
        for (text, place, message) in cases {
            let fault = fault(&text);
            assert!(fault.starts_with(place) && fault.contains(message), "{text}: {fault}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(tail in "[0-9a-fA-F;.\n\r ¹éA-Z]{0,200}", cut in 0usize..2000) {
            for text in [format!("$ANSIBLE_VAULT;1.1;AES256\n{tail}"), format!("$ANSIBLE_VAULT{tail}"), tail] {
                let _ = parse(&text);
                let _ = no_password(&text, &Place::file("f"));
            }
            let text: String = WHOLE.chars().take(cut).collect();
            // A cut between two blocks cannot be seen; the check sum tells when the text is opened.
            let _ = parse(&text).map(|envelope| assert!(envelope.ciphertext.len().is_multiple_of(16)));
            assert_eq!(is_envelope(&text), cut >= 14);
        }
    }
}
