//! TLS for the purlin crates: [settings](purlin_core::TlsSettings) become a rustls configuration, with unreadable
//! root certificates reported instead of passed over, faults told apart, and any server's certificates shown.
//!
//! ```
//! use purlin_core::{Cx, TlsSettings};
//! use purlin_tls::{TlsClient, TlsDetail, TlsFault};
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! // Nobody is trusted but the authority of the company.
//! let settings = TlsSettings::new().ca_only("no-such-folder/corp-ca.pem");
//! let error = TlsClient::load(&Cx::background(), &settings).await.unwrap_err();
//!
//! // What is wrong is told apart, and names the thing at fault.
//! assert_eq!(error.detail::<TlsDetail>().unwrap().fault, TlsFault::CaUnreadable);
//! assert_eq!(error.to_string(), "tls.settings: no-such-folder/corp-ca.pem: no such file or directory");
//! # });
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! To look at a server, see [`inspect`]; to speak to one, [`TlsClient::handshake`].

mod certificate;
mod client;
mod fault;
mod handshake;
mod identity;
mod inspect;
mod pem;
mod provider;
mod roots;
mod verifier;

pub use certificate::CertificateInfo;
pub use client::TlsClient;
pub use fault::{TlsDetail, TlsFault, stream_error};
pub use inspect::{Inspection, Phases, inspect};
pub use provider::ensure_provider;
pub use roots::authorities;
