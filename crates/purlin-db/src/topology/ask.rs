//! Asking one node.

use super::NodeView;
use super::read::{StatusRows, view};
use crate::dialect::Status;
use crate::{DbDetail, OwnedRow, Session};
use purlin_core::{Cx, Result};

impl NodeView {
    /// Asks a node what it is, by the questions of its dialect. What it refuses to tell is left out, with a note.
    ///
    /// # Errors
    /// Those of the connection; a refusal is none.
    pub async fn ask(cx: &Cx, session: &mut Session) -> Result<Self> {
        let mut rows = StatusRows::default();
        rows.role = question(cx, session, Status::Role, &mut rows.refused).await?;
        rows.replication = question(cx, session, Status::Replication, &mut rows.refused).await?;
        rows.cluster = question(cx, session, Status::Cluster, &mut rows.refused).await?;
        Ok(view(session.info(), &rows, cx.clock().timestamp()))
    }
}

async fn question(
    cx: &Cx,
    session: &mut Session,
    status: Status,
    refused: &mut Vec<String>,
) -> Result<Option<Vec<OwnedRow>>> {
    let info = session.info();
    let Some(sql) = session.dialect().status_query(status, info.vendor, &info.version) else {
        return Ok(None);
    };
    match session.query(cx, sql).all().await {
        Ok(rows) => Ok(Some(rows)),
        Err(error) => match DbDetail::class_of(&error) {
            Some(class) if !class.ends_session() && !error.kind().is_transient() => {
                refused.push(format!("it refuses {sql:.20}…: {}", error.message()));
                Ok(None)
            }
            _ => Err(error),
        },
    }
}
