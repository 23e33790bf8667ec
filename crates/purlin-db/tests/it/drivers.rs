//! Which engines a program can reach.

use crate::estate::Estate;
use purlin_core::{ErrorKind, Outcome};
use purlin_db::{Connector, Drivers, Target};

fn refused(drivers: &Drivers, url: &str) -> String {
    let error = drivers.connector(&url.parse().unwrap()).unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Invalid, Outcome::NotSent));
    assert_eq!(error.operation(), Some("db.connect"));
    error.message().to_owned()
}

#[test]
fn an_unknown_scheme_names_the_missing_feature_and_the_schemes_that_are_there() {
    let drivers = Drivers::new().with(Estate::new(["primary"]));
    let feature = "built without feature \"db-mysql\"; there are: estate, fief";
    assert_eq!(refused(&drivers, "mysql://db1/map"), format!("\"mysql\": {feature}"));
    assert_eq!(refused(&drivers, "mariadb://db1/map"), format!("\"mariadb\": {feature}"));
    assert_eq!(
        refused(&drivers, "estat://db1"),
        "\"estat\": did you mean \"estate\"?; there are: estate, fief"
    );
    assert_eq!(
        refused(&drivers, "postgre://db1"),
        "\"postgre\": did you mean \"postgres\"? It is built without feature \"db-postgres\"; there are: estate, fief"
    );
    assert_eq!(refused(&drivers, "xyzzy:a"), "\"xyzzy\": no such engine; there are: estate, fief");
}

#[test]
fn each_engine_names_its_feature_where_it_is_not_built_in() {
    for (scheme, feature) in [
        ("mysql", "db-mysql"),
        ("mariadb", "db-mysql"),
        ("postgres", "db-postgres"),
        ("postgresql", "db-postgres"),
        ("sqlite", "db-sqlite"),
        ("mssql", "db-mssql"),
        ("sqlserver", "db-mssql"),
        ("oracle", "db-oracle"),
    ] {
        let place = if scheme == "sqlite" { ":a" } else { "://app@db1/map" };
        let told = refused(&Drivers::new(), &format!("{scheme}{place}"));
        assert_eq!(told, format!("\"{scheme}\": built without feature \"{feature}\"; there are: none"));
    }
}

#[test]
fn of_two_drivers_for_one_scheme_the_later_counts() {
    let (first, second) = (Estate::new(["primary"]), Estate::new(["primary", "replica"]));
    let drivers = Drivers::new().with(first.clone()).with(second.clone());
    let target: Target = "fief://db1".parse().unwrap();
    assert_eq!(drivers.connector(&target).unwrap().endpoints(), &first.endpoints()[..1]);
    second.servers().clear();
    assert!(format!("{:?}", drivers.connector(&target).unwrap()).contains("data: []"));
}

#[test]
fn what_a_driver_does_not_know_is_refused_by_it() {
    let drivers = Drivers::new().with(Estate::new(["primary"]));
    let error = drivers.connector(&"estate://db1?x=1".parse().unwrap()).unwrap_err();
    assert_eq!(error.message(), "estate has no option \"x\"; it has none");
}
