//! A folder as text.

use std::fmt::Write;
use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

/// All that is below a folder, a line each, by name: what it is, its permission bits, and its content or where it leads.
/// Of times nothing is told.
///
/// # Errors
/// What keeps it from being read.
pub fn tree(folder: impl AsRef<Path>) -> io::Result<String> {
    let mut text = String::new();
    walk(folder.as_ref(), "", &mut text)?;
    Ok(text)
}

fn walk(folder: &Path, name: &str, text: &mut String) -> io::Result<()> {
    let mut entries = fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        let name = format!("{name}/{}", entry.file_name().to_string_lossy());
        let metadata = fs::symlink_metadata(&path)?;
        let mode = metadata.permissions().mode() & 0o7777;
        // Writing to a String cannot fail.
        let _ = if metadata.is_symlink() {
            writeln!(text, "{name} -> {}", fs::read_link(&path)?.display())
        } else if metadata.is_dir() {
            writeln!(text, "{name}/ {mode:04o} {}:{}", metadata.uid(), metadata.gid())
        } else {
            let content = fs::read(&path)?;
            let content = String::from_utf8_lossy(&content);
            writeln!(text, "{name} {mode:04o} {}:{} {content:?}", metadata.uid(), metadata.gid())
        };
        if metadata.is_dir() {
            walk(&path, &name, text)?;
        }
    }
    Ok(())
}
