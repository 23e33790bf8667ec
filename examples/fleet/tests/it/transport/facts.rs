//! `fleet facts`

use super::{estate, gone, lines, local, of};
use crate::support::good;
use purlin_testkit::ReservedPort;
use serde_json::json;

#[test]
fn of_one_host_all_is_shown_and_of_several_a_table() {
    let home = local(2);
    let one = good(&home.fleet("facts -i hosts.ini h01")).stdout;
    for label in ["h01\n", "  system ", "  kernel        Linux ", "  memory ", "  clock "] {
        assert!(one.contains(label), "no {label:?} in: {one}");
    }
    let several = good(&home.fleet("facts -i hosts.ini all")).stdout;
    assert!(several.starts_with("HOST  SYSTEM"), "{several}");
    assert!(several.contains("\nh01 ") && several.contains("\nh02 "), "{several}");
}

#[test]
fn machines_get_a_line_for_each_host_and_reasons_for_what_is_missing() {
    let home = local(1);
    let found = lines(&home, "facts", &good(&home.fleet("facts -i hosts.ini all --json")));
    let facts = &of(&found, "h01")["facts"];
    assert_eq!(facts["kernel"]["known"]["system"], "Linux");
    assert!(facts["memory"]["known"]["total"].as_u64().unwrap() > 1 << 20);
    let fields = facts.as_object().unwrap();
    assert_eq!(fields.len(), 12);
    // Each has its value or its reason.
    for (name, fact) in fields {
        assert!(fact.get("known").is_some() != fact.get("missing").is_some(), "{name}: {fact}");
    }
}

#[test]
fn a_host_that_is_gone_is_3_and_the_others_are_shown() {
    let Some(estate) = estate(1) else { return };
    let port = ReservedPort::new().unwrap();
    estate.add(&gone(&port));
    let output = estate.home.fleet("facts -i hosts.ini all --json").run().unwrap();
    assert_eq!(output.code(), Some(3), "{output:?}");
    let found = lines(&estate.home, "facts", &output);
    assert_eq!(of(&found, "web01")["facts"]["kernel"]["known"]["system"], "Linux");
    assert_eq!(
        (&of(&found, "gone")["state"], &of(&found, "gone")["error"]["code"]),
        (&json!("unreached"), &json!("refused"))
    );
    assert!(output.stderr.contains("error[refused]"), "{output:?}");
}
