//! From text to blocks.

use super::keywords::{Keyword, Meaning};
use super::{Block, Line, unread};
use crate::known_hosts::matches_list;
use purlin_core::{Place, Result};
use std::path::{Path, PathBuf};

/// As deep as OpenSSH follows files (`READCONF_MAX_DEPTH`).
const DEPTH: usize = 16;

pub(super) struct Reader<'h> {
    pub(super) blocks: Vec<Block>,
    /// Where relative files are looked for; none: files are not followed.
    folder: Option<PathBuf>,
    home: Option<&'h Path>,
    depth: usize,
}

impl<'h> Reader<'h> {
    pub(super) fn new(home: Option<&'h Path>) -> Self {
        Self { blocks: vec![Block::default()], folder: home.map(|home| home.join(".ssh")), home, depth: 0 }
    }

    pub(super) fn file(&mut self, path: &Path) -> Result<()> {
        let bytes = std::fs::read(path).map_err(|error| unread(error, path))?;
        self.follow(&path.display().to_string(), &String::from_utf8_lossy(&bytes))
    }

    pub(super) fn text(&mut self, file: &str, text: &str) {
        // Without a home no file is followed, and nothing can fail.
        let _ = self.follow(file, text);
    }

    fn follow(&mut self, file: &str, text: &str) -> Result<()> {
        let outer = self.blocks.last().map(|block| block.hosts.clone()).unwrap_or_default();
        for (number, line) in (1_u32..).zip(text.lines()) {
            let Some((column, name, words)) = split(line) else { continue };
            let place = Place::file(file).at(number, column);
            if name.eq_ignore_ascii_case("host") {
                let mut hosts = outer.clone();
                hosts.push(words.join(","));
                self.blocks.push(Block { hosts, lines: Vec::new() });
                continue;
            }
            let all = words.len() == 1 && words.iter().all(|word| word.eq_ignore_ascii_case("all"));
            if name.eq_ignore_ascii_case("match") && all {
                self.blocks.push(Block { hosts: outer.clone(), lines: Vec::new() });
                continue;
            }
            let keyword = Keyword::of(&name);
            if name.eq_ignore_ascii_case("match") {
                // It may be about any host: what stands under it is not read as if it were about those above.
                self.blocks.push(Block { hosts: outer.clone(), lines: Vec::new() });
            }
            if keyword == Keyword::Known(Meaning::Include) && self.folder.is_some() && self.depth < DEPTH {
                self.include(&words)?;
                continue;
            }
            if let Some(block) = self.blocks.last_mut() {
                block.lines.push(Line { keyword, words, place });
            }
        }
        Ok(())
    }

    /// What is included stands under the hosts that the line stands under; they go on after it.
    fn include(&mut self, words: &[String]) -> Result<()> {
        let hosts = self.blocks.last().map(|block| block.hosts.clone()).unwrap_or_default();
        self.depth += 1;
        for word in words {
            for path in self.found(word) {
                self.blocks.push(Block { hosts: hosts.clone(), lines: Vec::new() });
                self.file(&path)?;
            }
        }
        self.depth -= 1;
        self.blocks.push(Block { hosts, lines: Vec::new() });
        Ok(())
    }

    /// The files of a name, whose last part may be a pattern; those that are not there are passed over.
    fn found(&self, word: &str) -> Vec<PathBuf> {
        let path = match (word.strip_prefix("~/"), self.home, &self.folder) {
            (Some(rest), Some(home), _) => home.join(rest),
            (None, _, Some(folder)) => folder.join(word),
            _ => return Vec::new(),
        };
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if !name.contains(['*', '?']) {
            return if path.is_file() { vec![path] } else { Vec::new() };
        }
        let entries = path.parent().and_then(|parent| std::fs::read_dir(parent).ok());
        let matching = entries.into_iter().flatten().flatten().filter(|entry| {
            let found = entry.file_name();
            let found = found.to_string_lossy();
            // As a shell does: what begins with a dot is asked for by one.
            (name.starts_with('.') || !found.starts_with('.'))
                && matches_list(name, &found.to_ascii_lowercase())
        });
        let mut files: Vec<PathBuf> =
            matching.map(|entry| entry.path()).filter(|path| path.is_file()).collect();
        files.sort();
        files
    }
}

/// Column, keyword and words of a line; none: it is empty or a comment. `Key Value`, `Key=Value` and `"a value"`.
fn split(line: &str) -> Option<(u32, String, Vec<String>)> {
    let trimmed = line.trim_start();
    let column =
        u32::try_from(line.chars().count() - trimmed.chars().count()).unwrap_or(u32::MAX).saturating_add(1);
    let trimmed = trimmed.trim_end();
    if trimmed.is_empty() || trimmed.starts_with('#') {
        return None;
    }
    let end = trimmed.find(|letter: char| letter.is_whitespace() || letter == '=').unwrap_or(trimmed.len());
    let (name, rest) = trimmed.split_at(end);
    let rest = rest.trim_start();
    let rest = rest.strip_prefix('=').unwrap_or(rest);
    Some((column, name.to_owned(), words(rest)))
}

fn words(text: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted) = (Vec::new(), None::<String>, false);
    for letter in text.chars() {
        match letter {
            '"' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            letter if letter.is_whitespace() && !quoted => words.extend(word.take()),
            // The rest is a comment (OpenSSH 8.7).
            '#' if !quoted && word.is_none() => break,
            letter => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    words
}
