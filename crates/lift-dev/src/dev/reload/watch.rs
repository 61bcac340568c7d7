//! What a function is watched for: the sources of its package, and the paths of `--watch`.

use std::{
    collections::BTreeSet,
    future::pending,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use tokio::time::Instant;

use crate::dev::{
    program::project::Project,
    reload::{
        dep_info,
        sources::{Sources, Which},
    },
};

/// What `--watch` and `--no-reload` say, for all functions.
#[derive(Debug)]
pub(crate) struct WatchPlan {
    packages: bool,
    paths: Vec<PathBuf>,
}

/// What one function is watched for.
#[derive(Debug)]
pub(crate) struct Watch {
    package: Option<Sources>,
    paths: Option<Sources>,
    /// The package and its binary, once it was built.
    built: Option<(Project, PathBuf)>,
}

/// Something changed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Change {
    /// When that was noticed.
    pub(crate) began: Instant,
    /// Whether the function is to be started anew, even if its program is the same.
    pub(crate) restart: bool,
}

impl WatchPlan {
    /// Packages, unless `no_reload`, and `paths`.
    pub(crate) fn new(no_reload: bool, paths: &[PathBuf]) -> Result<Self> {
        let found = paths.iter().map(|path| {
            path.canonicalize().with_context(|| {
                format!("cannot watch {}: name a file or a folder that is there", path.display())
            })
        });
        Ok(Self { packages: !no_reload, paths: found.collect::<Result<_>>()? })
    }

    /// Watches a function, from now on, if there is something to watch.
    pub(crate) fn start(&self, project: Option<&Project>) -> Result<Option<Watch>> {
        let package = match project.filter(|_| self.packages) {
            Some(project) => Some(Sources::watch(package(project))?),
            None => None,
        };
        let paths = match &*self.paths {
            [] => None,
            paths => Some(Sources::watch(paths.to_vec())?),
        };
        let is_watched = package.is_some() || paths.is_some();
        Ok(is_watched.then_some(Watch { package, paths, built: None }))
    }
}

/// Where the sources of a package are, as far as is known before a build.
fn package(project: &Project) -> impl Iterator<Item = PathBuf> {
    let files = ["Cargo.toml", "Cargo.lock"].map(|name| project.workspace.join(name));
    files.into_iter().chain([project.folder.clone()])
}

impl Watch {
    /// Waits for a change. Cancel safe.
    pub(crate) async fn changed(&mut self) -> Change {
        let (began, restart) = tokio::select! {
            began = changed(&mut self.package) => (began, false),
            began = changed(&mut self.paths) => (began, true),
        };
        Change { began, restart }
    }

    /// Notes that the package was built.
    pub(crate) fn built(&mut self, project: &Project, binary: &Path) {
        self.built = Some((project.clone(), binary.to_owned()));
        self.narrow();
    }

    /// Notes what came of a change.
    pub(crate) fn note<T>(&mut self, result: &Result<T>) {
        match (result, &mut self.package) {
            (Ok(_), _) => self.narrow(),
            // Anything may be what was missing.
            (Err(_), Some(sources)) => sources.narrow(Which::All),
            (Err(_), None) => {}
        }
    }

    /// Watches what the build read. From now on that counts, and what can add to it.
    fn narrow(&mut self) {
        let (Some(sources), Some((project, binary))) = (&mut self.package, &self.built) else {
            return;
        };
        let inputs = dep_info::inputs(binary, &project.target, &project.workspace);
        if let Err(error) = watch_inputs(sources, &inputs) {
            tracing::warn!("{error:#}");
        }
        sources.narrow(Which::Inputs(inputs));
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
