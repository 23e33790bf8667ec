//! The one order of dependencies between the crates of the workspace.

use crate::fault::Fault;
use crate::proofs::area;
use crate::workspace::{Dependency, Package, Workspace};

/// From left to right; a crate knows only crates to its left.
const ORDER: [&str; 12] = [
    "purlin-core",
    "purlin-config",
    "purlin-tls",
    "purlin-inventory",
    "purlin-db",
    ADAPTERS,
    "purlin-health",
    "purlin-transport",
    "purlin-ldap",
    "purlin-deploy",
    "purlin",
    OUTSIDE,
];

/// The place of every `purlin-db-NAME`.
const ADAPTERS: &str = "purlin-db-";

/// The place of packages that are not published: examples, tests, benches.
const OUTSIDE: &str = "outside";

const TESTKIT: &str = "purlin-testkit";

/// What deploy stands on, without a feature.
const DEPLOY_STANDS_ON: [&str; 3] = ["purlin-inventory", "purlin-health", "purlin-transport"];

/// Checks every dependency between members.
pub(super) fn check(workspace: &Workspace) -> Vec<Fault> {
    let mut faults = Vec::new();
    for package in &workspace.packages {
        let folder = workspace.folder(package);
        let manifest = format!("{folder}/Cargo.toml");
        if folder.starts_with("crates/") && package.name != TESTKIT && rank(&package.name) == rank(OUTSIDE) {
            faults.push(Fault::of_file(
                &manifest,
                format!("{} has no place in the order of crates", package.name),
            ));
        }
        let own = package
            .dependencies
            .iter()
            .filter(|dependency| dependency.path.is_some() && !dependency.is_dev());
        let found = own.filter_map(|dependency| fault(package, dependency));
        faults.extend(found.map(|message| Fault::of_file(&manifest, message)));
    }
    faults
}

fn fault(package: &Package, dependency: &Dependency) -> Option<String> {
    let (from, to) = (package.name.as_str(), dependency.name.as_str());
    if to == TESTKIT {
        return Some(format!("{TESTKIT} may only be a dev-dependency"));
    }
    // The testkit stands above all of them.
    if from != TESTKIT && rank(to) >= rank(from) {
        return Some(format!("{from} may not depend on {to}: the order of crates is the other way round"));
    }
    if needs_feature(from, to) && !behind_feature(package, dependency) {
        return Some(format!("{to} must be optional, behind a feature `{}`", area(to)));
    }
    None
}

fn rank(name: &str) -> usize {
    let place = if name.starts_with(ADAPTERS) { ADAPTERS } else { name };
    ORDER.iter().position(|n| *n == place).unwrap_or(ORDER.len() - 1)
}

/// Published crates other than adapters offer what stands to their left only to those who ask for it.
fn needs_feature(from: &str, to: &str) -> bool {
    let published = rank(from) < rank(OUTSIDE) || from == TESTKIT;
    let adapter = from.starts_with(ADAPTERS);
    let deploy = from == "purlin-deploy" && DEPLOY_STANDS_ON.contains(&to);
    published && !adapter && !deploy && to != "purlin-core"
}

fn behind_feature(package: &Package, dependency: &Dependency) -> bool {
    let switch = format!("dep:{}", dependency.name);
    let feature = package.features.get(area(&dependency.name));
    dependency.optional && feature.is_some_and(|parts| parts.contains(&switch))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    fn depends(from: &str, to: &str) -> (Workspace, Package) {
        let mut workspace = Workspace::parse(crate::invariants::RECORDED_METADATA).unwrap();
        let mut package = workspace.packages.remove(0);
        package.name = from.into();
        package.manifest_path = PathBuf::from(format!("/w/crates/{from}/Cargo.toml"));
        package.dependencies[0].name = to.into();
        package.dependencies[0].path = Some(PathBuf::from(format!("/w/crates/{to}")));
        (workspace, package)
    }

    fn messages(from: &str, to: &str, change: impl Fn(&mut Package)) -> Vec<String> {
        let (mut workspace, mut package) = depends(from, to);
        change(&mut package);
        workspace.packages.push(package);
        check(&workspace).iter().map(|fault| fault.message.clone()).collect()
    }

    fn optional(package: &mut Package) {
        let name = package.dependencies[0].name.clone();
        package.dependencies[0].optional = true;
        package.features.insert(area(&name).into(), vec![format!("dep:{name}")]);
    }

    fn dev(package: &mut Package) {
        package.dependencies[0].kind = Some("dev".into());
    }

    #[test]
    fn leftward_dependencies_are_fine() {
        for (from, to) in
            [("purlin-tls", "purlin-core"), ("purlin-deploy", "purlin-health"), ("fleet", "purlin")]
        {
            assert_eq!(
                messages(from, to, |p| {
                    if from == "fleet" {
                        p.manifest_path = PathBuf::from("/w/examples/fleet/Cargo.toml");
                    }
                }),
                Vec::<String>::new(),
                "{from} on {to}"
            );
        }
        assert_eq!(messages("purlin-db-mysql", "purlin-db", |_| {}), Vec::<String>::new());
        assert_eq!(messages("purlin-db-mysql", "purlin-tls", |_| {}), Vec::<String>::new());
        assert_eq!(messages("purlin-health", "purlin-db", optional), Vec::<String>::new());
        assert_eq!(messages("purlin", "purlin-tls", optional), Vec::<String>::new());
        assert_eq!(messages(TESTKIT, "purlin-db", optional), Vec::<String>::new());
    }

    #[test]
    fn rightward_dependencies_are_refused_even_if_optional() {
        for (from, to) in [
            ("purlin-core", "purlin-tls"),
            ("purlin-db", "purlin-health"),
            ("purlin-db", "purlin-db-mysql"),
            ("purlin-db-mssql", "purlin-db-mysql"),
            ("purlin-ldap", "purlin-deploy"),
            ("purlin-tls", "purlin"),
        ] {
            let found = messages(from, to, optional);
            assert!(found.len() == 1 && found[0].contains("may not depend"), "{from} on {to}: {found:?}");
        }
    }

    #[test]
    fn a_primitive_hides_its_neighbours_behind_features() {
        let wanted = ["purlin-db must be optional, behind a feature `db`"];
        assert_eq!(messages("purlin-health", "purlin-db", |_| {}), wanted);
        let misnamed = |package: &mut Package| {
            package.dependencies[0].optional = true;
            package.features.insert("database".into(), vec!["dep:purlin-db".into()]);
        };
        assert_eq!(messages("purlin-health", "purlin-db", misnamed), wanted);
        let always = |package: &mut Package| {
            package.features.insert("db".into(), vec!["dep:purlin-db".into()]);
        };
        assert_eq!(messages("purlin-health", "purlin-db", always), wanted);
    }

    #[test]
    fn the_testkit_is_only_for_tests() {
        assert_eq!(
            messages("purlin-db", TESTKIT, |_| {}),
            [format!("{TESTKIT} may only be a dev-dependency")]
        );
        assert_eq!(messages("purlin-db", TESTKIT, optional).len(), 1);
        assert_eq!(messages("purlin-db", TESTKIT, dev), Vec::<String>::new());
    }

    #[test]
    fn a_crate_without_a_place_is_refused() {
        let found = messages("purlin-cellar", "purlin-core", |_| {});
        assert_eq!(found, ["purlin-cellar has no place in the order of crates"]);
    }
}
