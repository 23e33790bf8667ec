//! Whether a password is right: one server, one question, on a connection of its own.

use super::race;
use super::server::Server;
use super::settings::{Identity, Limits};
use super::{answer, named};
use crate::{Dn, Verdict};
use purlin_core::{Cx, Error, Outcome, Result, Secret};
use std::sync::Arc;

/// Asks the first server that can be reached. The next one is tried only while no password has left.
pub(super) async fn authenticate(
    cx: &Cx,
    servers: &[Arc<Server>],
    limits: &Limits,
    dn: &Dn,
    password: &Secret<String>,
) -> Result<Verdict> {
    for server in servers {
        server.ways.settings.may_carry_password(&server.url)?;
    }
    let order = race::order(servers, cx);
    let (mut failed, mut left) = (Vec::new(), u32::try_from(order.len()).unwrap_or(u32::MAX));
    for turn in order {
        let share = cx.remaining().map_or(limits.connect, |left_over| left_over / left.max(1));
        left = left.saturating_sub(1);
        let attempt = cx.with_timeout(share.min(limits.connect));
        let server = turn.server.clone();
        let mut asked = turn.begin(limits.connect);
        let link = match server.own_link(&attempt, &Identity::Anonymous).await {
            Ok(link) => link,
            Err(error) => {
                asked.ended(Some(&error));
                cx.check("ldap.authenticate").map_err(|_| error.clone())?;
                failed.push(error);
                continue;
            }
        };
        let result = link
            .bind_asking(dn.as_str(), password.expose())
            .await
            .and_then(|result| answer::verdict(&result));
        asked.ended(result.as_ref().err());
        return result.map_err(|error| in_doubt(error, &server));
    }
    Err(race::all_failed(failed))
}

/// The password has left: whether it was taken as a wrong one is not known.
fn in_doubt(error: Error, server: &Server) -> Error {
    let error = match error.detail::<crate::LdapDetail>() {
        Some(_) => error,
        None => error.with_outcome(Outcome::Maybe),
    };
    named(error.or_endpoint(&server.url.endpoint), "ldap.authenticate")
}
