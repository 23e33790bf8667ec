//! Databases: any engine, one set of answers. Everything of `purlin-db`, and the drivers that are switched on.

pub use purlin_db::*;

#[cfg(feature = "db-oracle")]
pub use purlin_db_oracle as oracle;
#[cfg(feature = "db-sqlite")]
pub use purlin_db_sqlite as sqlite;

/// The drivers that features of this crate have switched on (`db-mssql`, `db-mysql`, `db-oracle`, `db-postgres`,
/// `db-sqlite`); with `db` alone, none. More are added with [`Drivers::with`].
///
/// ```
/// # use purlin::{Cx, Result};
/// # use purlin::db::{Database, drivers};
/// # async fn example(cx: &Cx) -> Result<()> {
/// let db = Database::connect(cx, &drivers(), "postgres://app@db1.lon,db2.lds/map?role=primary").await?;
/// let behind = db.topology(cx).await?.lag();
/// # drop(behind);
/// # Ok(())
/// # }
/// ```
pub fn drivers() -> Drivers {
    let drivers = Drivers::new();
    #[cfg(feature = "db-mssql")]
    let drivers = drivers.with(purlin_db_mssql::Mssql::new());
    #[cfg(feature = "db-mysql")]
    let drivers = drivers.with(purlin_db_mysql::MySql::new());
    #[cfg(feature = "db-oracle")]
    let drivers = drivers.with(purlin_db_oracle::Oracle::new());
    #[cfg(feature = "db-postgres")]
    let drivers = drivers.with(purlin_db_postgres::Postgres::new());
    #[cfg(feature = "db-sqlite")]
    let drivers = drivers.with(purlin_db_sqlite::Sqlite::new());
    drivers
}
