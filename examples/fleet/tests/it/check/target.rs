//! Checks that run on their target.

use super::{ESTATE, check, home};
use crate::support::json;
use purlin_testkit::ReservedPort;

const CHECKS: &str = r#"purlin = 1
[[check]]
name = "queue"
kind = "plugin"
on = "target"
select = "role=web"
argv = ["sh", "-c", "echo \"QUEUE OK - of $1\"", "sh", "{{ host }}"]
[[check]]
name = "room"
kind = "disk"
on = "target"
select = "role=web"
path = "/"
[[check]]
name = "load"
kind = "load"
on = "target"
select = "role=web"
"#;

#[test]
fn a_host_that_is_gone_is_one_problem_and_the_others_are_looked_at() {
    let home = home(CHECKS);
    let port = ReservedPort::new().unwrap();
    let gone = format!(
        "{ESTATE}[hosts.\"web02.lon\"]\naddress = \"127.0.0.1\"\nport = {}\nuser = \"nobody\"\nroles = [\"web\"]\n",
        port.number()
    );
    home.write("up/here/estate.toml", &gone);
    let output = check(&home, "--once --json").run().unwrap();
    assert_eq!(output.code(), Some(1), "{output:?}");
    let document = json(&output);
    let told = document.to_string();
    assert!(told.contains("QUEUE OK - of web01.lon"), "{document:#}");
    let checks = document["checks"].as_array().unwrap();
    let bad: Vec<_> = checks.iter().filter(|it| it["state"] == "down").map(|it| it["id"].clone()).collect();
    assert_eq!(bad, ["web02.lon/transport"], "{document:#}");
}
