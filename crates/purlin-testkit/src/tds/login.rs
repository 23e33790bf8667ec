//! What a client says of itself (LOGIN7, MS-TDS 2.2.6.4).

use super::lines::utf16;
use super::tokens::{ERROR, done, error};

/// Where offset and length of a name stand in the message.
const USER: usize = 40;
const PASSWORD: usize = 44;
const DATABASE: usize = 68;

/// The refusal of whoever is somebody else.
pub(super) fn checked(login: &[u8], user: &str, password: &str, database: &str) -> Result<(), Vec<u8>> {
    let said = |at| bytes(login, at).map(utf16);
    let shown = said(USER).unwrap_or_default();
    let denied = error(18_456, 1, 14, &format!("Login failed for user '{shown}'."));
    let hidden = bytes(login, PASSWORD).map(|bytes| bytes.iter().copied().map(plain).collect::<Vec<_>>());
    if shown != user || hidden.map(|bytes| utf16(&bytes)).as_deref() != Some(password) {
        return Err([denied, done(ERROR, 0, 0)].concat());
    }
    match said(DATABASE).filter(|wanted| !wanted.is_empty() && wanted != database) {
        None => Ok(()),
        Some(wanted) => {
            let text = format!("Cannot open database \"{wanted}\" requested by the login. The login failed.");
            Err([error(4060, 1, 11, &text), denied, done(ERROR, 0, 0)].concat())
        }
    }
}

fn bytes(login: &[u8], at: usize) -> Option<&[u8]> {
    let number = |at: usize| Some(usize::from(u16::from_le_bytes(login.get(at..at + 2)?.try_into().ok()?)));
    let (from, units) = (number(at)?, number(at + 2)?);
    login.get(from..from + units * 2)
}

/// The protocol hides a password from eyes, not from anybody who reads its document.
fn plain(byte: u8) -> u8 {
    (byte ^ 0xa5).rotate_left(4)
}
