//! Bounds on the shape of expressions: the engine walks them by recursion, and a stack has an end.

use super::{Fault, FaultKind};

/// The longest expression or template.
const MAX_LENGTH: usize = 16 * 1024;
/// Operators, filters, attributes and the like in one expression.
const MAX_OPERATORS: usize = 200;
/// Brackets within each other.
const MAX_BRACKETS: usize = 40;
/// Tags such as `{% if %}` in a template.
const MAX_TAGS: usize = 80;

/// Words that nest one expression in another.
const WORDS: [&str; 7] = ["not", "and", "or", "if", "else", "is", "in"];

/// Refuses an expression that is too long or too deeply nested.
pub(super) fn check_expression(text: &str) -> Result<(), Fault> {
    check_length(text)?;
    Shape::default().read(text)
}

/// Refuses a template of which an expression is too deeply nested, or that is too long.
pub(super) fn check_template(text: &str) -> Result<(), Fault> {
    check_length(text)?;
    if text.matches("{%").count() > MAX_TAGS {
        return Err(Fault::new(FaultKind::Limit, "the template has more than 80 tags"));
    }
    // Where an expression ends is not known before it is understood: the opening marks part well enough, since
    // whatever is counted twice is counted too often, not too seldom.
    for part in text.split("{{").flat_map(|part| part.split("{%")).skip(1) {
        Shape::default().read(part)?;
    }
    Ok(())
}

fn check_length(text: &str) -> Result<(), Fault> {
    if text.len() > MAX_LENGTH {
        return Err(Fault::new(FaultKind::Limit, "the expression is longer than 16 KiB"));
    }
    Ok(())
}

#[derive(Default)]
struct Shape {
    operators: usize,
    brackets: usize,
    word: String,
}

impl Shape {
    fn read(&mut self, text: &str) -> Result<(), Fault> {
        let (mut quote, mut escaped) = (None, false);
        for letter in text.chars() {
            match quote {
                Some(_) if escaped => escaped = false,
                Some(_) if letter == '\\' => escaped = true,
                Some(open) if letter == open => quote = None,
                Some(_) => {}
                None => {
                    quote = Some(letter).filter(|letter| ['"', '\''].contains(letter));
                    self.letter(letter)?;
                }
            }
        }
        Ok(())
    }

    fn letter(&mut self, letter: char) -> Result<(), Fault> {
        if letter.is_alphanumeric() || letter == '_' {
            self.word.push(letter);
            return Ok(());
        }
        let is_operator = "+-*/%~|.=<>!".contains(letter) || WORDS.contains(&self.word.as_str());
        self.word.clear();
        self.operators += usize::from(is_operator);
        match letter {
            '(' | '[' | '{' => {
                self.brackets += 1;
                self.operators += 1;
            }
            ')' | ']' | '}' => self.brackets = self.brackets.saturating_sub(1),
            _ => {}
        }
        if self.operators > MAX_OPERATORS || self.brackets > MAX_BRACKETS {
            let message =
                "the expression has more than 200 operators, or more than 40 brackets within each other";
            return Err(Fault::new(FaultKind::Limit, message));
        }
        Ok(())
    }
}
