//! PostgreSQL beside sqlx, which the driver is built on.

use crate::ours::{self, ROUNDS, ROW_ROUNDS, ROWS, STATEMENTS, key};
use chrono::NaiveDateTime;
use purlin_benches::{Measured, nanoseconds_each};
use purlin_core::SecretRef;
use purlin_db::{Connector, Session, Target};
use purlin_db_postgres::PostgresConnector;
use purlin_testkit::{Postgres, PostgresSettings};
use rust_decimal::Decimal;
use sqlx_core::connection::ConnectOptions as _;
use sqlx_core::query::query;
use sqlx_core::row::Row as _;
use sqlx_postgres::{PgConnectOptions, PgConnection, PgSslMode};
use std::future::poll_fn;
use std::hint::black_box;
use std::io::{Error, Result};
use tokio::runtime::Runtime;

const POINT: &str = "SELECT id, name FROM t WHERE id = $1";
const ALL: &str = "SELECT id, name, at, price FROM t";
const TABLE: [&str; 3] = [
    "CREATE TABLE t (id bigint PRIMARY KEY, name varchar(40), at timestamp, price numeric(10, 2))",
    "INSERT INTO t SELECT i, 'name-' || i, timestamp '2026-01-01' + i * interval '1 second', i / 100.0 \
     FROM generate_series(1, 1000000) i",
    "VACUUM ANALYZE t",
];

pub(crate) fn run(runtime: &Runtime) -> Result<()> {
    let statements = |id, what| Measured::new(id, what, "ns").peer("sqlx").goal_ratio(1.02).rounds(ROUNDS);
    let select_1 = statements("db.postgres_select_1", "SELECT 1, prepared and cached");
    let point = statements("db.postgres_point_select", "a row by its key, prepared and cached");
    let what = "each of 1,000,000 rows of bigint, varchar, timestamp and numeric, by type";
    let rows = Measured::new("db.postgres_rows", what, "ns").peer("sqlx").goal_ratio(1.05).rounds(ROW_ROUNDS);
    if ![&select_1, &point, &rows].iter().any(|figure| figure.is_wanted()) {
        return Ok(());
    }
    let Some(server) = PostgresSettings::new().start().map_err(Error::other)? else { return Ok(()) };
    let mut session = connect(runtime, &server)?;
    ours::set_up(runtime, &mut session, &TABLE);
    let alone = &ours::alone();
    let mut raw = raw(alone, &server);
    select_1.run(|| ours::select_1(runtime, &mut session), Some(&mut || raw_select_1(alone, &mut raw)));
    point.run(
        || ours::point_select(runtime, &mut session, POINT),
        Some(&mut || raw_point_select(alone, &mut raw)),
    );
    rows.run(|| ours::rows(runtime, &mut session, ALL, ours::read), Some(&mut || raw_rows(alone, &mut raw)));
    Ok(())
}

fn connect(runtime: &Runtime, server: &Postgres) -> Result<Session> {
    let address = server.address();
    let target = Target::new("postgres").host(address.ip().to_string(), address.port());
    let target = target.user(server.user()).database(server.database()).option("tls", "off");
    let target = target.password(SecretRef::literal(server.password().clone()));
    let connector = PostgresConnector::new(&target).map_err(Error::other)?;
    Ok(ours::connect(runtime, &connector, &connector.endpoints()[0]))
}

fn raw(runtime: &Runtime, server: &Postgres) -> PgConnection {
    let address = server.address();
    let options = PgConnectOptions::new_without_pgpass()
        .host(&address.ip().to_string())
        .port(address.port())
        .username(server.user())
        .password(server.password().expose())
        .database(server.database())
        .ssl_mode(PgSslMode::Disable);
    runtime.block_on(options.connect()).expect("sqlx's connection")
}

fn raw_select_1(runtime: &Runtime, raw: &mut PgConnection) -> f64 {
    nanoseconds_each(STATEMENTS, || {
        runtime.block_on(async {
            for _ in 0..STATEMENTS {
                let row = query("SELECT 1").fetch_one(&mut *raw).await.expect("a row");
                black_box(row.get::<i32, _>(0));
            }
        });
    })
}

fn raw_point_select(runtime: &Runtime, raw: &mut PgConnection) -> f64 {
    nanoseconds_each(STATEMENTS, || {
        runtime.block_on(async {
            for number in 1..=STATEMENTS {
                let row = query(POINT).bind(key(number)).fetch_one(&mut *raw).await.expect("a row");
                black_box((row.get::<i64, _>(0), row.get::<String, _>(1)));
            }
        });
    })
}

fn raw_rows(runtime: &Runtime, raw: &mut PgConnection) -> f64 {
    nanoseconds_each(ROWS, || {
        let mut rows = query(ALL).fetch(raw);
        runtime.block_on(async {
            let mut count = 0;
            while let Some(row) = poll_fn(|context| rows.as_mut().poll_next(context)).await {
                let row = row.expect("a row");
                let number: i64 = row.get(0);
                let name: String = row.get(1);
                let at: NaiveDateTime = row.get(2);
                let price: Decimal = row.get(3);
                black_box((number, name, at, price));
                count += 1;
            }
            assert_eq!(count, ROWS, "all rows");
        });
    })
}
