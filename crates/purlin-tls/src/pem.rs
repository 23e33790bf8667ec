//! PEM files (RFC 7468), block by block, so that a bad one is named by its line and spoils no other.

use purlin_core::{Cx, Error, ErrorKind, Pem, Result};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::{self, PemObject};
use std::io::Read;
use std::path::Path;

/// Far more than any bundle of the world's authorities.
const MAX_SIZE: u64 = 16 * 1024 * 1024;

/// A certificate, or why there is none, with the line at which it begins.
pub(crate) struct Block {
    pub(crate) line: u32,
    pub(crate) certificate: Result<CertificateDer<'static>, String>,
}

/// The bytes of a PEM value, read within the call's time.
pub(crate) async fn bytes(cx: &Cx, pem: &Pem) -> Result<Vec<u8>> {
    match pem {
        Pem::Bytes(bytes) => Ok(bytes.to_vec()),
        Pem::File(path) if is_text(path) => {
            let message = "this is PEM text where the path of a file belongs; give it as Pem::bytes";
            Err(Error::new(ErrorKind::Invalid, message).with_operation("tls.settings"))
        }
        Pem::File(path) => {
            let path = path.clone();
            cx.run_blocking("tls.settings", move |_| read(&path)).await
        }
        _ => Err(Error::new(ErrorKind::Unsupported, "this form of PEM is not known here")),
    }
}

/// Whether it is the content of a file that stands in the place of its path.
pub(crate) fn is_text(path: &Path) -> bool {
    path.to_string_lossy().contains("-----BEGIN ")
}

pub(crate) fn read(path: &Path) -> Result<Vec<u8>> {
    let read = || {
        let mut bytes = Vec::new();
        std::fs::File::open(path)?.take(MAX_SIZE + 1).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let bytes = read().map_err(|error| Error::io("tls.settings", error))?;
    if bytes.len() as u64 > MAX_SIZE {
        return Err(Error::new(ErrorKind::Invalid, "the file is larger than 16 MiB"));
    }
    Ok(bytes)
}

/// Every certificate of a PEM text; other blocks, such as keys, are passed over.
pub(crate) fn certificates(pem: &[u8]) -> Vec<Block> {
    // The mark that some editors put before UTF-8.
    let pem = pem.strip_prefix(b"\xef\xbb\xbf").unwrap_or(pem);
    sections(pem)
        .into_iter()
        .filter_map(|(line, section)| {
            if let Some(other) = OTHER_FORMS.iter().find(|form| section.starts_with(form.as_bytes())) {
                let label = other.trim_matches('-').trim_start_matches("BEGIN ");
                let why =
                    format!("{label} is a form of OpenSSL's own; `openssl x509` writes it as a CERTIFICATE");
                return Some(Block { line, certificate: Err(why) });
            }
            let certificate = CertificateDer::pem_slice_iter(section).next()?;
            Some(Block { line, certificate: certificate.map_err(|fault| words(&fault).to_owned()) })
        })
        .collect()
}

/// Certificates that are not read, because more or less than the certificate stands in them.
const OTHER_FORMS: [&str; 2] = ["-----BEGIN TRUSTED CERTIFICATE-----", "-----BEGIN X509 CERTIFICATE-----"];

/// Why a block cannot be read.
pub(crate) fn words(fault: &pem::Error) -> &'static str {
    match fault {
        pem::Error::MissingSectionEnd { .. } => "its END line is missing",
        pem::Error::IllegalSectionStart { .. } => "its BEGIN line is malformed",
        pem::Error::Base64Decode(_) => "what stands between BEGIN and END is not Base64",
        pem::Error::SectionTooLarge => "it is too large",
        _ => "it is not PEM",
    }
}

/// Each from a BEGIN line up to the next one.
fn sections(pem: &[u8]) -> Vec<(u32, &[u8])> {
    let mut starts = Vec::new();
    let (mut offset, mut number) = (0, 1u32);
    for line in pem.split_inclusive(|byte| *byte == b'\n') {
        if line.starts_with(b"-----BEGIN ") {
            starts.push((number, offset));
        }
        offset += line.len();
        number = number.saturating_add(1);
    }
    let ends = starts.iter().skip(1).map(|(_, start)| *start).chain([pem.len()]);
    starts.iter().zip(ends).map(|((line, start), end)| (*line, &pem[*start..end])).collect()
}
