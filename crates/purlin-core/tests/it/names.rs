//! Labels, subjects and fencing numbers.

use purlin_core::{Fence, Labels, Subject};

purlin_core::text_id! {
    /// A name for this test.
    struct CheckId;
}

#[test]
fn ids_are_their_text() {
    let id = CheckId::from("web01.lon/http");
    assert_eq!(
        (id.as_str(), format!("{id}"), format!("{id:?}")),
        ("web01.lon/http", "web01.lon/http".into(), "\"web01.lon/http\"".into())
    );
    assert_eq!(serde_json::to_string(&id).unwrap(), "\"web01.lon/http\"");
    assert_eq!(
        serde_json::from_str::<CheckId>("\"web01.lon/http\"").unwrap(),
        CheckId::from("web01.lon/http".to_owned())
    );
}

#[test]
fn ids_are_looked_up_by_their_text() {
    let id = CheckId::from("disk");
    let hashed = std::collections::HashMap::from([(id.clone(), 1)]);
    let sorted = std::collections::BTreeMap::from([(id.clone(), 2)]);
    assert_eq!((hashed.get("disk"), sorted.get("disk")), (Some(&1), Some(&2)));
    assert_eq!(AsRef::<str>::as_ref(&id), "disk");
}

#[test]
fn subjects_survive_json() {
    let plain = Subject::new("host", "web01.lon");
    assert_eq!(serde_json::to_string(&plain).unwrap(), r#"{"kind":"host","id":"web01.lon"}"#);
    let labelled = plain.labels(Labels::default().with("site", "lon"));
    let text = serde_json::to_string(&labelled).unwrap();
    assert_eq!(text, r#"{"kind":"host","id":"web01.lon","labels":{"site":"lon"}}"#);
    assert_eq!(serde_json::from_str::<Subject>(&text).unwrap(), labelled);
}

#[test]
fn empty_labels_are_equal_however_they_came() {
    assert_eq!(Labels::from_iter(Vec::<(String, String)>::new()), Labels::default());
    assert_eq!(serde_json::from_str::<Labels>("{}").unwrap(), Labels::default());
}

#[test]
fn the_newer_right_is_the_greater() {
    assert!(Fence::new(2) > Fence::new(1));
    assert_eq!(serde_json::to_string(&Fence::new(7)).unwrap(), "7");
}
