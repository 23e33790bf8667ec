//! Where configuration files are looked for.

use super::Environment;
use crate::app::NAME;
use crate::input::{NotThere, Source, Trust};
use purlin::core::{Diagnostic, Diagnostics, Place};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// All files that are there, the one that every other beats first.
pub(super) fn sources(
    named: Option<&Path>,
    environment: &Environment,
    faults: &mut Diagnostics,
) -> Vec<Source> {
    let mut sources = Vec::new();
    sources.extend(match environment.path("SYSTEM_CONFIG") {
        Some(path) => Source::named(&path, faults),
        None => optional(Path::new("/etc").join(NAME).join("config.toml"), faults),
    });
    if let Some(folder) = environment.config_folder() {
        sources.extend(optional(folder.join(NAME).join("config.toml"), faults));
    }
    sources.extend(match named {
        Some(path) => Source::named(path, faults),
        None => nearest(environment, faults),
    });
    sources
}

fn optional(path: PathBuf, faults: &mut Diagnostics) -> Option<Source> {
    let name = path.display().to_string();
    match Source::optional(&path, name, Trust::Named, faults) {
        Ok(source) => source,
        Err(NotThere) => {
            dangling(&path, faults);
            None
        }
    }
}

/// A link to nowhere is a file that somebody wanted to be read. Whether there was one.
fn dangling(path: &Path, faults: &mut Diagnostics) -> bool {
    let is_link = path.symlink_metadata().is_ok_and(|metadata| metadata.is_symlink());
    if is_link {
        let fault = Diagnostic::error("not-found", "there is no such file: its link leads nowhere");
        let fault = fault.place(Place::file(path.display().to_string()));
        faults.push(fault.help("mend the link, or remove it"));
    }
    is_link
}

/// The file in this folder or in the nearest parent that has one.
fn nearest(environment: &Environment, faults: &mut Diagnostics) -> Option<Source> {
    let file = format!("{NAME}.toml");
    let mut closed = None;
    let mut found = None;
    for folder in environment.folder().ancestors() {
        let path = folder.join(&file);
        match path.symlink_metadata() {
            // Nobody can say whether a file is in a folder that may not be entered.
            Err(error) if error.kind() == ErrorKind::PermissionDenied => closed = closed.or(Some(folder)),
            Err(_) => {}
            Ok(_) => {
                let is_here = folder == environment.folder();
                let name = if is_here { file.clone() } else { path.display().to_string() };
                match Source::optional(&path, name, Trust::OwnOnly, faults) {
                    Ok(source) => {
                        found = source;
                        break;
                    }
                    Err(NotThere) if dangling(&path, faults) => break,
                    // It went away in between.
                    Err(NotThere) => {}
                }
            }
        }
    }
    if let Some(folder) = closed {
        let message = format!("whether there is a {file} in this folder cannot be seen: permission denied");
        let place = Place::file(folder.display().to_string());
        faults.push(Diagnostic::warning("folder-closed", message).place(place));
    }
    found
}
