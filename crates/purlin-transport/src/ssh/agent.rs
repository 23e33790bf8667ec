//! The agent, which signs and keeps its keys.

use super::auth::Tried;
use super::guard::Guard;
use super::settings::AgentUse;
use super::way::Way;
use purlin_core::{Error, ErrorKind, Outcome, Result};
use russh::client::Handle;

#[cfg(unix)]
pub(super) async fn log_in(
    handle: &mut Handle<Guard>,
    way: &Way,
    agent: &AgentUse,
    tried: &mut Tried,
) -> Result<bool> {
    use russh::keys::agent::AgentIdentity;
    use russh::keys::agent::client::AgentClient;
    use russh::keys::{HashAlg, PublicKey};

    let own = || std::env::var_os("SSH_AUTH_SOCK").filter(|path| !path.is_empty());
    let path = match agent {
        AgentUse::None => return Ok(false),
        AgentUse::Socket(path) => path.clone(),
        AgentUse::FromEnvironment => match own() {
            Some(path) => path.into(),
            None => return Ok(false),
        },
    };
    let connected = AgentClient::connect_uds(&path).await;
    let mut client = match (connected, agent) {
        (Ok(client), _) => client,
        (Err(error), AgentUse::FromEnvironment) => {
            tried.add(format!("the agent of SSH_AUTH_SOCK does not answer: {error}"));
            return Ok(false);
        }
        (Err(error), _) => return Err(of_agent(&error).with_note(path.display().to_string())),
    };
    let identities = client.request_identities().await.map_err(|error| of_agent(&error))?;
    let wanted: Vec<PublicKey> = way.identities.iter().filter_map(|path| public_beside(path)).collect();
    let mut shown = 0;
    for identity in identities {
        let key = match &identity {
            AgentIdentity::PublicKey { key, .. } => key.clone(),
            AgentIdentity::Certificate { certificate, .. } => {
                PublicKey::from(certificate.public_key().clone())
            }
        };
        if way.identities_only && !wanted.iter().any(|wanted| wanted.key_data() == key.key_data()) {
            continue;
        }
        shown += 1;
        // The agent signs with RSA, so that our own code is not in it.
        let hash = key.algorithm().is_rsa().then_some(HashAlg::Sha256);
        let signed = match identity {
            AgentIdentity::PublicKey { key, .. } => {
                handle.authenticate_publickey_with(&way.user, key, hash, &mut client).await
            }
            AgentIdentity::Certificate { certificate, .. } => {
                handle.authenticate_certificate_with(&way.user, certificate, hash, &mut client).await
            }
        };
        match signed {
            Ok(result) => {
                if tried.is_in(result) {
                    return Ok(true);
                }
            }
            Err(error) => tried.add(format!("the agent does not sign: {error}")),
        }
    }
    tried.add(format!("{shown} keys of the agent"));
    Ok(false)
}

#[cfg(not(unix))]
pub(super) async fn log_in(_: &mut Handle<Guard>, _: &Way, agent: &AgentUse, _: &mut Tried) -> Result<bool> {
    match agent {
        AgentUse::Socket(_) => Err(Error::new(ErrorKind::Unsupported, "an agent needs Unix")),
        _ => Ok(false),
    }
}

/// The public half of a key file, for [`Way::identities_only`].
#[cfg(unix)]
fn public_beside(path: &std::path::Path) -> Option<russh::keys::PublicKey> {
    let text = path.to_str()?;
    let file = if text.ends_with(".pub") { text.to_owned() } else { format!("{text}.pub") };
    russh::keys::load_public_key(file).ok()
}

#[cfg(unix)]
fn of_agent(error: &russh::keys::Error) -> Error {
    let message = format!("the agent does not answer: {error}");
    Error::new(ErrorKind::Unavailable, message).with_operation("ssh.agent").with_outcome(Outcome::NotSent)
}
