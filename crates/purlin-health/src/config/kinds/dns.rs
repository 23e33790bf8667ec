//! Name servers.

use super::{is_set, made, template, wanted};
use crate::checks::{self, DnsRecord};
use crate::config::Recipe;
use purlin_config::{Fields, choice};
use std::sync::Arc;

const RECORDS: [(&str, DnsRecord); 9] = [
    ("A", DnsRecord::A),
    ("AAAA", DnsRecord::Aaaa),
    ("CNAME", DnsRecord::Cname),
    ("MX", DnsRecord::Mx),
    ("NS", DnsRecord::Ns),
    ("PTR", DnsRecord::Ptr),
    ("SOA", DnsRecord::Soa),
    ("SRV", DnsRecord::Srv),
    ("TXT", DnsRecord::Txt),
];

pub(super) fn ask(fields: &mut Fields<'_>) -> Option<Arc<dyn Recipe>> {
    let server = wanted(fields, "server");
    let name = wanted(fields, "query");
    let record = fields.value("record").and_then(|record| record.parsed(|text| choice(text, &RECORDS)));
    let expected = fields.value("expect").and_then(|values| values.list("a list of answers", template));
    let is_authoritative = is_set(fields, "authoritative");
    let (server, name, expected) = (server?, name?, expected.unwrap_or_default());
    made(move |fill| {
        let mut check = checks::Dns::ask(&fill.text(&server)?, &fill.text(&name)?)?;
        if let Some(record) = record {
            check = check.record(record);
        }
        for value in &expected {
            check = check.expect(fill.text(value)?);
        }
        Ok(Arc::new(if is_authoritative { check.authoritative() } else { check }))
    })
}

pub(super) fn serial(fields: &mut Fields<'_>) -> Option<Arc<dyn Recipe>> {
    let zone = wanted(fields, "zone");
    let servers = fields.wanted("servers").and_then(|servers| servers.list("a list of servers", template));
    let (zone, servers) = (zone?, servers?);
    made(move |fill| {
        let mut check = checks::DnsSerial::of(&fill.text(&zone)?)?;
        for server in &servers {
            check = check.server(&fill.text(server)?)?;
        }
        Ok(Arc::new(check))
    })
}
