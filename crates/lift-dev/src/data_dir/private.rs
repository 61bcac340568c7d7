//! Files and folders that only their owner can use, and that are no symbolic links.

use std::{
    fs::{File, OpenOptions, Permissions},
    io::{self, Write as _},
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::Path,
};

/// The modes of files and folders that only their owner can use.
pub(super) const PRIVATE: u32 = 0o600;
pub(super) const PRIVATE_FOLDER: u32 = 0o700;

/// Whether `path` itself is a regular file, not a link to one.
pub(super) fn is_file(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|found| found.is_file())
}

/// Writes a file that only its owner can read, and that must not exist yet. A symbolic link counts as a file.
pub(crate) fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(PRIVATE).open(path)?;
    make_private(&file)?;
    file.write_all(text.as_bytes())
}

/// Sets the mode by itself, because the umask is applied to the mode of a new file.
pub(super) fn make_private(file: &File) -> io::Result<()> {
    file.set_permissions(private(PRIVATE))
}

pub(super) fn private(mode: u32) -> Permissions {
    Permissions::from_mode(mode)
}
