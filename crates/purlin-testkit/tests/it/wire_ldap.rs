use purlin_testkit::{LdapResponse, SlapdSettings, WireLdap, malformed_ldap, require_program};
use std::process::Command;

/// OpenLDAP's own client understands what the script says, and is understood.
#[test]
fn a_real_client_and_the_script_understand_each_other() {
    let Some(client) = require_program("ldapsearch") else { return };
    let server = WireLdap::start(|request| match request.is_search() {
        true => {
            let attributes = [("cn", vec![b"a".to_vec(), "ä".as_bytes().to_vec()])];
            let entry = LdapResponse::entry(request, "cn=a,dc=x", &attributes);
            entry.then(LdapResponse::done(request, 0, ""))
        }
        false => LdapResponse::done(request, 0, ""),
    });
    let server = server.unwrap();
    let url = format!("ldap://{}", server.address());
    let args = ["-x", "-LLL", "-H", &url, "-D", "cn=me", "-w", "secret", "-b", "dc=x", "(cn=*)", "cn", "sn"];
    let output = Command::new(client).args(args).output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "dn: cn=a,dc=x\ncn: a\ncn:: w6Q=\n\n");
    let requests = server.requests();
    assert!(requests[0].is_bind() && requests[0].dn == "cn=me" && requests[0].holds("secret"));
    let search = requests.iter().find(|request| request.is_search()).unwrap();
    assert_eq!((search.dn.as_str(), search.scope), ("dc=x", 2));
    assert_eq!(search.attributes, ["cn", "sn"]);
    let mut names: Vec<_> = malformed_ldap(search).into_iter().map(|(name, _)| name).collect();
    names.dedup();
    assert!(names.len() >= 15);
}

#[test]
fn the_same_people_give_the_same_ldif() {
    let text = SlapdSettings::new().users(30).ldif();
    assert_eq!(text, SlapdSettings::new().users(30).ldif());
    assert!(text.contains("\nuid: u000030\n") && !text.contains("u000031"));
}
