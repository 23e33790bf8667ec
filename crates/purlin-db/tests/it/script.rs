//! Scripts, cut as each engine's own client cuts them.

use purlin_db::Dialect;

fn cut<'s>(dialect: &Dialect, script: &'s str) -> Vec<&'s str> {
    dialect.split(script).into_iter().map(|part| part.sql).collect()
}

#[test]
fn semicolons_count_outside_of_strings_names_and_comments() {
    let script = "-- head;\nselect ';', \"a;\" /* ; */ ;\n\n;; update t set a = 1 -- ;\n";
    assert_eq!(cut(Dialect::SQLITE, script), ["select ';', \"a;\"", "update t set a = 1"]);
    assert_eq!(cut(Dialect::SQLITE, " -- nothing\n ; /* at all */"), [""; 0]);
    assert_eq!(cut(Dialect::MYSQL, r"select '\';'; select `;`"), [r"select '\';'", "select `;`"]);
    assert_eq!(cut(Dialect::MYSQL, "select 1 # ;\n; select 2--;"), ["select 1", "select 2--"]);
}

#[test]
fn places_are_those_of_the_script() {
    let parts = Dialect::SQLITE.split("select 'é'; select 2;\n  -- x\n  select\n3");
    let places: Vec<_> =
        parts.iter().map(|part| (part.offset, part.line, part.column, part.repeat)).collect();
    assert_eq!(places, [(0, 1, 1, 1), (13, 1, 13, 1), (32, 3, 3, 1)]);
}

#[test]
fn mysql_s_delimiter_is_what_the_script_says() {
    let script = "select 1;\ndelimiter //\ncreate procedure p() begin select 1; select '//'; end//\n\
                  DELIMITER $$\ncreate function f() returns int return 1; $$ select 2 END$$\nDELIMITER ;\nselect 3;";
    assert_eq!(
        cut(Dialect::MYSQL, script),
        [
            "select 1",
            "create procedure p() begin select 1; select '//'; end",
            "create function f() returns int return 1;",
            "select 2 END",
            "select 3",
        ]
    );
    assert_eq!(cut(Dialect::MYSQL, "select delimiter from t;"), ["select delimiter from t"]);
}

#[test]
fn what_a_dump_hides_in_comments_is_code() {
    let script = "/*!40101 SET NAMES utf8 */;\nDELIMITER ;;\n/*!50003 CREATE*/ /*!50017 DEFINER=`a`@`b`*/ /*!50003 \
                  TRIGGER t BEFORE INSERT ON a FOR EACH ROW BEGIN SET NEW.b = '*/;;'; END */;;\nDELIMITER ;\n";
    let parts = cut(Dialect::MYSQL, script);
    assert_eq!(parts.len(), 2, "{parts:?}");
    assert_eq!(parts[0], "/*!40101 SET NAMES utf8 */");
    assert!(parts[1].ends_with("'*/;;'; END */"), "{parts:?}");
}

#[test]
fn routines_are_whole_without_a_delimiter_too() {
    let body = "create definer=root@localhost procedure p() begin if a then select 1; end if; case a when 1 then \
                select case when 1 then 2 end; end case; while 1 do select 1; end while; begin end; end";
    assert_eq!(cut(Dialect::MYSQL, &format!("{body}; select 1;")), [body, "select 1"]);
    assert_eq!(cut(Dialect::MYSQL, "begin; select 1; commit"), ["begin", "select 1", "commit"]);
    let block = "begin not atomic select 1; select 2; end";
    assert_eq!(cut(Dialect::MYSQL, &format!("{block}; select 3")), [block, "select 3"]);
    assert_eq!(cut(Dialect::MYSQL, "create table event (begin int); select 1").len(), 2);
}

#[test]
fn sqlite_triggers_are_whole() {
    let trigger = "create temp trigger t after update on a when case new.x when 1 then 1 end begin update b set c = \
                   case when 1 then 2 end; delete from d; end";
    assert_eq!(cut(Dialect::SQLITE, &format!("begin; {trigger}; commit;")), ["begin", trigger, "commit"]);
    assert_eq!(cut(Dialect::SQLITE, "create table t (a); end; begin").len(), 3);
}

#[test]
fn postgres_bodies_are_whole() {
    let quoted = "create function f() returns int as $f$ begin perform $$;$$; end $f$ language plpgsql";
    let atomic = "create or replace function g() returns int begin atomic select case when true then 1 end; select 2; end";
    let rule = "create rule r as on insert to t do (delete from a; delete from b)";
    let script = format!("{quoted};\n{atomic};{rule}; begin; select E'\\';'; end;");
    assert_eq!(cut(Dialect::POSTGRES, &script), [quoted, atomic, rule, "begin", "select E'\\';'", "end"]);
}

#[test]
fn sql_server_batches_end_at_go() {
    let script = "declare @a int = 1; select @a\ngo\nselect [go\ngo\n], 'x\ngo\n' /* \ngo\n*/\n  GO 3 -- thrice\nselect go\nGO x\n";
    let parts = Dialect::MSSQL.split(script);
    let told: Vec<_> = parts.iter().map(|part| (part.sql, part.repeat)).collect();
    assert_eq!(
        told,
        [("declare @a int = 1; select @a", 1), ("select [go\ngo\n], 'x\ngo\n'", 3), ("select go\nGO x", 1),]
    );
    assert_eq!(cut(Dialect::MSSQL, "GO\r\nselect 1\r\nGO\r\n"), ["select 1"]);
}

#[test]
fn oracle_blocks_end_at_a_slash() {
    let script = "select 1/2 from dual;\ncreate or replace editionable package p as x number; end;\n/\n\
                  create table t (a number);\n/\nbegin null; end;\n /\n<<l>> declare x number; begin x := 1\n/ 2; end;\n/\n\
                  with function f return number is begin return 1; end; select f from dual\n/\nselect 2 from dual";
    assert_eq!(
        cut(Dialect::ORACLE, script),
        [
            "select 1/2 from dual",
            "create or replace editionable package p as x number; end;",
            "create table t (a number)",
            "begin null; end;",
            "<<l>> declare x number; begin x := 1\n/ 2; end;",
            "with function f return number is begin return 1; end; select f from dual",
            "select 2 from dual",
        ]
    );
    assert_eq!(cut(Dialect::ORACLE, "(select 1 from dual); select q'[;]' from dual").len(), 2);
}

#[test]
fn what_breaks_off_is_the_last_statement() {
    assert_eq!(cut(Dialect::POSTGRES, "select 1; select 'a; b"), ["select 1", "select 'a; b"]);
    assert_eq!(cut(Dialect::SQLITE, "create trigger t begin select 1; select 2;").len(), 1);
}
