//! Entries as text (RFC 2849).

use crate::{AttrName, Dn, Entry};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use purlin_core::{Diagnostic, Diagnostics, Place, Result};

/// Reads entries from LDIF: content records, without changes and without values from URLs. All faults are reported, each
/// with its line; `file` is for messages.
///
/// ```
/// let entries = purlin_ldap::ldif::read("dn: cn=a,dc=x\ncn: a\ndescription:: w6Q=\n", "people.ldif")?;
/// assert_eq!(entries[0].text("description")?, Some("ä"));
/// # Ok::<(), purlin_core::Error>(())
/// ```
///
/// # Errors
/// [`ErrorKind::Invalid`](purlin_core::ErrorKind::Invalid) with the [`Diagnostics`] as its detail. Values are not
/// quoted.
pub fn read(text: &str, file: &str) -> Result<Vec<Entry>> {
    let mut reader = Reader { file, entries: Vec::new(), faults: Diagnostics::new() };
    let mut record: Vec<(u32, String)> = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        match (line.chars().next(), record.last_mut()) {
            (Some(' '), Some((_, before))) => before.push_str(line.get(1..).unwrap_or_default()),
            (None, _) => reader.record(std::mem::take(&mut record)),
            _ => record.push((number, line.to_owned())),
        }
    }
    reader.record(record);
    // Only errors are ever reported.
    let _ = reader.faults.into_result("ldap.ldif")?;
    Ok(reader.entries)
}

struct Reader<'f> {
    file: &'f str,
    entries: Vec<Entry>,
    faults: Diagnostics,
}

impl Reader<'_> {
    /// A record's lines, each with its number, continued lines joined.
    fn record(&mut self, lines: Vec<(u32, String)>) {
        let mut entry: Option<Entry> = None;
        for (number, line) in lines {
            if line.starts_with('#') || (entry.is_none() && line.starts_with("version:")) {
                continue;
            }
            match pair(&line).and_then(|(name, value)| add(&mut entry, name, value)) {
                Ok(()) => {}
                Err(what) => {
                    let place = Place::file(self.file).line(number);
                    self.faults.push(Diagnostic::error("ldif", what).place(place));
                }
            }
        }
        self.entries.extend(entry);
    }
}

fn pair(line: &str) -> std::result::Result<(&str, Vec<u8>), String> {
    let (name, rest) = line.split_once(':').ok_or("no colon after the attribute")?;
    if rest.starts_with('<') {
        return Err(format!("{name}: values from URLs are not read"));
    }
    let Some(encoded) = rest.strip_prefix(':') else {
        return Ok((name, rest.trim_start_matches(' ').as_bytes().to_vec()));
    };
    let value = STANDARD.decode(encoded.trim()).map_err(|_| format!("{name}: not base64"))?;
    Ok((name, value))
}

fn add(entry: &mut Option<Entry>, name: &str, value: Vec<u8>) -> std::result::Result<(), String> {
    match entry {
        None if name.eq_ignore_ascii_case("dn") => {
            let text = String::from_utf8(value).map_err(|_| "dn: not UTF-8".to_owned())?;
            *entry = Some(Entry::new(Dn::new(&text).map_err(|error| error.message().to_owned())?));
            Ok(())
        }
        None => Err("an entry begins with dn:".to_owned()),
        Some(_) if name == "changetype" => Err("changes are not read, only entries".to_owned()),
        Some(entry) => {
            entry.add(AttrName::new(name).map_err(|error| error.message().to_owned())?, [value]);
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::read;
    use purlin_core::Diagnostics;

    #[test]
    fn lines_go_on_and_comments_are_passed_over() {
        let text = "version: 1\n# people\ndn: cn=a,\n dc=x\ncn: a\n# between\ndescription: long\n  text\n\n\ndn:: Y249w6Q=\ncn:: w6Q=\n";
        let entries = read(text, "x.ldif").unwrap();
        assert_eq!(entries.len(), 2);
        assert_eq!(entries[0].dn().as_str(), "cn=a,dc=x");
        assert_eq!(entries[0].text("description").unwrap(), Some("long text"));
        assert_eq!(entries[1].dn().as_str(), "cn=ä");
    }

    #[test]
    fn every_fault_has_its_line_and_no_value() {
        let text = "cn: a\n\ndn: nonsense\n\ndn: cn=a\nuserPassword s3cret\njpegPhoto:: s3cret\nphoto:< file:///s3cret\na b: s3cret\n";
        let error = read(text, "x.ldif").unwrap_err();
        let shown = error.detail::<Diagnostics>().unwrap().to_string();
        for line in ["x.ldif:1: ", "x.ldif:3: ", "x.ldif:6: ", "x.ldif:7: ", "x.ldif:8: ", "x.ldif:9: "] {
            assert!(shown.contains(line), "{shown}");
        }
        assert!(!shown.contains("s3cret"), "{shown}");
    }
}
