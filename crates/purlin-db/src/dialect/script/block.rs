//! Whether a `;` ends a statement or stands inside it.

use super::{Compound, ScriptRules};
use crate::sql::lexer::Kind;

/// What is known of the statement that is being read.
#[derive(Debug, Default)]
pub(super) struct Block {
    head: Head,
    /// How many of BEGIN and CASE wait for their END.
    depth: u32,
    after_end: bool,
    parentheses: u32,
}

/// What its first words say.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Head {
    /// Nothing yet.
    #[default]
    Start,
    /// `CREATE` and words that say nothing about what is created.
    Create,
    /// `CREATE DEFINER = …`: a user's name, in any form, comes before the kind.
    Definer,
    /// `BEGIN`, which begins a transaction or a block.
    Begin,
    /// `WITH`, perhaps a function.
    With,
    /// A statement without others in it.
    Plain,
    /// A statement with others between BEGIN and END.
    Routine,
    /// PL/SQL.
    Code,
}

const ROUTINES: [&str; 6] = ["FUNCTION", "PROCEDURE", "TRIGGER", "EVENT", "PACKAGE", "TYPE"];
const BETWEEN: [&str; 15] = [
    "OR",
    "REPLACE",
    "TEMP",
    "TEMPORARY",
    "AGGREGATE",
    "CONSTRAINT",
    "EDITIONABLE",
    "NONEDITIONABLE",
    "AND",
    "COMPILE",
    "RESOLVE",
    "NOFORCE",
    "IF",
    "NOT",
    "EXISTS",
];

impl Block {
    /// Whether a `;` stands inside the statement.
    pub(super) fn is_open(&self) -> bool {
        self.depth > 0 || self.parentheses > 0 || self.head == Head::Code
    }

    /// Takes the next token of the statement.
    pub(super) fn feed(&mut self, kind: Kind, text: &str, rules: ScriptRules) {
        let word = if kind == Kind::Word { text.to_ascii_uppercase() } else { String::new() };
        if rules.parentheses && kind == Kind::Symbol {
            match text {
                "(" => self.parentheses += 1,
                ")" => self.parentheses = self.parentheses.saturating_sub(1),
                _ => {}
            }
        }
        if self.head == Head::Start && rules.compound == Compound::PlSql && text == "<" {
            // `<<label>>` before a block.
            self.head = Head::Code;
        } else if self.head == Head::Routine {
            self.body(&word);
        } else {
            self.head = self.head(&word, kind, rules.compound);
        }
    }

    fn head(&mut self, word: &str, kind: Kind, compound: Compound) -> Head {
        use Compound::{PlSql, Routines};
        let routine = |kinds: &[&str]| match kinds.contains(&word) {
            true if compound == PlSql => Head::Code,
            true => Head::Routine,
            false => Head::Plain,
        };
        let kinds: &[&str] = match compound {
            Compound::None => return Head::Plain,
            Compound::Triggers => &["TRIGGER"],
            Routines => &ROUTINES[..5],
            Compound::Atomic => &ROUTINES[..2],
            PlSql => &["FUNCTION", "PROCEDURE", "TRIGGER", "PACKAGE", "TYPE", "JAVA"],
        };
        match (self.head, word) {
            // `/*!50003` of a dump, before or between the words that count.
            (head @ (Head::Start | Head::Create | Head::Definer), "") if compound == Routines => match kind {
                Kind::Symbol | Kind::Quoted => head,
                _ => Head::Plain,
            },
            (Head::Start, "CREATE" | "ALTER") => Head::Create,
            (Head::Start, "BEGIN" | "DECLARE") if compound == PlSql => Head::Code,
            (Head::Start, "BEGIN") if compound == Routines => Head::Begin,
            (Head::Start, "WITH") if compound == PlSql => Head::With,
            (Head::Begin, "NOT") => {
                self.depth = 1;
                Head::Routine
            }
            (Head::With, _) => routine(&kinds[..2]),
            (Head::Create, "DEFINER") => Head::Definer,
            (Head::Create, word) if BETWEEN.contains(&word) => Head::Create,
            (Head::Create, _) => routine(kinds),
            (Head::Definer, "TABLE" | "VIEW") => Head::Plain,
            (Head::Definer, word) if !kinds.contains(&word) => Head::Definer,
            (Head::Definer, _) => routine(kinds),
            (Head::Code, _) => Head::Code,
            _ => Head::Plain,
        }
    }

    fn body(&mut self, word: &str) {
        let after_end = std::mem::take(&mut self.after_end);
        match word {
            // END IF, END LOOP and so on: what they end was not counted.
            "IF" | "LOOP" | "WHILE" | "REPEAT" | "FOR" if after_end => self.depth += 1,
            "CASE" if after_end => {}
            "BEGIN" => self.depth += 1,
            "CASE" if self.depth > 0 => self.depth += 1,
            "END" if self.depth > 0 => {
                self.depth -= 1;
                self.after_end = true;
            }
            _ => {}
        }
    }
}
