//! The text of a filter (RFC 4515).

use super::{Extensible, Filter};
use crate::AttrName;
use std::fmt::{self, Write};

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, false)
    }
}

/// In a form for logs the values of secret attributes are `***`.
struct Text<'a, 'f> {
    f: &'a mut fmt::Formatter<'f>,
    for_logs: bool,
}

impl Filter {
    pub(super) fn write(&self, f: &mut fmt::Formatter<'_>, for_logs: bool) -> fmt::Result {
        Text { f, for_logs }.filter(self)
    }
}

impl Text<'_, '_> {
    fn filter(&mut self, filter: &Filter) -> fmt::Result {
        self.f.write_char('(')?;
        match filter {
            Filter::And(filters) => self.list('&', filters)?,
            Filter::Or(filters) => self.list('|', filters)?,
            Filter::Not(filter) => self.list('!', std::slice::from_ref(&**filter))?,
            Filter::Equal(name, value) => self.pair(name, "=", value)?,
            Filter::AtLeast(name, value) => self.pair(name, ">=", value)?,
            Filter::AtMost(name, value) => self.pair(name, "<=", value)?,
            Filter::Approximate(name, value) => self.pair(name, "~=", value)?,
            Filter::Present(name) => write!(self.f, "{name}=*")?,
            Filter::Substring(name, parts) => {
                write!(self.f, "{name}=")?;
                self.value(name, &parts.first)?;
                for part in &parts.middle {
                    self.f.write_char('*')?;
                    self.value(name, part)?;
                }
                self.f.write_char('*')?;
                self.value(name, &parts.last)?;
            }
            Filter::Extensible(extensible) => self.extensible(extensible)?,
        }
        self.f.write_char(')')
    }

    fn list(&mut self, sign: char, filters: &[Filter]) -> fmt::Result {
        self.f.write_char(sign)?;
        filters.iter().try_for_each(|filter| self.filter(filter))
    }

    fn pair(&mut self, name: &AttrName, sign: &str, value: &[u8]) -> fmt::Result {
        write!(self.f, "{name}{sign}")?;
        self.value(name, value)
    }

    fn extensible(&mut self, extensible: &Extensible) -> fmt::Result {
        const ANY: AttrName = AttrName::known("any");
        if let Some(name) = &extensible.attribute {
            write!(self.f, "{name}")?;
        }
        if extensible.with_dn {
            self.f.write_str(":dn")?;
        }
        if let Some(rule) = &extensible.rule {
            write!(self.f, ":{rule}")?;
        }
        self.f.write_str(":=")?;
        self.value(extensible.attribute.as_ref().unwrap_or(&ANY), &extensible.value)
    }

    fn value(&mut self, name: &AttrName, value: &[u8]) -> fmt::Result {
        if self.for_logs && name.is_secret() && !value.is_empty() {
            return self.f.write_str("***");
        }
        escape(value, self.f)
    }
}

/// What has a meaning in a filter is written in hexadecimal digits, and so is all that is not UTF-8 or cannot be seen.
pub(super) fn escape(value: &[u8], into: &mut impl Write) -> fmt::Result {
    for chunk in value.utf8_chunks() {
        for letter in chunk.valid().chars() {
            match letter {
                '*' | '(' | ')' | '\\' => write!(into, "\\{:02x}", letter as u8)?,
                letter if letter.is_control() => {
                    letter
                        .encode_utf8(&mut [0; 4])
                        .bytes()
                        .try_for_each(|byte| write!(into, "\\{byte:02x}"))?;
                }
                letter => into.write_char(letter)?,
            }
        }
        chunk.invalid().iter().try_for_each(|byte| write!(into, "\\{byte:02x}"))?;
    }
    Ok(())
}
