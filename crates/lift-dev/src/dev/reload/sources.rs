//! The source files of a function, and the wait for a change of them.
//!
//! Files that git ignores do not count: files that a build, an editor or the app itself writes must not
//! start another build.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use anyhow::Result;
use ignore::{DirEntry, WalkBuilder};
use tokio::time::Instant;

use super::watcher::{Burst, Watcher};
use crate::data_dir::MARKER;

/// Watched files and folders.
#[derive(Debug)]
pub(crate) struct Sources {
    /// Files, and folders with everything below them.
    roots: BTreeSet<PathBuf>,
    relevant: RelevantChanges,
    /// All files and folders below `roots`.
    entries: BTreeSet<PathBuf>,
    watcher: Watcher,
}

/// Which changes count.
#[derive(Debug)]
pub(crate) enum RelevantChanges {
    /// All changes.
    All,
    /// Changes of the files that the last build read, and new files that may belong to a package.
    Inputs(BTreeSet<PathBuf>),
}

impl Sources {
    /// Starts to watch `roots`.
    pub(crate) fn watch(roots: impl IntoIterator<Item = PathBuf>) -> Result<Self> {
        let mut sources = Self {
            roots: roots.into_iter().collect(),
            relevant: RelevantChanges::All,
            entries: BTreeSet::new(),
            watcher: Watcher::new()?,
        };
        sources.scan()?;
        Ok(sources)
    }

    /// Watches `roots` as well.
    pub(crate) fn add(&mut self, roots: impl IntoIterator<Item = PathBuf>) -> Result<()> {
        self.roots.extend(roots);
        self.scan()
    }

    /// Watches the files of `files` that are not watched yet, because git ignores them or they are
    /// elsewhere.
    pub(crate) fn add_missing(&mut self, files: &BTreeSet<PathBuf>) -> Result<()> {
        let missing: Vec<_> = files.difference(&self.entries).cloned().collect();
        if missing.is_empty() { Ok(()) } else { self.add(missing) }
    }

    /// Sets which changes count.
    pub(crate) fn set_relevant(&mut self, relevant: RelevantChanges) {
        self.relevant = relevant;
    }

    /// Waits for a change that counts, and returns when it was noticed. Cancel safe.
    pub(crate) async fn changed(&mut self) -> Instant {
        loop {
            let burst = self.watcher.burst().await;
            let before = self.entries.clone();
            // New folders are watched before the build, so that no change in them is missed.
            if let Err(error) = self.scan() {
                tracing::warn!("{}", crate::exit::in_words(&error));
            }
            if self.counts(&burst, &before) {
                return burst.began;
            }
        }
    }

    fn counts(&self, burst: &Burst, before: &BTreeSet<PathBuf>) -> bool {
        let is_known = |path: &PathBuf| self.entries.contains(path) || before.contains(path);
        burst.is_all
            || burst.paths.iter().filter(|path| is_known(path)).any(|path| self.relevant.has(path))
    }

    /// Lists all files and folders, and watches the folders.
    fn scan(&mut self) -> Result<()> {
        let mut folders = BTreeSet::new();
        self.entries = self.roots.clone();
        for root in &self.roots {
            // A file is watched through its folder, because editors replace files.
            folders.extend(root.parent().filter(|_| !root.is_dir()).map(Path::to_owned));
            let walk = WalkBuilder::new(root).require_git(false).filter_entry(is_source).build();
            for entry in walk.flatten() {
                if entry.file_type().is_some_and(|kind| kind.is_dir()) {
                    folders.insert(entry.path().to_owned());
                }
                self.entries.insert(entry.into_path());
            }
        }
        folders.retain(|folder| folder.is_dir());
        self.watcher.watch(folders)
    }
}

impl RelevantChanges {
    fn has(&self, path: &Path) -> bool {
        match self {
            Self::All => true,
            Self::Inputs(inputs) => inputs.contains(path) || can_add_an_input(path),
        }
    }
}

/// Whether a new file of this name may belong to a package, although no build has read it yet.
fn can_add_an_input(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "rs")
        || ["Cargo.toml", "Cargo.lock", "rust-toolchain.toml"]
            .iter()
            .any(|name| path.ends_with(name))
}

/// False for generated files, even if git does not ignore them: folders with a `CACHEDIR.TAG`, such as
/// cargo's target folder, data folders, and the folders of other languages' tools.
fn is_source(entry: &DirEntry) -> bool {
    let generated = [".lift", "node_modules", "__pycache__"];
    let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
    let is_generated = generated.iter().any(|name| entry.file_name() == *name)
        || is_folder && ["CACHEDIR.TAG", MARKER].iter().any(|tag| entry.path().join(tag).is_file());
    !is_generated
}
