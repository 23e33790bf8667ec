//! One expression, read by the engine's own grammar and written anew.

use super::tokens::Token;
use super::{ATTRIBUTE, COMPARE, ITEM, MAX_LENGTH, REMAINDER, SLICE};

/// Takes the words of an expression one by one and writes them. What it returns none for is no expression.
pub(super) struct Writer<'a, 'b> {
    tokens: &'b [Token<'a>],
    at: usize,
    out: String,
}

impl<'a, 'b> Writer<'a, 'b> {
    pub(super) fn new(tokens: &'b [Token<'a>]) -> Self {
        Self { tokens, at: 0, out: String::new() }
    }

    /// What was written, when all words were taken.
    pub(super) fn finish(self) -> Option<String> {
        (self.at == self.tokens.len() && self.out.len() <= MAX_LENGTH).then_some(self.out)
    }

    pub(super) fn peek(&self) -> Option<Token<'a>> {
        self.tokens.get(self.at).copied()
    }

    fn peek_after(&self) -> Option<Token<'a>> {
        self.tokens.get(self.at + 1).copied()
    }

    pub(super) fn is_sign(&self, sign: &str) -> bool {
        matches!(self.peek(), Some(Token::Sign(found)) if found == sign)
    }

    pub(super) fn is_name(&self, name: &str) -> bool {
        matches!(self.peek(), Some(Token::Name(found)) if found == name)
    }

    pub(super) fn write(&mut self, text: &str) {
        self.out.push_str(text);
    }

    /// Writes a word as it is.
    pub(super) fn copy(&mut self) -> Option<()> {
        let token = self.peek()?;
        self.at += 1;
        // No two words may become one, and no sign and word a mark of the template.
        self.out.push(' ');
        self.out.push_str(token.text());
        Some(())
    }

    fn copy_sign(&mut self, sign: &str) -> Option<()> {
        if self.is_sign(sign) { self.copy() } else { None }
    }

    /// Puts what was written since `start` into brackets, with this before.
    fn wrap(&mut self, start: usize) {
        self.out.insert(start, '(');
        self.out.push(')');
    }

    /// An expression, or several with commas.
    pub(super) fn whole(&mut self) -> Option<()> {
        self.any()?;
        while self.is_sign(",") {
            self.copy()?;
            if self.peek().is_some() {
                self.any()?;
            }
        }
        Some(())
    }

    /// `a if b else c`.
    pub(super) fn any(&mut self) -> Option<()> {
        self.or()?;
        while self.is_name("if") {
            self.copy()?;
            self.or()?;
            if self.is_name("else") {
                self.copy()?;
                self.any()?;
            }
        }
        Some(())
    }

    pub(super) fn or(&mut self) -> Option<()> {
        self.not()?;
        while self.is_name("or") || self.is_name("and") {
            self.copy()?;
            self.not()?;
        }
        Some(())
    }

    fn not(&mut self) -> Option<()> {
        while self.is_name("not") {
            self.copy()?;
        }
        self.comparison()
    }

    fn comparison(&mut self) -> Option<()> {
        let start = self.out.len();
        self.sum()?;
        let mut is_filter = false;
        while let Some(operator) = self.comparing() {
            if !is_filter {
                self.wrap(start);
                self.out.push_str(&format!("|{COMPARE}("));
                is_filter = true;
            } else {
                self.out.push(',');
            }
            self.out.push_str(&format!("\"{operator}\","));
            self.sum()?;
        }
        if is_filter {
            self.out.push(')');
        }
        Some(())
    }

    /// Takes the operator of a comparison.
    fn comparing(&mut self) -> Option<&'a str> {
        let operator = match self.peek()? {
            Token::Sign(sign @ ("==" | "!=" | "<" | "<=" | ">" | ">=")) => sign,
            Token::Name("in") => "in",
            Token::Name("not") if self.peek_after() == Some(Token::Name("in")) => {
                self.at += 1;
                "not in"
            }
            _ => return None,
        };
        self.at += 1;
        Some(operator)
    }

    fn sum(&mut self) -> Option<()> {
        self.product()?;
        // `~` binds stronger than these, which does not matter where nothing is changed.
        while let Some(Token::Sign("+" | "-" | "~")) = self.peek() {
            self.copy()?;
            self.product()?;
        }
        Some(())
    }

    fn product(&mut self) -> Option<()> {
        let start = self.out.len();
        self.power()?;
        loop {
            match self.peek() {
                Some(Token::Sign("*" | "/" | "//")) => {
                    self.copy()?;
                    self.power()?;
                }
                Some(Token::Sign("%")) => {
                    self.at += 1;
                    self.wrap(start);
                    self.out.push_str(&format!("|{REMAINDER}("));
                    self.power()?;
                    self.out.push(')');
                }
                _ => return Some(()),
            }
        }
    }

    fn power(&mut self) -> Option<()> {
        self.unary()?;
        while self.is_sign("**") {
            self.copy()?;
            self.unary()?;
        }
        Some(())
    }

    /// A value with its filters and tests.
    fn unary(&mut self) -> Option<()> {
        self.operand()?;
        loop {
            if self.is_sign("|") {
                self.copy()?;
                self.dotted()?;
                if self.is_sign("(") {
                    self.arguments()?;
                }
            } else if self.is_name("is") {
                self.copy()?;
                if self.is_name("not") {
                    self.copy()?;
                }
                self.dotted()?;
                match self.peek() {
                    Some(Token::Sign("(")) => self.arguments()?,
                    Some(Token::Name("and" | "or" | "else" | "is")) => {}
                    Some(
                        Token::Name(_) | Token::Text(_) | Token::Number(_) | Token::Sign("-" | "[" | "{"),
                    ) => {
                        self.operand()?;
                    }
                    _ => {}
                }
            } else {
                return Some(());
            }
        }
    }

    /// The name of a filter or test.
    fn dotted(&mut self) -> Option<()> {
        if !matches!(self.peek(), Some(Token::Name(_))) {
            return None;
        }
        self.copy()?;
        while self.is_sign(".") {
            self.copy()?;
            self.copy()?;
        }
        Some(())
    }

    /// A value with its attributes, items and calls.
    fn operand(&mut self) -> Option<()> {
        if self.is_sign("-") {
            self.copy()?;
            return self.operand();
        }
        let start = self.out.len();
        self.primary()?;
        // Where the bracket of the look-ups before ends, which take the next one in.
        let mut end = None;
        loop {
            match self.peek() {
                Some(Token::Sign(".")) => end = self.attribute(start, end)?,
                Some(Token::Sign("[")) => end = self.item(start, end)?,
                Some(Token::Sign("(")) => self.arguments()?,
                _ => return Some(()),
            }
        }
    }

    /// Writes a look-up in what was written since `start`. Says where its bracket ends.
    fn look_up(&mut self, start: usize, end: Option<usize>, filter: &str, key: &str) -> Option<usize> {
        if end == Some(self.out.len()) {
            self.out.pop();
        } else {
            self.out.insert(start, '(');
        }
        self.out.push_str(&format!("|{filter}({key}))"));
        Some(self.out.len())
    }

    #[expect(clippy::option_option, reason = "no expression, or one without such a bracket")]
    fn attribute(&mut self, start: usize, end: Option<usize>) -> Option<Option<usize>> {
        let is_method = self.tokens.get(self.at + 2) == Some(&Token::Sign("("));
        let key = match self.peek_after()? {
            Token::Name(_) if is_method => {
                self.copy()?;
                self.copy()?;
                return Some(None);
            }
            Token::Name(name) => format!("\"{name}\""),
            Token::Number(number) => number.to_owned(),
            _ => return None,
        };
        self.at += 2;
        Some(self.look_up(start, end, ATTRIBUTE, &key))
    }

    #[expect(clippy::option_option, reason = "no expression, or one without such a bracket")]
    fn item(&mut self, start: usize, end: Option<usize>) -> Option<Option<usize>> {
        self.at += 1;
        if self.is_sign("]") {
            return None;
        }
        let mark = self.out.len();
        let mut colons = 0;
        let mut is_said = false;
        while !self.is_sign("]") {
            if self.is_sign(":") {
                self.at += 1;
                colons += 1;
                self.out.push_str(if is_said { "," } else { "none," });
                is_said = false;
            } else if is_said {
                return None;
            } else {
                self.any()?;
                is_said = true;
            }
        }
        self.at += 1;
        self.out.push_str(if is_said { "" } else { "none" });
        let key = self.out.split_off(mark);
        match colons {
            0 => Some(self.look_up(start, end, ITEM, &key)),
            1 | 2 => Some(self.look_up(start, end, SLICE, &key)),
            _ => None,
        }
    }

    fn primary(&mut self) -> Option<()> {
        match self.peek()? {
            Token::Name("and" | "or" | "not" | "in" | "is" | "if" | "else") => None,
            Token::Name(_) | Token::Number(_) => self.copy(),
            Token::Text(_) => {
                while matches!(self.peek(), Some(Token::Text(_))) {
                    self.copy()?;
                }
                Some(())
            }
            Token::Sign("(") => self.bracket(")"),
            Token::Sign("[") => self.bracket("]"),
            Token::Sign("{") => self.bracket("}"),
            Token::Sign(_) => None,
        }
    }

    /// A bracket with what is in it.
    fn bracket(&mut self, closing: &str) -> Option<()> {
        self.copy()?;
        while !self.is_sign(closing) {
            self.any()?;
            // Two values without a sign between them would become a call where the second one gets a bracket.
            let ends = [closing, ",", ":"];
            if !matches!(self.peek(), Some(Token::Sign(sign)) if ends.contains(&sign)) {
                return None;
            }
            while matches!(self.peek(), Some(Token::Sign("," | ":"))) {
                self.copy()?;
            }
        }
        self.copy()
    }

    fn arguments(&mut self) -> Option<()> {
        self.copy_sign("(")?;
        while !self.is_sign(")") {
            if matches!(self.peek(), Some(Token::Sign("*" | "**"))) {
                self.copy()?;
            } else if self.peek_after() == Some(Token::Sign("=")) {
                self.copy()?;
                self.copy()?;
            }
            self.any()?;
            if self.is_sign(",") {
                self.copy()?;
            } else if !self.is_sign(")") {
                return None;
            }
        }
        self.copy()
    }
}
