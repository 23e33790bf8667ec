//! Databases (feature `db`).

use super::{CheckKinds, Fill, made, name, wanted};
use crate::checks::db;
use crate::config::Recipe;
use purlin_config::{Fields, choice};
use purlin_core::{Error, ErrorKind, Result, SecretRef};
use purlin_db::{Database, Pool, WantedRole};
use purlin_inventory::Template;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

const ROLES: [(&str, WantedRole); 3] =
    [("any", WantedRole::Any), ("primary", WantedRole::Primary), ("replica", WantedRole::Replica)];

type Open = dyn Fn(&str, Option<SecretRef>) -> Result<Database> + Send + Sync;

type Known = BTreeMap<(String, Option<String>), Database>;

/// What was opened, by its text and the source of its password: checks of one database share its sessions.
#[derive(Clone)]
struct Opened {
    open: Arc<Open>,
    known: Arc<Mutex<Known>>,
}

impl Opened {
    fn get(&self, fill: &Fill<'_>, named: &Named) -> Result<Database> {
        let text = fill.text(&named.text)?;
        let key = (text, named.password.as_ref().map(ToString::to_string));
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(database) = known.get(&key) {
            return Ok(database.clone());
        }
        let database = (self.open)(&key.0, named.password.clone())?;
        known.insert(key, database.clone());
        Ok(database)
    }

    fn node(&self, fill: &Fill<'_>, named: &Named) -> Result<Pool> {
        let database = self.get(fill, named)?;
        match database.pools() {
            [pool] => Ok(pool.clone()),
            pools => {
                let message = format!("this database has {} addresses", pools.len());
                Err(Error::new(ErrorKind::Invalid, message)
                    .with_note("name one of them, or ask all of them by db-cluster and db-lag"))
            }
        }
    }
}

/// A database as a file names it.
struct Named {
    text: Template,
    password: Option<SecretRef>,
}

fn named(fields: &mut Fields<'_>) -> Option<Named> {
    let text = wanted(fields, "database");
    let password = fields.value("password").map(|password| password.secret());
    match password {
        Some(None) => None,
        password => Some(Named { text: text?, password: password.flatten() }),
    }
}

pub(super) fn all(
    kinds: CheckKinds,
    open: impl Fn(&str, Option<SecretRef>) -> Result<Database> + Send + Sync + 'static,
) -> CheckKinds {
    let opened = Opened { open: Arc::new(open), known: Arc::default() };
    let with = |read: fn(&mut Fields<'_>, Opened) -> Option<Arc<dyn Recipe>>| {
        let opened = opened.clone();
        move |fields: &mut Fields<'_>| read(fields, opened.clone())
    };
    kinds
        .with("db-ping", with(ping))
        .with("db-role", with(role))
        .with("db-lag", with(lag))
        .with("db-cluster", with(cluster))
        .with("db-query", with(query))
}

fn ping(fields: &mut Fields<'_>, opened: Opened) -> Option<Arc<dyn Recipe>> {
    let database = named(fields)?;
    made(move |fill| Ok(Arc::new(db::Ping::of(&opened.node(fill, &database)?))))
}

fn role(fields: &mut Fields<'_>, opened: Opened) -> Option<Arc<dyn Recipe>> {
    let database = named(fields);
    let role = fields.wanted("role").and_then(|role| role.parsed(|text| choice(text, &ROLES)));
    let (database, role) = (database?, role?);
    made(move |fill| Ok(Arc::new(db::NodeRole::of(&opened.node(fill, &database)?, role))))
}

fn lag(fields: &mut Fields<'_>, opened: Opened) -> Option<Arc<dyn Recipe>> {
    let database = named(fields)?;
    made(move |fill| Ok(Arc::new(db::Replication::of(&opened.get(fill, &database)?))))
}

fn cluster(fields: &mut Fields<'_>, opened: Opened) -> Option<Arc<dyn Recipe>> {
    let database = named(fields)?;
    made(move |fill| Ok(Arc::new(db::Cluster::of(&opened.get(fill, &database)?))))
}

fn query(fields: &mut Fields<'_>, opened: Opened) -> Option<Arc<dyn Recipe>> {
    let database = named(fields);
    fields.wanted("sql")?;
    let sql = name(fields, "sql");
    let (database, sql) = (database?, sql?);
    made(move |fill| Ok(Arc::new(db::Query::of(&opened.node(fill, &database)?, sql.clone()))))
}
