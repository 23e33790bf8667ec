//! The lines of an INI file, and their sections.

/// What Python strips from the ends of a line.
pub(super) fn is_space(letter: char) -> bool {
    letter.is_whitespace() || matches!(letter, '\x1c'..='\x1f')
}

pub(super) fn strip(text: &str) -> &str {
    text.trim_matches(is_space)
}

/// A line that says something, without white space around it.
#[derive(Clone, Copy)]
pub(super) struct Line<'t> {
    /// The line as it stands in the file.
    whole: &'t str,
    /// Where the text begins in it.
    start: usize,
    pub(super) text: &'t str,
    /// From 1.
    pub(super) number: u32,
}

/// The name and the kind of a section.
#[derive(Clone, Copy)]
pub(super) struct Section<'t> {
    pub(super) group: &'t str,
    pub(super) kind: Option<&'t str>,
}

impl<'t> Line<'t> {
    /// The column, from 1 and in characters, of a byte of the text.
    pub(super) fn column(&self, offset: usize) -> u32 {
        let before = self.whole.get(..self.start + offset).unwrap_or(self.whole);
        // Counting characters of every word of a very long line would take as long as the line is long, each time.
        let count = if before.len() > MAX_COUNTED { before.len() } else { before.chars().count() };
        u32::try_from(count + 1).unwrap_or(u32::MAX)
    }

    /// `[group]` or `[group:kind]`, perhaps with a comment after it; a fault if the line has brackets at both ends and
    /// is no such thing; none if it is no section.
    pub(super) fn section(&self) -> Option<Result<Section<'t>, String>> {
        let inside = self.text.strip_prefix('[')?;
        let section = inside.split_once(']').filter(|(_, after)| is_comment(after)).and_then(|(name, _)| {
            let (group, kind) = match name.split_once(':') {
                Some((group, kind)) => (group, Some(kind)),
                None => (name, None),
            };
            let good_kind = kind.is_none_or(|kind| !kind.is_empty() && kind.chars().all(is_word));
            let good_group = !group.is_empty() && !group.contains(is_space);
            (good_group && good_kind).then_some(Section { group, kind })
        });
        match section {
            Some(section) => Some(Ok(section)),
            None if self.text.ends_with(']') => {
                Some(Err(format!("not a section: {}", crate::ansible::shown(self.text))))
            }
            None => None,
        }
    }

    /// The name alone on a line of a `:children` section.
    pub(super) fn group_name(&self) -> Option<&'t str> {
        let end = self.text.find(|letter| matches!(letter, ':' | ']') || is_space(letter));
        let (name, after) = self.text.split_at(end.unwrap_or(self.text.len()));
        (!name.is_empty() && is_comment(after)).then_some(name)
    }
}

const MAX_COUNTED: usize = 4096;

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

fn is_comment(after: &str) -> bool {
    let after = after.trim_start_matches(is_space);
    after.is_empty() || after.starts_with('#')
}

/// The lines that say something. Breaks are Python's, but only those that editors know are counted.
pub(super) struct Lines<'t> {
    rest: &'t str,
    number: u32,
    /// Whether the last break was one that editors count.
    counted: bool,
    column_base: usize,
    whole: &'t str,
}

impl<'t> Lines<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { rest: text, number: 0, counted: true, column_base: 0, whole: text }
    }

    /// The next line with the columns before it that belong to the same line of an editor.
    fn next_line(&mut self) -> Option<&'t str> {
        if self.rest.is_empty() {
            return None;
        }
        if self.counted {
            self.number = self.number.saturating_add(1);
            self.whole = self.rest;
            self.column_base = 0;
        }
        let end = self.rest.bytes().position(may_break).map_or(self.rest.len(), |at| self.end_from(at));
        let line = &self.rest[..end];
        let after = &self.rest[end..];
        let length = match after.chars().next() {
            Some('\r') if after.starts_with("\r\n") => 2,
            Some(letter) => letter.len_utf8(),
            None => 0,
        };
        self.counted = after.starts_with(['\r', '\n']);
        self.rest = &after[length..];
        self.column_base += end + length;
        Some(line)
    }

    /// The first break at or after a byte that may be one.
    fn end_from(&self, at: usize) -> usize {
        let text = self.rest.get(at..);
        text.and_then(|text| text.find(is_break)).map_or(self.rest.len(), |index| at + index)
    }
}

fn may_break(byte: u8) -> bool {
    matches!(byte, 0x0a..=0x0d | 0x1c..=0x1e | 0xc2 | 0xe2)
}

fn is_break(letter: char) -> bool {
    matches!(letter, '\n' | '\x0b' | '\x0c' | '\r' | '\x1c'..='\x1e' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

impl<'t> Iterator for Lines<'t> {
    type Item = Line<'t>;

    fn next(&mut self) -> Option<Line<'t>> {
        loop {
            let base = if self.counted { 0 } else { self.column_base };
            let line = self.next_line()?;
            let text = strip(line);
            if text.is_empty() || text.starts_with(['#', ';']) {
                continue;
            }
            let start = base + (line.len() - line.trim_start_matches(is_space).len());
            return Some(Line { whole: self.whole, start, text, number: self.number });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Lines;

    #[test]
    fn breaks_are_those_of_python_and_numbers_those_of_editors() {
        let text = "a\r\nb\rc\n\n# d\n  e\x0cf\u{2028}g\nh";
        let lines: Vec<_> = Lines::new(text).map(|line| (line.text, line.number, line.column(0))).collect();
        let expected =
            [("a", 1, 1), ("b", 2, 1), ("c", 3, 1), ("e", 6, 3), ("f", 6, 5), ("g", 6, 7), ("h", 7, 1)];
        assert_eq!(lines, expected);
    }
}
