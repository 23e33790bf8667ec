//! Logging in: certificates and keys from files, the agent, and at last a password.

use super::agent;
use super::guard::Guard;
use super::settings::SshSettings;
use super::way::Way;
use crate::FaultClass;
use purlin_core::{Cx, Error, ErrorKind, Outcome, Result, Secret};
use russh::client::{AuthResult, Handle, KeyboardInteractiveAuthResponse};
use russh::keys::{HashAlg, PrivateKey, PrivateKeyWithHashAlg, decode_secret_key};
use russh::{MethodKind, MethodSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How many questions of a host are answered.
const QUESTIONS: usize = 4;

/// What was tried, for whoever is not let in.
#[derive(Default)]
pub(super) struct Tried {
    words: Vec<String>,
    takes: Option<MethodSet>,
    only_rsa: bool,
}

impl Tried {
    pub(super) fn add(&mut self, what: impl Into<String>) {
        self.words.push(what.into());
    }

    /// Whether that was enough; else what the host takes is kept.
    pub(super) fn is_in(&mut self, result: AuthResult) -> bool {
        match result {
            AuthResult::Success => true,
            AuthResult::Failure { remaining_methods, .. } => {
                self.takes = Some(remaining_methods);
                false
            }
        }
    }

    fn takes(&self, kind: MethodKind) -> bool {
        self.takes.as_ref().is_none_or(|methods| methods.contains(&kind))
    }

    fn denied(&self, user: &str) -> Error {
        let tried = if self.words.is_empty() { "nothing to show".to_owned() } else { self.words.join("; ") };
        let takes: Vec<String> =
            self.takes.iter().flat_map(|set| set.iter()).map(|kind| format!("{kind:?}")).collect();
        let takes =
            if takes.is_empty() { String::new() } else { format!("; the host takes {}", takes.join(", ")) };
        let class = if self.only_rsa { FaultClass::KeyNotSupported } else { FaultClass::LoginDenied };
        class.error(format!("{user} is not let in: {tried}{takes}")).with_operation("ssh.login")
    }
}

pub(super) async fn log_in(
    cx: &Cx,
    handle: &mut Handle<Guard>,
    way: &Way,
    settings: &SshSettings,
) -> Result<()> {
    let mut tried = Tried::default();
    let user = way.user.as_str();
    let passphrase = match &settings.passphrase {
        Some(source) => Some(source.resolve(cx).await?),
        None => None,
    };
    for path in &way.identities {
        if by_file(cx, handle, user, path, passphrase.as_ref(), &mut tried).await? {
            return Ok(());
        }
    }
    if tried.takes(MethodKind::PublicKey) && agent::log_in(handle, way, &settings.agent, &mut tried).await? {
        return Ok(());
    }
    if let Some(source) = &settings.password {
        let password = source.resolve(cx).await?;
        if tried.takes(MethodKind::KeyboardInteractive)
            && by_questions(handle, user, &password, &mut tried).await?
        {
            return Ok(());
        }
        if tried.takes(MethodKind::Password) {
            tried.add("a password");
            let result =
                handle.authenticate_password(user, password.expose().clone()).await.map_err(broke)?;
            if tried.is_in(result) {
                return Ok(());
            }
        }
    }
    if tried.takes.is_none() && !tried.only_rsa {
        // Asked only to learn what it takes.
        let result = handle.authenticate_none(user).await.map_err(broke)?;
        if tried.is_in(result) {
            return Ok(());
        }
    }
    Err(tried.denied(user))
}

/// A key of a file, and before it the certificate beside it.
async fn by_file(
    cx: &Cx,
    handle: &mut Handle<Guard>,
    user: &str,
    path: &Path,
    passphrase: Option<&Secret<String>>,
    tried: &mut Tried,
) -> Result<bool> {
    let shown = path.display().to_string();
    let loaded = load(cx, path, passphrase).await?;
    let (key, certificate) = match loaded {
        Loaded::Key(key, certificate) => (key, certificate),
        Loaded::Useless(why) => {
            tried.only_rsa |= why.contains("RUSTSEC");
            tried.add(format!("{shown} ({why})"));
            return Ok(false);
        }
    };
    let hash = if key.algorithm().is_rsa() {
        handle.best_supported_rsa_hash().await.map_err(broke)?.flatten().or(Some(HashAlg::Sha256))
    } else {
        None
    };
    if let Some(certificate) = certificate {
        tried.add(format!("the certificate of {shown}"));
        let result =
            handle.authenticate_openssh_cert(user, key.clone(), *certificate).await.map_err(broke)?;
        if tried.is_in(result) {
            return Ok(true);
        }
    }
    tried.add(shown);
    let result =
        handle.authenticate_publickey(user, PrivateKeyWithHashAlg::new(key, hash)).await.map_err(broke)?;
    Ok(tried.is_in(result))
}

enum Loaded {
    Key(Arc<PrivateKey>, Option<Box<russh::keys::Certificate>>),
    Useless(String),
}

async fn load(cx: &Cx, path: &Path, passphrase: Option<&Secret<String>>) -> Result<Loaded> {
    let (path, passphrase) = (path.to_owned(), passphrase.cloned());
    let read = move |_: &Cx| -> Result<Loaded> {
        let text = std::fs::read_to_string(&path).map_err(|error| {
            let error = Error::io("ssh.identity", error).with_note(path.display().to_string());
            error.with_outcome(Outcome::NotSent)
        })?;
        let text = Secret::new(text);
        Ok(
            match decode_secret_key(text.expose(), passphrase.as_ref().map(|secret| secret.expose().as_str()))
            {
                Ok(key) if key.algorithm().is_rsa() && !cfg!(feature = "ssh-rsa") => {
                    Loaded::Useless(no_rsa())
                }
                Ok(key) => {
                    let beside = PathBuf::from(format!("{}-cert.pub", path.display()));
                    let certificate = russh::keys::load_openssh_certificate(beside).ok();
                    Loaded::Key(Arc::new(key), certificate.map(Box::new))
                }
                Err(russh::keys::Error::KeyIsEncrypted) => {
                    Loaded::Useless("it is encrypted, and there is no passphrase".to_owned())
                }
                Err(_) if text.expose().contains("RSA PRIVATE KEY") && !cfg!(feature = "ssh-rsa") => {
                    Loaded::Useless(no_rsa())
                }
                Err(_) if passphrase.is_some() => {
                    Loaded::Useless("the passphrase does not open it".to_owned())
                }
                Err(error) => Loaded::Useless(format!("it cannot be read: {error}")),
            },
        )
    };
    cx.run_blocking("ssh.identity", read).await
}

fn no_rsa() -> String {
    "an RSA key, and RSA is switched off: feature `ssh-rsa` switches it on, whose signatures leak by their timing \
     (RUSTSEC-2023-0071); better make an Ed25519 key"
        .to_owned()
}

async fn by_questions(
    handle: &mut Handle<Guard>,
    user: &str,
    password: &Secret<String>,
    tried: &mut Tried,
) -> Result<bool> {
    let mut response =
        handle.authenticate_keyboard_interactive_start(user, None::<String>).await.map_err(broke)?;
    let mut asked = false;
    for _ in 0..QUESTIONS {
        match response {
            KeyboardInteractiveAuthResponse::Success => return Ok(true),
            KeyboardInteractiveAuthResponse::Failure { remaining_methods, .. } => {
                tried.takes = Some(remaining_methods);
                break;
            }
            KeyboardInteractiveAuthResponse::InfoRequest { prompts, .. } => {
                asked |= !prompts.is_empty();
                // What is shown while it is typed is no password, and we have nothing else to say.
                let answer = |echo: bool| if echo { String::new() } else { password.expose().clone() };
                let answers = prompts.iter().map(|prompt| answer(prompt.echo)).collect();
                response = handle.authenticate_keyboard_interactive_respond(answers).await.map_err(broke)?;
            }
        }
    }
    if asked {
        tried.add("the password to its questions");
    }
    Ok(false)
}

pub(super) fn broke(error: russh::Error) -> Error {
    let message = format!("the link broke while logging in: {error}");
    Error::new(ErrorKind::Unavailable, message).with_operation("ssh.login").with_outcome(Outcome::NotSent)
}
