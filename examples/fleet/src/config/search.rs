//! Where configuration files are looked for.

use super::Environment;
use crate::app::NAME;
use crate::input::{Source, Trust};
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
    Source::optional(&path, name, Trust::Named, faults).unwrap_or_default()
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
                let name = match folder == environment.folder() {
                    true => file.clone(),
                    false => path.display().to_string(),
                };
                // Where it went away in between, or its link leads nowhere, the search goes on.
                if let Ok(source) = Source::optional(&path, name, Trust::OwnOnly, faults) {
                    found = source;
                    break;
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
