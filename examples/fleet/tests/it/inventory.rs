//! `fleet inventory` on the built binary.

mod bad_input;
mod conformance;
mod defects;
mod nodes;
mod sources;

use crate::schema::{faults, schema};
use crate::support::{Home, good, json, refused};
use serde_json::json;

const INI: &str = "\
    [web]\n\
    web[1:3] http_port=80\n\
    [db]\n\
    db1\n\
    [prod:children]\n\
    web\n\
    [prod:vars]\n\
    http_port=8080\n\
    debug=False\n";

const NATIVE: &str = "\
    purlin = 1\n\
    [hosts.\"web01.lon\"]\n\
    address = \"192.0.2.1\"\n\
    site = \"lon\"\n\
    roles = [\"web\"]\n\
    [hosts.\"db1.leeds\"]\n\
    site = \"leeds\"\n\
    roles = [\"db\"]\n";

/// A home with `hosts.ini` and `estate.toml` in its working folder.
pub(crate) fn home() -> Home {
    let home = Home::new();
    home.write("up/here/hosts.ini", INI);
    home.write("up/here/estate.toml", NATIVE);
    home
}

#[test]
fn hosts_are_named_one_a_line_in_order_or_as_an_array() {
    let home = home();
    let all = home.fleet("inventory hosts -i hosts.ini");
    assert_eq!(good(&all).stdout, "db1\nweb1\nweb2\nweb3\n");
    assert_eq!(json(&good(&all.arg("--json"))), json!(["db1", "web1", "web2", "web3"]));
    let pattern = home.fleet("inventory hosts -i hosts.ini --limit web[0:1] -- web:!web1");
    assert_eq!(good(&pattern).stdout, "web2\n");
    let selected = home.fleet("inventory hosts -i estate.toml --select site=lon");
    assert_eq!(good(&selected).stdout, "web01.lon\n");
    let both = home.fleet("inventory hosts -i hosts.ini --select debug=false -- !web1:all");
    assert_eq!(good(&both).stdout, "web2\nweb3\n");
}

#[test]
fn an_empty_pattern_is_an_answer_and_an_empty_selection_is_none() {
    let home = home();
    let told = |words: &str| {
        let output = home.fleet(words).run().unwrap();
        (output.code().unwrap(), output.stdout, output.stderr)
    };
    let (code, found, warned) = told("inventory hosts -i hosts.ini --json -- nosuch");
    assert_eq!((code, found.as_str()), (0, "[]\n"));
    assert!(warned.contains("warning[unmatched-pattern]: nothing is called \"nosuch\""), "{warned}");
    assert_eq!(told("inventory hosts -i hosts.ini -- web:&db"), (0, String::new(), String::new()));
    for words in
        ["-i hosts.ini --select web&db", "-i hosts.ini --limit db web", "-i estate.toml web01.lon:!*.lon"]
    {
        let (code, found, refused) = told(&format!("inventory hosts {words}"));
        assert_eq!((code, found.as_str()), (1, ""), "{words}");
        assert!(refused.contains("error[nothing-found]") && refused.contains("--allow-empty"), "{refused}");
        assert_eq!(told(&format!("inventory hosts --allow-empty {words}")).0, 0, "{words}");
    }
}

#[test]
fn an_unknown_name_in_a_selector_is_bad_input() {
    let home = home();
    let select = home.fleet("inventory hosts -i hosts.ini --select wbe");
    refused(&select, 2, &["selector:1:1: error[", "did you mean web?"]);
    let pattern =
        home.fleet("inventory hosts -i hosts.ini nosuch").env("ANSIBLE_HOST_PATTERN_MISMATCH", "error");
    refused(&pattern, 2, &["error[unmatched-pattern]"]);
}

#[test]
fn a_dangerous_pattern_is_warned_of() {
    let home = home();
    let output = home.fleet("inventory hosts -i hosts.ini -- ~[").run().unwrap();
    assert_eq!((output.code(), output.stdout.lines().count()), (Some(0), 4));
    assert!(output.stderr.contains("warning[pattern-selects-all]"), "{}", output.stderr);
}

#[test]
fn a_host_is_listed_alone() {
    let home = home();
    let list = home.fleet("inventory list -i hosts.ini --host web1");
    assert_eq!(good(&list).stdout, "{\n    \"debug\": false,\n    \"http_port\": 80\n}\n");
    let unknown = home.fleet("inventory list -i hosts.ini --host wbe1");
    refused(&unknown, 2, &["no host \"wbe1\"", "did you mean \"web1\"?"]);
}

/// The estate that is copied out with this package.
const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/estate/estate.toml");

#[test]
fn the_sample_estate_is_listed_without_its_secrets() {
    let home = home();
    for words in ["list", "export --to ansible-json", "list --host app01.lon"] {
        let output = home.fleet(&format!("inventory {words} -i {SAMPLE}")).run().unwrap();
        assert_eq!(output.code(), Some(0), "{output:?}");
        assert!(output.stderr.contains("estate.toml:86:70: warning[secret-reference]"), "{}", output.stderr);
        assert!(!output.stdout.contains("db.password") && !output.stdout.contains("null"), "{words}");
        assert!(output.stdout.contains("mysql://app@db01.lon,db01.leeds/map"), "{words}");
    }
    assert_eq!(json(&good(&home.fleet(&format!("inventory lint -i {SAMPLE} --json")))), json!([]));
}

#[test]
fn hosts_that_a_selector_leaves_out_by_their_type_are_told() {
    let home = home();
    home.write("up/here/mixed.ini", "a mem_gb=64\nb mem_gb=64GB\n");
    let output = home.fleet("inventory hosts -i mixed.ini --select mem_gb>=32").run().unwrap();
    assert_eq!((output.code(), output.stdout.as_str()), (Some(0), "a\n"));
    assert!(output.stderr.contains("warning[not-comparable]: \"mem_gb\" of \"b\""), "{}", output.stderr);
    let widened = home.fleet("inventory hosts -i hosts.ini --select").arg("all - wbe*");
    refused(&widened, 2, &["selector:1:7: error[unknown-name]"]);
}

#[test]
fn a_value_is_explained_to_people_and_machines() {
    let home = home();
    let explain = home.fleet("inventory explain web2 http_port -i hosts.ini");
    let page = good(&explain).stdout;
    for text in
        ["http_port of web2\n", "value         80", "hosts.ini:2:", "group \"prod\"", "8080", "hosts.ini:8:"]
    {
        assert!(page.contains(text), "no {text:?} in {page}");
    }
    let document = json(&good(&explain.arg("--json")));
    let schema = schema(&home, "inventory-explain");
    assert_eq!(faults(&schema, &schema, &document, "explain"), Vec::<String>::new());
    assert_eq!((&document["value"], &document["place"]["line"]), (&json!(80), &json!(2)));
    assert_eq!(document["contributions"].as_array().unwrap().len(), 2);
    refused(
        &home.fleet("inventory explain web2 htp_port -i hosts.ini"),
        2,
        &["no variable \"htp_port\" of host \"web2\"", "did you mean \"http_port\"?"],
    );
}

#[test]
fn what_lint_finds_is_told_and_with_json_an_array() {
    let home = home();
    good(&home.fleet("inventory lint -i estate.toml"));
    assert_eq!(json(&good(&home.fleet("inventory lint -i estate.toml --json"))), json!([]));
    home.write("up/here/odd.ini", "[web]\nw1\n[web:vars]\na=FALSE\n");
    let lint = home.fleet("inventory lint -i odd.ini").run().unwrap();
    assert_eq!((lint.code(), lint.stdout.as_str()), (Some(0), ""), "warnings alone are no failure");
    assert!(lint.stderr.contains("odd.ini:4:3: warning[ini-boolean]"), "{}", lint.stderr);

    home.write("up/here/bad.ini", "[web\nw1 novalue\n");
    refused(&home.fleet("inventory lint -i bad.ini"), 2, &["bad.ini:1:", "bad.ini:2:"]);
    let lint = home.fleet("inventory lint -i bad.ini -i odd.ini --json").run().unwrap();
    assert_eq!(lint.code(), Some(2));
    let found = json(&lint);
    let schema = schema(&home, "inventory-lint");
    assert_eq!(faults(&schema, &schema, &found, "lint"), Vec::<String>::new());
    assert_eq!((&found[0]["file"], &found[0]["severity"]), (&json!("bad.ini"), &json!("error")));
}

#[test]
fn an_export_can_be_read_again() {
    let home = home();
    let hosts = good(&home.fleet("inventory hosts -i hosts.ini")).stdout;
    let ways =
        [("native", "exported.toml", "exported.toml"), ("ansible-json", "all.json", "exec:cat all.json")];
    for (format, file, source) in ways {
        let export = home.fleet(&format!("inventory export --to {format} -i hosts.ini"));
        home.write(&format!("up/here/{file}"), &good(&export).stdout);
        let again = good(&home.fleet("inventory hosts -i").arg(source)).stdout;
        let mut again: Vec<_> = again.lines().collect();
        again.sort();
        assert_eq!(again, hosts.lines().collect::<Vec<_>>(), "{format}");
    }
    let ssh = good(&home.fleet("inventory export --to ssh-config -i estate.toml")).stdout;
    assert!(ssh.contains("Host web01.lon\n") && ssh.contains("HostName 192.0.2.1\n"), "{ssh}");
}

#[test]
fn without_a_source_nothing_is_made_up() {
    let home = home();
    // Ansible's settings are not asked, which may name hosts on this machine.
    let list = home.fleet("inventory list --profile native");
    refused(&list, 2, &["inventory.load: nobody says where the hosts are", "-i", "`inventory`"]);
}

#[test]
fn an_encrypted_value_is_never_shown_and_only_a_list_needs_it() {
    let home = home();
    let vault = "\
token: !vault |
  $ANSIBLE_VAULT;1.1;AES256
  33363932323466646661653232653537366431633065643536633838343562643032316534323061
  6139393833363033393835373566353865316665626666370a633637316633393639316531643239
  63316364363838623336303432383663383663633939666533303435656631663763393231326261
  3566303339373536640a303035623437383938393732643739336633636230326638303437383138
  6164
";
    home.write("up/here/group_vars/all.yml", vault);
    assert_eq!(good(&home.fleet("inventory hosts -i hosts.ini --select web1")).stdout, "web1\n");
    good(&home.fleet("inventory lint -q -i hosts.ini"));
    let explained = good(&home.fleet("inventory explain web1 token -i hosts.ini")).stdout;
    assert!(explained.contains("***") && !explained.contains("3336"), "{explained}");
    let told = ["group_vars/all.yml:2:3: error[", "\"token\" is"];
    for words in ["list", "list --host web1", "export --to native"] {
        let output = refused(&home.fleet(&format!("inventory {words} -i hosts.ini")), 2, &told);
        assert!(!output.stderr.contains("3336"), "{output:?}");
    }
}

/// `ansible-vault encrypt` of "db_port: 3306\nnote: from the vault\n" with the password "pw".
const ENCRYPTED: &str = "\
$ANSIBLE_VAULT;1.1;AES256
65613563303337636437346239626530363935636334363235373339303737376365653838333037
3061386563343462313133366131666236373633373962630a346562376465343332373137336132
63333630353766376261376266316365323363386437323033383765366133396231376361333336
3463303535396661390a343237613635646335326432326633396433303561353564663035356339
31343836363062633438396138656464613937636564373463643931373839353635373530656433
6538613463613535306632643761383935383934303666326238
";

#[test]
fn an_encrypted_file_is_listed_with_its_password_and_refused_with_another() {
    let home = home();
    home.write("up/here/group_vars/all.yml", ENCRYPTED);
    home.write("up/here/right", "pw\n");
    home.write("up/here/wrong", "wp\n");
    let list = |file: &str| home.fleet(&format!("inventory list --vault-password-file {file} -i hosts.ini"));
    let listed = good(&list("right")).stdout;
    assert!(listed.contains("\"db_port\": 3306") && listed.contains("from the vault"), "{listed}");
    let by_id = home.fleet("inventory list --vault-id any@right -i hosts.ini");
    assert_eq!(good(&by_id).stdout, listed, "Ansible's name of the flag");
    let told = refused(&list("wrong"), 2, &["group_vars/all.yml:1", "--vault-password-file"]);
    assert!(!told.stderr.contains("wp") && !told.stderr.contains("from the vault"), "{told:?}");
    let explained = home.fleet("inventory explain web1 note --vault-password-file right -i hosts.ini");
    let explained = good(&explained).stdout;
    assert!(explained.contains("***") && !explained.contains("from the vault"), "{explained}");
    home.write("up/here/ansible.cfg", "[defaults]\nvault_password_file = right\n");
    assert!(good(&home.fleet("inventory list -i hosts.ini")).stdout.contains("3306"));
}
