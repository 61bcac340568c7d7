//! The folder that holds the database, locked while this program runs: two of them on one SQLite
//! file would sweep each other's connections away.

use std::{
    fs::{self, File, TryLockError},
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};

const PROGRAMS: &str = "programs";

/// The folder, ours until this value is dropped.
#[derive(Debug)]
pub(crate) struct DataDir {
    path: PathBuf,
    _lock: File,
}

impl DataDir {
    /// Creates the folder when it is missing and locks it.
    pub(crate) fn lock(path: PathBuf) -> Result<Self> {
        fs::create_dir_all(&path)
            .with_context(|| format!("cannot create the data folder {}", path.display()))?;
        // What is in here is of one machine; a repository that holds the app should not see it.
        let ignore = path.join(".gitignore");
        if !ignore.exists() {
            fs::write(&ignore, "*\n")
                .with_context(|| format!("cannot write to {}", path.display()))?;
        }
        loop {
            let name = path.join("lock");
            let file =
                File::create(&name).with_context(|| format!("cannot create {}", name.display()))?;
            match file.try_lock() {
                // The last owner may have removed the file between our open and our lock. Then we
                // hold a lock on a file without a name, which keeps nobody out.
                Ok(()) if !names(&name, &file)? => {}
                Ok(()) => return Ok(Self { path, _lock: file }),
                Err(TryLockError::WouldBlock) => bail!(
                    "the data folder {} is in use by another `lift dev`: stop that one or pass \
                     --data-dir DIR",
                    path.display()
                ),
                Err(TryLockError::Error(error)) => {
                    return Err(error).with_context(|| format!("cannot lock {}", name.display()));
                }
            }
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Where each program that is started has a folder of its own. What a run that did not end in
    /// order left there is removed.
    pub(crate) fn programs(&self) -> PathBuf {
        let path = self.path.join(PROGRAMS);
        let _ = fs::remove_dir_all(&path);
        path
    }

    /// The file of the database.
    pub(crate) fn database(&self) -> PathBuf {
        self.path.join("dynamodb.db")
    }
}

impl Drop for DataDir {
    fn drop(&mut self) {
        // Whatever ran from there has ended, and removed its own.
        let _ = fs::remove_dir_all(self.path.join(PROGRAMS));
        // Removed while still locked, so that nobody can lock it in between. After a crash the
        // file stays, but its lock went with the process.
        let _ = fs::remove_file(self.path.join("lock"));
    }
}

/// Whether `path` still leads to `file`.
fn names(path: &Path, file: &File) -> Result<bool> {
    let held = file.metadata()?;
    Ok(fs::metadata(path).is_ok_and(|now| (now.dev(), now.ino()) == (held.dev(), held.ino())))
}
