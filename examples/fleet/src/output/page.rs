//! An answer for people: headings, labelled values and tables.

use super::palette::{HEADING, LABEL, Mood, Palette};
use comfy_table::{ContentArrangement, Table, presets};
use std::borrow::Cow;

/// A page that is being written.
#[derive(Debug)]
pub(crate) struct Page {
    text: String,
    palette: Palette,
    width: Option<u16>,
}

impl Page {
    /// Tables are fitted into this many columns; without a width, a row is a line.
    pub(super) fn new(palette: Palette, width: Option<u16>) -> Self {
        Self { text: String::new(), palette, width }
    }

    /// What was written.
    pub(crate) fn into_text(self) -> String {
        self.text
    }

    /// Whether it is shown on a terminal.
    pub(crate) fn is_for_terminal(&self) -> bool {
        self.width.is_some()
    }

    /// A heading, after a blank line where something stands before it.
    pub(crate) fn heading(&mut self, text: &str) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.text += &self.palette.paint(HEADING, &printable(text));
        self.text.push('\n');
    }

    /// A line.
    pub(crate) fn line(&mut self, text: &str) {
        self.text += &printable(text);
        self.text.push('\n');
    }

    /// What a program has printed, below a heading, each line as it is but for what moves the cursor.
    pub(crate) fn printed(&mut self, indent: usize, text: &str) {
        for line in text.lines() {
            let cells: Vec<_> = line.split('\t').map(printable).collect();
            self.text += format!("{:indent$}{}", "", cells.join("\t")).trim_end_matches(' ');
            self.text.push('\n');
        }
    }

    /// A label and its value, below a heading.
    pub(crate) fn field(&mut self, label: &str, value: &str) {
        let label = self.palette.paint(LABEL, &format!("{label:<12}"));
        self.text += &format!("  {label}  {}\n", printable(value));
    }

    /// A table without lines, as wide as its content, or as the terminal where that is narrower.
    pub(crate) fn table<const N: usize>(
        &mut self,
        header: [&str; N],
        rows: impl IntoIterator<Item = [String; N]>,
    ) {
        let rows = rows.into_iter().map(Vec::from);
        self.any_table(&header.map(str::to_owned), rows, self.width);
    }

    /// A table whose first column is a state, in the colour of its mood.
    pub(crate) fn state_table<const N: usize>(
        &mut self,
        header: [&str; N],
        rows: impl IntoIterator<Item = [String; N]>,
        mood: impl Fn(&str) -> Mood,
    ) {
        let mut plain = Self::new(Palette::Plain, self.width);
        let rows: Vec<Vec<String>> = rows.into_iter().map(Vec::from).collect();
        let states: Vec<String> = rows.iter().filter_map(|row| row.first().cloned()).collect();
        plain.any_table(&header.map(str::to_owned), rows, self.width);
        let mut states = states.iter().peekable();
        for (index, line) in plain.text.lines().enumerate() {
            // A row may take several lines; only its first one begins with the whole state.
            let state = states.next_if(|state| index > 0 && line.starts_with(state.as_str()));
            self.text += &match (index, state) {
                (0, _) => self.palette.paint(HEADING, line),
                (_, Some(state)) => self.palette.paint(mood(state).style(), state) + &line[state.len()..],
                (_, None) => line.to_owned(),
            };
            self.text.push('\n');
        }
    }

    /// A line of a log: when, the state in the colour of its mood, what, and what is said of it.
    pub(crate) fn event(&mut self, when: &str, (state, mood): (&str, Mood), what: &str, message: &str) {
        let when = self.palette.paint(LABEL, when);
        let state = self.palette.paint(mood.style(), &format!("{state:<10}"));
        self.text += &format!("{when}  {state}  {}  {}\n", printable(what), printable(message));
    }

    /// A table whose columns are not known beforehand, as wide as its content.
    pub(crate) fn wide_table(&mut self, header: &[String], rows: impl IntoIterator<Item = Vec<String>>) {
        self.any_table(header, rows, None);
    }

    fn any_table(
        &mut self,
        header: &[String],
        rows: impl IntoIterator<Item = Vec<String>>,
        width: Option<u16>,
    ) {
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_header(header.iter().map(|name| printable(name).into_owned()));
        for row in rows {
            table.add_row(row.iter().map(|cell| printable(cell).into_owned()));
        }
        table.set_content_arrangement(ContentArrangement::Disabled);
        if let Some(width) = width {
            table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
        }
        for column in table.column_iter_mut() {
            column.set_padding((0, 2));
        }
        for (index, line) in table.lines().enumerate() {
            let line = line.trim_end();
            self.text += &match index {
                0 => self.palette.paint(HEADING, line),
                _ => line.to_owned(),
            };
            self.text.push('\n');
        }
    }
}

/// What comes from elsewhere may hold what moves a terminal's cursor.
pub(super) fn printable(text: &str) -> Cow<'_, str> {
    if !text.contains(char::is_control) {
        return Cow::Borrowed(text);
    }
    let escape = |letter: char| {
        if letter.is_control() { letter.escape_default().to_string() } else { letter.to_string() }
    };
    text.chars().map(escape).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_move_the_cursor_is_shown_instead() {
        let mut page = Page::new(Palette::Ansi, None);
        page.field("subject", "CN=\u{1b}[2Jevil\r\n");
        assert!(page.into_text().ends_with("  CN=\\u{1b}[2Jevil\\r\\n\n"));
    }

    #[test]
    fn a_table_fits_a_terminal_and_is_a_line_a_row_elsewhere() {
        let row = || [["name".to_owned(), "word ".repeat(30)]];
        let wide = {
            let mut page = Page::new(Palette::Plain, None);
            page.table(["KEY", "VALUE"], row());
            page.into_text()
        };
        assert_eq!(wide.lines().count(), 2);
        let mut page = Page::new(Palette::Plain, Some(40));
        page.table(["KEY", "VALUE"], row());
        let narrow = page.into_text();
        assert!(narrow.lines().count() > 4);
        assert!(narrow.lines().all(|line| line.chars().count() <= 40), "{narrow}");
    }
}
