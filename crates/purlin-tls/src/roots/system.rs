//! The certificates of the system.

use purlin_core::{Diagnostic, Place};
use rustls::pki_types::CertificateDer;

/// A certificate and where it stands, or why one could not be had.
pub(super) type Found = Result<(Place, CertificateDer<'static>), Diagnostic>;

/// Reads them all; blocks. On Unix but macOS these are the file in `SSL_CERT_FILE` and the files in the folders of
/// `SSL_CERT_DIR`, as OpenSSL has it, and where neither is set the files and folders of the known distributions. They
/// are read block by block, so that a bad one is named by file and line and spoils no other.
#[cfg(all(unix, not(target_os = "macos")))]
pub(super) fn certificates() -> Vec<Found> {
    files::certificates()
}

/// Asks the system's own store.
#[cfg(not(all(unix, not(target_os = "macos"))))]
pub(super) fn certificates() -> Vec<Found> {
    let system = rustls_native_certs::load_native_certs();
    let place = || Place::file("the system's certificates");
    let warning = |error: rustls_native_certs::Error| unreadable(place(), error.to_string());
    let errors = system.errors.into_iter().map(|error| Err(warning(error)));
    system.certs.into_iter().map(|certificate| Ok((place(), certificate))).chain(errors).collect()
}

fn unreadable(place: Place, why: impl std::fmt::Display) -> Diagnostic {
    let message = format!("root certificates of the system cannot be read: {why}");
    Diagnostic::warning("system-root-unreadable", message).place(place)
}

#[cfg(all(unix, not(target_os = "macos")))]
mod files {
    use super::{Found, unreadable};
    use crate::pem;
    use purlin_core::{Diagnostic, Error, Place};
    use std::collections::HashSet;
    use std::ffi::OsString;
    use std::fs::Metadata;
    use std::io;
    use std::os::unix::fs::MetadataExt;
    use std::path::{Path, PathBuf};

    pub(super) fn certificates() -> Vec<Found> {
        let mut reader = Reader::default();
        let (file, folders) = locations();
        if let Some(file) = file {
            reader.file(&file);
        }
        for folder in folders {
            reader.folder(&folder);
        }
        reader.found
    }

    /// A file and folders.
    fn locations() -> (Option<PathBuf>, Vec<PathBuf>) {
        let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let folders = |value: OsString| -> Vec<_> {
            std::env::split_paths(&value).filter(|path| !path.as_os_str().is_empty()).collect()
        };
        match (set("SSL_CERT_FILE"), set("SSL_CERT_DIR")) {
            (None, None) => {
                let known = openssl_probe::probe();
                (known.cert_file, known.cert_dir)
            }
            (file, dir) => (file.map(PathBuf::from), dir.map(folders).unwrap_or_default()),
        }
    }

    #[derive(Default)]
    struct Reader {
        found: Vec<Found>,
        /// Folders hold several links to each file, and the file with all of them as well.
        files: HashSet<(u64, u64)>,
        certificates: HashSet<Vec<u8>>,
    }

    impl Reader {
        fn folder(&mut self, folder: &Path) {
            let listed: io::Result<Vec<_>> = std::fs::read_dir(folder)
                .and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect());
            match listed {
                // In an order of our own, so that warnings come in the same one each time.
                Ok(mut paths) => {
                    paths.sort();
                    paths.iter().for_each(|path| self.file_of_folder(path));
                }
                Err(error) => self.unreadable(folder, &Error::io("tls.settings", error)),
            }
        }

        fn file_of_folder(&mut self, path: &Path) {
            match std::fs::metadata(path) {
                Ok(metadata) if metadata.is_file() && !self.files.contains(&identity(&metadata)) => {
                    self.file(path);
                }
                // Folders, and links to files that are gone.
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => self.unreadable(path, &Error::io("tls.settings", error)),
            }
        }

        fn file(&mut self, path: &Path) {
            if let Ok(metadata) = std::fs::metadata(path) {
                self.files.insert(identity(&metadata));
            }
            let bytes = match pem::read(path) {
                Ok(bytes) => bytes,
                Err(error) => return self.unreadable(path, &error),
            };
            for block in pem::certificates(&bytes) {
                let place = Place::file(path.display().to_string()).line(block.line);
                match block.certificate {
                    Ok(certificate) if self.certificates.insert(certificate.to_vec()) => {
                        self.found.push(Ok((place, certificate)));
                    }
                    Ok(_) => {}
                    Err(why) => {
                        let message = format!("a root certificate of the system cannot be used: {why}");
                        let warning = Diagnostic::warning("system-root-unusable", message);
                        self.found.push(Err(warning.place(place)));
                    }
                }
            }
        }

        fn unreadable(&mut self, path: &Path, error: &Error) {
            self.found.push(Err(unreadable(Place::file(path.display().to_string()), error.message())));
        }
    }

    fn identity(metadata: &Metadata) -> (u64, u64) {
        (metadata.dev(), metadata.ino())
    }
}
