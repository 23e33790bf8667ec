//! What a crate pulls in with its default features.

use crate::fault::Fault;
use std::collections::BTreeSet;

/// The most crates that purlin-core may bring, itself not counted.
const CORE_BUDGET: usize = 15;

/// Drivers, TLS stacks and HTTP libraries: none of them in the default features of a primitive crate or of the facade.
const HEAVY: [&str; 33] = [
    "aws-lc-rs",
    "aws-lc-sys",
    "curl",
    "h2",
    "hickory-resolver",
    "http",
    "hyper",
    "hyper-util",
    "ldap3",
    "libsqlite3-sys",
    "mysql_async",
    "native-tls",
    "openssl",
    "openssl-sys",
    "oracledb",
    "purlin-tls",
    "reqwest",
    "ring",
    "rusqlite",
    "russh",
    "russh-sftp",
    "rustls",
    "rustls-native-certs",
    "s2n-tls",
    "sqlx",
    "sqlx-core",
    "sqlx-postgres",
    "ssh2",
    "tiberius",
    "tokio-native-tls",
    "tokio-postgres",
    "tokio-rustls",
    "ureq",
];

/// Serialisation formats: none of them in purlin-core.
const FORMATS: [&str; 16] = [
    "bincode",
    "ciborium",
    "csv",
    "ini",
    "json5",
    "postcard",
    "prost",
    "quick-xml",
    "rmp-serde",
    "ron",
    "roxmltree",
    "serde-saphyr",
    "serde_json",
    "serde_yaml",
    "toml",
    "toml_edit",
];

/// Checks the output of `cargo tree -p CRATE -e normal --prefix none`.
pub(super) fn check(package: &str, manifest: &str, listing: &str) -> Vec<Fault> {
    let crates = crates(listing, package);
    let names = |list: &[&str]| -> Vec<String> {
        let found = crates.iter().map(|(name, _)| name.clone()).filter(|name| list.contains(&name.as_str()));
        found.collect()
    };
    let mut faults = Vec::new();
    if !may_be_heavy(package) {
        let heavy = names(&HEAVY).into_iter();
        faults.extend(heavy.map(|name| Fault::of_file(manifest, format!("default features pull in {name}"))));
    }
    if package == "purlin-core" {
        let formats = names(&FORMATS).into_iter();
        faults.extend(
            formats.map(|name| Fault::of_file(manifest, format!("{name} is a serialisation format"))),
        );
        if crates.len() > CORE_BUDGET {
            let list: Vec<String> =
                crates.iter().map(|(name, version)| format!("{name} {version}")).collect();
            let message =
                format!("{} crates, at most {CORE_BUDGET} are allowed: {}", crates.len(), list.join(", "));
            faults.push(Fault::of_file(manifest, message));
        }
    }
    if crates.is_empty() && !listing.starts_with(package) {
        faults.push(Fault::of_file(manifest, "cargo tree showed nothing"));
    }
    faults
}

/// TLS is what purlin-tls is for, and an adapter is its driver.
fn may_be_heavy(package: &str) -> bool {
    package == "purlin-tls" || package.starts_with("purlin-db-")
}

/// Name and version of everything below the package itself.
fn crates(listing: &str, package: &str) -> BTreeSet<(String, String)> {
    let lines = listing.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        Some((words.next()?.to_owned(), words.next()?.to_owned()))
    });
    lines.filter(|(name, _)| name != package).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CORE: &str = include_str!("recorded_tree.txt");

    fn messages(package: &str, listing: &str) -> Vec<String> {
        check(package, "Cargo.toml", listing).iter().map(Fault::to_string).collect()
    }

    #[test]
    fn the_recorded_tree_of_core_fits() {
        assert_eq!(crates(CORE, "purlin-core").len(), 15);
        assert_eq!(messages("purlin-core", CORE), Vec::<String>::new());
    }

    #[test]
    fn one_crate_too_many_is_refused_and_repeats_do_not_count() {
        assert_eq!(messages("purlin-core", &format!("{CORE}tokio v1.54.1 (*)\n")), Vec::<String>::new());
        let found = messages("purlin-core", &format!("{CORE}bytes v1.10.1\n"));
        assert!(found.len() == 1 && found[0].contains("16 crates, at most 15"), "{found:?}");
    }

    #[test]
    fn a_second_version_counts() {
        assert_eq!(messages("purlin-core", &format!("{CORE}syn v2.0.119\n")).len(), 1);
    }

    #[test]
    fn every_heavy_crate_is_refused_by_default() {
        for name in HEAVY {
            let listing = format!("purlin v0.1.0 (/w)\n{name} v1.0.0\n");
            assert_eq!(
                messages("purlin", &listing),
                [format!("Cargo.toml: default features pull in {name}")]
            );
        }
        assert_eq!(messages("purlin-tls", "purlin-tls v0.1.0\nrustls v0.23.46\n"), Vec::<String>::new());
        assert_eq!(
            messages("purlin-db-mysql", "purlin-db-mysql v0.1.0\nmysql_async v1.0.0\n"),
            Vec::<String>::new()
        );
    }

    #[test]
    fn every_format_is_refused_in_core() {
        for name in FORMATS {
            let listing = format!("purlin-core v0.1.0 (/w)\n{name} v1.0.0\n");
            assert_eq!(
                messages("purlin-core", &listing),
                [format!("Cargo.toml: {name} is a serialisation format")]
            );
        }
    }

    #[test]
    fn an_empty_listing_proves_nothing() {
        assert_eq!(messages("purlin-core", ""), ["Cargo.toml: cargo tree showed nothing"]);
    }
}
