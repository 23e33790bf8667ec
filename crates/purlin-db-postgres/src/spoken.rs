//! What a statement's text says: of transactions, of changes, of what sqlx cannot do. The server tells with each answer
//! whether a transaction is open and which command it was, and sqlx keeps both to itself.

use purlin_db::Dialect;

/// What a text says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Spoken {
    /// For each of its statements, whether rows that it returns are rows that it changed.
    pub(crate) changes: Changes,
    /// Whether a transaction is open after it, as its last word on it has it; none where it says nothing. In
    /// PostgreSQL only a statement of its own can begin or end one.
    pub(crate) leaves_open: Option<bool>,
    /// Whether one is begun anywhere in it, should it break off half-way.
    pub(crate) may_leave_open: bool,
    /// Why it cannot be sent.
    pub(crate) refused: Option<&'static str>,
}

/// As a slice; most texts are one statement, for which nothing is allocated.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Changes {
    One([bool; 1]),
    Several(Vec<bool>),
}

impl Default for Changes {
    fn default() -> Self {
        Self::Several(Vec::new())
    }
}

impl std::ops::Deref for Changes {
    type Target = [bool];

    fn deref(&self) -> &[bool] {
        match self {
            Self::One(change) => change,
            Self::Several(changes) => changes,
        }
    }
}

const LISTEN: &str = "LISTEN: notifications cannot be received, and sqlx breaks where one comes";
const COPY: &str = "COPY FROM STDIN and TO STDOUT are no statements with an answer of rows";

impl Spoken {
    pub(crate) fn of(sql: &str) -> Self {
        let mut spoken = Self::default();
        let single =
            !sql.trim_end_matches(|letter: char| letter == ';' || letter.is_whitespace()).contains(';');
        let first = sql.trim_start().split(|letter: char| !letter.is_ascii_alphabetic()).next().unwrap_or("");
        // Most statements need no further look.
        if single
            && ["SELECT", "INSERT", "UPDATE", "DELETE"].iter().any(|word| word.eq_ignore_ascii_case(first))
        {
            spoken.changes = Changes::One([is_change(first)]);
            return spoken;
        }
        let mut changes = Vec::new();
        let parts = Dialect::POSTGRES.split(sql);
        for part in &parts {
            let mut words = Dialect::POSTGRES.tokens(part.sql);
            let first = words.next().unwrap_or_default().to_ascii_uppercase();
            let leaves = of_statement(&first, words.clone());
            spoken.leaves_open = leaves.or(spoken.leaves_open);
            spoken.may_leave_open |= parts.len() > 1 && leaves == Some(true);
            changes.push(match first.as_str() {
                "WITH" => is_change(verb(words.clone())),
                first => is_change(first),
            });
            let refused = match first.as_str() {
                "LISTEN" => Some(LISTEN),
                "COPY" if is_with_the_client(words) => Some(COPY),
                _ => None,
            };
            spoken.refused = spoken.refused.or(refused);
        }
        spoken.changes = Changes::Several(changes);
        spoken
    }

    /// Several statements cannot be prepared.
    pub(crate) fn is_several(&self) -> bool {
        self.changes.len() > 1
    }
}

fn is_change(word: &str) -> bool {
    ["INSERT", "UPDATE", "DELETE", "MERGE"].iter().any(|it| it.eq_ignore_ascii_case(word))
}

fn of_statement<'s>(first: &str, words: impl Iterator<Item = &'s str>) -> Option<bool> {
    let rest: Vec<_> = words.take(8).map(str::to_ascii_uppercase).collect();
    let next = rest.first().map(String::as_str);
    let says = |word: &str| rest.iter().any(|it| it == word);
    match first {
        "BEGIN" => Some(true),
        "START" => Some(true).filter(|_| next == Some("TRANSACTION")),
        "PREPARE" => Some(false).filter(|_| next == Some("TRANSACTION")),
        "COMMIT" | "END" | "ABORT" | "ROLLBACK" => match next {
            Some("PREPARED") => None,
            _ if says("TO") => None,
            _ => Some(says("CHAIN") && !says("NO")),
        },
        _ => None,
    }
}

/// Tokens that are not within parentheses.
fn outside<'s>(tokens: impl Iterator<Item = &'s str>) -> impl Iterator<Item = &'s str> {
    let mut depth = 0_usize;
    tokens.filter(move |token| {
        match *token {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ => return depth == 0,
        }
        false
    })
}

/// What stands behind the queries of a WITH.
fn verb<'s>(tokens: impl Iterator<Item = &'s str>) -> &'s str {
    let verbs = ["SELECT", "VALUES", "TABLE", "INSERT", "UPDATE", "DELETE", "MERGE"];
    outside(tokens)
        .find(|token| verbs.iter().any(|verb| verb.eq_ignore_ascii_case(token)))
        .unwrap_or_default()
}

/// COPY whose rows go over the connection.
fn is_with_the_client<'s>(tokens: impl Iterator<Item = &'s str>) -> bool {
    let mut before = "";
    outside(tokens).any(|token| {
        let direction = std::mem::replace(&mut before, token);
        let of_client = token.eq_ignore_ascii_case("STDIN") || token.eq_ignore_ascii_case("STDOUT");
        of_client && (direction.eq_ignore_ascii_case("FROM") || direction.eq_ignore_ascii_case("TO"))
    })
}

#[cfg(test)]
mod tests {
    use super::Spoken;

    #[test]
    fn the_last_word_counts() {
        for (sql, open) in [
            ("BEGIN", Some(true)),
            (" /* so */ begin read only;", Some(true)),
            ("START TRANSACTION", Some(true)),
            ("COMMIT", Some(false)),
            ("end;", Some(false)),
            ("ROLLBACK AND CHAIN", Some(true)),
            ("COMMIT AND NO CHAIN", Some(false)),
            ("ROLLBACK TO SAVEPOINT a", None),
            ("ROLLBACK WORK TO a", None),
            ("PREPARE TRANSACTION 'x'", Some(false)),
            ("COMMIT PREPARED 'x'", None),
            ("PREPARE p AS SELECT 1", None),
            ("SELECT 'BEGIN; x'", None),
            ("INSERT INTO t VALUES (1); BEGIN; SELECT 1", Some(true)),
            ("BEGIN; COMMIT", Some(false)),
            ("DO $$ BEGIN PERFORM 1; END $$", None),
            ("", None),
        ] {
            assert_eq!(Spoken::of(sql).leaves_open, open, "{sql}");
        }
        assert!(Spoken::of("BEGIN; SELECT 1 / 0; COMMIT").may_leave_open);
        assert!(!Spoken::of("BEGIN").may_leave_open);
    }

    #[test]
    fn comments_and_other_statements_hide_nothing() {
        for (sql, changes) in [
            ("SELECT 1", &[false][..]),
            ("-- so\nINSERT INTO t VALUES (1) RETURNING id", &[true]),
            ("/* a; b */ update t SET a = 1", &[true]),
            ("WITH x AS (SELECT 1; ) , \"insert\" (a) AS (DELETE FROM t RETURNING 1) SELECT 1", &[false]),
            ("WITH RECURSIVE x AS NOT MATERIALIZED (SELECT 1) INSERT INTO t TABLE x", &[true]),
            ("SELECT 1; MERGE INTO t USING u ON true WHEN MATCHED THEN DELETE; -- x", &[false, true]),
            ("SELECT 'a;b'; -- the end;", &[false]),
            ("; ;", &[]),
        ] {
            let spoken = Spoken::of(sql);
            assert_eq!((&*spoken.changes, spoken.refused), (changes, None), "{sql}");
        }
    }

    #[test]
    fn what_sqlx_breaks_at_is_refused() {
        for sql in [
            "listen x",
            "/*c*/ LISTEN x",
            "SELECT 1; LISTEN x",
            "COPY t FROM STDIN",
            "copy t (a, b) from /* so */ stdin csv",
            "COPY (SELECT 1) TO STDOUT",
            "BEGIN; COPY t TO stdout",
        ] {
            assert!(Spoken::of(sql).refused.is_some(), "{sql}");
        }
        for sql in
            ["COPY t FROM '/stdin'", "COPY (SELECT a FROM stdin) TO '/x'", "SELECT 'LISTEN x'", "UNLISTEN x"]
        {
            assert_eq!(Spoken::of(sql).refused, None, "{sql}");
        }
    }
}
