//! What the commands have in common that do something on hosts: which hosts, how one gets there, many at once, and what
//! became of each.

mod failure;
mod groups;
mod line;
mod login;
mod round;
mod targets;

pub(super) use failure::{Failure, State};
pub(super) use groups::{Groups, folded, hosts};
pub(super) use line::Line;
pub(super) use login::{Login, Ways};
pub(super) use round::{Outcome, Reports, Round, Verdict, Visit};
pub(super) use targets::Targets;
