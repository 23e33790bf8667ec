//! The lexer, and what rewriting leaves as it was.

use super::lexer::{Kind, Lexer};
use crate::{Dialect, Sql};
use proptest::prelude::*;

const ALL: [&Dialect; 5] =
    [Dialect::MYSQL, Dialect::POSTGRES, Dialect::SQLITE, Dialect::MSSQL, Dialect::ORACLE];

fn kinds(dialect: &Dialect, text: &str) -> Vec<(Kind, String)> {
    let tokens = Lexer::new(text, dialect.lexis).filter(|token| token.kind != Kind::Space);
    tokens.map(|token| (token.kind, text[token.span].to_owned())).collect()
}

fn quoted(dialect: &Dialect, text: &str) -> bool {
    let tokens: Vec<_> = Lexer::new(text, dialect.lexis).collect();
    tokens.len() == 1 && !tokens[0].open && matches!(tokens[0].kind, Kind::Quoted | Kind::Comment)
}

/// Everything that is no placeholder and no space.
fn rest(dialect: &Dialect, text: &str) -> String {
    let keep = |kind: &Kind| !matches!(kind, Kind::Question | Kind::Name | Kind::Native | Kind::Space);
    let kept = kinds(dialect, text).into_iter().filter(|(kind, _)| keep(kind));
    kept.map(|(kind, word)| if kind == Kind::Escaped { String::new() } else { word }).collect()
}

#[test]
fn strings_names_and_comments_end_where_the_engine_ends_them() {
    let [mysql, postgres, sqlite, mssql, oracle] = ALL;
    let whole = [
        (mysql, r"'it''s \' ? :a'"),
        (mysql, r#""a \" ?""#),
        (mysql, "`a``?`"),
        (mysql, "# ? :a"),
        (mysql, "-- ?"),
        (mysql, "/* ? /* */"),
        (postgres, r"'a \'"),
        (postgres, r"E'a \' ? '"),
        (postgres, r"e'a '' ?'"),
        (postgres, "$$ ? ' :a $$"),
        (postgres, "$tag$ $$ ? $other$ $tag$"),
        (postgres, "$é$ ? $é$"),
        (postgres, "/* a /* ? */ :b */"),
        (sqlite, "[a ?]"),
        (sqlite, "`a?`"),
        (mssql, "[a]] ?]"),
        (mssql, "/* a /* ? */ :b */"),
        (oracle, "q'[it's ? :a]'"),
        (oracle, "nQ'{a}b ?}'"),
        (oracle, "Q'!a'b ?!'"),
        (oracle, "'a \\'"),
    ];
    for (dialect, text) in whole {
        assert!(quoted(dialect, text), "{}: {text}: {:?}", dialect.name, kinds(dialect, text));
    }
    let not = [
        (mysql, "--1"),
        (postgres, "# ?"),
        (postgres, "[a]"),
        (postgres, "`a`"),
        (postgres, "a$b$ ? $b$"),
        (mssql, "$$ ? $$"),
        (oracle, "e'a \\' ?'"),
        (mysql, "q'[it's]'"),
        (sqlite, "/* a /* */ */"),
        (mysql, "/*! ? */"),
    ];
    for (dialect, text) in not {
        assert!(!quoted(dialect, text), "{}: {text}: {:?}", dialect.name, kinds(dialect, text));
    }
}

#[test]
fn colons_question_marks_and_at_signs_are_told_apart() {
    let of = |text| kinds(Dialect::POSTGRES, text).into_iter().map(|(kind, _)| kind).collect::<Vec<_>>();
    use Kind::{Escaped, Name, Native, Question, Symbol, Word};
    assert_eq!(of("a::int"), [Word, Symbol, Word]);
    assert_eq!(of("x :=1"), [Word, Symbol, Symbol, Word]);
    assert_eq!(of("x=:a"), [Word, Symbol, Name]);
    assert_eq!(of("a[1:b]"), [Word, Symbol, Word, Symbol, Word, Symbol]);
    assert_eq!(of("a[:b]"), [Word, Symbol, Name, Symbol]);
    assert_eq!(of("a[b[c]:d]"), [Word, Symbol, Word, Symbol, Word, Symbol, Name, Symbol]);
    // Without a space before it, a parameter is one all the same.
    for text in ["select:x", "then:x", "limit:x", "a]b:x", "a[1;b:x"] {
        assert!(of(text).ends_with(&[Word, Name]), "{text}: {:?}", of(text));
    }
    assert_eq!(of("@a @@b @P1 @@p1"), [Symbol, Symbol, Native, Symbol]);
    assert_eq!(of("??| ?"), [Escaped, Symbol, Question]);
    assert_eq!(of("$1 ?1 :1 $a"), [Native, Native, Native, Symbol, Word]);
    assert_eq!(of(":größe"), [Name]);
}

fn sql() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ a-eqE?:'\"`\\[\\]$@P#/*!;=\n_0-2é\\\\(){}|&-]{0,40}",
        any::<String>(),
        prop::collection::vec(
            prop_oneof![
                Just(" "),
                Just("?"),
                Just("??"),
                Just(":a"),
                Just(":b"),
                Just("'x?'"),
                Just("a"),
                Just("::int"),
                Just("/* :c */"),
                Just("-- ?\n"),
                Just("$$"),
                Just("q'["),
                Just("]'"),
                Just("["),
                Just("]"),
                Just("="),
                Just("$1"),
                Just("@P1"),
                Just("e'"),
                Just("\\'"),
                Just("/*!"),
                Just("*/"),
                Just("1"),
            ],
            0..14,
        )
        .prop_map(|parts| parts.concat()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn tokens_are_the_text(text in sql()) {
        for dialect in ALL {
            let mut end = 0;
            for token in Lexer::new(&text, dialect.lexis) {
                prop_assert_eq!(token.span.start, end);
                prop_assert!(token.span.end > end, "an empty token");
                prop_assert!(text.get(token.span.clone()).is_some(), "a cut within a character");
                end = token.span.end;
            }
            prop_assert_eq!(end, text.len());
        }
    }

    #[test]
    fn nothing_but_placeholders_changes(text in sql()) {
        for dialect in ALL {
            let written = Sql::portable(&text);
            let Ok(sent) = written.text_for(dialect) else { continue };
            // The operator reads as a placeholder in what is sent: to us, not to the server.
            if text.contains("??") {
                continue;
            }
            prop_assert_eq!(rest(dialect, &text), rest(dialect, sent), "{} {}", dialect.name, sent);
            let places = |text| kinds(dialect, text).into_iter().filter(|(kind, _)| {
                matches!(kind, Kind::Question | Kind::Name | Kind::Native)
            }).count();
            prop_assert_eq!(places(&text), places(sent), "{} {}", dialect.name, sent);
        }
    }
}
