//! How hosts are reached. For Ansible's variables: what `ansible -vvv` of ansible-core 2.19.14 gave to ssh for them.

use purlin_core::Diagnostics;
use purlin_inventory::{
    Batch, Connection, HostKeyChecking, Inventory, InventoryBuilder, Located, Map, Origin, Password,
    TransportKind, Value, native,
};
use std::time::Duration;

fn estate(vars: &[(&str, Value)]) -> Inventory {
    let mut batch = Batch::new("hosts.ini");
    let host = batch.host("h1");
    for ((key, value), line) in vars.iter().zip(2..) {
        let id = batch.file("vars.yml");
        batch.set_host_var_at(host, key, Located::new(value.clone(), Origin::new(id, line, 5)));
    }
    let mut builder = InventoryBuilder::new();
    builder.merge(batch);
    builder.build().unwrap()
}

fn connection(vars: &[(&str, &str)]) -> Connection {
    let vars: Vec<_> = vars.iter().map(|(key, value)| (*key, Value::from(*value))).collect();
    estate(&vars).host("h1").unwrap().connection().unwrap()
}

fn fault(vars: &[(&str, Value)]) -> String {
    let error = estate(vars).host("h1").unwrap().connection().unwrap_err();
    error.detail::<Diagnostics>().unwrap().to_string()
}

#[test]
fn a_host_of_which_nothing_is_said_is_reached_by_its_name() {
    let connection = connection(&[]);
    assert_eq!((connection.address.as_str(), connection.port, connection.user), ("h1", None, None));
    assert_eq!(connection.transport, TransportKind::Ssh);
    assert!(connection.r#become.is_none());
}

#[test]
fn the_names_with_ssh_win_and_ssh_args_come_first() {
    let both = connection(&[
        ("ansible_host", "hh"),
        ("ansible_ssh_host", "hsh"),
        ("ansible_port", "1"),
        ("ansible_ssh_port", "2"),
        ("ansible_user", "u"),
        ("ansible_ssh_user", "su"),
        ("ansible_private_key_file", "/k1"),
        ("ansible_ssh_private_key_file", "/k2"),
        ("ansible_timeout", "3"),
        ("ansible_ssh_timeout", "4"),
        ("ansible_ssh_common_args", "-o Port=9 -J jump -o \"ProxyCommand=nc %h\""),
        ("ansible_ssh_extra_args", "-o User=x -i /k3"),
        ("ansible_ssh_args", "-o ControlMaster=no -C"),
    ]);
    assert_eq!((both.address.as_str(), both.port, both.user.as_deref()), ("hsh", Some(2), Some("su")));
    assert_eq!(both.private_keys, ["/k2", "/k3"]);
    assert_eq!(both.connect_timeout, Some(Duration::from_secs(4)));
    assert_eq!((both.jump, both.proxy_command), (vec!["jump".to_owned()], None));
    assert_eq!(both.ssh_options, [("ControlMaster".to_owned(), "no".to_owned())]);
    assert_eq!(both.compression, Some(true));
    let first = connection(&[("ansible_port", "22"), ("ansible_ssh_args", "-p 2222 -lroot")]);
    assert_eq!((first.port, first.user.as_deref()), (Some(2222), Some("root")));
}

#[test]
fn options_of_ssh_have_types() {
    let args = "-o StrictHostKeyChecking=no -oUserKnownHostsFile=/dev/null -o 'ConnectTimeout 7' -J a@b:22,c -4A \
        -o serveraliveinterval=30";
    let connection = connection(&[("ansible_ssh_common_args", args)]);
    assert_eq!(connection.host_keys, Some(HostKeyChecking::Off));
    assert_eq!(connection.known_hosts, ["/dev/null"]);
    assert_eq!(connection.connect_timeout, Some(Duration::from_secs(7)));
    assert_eq!(connection.jump, ["a@b:22", "c"]);
    let options: Vec<_> =
        connection.ssh_options.iter().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(options, ["AddressFamily=inet", "ForwardAgent=yes", "ServerAliveInterval=30"]);
}

#[test]
fn flags_of_ssh_are_understood_and_so_is_each_of_its_options() {
    let options = |args: &str| {
        let connection = connection(&[("ansible_ssh_extra_args", args)]);
        let pairs: Vec<_> =
            connection.ssh_options.iter().map(|(name, value)| format!("{name}={value}")).collect();
        (connection.port, connection.user, connection.compression, pairs.join(" "))
    };
    let expected = "ForwardAgent=yes LogLevel=DEBUG3".to_owned();
    assert_eq!(options("-C -p 22 -A -l bob -vvv"), (Some(22), Some("bob".to_owned()), Some(true), expected));
    assert_eq!(options("-v -v").3, "LogLevel=DEBUG2");
    for name in [
        "GatewayPorts",
        "ClearAllForwardings",
        "CanonicalizeHostname",
        "HostbasedAcceptedAlgorithms",
        "PermitLocalCommand",
        "KnownHostsCommand",
        "RemoteCommand",
        "RevokedHostKeys",
    ] {
        assert_eq!(options(&format!("-o {name}=x")).3, format!("{name}=x"));
    }
    let unknown = fault(&[("ansible_ssh_extra_args", "-o Foo=1".into())]);
    assert!(unknown.contains("has the option Foo, which ssh does not know"), "{unknown}");
}

#[test]
fn becoming_somebody_else_is_asked_for_and_detailed() {
    let root = connection(&[
        ("ansible_become", "yes"),
        ("ansible_become_flags", "-H -S"),
        ("ansible_become_user", "app"),
        ("ansible_become_method", "ansible.builtin.su"),
        ("ansible_become_password", "pw"),
    ])
    .r#become
    .unwrap();
    assert_eq!((root.method.as_str(), root.user.as_deref()), ("su", Some("app")));
    assert_eq!(root.flags, ["-H", "-S"]);
    assert!(matches!(&root.password, Some(Password::Open(password)) if password.expose() == "pw"));
    assert!(!format!("{root:?}").contains("pw"), "{root:?}");
    assert!(connection(&[("ansible_become", "no"), ("ansible_become_user", "app")]).r#become.is_none());
}

#[test]
fn templates_are_rendered_from_the_hosts_variables() {
    let vars = [
        ("ansible_host", Value::from("{{ inventory_hostname }}.{{ site | lower }}.example")),
        ("site", "LON".into()),
        ("ansible_port", "{{ base + 22 }}".into()),
        ("base", 2000.into()),
        ("ansible_connection", "{{ 'local' if site == 'LON' else 'ssh' }}".into()),
    ];
    let connection = estate(&vars).host("h1").unwrap().connection().unwrap();
    assert_eq!((connection.address.as_str(), connection.port), ("h1.lon.example", Some(2022)));
    assert_eq!(connection.transport, TransportKind::Local);
    // What no template may be made of stays as it is.
    let vars = [("ansible_user", Value::Unsafe("{{ x }}".into()))];
    assert_eq!(estate(&vars).host("h1").unwrap().connection().unwrap().user.as_deref(), Some("{{ x }}"));
}

#[test]
fn other_transports_keep_their_name() {
    let of = |name: &str| connection(&[("ansible_connection", name)]).transport;
    assert_eq!(of("ansible.builtin.ssh"), TransportKind::Ssh);
    assert_eq!(of("smart"), TransportKind::Ssh);
    assert_eq!(of("ansible.builtin.local"), TransportKind::Local);
    assert_eq!(of("winrm"), TransportKind::Named("winrm".into()));
}

#[test]
fn faults_name_the_host_the_variable_and_its_place() {
    let cases = [
        ("ansible_host", Value::from("{{ nope }}"), "ansible_host cannot be rendered: 'nope' is undefined"),
        ("ansible_host", "{{ '1.2.3.4' | ipaddr }}".into(), "ipaddr"),
        ("ansible_host", "{{ password }}".into(), "cannot be rendered"),
        ("ansible_user", "{{ nope }}".into(), "ansible_user cannot be rendered: 'nope' is undefined"),
        ("ansible_become", "{{ nope }}".into(), "ansible_become cannot be rendered"),
        ("ansible_password", "{{ nope }}".into(), "ansible_password cannot be rendered"),
        ("ansible_connection", "{{ nope".into(), "ansible_connection cannot be rendered"),
        ("ansible_ssh_common_args", "-J {{ nope }}".into(), "ansible_ssh_common_args cannot be rendered"),
        ("ansible_host", "".into(), "an address is not empty"),
        ("ansible_host", "10.0.0.1:22".into(), "\"10.0.0.1:22\" is no address"),
        ("ansible_host", "-oProxyCommand=evil".into(), "is no address"),
        ("ansible_host", Map::new().into(), "is a text, not a map"),
        ("ansible_port", "abc".into(), "ansible_port is a whole number from 1 to 65535"),
        ("ansible_port", 70000.into(), "ansible_port is a whole number from 1 to 65535"),
        ("ansible_become", "perhaps".into(), "ansible_become is true or false"),
        (
            "ansible_ssh_common_args",
            "-o \"Port=9".into(),
            "the quotes that open here are not closed (letter 4)",
        ),
        (
            "ansible_ssh_common_args",
            "-o StrictHostKeyCheking=no".into(),
            "did you mean StrictHostKeyChecking?",
        ),
        ("ansible_ssh_common_args", "-o Port=x".into(), "sets Port to 'x'"),
        ("ansible_ssh_common_args", "-Z".into(), "has the option -Z"),
        ("ansible_ssh_common_args", "-o".into(), "misses what -o sets"),
        ("ansible_ssh_common_args", "jump".into(), "has an argument that is no option: 'jump'"),
    ];
    for (name, value, expected) in cases {
        let fault = fault(&[(name, value)]);
        assert!(fault.starts_with("vars.yml:2:5: error[bad-connection]: host h1: "), "{name}: {fault}");
        assert!(fault.contains(expected), "{name}: {fault}");
    }
    let all = fault(&[("ansible_port", "x".into()), ("ansible_timeout", "y".into())]);
    assert_eq!(all.matches("error[").count(), 2, "{all}");
}

#[test]
fn addresses_are_of_the_transports_kind() {
    let address = |vars: &[(&str, &str)]| connection(vars).address;
    assert_eq!(address(&[("ansible_host", "fe80::1%eth0")]), "fe80::1%eth0");
    assert_eq!(address(&[("ansible_host", "a/b"), ("ansible_connection", "community.docker.docker")]), "a/b");
}

/// A native file and, after it, one host of Ansible's variables.
fn mixed(text: &str, vars: &[(&str, &str)]) -> Inventory {
    let mut batch = Batch::new("hosts.ini");
    let host = batch.host("h1");
    vars.iter().for_each(|(key, value)| batch.set_host_var(host, key, *value));
    let mut builder = InventoryBuilder::new();
    builder.merge(native::read_toml("estate.toml", text));
    builder.merge(batch);
    builder.build().unwrap()
}

#[test]
fn a_native_key_overrules_ansibles_variable_and_its_faults() {
    let text = "purlin = 1\nhosts.h1 = { address = \"10.0.0.1\", port = 2222, ssh = { jump = \"j1,j2\" } }\n";
    let vars = [
        ("ansible_host", "{{ nope }}"),
        ("ansible_port", "no"),
        ("ansible_user", "{{ inventory_hostname }}-ops"),
        ("ansible_ssh_common_args", "-o ProxyCommand=x -o Compression=yes"),
    ];
    let connection = mixed(text, &vars).host("h1").unwrap().connection().unwrap();
    assert_eq!((&*connection.address, connection.port), ("10.0.0.1", Some(2222)));
    assert_eq!(connection.user.as_deref(), Some("h1-ops"));
    assert_eq!((connection.jump, connection.proxy_command), (vec!["j1".to_owned(), "j2".to_owned()], None));
    assert_eq!(connection.compression, Some(true));
}

#[test]
fn native_keys_take_no_template() {
    for key in
        ["address = \"{{x}}\"", "user = \"{{x}}\"", "ssh = { jump = \"{{x}}\" }", "become.user = \"{{x}}\""]
    {
        let batch = native::read_toml("estate.toml", &format!("purlin = 1\n[hosts.h1]\n{key}\n"));
        let told = batch.diagnostics().to_string();
        assert!(told.starts_with("estate.toml:3:") && told.contains("error[template]"), "{key}: {told}");
    }
    // What another source says under a native key's name is found when it is asked for.
    let estate = mixed("purlin = 1\nhosts.h1 = {}\n", &[("user", "{{x}}"), ("transport", "!")]);
    let error = estate.host("h1").unwrap().connection().unwrap_err();
    let told = error.detail::<Diagnostics>().unwrap().to_string();
    assert!(told.contains("hosts.ini: error[template]: host h1: user has a template"), "{told}");
    assert!(told.contains("host h1: \"!\" is no transport"), "{told}");
}

proptest::proptest! {
    /// Letters of several bytes included: an argument is never cut inside of one.
    #[test]
    fn no_arguments_of_ssh_panic(args in "(-[a-zA-Zé€] ?)?[-é€=a-zA-Z@:,'\"\\\\ ]{0,12}") {
        let mut batch = Batch::new("x");
        let host = batch.host("h");
        batch.set_host_var(host, "ansible_ssh_common_args", args.as_str());
        let mut builder = purlin_inventory::InventoryBuilder::new();
        builder.merge(batch);
        let estate = builder.build().unwrap();
        let _told = estate.host("h").unwrap().connection();
    }
}
