//! Hot reload: a change of the sources becomes the code that serves, while the sockets stay open.
//!
//! ```text
//! watch -change-> build -> describe -> swap -> deploy the routes
//!          ^        '---------'---------'-- a failure: the old code serves on
//!          '-- one more change on the way begins anew
//! ```

mod dep_info;
mod deploy;
mod sources;
mod watch;
mod watcher;

use std::convert::Infallible;

use anyhow::Result;
use lift_gateway::Control;

pub(crate) use self::deploy::Deploy;
pub(crate) use self::watch::{Watch, WatchPlan};

use self::{deploy::NextApi, watch::Change};
use crate::dev::{
    functions::{program::Program, supervisor::Supervisor},
    program::package::{Built, Package},
};

/// Keeps a function at the state of its sources.
pub(crate) struct Reload {
    watch: Watch,
    recipe: Recipe,
}

/// How the next program is made.
struct Recipe {
    /// None for a program that is there without a build.
    package: Option<Package>,
    /// The API, if the function says what that is.
    deploy: Option<Deploy>,
}

/// A program, ready to be started.
struct Made {
    program: Program,
    api: Option<NextApi>,
}

impl Reload {
    /// For a package that was built.
    pub(crate) fn of_package(mut watch: Watch, package: Package, built: &Built) -> Self {
        watch.built(&package.project, built.binary());
        Self { watch, recipe: Recipe { package: Some(package), deploy: None } }
    }

    /// For a program that is there.
    pub(crate) fn of_command(watch: Watch) -> Self {
        Self { watch, recipe: Recipe { package: None, deploy: None } }
    }

    /// From now on the function's own word on its routes counts.
    pub(crate) fn deploy_by(&mut self, deploy: Deploy) {
        self.recipe.deploy = Some(deploy);
    }

    /// Watches the function, behind the gateway of `control`, and its sources for as long as it is
    /// polled.
    pub(crate) async fn run(
        &mut self,
        supervisor: &mut Supervisor,
        control: &Control,
    ) -> Infallible {
        let Self { watch, recipe } = self;
        let mut pending: Option<Change> = None;
        loop {
            let work = async {
                match pending {
                    Some(change) => recipe.reload(supervisor, control, change).await,
                    None => match supervisor.watch().await {},
                }
            };
            tokio::select! {
                result = work => {
                    pending = None;
                    watch.note(&result);
                    if let Err(error) = result {
                        tracing::error!("the old code serves on: {error:#}");
                    }
                }
                // What is being built is old already.
                change = watch.changed() => {
                    let restart = change.restart || pending.is_some_and(|before| before.restart);
                    pending = Some(Change { restart, ..change });
                }
            }
        }
    }
}

impl Recipe {
    /// Brings what serves to the state of the sources. Dropped half-way, it leaves what serves as it
    /// is.
    async fn reload(
        &mut self,
        supervisor: &mut Supervisor,
        control: &Control,
        change: Change,
    ) -> Result<()> {
        let serving = supervisor.program().clone();
        let made = tokio::select! {
            made = self.make(serving, change.restart) => made?,
            never = supervisor.watch() => match never {},
        };
        // The change was none to cargo.
        let Some(Made { program, api }) = made else { return Ok(()) };
        let (name, made_in) = (program.name.clone(), change.began.elapsed());
        supervisor.swap(program).await?;
        let routes = match (&mut self.deploy, api) {
            (Some(deploy), Some(api)) => deploy.deploy(api, control),
            _ => String::new(),
        };
        let built = match self.package {
            Some(_) => format!(" (built in {:.2} s)", made_in.as_secs_f64()),
            None => String::new(),
        };
        let took = change.began.elapsed().as_secs_f64();
        tracing::info!("reloaded {name} in {took:.2} s{built}{routes}");
        Ok(())
    }

    /// Makes the next program of the one that serves. `None` when it is the same.
    async fn make(&mut self, mut program: Program, restart: bool) -> Result<Option<Made>> {
        if let Some(package) = &self.package {
            let built = package.build().await?;
            let is_same = program.copy.as_ref().is_some_and(|copy| built.is_in(copy));
            if is_same && !restart {
                return Ok(None);
            }
            if !is_same {
                let (executable, copy) = package.copy(&built).await?;
                (program.executable, program.copy) = (executable, Some(copy));
            }
        }
        let api = match &mut self.deploy {
            Some(deploy) => Some(deploy.prepare(&mut program).await?),
            None => None,
        };
        Ok(Some(Made { program, api }))
    }
}
