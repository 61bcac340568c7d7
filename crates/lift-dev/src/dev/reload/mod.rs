//! Hot reload: after a change of the sources, the new code takes over while clients stay connected.
//!
//! ```text
//! watch -change-> build -> describe -> swap -> deploy the routes
//!          ^        '---------'---------'-- on failure, still running the previous build
//!          '-- another change restarts from here
//! ```

mod dep_info;
mod deploy;
mod sources;
mod watch;
mod watcher;

use std::convert::Infallible;

use anyhow::Result;
use lift_gateway::ServerHandle;

pub(crate) use self::{
    deploy::Deploy,
    watch::{Restart, WatchPlan},
};
use self::{
    deploy::NextApi,
    watch::{Change, Watch},
};
use crate::dev::{
    functions::{program::Program, supervisor::Supervisor},
    program::package::{Built, Package},
};

/// Reloads a function when its sources change.
pub(crate) struct Reload {
    watch: Watch,
    steps: ReloadSteps,
}

/// How the next program is made and deployed.
struct ReloadSteps {
    /// None for a program that Lift does not build.
    package: Option<Package>,
    /// None for a function that does not describe its own routes.
    deploy: Option<Deploy>,
}

/// A program that is ready to start, and the routes to deploy with it.
struct NextProgram {
    program: Program,
    api: Option<NextApi>,
}

impl Reload {
    /// Reloads a package. `built` is the build that serves now.
    pub(crate) fn of_package(mut watch: Watch, package: Package, built: &Built) -> Self {
        watch.set_built(&package.project, built.binary());
        Self { watch, steps: ReloadSteps { package: Some(package), deploy: None } }
    }

    /// Restarts a program that Lift does not build.
    pub(crate) fn of_command(watch: Watch) -> Self {
        Self { watch, steps: ReloadSteps { package: None, deploy: None } }
    }

    /// Deploys the routes of the function's description at each reload.
    pub(crate) fn set_deploy(&mut self, deploy: Deploy) {
        self.steps.deploy = Some(deploy);
    }

    /// Watches the function's processes and sources for as long as this is polled. Routes are deployed
    /// to the gateway of `handle`.
    pub(crate) async fn run(
        &mut self,
        supervisor: &mut Supervisor,
        handle: &ServerHandle,
    ) -> Infallible {
        let Self { watch, steps } = self;
        let mut pending: Option<Change> = None;
        loop {
            let work = async {
                match pending {
                    Some(change) => steps.reload(supervisor, handle, change).await,
                    None => match supervisor.watch().await {},
                }
            };
            tokio::select! {
                result = work => {
                    pending = None;
                    watch.reload_ended(&result);
                    if let Err(error) = result {
                        tracing::error!("still running the previous build: {}", crate::exit::in_words(&error));
                    }
                }
                // Drops `work`: the sources of the current build are out of date.
                change = watch.changed() => {
                    let restart = change.restart || pending.is_some_and(|before| before.restart);
                    pending = Some(Change { restart, ..change });
                }
            }
        }
    }
}

impl ReloadSteps {
    /// Builds, starts and deploys the current sources. Dropping the future leaves the running program as
    /// it is.
    async fn reload(
        &mut self,
        supervisor: &mut Supervisor,
        handle: &ServerHandle,
        change: Change,
    ) -> Result<()> {
        let serving = supervisor.program().clone();
        let next = tokio::select! {
            next = self.make(serving, change.restart) => next?,
            never = supervisor.watch() => match never {},
        };
        // Cargo found nothing to build.
        let Some(NextProgram { program, api }) = next else { return Ok(()) };
        let (name, build_time) = (program.name.clone(), change.began.elapsed());
        supervisor.swap(program).await?;
        let routes = match (&mut self.deploy, api) {
            (Some(deploy), Some(api)) => deploy.deploy(api, handle),
            _ => String::new(),
        };
        let built = match self.package {
            Some(_) => format!(" (built in {:.2} s)", build_time.as_secs_f64()),
            None => String::new(),
        };
        let took = change.began.elapsed().as_secs_f64();
        tracing::info!("reloaded {name} in {took:.2} s{built}{routes}");
        Ok(())
    }

    /// Makes the next program from the one that serves; `None` if it is the same and `restart` is false.
    async fn make(&mut self, mut program: Program, restart: bool) -> Result<Option<NextProgram>> {
        if let Some(package) = &self.package {
            let built = package.build().await?;
            let is_same = program.copy.as_ref().is_some_and(|copy| built.is_copied_in(copy));
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
        Ok(Some(NextProgram { program, api }))
    }
}
