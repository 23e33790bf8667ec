//! Whom we trust.

use crate::fault::{self, TlsFault};
use crate::pem;
use purlin_core::{Cx, Diagnostic, Diagnostics, Error, ErrorKind, Pem, Place, Result, Severity, TlsSettings};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;

/// The trusted authorities, and a warning for each that cannot be used: one bad certificate never empties the store.
///
/// # Errors
/// With [`TlsFault::CaUnreadable`]: an own authority's file that cannot be read or holds no usable certificate, or no
/// usable authority at all.
pub(crate) async fn load(cx: &Cx, settings: &TlsSettings) -> Result<(RootCertStore, Diagnostics)> {
    let mut roots = RootCertStore::empty();
    let mut warnings = Diagnostics::new();
    if settings.ca_only.is_empty() {
        let system =
            cx.run_blocking("tls.settings", |_| Ok(rustls_native_certs::load_native_certs())).await?;
        add_system(&mut roots, &mut warnings, system);
    }
    for ca in settings.ca_only.iter().chain(&settings.ca) {
        add_own(cx, &mut roots, &mut warnings, ca).await?;
    }
    if roots.is_empty() && !settings.danger_accept_any_certificate {
        let message = "no trusted root certificate: the system has none that can be used; install ca-certificates, \
                       or name an authority of your own";
        return Err(fault::error(ErrorKind::NotFound, TlsFault::CaUnreadable, message.to_owned())
            .with_operation("tls.settings")
            .with_detail(warnings));
    }
    Ok((roots, warnings))
}

fn add_system(
    roots: &mut RootCertStore,
    warnings: &mut Diagnostics,
    system: rustls_native_certs::CertificateResult,
) {
    for error in system.errors {
        let warning = Diagnostic::warning("system-root-unreadable", error.to_string());
        warnings.push(match &error.kind {
            rustls_native_certs::ErrorKind::Io { path, .. } => {
                warning.place(Place::file(path.display().to_string()))
            }
            _ => warning,
        });
    }
    for certificate in system.certs {
        if let Err(error) = add(roots, certificate) {
            let message = format!("a root certificate of the system cannot be used: {error}");
            warnings.push(Diagnostic::warning("system-root-unusable", message));
        }
    }
}

async fn add_own(cx: &Cx, roots: &mut RootCertStore, warnings: &mut Diagnostics, ca: &Pem) -> Result<()> {
    let place = place(ca);
    let unreadable =
        |kind, message| fault::error(kind, TlsFault::CaUnreadable, message).with_operation("tls.settings");
    let bytes = pem::bytes(cx, ca).await.map_err(|error| not_usable(error, &place))?;
    let before = roots.len();
    let blocks = pem::certificates(&bytes);
    let mut faults = Vec::new();
    for block in &blocks {
        let added = block
            .certificate
            .clone()
            .and_then(|certificate| add(roots, certificate).map_err(|error| error.to_string()));
        if let Err(why) = added {
            let message = format!("a certificate cannot be used: {why}");
            faults.push(
                Diagnostic::warning("ca-certificate-unusable", message).place(place.clone().line(block.line)),
            );
        }
    }
    if roots.len() > before {
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

fn add(roots: &mut RootCertStore, certificate: CertificateDer<'static>) -> Result<(), rustls::Error> {
    roots.add(certificate)
}

/// How messages name a PEM value.
pub(crate) fn place(pem: &Pem) -> Place {
    match pem {
        Pem::File(path) => Place::file(path.display().to_string()),
        _ => Place::file("certificates given as bytes"),
    }
}

/// An own file that cannot be read: the cause's kind, our fault's code, the file's name. A call that ends while the
/// file is read stays what it is.
pub(crate) fn not_usable(error: Error, place: &Place) -> Error {
    if matches!(error.kind(), ErrorKind::Timeout | ErrorKind::Cancelled) {
        return error.with_note(place.to_string());
    }
    let message = format!("{place}: {}", error.message());
    fault::error(error.kind(), TlsFault::CaUnreadable, message).with_operation("tls.settings")
}
