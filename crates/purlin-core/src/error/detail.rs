//! Typed details of an error: a short list, one value a type.

use std::any::Any;
use std::io;
use std::sync::Arc;

#[derive(Clone, Default)]
pub(super) struct Details(Vec<Arc<dyn Any + Send + Sync>>);

impl Details {
    pub(super) fn get<T: Any + Send + Sync>(&self) -> Option<&T> {
        self.0.iter().find_map(|detail| detail.downcast_ref())
    }

    pub(super) fn set<T: Any + Send + Sync>(&mut self, detail: T) {
        self.0.retain(|old| !old.is::<T>());
        self.0.push(Arc::new(detail));
    }
}

/// What the operating system said, as the detail of an error made by [`Error::io`](crate::Error::io).
///
/// ```
/// use purlin_core::{Error, IoDetail};
///
/// let missing = std::fs::File::open("/nonexistent").unwrap_err();
/// let error = Error::io("file.open", missing);
/// assert_eq!(error.detail::<IoDetail>().unwrap().kind, std::io::ErrorKind::NotFound);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct IoDetail {
    /// The standard library's word for it.
    pub kind: io::ErrorKind,
    /// The system's number (`errno`); none for an error that the system did not raise.
    pub errno: Option<i32>,
}

impl From<&io::Error> for IoDetail {
    fn from(error: &io::Error) -> Self {
        Self { kind: error.kind(), errno: error.raw_os_error() }
    }
}
