//! Templates: the expressions within their tags.

use super::expression::Writer;
use super::{ITERATE, tokens};
use tokens::Token;

/// Rewrites the expressions of a template and leaves the rest as it is.
pub(super) fn rewrite(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len() * 2);
    let mut rest = text;
    while let Some(at) = ["{{", "{%", "{#"].iter().filter_map(|mark| rest.find(mark)).min() {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        rest = match from.get(..2)? {
            "{#" => {
                let end = from.find("#}")? + 2;
                out.push_str(from.get(..end)?);
                from.get(end..)?
            }
            "{{" => tag(&mut out, from, "}}")?.0,
            _ => {
                let (after, is_raw) = tag(&mut out, from, "%}")?;
                if is_raw { raw(&mut out, after)? } else { after }
            }
        };
    }
    out.push_str(rest);
    Some(out)
}

/// Writes a tag; says what follows it, and whether that is taken as it stands.
fn tag<'a>(out: &mut String, text: &'a str, end: &str) -> Option<(&'a str, bool)> {
    let inner = text.get(2..)?;
    let unsigned = inner.strip_prefix(['-', '+']).unwrap_or(inner);
    let (tokens, stop) = tokens::read(unsigned, Some(end))?;
    let after = unsigned.get(stop..)?;
    let length = if after.starts_with(end) { end.len() } else { end.len() + 1 };
    let mut writer = Writer::new(&tokens);
    match end {
        "}}" => writer.whole()?,
        _ => statement(&mut writer)?,
    }
    out.push_str(text.get(..2 + inner.len() - unsigned.len())?);
    out.push_str(&writer.finish()?);
    out.push(' ');
    out.push_str(after.get(..length)?);
    Some((after.get(length..)?, tokens == [Token::Name("raw")]))
}

/// What stands up to `{% endraw %}`.
fn raw<'a>(out: &mut String, text: &'a str) -> Option<&'a str> {
    let mut from = 0;
    loop {
        let at = from + text.get(from..)?.find("{%")?;
        let inner = text.get(at + 2..)?;
        let unsigned = inner.trim_start_matches(['-', '+']);
        if unsigned.trim_start().starts_with("endraw") {
            let end = at + 2 + inner.find("%}")? + 2;
            out.push_str(text.get(..end)?);
            return text.get(end..);
        }
        from = at + 2;
    }
}

fn statement(writer: &mut Writer<'_, '_>) -> Option<()> {
    let Some(Token::Name(name)) = writer.peek() else { return None };
    writer.copy()?;
    match name {
        "if" | "elif" => writer.or()?,
        "for" => looped(writer)?,
        "set" => {
            until(writer, "=");
            if writer.is_sign("=") {
                writer.copy()?;
                writer.whole()?;
            }
        }
        "with" => {
            while writer.peek().is_some() {
                until(writer, "=");
                writer.copy()?;
                writer.any()?;
                if writer.is_sign(",") {
                    writer.copy()?;
                }
            }
        }
        _ => {}
    }
    // What else there is has no expressions, or the engine says that it is no statement.
    while writer.peek().is_some() {
        writer.copy()?;
    }
    Some(())
}

fn until(writer: &mut Writer<'_, '_>, sign: &str) {
    while !writer.is_sign(sign) && writer.copy().is_some() {}
}

fn looped(writer: &mut Writer<'_, '_>) -> Option<()> {
    while !writer.is_name("in") {
        writer.copy()?;
    }
    writer.copy()?;
    writer.write("(");
    writer.or()?;
    writer.write(&format!(")|{ITERATE}"));
    if writer.is_name("if") {
        writer.copy()?;
        writer.any()?;
    }
    Some(())
}
