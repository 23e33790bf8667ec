//! The statements that a session has prepared, and what is known of them.

use crate::types::Shape;
use sqlx::postgres::{PgConnection, PgStatement, PgTypeInfo};
use sqlx::{AssertSqlSafe, Connection as _, Either, Executor as _, SqlSafeStr as _, SqlStr, Statement as _};
use std::collections::HashMap;
use std::sync::Arc;

/// A statement that the server has prepared.
pub(crate) struct Prepared {
    statement: PgStatement,
    pub(crate) shape: Shape,
}

impl Prepared {
    /// The text, which is not copied.
    pub(crate) fn sql(&self) -> SqlStr {
        self.statement.sql().clone()
    }

    /// The types of its parameters.
    pub(crate) fn types(&self) -> &[PgTypeInfo] {
        match self.statement.parameters() {
            Some(Either::Left(types)) => types,
            _ => &[],
        }
    }
}

/// What sqlx has prepared. It is asked itself as soon as it may have closed one to make room for another.
pub(crate) struct Statements {
    known: HashMap<Box<str>, Arc<Prepared>>,
    capacity: usize,
}

impl Statements {
    /// As many as sqlx keeps.
    pub(crate) fn new(capacity: usize) -> Self {
        Self { known: HashMap::new(), capacity }
    }

    /// The statement, where it is certain that sqlx still has it.
    pub(crate) fn get(&self, raw: &PgConnection, sql: &str) -> Option<Arc<Prepared>> {
        if raw.cached_statements_size() < self.capacity { self.known.get(sql).cloned() } else { None }
    }

    /// Has it prepared; says whether that is the first time.
    pub(crate) async fn prepare(
        &mut self,
        raw: &mut PgConnection,
        sql: &str,
    ) -> sqlx::Result<(Arc<Prepared>, bool)> {
        let before = raw.cached_statements_size();
        let statement = (&mut *raw).prepare(AssertSqlSafe(Arc::<str>::from(sql)).into_sql_str()).await?;
        let is_new = raw.cached_statements_size() > before;
        let shape = Shape::of(statement.columns());
        let prepared = Arc::new(Prepared { statement, shape });
        if self.known.len() >= self.capacity {
            self.known.clear();
        }
        self.known.insert(sql.into(), prepared.clone());
        Ok((prepared, is_new))
    }

    /// sqlx has closed them all.
    pub(crate) fn forget(&mut self) {
        self.known.clear();
    }
}
