//! What a statement's text says of transactions. The server tells with each answer whether one is open, and sqlx keeps
//! that to itself; in PostgreSQL only a statement of its own can begin or end one.

use purlin_db::Dialect;

/// Whether a transaction is open after that text, as its last word on it has it; none where it says nothing.
pub(crate) fn leaves_open(sql: &str) -> Option<bool> {
    let single = !sql.trim_end_matches(|letter: char| letter == ';' || letter.is_whitespace()).contains(';');
    if single && starts_with_one_of(sql, &["SELECT", "INSERT", "UPDATE", "DELETE", "WITH"]) {
        return None;
    }
    let parts = Dialect::POSTGRES.split(sql);
    parts.iter().filter_map(|part| of_statement(part.sql)).next_back()
}

/// Whether one is begun anywhere in that text, should it break off half-way.
pub(crate) fn may_leave_open(sql: &str) -> bool {
    let parts = Dialect::POSTGRES.split(sql);
    parts.len() > 1 && parts.iter().any(|part| of_statement(part.sql) == Some(true))
}

fn of_statement(sql: &str) -> Option<bool> {
    let mut words = sql.split(|letter: char| !letter.is_ascii_alphabetic()).filter(|word| !word.is_empty());
    let mut next = || words.next().map(str::to_ascii_uppercase).unwrap_or_default();
    match next().as_str() {
        "BEGIN" => Some(true),
        "START" => Some(true).filter(|_| next() == "TRANSACTION"),
        "PREPARE" => Some(false).filter(|_| next() == "TRANSACTION"),
        "COMMIT" | "END" | "ABORT" | "ROLLBACK" => {
            let rest: Vec<_> = std::iter::repeat_with(next).take_while(|word| !word.is_empty()).collect();
            let says = |word: &str| rest.iter().any(|it| it == word);
            match rest.first().map(String::as_str) {
                Some("PREPARED") => None,
                _ if says("TO") => None,
                _ => Some(says("CHAIN") && !says("NO")),
            }
        }
        _ => None,
    }
}

fn starts_with_one_of(sql: &str, words: &[&str]) -> bool {
    let first = sql.trim_start().split(|letter: char| !letter.is_ascii_alphabetic()).next().unwrap_or("");
    words.iter().any(|word| word.eq_ignore_ascii_case(first))
}

#[cfg(test)]
mod tests {
    use super::{leaves_open, may_leave_open};

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
            assert_eq!(leaves_open(sql), open, "{sql}");
        }
        assert!(may_leave_open("BEGIN; SELECT 1 / 0; COMMIT") && !may_leave_open("BEGIN"));
    }
}
