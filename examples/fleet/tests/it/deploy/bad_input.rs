//! What cannot be read is told with its place, and nothing is done.

use super::{DEPLOY, deploy, home, plan};
use crate::support::{good, refused};

#[test]
fn faults_of_a_file_have_their_places() {
    let at = |text: &str, said: &[&str]| {
        let home = home(text);
        refused(&plan(&home), 2, said);
        assert!(!home.work().join("plan.json").exists());
    };
    at(&DEPLOY.replace("content =", "contents ="), &["deploy.toml:12:1: error[unknown-key]", "content"]);
    at(&DEPLOY.replace("\"file\"", "\"fille\""), &["deploy.toml:10:8: error[", "did you mean \"file\"?"]);
    at(&DEPLOY.replace("role=web", "role=db"), &["deploy.toml:4:10: error[nobody-selected]"]);
    at(&DEPLOY.replace("checks.toml", "missing.toml"), &["deploy.toml:14:10: error[no-checks]"]);
    at("purlin = 1\nname = ", &["deploy.toml:2:"]);
}

#[test]
fn an_unknown_variable_blocks_its_step() {
    let home = home(&DEPLOY.replace("{{ root }}/", "{{ rot }}/"));
    let output = plan(&home).run().unwrap();
    let made = super::document(&home, "deploy-plan", &output);
    assert_eq!((output.code(), super::findings(&made)), (Some(1), vec!["blocked"]));
    assert_eq!(made["warnings"][0], "web01.lon: step conf is blocked: \"rot\" has no value");
}

#[test]
fn what_is_no_plan_is_told_with_its_place() {
    let home = home(DEPLOY);
    refused(&deploy(&home, "apply plan.json --yes"), 2, &["plan.json: error[unreadable]"]);
    home.write("up/here/plan.json", "{\n  \"purlin\": 1,\n  nothing\n");
    refused(&deploy(&home, "apply plan.json --yes"), 2, &["plan.json:3:3: error[bad-plan]"]);
    home.write("up/here/plan.json", "{ \"purlin\": 9 }");
    refused(&deploy(&home, "apply plan.json --yes"), 2, &["error[other-form]", "form 9"]);
    refused(&deploy(&home, "plan -i estate.toml -f missing.toml"), 2, &["missing.toml: error[not-found]"]);
}

#[test]
fn a_plan_of_something_else_is_refused() {
    let home = home(DEPLOY);
    good(&plan(&home));
    home.write("up/here/checks.toml", &super::CHECKS.replace("2s", "3s"));
    refused(&deploy(&home, "apply plan.json --yes"), 2, &["another deployment"]);
    assert!(!home.path("up/here/out/web01.lon.conf").exists());
}
