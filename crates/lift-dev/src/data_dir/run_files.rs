//! The files that Lift generates for one run: copies of programs, the code of templates, runtime clients.
//!
//! They are in a folder of the run. A list in it names each file before the file is made, so that the next run can
//! remove the files of a killed one. Only listed files are removed, and folders only when they are empty.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Component, Path, PathBuf},
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use super::private::{PRIVATE, PRIVATE_FOLDER, is_file, private, write_private};
use crate::lock::lock;

/// How the names of runs' folders begin.
pub(crate) const RUN_PREFIX: &str = "lift-run-";

/// The list of the files, in the folder.
const LIST: &str = "lift-files";

/// The folder of a run.
#[derive(Debug)]
pub(crate) struct RunFiles {
    folder: PathBuf,
    list: Mutex<File>,
    number: AtomicU64,
}

impl RunFiles {
    /// Creates the folder of a run in the data folder.
    pub(super) fn create(data: &Path) -> io::Result<Self> {
        let folder = tempfile::Builder::new().prefix(RUN_PREFIX).tempdir_in(data)?.keep();
        make_private(&folder)?;
        let list = OpenOptions::new()
            .append(true)
            .create_new(true)
            .mode(PRIVATE)
            .open(folder.join(LIST))?;
        Ok(Self { folder, list: Mutex::new(list), number: AtomicU64::new(0) })
    }

    /// The path for a new file with this name, in a new folder.
    pub(crate) fn new_file(&self, name: &str) -> io::Result<PathBuf> {
        let folder = self.number.fetch_add(1, Ordering::Relaxed).to_string();
        // Before the file is made: a killed run leaves no file that is not listed.
        lock(&self.list).write_all(format!("{folder}/{name}\n").as_bytes())?;
        let folder = self.folder.join(folder);
        fs::create_dir(&folder)?;
        make_private(&folder)?;
        Ok(folder.join(name))
    }

    /// Writes a new file with this name, in a new folder. Returns its path.
    pub(crate) fn write(&self, name: &str, text: &str) -> io::Result<PathBuf> {
        let path = self.new_file(name)?;
        write_private(&path, text)?;
        Ok(path)
    }

    /// Removes the files of this run.
    pub(super) fn remove(&self) {
        remove(&self.folder);
    }
}

/// Removes the files that killed runs left in the data folder. Call this while the data folder is locked.
pub(super) fn remove_leftovers(data: &Path) {
    for entry in fs::read_dir(data).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(RUN_PREFIX) {
            remove(&entry.path());
        }
    }
}

/// Removes one file that [`RunFiles::new_file`] returned, before its run ends.
pub(crate) fn remove_file(path: &Path) {
    let _ = fs::remove_file(path);
    let _ = path.parent().map(fs::remove_dir);
}

/// Removes the listed files of a run, and its folders as far as they are empty then.
fn remove(folder: &Path) {
    let list = folder.join(LIST);
    if !is_folder(folder) {
        return;
    }
    // A run that was killed at its start has made an empty folder.
    let names = if is_file(&list) { fs::read_to_string(&list) } else { Ok(String::new()) };
    let Ok(names) = names else { return };
    for name in names.lines().map(Path::new) {
        let mut parts = name.components();
        let (Some(Component::Normal(parent)), Some(Component::Normal(file)), None) =
            (parts.next(), parts.next(), parts.next())
        else {
            continue;
        };
        let parent = folder.join(parent);
        let file = parent.join(file);
        // A link may lead out of the folder.
        if is_folder(&parent) && is_file(&file) {
            let _ = fs::remove_file(file);
        }
        let _ = fs::remove_dir(parent);
    }
    if is_file(&list) {
        let _ = fs::remove_file(list);
    }
    let _ = fs::remove_dir(folder);
}

/// Sets the mode by itself, because the umask is applied to the mode of a new folder.
fn make_private(folder: &Path) -> io::Result<()> {
    fs::set_permissions(folder, private(PRIVATE_FOLDER))
}

/// Whether `path` itself is a folder, not a link to one.
fn is_folder(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|found| found.is_dir())
}
