//! Short facts about a call or a subject.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// Short facts about a call or a subject, such as `site=lon`, sorted by key. Cheap to clone.
///
/// ```
/// use purlin_core::Labels;
///
/// let labels = Labels::default().with("site", "lon").with("role", "web");
/// assert_eq!(labels.get("site"), Some("lon"));
/// assert_eq!(labels.to_string(), "role=web site=lon");
/// ```
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Labels(Option<Arc<BTreeMap<Cow<'static, str>, String>>>);

impl Labels {
    /// The same with one more; an equal key is replaced.
    #[must_use]
    pub fn with(&self, key: impl Into<Cow<'static, str>>, value: impl Into<String>) -> Self {
        let mut labels = self.0.clone().unwrap_or_default();
        Arc::make_mut(&mut labels).insert(key.into(), value.into());
        Self(Some(labels))
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.as_ref()?.get(key).map(String::as_str)
    }

    /// All of them, sorted by key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().flat_map(|labels| labels.iter()).map(|(key, value)| (key.as_ref(), value.as_str()))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.as_ref().is_none_or(|labels| labels.is_empty())
    }
}

impl<K: Into<Cow<'static, str>>, V: Into<String>> FromIterator<(K, V)> for Labels {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(labels: I) -> Self {
        let labels: BTreeMap<_, _> =
            labels.into_iter().map(|(key, value)| (key.into(), value.into())).collect();
        Self((!labels.is_empty()).then(|| Arc::new(labels)))
    }
}

impl fmt::Display for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (key, value)) in self.iter().enumerate() {
            let gap = if index == 0 { "" } else { " " };
            write!(f, "{gap}{key}={value}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl Serialize for Labels {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for Labels {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(BTreeMap::<String, String>::deserialize(deserializer)?.into_iter().collect())
    }
}
