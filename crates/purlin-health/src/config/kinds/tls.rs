//! Certificates (feature `tls`).

use super::network::time;
use super::{made, name, trust, wanted};
use crate::checks;
use crate::config::Recipe;
use purlin_config::Fields;
use std::sync::Arc;

pub(super) fn read(fields: &mut Fields<'_>) -> Option<Arc<dyn Recipe>> {
    let address = wanted(fields, "address");
    let warning = time(fields, "warn_before");
    let critical = time(fields, "critical_before");
    let issuer = name(fields, "issuer");
    let tls = trust::settings(fields);
    let address = address?;
    made(move |fill| {
        let mut check = checks::Tls::to(&fill.text(&address)?)?.tls(tls.clone());
        if let Some(time) = warning {
            check = check.warn_before(time);
        }
        if let Some(time) = critical {
            check = check.critical_before(time);
        }
        if let Some(issuer) = &issuer {
            check = check.expect_issuer(issuer);
        }
        Ok(Arc::new(check))
    })
}
