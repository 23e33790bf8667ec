//! What ansible-core 2.19.14 answered to these expressions as `compose` values of its constructed plugin.

mod recorded;

use super::{Engine, FaultKind, Variables, is_template};
use crate::{FileId, Located, Map, Origin, Value};
use std::collections::HashMap;
use std::sync::Arc;

#[derive(Debug, Default)]
pub(crate) struct Vars(pub(crate) HashMap<&'static str, Value>);

impl Variables for Vars {
    fn get(&self, name: &str) -> Option<Value> {
        self.0.get(name).cloned()
    }
}

fn at() -> Origin {
    Origin::file(FileId(0))
}

fn located(value: impl Into<Value>) -> Located {
    Located::new(value, at())
}

fn vars() -> Arc<dyn Variables> {
    let dd: Map = [("k", located("v")), ("z", located(2))].into_iter().collect();
    let texts = [
        ("env", "prod"),
        ("os", "debian"),
        ("site", "ams"),
        ("weird", "a-b.c d"),
        ("nested", "{{ site }}-x"),
        ("yes_s", "yes"),
        ("s2", "{{ n }}"),
        ("loop", "{{ loop }}"),
        ("und", "{{ nope }}"),
        ("empty", ""),
        ("mem", "12"),
    ];
    let mut vars = Vars(texts.map(|(name, text)| (name, Value::from(text))).into());
    vars.0.insert("n", 1.into());
    vars.0.insert("f", 1.5.into());
    vars.0.insert("nn", Value::Null);
    vars.0.insert("dd", dd.into());
    vars.0.insert("lst", vec![located("a"), located("b")].into());
    vars.0.insert("inventory_hostname", Value::Unsafe("w1".into()));
    vars.0.insert("password", Value::Secret(Arc::new(crate::SecretValue::Open("hunter2".into()))));
    Arc::new(vars)
}

/// A value as JSON would show it, a text that is not trusted with a `!`.
fn show(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(truth) => truth.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => super::python::float(*number),
        Value::Text(text) => format!("{text:?}"),
        Value::Unsafe(text) => format!("!{text:?}"),
        Value::List(items) => {
            format!("[{}]", items.iter().map(|item| show(&item.value)).collect::<Vec<_>>().join(", "))
        }
        Value::Map(map) => {
            let entries = map.iter().map(|(key, item)| format!("{key}: {}", show(&item.value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
        _ => "?".to_owned(),
    }
}

fn evaluated(text: &str) -> Result<String, super::Fault> {
    let engine = Engine::new();
    let value = engine.expression(text)?.evaluate(&vars(), at())?;
    Ok(show(&value.value))
}

fn rendered(text: &str) -> Result<String, super::Fault> {
    Ok(show(&Engine::new().render(text, &vars(), at())?.value))
}

/// Expressions and their values.
const VALUES: &[(&str, &str)] = &[
    ("'abc'", "!\"abc\""),
    ("site | upper", "!\"AMS\""),
    ("nosuch | default('x')", "!\"x\""),
    ("site | default('x')", "\"ams\""),
    ("nosuch | d('', true)", "!\"\""),
    ("lst", "[\"a\", \"b\"]"),
    ("dd", "{k: \"v\", z: 2}"),
    ("dd.k", "\"v\""),
    ("dd['z']", "2"),
    ("site + '-' + os", "!\"ams-debian\""),
    ("nested", "!\"ams-x\""),
    ("nested ~ '!'", "!\"ams-x!\""),
    ("s2", "1"),
    ("s2 + 1", "2"),
    ("(n > 1) | ternary('a','b')", "!\"b\""),
    ("yes_s | bool", "true"),
    ("'nope' | bool", "false"),
    ("'12' | int", "12"),
    ("'x' | int", "0"),
    ("'1.5' | float", "1.5"),
    ("weird | regex_replace('[^a-z]', '_')", "!\"a_b_c_d\""),
    ("weird | regex_search('b.c')", "!\"b.c\""),
    ("weird | regex_search('zzz')", "null"),
    (r"weird | regex_search('(b).(c)', '\\1', '\\2')", "[!\"b\", !\"c\"]"),
    (r"'a-b' | regex_replace('(.)-(.)', '\\2-\\1')", "!\"b-a\""),
    ("dd | to_json", r#"!"{\"k\": \"v\", \"z\": 2}""#),
    ("[1, true, none, 1.5, 'é'] | to_json", r#"!"[1, true, null, 1.5, \"\\u00e9\"]""#),
    ("'[1,2,{\"a\": 3}]' | from_json", "[1, 2, {a: 3}]"),
    ("lst | join(',')", "!\"a,b\""),
    ("'a,b' | split(',')", "[!\"a\", !\"b\"]"),
    ("lst | first", "\"a\""),
    ("lst | last", "\"b\""),
    ("lst | length", "2"),
    ("[1,2,1] | unique", "[1, 2]"),
    ("[3,1,2] | sort", "[1, 2, 3]"),
    ("dd | dict2items", "[{key: !\"k\", value: \"v\"}, {key: !\"z\", value: 2}]"),
    ("dd | dict2items | items2dict", "{k: \"v\", z: 2}"),
    ("dd | combine({'new': 1})", "{k: \"v\", z: 2, new: 1}"),
    ("lst | map('upper') | list", "[!\"A\", !\"B\"]"),
    ("[1,2,3] | select('gt', 1) | list", "[2, 3]"),
    ("[{'a': 1}, {'a': 2}] | selectattr('a', 'equalto', 2) | map(attribute='a') | list", "[2]"),
    ("dd ~ ''", "!\"{'k': 'v', 'z': 2}\""),
    ("1.0 ~ ''", "!\"1.0\""),
    ("7 / 2", "3.5"),
    ("7 // 2", "3"),
    ("4 / 2", "2.0"),
    ("7 % 3", "1"),
    ("2 ** 10", "1024"),
    ("-n", "-1"),
    ("n == '1'", "false"),
    ("'eb' in 'web'", "true"),
    ("'a' in lst", "true"),
    ("'web01' is match('web')", "true"),
    ("'xweb01' is match('web')", "false"),
    ("'xweb01' is search('web')", "true"),
    ("nosuch is defined", "false"),
    ("nosuch is undefined", "true"),
    ("weird.split('-')", "[!\"a\", !\"b.c d\"]"),
    ("site.upper()", "!\"AMS\""),
    ("inventory_hostname", "!\"w1\""),
    ("range(3) | list", "[0, 1, 2]"),
    ("'{{ site }}'", "!\"{{ site }}\""),
    ("(1, 2)", "[1, 2]"),
    ("none", "null"),
    ("n | string", "!\"1\""),
    ("empty", "\"\""),
    ("dd.values() | list", "[\"v\", 2]"),
    ("dd | list", "[!\"k\", !\"z\"]"),
    ("dd.items() | list", "[[!\"k\", \"v\"], [!\"z\", 2]]"),
    ("site[0:2]", "!\"am\""),
    ("lst[-1]", "\"b\""),
    ("'a' if n == 1 else 'b'", "!\"a\""),
    ("'0x1f' | int(base=16)", "31"),
    ("[1,5,2] | max", "5"),
    ("[1,5,2] | sum", "8"),
    ("2.5 | round", "2.0"),
    ("2.567 | round(1)", "2.6"),
    ("-5 | abs", "5"),
    ("site | capitalize", "!\"Ams\""),
    ("lst | reverse | list", "[\"b\", \"a\"]"),
    ("3.7 | int", "3"),
    ("' x ' | trim", "!\"x\""),
    ("site | replace('a', 'b')", "!\"bms\""),
    ("[[1,[2]],3] | flatten", "[1, 2, 3]"),
    ("[1,2,3] | difference([2])", "[1, 3]"),
    ("[1,2] | union([2,3])", "[1, 2, 3]"),
    ("'a b' | quote", "!\"'a b'\""),
    ("[site, env]", "[\"ams\", \"prod\"]"),
    ("'/a/b.c' | basename", "!\"b.c\""),
    ("'/a/b.c' | dirname", "!\"/a\""),
    ("true ~ 'x'", "!\"Truex\""),
    ("'x' ~ none ~ [1, 'a', true]", "!\"xNone[1, 'a', True]\""),
    ("n | int > 0 and 'x' ~ (n == 1)", "!\"xTrue\""),
    ("site ~ os", "!\"amsdebian\""),
    ("[1,2] | zip(['a','b']) | list", "[[1, !\"a\"], [2, !\"b\"]]"),
];

#[test]
fn expressions_have_the_values_that_ansible_gives_them() {
    for (text, expected) in VALUES {
        assert_eq!(evaluated(text).as_deref(), Ok(*expected), "{text}");
    }
}

#[test]
fn templates_keep_the_type_of_a_single_expression() {
    let cases = [
        ("{{ n * 2 }}", "2"),
        ("{{ n }}x", "!\"1x\""),
        (" {{ n }}", "!\" 1\""),
        ("{{ lst }}", "[\"a\", \"b\"]"),
        ("{{ lst }}!", "!\"['a', 'b']!\""),
        ("plain", "\"plain\""),
        ("{{ n == 1 }}-", "!\"True-\""),
        ("{{ site }}{{ os }}", "!\"amsdebian\""),
        ("{{ '}}' }}", "!\"}}\""),
        ("{{ site }}", "\"ams\""),
        ("{% if n == 1 %}a{% endif %}b\n", "!\"ab\\n\""),
        ("{{- n -}}", "1"),
        ("{% for x in lst if x != 'a' %}{{ x }}{% else %}-{% endfor %}", "!\"b\""),
        ("{% for a, b in dd.items() %}{{ a }}{{ b }}{{ loop.index }}{% endfor %}", "!\"kv1z22\""),
        ("{% set y = n + 1 %}{{ y > 1 }}{{ y in [2] }}", "!\"TrueTrue\""),
        ("{% set y, z = 1, 2 %}{{ y < z }}", "!\"True\""),
        ("{% with y = dd.k %}{{ y }}{% endwith %}{# a.b < 1 #}", "!\"v\""),
        ("{% raw %}{{ a.b < 1 }}{% endraw %}{{ dd.k ~ '}}' }}", "!\"{{ a.b < 1 }}v}}\""),
        ("{% if nosuch.a is defined %}x{% elif dd.z >= 2 %}y{% endif %}", "!\"y\""),
        ("{{ nosuch.a.b | default('-') }}/{{ {'a': {'b': n}}.a.b }}", "!\"-/1\""),
        ("{%- if lst[1:] == ['b'] -%} x {%- endif -%}", "!\"x\""),
    ];
    for (text, expected) in cases {
        assert_eq!(rendered(text).as_deref(), Ok(expected), "{text}");
    }
}

#[test]
fn faults_name_their_cause() {
    let cases = [
        ("nosuch == 1", FaultKind::Undefined, "'nosuch' is undefined"),
        ("dd.nosuch", FaultKind::Undefined, "an attribute or item does not exist"),
        ("und", FaultKind::Undefined, "'nope' is undefined"),
        ("'a' if n == 2", FaultKind::Undefined, "an attribute or item does not exist"),
        ("{{ site }}", FaultKind::Syntax, ""),
        ("n ==", FaultKind::Syntax, ""),
        ("", FaultKind::Syntax, ""),
        ("'10.0.0.1' | ipaddr", FaultKind::Unknown, "ipaddr"),
        ("n is zork", FaultKind::Unknown, "zork"),
        ("lookup('env', 'HOME')", FaultKind::Unknown, "lookup"),
        ("site.encode()", FaultKind::Unknown, "encode"),
        ("site.zork()", FaultKind::Undefined, "an attribute or item does not exist"),
        ("nosuch.upper()", FaultKind::Undefined, "'nosuch' is undefined"),
        ("n > 'a'", FaultKind::Failed, "'>' cannot compare a number with a string"),
        ("n in dd.k", FaultKind::Failed, ""),
        ("site | upper(1)", FaultKind::Unknown, "too many arguments"),
        ("site.startswith()", FaultKind::Unknown, "missing argument"),
        ("lst | join(lst, 1, 2)", FaultKind::Unknown, ""),
        ("loop", FaultKind::Failed, "variables refer to themselves: loop > loop"),
        ("n + 'a'", FaultKind::Failed, ""),
        ("password ~ 'x'", FaultKind::Secret, "secret"),
        ("'x' * 100000000", FaultKind::Limit, ""),
        ("range(100000) | map('string') | list | length", FaultKind::Limit, ""),
    ];
    for (text, kind, message) in cases {
        let fault = evaluated(text).expect_err(text);
        assert_eq!(fault.kind, kind, "{text}: {fault}");
        assert!(fault.message.contains(message), "{text}: {fault}");
        assert!(!fault.message.contains("hunter2"));
    }
}

#[test]
fn variables_that_multiply_each_other_are_stopped() {
    let mut vars = Vars::default();
    let names: Vec<&'static str> = vec!["a", "b", "c", "d", "e", "f", "g", "h", "i"];
    for pair in names.windows(2) {
        let item = located(format!("{{{{ {} }}}}", pair[1]));
        vars.0.insert(pair[0], vec![item; 10].into());
    }
    vars.0.insert("i", "end".into());
    let fault = Engine::new().render("{{ a }}", &(Arc::new(vars) as Arc<dyn Variables>), at()).unwrap_err();
    assert_eq!(fault.kind, FaultKind::Limit);
}

#[test]
fn templates_fail_as_expressions_do() {
    let cases = [
        ("{% for x in nn %}{% endfor %}x", FaultKind::Failed),
        ("{% for x in nosuch.a %}{% endfor %}x", FaultKind::Undefined),
        ("{% if n > 'a' %}{% endif %}x", FaultKind::Failed),
        ("a{{ nosuch.a.b }}", FaultKind::Undefined),
        ("{% set x = n < nn %}x", FaultKind::Failed),
        ("{% if n > 1 %}", FaultKind::Syntax),
        ("{{ n > }}", FaultKind::Syntax),
        ("{{ n }", FaultKind::Syntax),
    ];
    for (text, kind) in cases {
        assert_eq!(rendered(text).expect_err(text).kind, kind, "{text}");
    }
}

/// What the engine reads is read for rewriting too, and what was rewritten is read by the engine.
fn check_rewriting(text: &str) {
    let env = minijinja::Environment::new();
    // The engine takes keywords for names where it can; nobody's variable has such a name.
    let keywords = ["and", "or", "not", "in", "is", "if", "else"];
    let names = |expression: minijinja::Expression<'_, '_>| expression.undeclared_variables(false);
    let is_proper = |name: &String| !keywords.contains(&name.as_str());
    let is_read =
        env.compile_expression(text).is_ok_and(|expression| names(expression).iter().all(is_proper));
    if let Some(new) = super::rewrite::expression(text) {
        assert_eq!(env.compile_expression(&new).is_ok(), is_read, "{text} became {new}");
    } else {
        assert!(!is_read, "{text}");
    }
}

#[test]
fn two_values_side_by_side_do_not_become_a_call() {
    for text in ["( a a.b )", "( f(a) a[1:b] )", "[a a.b]", "f(a a.b)"] {
        check_rewriting(text);
    }
}

proptest::proptest! {
    #[test]
    fn rewriting_takes_what_the_engine_takes(words in proptest::collection::vec(
        proptest::sample::select(vec!["a", "b", "a.b", "f(a)", "a[0]", "a[1:b]", ".c", ".0", "[b]", "(", ")", "[", "]", "{'k': a}",
            "|upper", "|d(1)", "is defined", "is not none", "is eq 1", "<", "==", "in", "not in", "not", "and", "or", "if", "else",
            "+", "-", "*", "**", "%", "~", "//", "1", "1.5", "'t'", ",", ":", "(a, b)", "x=1", "f(x=a, *b)"]), 0..9)) {
        check_rewriting(&words.join(" "));
    }

    #[test]
    fn no_text_panics(text in "[ -~é\n]{0,60}", words in proptest::collection::vec(
        proptest::sample::select(vec!["site", "n", "dd", "lst", "~", "|", "(", ")", "[", "]", "{{", "}}", "{%", "%}", "for", "in",
            "if", "is", "not", "'a'", "1", "join", "upper", "map", "*", "**", "9999999999", ",", ".", ":", "x", "=", "-", "set", "combine",
            "round", "int", "split", "replace", "regex_replace", "range", "loop"]), 0..14)) {
        for text in [text, words.join(" ")] {
            let _ = evaluated(&text);
            let _ = rendered(&format!("{{{{ {text} }}}} {text}"));
            let _ = rendered(&text);
            assert!(is_template(&format!("{{{{{text}")));
        }
    }
}

/// Half of what threads have that nobody set up, and with the large frames of a build that is not optimised.
fn on_a_small_stack(work: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(1 << 20).spawn(work).unwrap();
    assert!(thread.join().is_ok());
}

#[test]
fn variables_nested_in_each_other_fit_the_stack() {
    on_a_small_stack(|| {
        let names: Vec<&'static str> = (0..20).map(|number| &*format!("v{number}").leak()).collect();
        for depth in [0, 3, 60] {
            let mut vars = Vars::default();
            for pair in names.windows(2) {
                let mut value = located(format!("{{{{ [{}] | map('string') | join }}}}", pair[1]));
                for _ in 0..depth {
                    value = located(vec![value]);
                }
                vars.0.insert(pair[0], value.value);
            }
            vars.0.insert(names[19], format!("{{{{ {}1 }}}}", "1+".repeat(190)).into());
            let vars: Arc<dyn Variables> = Arc::new(vars);
            let result = Engine::new().render("{{ v0 }}", &vars, at());
            assert_eq!(result.is_ok(), depth < 60, "{result:?}");
        }
    });
}

#[test]
fn hostile_expressions_end_with_an_answer_or_a_fault() {
    on_a_small_stack(hostile_expressions);
}

fn hostile_expressions() {
    let repeated = [
        "(",
        "[",
        "{'a':",
        "-",
        "not ",
        "n+",
        "n~",
        "n if n else ",
        "n and ",
        "n.a",
        "n|string|",
        "[n]|list|",
        "n[",
        "{% if n %}",
        "{% for a in n %}",
        "n is a ",
        "n(",
        "'a'*9*",
    ];
    for part in repeated {
        for count in [50, 200, 16 * 1024 / part.len() - 2] {
            let text = part.repeat(count);
            for text in [format!("{text}n"), text] {
                let _ = evaluated(&text);
                let _ = rendered(&format!("{{{{ {text} }}}}x"));
            }
        }
    }
    let deep = "n".to_owned() + &"|zip|list".repeat(1_800);
    let _ = evaluated(&deep);
    let _ = rendered("{% for a in range(9999) %}{% for b in range(9999) %}{{ a }}{% endfor %}{% endfor %}")
        .unwrap_err();
    let _ = rendered("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}");
    let _ = rendered("{% set x = 'a' * 9999 %}{{ x * 9999 }}").unwrap_err();
    assert_eq!(evaluated(&"n".repeat(20_000)).unwrap_err().kind, FaultKind::Limit);
    assert_eq!(evaluated("9 ** 9 ** 9 ** 9").unwrap_err().kind, FaultKind::Failed);
}
