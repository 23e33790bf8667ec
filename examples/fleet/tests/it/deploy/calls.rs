//! What runs are told from another process.

use super::{DEPLOY, deploy, document, events, home, plan, run_of};
use crate::support::{good, refused};

/// A pause for a person, which fails until somebody says that it was looked at.
const PAUSE: &str = "[[step]]\nname = \"ask\"\nkind = \"pause\"\nquestion = \"is the map there?\"\n";

#[test]
fn a_person_skips_a_step_that_waits_for_them_and_the_run_goes_on() {
    let text = DEPLOY.replace("rollback = \"run\"", "rollback = \"none\"");
    let home = home(&text.replace("[[gate]] ", &format!("{PAUSE}[[gate]] ")));
    good(&plan(&home));
    let output = deploy(&home, "apply plan.json --yes --json --leave").run().unwrap();
    assert_eq!(output.code(), Some(4), "{output:?}");
    let run = run_of(&events(&home, &output));
    let status = deploy(&home, "status --json").run().unwrap();
    assert_eq!(status.code(), Some(4), "{status:?}");

    refused(&deploy(&home, &format!("skip {run} web01.lun ask --yes")), 2, &["did you mean \"web01.lon\"?"]);
    refused(&deploy(&home, &format!("skip {run} web01.lon confs --yes")), 2, &["did you mean \"conf\"?"]);
    refused(&deploy(&home, &format!("skip {run} web01.lon ask")), 2, &["nobody can be asked"]);
    let told = good(&deploy(&home, &format!("skip {run} web01.lon ask --yes --json")));
    let told = document(&home, "deploy-told", &told);
    assert_eq!((&told["told"], &told["driven"]), (&"skip".into(), &false.into()));
    let output = good(&deploy(&home, "resume --yes --json"));
    let last = events(&home, &output).last().unwrap()["detail"]["ending"].clone();
    assert_eq!(last, "succeeded");
    refused(&deploy(&home, "rollback --yes"), 2, &["is over", "succeeded"]);
    refused(&deploy(&home, "resume nothing --yes"), 2, &["there is no run \"nothing\""]);
}

#[test]
fn the_journal_may_be_a_database_that_others_share() {
    let home = home(DEPLOY);
    home.fleet_toml("journal = '@deploys'\n[connection.deploys]\nurl = 'sqlite:shared.db?mode=rwc'");
    good(&plan(&home));
    let run = run_of(&events(&home, &good(&deploy(&home, "apply plan.json --yes --json"))));
    let other = deploy(&home, "status --json").env("FLEET_STATE_DIR", home.path("other"));
    assert_eq!(document(&home, "deploy-status", &good(&other))["run"], run);
    assert!(home.path("up/here/shared.db").exists() && !home.path("other/deploy.db").exists());
}

#[test]
fn a_run_that_waits_is_taken_back() {
    let text = DEPLOY.replace("rollback = \"run\"", "rollback = \"none\"");
    let home = home(&text.replace("[[gate]] ", &format!("{PAUSE}[[gate]] ")));
    good(&plan(&home));
    let output = deploy(&home, "apply plan.json --yes --json --leave").run().unwrap();
    assert_eq!(output.code(), Some(4), "{output:?}");
    assert!(home.path("up/here/out/web01.lon.conf").exists());
    good(&deploy(&home, "rollback --yes --json"));
    let output = deploy(&home, "resume --yes --json").run().unwrap();
    assert_eq!(output.code(), Some(1), "{output:?}");
    let last = events(&home, &output).last().unwrap()["detail"]["ending"].clone();
    assert_eq!(last, "rolled_back");
    assert!(!home.path("up/here/out/web01.lon.conf").exists());
}
