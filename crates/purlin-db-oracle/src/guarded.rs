//! Panics of the driver, kept where they are.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind, set_hook, take_hook};
use std::sync::Once;

/// The threads whose panics [`quiet_panics`] keeps off standard error.
pub(crate) const THREAD: &str = "purlin-oracle";

/// Runs a call of the driver; a panic in it comes back as its text.
pub(crate) fn guarded<T>(call: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(call)).map_err(|panic| text(&*panic))
}

fn text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "without a word".to_owned())
}

/// Runs the whole work of a thread so that a panic within it poisons no lock.
///
/// The driver keeps its client behind a mutex and works with it locked. A panic there poisons it, and while the stack
/// unwinds, the destructor of the driver's `Statement` unwraps the lock: a second panic, which ends the process. The
/// standard library poisons only for a panic that began while the lock was held, so the work runs in the destructor of
/// a value while its thread unwinds already. Panics within it, caught within it, are allowed there.
pub(crate) fn unpoisoned(work: impl FnOnce()) {
    struct Last<F: FnOnce()>(Option<F>);

    impl<F: FnOnce()> Drop for Last<F> {
        fn drop(&mut self) {
            if let Some(work) = self.0.take() {
                let _ = catch_unwind(AssertUnwindSafe(work));
            }
        }
    }

    let last = Last(Some(work));
    // Without the hook: nothing is printed for it.
    let _ = catch_unwind(AssertUnwindSafe(move || {
        let _last = last;
        resume_unwind(Box::new(()))
    }));
}

/// Keeps the text of panics that come up inside of Oracle's driver off standard error. Each is told as an error either
/// way; without this, Rust's own message of it is printed as well.
///
/// The hook for panics belongs to the whole process, which is why a library does not set it unasked: for a program, at
/// its beginning. All other panics go on to the hook that was set before. Calling it again does nothing.
pub fn quiet_panics() {
    static SET: Once = Once::new();
    SET.call_once(|| {
        let before = take_hook();
        set_hook(Box::new(move |panic| {
            if std::thread::current().name() != Some(THREAD) {
                before(panic);
            }
        }));
    });
}

#[cfg(test)]
mod tests {
    use super::{guarded, quiet_panics, unpoisoned};
    use std::sync::{Arc, Mutex};

    /// As the driver's `Statement`.
    struct Unwraps(Arc<Mutex<u32>>);

    impl Drop for Unwraps {
        fn drop(&mut self) {
            *self.0.lock().unwrap() += 1;
        }
    }

    #[test]
    fn a_panic_under_a_lock_does_not_end_the_process() {
        quiet_panics();
        let lock = Arc::new(Mutex::new(0));
        let inner = lock.clone();
        let thread = std::thread::Builder::new().name(super::THREAD.to_owned());
        let told = thread.spawn(move || {
            let mut told = Vec::new();
            unpoisoned(|| {
                for round in 0..3 {
                    let statement = Unwraps(inner.clone());
                    let result = guarded(move || {
                        let _locked = statement.0.lock().unwrap();
                        assert!(round > 5, "round {round}");
                    });
                    told.push(result.unwrap_err());
                }
            });
            told
        });
        assert_eq!(told.unwrap().join().unwrap(), ["round 0", "round 1", "round 2"]);
        assert_eq!(*lock.lock().unwrap(), 3);
    }
}
