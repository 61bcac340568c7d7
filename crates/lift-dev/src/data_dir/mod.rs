//! The data folder: the database, and the files of this run. It is locked while this program runs, because two
//! programs on one SQLite file would delete each other's connections.
//!
//! ```text
//! path -> folder (made, or Lift's own, or empty) -> marker, locked -> run: files of this run
//!                                                        '-> database, private
//! ```
//!
//! Lift deletes only files that a run listed as its own: see [`RunFiles`].

mod adopt;
mod names;
mod private;
mod run_files;

use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{ErrorKind, Write as _},
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context as _, Result, bail};

use self::{
    names::{BESIDE_DATABASE, DATABASE, MARKER_START, MARKER_TEXT},
    private::{PRIVATE, PRIVATE_FOLDER, is_file, make_private, private},
};
pub(crate) use self::{
    names::{DEFAULT_DATA_DIR, MARKER},
    private::write_private,
    run_files::{RUN_PREFIX, RunFiles, remove_file},
};

/// The data folder, locked until this is dropped.
#[derive(Debug)]
pub(crate) struct DataDir {
    path: PathBuf,
    run: Arc<RunFiles>,
    _lock: File,
}

impl DataDir {
    /// Creates the folder if it is missing, and locks it. Fails if the folder has files and is not Lift's.
    pub(crate) fn lock(path: &Path) -> Result<Self> {
        create(path)?;
        let path = path
            .canonicalize()
            .with_context(|| format!("cannot open the data folder {}", path.display()))?;
        let lock = lock(&path)?;
        run_files::remove_leftovers(&path);
        let run = RunFiles::create(&path)
            .with_context(|| format!("cannot write to the data folder {}", path.display()))?;
        Ok(Self { path, run: Arc::new(run), _lock: lock })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The files of this run.
    pub(crate) fn run(&self) -> &Arc<RunFiles> {
        &self.run
    }

    /// Writes a file of the data folder that only its owner can read, in place of an earlier one. Fails if the
    /// earlier one does not begin with `start`, because then it is the user's.
    pub(crate) fn replace(&self, name: &str, start: &str, text: &str) -> Result<()> {
        let path = self.path.join(name);
        let is_ours = is_file(&path) && fs::read(&path)?.starts_with(start.as_bytes());
        if path.symlink_metadata().is_ok() && !is_ours {
            bail!("{} is not a file of Lift's: move it away", path.display());
        }
        let mut file = tempfile::NamedTempFile::new_in(&self.path)?;
        make_private(file.as_file())?;
        file.write_all(text.as_bytes())?;
        file.persist(path)?;
        Ok(())
    }

    /// The path of the database file, which only its owner can read. SQLite gives its mode to the files beside
    /// it.
    pub(crate) fn database(&self) -> Result<PathBuf> {
        let path = self.path.join(DATABASE);
        let cannot = || format!("cannot create {}", path.display());
        match OpenOptions::new().write(true).create_new(true).mode(PRIVATE).open(&path) {
            Ok(file) => make_private(&file).with_context(cannot)?,
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error).with_context(cannot),
        }
        for name in [DATABASE].iter().chain(&BESIDE_DATABASE) {
            let file = self.path.join(name);
            match file.symlink_metadata() {
                // Folders of older versions have files that others can read.
                Ok(found) if found.is_file() => fs::set_permissions(&file, private(PRIVATE))
                    .with_context(|| format!("cannot set the mode of {}", file.display()))?,
                // SQLite would write to what a symbolic link names.
                Ok(_) => bail!("{} is not a regular file: move it away", file.display()),
                Err(_) => {}
            }
        }
        Ok(path)
    }
}

impl Drop for DataDir {
    fn drop(&mut self) {
        // All processes have ended, and the folder is still locked.
        self.run.remove();
    }
}

/// Creates a folder that only its owner can use, unless there is one.
fn create(path: &Path) -> Result<()> {
    let shown = path.display();
    if path.components().next().is_some_and(|first| first.as_os_str() == "~") {
        bail!("{shown} would be a folder with the name `~`: pass --data-dir with the whole path");
    }
    let cannot = || format!("cannot create the data folder {shown}");
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).with_context(cannot)?;
    }
    match DirBuilder::new().mode(PRIVATE_FOLDER).create(path) {
        Ok(()) => {
            // The umask may have taken the owner's rights.
            fs::set_permissions(path, private(PRIVATE_FOLDER)).with_context(cannot)?;
            // The data belongs to one machine, so it must not get into the app's repository. In a folder that
            // Lift did not make, the file would hide the user's own files from git.
            write_private(&path.join(".gitignore"), adopt::IGNORE_ALL).with_context(cannot)
        }
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error).with_context(cannot),
        Err(_) if path.is_dir() => Ok(()),
        Err(_) => bail!("{shown} is not a folder: pass a folder as --data-dir"),
    }
}

/// Locks the marker, which it writes in a folder that has none.
fn lock(folder: &Path) -> Result<File> {
    let shown = folder.display();
    let name = folder.join(MARKER);
    if !is_marked(&name) {
        adopt::check(folder)?;
    }
    let cannot = || {
        format!(
            "cannot write to the data folder {shown}: pass --data-dir with one that you can write to"
        )
    };
    let mut options = OpenOptions::new();
    // Not truncated: it is only known to be the marker when it is locked.
    options.read(true).write(true).create(true).truncate(false).mode(PRIVATE);
    let mut file = options.open(&name).with_context(cannot)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => bail!(adopt::in_use(folder)),
        Err(TryLockError::Error(error)) => {
            return Err(error).with_context(|| format!("cannot lock {}", name.display()));
        }
    }
    // The folder may have been replaced meanwhile, and a symbolic link is not followed.
    if !is_same_file(&name, &file)? {
        bail!("{} was replaced while it was opened: start again", name.display());
    }
    if !is_marked(&name) {
        make_private(&file).with_context(cannot)?;
        file.write_all(MARKER_TEXT.as_bytes()).with_context(cannot)?;
    }
    Ok(file)
}

/// Whether `name` is a marker.
fn is_marked(name: &Path) -> bool {
    is_file(name) && fs::read(name).is_ok_and(|text| text.starts_with(MARKER_START.as_bytes()))
}

/// Whether `path` still names `file`.
fn is_same_file(path: &Path, file: &File) -> Result<bool> {
    let held = file.metadata()?;
    let same = |now: fs::Metadata| (now.dev(), now.ino()) == (held.dev(), held.ino());
    Ok(path.symlink_metadata().is_ok_and(same))
}
