//! The data folder, with the database, locked while this program runs: two programs on one SQLite file
//! would delete each other's connections.

use std::{
    fs::{self, File, TryLockError},
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};

/// The subfolder for copies of programs.
const PROGRAMS: &str = "programs";

/// The data folder, locked until this is dropped.
#[derive(Debug)]
pub(crate) struct DataDir {
    path: PathBuf,
    _lock: File,
}

impl DataDir {
    /// Creates the folder if it is missing, and locks it.
    pub(crate) fn lock(path: PathBuf) -> Result<Self> {
        fs::create_dir_all(&path)
            .with_context(|| format!("cannot create the data folder {}", path.display()))?;
        // The data belongs to one machine, so it must not get into the app's repository.
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
                // The last owner may have removed the file between open and lock. Then the locked file
                // has no name, and the lock excludes no other program.
                Ok(()) if !is_same_file(&name, &file)? => {}
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

    /// Empties and returns the folder for copies of programs, in which a run that crashed may have left
    /// some.
    pub(crate) fn clear_programs(&self) -> PathBuf {
        let path = self.path.join(PROGRAMS);
        let _ = fs::remove_dir_all(&path);
        path
    }

    /// The path of the database file.
    pub(crate) fn database(&self) -> PathBuf {
        self.path.join("dynamodb.db")
    }
}

impl Drop for DataDir {
    fn drop(&mut self) {
        // All processes have ended.
        let _ = fs::remove_dir_all(self.path.join(PROGRAMS));
        // Removed while still locked, so that no other program can lock it in between. After a crash,
        // the file remains without a lock.
        let _ = fs::remove_file(self.path.join("lock"));
    }
}

/// Whether `path` still names `file`.
fn is_same_file(path: &Path, file: &File) -> Result<bool> {
    let held = file.metadata()?;
    Ok(fs::metadata(path).is_ok_and(|now| (now.dev(), now.ino()) == (held.dev(), held.ino())))
}
