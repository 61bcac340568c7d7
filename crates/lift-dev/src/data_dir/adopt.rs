//! Whether a folder without a marker may become a data folder: it is empty, or an older version made it.

use std::{
    ffi::OsStr,
    fs::{self, DirEntry, File, TryLockError},
    path::Path,
};

use anyhow::{Context as _, Result, bail};

use super::{
    names::{BESIDE_DATABASE, DATABASE, MARKER, MARKER_TEXT},
    private::is_file,
};

/// The contents of the `.gitignore` that Lift writes in folders that it makes.
pub(super) const IGNORE_ALL: &str = "*\n";

/// The lock file of older versions.
const OLD_LOCK: &str = "lock";

/// Fails if `folder` has a file that Lift did not make, or is in use by an older version.
pub(super) fn check(folder: &Path) -> Result<()> {
    let entries = fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let mut entries =
        entries.with_context(|| format!("cannot read the data folder {}", folder.display()))?;
    entries.retain(|entry| !is_partial_marker(entry));
    if entries.is_empty() {
        return Ok(());
    }
    // Every older version wrote it first.
    let is_old = entries.iter().any(is_our_ignore_file);
    let other = entries.iter().find(|entry| !is_old || !is_old_name(entry));
    if let Some(other) = other {
        bail!(
            "the data folder {} has files that are not Lift's, such as {}: pass --data-dir with an empty \
             folder, or with one that does not exist",
            folder.display(),
            other.file_name().display()
        );
    }
    // An older version of Lift locks another file.
    let lock = File::open(folder.join(OLD_LOCK));
    if lock.is_ok_and(|lock| matches!(lock.try_lock(), Err(TryLockError::WouldBlock))) {
        bail!(in_use(folder));
    }
    Ok(())
}

pub(super) fn in_use(folder: &Path) -> String {
    format!(
        "the data folder {} is in use by another `lift dev`: stop that one or pass --data-dir DIR",
        folder.display()
    )
}

/// A marker of a run that was killed before it had written it, or that writes it just now.
fn is_partial_marker(entry: &DirEntry) -> bool {
    entry.file_name() == MARKER
        && is_file(&entry.path())
        && fs::read_to_string(entry.path()).is_ok_and(|text| MARKER_TEXT.starts_with(&text))
}

fn is_our_ignore_file(entry: &DirEntry) -> bool {
    entry.file_name() == ".gitignore"
        && is_file(&entry.path())
        && fs::read(entry.path()).is_ok_and(|text| text == IGNORE_ALL.as_bytes())
}

/// Whether an older version writes this file or folder. What is in the folders does not matter, because Lift
/// neither reads nor deletes it.
fn is_old_name(entry: &DirEntry) -> bool {
    let (path, name) = (entry.path(), entry.file_name());
    let files = [OLD_LOCK, "bootstrap.mjs", DATABASE];
    let is_named = |known: &&str| name == **known;
    if is_file(&path) {
        return is_our_ignore_file(entry)
            || files.iter().chain(&BESIDE_DATABASE).any(is_named)
            || path.extension() == Some(OsStr::new("env"));
    }
    let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
    is_folder && ["programs", "inline"].iter().any(is_named)
}
