//! The files that a function is made from, and the wait for a change of them.
//!
//! Whatever git would ignore is none of them: what a build, an editor or the app itself writes must
//! not start another build.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use anyhow::Result;
use ignore::{DirEntry, WalkBuilder};
use tokio::time::Instant;

use crate::dev::reload::watcher::{Burst, Watcher};

/// Files and folders, watched.
#[derive(Debug)]
pub(crate) struct Sources {
    /// Where they are: files, and folders with all below them.
    roots: BTreeSet<PathBuf>,
    /// Which of them count.
    which: Which,
    /// All that is there, folders included.
    entries: BTreeSet<PathBuf>,
    watcher: Watcher,
}

/// Which changes count.
#[derive(Debug)]
pub(crate) enum Which {
    /// All.
    All,
    /// Those of files that the last build read, and of what could add to these.
    Inputs(BTreeSet<PathBuf>),
}

impl Sources {
    /// Watches what is in `roots` from now on.
    pub(crate) fn watch(roots: impl IntoIterator<Item = PathBuf>) -> Result<Self> {
        let mut sources = Self {
            roots: roots.into_iter().collect(),
            which: Which::All,
            entries: BTreeSet::new(),
            watcher: Watcher::new()?,
        };
        sources.look()?;
        Ok(sources)
    }

    /// Watches what is in `roots`, too.
    pub(crate) fn add(&mut self, roots: impl IntoIterator<Item = PathBuf>) -> Result<()> {
        self.roots.extend(roots);
        self.look()
    }

    /// Watches those of these files that are not watched yet: what git ignores, or what is elsewhere.
    pub(crate) fn add_missing(&mut self, files: &BTreeSet<PathBuf>) -> Result<()> {
        let missing: Vec<_> = files.difference(&self.entries).cloned().collect();
        if missing.is_empty() { Ok(()) } else { self.add(missing) }
    }

    /// Says which changes count from now on.
    pub(crate) fn narrow(&mut self, which: Which) {
        self.which = which;
    }

    /// Waits for a change that counts, and answers when it was noticed. Cancel safe.
    pub(crate) async fn changed(&mut self) -> Instant {
        loop {
            let burst = self.watcher.burst().await;
            let before = self.entries.clone();
            // What is new has to be watched before it is built, or its next change would be missed.
            if let Err(error) = self.look() {
                tracing::warn!("{error:#}");
            }
            if self.counts(&burst, &before) {
                return burst.began;
            }
        }
    }

    fn counts(&self, burst: &Burst, before: &BTreeSet<PathBuf>) -> bool {
        let is_known = |path: &PathBuf| self.entries.contains(path) || before.contains(path);
        burst.is_all
            || burst.paths.iter().filter(|path| is_known(path)).any(|path| self.which.has(path))
    }

    /// Looks at what is there, and watches its folders.
    fn look(&mut self) -> Result<()> {
        let mut folders = BTreeSet::new();
        self.entries = self.roots.clone();
        for root in &self.roots {
            // A file is watched by its folder: editors put another one in its place.
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

impl Which {
    fn has(&self, path: &Path) -> bool {
        match self {
            Self::All => true,
            Self::Inputs(inputs) => inputs.contains(path) || can_add_an_input(path),
        }
    }
}

/// A new file of these may belong to a package without being named in another one.
fn can_add_an_input(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "rs")
        || ["Cargo.toml", "Cargo.lock", "rust-toolchain.toml"]
            .iter()
            .any(|name| path.ends_with(name))
}

/// Not what is made from sources, even where git has not been told: what the tag for backups marks,
/// such as cargo's target folder, and what the tools of other languages make.
fn is_source(entry: &DirEntry) -> bool {
    let made = [".lift", "node_modules", "__pycache__"];
    let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
    let is_made = made.iter().any(|name| entry.file_name() == *name)
        || is_folder && entry.path().join("CACHEDIR.TAG").is_file();
    !is_made
}
