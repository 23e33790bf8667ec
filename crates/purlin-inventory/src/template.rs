//! Texts that are filled in for each host.

use crate::ansible::template::{Engine, Fault, FaultKind, Variables, python_text};
use crate::{FileId, Host, Origin, Value};
use purlin_core::{Error, ErrorKind, Result};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A text with `{{ … }}` in it, to be filled in for one host after the other: an address, an argument, a file's content.
///
/// It knows `host` (the name), `address` and the host's variables, with the expressions and filters of Jinja as far as
/// Ansible's inventories use them. What is not there is an error, never an empty text; secrets are not shown.
///
/// ```
/// use purlin_core::Cx;
/// use purlin_inventory::{Inventory, Template};
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let estate = Inventory::load(&Cx::background(), ["web01.lon,"]).await?;
/// let host = estate.find_host("web01.lon")?;
/// let url = Template::parse("http://{{ address }}/{{ host | upper }}")?;
/// assert_eq!(url.render(host)?, "http://web01.lon/WEB01.LON");
/// assert!(Template::parse("{{ port }}")?.render(host).is_err());
/// # Ok::<(), purlin_core::Error>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Template {
    engine: Engine,
    text: Arc<str>,
}

impl Template {
    /// Understands a text; one without braces is itself.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] where it is none, or uses what is not known here.
    pub fn parse(text: impl Into<Arc<str>>) -> Result<Self> {
        let (engine, text) = (Engine::new(), text.into());
        engine.template(&text).map_err(|fault| error(&text, &fault))?;
        Ok(Self { engine, text })
    }

    /// Fills it in for a host.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`]: a variable that the host has not, a value of the wrong type, a secret; those of
    /// [`Host::address`].
    pub fn render(&self, host: Host<'_>) -> Result<String> {
        let mut known: BTreeMap<String, Value> =
            host.vars().map(|(name, located)| (name.to_owned(), located.value.clone())).collect();
        known.insert("host".to_owned(), Value::Unsafe(host.name().into()));
        known.insert("address".to_owned(), Value::Unsafe(host.address()?.into()));
        let known: Arc<dyn Variables> = Arc::new(Known(known));
        let fault =
            |fault: Fault| error(&self.text, &fault).with_note(format!("for the host {}", host.name()));
        let value = self.engine.render(&self.text, &known, Origin::file(FileId(0))).map_err(fault)?;
        python_text(&value.value).map_err(fault)
    }

    /// The text as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }
}

#[derive(Debug)]
struct Known(BTreeMap<String, Value>);

impl Variables for Known {
    fn get(&self, name: &str) -> Option<Value> {
        self.0.get(name).cloned()
    }
}

fn error(text: &str, fault: &Fault) -> Error {
    let help = match fault.kind {
        FaultKind::Syntax => "write {{ name }}",
        _ => fault.help(),
    };
    let message = format!("{}: {fault} ({help})", crate::expression::quoted(text));
    Error::new(ErrorKind::Invalid, message).with_operation("inventory.template")
}
