//! What the fake answers where no rule says anything else: who it is, numbers, words, and transactions.

use super::tokens::*;

#[derive(Debug, Default)]
pub(super) struct Engine {
    depth: i32,
}

impl Engine {
    pub(super) fn answer(&mut self, text: &str) -> Vec<u8> {
        let statements: Vec<_> = text.split("; ").collect();
        let last = statements.len() - 1;
        let mut tokens = Vec::new();
        for (at, statement) in statements.into_iter().enumerate() {
            let more = if at == last { 0 } else { MORE };
            tokens.extend_from_slice(&self.statement(statement, more));
        }
        tokens
    }

    fn statement(&mut self, text: &str, more: u16) -> Vec<u8> {
        let plain = done(more, 0, 0);
        if text.contains("@@SPID") {
            return self.greeting(more);
        }
        if text.starts_with("BEGIN TRANSACTION") {
            self.depth += 1;
            return [if self.depth == 1 { begun() } else { Vec::new() }, plain].concat();
        }
        if text.starts_with("COMMIT TRANSACTION") {
            return self.commit(more);
        }
        if text.contains("ROLLBACK TRANSACTION purlin_") || text.starts_with("SAVE TRANSACTION") {
            return plain;
        }
        if text.contains("ROLLBACK TRANSACTION") {
            let open = std::mem::take(&mut self.depth) > 0;
            return [if open { rolled_back() } else { Vec::new() }, plain].concat();
        }
        if text == "SELECT @@TRANCOUNT" {
            return self.number(self.depth, more);
        }
        if let Some(word) = text.strip_prefix("SELECT '").and_then(|rest| rest.strip_suffix('\'')) {
            let head = columns(&[("", NVARCHAR)]);
            return [head, row(&[&nvarchar(word)]), done(more | COUNT, SELECT, 1)].concat();
        }
        match text.strip_prefix("SELECT ").and_then(|number| number.parse().ok()) {
            Some(number) => self.number(number, more),
            None => plain,
        }
    }

    fn number(&self, number: i32, more: u16) -> Vec<u8> {
        [columns(&[("", INT)]), row(&[&int(number)]), done(more | COUNT, SELECT, 1)].concat()
    }

    fn commit(&mut self, more: u16) -> Vec<u8> {
        if self.depth == 0 {
            let text = "The COMMIT TRANSACTION request has no corresponding BEGIN TRANSACTION.";
            return [error(3902, 1, 16, text), done(more | 2, 0, 0)].concat();
        }
        self.depth -= 1;
        [if self.depth == 0 { committed() } else { Vec::new() }, done(more, 0, 0)].concat()
    }

    fn greeting(&self, more: u16) -> Vec<u8> {
        let head = columns(&[("", INT), ("", NVARCHAR), ("", NVARCHAR)]);
        let values = row(&[&int(51), &nvarchar("16.0.1000.6"), &nvarchar("Fake Edition (64-bit)")]);
        [head, values, done(more | COUNT, SELECT, 1)].concat()
    }
}
