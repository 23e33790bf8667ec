//! Where strings, names and comments begin and end.

/// Where a backslash inside a string takes the next character's meaning away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Backslash {
    /// Nowhere, as the standard has it.
    Never,
    /// In `E'…'`: PostgreSQL with `standard_conforming_strings`, the default since 9.1.
    EStrings,
    /// In every string, single or double quotes: MySQL without `NO_BACKSLASH_ESCAPES`, the default.
    Always,
}

/// What `[` begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Brackets {
    /// Nothing of its own: an index or an array.
    Symbols,
    /// A name that ends at the next `]`: SQLite.
    Names,
    /// A name in which `]]` stands for `]`: SQL Server.
    DoubledNames,
}

/// An engine's lexical rules, as far as they decide what is a placeholder, where a statement ends, and what is text.
///
/// The same everywhere: `'…'` and `"…"` with their quote doubled inside, `--` and `/* */` comments, `::` and longer
/// runs of colons, `:=`, `@name` and `@@name` are never placeholders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Lexis {
    /// `#` begins a comment: MySQL.
    pub hash_comments: bool,
    /// `--` begins a comment only before a space, a control character or the end: MySQL.
    pub dashes_need_space: bool,
    /// Comments nest: PostgreSQL, SQL Server.
    pub nested_comments: bool,
    /// What stands in `/*! … */` and `/*M! … */` is code: MySQL, MariaDB.
    pub executable_comments: bool,
    /// What a backslash does.
    pub backslash: Backslash,
    /// `` `…` `` is a name: MySQL, SQLite.
    pub backticks: bool,
    /// What brackets are.
    pub brackets: Brackets,
    /// `$tag$ … $tag$` is a string: PostgreSQL.
    pub dollar_quotes: bool,
    /// `q'[ … ]'` is a string: Oracle.
    pub q_quotes: bool,
    /// `?` is, or begins, an operator: PostgreSQL's `?`, `?|` and `?&` for JSON. Portable SQL writes `??` for it.
    pub question_operators: bool,
}

impl Lexis {
    /// SQL's standard, without nested comments.
    pub const STANDARD: Self = Self {
        hash_comments: false,
        dashes_need_space: false,
        nested_comments: false,
        executable_comments: false,
        backslash: Backslash::Never,
        backticks: false,
        brackets: Brackets::Symbols,
        dollar_quotes: false,
        q_quotes: false,
        question_operators: false,
    };
}
