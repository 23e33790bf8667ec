//! The same work with the libraries that people would use.

use crate::ours::{ROWS, STATEMENTS, key};
use chrono::NaiveDateTime;
use futures_core::Stream;
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, OptsBuilder, from_row};
use purlin_benches::nanoseconds_each;
use rust_decimal::Decimal;
use sqlx_core::any::AnyConnection;
use sqlx_core::any::driver::install_drivers;
use sqlx_core::connection::{ConnectOptions as _, Connection as _};
use sqlx_core::query::query;
use sqlx_core::row::Row as _;
use sqlx_core::sql_str::SqlSafeStr;
use sqlx_mysql::{MySqlConnectOptions, MySqlConnection, MySqlRow, MySqlSslMode};
use std::future::poll_fn;
use std::hint::black_box;
use std::pin::Pin;
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio::time::timeout;

const HOUR: Duration = Duration::from_secs(3600);

/// mysql_async.
pub(super) struct Raw(Conn);

impl Raw {
    pub(super) fn connect(runtime: &Runtime, port: u16, password: &str) -> Self {
        let options = OptsBuilder::default().ip_or_hostname("127.0.0.1").tcp_port(port).user(Some("app"));
        // A Unix socket would be another way than ours.
        let options = options.pass(Some(password)).db_name(Some("test")).prefer_socket(false);
        Self(runtime.block_on(Conn::new(options)).expect("mysql_async's connection"))
    }

    pub(super) fn select_1(&mut self, runtime: &Runtime) -> f64 {
        nanoseconds_each(STATEMENTS, || {
            runtime.block_on(async {
                for _ in 0..STATEMENTS {
                    let one: Option<i64> = self.0.query_first("SELECT 1").await.expect("an answer");
                    black_box(one.expect("a row"));
                }
            });
        })
    }

    /// The same with a deadline for each, as ours have one.
    pub(super) fn select_1_in_time(&mut self, runtime: &Runtime) -> f64 {
        nanoseconds_each(STATEMENTS, || {
            runtime.block_on(async {
                for _ in 0..STATEMENTS {
                    let answer = timeout(HOUR, self.0.query_first("SELECT 1")).await.expect("in time");
                    let one: Option<i64> = answer.expect("an answer");
                    black_box(one.expect("a row"));
                }
            });
        })
    }

    pub(super) fn point_select(&mut self, runtime: &Runtime, sql: &str) -> f64 {
        nanoseconds_each(STATEMENTS, || {
            runtime.block_on(async {
                for number in 1..=STATEMENTS {
                    let row: Option<(i64, String)> =
                        self.0.exec_first(sql, (key(number),)).await.expect("an answer");
                    black_box(row.expect("a row"));
                }
            });
        })
    }

    pub(super) fn rows(&mut self, runtime: &Runtime, sql: &str) -> f64 {
        nanoseconds_each(ROWS, || {
            runtime.block_on(async {
                let mut rows = self.0.exec_iter(sql, ()).await.expect("an answer");
                let mut count = 0;
                while let Some(row) = rows.next().await.expect("a row") {
                    black_box(from_row::<(i64, String, NaiveDateTime, Decimal)>(row));
                    count += 1;
                }
                assert_eq!(count, ROWS, "all rows");
            });
        })
    }
}

/// sqlx with its MySQL driver.
pub(super) struct Sqlx(MySqlConnection);

fn sqlx_options(port: u16, password: &str) -> MySqlConnectOptions {
    MySqlConnectOptions::new()
        .host("127.0.0.1")
        .port(port)
        .username("app")
        .password(password)
        .database("test")
        .ssl_mode(MySqlSslMode::Disabled)
}

impl Sqlx {
    pub(super) fn connect(runtime: &Runtime, port: u16, password: &str) -> Self {
        let options = sqlx_options(port, password);
        Self(runtime.block_on(options.connect()).expect("sqlx's connection"))
    }

    pub(super) fn rows(&mut self, runtime: &Runtime, sql: &'static str) -> f64 {
        let read = |row: MySqlRow| {
            let number: i32 = row.get(0);
            let name: String = row.get(1);
            let at: NaiveDateTime = row.get(2);
            let price: Decimal = row.get(3);
            black_box((number, name, at, price));
        };
        nanoseconds_each(ROWS, || {
            let rows = query(sql.into_sql_str()).fetch(&mut self.0);
            runtime.block_on(all(rows, read));
        })
    }
}

/// sqlx's way to whatever database.
pub(super) struct AnySqlx(AnyConnection);

impl AnySqlx {
    pub(super) fn connect(runtime: &Runtime, port: u16, password: &str) -> Self {
        install_drivers(&[sqlx_mysql::any::DRIVER]).expect("no drivers before");
        let url = format!("mysql://app:{password}@127.0.0.1:{port}/test?ssl-mode=disabled");
        Self(runtime.block_on(AnyConnection::connect(&url)).expect("the connection of `Any`"))
    }

    pub(super) fn rows(&mut self, runtime: &Runtime, sql: &'static str) -> f64 {
        let read = |row: sqlx_core::any::AnyRow| {
            let number: i64 = row.get(0);
            let name: String = row.get(1);
            let at: String = row.get(2);
            let price: String = row.get(3);
            black_box((number, name, at, price));
        };
        nanoseconds_each(ROWS, || {
            let rows = query(sql.into_sql_str()).fetch(&mut self.0);
            runtime.block_on(all(rows, read));
        })
    }
}

async fn all<R>(mut rows: Pin<Box<impl Stream<Item = sqlx_core::Result<R>> + ?Sized>>, read: impl Fn(R)) {
    let mut count = 0;
    while let Some(row) = poll_fn(|context| rows.as_mut().poll_next(context)).await {
        read(row.expect("a row"));
        count += 1;
    }
    assert_eq!(count, ROWS, "all rows");
}
