//! TLS for the purlin crates: [settings](purlin_core::TlsSettings) become a rustls configuration, with unreadable
//! root certificates reported instead of passed over, faults told apart, and any server's certificates shown.

mod certificate;
mod client;
mod dial;
mod fault;
mod inspect;
mod pem;
mod provider;
mod roots;
mod verifier;

pub use certificate::CertificateInfo;
pub use client::TlsClient;
pub use fault::{TlsDetail, TlsFault};
pub use inspect::{Inspection, Phases, inspect};
pub use provider::ensure_provider;
