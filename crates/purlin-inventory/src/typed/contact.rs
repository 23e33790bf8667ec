//! Whom to call.

use super::parts::{Faults, link, table, text, word, wrong};
use crate::Located;
use serde::Serialize;

/// Whom to call about a host: a person, a team, a desk.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[non_exhaustive]
pub struct Contact {
    /// The person, team or desk.
    pub name: String,
    /// A mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// A telephone number, as people write it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// A page: a chat, a rota, a form.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

const KEYS: [&str; 4] = ["name", "email", "phone", "url"];

impl Contact {
    pub(crate) fn read_all(value: &Located, faults: &mut Faults) -> Option<Vec<Self>> {
        let Some(items) = value.value.as_list() else {
            let message = format!("contacts is a list of tables, not a {}", value.value.kind());
            wrong(
                faults,
                value,
                message,
                "as in contacts = [{ name = \"Map team\", phone = \"+44 20 7946 0000\" }]",
            );
            return None;
        };
        let before = faults.len();
        let contacts = items.iter().filter_map(|item| Self::read(item, faults)).collect();
        (faults.len() == before).then_some(contacts)
    }

    fn read(value: &Located, faults: &mut Faults) -> Option<Self> {
        let map = table("a contact", value, &KEYS, faults)?;
        let Some(name) = map.get("name") else {
            wrong(faults, value, "a contact needs a name", "");
            return None;
        };
        let name = text("name", name, faults);
        let email = map.get("email").and_then(|value| email(value, faults));
        let phone = map.get("phone").and_then(|value| phone(value, faults));
        let url = map.get("url").and_then(|value| link("url", value, faults));
        let own = |text: Option<&str>| text.map(str::to_owned);
        Some(Self { name: name?.to_owned(), email: own(email), phone: own(phone), url: own(url) })
    }
}

fn email<'a>(value: &'a Located, faults: &mut Faults) -> Option<&'a str> {
    let email = word("email", value, faults)?;
    let halves = email.rsplit_once('@').filter(|(user, host)| !user.is_empty() && !host.is_empty());
    if halves.is_none_or(|(user, _)| user.contains('@')) {
        wrong(faults, value, format!("{email:?} is no mail address"), "as in map-team@example.org");
        return None;
    }
    Some(email)
}

fn phone<'a>(value: &'a Located, faults: &mut Faults) -> Option<&'a str> {
    let phone = text("phone", value, faults)?;
    let fits = |letter: char| letter.is_ascii_digit() || "+-/.() x".contains(letter);
    if !phone.chars().all(fits) || phone.chars().filter(char::is_ascii_digit).count() < 3 {
        wrong(faults, value, format!("{phone:?} is no telephone number"), "as in +44 20 7946 0000");
        return None;
    }
    Some(phone)
}
