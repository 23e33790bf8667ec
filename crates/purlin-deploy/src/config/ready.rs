//! The keys of the ready steps.

use super::kinds::{mode, spans};
use crate::{Step, steps};
use purlin_config::{Fields, Misread, choice};
use std::sync::Arc;

type Read = Option<Arc<dyn Step>>;
type MakeService = fn(String) -> steps::Service;

pub(super) fn directory(fields: &mut Fields<'_>) -> Read {
    let path = fields.wanted("path").and_then(|path| path.name());
    let mode = fields.value("mode").and_then(|value| mode(&value));
    let owner = fields.value("owner").and_then(|owner| owner.name());
    let step = steps::Directory::new(path?);
    let step = mode.into_iter().fold(step, steps::Directory::mode);
    Some(Arc::new(owner.into_iter().fold(step, steps::Directory::owner)))
}

pub(super) fn template(fields: &mut Fields<'_>) -> Read {
    let path = fields.wanted("path").and_then(|path| path.name());
    let text = fields.value("template").and_then(|text| text.text().map(str::to_owned));
    let file = fields.value("file");
    let mode = fields.value("mode").and_then(|value| mode(&value));
    let owner = fields.value("owner").and_then(|owner| owner.name());
    let help = "write them as secrets = { password = { env = \"NAME\" } }";
    let secrets = fields.named_values("secrets", help).into_iter();
    let secrets: Vec<_> = secrets.filter_map(|(name, value)| Some((name, value.secret()?))).collect();
    let path = path?;
    let step = match (text, file) {
        (Some(text), None) => steps::Template::new(path, text),
        (None, Some(file)) => match steps::Template::read(path, file.path()?) {
            Ok(step) => step,
            Err(error) => {
                file.reject(Misread::new(format!("the template cannot be read: {error}")));
                return None;
            }
        },
        _ => {
            let help = "template = \"…\", or file = \"PATH\"";
            fields.reject("bad-template", "a template is a text or a file, and one of them", Some(help));
            return None;
        }
    };
    let step = mode.into_iter().fold(step, steps::Template::mode);
    let step = owner.into_iter().fold(step, steps::Template::owner);
    Some(Arc::new(secrets.into_iter().fold(step, |step, (name, secret)| step.secret(name, secret))))
}

pub(super) fn link(fields: &mut Fields<'_>) -> Read {
    let path = fields.wanted("path").and_then(|path| path.name());
    let target = fields.wanted("target").and_then(|target| target.name());
    Some(Arc::new(steps::Link::new(path?, target?)))
}

fn strip(fields: &mut Fields<'_>) -> u32 {
    let strip = fields.value("strip").and_then(|strip| strip.number(0..=32)).unwrap_or_default();
    u32::try_from(strip).unwrap_or_default()
}

pub(super) fn archive(fields: &mut Fields<'_>) -> Read {
    let file = fields.wanted("file").and_then(|file| file.path());
    let into = fields.wanted("into").and_then(|into| into.name());
    let strip = strip(fields);
    Some(Arc::new(steps::Archive::new(file?, into?).strip(strip)))
}

pub(super) fn release(fields: &mut Fields<'_>) -> Read {
    let file = fields.wanted("file").and_then(|file| file.path());
    let into = fields.wanted("into").and_then(|into| into.name());
    let version = fields.value("version").and_then(|version| version.name());
    let keep = fields.value("keep").and_then(|keep| keep.number(1..=1000));
    let strip = strip(fields);
    let step = steps::Release::upload(file?).into(into?).strip(strip);
    let step = version.into_iter().fold(step, steps::Release::version);
    let keep = keep.and_then(|keep| usize::try_from(keep).ok());
    Some(Arc::new(keep.into_iter().fold(step, steps::Release::keep)))
}

pub(super) fn service(fields: &mut Fields<'_>) -> Read {
    let name = fields.wanted("service").and_then(|name| name.name());
    let makes: [(&str, MakeService); 4] = [
        ("running", |name| steps::Service::running(name)),
        ("stopped", |name| steps::Service::stopped(name)),
        ("restarted", |name| steps::Service::restart(name)),
        ("reloaded", |name| steps::Service::reload(name)),
    ];
    let make = fields.wanted("state").and_then(|state| state.parsed(|text| choice(text, &makes)));
    let script = fields.value("script").and_then(|script| script.name());
    let [stable_for, within] = spans(fields, ["stable_for", "within"]);
    let step = make?(name?);
    let step = script.into_iter().fold(step, steps::Service::script);
    let step = stable_for.into_iter().fold(step, steps::Service::stable_for);
    Some(Arc::new(within.into_iter().fold(step, steps::Service::within)))
}

pub(super) fn lock(fields: &mut Fields<'_>) -> Read {
    let path = fields.wanted("path").and_then(|path| path.name());
    let [wait] = spans(fields, ["wait"]);
    Some(Arc::new(wait.into_iter().fold(steps::Lock::new(path?), steps::Lock::wait)))
}

pub(super) fn wait(fields: &mut Fields<'_>) -> Read {
    let argv = fields.value("argv").and_then(|argv| argv.command());
    let tcp = fields.value("tcp").and_then(|address| address.name());
    let [within, every] = spans(fields, ["within", "every"]);
    let successes = fields.value("successes").and_then(|times| times.number(1..=1000));
    let step = match (argv, tcp) {
        (Some(argv), None) => steps::WaitFor::command(argv),
        (None, Some(address)) => {
            steps::WaitFor::healthy(format!("tcp {address}"), move |env: &crate::StepEnv| {
                let check = purlin_health::checks::Tcp::to(&env.text(&address)?)?;
                Ok(Arc::new(check) as Arc<dyn purlin_health::Check>)
            })
        }
        _ => {
            let help = "argv = [\"PROGRAM\"], or tcp = \"{{ address }}:8080\"";
            fields.reject("bad-wait", "a wait asks for one thing", Some(help));
            return None;
        }
    };
    let step = within.into_iter().fold(step, steps::WaitFor::within);
    let step = every.into_iter().fold(step, steps::WaitFor::every);
    let successes = successes.and_then(|times| u32::try_from(times).ok());
    Some(Arc::new(successes.into_iter().fold(step, steps::WaitFor::successes)))
}

pub(super) fn pause(fields: &mut Fields<'_>) -> Read {
    let question = fields.wanted("question").and_then(|question| question.name());
    Some(Arc::new(steps::Pause::until(question?)))
}

pub(super) fn drain(fields: &mut Fields<'_>) -> Read {
    let mut text = |key| fields.value(key).and_then(|value| value.name());
    let (socket, backend, server) = (text("haproxy"), text("backend"), text("server"));
    let allow_last = text("allow_last");
    let mut argv = |key| fields.value(key).and_then(|argv| argv.command());
    let commands = (argv("drain"), argv("restore"), argv("is_out"));
    let [sessions_within, back_within] = spans(fields, ["sessions_within", "back_within"]);
    let cuts = fields.value("cut_sessions").and_then(|value| value.boolean()).unwrap_or_default();
    let step = match (socket, backend, commands) {
        (Some(socket), Some(backend), (None, None, None)) => {
            let at = steps::Haproxy::new(socket, backend);
            steps::Drain::at(server.into_iter().fold(at, steps::Haproxy::server))
        }
        (None, None, (Some(drain), Some(restore), Some(is_out))) => {
            steps::Drain::at(steps::BalancerCommands::new(drain, restore, is_out))
        }
        _ => {
            let help =
                "haproxy = \"SOCKET\" and backend = \"NAME\", or the commands drain, restore and is_out";
            fields.reject("bad-drain", "a drain names its balancer, in one way", Some(help));
            return None;
        }
    };
    let step = sessions_within.into_iter().fold(step, steps::Drain::sessions_within);
    let step = back_within.into_iter().fold(step, steps::Drain::back_within);
    let step = allow_last.into_iter().fold(step, steps::Drain::allow_last);
    Some(Arc::new(if cuts { step.cut_sessions() } else { step }))
}

pub(super) fn downtime(fields: &mut Fields<'_>) -> Read {
    let mut argv = |key| fields.wanted(key).and_then(|argv| argv.command());
    let (begin, end, holds) = (argv("begin"), argv("end"), argv("holds"));
    Some(Arc::new(steps::Downtime::commands(begin?, end?, holds?)))
}

/// A downtime in the alarms that are kept there.
pub(super) fn announced(store: &Arc<dyn purlin_health::alarm::AlarmStore>, fields: &mut Fields<'_>) -> Read {
    let select = fields.value("select").and_then(|select| select.name());
    let [lasts] = spans(fields, ["lasts"]);
    let step = steps::Downtime::announced(store.clone());
    let step = select.into_iter().fold(step, steps::Downtime::select);
    Some(Arc::new(lasts.into_iter().fold(step, steps::Downtime::lasts)))
}

#[cfg(feature = "http")]
pub(super) fn http(fields: &mut Fields<'_>) -> Read {
    let request = request(fields, "POST");
    let unless = fields.table("unless", |fields| request_of(fields, "GET"));
    let undo = fields.table("undo", |fields| request_of(fields, "POST"));
    let always = fields.value("always").and_then(|reason| reason.name());
    let is_idempotent = fields.value("idempotent").and_then(|value| value.boolean()).unwrap_or_default();
    let request = request?;
    let step = match (unless, always) {
        (Some(check), None) => steps::HttpCall::unless(request, check?),
        (None, Some(reason)) => steps::HttpCall::always(request, reason),
        _ => {
            let help = "unless = { url = \"…\" }, or always = \"the reason\"";
            fields.reject("bad-call", "a call says when it is made, in one way", Some(help));
            return None;
        }
    };
    let step = if is_idempotent { step.idempotent() } else { step };
    Some(Arc::new(match undo {
        Some(undo) => step.undo(undo?),
        None => step,
    }))
}

#[cfg(feature = "http")]
fn request_of(fields: &mut Fields<'_>, method: &str) -> Option<steps::HttpRequest> {
    request(fields, method)
}

#[cfg(feature = "http")]
fn request(fields: &mut Fields<'_>, method: &str) -> Option<steps::HttpRequest> {
    use steps::HttpRequest;
    let url = fields.wanted("url").and_then(|url| url.name());
    let method = fields.value("method").and_then(|method| method.name()).unwrap_or_else(|| method.to_owned());
    let body = fields.value("body").and_then(|body| body.text().map(str::to_owned));
    let bearer = fields.value("bearer").and_then(|token| token.secret());
    let starts = fields.value("starts").and_then(|text| text.name());
    let status = fields.value("status").and_then(|status| status.number(100..=599));
    let request = HttpRequest::new(method, url?);
    let request = body.into_iter().fold(request, HttpRequest::body);
    let request = bearer.into_iter().fold(request, HttpRequest::bearer);
    let request = starts.into_iter().fold(request, HttpRequest::expect_start);
    let status = status.and_then(|status| u16::try_from(status).ok());
    Some(status.into_iter().fold(request, |request, status| request.expect_status(status..=status)))
}

/// Statements in a database that is found by its name.
#[cfg(feature = "db")]
pub(super) fn sql(
    find: &(dyn Fn(&str) -> purlin_core::Result<purlin_db::Database> + Send + Sync),
    fields: &mut Fields<'_>,
) -> Read {
    let database = fields.wanted("database").and_then(|name| {
        name.parsed(|text| find(text).map_err(|error| Misread::new(error.message().to_owned())))
    });
    let mut list = |key| {
        let list = fields.value(key);
        list.and_then(|list| list.list("a list of statements", |statement| statement.name()))
    };
    let (statements, undo) = (list("statements"), list("undo"));
    let unless = fields.value("unless").and_then(|question| question.name());
    let once = fields.value("once").and_then(|mark| mark.name());
    let verify = fields.value("verify").and_then(|question| question.name());
    let (database, statements) = (database?, statements.unwrap_or_default());
    let step = match (unless, once) {
        (Some(question), None) => steps::Sql::unless(database, question, statements),
        (None, Some(mark)) => steps::Sql::once(database, mark, statements),
        _ => {
            let help = "unless = \"select …\", or once = \"a mark\"";
            fields.reject("bad-sql", "statements say when they are executed, in one way", Some(help));
            return None;
        }
    };
    let step = verify.into_iter().fold(step, steps::Sql::verify);
    Some(Arc::new(undo.into_iter().fold(step, steps::Sql::undo)))
}
