//! Portable and native SQL, as users write it.

use proptest::prelude::*;
use purlin_core::{Error, ErrorKind, Outcome};
use purlin_db::{Dialect, Parameters, Sql, Value};
use std::borrow::Cow;

const ALL: [&Dialect; 5] =
    [Dialect::MYSQL, Dialect::POSTGRES, Dialect::SQLITE, Dialect::MSSQL, Dialect::ORACLE];

fn named(values: &[(&str, i64)]) -> Parameters {
    let mut parameters = Parameters::new();
    for (name, value) in values {
        parameters.set(*name, *value);
    }
    parameters
}

fn ordered(values: &[i64]) -> Parameters {
    let mut parameters = Parameters::new();
    for value in values {
        parameters.push(*value);
    }
    parameters
}

fn numbers(values: &[Value]) -> Vec<i64> {
    values
        .iter()
        .map(|value| if let Value::I64(number) = value { *number } else { panic!("{value:?}") })
        .collect()
}

fn sent(dialect: &'static Dialect, sql: &str, parameters: &Parameters) -> Result<(String, Vec<i64>), Error> {
    let sql = Sql::portable(sql);
    sql.resolve(dialect, parameters).map(|(text, values)| (text.into_owned(), numbers(&values)))
}

fn refused(dialect: &'static Dialect, sql: &str, parameters: &Parameters) -> String {
    let error = sent(dialect, sql, parameters).unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Invalid, Outcome::NotSent), "{error}");
    error.message().to_owned()
}

#[test]
fn placeholders_become_those_of_the_engine() {
    let text = "select * from t where a = ? and b in (?, ?)";
    let forms = [
        text,
        "select * from t where a = $1 and b in ($2, $3)",
        text,
        "select * from t where a = @P1 and b in (@P2, @P3)",
        "select * from t where a = :1 and b in (:2, :3)",
    ];
    for (dialect, form) in ALL.into_iter().zip(forms) {
        assert_eq!(sent(dialect, text, &ordered(&[1, 2, 3])).unwrap(), (form.to_owned(), vec![1, 2, 3]));
    }
}

#[test]
fn a_name_used_twice_is_bound_as_the_engine_needs_it() {
    let text = "update t set a = :new where a <> :new and b = :old";
    let forms = [
        ("update t set a = ? where a <> ? and b = ?", vec![1, 1, 2]),
        ("update t set a = $1 where a <> $1 and b = $2", vec![1, 2]),
        ("update t set a = ? where a <> ? and b = ?", vec![1, 1, 2]),
        ("update t set a = @P1 where a <> @P1 and b = @P2", vec![1, 2]),
        ("update t set a = :1 where a <> :2 and b = :3", vec![1, 1, 2]),
    ];
    for (dialect, (form, values)) in ALL.into_iter().zip(forms) {
        // In any order of binding.
        let parameters = named(&[("old", 2), ("new", 1)]);
        assert_eq!(sent(dialect, text, &parameters).unwrap(), (form.to_owned(), values));
    }
}

#[test]
fn what_only_looks_like_a_placeholder_stays() {
    let none = Parameters::new();
    let cases: [(&'static Dialect, &str); 10] = [
        (Dialect::POSTGRES, "select ':a ?', \":b\", $$ ? :c $$, E'\\' ?' -- :d\n, 1::int /* ? /* ? */ */"),
        (Dialect::POSTGRES, "select a[lo:hi], x::text::date, '{}'::jsonb"),
        (Dialect::MYSQL, "select '\\' ?', \"\\\" :a\", @x := 1, `?` # :b ?\n"),
        (Dialect::MYSQL, "set @a:=1, @@session.b = 2"),
        (Dialect::SQLITE, "select [a ?], `:b`, '?' /* :c"),
        (Dialect::MSSQL, "declare @a int = 1; select [x]]?], @a, @@rowcount, N':a?'"),
        (Dialect::ORACLE, "begin x := q'[it's ? :a]'; y:=nq'<?>'; end;"),
        (Dialect::ORACLE, "select \"?\", '?' from dual -- :a"),
        (Dialect::ORACLE, "<<again>> loop exit again; end loop; b:=c"),
        (Dialect::MSSQL, "done: select 1"),
    ];
    for (dialect, text) in cases {
        if text.ends_with(":c") {
            assert!(refused(dialect, text, &none).contains("does not end"), "{text}");
            continue;
        }
        assert_eq!(sent(dialect, text, &none).unwrap().0, text, "{}", dialect.name);
    }
}

#[test]
fn a_parameter_right_behind_a_word_is_one() {
    let text = "select:a, case when b then:a end from t limit:n";
    let form = "select $1, case when b then $1 end from t limit $2";
    assert_eq!(
        sent(Dialect::POSTGRES, text, &named(&[("a", 1), ("n", 2)])).unwrap(),
        (form.to_owned(), vec![1, 2])
    );
    // A label without a space behind it is refused, with the place.
    let why = refused(Dialect::MYSQL, "begin\n again:LOOP leave again; end loop; end", &Parameters::new());
    assert!(why.contains("line 2, column 7: :LOOP is not bound"), "{why}");
    let label = "again: LOOP leave again; end loop";
    assert_eq!(sent(Dialect::MYSQL, label, &Parameters::new()).unwrap().0, label);
}

#[test]
fn json_operators_are_written_twice() {
    let text = "select d ?? :key, d ??| array['a'], d ??& array['b']";
    let form = "select d ? $1, d ?| array['a'], d ?& array['b']";
    assert_eq!(sent(Dialect::POSTGRES, text, &named(&[("key", 1)])).unwrap(), (form.to_owned(), vec![1]));
    let why = refused(Dialect::MYSQL, "select d\n  ?? 'a'", &Parameters::new());
    assert_eq!(why, "line 2, column 3: ?? stands for the operator ?, which mysql does not have");
    let why = refused(Dialect::POSTGRES, "select :a, d ? 'x'", &named(&[("a", 1)]));
    assert_eq!(
        why,
        "line 1, column 14: ? in a statement whose parameters have names; the operator ? is written ??"
    );
}

#[test]
fn numbers_never_grow_into_their_neighbours() {
    let form = |dialect, text| sent(dialect, text, &ordered(&[1])).unwrap().0;
    assert_eq!(form(Dialect::POSTGRES, "select 1 limit?offset 2"), "select 1 limit $1 offset 2");
    assert_eq!(form(Dialect::MSSQL, "select?from t"), "select @P1 from t");
    assert_eq!(form(Dialect::ORACLE, "select a::?"), "select a:: :1");
    assert_eq!(form(Dialect::MYSQL, "select 1 limit?offset 2"), "select 1 limit?offset 2");
}

#[test]
fn parameters_that_do_not_fit_are_refused_with_the_place() {
    let db = Dialect::POSTGRES;
    let cases = [
        (
            "select ?,\n  ?",
            ordered(&[1]),
            "line 2, column 3: nothing is bound for this ?: 1 parameters are bound, the statement takes 2",
        ),
        ("select ?", ordered(&[1, 2]), "2 parameters are bound, the statement takes 1"),
        ("select :a,\n 'é', :b", named(&[("a", 1)]), "line 2, column 7: :b is not bound"),
        ("select :host", named(&[("hots", 1)]), "the statement has no parameter :hots; did you mean :host?"),
        ("select :a", named(&[("a", 1), ("a", 2)]), "line 1, column 8: :a is bound twice"),
        (
            "select :a",
            ordered(&[1]),
            "line 1, column 8: the statement takes its parameters by name, the first is :a",
        ),
        (
            "select ?",
            named(&[("a", 1)]),
            "line 1, column 8: the statement has ? and takes its parameters in order",
        ),
        ("select 1", named(&[("a", 1)]), "the statement has no parameter :a"),
        (
            "select ?, :a",
            ordered(&[1]),
            "line 1, column 11: :a in a statement that has ? at line 1, column 8",
        ),
        (
            "select $1, ?",
            ordered(&[1]),
            "line 1, column 8: $1 is a native placeholder; portable SQL has ? or :name",
        ),
        (
            "select ?1",
            ordered(&[1]),
            "line 1, column 8: ?1 is a native placeholder; portable SQL has ? or :name",
        ),
        (
            "select 'a, ?",
            ordered(&[1]),
            "line 1, column 8: a string, quoted name or comment begins here and does not end",
        ),
    ];
    for (text, parameters, why) in cases {
        assert_eq!(refused(db, text, &parameters), why, "{text}");
    }
    let mut both = ordered(&[1]);
    both.set("a", 1);
    assert_eq!(refused(db, "select :a", &both), "parameters are bound in order or by name, not both");
    assert!(refused(Dialect::MSSQL, "select @p1, ?", &ordered(&[1])).contains("@p1 is a native"));
    assert!(refused(Dialect::ORACLE, "select :1, ?", &ordered(&[1])).contains(":1 is a native"));
}

#[test]
fn more_parameters_than_the_engine_takes_are_refused() {
    let many = ordered(&vec![7; 2_099]);
    let text = format!("select {}", vec!["?"; 2_099].join(", "));
    assert_eq!(
        refused(Dialect::MSSQL, &text, &many),
        "2099 parameters; microsoft.sql_server takes at most 2098"
    );
    assert_eq!(sent(Dialect::SQLITE, &text, &many).unwrap().1.len(), 2_099);
    let native = Sql::native("select 1");
    assert_eq!(native.resolve(Dialect::MSSQL, &many).unwrap_err().kind(), ErrorKind::Invalid);
}

#[test]
fn native_sql_is_sent_byte_for_byte() {
    let text = "select ? :a $1 '";
    let (same, values) = (Sql::from(text), ordered(&[1, 2]));
    for dialect in ALL {
        let (sent, values) = same.resolve(dialect, &values).unwrap();
        assert!(matches!(sent, Cow::Borrowed(sent) if std::ptr::eq(sent, text)));
        assert!(matches!(&values, Cow::Borrowed(values) if values.len() == 2));
    }
    let error = same.resolve(Dialect::MYSQL, &named(&[("a", 1)])).unwrap_err();
    assert_eq!(error.message(), ":a is bound by name, native SQL takes its parameters in order");
}

static KEPT: Sql<'static> = Sql::portable("select :a");

#[test]
fn a_statement_that_is_kept_is_read_once_for_each_dialect() {
    let first = KEPT.text_for(Dialect::POSTGRES).unwrap();
    assert_eq!(KEPT.text_for(Dialect::ORACLE).unwrap(), "select :1");
    assert_eq!(KEPT.text_for(Dialect::MYSQL).unwrap(), "select ?");
    let lent = Sql::from(&KEPT);
    assert!(lent.is_portable());
    assert!(std::ptr::eq(first, lent.text_for(Dialect::POSTGRES).unwrap()));
    let owned = Sql::portable(&format!("select {}", ":b")).into_owned();
    assert_eq!(owned.text_for(Dialect::MSSQL).unwrap(), "select @P1");
    assert_eq!((owned.text(), lent.clone().into_owned().text()), ("select :b", "select :a"));
}

#[test]
fn a_wrong_statement_stays_wrong() {
    let wrong = Sql::portable("select 'a");
    for _ in 0..2 {
        assert_eq!(wrong.text_for(Dialect::SQLITE).unwrap_err().kind(), ErrorKind::Invalid);
    }
}

/// Text in which no placeholder stands, by engine, with what looks like one.
fn opaque(index: usize) -> Vec<&'static str> {
    let mut pieces = vec![
        "select a",
        " from t where b = 1 and ",
        "'? :x'",
        "'it''s ?'",
        "\"na?me\"",
        "/* ? :x */",
        "-- ? :x\n",
        "x::int",
        "@v",
        "(",
        ")",
        ",",
        " = ",
        "é",
        "y :=1 ",
    ];
    pieces.extend(match index {
        0 => vec!["'\\' ?'", "\"\\\" :x\"", "`?`", "# ? :x\n", "@a:=1"],
        1 => vec!["$$ ? :x' $$", "$t$ :x $$ $t$", "E'\\' ?'", "/* ? /* :x */ ? */", "a[1:x]"],
        2 => vec!["[? :x]", "`:x`"],
        3 => vec!["[? ]] :x]", "/* ? /* :x */ ? */", "N'? :x'"],
        _ => vec!["q'[it's ? :x]'", "nq'!' ? !'", "q'(:x)'"],
    });
    pieces
}

proptest! {
    /// The expected text is put together beside the statement, without a lexer.
    #[test]
    fn everything_beside_placeholders_is_byte_identical(
        index in 0_usize..5,
        pieces in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..4), 0..12),
    ) {
        let (dialect, opaque) = (ALL[index], opaque(index));
        let (mut written, mut expected, mut names) = (String::new(), String::new(), Vec::new());
        for (piece, name) in &pieces {
            let piece = opaque[piece.index(opaque.len())];
            for text in [&mut written, &mut expected] {
                text.push_str(piece);
                text.push('\n');
            }
            if *name > 0 {
                let known = names.iter().position(|known| known == name);
                let reuses = matches!(index, 1 | 3);
                let number = known.filter(|_| reuses).unwrap_or(names.len()) + 1;
                if known.is_none() || !reuses {
                    names.push(*name);
                }
                written.push_str(&format!(" :n{name} "));
                expected.push_str(&match index {
                    1 => format!(" ${number} "),
                    3 => format!(" @P{number} "),
                    4 => format!(" :{number} "),
                    _ => " ? ".to_owned(),
                });
            }
        }
        let bound = [1, 2, 3].into_iter().filter(|name| names.contains(name));
        let mut parameters = Parameters::new();
        bound.for_each(|name| parameters.set(format!("n{name}"), i64::try_from(name).unwrap()));
        let (text, values) = sent(dialect, &written, &parameters).unwrap();
        prop_assert_eq!(text, expected);
        prop_assert_eq!(values, names.iter().map(|name| i64::try_from(*name).unwrap()).collect::<Vec<_>>());
    }

    #[test]
    fn no_text_makes_it_panic(data in prop::collection::vec(any::<u8>(), 0..200)) {
        fuzz(&data);
    }
}

/// The body of a fuzz target: reads any bytes as SQL of every engine, and as a script.
fn fuzz(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    for dialect in ALL {
        let sql = Sql::portable(&text);
        let parameters = named(&[("a", 1)]);
        for parameters in [&parameters, &ordered(&[1]), &Parameters::new()] {
            if let Ok((sent, values)) = sql.resolve(dialect, parameters) {
                assert!(values.len() <= sent.len());
            }
        }
        let mut end = 0;
        for part in dialect.split(&text) {
            assert!(part.offset >= end && !part.sql.trim().is_empty());
            assert_eq!(&text[part.offset..part.offset + part.sql.len()], part.sql);
            end = part.offset + part.sql.len();
        }
        let _ = (dialect.quote_name(&text), dialect.quote_text(&text));
    }
}

#[test]
fn the_corpus_makes_nothing_panic() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus/sql");
    let files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(files.len() >= 10, "{} files", files.len());
    for file in files {
        let data = std::fs::read(&file).unwrap();
        // Every beginning, so that each construct also breaks off.
        (0..=data.len()).for_each(|end| fuzz(&data[..end]));
    }
}
