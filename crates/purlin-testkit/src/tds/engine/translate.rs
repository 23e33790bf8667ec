//! From T-SQL to SQLite's SQL.

use super::kind::Kind as Type;
use super::lexer::{Kind, Token};
use super::refusal::{LENGTH, RANGE};

/// What is known of the session, for variables.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known {
    pub(super) id: u16,
    pub(super) depth: u32,
}

#[derive(Debug, Default)]
pub(super) struct Translated {
    pub(super) sql: String,
    /// What the columns of the answer are cast to, where they are.
    pub(super) casts: Vec<Option<Type>>,
}

/// A parenthesis that is open.
#[derive(Debug, Default)]
struct Open {
    /// What is written before its end.
    before: String,
    /// And behind it.
    behind: &'static str,
    limit: Option<String>,
    is_cast: bool,
}

/// Where a list of columns stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum List {
    Before,
    /// At the beginning of a column.
    At,
    Within,
    Over,
}

struct Translator<'t> {
    tokens: std::iter::Peekable<std::slice::Iter<'t, Token<'t>>>,
    known: Known,
    out: Translated,
    open: Vec<Open>,
    limit: Option<String>,
    list: List,
    /// The next operand is what is divided by.
    divides: bool,
}

pub(super) fn translate(tokens: &[Token<'_>], known: Known) -> Translated {
    let mut translator = Translator {
        tokens: tokens.iter().peekable(),
        known,
        out: Translated::default(),
        open: Vec::new(),
        limit: None,
        list: List::Before,
        divides: false,
    };
    while let Some(token) = translator.tokens.next() {
        translator.token(token);
    }
    if let Some(limit) = translator.limit.take() {
        translator.out.sql.push_str(&limit);
    }
    let mut out = translator.out;
    if tokens.first().is_some_and(|token| token.is("CREATE")) {
        out.sql = table(&out.sql);
    } else if tokens.first().is_some_and(|token| token.is("ALTER")) {
        out.sql = added(&out.sql);
    }
    out
}

impl<'t> Translator<'t> {
    fn put(&mut self, text: &str) {
        self.out.sql.push_str(text);
    }

    /// The next token that is no blank, without taking it.
    fn ahead(&mut self) -> Option<&'t Token<'t>> {
        while self.tokens.peek().is_some_and(|token| token.kind == Kind::Space) {
            self.tokens.next();
            self.out.sql.push(' ');
        }
        self.tokens.peek().copied()
    }

    fn token(&mut self, token: &'t Token<'t>) {
        let is_operand = !matches!(token.kind, Kind::Space | Kind::Symbol);
        let divides = is_operand && std::mem::take(&mut self.divides);
        if divides {
            self.put("tds_divisor(");
        }
        match token.kind {
            Kind::Space => self.put(" "),
            Kind::Text => self.put(token.text),
            Kind::Name => self.name(&token.name()),
            Kind::Variable => self.variable(token.text),
            Kind::Symbol => self.symbol(token.text),
            Kind::Word => self.word(token),
        }
        if divides && !self.out.sql.ends_with('(') {
            self.put(")");
        } else if divides && let Some(open) = self.open.last_mut() {
            open.behind = ")";
        }
        let begins = ["SELECT", ",", "TOP", "DISTINCT"].iter().any(|word| token.is(word));
        if token.kind != Kind::Space && self.list == List::At && self.open.is_empty() && !begins {
            self.list = List::Within;
        }
    }

    fn name(&mut self, name: &str) {
        self.put(&format!("\"{}\"", name.replace('"', "\"\"")));
    }

    fn variable(&mut self, name: &str) {
        let name = name.to_uppercase();
        match name.as_str() {
            "@@SPID" => self.put(&self.known.id.to_string()),
            "@@TRANCOUNT" => self.put(&self.known.depth.to_string()),
            "@@VERSION" => self.put("'Microsoft SQL Server (fake)'"),
            "@@ROWCOUNT" => self.put("changes()"),
            "@@IDENTITY" => self.put("last_insert_rowid()"),
            "@@SERVERNAME" => self.put("'FAKE'"),
            name => self.put(name),
        }
    }

    fn symbol(&mut self, symbol: &str) {
        match symbol {
            "(" => {
                let behind = if std::mem::take(&mut self.divides) {
                    self.put("tds_divisor(");
                    ")"
                } else {
                    ""
                };
                self.open.push(Open { behind, ..Open::default() });
                self.put("(");
            }
            ")" => {
                let open = self.open.pop().unwrap_or_default();
                self.put(&format!("{}{}){}", open.limit.unwrap_or_default(), open.before, open.behind));
            }
            "/" | "%" => {
                self.divides = true;
                self.put(symbol);
            }
            "," if self.open.is_empty() && matches!(self.list, List::At | List::Within) => {
                self.list = List::At;
                self.out.casts.push(None);
                self.put(",");
            }
            "*" if self.open.is_empty() && self.list == List::At => {
                // How many columns that are is not known.
                self.list = List::Over;
                self.out.casts.clear();
                self.put("*");
            }
            symbol => self.put(symbol),
        }
    }

    fn word(&mut self, token: &'t Token<'t>) {
        let upper = token.text.to_uppercase();
        let calls = self.tokens.peek().is_some_and(|next| next.is("("));
        match upper.as_str() {
            "N" if self.tokens.peek().is_some_and(|next| next.kind == Kind::Text) => {}
            "CAST" if calls => self.cast(),
            "CONVERT" if calls => self.convert(),
            "AS" if self.open.last().is_some_and(|open| open.is_cast) => self.cast_to(),
            "TOP" => self.top(),
            "OPTION" if self.ahead().is_some_and(|next| next.is("(")) => self.skip_group(),
            "SELECT" => {
                if self.open.is_empty() && self.list == List::Before {
                    self.list = List::At;
                    self.out.casts.push(None);
                }
                self.put("SELECT");
            }
            "FROM" if self.open.is_empty() && self.list != List::Before => {
                self.list = List::Over;
                self.put("FROM");
            }
            "DBO" if self.tokens.peek().is_some_and(|next| next.is(".")) => {
                self.tokens.next();
            }
            "SYS" if self.tokens.peek().is_some_and(|next| next.is(".")) => {
                self.tokens.next();
                let view = self.tokens.next().map(Token::name).unwrap_or_default();
                self.name(&format!("sys.{}", view.to_lowercase()));
            }
            "ISNULL" if calls => self.call("ifnull"),
            "LEN" if calls => self.call("length"),
            "REPLICATE" if calls => self.call("tds_replicate"),
            "COUNT_BIG" if calls => self.call("count"),
            "SCOPE_IDENTITY" if calls => self.call("last_insert_rowid"),
            _ if token.text.parse::<i32>().is_ok() => {
                if self.open.is_empty() && self.list == List::At {
                    self.out.casts.pop();
                    self.out.casts.push(Some(Type::Whole(4)));
                }
                self.put(token.text);
            }
            _ if upper.starts_with("0X") => {
                self.put(&format!("X'{}'", token.text.get(2..).unwrap_or_default()))
            }
            _ if token.text.starts_with('#') => self.name(token.text),
            _ if calls && !is_keyword(&upper) => self.call(token.text),
            _ => self.put(token.text),
        }
    }

    /// Writes the name of a function and its parenthesis.
    fn call(&mut self, name: &str) {
        self.tokens.next();
        self.open.push(Open::default());
        self.put(&format!("{name}("));
    }

    fn cast(&mut self) {
        self.call("tds_cast");
        if let Some(open) = self.open.last_mut() {
            open.is_cast = true;
        }
    }

    /// The type behind AS; its parenthesis ends the call.
    fn cast_to(&mut self) {
        let name = self.type_name();
        self.typed(&name);
        self.put(&format!(", '{name}'"));
    }

    fn convert(&mut self) {
        self.call("tds_cast");
        let name = self.type_name();
        self.typed(&name);
        // The comma.
        self.tokens.next();
        if let Some(open) = self.open.last_mut() {
            open.before = format!(", '{name}'");
        }
    }

    /// A column is of that type, where the cast is all of it.
    fn typed(&mut self, name: &str) {
        if self.open.len() == 1
            && self.list == List::At
            && let Some(last) = self.out.casts.last_mut()
        {
            *last = Type::named(name);
        }
    }

    /// Up to what ends it in a cast: a comma or a parenthesis of its own.
    fn type_name(&mut self) -> String {
        let (mut name, mut depth) = (String::new(), 0);
        while let Some(next) = self.tokens.peek() {
            match next.text {
                ")" | "," if depth == 0 => break,
                "(" => depth += 1,
                ")" => depth -= 1,
                _ => {}
            }
            if next.kind != Kind::Space {
                name.push_str(next.text);
            }
            self.tokens.next();
        }
        name
    }

    fn top(&mut self) {
        let mut count = String::new();
        if self.ahead().is_some_and(|next| next.is("(")) {
            self.tokens.next();
            while let Some(next) = self.tokens.next().filter(|next| !next.is(")")) {
                count.push_str(next.text);
            }
        } else if let Some(next) = self.tokens.next() {
            count.push_str(next.text);
        }
        let limit = Some(format!(" LIMIT {count}"));
        match self.open.last_mut() {
            Some(open) => open.limit = limit,
            None => self.limit = limit,
        }
    }

    fn skip_group(&mut self) {
        let mut depth = 0;
        for token in self.tokens.by_ref() {
            match token.text {
                "(" => depth += 1,
                ")" if depth == 1 => return,
                ")" => depth -= 1,
                _ => {}
            }
        }
    }
}

/// Before whose parenthesis there is no function's name.
fn is_keyword(upper: &str) -> bool {
    const WORDS: [&str; 24] = [
        "SELECT",
        "FROM",
        "WHERE",
        "AND",
        "OR",
        "NOT",
        "IN",
        "AS",
        "VALUES",
        "ON",
        "EXISTS",
        "UNION",
        "ALL",
        "THEN",
        "WHEN",
        "ELSE",
        "CHECK",
        "KEY",
        "UNIQUE",
        "REFERENCES",
        "INTO",
        "TABLE",
        "BY",
        "OVER",
    ];
    WORDS.contains(&upper)
}

/// `CREATE TABLE t (…)` with types that SQLite leaves alone, and with what they hold as checks.
fn table(sql: &str) -> String {
    let upper = sql.to_uppercase();
    let (Some(from), Some(to)) = (sql.find('('), sql.rfind(')')) else { return sql.to_owned() };
    if !upper.starts_with("CREATE TABLE") || from >= to {
        return sql.to_owned();
    }
    let head = sql.get(..from).unwrap_or_default();
    let temporary = head.get("CREATE TABLE".len()..).unwrap_or_default();
    let head = match temporary.trim_start().starts_with("\"#") {
        true => format!("CREATE TEMP TABLE {temporary}"),
        false => head.to_owned(),
    };
    let items = parts(sql.get(from + 1..to).unwrap_or_default());
    let items: Vec<String> = items.into_iter().map(|item| column(item, true)).collect();
    format!("{head}({})", items.join(", "))
}

/// `ALTER TABLE t ADD b int`.
fn added(sql: &str) -> String {
    match sql.to_uppercase().find(" ADD ") {
        Some(at) => {
            let (head, item) = sql.split_at(at + 5);
            format!("{head}{}", column(item, false))
        }
        None => sql.to_owned(),
    }
}

/// Cuts at commas that stand in no parenthesis and no quotes.
fn parts(text: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut from, mut quote) = (Vec::new(), 0, 0, None);
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(end), c) if c == end => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, '(') => depth += 1,
            (None, ')') => depth -= 1,
            (None, ',') if depth == 0 => {
                parts.push(text.get(from..at).unwrap_or_default());
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.push(text.get(from..).unwrap_or_default());
    parts
}

fn column(item: &str, checked: bool) -> String {
    let item = item.trim();
    let (name, rest) = item.split_once(char::is_whitespace).unwrap_or((item, ""));
    if ["CONSTRAINT", "PRIMARY", "FOREIGN", "UNIQUE", "CHECK"]
        .iter()
        .any(|word| name.eq_ignore_ascii_case(word))
    {
        return item.to_owned();
    }
    let rest = rest.trim_start();
    let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
    let end = match rest.get(end..).filter(|more| more.starts_with('(')).and_then(|more| more.find(')')) {
        Some(close) => end + close + 1,
        None => end,
    };
    let (written, more) = rest.split_at(end);
    let Some(kind) = Type::named(written) else { return item.to_owned() };
    let check = match &kind {
        _ if !checked => String::new(),
        Type::Whole(size @ (1 | 2 | 4)) => {
            let (least, most) = match size {
                1 => (0_i64, 255_i64),
                2 => (i16::MIN.into(), i16::MAX.into()),
                _ => (i32::MIN.into(), i32::MAX.into()),
            };
            format!(" CONSTRAINT {RANGE} CHECK ({name} BETWEEN {least} AND {most})")
        }
        Type::Text(_, Some(most)) => format!(" CONSTRAINT {LENGTH} CHECK (length({name}) <= {most})"),
        _ => String::new(),
    };
    format!("{name} {}{more}{check}", kind.declared(written))
}
