//! The ground that the purlin crates stand on: [errors](Error) that say what a pager must say, the
//! [context](Cx) of a call, a [clock](Clock) that tests can move, [secrets](Secret), [endpoints](Endpoint),
//! [diagnostics](Diagnostic) for input files, and [policy](Policy): retry, limits and breaker as one value.
//!
//! It knows no protocol, no driver and no file format, starts no task and keeps no global state.
//!
//! ```
//! use purlin_core::{Cx, Error, ErrorKind, Policy, Result, Retry};
//! use std::time::Duration;
//!
//! # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
//! let cx = Cx::background().with_timeout(Duration::from_secs(5));
//! let policy = Policy::new().retry(Retry::new(3).base(Duration::from_millis(1)));
//!
//! // It fails once and is cured by the second attempt.
//! let answer: Result<&str> = policy
//!     .run(&cx, |cx| async move {
//!         match cx.attempt() {
//!             1 => Err(Error::new(ErrorKind::Refused, "nobody listens yet")),
//!             _ => Ok("up"),
//!         }
//!     })
//!     .await;
//! assert_eq!(answer?, "up");
//! # Ok::<(), Error>(())
//! # }).unwrap();
//! ```

mod clock;
mod cx;
mod diagnostic;
mod endpoint;
mod error;
mod id;
mod labels;
#[cfg(feature = "net")]
pub mod net;
pub mod policy;
mod secret;
mod subject;
mod suggest;
mod timestamp;
mod tls;
pub mod units;

pub use clock::{Clock, Instant, SimClock};
pub use cx::{Canceller, Cx};
pub use diagnostic::{Diagnostic, Diagnostics, LineIndex, Place, Related, Severity};
pub use endpoint::Endpoint;
pub use error::{Error, ErrorKind, IoDetail, Outcome, Result, RetryHint};
pub use labels::Labels;
pub use policy::{Policy, Retry};
pub use secret::{Secret, SecretRef, SecretSource, Wipe, WrittenRef};
pub use subject::{Fence, Subject, SubjectId, SubjectKind};
pub use suggest::suggest;
pub use timestamp::Timestamp;
pub use tls::{Pem, TlsSettings};

/// For the expansion of [`text_id!`]; no part of the public API.
#[doc(hidden)]
pub mod __private {
    pub use serde::{Deserialize, Deserializer, Serialize, Serializer};
}
