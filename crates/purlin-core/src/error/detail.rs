//! Typed details of an error: a short list, one value a type.

use std::any::Any;
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
