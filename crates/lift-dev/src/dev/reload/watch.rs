//! The files that reload a function: the sources of its package, and the paths of `--watch`.

use std::{
    collections::BTreeSet,
    future::pending,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use tokio::{sync::watch, time::Instant};

use crate::dev::{
    program::project::Project,
    reload::{
        dep_info,
        sources::{RelevantChanges, Sources},
    },
};

/// The settings of `--watch` and `--no-reload`, for all functions.
#[derive(Debug)]
pub(crate) struct WatchPlan {
    packages: bool,
    paths: Vec<PathBuf>,
    restart: Restart,
}

/// Restarts all functions. Clones do the same.
#[derive(Debug, Clone, Default)]
pub(crate) struct Restart(watch::Sender<()>);

impl Restart {
    pub(crate) fn now(&self) {
        self.0.send_replace(());
    }
}

/// The watched files of one function.
#[derive(Debug)]
pub(crate) struct Watch {
    package: Option<Sources>,
    paths: Option<Sources>,
    restart: watch::Receiver<()>,
    /// The package and its binary, after the first build.
    built: Option<(Project, PathBuf)>,
}

/// A change of watched files.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Change {
    /// When it was noticed.
    pub(crate) began: Instant,
    /// Whether the function restarts even if its program is the same.
    pub(crate) restart: bool,
}

impl WatchPlan {
    /// Watches packages, unless `no_reload`, and `paths`.
    pub(crate) fn new(no_reload: bool, paths: &[PathBuf]) -> Result<Self> {
        let found = paths.iter().map(|path| {
            path.canonicalize().with_context(|| {
                format!("cannot watch {}: there is no such file or folder", path.display())
            })
        });
        let paths = found.collect::<Result<_>>()?;
        Ok(Self { packages: !no_reload, paths, restart: Restart::default() })
    }

    /// What restarts the functions without a change of their files.
    pub(crate) fn restart(&self) -> Restart {
        self.restart.clone()
    }

    /// Starts to watch the files of a function.
    pub(crate) fn start(&self, project: Option<&Project>) -> Result<Watch> {
        let package = match project.filter(|_| self.packages) {
            Some(project) => Some(Sources::watch(package_files(project))?),
            None => None,
        };
        let paths = match &*self.paths {
            [] => None,
            paths => Some(Sources::watch(paths.to_vec())?),
        };
        Ok(Watch { package, paths, restart: self.restart.0.subscribe(), built: None })
    }
}

/// The files of a package that are known before a build.
fn package_files(project: &Project) -> impl Iterator<Item = PathBuf> {
    let files = ["Cargo.toml", "Cargo.lock"].map(|name| project.workspace.join(name));
    files.into_iter().chain([project.folder.clone()])
}

impl Watch {
    /// Waits for a change. Cancel safe.
    pub(crate) async fn changed(&mut self) -> Change {
        let (began, restart) = tokio::select! {
            began = changed(&mut self.package) => (began, false),
            began = changed(&mut self.paths) => (began, true),
            Ok(()) = self.restart.changed() => (Instant::now(), true),
        };
        Change { began, restart }
    }

    /// Sets the build that serves.
    pub(crate) fn set_built(&mut self, project: &Project, binary: &Path) {
        self.built = Some((project.clone(), binary.to_owned()));
        self.narrow();
    }

    /// Adapts the watched files to the result of a reload.
    pub(crate) fn reload_ended<T>(&mut self, result: &Result<T>) {
        match (result, &mut self.package) {
            (Ok(_), _) => self.narrow(),
            // After a failure, any change may fix it.
            (Err(_), Some(sources)) => sources.set_relevant(RelevantChanges::All),
            (Err(_), None) => {}
        }
    }

    /// Watches the files that the build read. Only their changes count, and new files that may belong to
    /// the package.
    fn narrow(&mut self) {
        let (Some(sources), Some((project, binary))) = (&mut self.package, &self.built) else {
            return;
        };
        let inputs = dep_info::inputs(binary, &project.target, &project.workspace);
        if let Err(error) = watch_inputs(sources, &inputs) {
            tracing::warn!("{}", crate::exit::in_words(&error));
        }
        sources.set_relevant(RelevantChanges::Inputs(inputs));
    }
}

fn watch_inputs(sources: &mut Sources, inputs: &BTreeSet<PathBuf>) -> Result<()> {
    sources.add(dep_info::packages(inputs))?;
    sources.add_missing(inputs)
}

async fn changed(sources: &mut Option<Sources>) -> Instant {
    match sources {
        Some(sources) => sources.changed().await,
        None => pending().await,
    }
}
