//! What a statement gives.

use super::super::failed;
use super::session;
use crate::{
    Cause, Check, CheckKind, CheckOutcome, Evidence, Failure, Measurement, Phase, Phases, Status, Unit,
};
use async_trait::async_trait;
use purlin_core::Cx;
use purlin_db::{OwnedRow, Pool, Value};

/// The numbers that a statement gives, for thresholds by [rules](crate::Rule): rows that wait in a queue, the age of the
/// last order.
///
/// Kind `db_query`. Measures `time`, in seconds, and of the first row each column that holds a number, under the
/// column's name; other columns go into the line. A NULL is not known, and so is the status then: it must not look like
/// a nought. No row at all has failed. The statement should only read, and give few rows.
///
/// ```
/// # fn example(pool: &purlin_db::Pool) -> purlin_core::Result<()> {
/// use purlin_health::checks::db::Query;
/// use purlin_health::{CheckSpec, Rule};
///
/// let mails = Query::of(pool, "select count(*) as waiting from mails where sent_at is null");
/// let spec = CheckSpec::new("mails", mails).rule(Rule::on("waiting").warning("100".parse()?));
/// # let _ = spec;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Query {
    pool: Pool,
    sql: String,
}

impl Query {
    /// Asks this of the server of that pool.
    pub fn of(pool: &Pool, sql: impl Into<String>) -> Self {
        Self { pool: pool.clone(), sql: sql.into() }
    }

    fn evidence(columns: &[String], row: &OwnedRow, phases: Phases, time: f64) -> Evidence {
        let mut words = Vec::new();
        let mut status = Status::Ok;
        let mut measurements = vec![Measurement::new("time", time, Unit::Seconds)];
        for (name, value) in columns.iter().zip(row.values()) {
            match (value, number(value)) {
                (Value::Null, _) => {
                    status = Status::Unknown;
                    words.push(format!("{name} is NULL"));
                }
                (_, Some(number)) => {
                    words.push(format!("{name} is {number}"));
                    measurements.push(Measurement::new(name.clone(), number, Unit::None));
                }
                (Value::Text(text), None) => words.push(format!("{name} is {text}")),
                (other, None) => words.push(format!("{name} is {other:?}")),
            }
        }
        let mut evidence = Evidence::new(status, words.join(", ")).phases(phases);
        evidence.measurements = measurements;
        evidence
    }
}

#[expect(clippy::cast_precision_loss, reason = "thresholds are floating-point numbers")]
fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Bool(truth) => Some(f64::from(u8::from(*truth))),
        Value::I64(number) => Some(*number as f64),
        Value::U64(number) => Some(*number as f64),
        Value::F32(number) => Some(f64::from(*number)),
        Value::F64(number) => Some(*number),
        Value::Decimal(number) => number.to_string().parse().ok(),
        Value::BigDecimal(text) => text.parse().ok(),
        _ => None,
    }
}

#[async_trait]
impl Check for Query {
    fn kind(&self) -> CheckKind {
        CheckKind::from("db_query")
    }

    fn target(&self) -> Option<&str> {
        self.pool.endpoint().host()
    }

    async fn run(&self, cx: &Cx) -> CheckOutcome {
        let (mut session, mut phases) = match session(&self.pool, cx).await {
            Ok(found) => found,
            Err(outcome) => return outcome,
        };
        let asked = cx.now();
        let answer = async {
            let mut rows = session.query(cx, self.sql.as_str()).await?;
            let columns: Vec<_> = rows.columns().iter().map(|column| column.name.clone()).collect();
            let row = match rows.next().await? {
                Some(row) => Some(row.to_owned()?),
                None => None,
            };
            Ok((columns, row))
        }
        .await;
        let time = cx.now().since(asked);
        phases.push(Phase::Execute, time);
        match answer {
            Ok((columns, Some(row))) => {
                CheckOutcome::Answered(Self::evidence(&columns, &row, phases, time.as_secs_f64()))
            }
            Ok((_, None)) => {
                let cause = Cause::Assertion("row".into());
                let failure = Failure::new(Phase::Execute, cause, "the statement gives no row");
                CheckOutcome::Failed(failure.phases(phases))
            }
            Err(error) => failed(Phase::Execute, error, phases),
        }
    }
}
