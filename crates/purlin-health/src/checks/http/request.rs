//! What is sent.

use super::address::Address;
use super::channel::Route;
use super::invalid;
use bytes::Bytes;
use http::header::{AUTHORIZATION, COOKIE, HOST, PROXY_AUTHORIZATION, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use http_body_util::Full;
use purlin_core::{Cx, Result, SecretRef, SecretSource};
use std::sync::Arc;

pub(super) type Message = http::Request<Full<Bytes>>;

/// What is for the server that the check is about, and for no other.
const AT_HOME: [HeaderName; 4] = [AUTHORIZATION, COOKIE, HOST, PROXY_AUTHORIZATION];

/// At which stage of a run a request is sent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    /// To the server that the check is about.
    pub(super) is_home: bool,
    /// After a redirect that makes a GET of it.
    pub(super) has_turned: bool,
}

/// What is sent, but for the address.
pub(super) struct Request {
    method: Method,
    headers: HeaderMap,
    pub(super) body: Bytes,
    pub(super) login: Option<(String, Arc<SecretRef>)>,
}

impl Request {
    pub(super) fn new(method: &str) -> Result<Self> {
        let method =
            method.parse().map_err(|_| invalid(format!("\"{}\" is no method", method.escape_debug())))?;
        let mut headers = HeaderMap::new();
        let agent = concat!("purlin-health/", env!("CARGO_PKG_VERSION"));
        headers.insert(USER_AGENT, HeaderValue::from_static(agent));
        Ok(Self { method, headers, body: Bytes::new(), login: None })
    }

    pub(super) fn method(&self) -> &str {
        self.method.as_str()
    }

    pub(super) fn header(&mut self, name: &str, value: &str) -> Result<()> {
        // Values are not repeated: they may be tokens.
        let fault = || invalid(format!("\"{}\" with this value is no header", name.escape_debug()));
        let name: HeaderName = name.parse().map_err(|_| fault())?;
        let mut value: HeaderValue = value.parse().map_err(|_| fault())?;
        value.set_sensitive(true);
        self.headers.insert(name, value);
        Ok(())
    }

    /// The header of basic authentication.
    pub(super) async fn authorization(&self, cx: &Cx) -> Result<Option<HeaderValue>> {
        let Some((user, password)) = &self.login else { return Ok(None) };
        if user.contains(':') {
            return Err(invalid("a user of basic authentication has no colon in his name".to_owned()));
        }
        let password = password.resolve(cx).await?;
        let token = base64(format!("{user}:{}", password.expose()).as_bytes());
        let fault = |_| invalid("the password makes no header".to_owned());
        let mut value = HeaderValue::try_from(format!("Basic {token}")).map_err(fault)?;
        value.set_sensitive(true);
        Ok(Some(value))
    }

    /// Whether a redirect of this status makes a GET of it (RFC 9110, section 15.4).
    pub(super) fn turns(&self, status: u16) -> bool {
        match status {
            303 => self.method != Method::HEAD,
            301 | 302 => self.method == Method::POST,
            _ => false,
        }
    }

    /// The request for this address, in the form that the route wants.
    pub(super) fn message(
        &self,
        address: &Address,
        login: Option<&HeaderValue>,
        route: &Route,
        asked: Asked,
    ) -> Result<Message> {
        let (method, body) = match asked.has_turned {
            true => (Method::GET, Bytes::new()),
            false => (self.method.clone(), self.body.clone()),
        };
        let target = match &route.proxy {
            Some(_) if !address.is_secure() => address.to_string(),
            _ => address.path().to_owned(),
        };
        let mut request = http::Request::builder()
            .method(method)
            .uri(target)
            .body(Full::new(body))
            .map_err(|_| invalid(format!("{address} is no address to ask for")))?;
        let headers = request.headers_mut();
        let host = HeaderValue::from_str(address.authority());
        headers.insert(HOST, host.map_err(|_| invalid(format!("{address} is no address to ask for")))?);
        if let Some(login) = login {
            headers.insert(AUTHORIZATION, login.clone());
        }
        let goes = |name: &HeaderName| asked.is_home || !AT_HOME.contains(name);
        for (name, value) in self.headers.iter().filter(|(name, _)| goes(name)) {
            headers.insert(name, value.clone());
        }
        Ok(request)
    }
}

/// RFC 4648, section 4: too little for a dependency.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let bits =
            chunk.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * place) & 63) as usize];
            text.push(if place <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4648, section 10.
    #[test]
    fn base64_is_that_of_the_rfc() {
        for (text, expected) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")]
        {
            assert_eq!(base64(text.as_bytes()), expected);
        }
    }
}
