//! Figures, goals and explanations.

use super::*;
use std::collections::HashMap;

const MET: &str =
    r#"{"id":"core.run","what":"run a ready future","unit":"ns CPU","ours":120.0,"goal":150,"met":true}"#;
const MISSED: &str = r#"{"id":"core.policy_run","what":"boxed run","unit":"ns CPU","ours":1500.0,"peer":900.0,"peer_name":"tower | retry","ratio":1.67,"goal":1000,"met":false}"#;
const WORDS: &str =
    r#"{"id":"fleet.version","what":"start","unit":"ms CPU","ours":3.1,"goal":"at most 5 ms","met":true}"#;
const EXPLANATION: &str = "[[explained]]\nid = \"core.policy_run\"\nprofile = \"p\"\ntried = [\"a: 1400\", \"b: 1450\"]\ncause = \"c\"\n";

fn machine() -> Machine {
    Machine { cores: 2, cpu: "Some CPU".into(), kernel: "linux 6.1.0".into(), rustc: "rustc 1.95.0".into() }
}

fn document(lines: &[&str]) -> Document {
    Document::new(machine(), figures::read_lines(&lines.join("\n")).unwrap())
}

/// The three files as they would be checked in, with one of them changed.
fn messages(lines: &[&str], explained: &str, change: impl Fn(&mut HashMap<&str, String>)) -> Vec<String> {
    let document = document(lines);
    let page = page::write(&document, &Explained::parse(Some(explained)).unwrap_or_default());
    let text = document.to_text().unwrap();
    let mut files = HashMap::from([(FIGURES, text), (PAGE, page), (EXPLAINED, explained.to_owned())]);
    change(&mut files);
    check(|path| files.get(path).map(String::as_str)).iter().map(Fault::to_string).collect()
}

#[test]
fn figures_are_read_among_other_output() {
    let output = format!("running\n{MET}\nnoise\n{MISSED}\n");
    let figures = figures::read_lines(&output).unwrap();
    assert_eq!(figures.len(), 2);
    assert_eq!(figures[1].peer_name.as_deref(), Some("tower | retry"));
}

#[test]
fn wrong_figures_are_refused() {
    for (line, why) in [
        (MET.replace("core.run", "run"), "an id is crate.operation"),
        (MET.replace(",\"met\":true", ""), "goal and met belong together"),
        (MET.replace("true", "false"), "met is not what goal and ours say"),
        (MISSED.replace(",\"peer_name\":\"tower | retry\"", ""), "peer and peer_name belong together"),
        (MET.replace("\"what\"", "\"thing\""), "unknown field `thing`"),
        (format!("{MET}\n{MET}"), "two figures are called core.run"),
    ] {
        let error = figures::read_lines(&line).unwrap_err();
        assert!(error.contains(why), "{error}");
    }
}

#[test]
fn a_filtered_run_replaces_its_own_figures_only() {
    let fresh = figures::read_lines(&MET.replace("120.0", "99.0")).unwrap();
    let merged = document(&[MET, WORDS]).with(fresh.clone(), &machine()).unwrap();
    assert_eq!(merged.results.iter().map(|f| f.ours).collect::<Vec<_>>(), [99.0, 3.1]);
    let other = Machine { cores: 64, ..machine() };
    assert!(document(&[MET]).with(fresh, &other).is_err(), "figures of two machines were mixed");
}

#[test]
fn the_document_survives_a_round_trip_in_order() {
    let document = document(&[WORDS, MET, MISSED]);
    let text = document.to_text().unwrap();
    assert_eq!(Document::parse(&text).unwrap(), document);
    let ids: Vec<&str> = document.results.iter().map(|f| f.id.as_str()).collect();
    assert_eq!(ids, ["core.policy_run", "core.run", "fleet.version"]);
    assert!(Document::parse(&text.replace("\"version\": 1", "\"version\": 2")).is_err());
}

#[test]
fn the_page_has_a_table_for_each_crate_and_the_explanations() {
    let explained = Explained::parse(Some(EXPLANATION)).unwrap();
    let page = page::write(&document(&[MET, MISSED, WORDS]), &explained);
    let wanted = [
        "Measured on 2 cores of Some CPU, linux 6.1.0, rustc 1.95.0.",
        "## core\n\n| id |",
        "| `core.policy_run` | boxed run | 1500 ns CPU | 900 ns CPU (tower \\| retry) | 1.67 | at most 1000 ns CPU | no |",
        "| `core.run` | run a ready future | 120 ns CPU |  |  | at most 150 ns CPU | yes |",
        "## fleet\n\n| id |",
        "| `fleet.version` | start | 3.10 ms CPU |  |  | at most 5 ms | yes |",
        "### core.policy_run\n\n- Profile: p\n- Tried: a: 1400\n- Tried: b: 1450\n- Cause: c\n",
    ];
    for part in wanted {
        assert!(page.contains(part), "{part}\nis not in\n{page}");
    }
}

#[test]
fn checked_in_files_that_agree_have_no_fault() {
    assert_eq!(messages(&[MET, WORDS], "", |_| {}), Vec::<String>::new());
    assert_eq!(messages(&[MISSED], EXPLANATION, |_| {}), Vec::<String>::new());
    assert_eq!(check(|_| None), []);
}

#[test]
fn goals_and_explanations_are_checked_both_ways() {
    assert_eq!(
        messages(&[MISSED], "", |_| {}),
        ["benches/explained.toml: does not explain why core.policy_run misses its goal"]
    );
    let needless = "benches/explained.toml:2: explains core.policy_run, which misses no goal";
    assert_eq!(messages(&[MET], EXPLANATION, |_| {}), [needless]);
    let only_explained = check(|path| (path == EXPLAINED).then_some(EXPLANATION));
    assert_eq!(only_explained.iter().map(Fault::to_string).collect::<Vec<_>>(), [needless]);
}

#[test]
fn an_explanation_is_whole() {
    for (text, why) in [
        (EXPLANATION.replace(", \"b: 1450\"", ""), "core.policy_run: `tried` holds two changes, not 1"),
        (
            EXPLANATION.replace("\"c\"", "\" \""),
            "core.policy_run: `profile`, `tried` and `cause` say something",
        ),
        (EXPLANATION.repeat(2), "explains core.policy_run twice"),
        (EXPLANATION.replace("cause", "reason"), "unknown field `reason`, expected"),
    ] {
        let found = messages(&[MISSED], &text, |_| {});
        assert!(found.len() == 1 && found[0].contains(why), "{found:?}");
    }
}

#[test]
fn a_page_or_document_edited_by_hand_is_a_fault() {
    let edited = messages(&[MET], "", |files| files.get_mut(PAGE).unwrap().push_str("nice\n"));
    assert!(edited.len() == 1 && edited[0].starts_with("docs/benchmarks.md: is not what"), "{edited:?}");
    let reordered = messages(&[MET], "", |files| files.get_mut(FIGURES).unwrap().push('\n'));
    assert!(
        reordered.len() == 1 && reordered[0].starts_with("docs/benchmarks.json: is not in"),
        "{reordered:?}"
    );
    let orphan = messages(&[MET], "", |files| drop(files.remove(FIGURES)));
    assert_eq!(orphan, ["docs/benchmarks.md: there is no docs/benchmarks.json for it"]);
}

#[test]
fn a_promised_figure_without_a_goal_is_a_fault() {
    let figure = |id: &str, goal: &str| format!(r#"{{"id":"{id}","what":"w","unit":"ns","ours":1.0{goal}}}"#);
    let goal = r#","goal":2,"met":true"#;
    let messages = |last: &str| {
        let lines: Vec<String> =
            PROMISED.iter().map(|id| figure(id, if *id == "fleet.version" { last } else { goal })).collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let text = document(&lines).to_text().unwrap();
        check_promised(Some(&text)).iter().map(Fault::to_string).collect::<Vec<_>>()
    };
    assert_eq!(messages(goal), Vec::<String>::new());
    assert_eq!(messages(""), ["docs/benchmarks.json: has no goal for fleet.version"]);
    assert_eq!(check_promised(Some(&document(&[MET]).to_text().unwrap())).len(), PROMISED.len());
}
