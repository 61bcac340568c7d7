//! Hot reload: a change of the sources becomes the code that serves, while the sockets stay open.
//!
//! ```text
//! sources -change-> build -> describe -> swap -> deploy the routes
//!            ^        '---------'---------'-- a failure: the old code serves on
//!            '-- one more change on the way begins anew
//! ```

mod dep_info;
mod sources;
mod watcher;

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::path::Path;

use anyhow::Result;
use lift_gateway::Deployment;
use tokio::time::Instant;

use self::sources::{Sources, Which};
use crate::dev::describe::Description;
use crate::dev::function::{Program, Supervisor};
use crate::dev::project::Project;
use crate::dev::recipe::{Built, Recipe};
use crate::dev::routes;

/// The sources of a package, watched.
#[derive(Debug)]
pub(crate) struct Watch(Sources);

/// Keeps a function at the state of its sources.
#[derive(Debug)]
pub(crate) struct Reload {
    pub(crate) watch: Watch,
    pub(crate) serving: Serving,
}

/// What serves now, and what the next is made from and given to.
#[derive(Debug)]
pub(crate) struct Serving {
    pub(crate) recipe: Recipe,
    pub(crate) built: Built,
    pub(crate) routes: BTreeSet<String>,
    pub(crate) deployment: Deployment,
}

impl Watch {
    /// Watches the package from now on: before its first build, so that no change is missed.
    pub(crate) fn new(project: &Project) -> Result<Self> {
        let files = ["Cargo.toml", "Cargo.lock"].map(|name| project.workspace.join(name));
        Sources::watch(files.into_iter().chain([project.folder.clone()])).map(Self)
    }

    /// Watches what a build read. From now on only that counts, and what can add to it.
    pub(crate) fn built(&mut self, project: &Project, binary: &Path) -> Result<()> {
        let inputs = dep_info::inputs(binary, &project.target, &project.workspace);
        self.0.add(dep_info::packages(&inputs))?;
        self.0.add_missing(&inputs)?;
        self.0.narrow(Which::Inputs(inputs));
        Ok(())
    }

    /// After a failure, anything may be what was missing.
    fn failed(&mut self) {
        self.0.narrow(Which::All);
    }
}

impl Reload {
    /// Watches the function and its sources for as long as it is polled.
    pub(crate) async fn run(self, supervisor: &mut Supervisor) -> Infallible {
        let Self { mut watch, mut serving } = self;
        let mut changed = tokio::select! {
            changed = watch.0.changed() => changed,
            never = supervisor.watch() => match never {},
        };
        loop {
            let reloaded = tokio::select! {
                reloaded = serving.reload(supervisor, changed) => reloaded,
                // What is being built is old already.
                again = watch.0.changed() => {
                    changed = again;
                    continue;
                }
            };
            match reloaded {
                Ok(()) => {
                    let recipe = &serving.recipe;
                    if let Err(error) = watch.built(&recipe.project, &serving.built.binary) {
                        tracing::warn!("{error:#}");
                    }
                }
                Err(error) => {
                    watch.failed();
                    tracing::error!("the old code serves on: {error:#}");
                }
            }
            changed = tokio::select! {
                changed = watch.0.changed() => changed,
                never = supervisor.watch() => match never {},
            };
        }
    }
}

impl Serving {
    /// The next program, if there is another one.
    async fn make(&mut self) -> Result<Option<(Built, Program, Description)>> {
        let built = self.recipe.build().await?;
        if built == self.built {
            return Ok(None);
        }
        let (program, description) = self.recipe.program(&built).await?;
        Ok(Some((built, program, description)))
    }

    /// Brings the code that serves to the state of the sources. Dropped half-way, it leaves what
    /// serves as it is.
    async fn reload(&mut self, supervisor: &mut Supervisor, changed: Instant) -> Result<()> {
        let made = tokio::select! {
            made = self.make() => made?,
            never = supervisor.watch() => match never {},
        };
        // The change was none to the compiler.
        let Some((built, program, description)) = made else { return Ok(()) };
        let built_in = changed.elapsed();
        let (keys, routes) = (description.keys(), routes(description)?);
        supervisor.swap(program).await?;
        self.deployment.deploy(routes);
        tracing::info!(
            "reloaded in {:.2} s (built in {:.2} s){}",
            changed.elapsed().as_secs_f64(),
            built_in.as_secs_f64(),
            difference(&self.routes, &keys),
        );
        (self.built, self.routes) = (built, keys);
        Ok(())
    }
}

/// Which routes came and went.
fn difference(before: &BTreeSet<String>, after: &BTreeSet<String>) -> String {
    let list = |name: &str, keys: Vec<&String>| match &*keys {
        [] => String::new(),
        keys => {
            format!("; {name}: {}", keys.iter().map(|key| &***key).collect::<Vec<_>>().join(", "))
        }
    };
    let (new, gone) = (after.difference(before).collect(), before.difference(after).collect());
    list("new routes", new) + &list("routes gone", gone)
}
