//! A function that is ready to start: its program is built, and its environment is known. Stands
//! between the plan and the [`Functions`](super::Functions).

use std::{collections::BTreeSet, ffi::OsStr, path::Path, sync::Arc};

use anyhow::Result;
use lift_ws::describe::Description;

use super::environment::LocalServices;
use crate::{
    data_dir::RunFiles,
    dev::{
        plan::{FunctionPlan, Runner},
        program::{
            describe::describe,
            executable::Executable,
            package::{Package, ProgramCopy, build},
            project::Project,
            variables::{Variables, region},
        },
        reload::{Reload, WatchPlan},
    },
};

/// A function that is ready to start.
pub(crate) struct Prepared {
    pub(crate) plan: FunctionPlan,
    pub(crate) variables: Variables,
    /// The names of those variables that a program beside the app needs, too.
    shared: BTreeSet<String>,
    /// The program that runs the function, or that only describes its routes if the function runs
    /// elsewhere.
    pub(crate) program: Option<Executable>,
    /// The copy that the program is, if it is one.
    pub(crate) copy: Option<Arc<ProgramCopy>>,
    /// Restarts the function when its sources change.
    pub(crate) reload: Option<Reload>,
}

impl Prepared {
    /// Builds the function's program if it has one. Without a program, the function's folder is
    /// `folder`. Files that it needs go to `run`.
    pub(crate) async fn new(
        plan: FunctionPlan,
        folder: &Path,
        services: &LocalServices<'_>,
        watch: &WatchPlan,
        run: &Arc<RunFiles>,
    ) -> Result<Self> {
        let (mut copy, mut reload) = (None, None);
        let program = match &plan.runner {
            Runner::Package(project) => {
                // Watched before the build, so that no change during the build is missed.
                let watch = watch.start(Some(project))?;
                let package = Package::new(project.clone(), run.clone());
                let built = package.build().await?;
                let (executable, program_copy) = package.copy(&built).await?;
                copy = Some(program_copy);
                reload = Some(Reload::of_package(watch, package, &built));
                Some(executable)
            }
            Runner::Command(executable) => {
                reload = Some(Reload::of_command(watch.start(None)?));
                Some(executable.clone())
            }
            Runner::Managed(managed) => {
                reload = Some(Reload::of_command(watch.start(None)?));
                Some(managed.executable(run)?)
            }
            Runner::Remote { app, .. } | Runner::Debugger { app, .. } => {
                build_app(app.as_ref()).await?
            }
        };
        let folder = program.as_ref().map_or(folder, |program| &program.folder);
        let variables = services.variables(&plan, folder, std::env::vars_os());
        let shared = plan.environment.keys().cloned().collect();
        Ok(Self { plan, variables, shared, program, copy, reload })
    }

    /// The function's own description; empty if there is no program that can print one.
    pub(crate) async fn describe(&self) -> Result<Description> {
        match &self.program {
            Some(program) => describe(program, &self.variables).await,
            None => Ok(Description::default()),
        }
    }

    pub(crate) fn region(&self) -> String {
        region(&self.variables).to_string_lossy().into_owned()
    }

    pub(crate) fn set_variable(&mut self, name: &str, value: &str) {
        self.variables.insert(name.into(), value.into());
        self.shared.insert(name.to_owned());
    }

    /// The variables of the plan and of tables, which a program beside the app needs, too.
    pub(crate) fn shared_variables(&self) -> impl Iterator<Item = (String, String)> {
        self.shared.iter().filter_map(|name| {
            let value = self.variables.get(OsStr::new(name))?.to_str()?;
            Some((name.clone(), value.to_owned()))
        })
    }
}

async fn build_app(app: Option<&Project>) -> Result<Option<Executable>> {
    match app {
        Some(project) => Ok(Some(build(project).await?)),
        None => Ok(None),
    }
}
