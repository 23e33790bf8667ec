use super::TnsNames;
use crate::Descriptor;
use proptest::prelude::*;
use purlin_core::{Diagnostics, Error, ErrorKind, TlsSettings};
use purlin_db::Target;
use std::path::Path;
use tempfile::TempDir;

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

/// The faults, with the folder cut off.
fn faults(folder: &TempDir) -> String {
    let error = TnsNames::load(folder.path()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
    cut(folder, &error.detail::<Diagnostics>().unwrap().to_string())
}

fn cut(folder: &TempDir, text: &str) -> String {
    text.replace(&format!("{}/", folder.path().display()), "")
}

fn place(names: &TnsNames, name: &str) -> String {
    names.find(name).unwrap().attempts(0)[0].address.endpoint.to_string()
}

const ONE: &str = "(DESCRIPTION=(ADDRESS=(PROTOCOL=tcps)(HOST=db1)(PORT=1))(CONNECT_DATA=(SERVICE_NAME=m)))";

#[test]
fn names_are_found_whatever_their_case_and_in_included_files_too() {
    let folder = folder(&[
        (
            "tnsnames.ora",
            "# tnsnames.ora Network Configuration File\r\nmap, Wiki.example.org =\r\n  (DESCRIPTION =\r\n    (ADDRESS = \
             (PROTOCOL = TCP)(HOST = db1)(PORT = 1)) # the first\r\n    (CONNECT_DATA =\r\n      (SERVICE_NAME = map)\r\n    \
             )\r\n  )\r\nIFILE = more.ora # others\r\nshort = tcps://db3:3/m\r\n",
        ),
        ("more.ora", "LATER=\n(DESCRIPTION=(ADDRESS=(HOST=db2)(PORT=2))(CONNECT_DATA=(SID=m)))"),
    ]);
    let names = TnsNames::load(folder.path()).unwrap();
    assert_eq!(names.names().collect::<Vec<_>>(), ["LATER", "MAP", "SHORT", "WIKI.EXAMPLE.ORG"]);
    assert_eq!((place(&names, "MAP"), place(&names, "wiki.EXAMPLE.org")), ("db1:1".into(), "db1:1".into()));
    assert_eq!((place(&names, "later"), place(&names, "Short")), ("db2:2".into(), "db3:3".into()));
    assert!(names.warnings().is_empty());
    let error = names.find("mpa").unwrap_err();
    assert_eq!(
        (error.kind(), error.message()),
        (ErrorKind::NotFound, "there is no name \"mpa\"; did you mean MAP?")
    );
}

#[test]
fn an_open_parenthesis_is_named_by_line_and_column_and_so_is_every_other() {
    let folder = folder(&[(
        "tnsnames.ora",
        &format!(
            "good = {ONE}\nbad =\n  (DESCRIPTION=\n    (ADDRESS=(HOST=a)(PORT=1)\n    \
             (CONNECT_DATA=(SID=m)))\nworse = (DESCRIPTION=(ADDRESS=(HOST=a\nnothing =\nfine = {ONE}\n= b\n"
        ),
    )]);
    assert_eq!(
        faults(&folder),
        "tnsnames.ora:3:3: error[open-parenthesis]: this parenthesis is never closed\n\
         tnsnames.ora:6:31: error[open-parenthesis]: this parenthesis is never closed\n\
         tnsnames.ora:9:1: error[syntax]: '=' where a name belongs"
    );
}

#[test]
fn files_that_include_each_other_are_told_as_a_circle() {
    let folder = folder(&[
        ("tnsnames.ora", &format!("a = {ONE}\n  IFILE = sub.ora\n")),
        ("sub.ora", "# the middle\nifile=\"./last.ora\"\n"),
        ("last.ora", "IFILE=tnsnames.ora\nIFILE=missing.ora\nIFILE=last.ora\n"),
    ]);
    assert_eq!(
        faults(&folder).replace("/./", "/").replace("./last", "last"),
        "last.ora:1:7: error[ifile-circle]: tnsnames.ora includes itself\n  \
           help: the files include each other: tnsnames.ora, sub.ora, last.ora, tnsnames.ora\n\
         last.ora:2:7: error[ifile-unreadable]: missing.ora cannot be read: no such file or directory\n\
         last.ora:3:7: error[ifile-circle]: last.ora includes itself\n  \
           help: the files include each other: tnsnames.ora, sub.ora, last.ora, last.ora"
    );
}

#[test]
fn one_file_that_is_included_twice_is_no_circle_and_a_later_name_counts() {
    let folder = folder(&[
        ("tnsnames.ora", &format!("IFILE=more.ora\nIFILE=more.ora\nm = {ONE}\n")),
        ("more.ora", "m = db2:2/m\n"),
    ]);
    let names = TnsNames::load(folder.path().join("tnsnames.ora")).unwrap();
    assert_eq!(place(&names, "m"), "db1:1");
    let warnings = cut(&folder, &names.warnings().to_string());
    assert!(
        warnings.contains("tnsnames.ora:3:1: warning[duplicate-name]: M stands there twice"),
        "{warnings}"
    );
    assert!(warnings.contains("more.ora:1:1: the earlier one"), "{warnings}");
}

#[test]
fn files_that_multiply_are_not_read_for_ever() {
    let files: Vec<_> = (0..14)
        .map(|level| (if level == 0 { "tnsnames.ora".to_owned() } else { format!("{level}.ora") }, level + 1))
        .map(|(name, next)| (name, format!("IFILE={next}.ora\nIFILE={next}.ora\n")))
        .collect();
    let mut files: Vec<_> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    files.push(("14.ora", "m = db1/m\n"));
    let told = faults(&folder(&files));
    assert_eq!(told.matches("ifile-depth").count(), 1, "{told}");
    assert!(told.contains("more than 256 inclusions"), "{told}");
}

#[test]
fn what_is_wrong_within_a_descriptor_costs_that_name_alone_and_is_named_by_its_place() {
    let folder = folder(&[(
        "tnsnames.ora",
        &format!(
            "a = {ONE}\nb =\n  (DESCRIPTION=(ADDRESS=(HOST=x)(PORT=none))\n    (CONNECT_DATA=(SID=m)))\nc = db1:x/m\n"
        ),
    )]);
    let names = TnsNames::load(folder.path()).unwrap();
    assert_eq!(place(&names, "a"), "db1:1");
    let error = |name: &str| cut(&folder, names.find(name).unwrap_err().message());
    assert_eq!(error("b"), "tnsnames.ora:3:34: port \"none\" is not a number from 1 to 65535");
    assert!(error("c").starts_with("tnsnames.ora:5:8: "), "{}", error("c"));
}

#[test]
fn a_file_that_is_not_there_is_an_error_with_its_path() {
    let folder = folder(&[]);
    let error = TnsNames::load(folder.path()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains("tnsnames.ora"), "{error}");
}

fn of(target: &Target) -> Result<Descriptor, Error> {
    let mut options = target.read_options();
    let descriptor = Descriptor::of_target(target, &mut options)?;
    options.finish()?;
    Ok(descriptor)
}

fn of_url(url: &str) -> Result<Descriptor, Error> {
    of(&url.parse()?)
}

#[test]
fn a_url_says_it_too() {
    let strings = |url: &str| {
        let attempts = of_url(url).unwrap_or_else(|error| panic!("{url}: {error}")).attempts(0);
        attempts.iter().map(crate::Attempt::connect_string).collect::<Vec<_>>()
    };
    let head = "(DESCRIPTION=(RETRY_COUNT=0)(RETRY_DELAY=0)(ADDRESS=";
    assert_eq!(
        strings("oracle://app@db1.lon,db2.lds:99/map?server=shared&instance=map1"),
        [
            format!(
                "{head}(PROTOCOL=tcps)(HOST=db1.lon)(PORT=2484))(CONNECT_DATA=(SERVICE_NAME=map)(SERVER=shared)(INSTANCE_NAME=map1)))"
            ),
            format!(
                "{head}(PROTOCOL=tcps)(HOST=db2.lds)(PORT=99))(CONNECT_DATA=(SERVICE_NAME=map)(SERVER=shared)(INSTANCE_NAME=map1)))"
            ),
        ]
    );
    assert_eq!(
        strings("oracle://app@db1?sid=map&danger_no_tls=true"),
        [format!("{head}(PROTOCOL=tcp)(HOST=db1)(PORT=1521))(CONNECT_DATA=(SID=map)))")]
    );
    let folder = folder(&[("tnsnames.ora", &format!("map_prod = {ONE}\nplain = db1/map\n"))]);
    let file = folder.path().display().to_string().replace('/', "%2F");
    let found = of_url(&format!("oracle://app@MAP_prod?tnsnames={file}&wallet=%2Fetc%2Fwallet")).unwrap();
    assert_eq!(found.attempts(0)[0].address.endpoint.to_string(), "db1:1");
    assert_eq!(found.attempts(0)[0].security.wallet.as_deref(), Some(Path::new("/etc/wallet")));
    let target = Target::new("oracle").user("app").option("descriptor", ONE);
    assert_eq!(of(&target).unwrap().attempts(0)[0].address.endpoint.to_string(), "db1:1");
    // TLS is never left out without its name.
    let error = of_url(&format!("oracle://app@plain?tnsnames={file}")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "oracle.names: db1:1521 is spoken to without TLS (PROTOCOL=tcp) (write tcps, or say danger_no_tls=true)"
    );
    assert!(of_url(&format!("oracle://app@plain?tnsnames={file}&danger_no_tls=true")).is_ok());
}

#[test]
fn what_a_url_cannot_say_is_refused() {
    for url in [
        "oracle://app@db1",
        "oracle://app@db1/map?sid=map",
        "oracle://app@db1/map?server=big",
        "oracle://app@db1/m%28p",
        "oracle://app@db1/map?instance=a%29",
        "oracle://app@db1/map?descriptor=db2%2Fmap",
        "oracle://app@db1/map?tnsnames=nowhere",
        "oracle://app@db1,db2?tnsnames=nowhere",
        "oracle://app@db1:1?tnsnames=nowhere",
        "oracle://app@db1?tnsnames=nowhere&descriptor=x",
        "oracle://app@%2Frun%2Foracle/map",
        "oracle://app@db1/map?danger_no_tls=perhaps",
    ] {
        assert_eq!(of_url(url).unwrap_err().kind(), ErrorKind::Invalid, "{url}");
    }
}

#[test]
fn a_wallet_is_its_ewallet_pem() {
    let folder = folder(&[("cwallet.sso", "x")]);
    let security = crate::Security { wallet: Some(folder.path().to_owned()) };
    let error = security.tls(&TlsSettings::new()).unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Unsupported, Some("oracle.wallet")), "{error}");
    let certificate = "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n";
    std::fs::write(folder.path().join("ewallet.pem"), certificate).unwrap();
    let settings = security.tls(&TlsSettings::new()).unwrap();
    assert_eq!((settings.ca.len(), settings.client_certificate.is_some()), (1, false));
    let key =
        format!("-----BEGIN ENCRYPTED PRIVATE KEY-----\n-----END ENCRYPTED PRIVATE KEY-----\n{certificate}");
    std::fs::write(folder.path().join("ewallet.pem"), key).unwrap();
    let settings = security.tls(&TlsSettings::new()).unwrap();
    assert!(settings.client_certificate.is_some() && settings.client_key.is_some());
    let missing = crate::Security { wallet: Some(folder.path().join("none")) };
    assert_eq!(missing.tls(&TlsSettings::new()).unwrap_err().kind(), ErrorKind::NotFound);
}

proptest! {
    #[test]
    fn any_file_is_read_or_refused_with_places(
        parts in proptest::collection::vec(proptest::sample::select(PARTS.to_vec()), 0..24),
    ) {
        let folder = folder(&[("tnsnames.ora", &parts.concat())]);
        match TnsNames::load(folder.path()) {
            Ok(names) => names.names().for_each(|name| drop(names.find(name))),
            Err(error) => prop_assert!(error.detail::<Diagnostics>().is_some(), "{}", error),
        }
    }
}

const PARTS: [&str; 16] = [
    "a",
    "b",
    "=",
    ",",
    "\n",
    " ",
    "(DESCRIPTION=",
    "(ADDRESS=(HOST=h))",
    ")",
    "(",
    "#",
    "IFILE=",
    "tnsnames.ora",
    "\"",
    "é",
    "db1/m",
];
