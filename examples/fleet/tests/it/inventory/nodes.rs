//! `fleet inventory nodes`

use crate::schema::{faults, schema};
use crate::support::{Home, good, json, refused};
use serde_json::json;

#[test]
fn sets_are_folded_expanded_and_combined() {
    let home = Home::new();
    let cases = [
        ("fold web01 web02 web03", "web[01-03]\n"),
        ("expand web[01-03],db1", "db1\nweb01\nweb02\nweb03\n"),
        ("count rack[1-4]n[01-32]", "128\n"),
        ("count n[0-999999999999]", "1000000000000\n"),
        ("union web[01-03] web[03-05]", "web[01-05]\n"),
        ("intersection web[01-03] web[03-05]", "web03\n"),
        ("difference web[01-05] web02 web04", "web[01,03,05]\n"),
        ("xor web[01-03] web[03-05]", "web[01-02,04-05]\n"),
        ("split 2 web[01-05]", "web[01-03]\nweb[04-05]\n"),
        ("fold n[0-10/2]!n4", "n[0,2,6,8,10]\n"),
    ];
    for (words, expected) in cases {
        assert_eq!(good(&home.fleet(&format!("inventory nodes {words}"))).stdout, expected, "{words}");
    }
}

#[test]
fn names_come_by_standard_input_too() {
    let home = Home::new();
    let input = "n3\n\n  n1\r\nn[10-12]!n11\nn2\n";
    assert_eq!(good(&home.fleet("inventory nodes fold -").stdin(input)).stdout, "n[1-3,10,12]\n");
    let difference = home.fleet("inventory nodes difference n[1-20] -").stdin(input);
    assert_eq!(good(&difference).stdout, "n[4-9,11,13-20]\n");
}

#[test]
fn each_line_of_standard_input_is_a_set_of_its_own() {
    let home = Home::new();
    for (words, input, expected) in [
        ("intersection -", "n[1-4]\nn[2-6]\n", "n[2-4]\n"),
        ("intersection n[3-9] -", "n[1-4]\nn[2-6]\n", "n[3-4]\n"),
        ("difference -", "n[1-4]\n\nn2\nn3\n", "n[1,4]\n"),
        ("xor -", "n1\nn[1-2]\nn2,n3\n", "n3\n"),
        ("intersection -", "n1\nn2\n", "\n"),
        ("fold -", "\u{feff}n1\nn2\n", "n[1-2]\n"),
    ] {
        let command = home.fleet(&format!("inventory nodes {words}")).stdin(input);
        assert_eq!(good(&command).stdout.trim(), expected.trim(), "{words} of {input:?}");
    }
    let twice = home.fleet("inventory nodes union - -").stdin("n1\n");
    refused(&twice, 2, &["standard input can be read only once"]);
}

#[test]
fn documents_fit_their_schemas() {
    let home = Home::new();
    let split = json(&good(&home.fleet("inventory nodes split 2 n[1-3] --json")));
    assert_eq!((&split["count"], &split["sets"]), (&json!(3), &json!(["n[1-2]", "n3"])));
    let many = json(&good(&home.fleet("inventory nodes count n[0-99999999999999999] --json")));
    assert_eq!(many["count"], json!("100000000000000000"), "beyond 2^53");
    let schema_of_nodes = schema(&home, "inventory-nodes");
    for document in [split, many] {
        assert_eq!(faults(&schema_of_nodes, &schema_of_nodes, &document, "nodes"), Vec::<String>::new());
    }
    let names = json(&good(&home.fleet("inventory nodes expand n[1-2] --json")));
    assert_eq!(names, json!(["n1", "n2"]));
    let hosts = schema(&home, "inventory-hosts");
    assert_eq!(faults(&hosts, &hosts, &names, "hosts"), Vec::<String>::new());
}

#[test]
fn a_fault_has_its_place() {
    let home = Home::new();
    refused(&home.fleet("inventory nodes fold a,b[1-"), 2, &["node set:1:4: error[malformed-node-set]"]);
    let input = home.fleet("inventory nodes fold -").stdin("a\n\n b[1\n");
    refused(&input, 2, &["<stdin>:3:3: error[malformed-node-set]"]);
    let bytes = home.fleet("inventory nodes count -").stdin(b"a\nb\xff\n".to_vec());
    refused(&bytes, 2, &["<stdin>:2:2: error[not-utf8]"]);
    refused(&home.fleet("inventory nodes fold @web"), 2, &["node set:1:1: error["]);
    refused(&home.fleet("inventory nodes split 0 a"), 2, &["not 0"]);
    refused(&home.fleet("inventory nodes union a b[1-"), 2, &["argument 2:1:2: error[malformed-node-set]"]);
}

#[test]
fn a_reader_that_leaves_ends_an_endless_list() {
    let home = Home::new();
    let expand = home.shell("\"$FLEET\" inventory nodes expand 'n[0-999999999999]' | head -2");
    assert_eq!(good(&expand.cpu_seconds(5)).stdout, "n0\nn1\n");
}
