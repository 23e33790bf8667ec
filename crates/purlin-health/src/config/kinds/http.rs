//! What web servers answer (feature `http`).

use super::{is_set, made, name, template, wanted};
use crate::checks;
use crate::config::Recipe;
use purlin_config::{Fields, Misread, Value};
use purlin_core::{Endpoint, SecretRef, TlsSettings, units};
use purlin_inventory::Template;
use std::ops::RangeInclusive;
use std::sync::Arc;

/// What is sent, and to whom.
struct Asked {
    url: Template,
    method: String,
    body: Option<String>,
    headers: Vec<(String, Template)>,
    login: Option<(String, SecretRef)>,
    connect_to: Option<Template>,
    proxy: Option<Template>,
    follow: usize,
    is_kept: bool,
    tls: TlsSettings,
}

/// What is expected of the answer.
#[derive(Default)]
struct Expected {
    status: Option<RangeInclusive<u16>>,
    text: Option<String>,
    json: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    body_limit: Option<usize>,
}

pub(super) fn read(fields: &mut Fields<'_>) -> Option<Arc<dyn Recipe>> {
    let asked = asked(fields);
    let expected = expected(fields);
    let asked = asked?;
    made(move |fill| {
        let url = fill.text(&asked.url)?;
        let mut check = match &asked.body {
            Some(body) if asked.method == "POST" => checks::Http::post(&url, body.clone())?,
            _ => checks::Http::with(&asked.method, &url)?,
        };
        for (name, value) in &asked.headers {
            check = check.header(name, &fill.text(value)?)?;
        }
        if let Some((user, password)) = &asked.login {
            check = check.basic_auth(user, password.clone());
        }
        let endpoint = |address: &Template| Endpoint::parse(&fill.text(address)?, None);
        if let Some(address) = &asked.connect_to {
            check = check.connect_to(endpoint(address)?);
        }
        if let Some(address) = &asked.proxy {
            check = check.proxy(endpoint(address)?);
        }
        check = expected.apply(check.follow(asked.follow).tls(asked.tls.clone()));
        Ok(Arc::new(if asked.is_kept { check.keep_connection() } else { check }))
    })
}

fn asked(fields: &mut Fields<'_>) -> Option<Asked> {
    let url = wanted(fields, "url");
    let body = name(fields, "body");
    let given = fields.value("method");
    let method = given.as_ref().and_then(Value::name);
    let default = if body.is_some() { "POST" } else { "GET" };
    let method = method.unwrap_or_else(|| default.to_owned());
    if let (Some(given), true) = (&given, body.is_some() && method != "POST") {
        given.reject(Misread::new(format!("{method} sends no body")).help("write method = \"POST\""));
    }
    let headers = fields.named_values("headers", "write headers = { NAME = \"VALUE\" }").into_iter();
    let headers = headers.filter_map(|(name, value)| Some((name.to_owned(), template(&value)?))).collect();
    let user = name(fields, "user");
    let password = fields.value("password").and_then(|password| password.secret());
    if user.is_some() != password.is_some() {
        fields.reject("missing-key", "\"user\" and \"password\" come together", None);
    }
    let connect_to = fields.value("connect_to").and_then(|address| template(&address));
    let proxy = fields.value("proxy").and_then(|address| template(&address));
    let follow = fields.value("follow").and_then(|follow| follow.number(0..=20)).unwrap_or_default();
    let is_kept = is_set(fields, "keep");
    let tls = super::trust::settings(fields);
    Some(Asked {
        url: url?,
        method,
        body,
        headers,
        login: user.zip(password),
        connect_to,
        proxy,
        follow: usize::try_from(follow).unwrap_or_default(),
        is_kept,
        tls,
    })
}

fn expected(fields: &mut Fields<'_>) -> Expected {
    let texts = |fields: &mut Fields<'_>, key, help| -> Vec<(String, String)> {
        let entries = fields.named_values(key, help).into_iter();
        entries.filter_map(|(name, value)| Some((name.to_owned(), value.text()?.to_owned()))).collect()
    };
    Expected {
        status: fields.value("status").and_then(|status| statuses(&status)),
        text: name(fields, "text"),
        json: texts(fields, "json", "write json = { \"/components/db/status\" = \"UP\" }"),
        headers: texts(fields, "expect_headers", "write expect_headers = { NAME = \"VALUE\" }"),
        body_limit: fields.value("body_limit").and_then(|limit| limit.parsed(size)),
    }
}

fn size(text: &str) -> std::result::Result<usize, Misread> {
    let bytes = units::size::parse(text).map_err(|error| Misread::new(error.message().to_owned()))?;
    usize::try_from(bytes).map_err(|_| Misread::new("that is too much"))
}

/// `"200"` or `"200-399"`.
fn statuses(value: &Value<'_>) -> Option<RangeInclusive<u16>> {
    value.parsed(|text| {
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        match (first.trim().parse(), last.trim().parse()) {
            (Ok(first), Ok(last)) if (100..=last).contains(&first) && last <= 599 => Ok(first..=last),
            _ => Err(Misread::new(format!("{text:?} is no status")).help("write \"200\" or \"200-399\"")),
        }
    })
}

impl Expected {
    fn apply(&self, mut check: checks::Http) -> checks::Http {
        if let Some(status) = &self.status {
            check = check.expect_status(status.clone());
        }
        if let Some(text) = &self.text {
            check = check.expect_text(text);
        }
        for (pointer, value) in &self.json {
            check = check.expect_json(pointer, value);
        }
        for (name, value) in &self.headers {
            check = check.expect_header(name, value);
        }
        match self.body_limit {
            Some(bytes) => check.body_limit(bytes),
            None => check,
        }
    }
}
