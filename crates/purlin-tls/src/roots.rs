//! Whom we trust.

mod system;

use crate::fault::{self, TlsFault};
use crate::pem;
use purlin_core::{Cx, Diagnostic, Diagnostics, Error, ErrorKind, Pem, Place, Result, Severity, TlsSettings};
use rustls::pki_types::CertificateDer;
use rustls::{CertificateError, RootCertStore};

/// How many warnings an error quotes.
const TOLD: usize = 3;

/// The trusted authorities, as they are filled in.
#[derive(Debug)]
struct Trusted {
    store: RootCertStore,
    /// The certificates themselves, where somebody asks for them; the store keeps only names and keys.
    certificates: Option<Vec<CertificateDer<'static>>>,
}

/// The certificates of the authorities that these settings trust, in DER, for a driver that takes no rustls
/// configuration but certificates; with a warning for each that cannot be used. Default limit: 10 s.
///
/// None are there where the settings accept any certificate and name no authority.
///
/// # Errors
/// As those of [`TlsClient::load`](crate::TlsClient::load) about authorities.
pub async fn authorities(cx: &Cx, settings: &TlsSettings) -> Result<(Vec<Vec<u8>>, Diagnostics)> {
    let cx = cx.with_timeout(crate::client::DEFAULT_LIMIT);
    let certificates = Some(Vec::new());
    let (trusted, warnings) =
        fill(&cx, settings, Trusted { store: RootCertStore::empty(), certificates }).await?;
    let certificates = trusted.certificates.unwrap_or_default();
    Ok((certificates.iter().map(|certificate| certificate.as_ref().to_vec()).collect(), warnings))
}

/// The trusted authorities, and a warning for each that cannot be used: one bad certificate never empties the store.
///
/// # Errors
/// With [`TlsFault::CaUnreadable`]: an own authority's file that cannot be read or holds no usable certificate, or no
/// usable authority at all.
pub(crate) async fn load(cx: &Cx, settings: &TlsSettings) -> Result<(RootCertStore, Diagnostics)> {
    let trusted = Trusted { store: RootCertStore::empty(), certificates: None };
    let (trusted, warnings) = fill(cx, settings, trusted).await?;
    Ok((trusted.store, warnings))
}

async fn fill(cx: &Cx, settings: &TlsSettings, mut roots: Trusted) -> Result<(Trusted, Diagnostics)> {
    let mut warnings = Diagnostics::new();
    // Where anybody is accepted, the system's have no say.
    if settings.ca_only.is_empty() && !settings.danger_accept_any_certificate {
        for found in cx.run_blocking("tls.settings", |_| Ok(system::certificates())).await? {
            match found {
                Ok((place, certificate)) => {
                    if let Err(why) = add(&mut roots, certificate) {
                        let message = format!("a root certificate of the system cannot be used: {why}");
                        warnings.push(Diagnostic::warning("system-root-unusable", message).place(place));
                    }
                }
                Err(warning) => warnings.push(warning),
            }
        }
    }
    for ca in settings.ca_only.iter().chain(&settings.ca) {
        add_own(cx, &mut roots, &mut warnings, ca).await?;
    }
    if roots.store.is_empty() && !settings.danger_accept_any_certificate {
        return Err(nobody(warnings));
    }
    Ok((roots, warnings))
}

/// Nobody is trusted: as a rule because the system has no certificates, or none that can be used.
fn nobody(warnings: Diagnostics) -> Error {
    let told = |warning: &Diagnostic| match &warning.place {
        Some(place) => format!("{place}: {}", warning.message),
        None => warning.message.clone(),
    };
    let mut why: Vec<_> = warnings.iter().take(TOLD).map(told).collect();
    match warnings.len() {
        0 => why.push("the system has none".to_owned()),
        count if count > TOLD => why.push(format!("and {} more", count - TOLD)),
        _ => {}
    }
    let message = format!(
        "no trusted root certificate: {}; install ca-certificates, or name an authority of your own",
        why.join(", ")
    );
    let error = fault::error(ErrorKind::NotFound, TlsFault::CaUnreadable, message);
    error.with_operation("tls.settings").with_detail(warnings)
}

async fn add_own(cx: &Cx, roots: &mut Trusted, warnings: &mut Diagnostics, ca: &Pem) -> Result<()> {
    let place = place(ca);
    let unreadable =
        |kind, message| fault::error(kind, TlsFault::CaUnreadable, message).with_operation("tls.settings");
    let bytes =
        pem::bytes(cx, ca).await.map_err(|error| not_usable(error, &place, TlsFault::CaUnreadable))?;
    let before = roots.store.len();
    let blocks = pem::certificates(&bytes);
    let mut faults = Vec::new();
    for block in &blocks {
        let added = block.certificate.clone().and_then(|certificate| add(roots, certificate));
        if let Err(why) = added {
            let message = format!("a certificate cannot be used: {why}");
            faults.push(
                Diagnostic::warning("ca-certificate-unusable", message).place(place.clone().line(block.line)),
            );
        }
    }
    if roots.store.len() > before {
        warnings.extend(faults);
        return Ok(());
    }
    let message = match faults.first() {
        Some(first) => format!("{}: {}", first.place.as_ref().unwrap_or(&place), first.message),
        None => format!("{place}: no certificate in it; it needs at least one in PEM"),
    };
    faults.iter_mut().for_each(|fault| fault.severity = Severity::Error);
    Err(unreadable(ErrorKind::Invalid, message).with_detail(faults.into_iter().collect::<Diagnostics>()))
}

fn add(roots: &mut Trusted, certificate: CertificateDer<'static>) -> Result<(), String> {
    if let Some(certificates) = &mut roots.certificates {
        certificates.push(certificate.clone());
    }
    roots.store.add(certificate).map_err(|error| {
        if let Some(certificates) = &mut roots.certificates {
            certificates.pop();
        }
        unusable(error)
    })
}

fn unusable(error: rustls::Error) -> String {
    match error {
        rustls::Error::InvalidCertificate(CertificateError::BadEncoding) => {
            "what is in it is no certificate".to_owned()
        }
        rustls::Error::InvalidCertificate(fault) => fault::of_certificate(&fault).1,
        other => other.to_string(),
    }
}

/// How messages name a PEM value.
pub(crate) fn place(pem: &Pem) -> Place {
    match pem {
        Pem::File(path) if !pem::is_text(path) => Place::file(path.display().to_string()),
        _ => Place::file("certificates given as bytes"),
    }
}

/// An own file that cannot be read: the cause's kind, our fault's code, the file's name. A call that ends while the
/// file is read stays what it is.
pub(crate) fn not_usable(error: Error, place: &Place, fault: TlsFault) -> Error {
    if matches!(error.kind(), ErrorKind::Timeout | ErrorKind::Cancelled) {
        return error.with_note(place.to_string());
    }
    let message = format!("{place}: {}", error.message());
    fault::error(error.kind(), fault, message).with_operation("tls.settings")
}
