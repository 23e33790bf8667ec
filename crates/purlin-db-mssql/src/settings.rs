//! What a target says, read once; and what the driver is told at each connect.

use crate::browser;
use crate::fault::Meanings;
use purlin_core::{Cx, Endpoint, Error, ErrorKind, Outcome, Result, SecretSource, TlsSettings};
use purlin_db::Target;
use std::sync::Arc;
use tiberius::{AuthMethod, Config, EncryptionLevel};

const PORT: u16 = 1433;
const ALPN: &str = "tds/8.0";
const YES_OR_NO: [(&str, bool); 2] = [("true", true), ("false", false)];

/// How the connection is encrypted.
#[derive(Debug, Clone)]
pub(crate) enum Encrypted {
    /// TLS whose handshake lies in packets of TDS 7.
    Within(TlsSettings),
    /// TLS around everything: TDS 8, `strict`.
    Around(TlsSettings),
    /// Not at all.
    Clear,
}

#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) endpoints: Vec<Endpoint>,
    user: String,
    password: Option<Arc<dyn SecretSource>>,
    database: Option<String>,
    application_name: String,
    read_only: bool,
    packet_size: Option<u32>,
    pub(crate) encrypted: Encrypted,
    pub(crate) instance: Option<String>,
    pub(crate) browser_port: u16,
    /// All addresses of a name are dialled at once.
    pub(crate) at_once: bool,
    pub(crate) meanings: Meanings,
}

impl Settings {
    pub(crate) fn new(target: &Target) -> Result<Self> {
        if target.path.is_some() {
            return Err(invalid("SQL Server has no sockets in the file system: mssql://USER@HOST/DATABASE"));
        }
        let Some(user) = target.user.clone().filter(|user| !user.is_empty()) else {
            let message = "a user is missing: mssql://USER@HOST/DATABASE; Windows, Kerberos and Entra log-ins \
                           are not supported";
            return Err(Error::new(ErrorKind::Unsupported, message)
                .with_operation("db.connect")
                .with_outcome(Outcome::NotSent));
        };
        let mut options = target.read_options();
        let instance = options.text("instance").filter(|name| !name.is_empty()).map(str::to_owned);
        if instance.is_some() && target.hosts.iter().any(|(_, port)| port.is_some()) {
            return Err(invalid("a host with a port and an instance: the browser tells the instance's port"));
        }
        if instance.as_ref().is_some_and(|name| name.len() > 32 || name.contains(['\0', ';'])) {
            return Err(invalid("option \"instance\" takes a name of up to 32 characters"));
        }
        let port = "a port from 1 to 65535";
        let browser_port = options.parse("browser_port", port)?.unwrap_or(browser::PORT);
        let at_once = options.choice("multi_subnet_failover", &YES_OR_NO)?.unwrap_or(false);
        let intents = [("read_only", true), ("read_write", false)];
        let read_only = options.choice("application_intent", &intents)?.unwrap_or(false);
        let wanted = "a number from 512 to 32767";
        let packet_size: Option<u32> = options.parse("packet_size", wanted)?;
        if packet_size.is_some_and(|size| !(512..=32_767).contains(&size)) {
            return Err(invalid(format!("option \"packet_size\" takes {wanted}")));
        }
        let strict = options.choice("tls", &[("on", false), ("strict", true)])?;
        let clear = options.choice("danger_no_tls", &YES_OR_NO)?.unwrap_or(false);
        let application_name = options.text("application_name").unwrap_or("purlin").to_owned();
        options.finish()?;
        let encrypted = match (strict, clear) {
            (Some(_), true) => return Err(invalid("options \"tls\" and \"danger_no_tls\" contradict")),
            (None, true) => Encrypted::Clear,
            (Some(true), false) => {
                let mut tls = target.tls.clone();
                tls.alpn = vec![ALPN.to_owned()];
                Encrypted::Around(tls)
            }
            (_, false) => Encrypted::Within(target.tls.clone()),
        };
        if !target.tls.alpn.is_empty() {
            return Err(invalid("SQL Server's application protocol (ALPN) is given: leave it out"));
        }
        Ok(Self {
            endpoints: target.endpoints(PORT)?,
            user,
            password: target.password.clone(),
            database: target.database.clone(),
            application_name,
            read_only,
            packet_size,
            encrypted,
            instance,
            browser_port,
            at_once,
            meanings: Meanings(target.errors.clone()),
        })
    }

    /// What the driver is told. TLS and deadlines are not its business.
    pub(crate) async fn config(&self, cx: &Cx, endpoint: &Endpoint) -> Result<Config> {
        let password = match &self.password {
            Some(source) => Some(source.resolve(cx).await?),
            None => None,
        };
        let mut config = Config::new();
        config.host(endpoint.host().unwrap_or_default());
        config.port(endpoint.port().unwrap_or(PORT));
        config.application_name(&self.application_name);
        config.readonly(self.read_only);
        config.encryption(EncryptionLevel::NotSupported);
        config.handshake_timeout(None);
        config.command_timeout(None);
        // Half a surrogate pair in a column must not cost the row.
        config.lossy_utf16_decoding(true);
        let password = password.as_ref().map_or("", |password| password.expose());
        config.authentication(AuthMethod::sql_server(&self.user, password));
        if let Some(database) = &self.database {
            config.database(database);
        }
        if let Some(size) = self.packet_size {
            config.packet_size(size);
        }
        Ok(config)
    }
}

fn invalid(message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::Invalid, message).with_operation("db.connect").with_outcome(Outcome::NotSent)
}
