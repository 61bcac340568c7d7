//! A function that can be started: its program is built, and its environment is known. Between the
//! plan and the [`Functions`](crate::dev::functions::Functions).

use std::{net::SocketAddr, path::Path, sync::Arc, time::Duration};

use anyhow::Result;

use crate::{
    args::Url,
    dev::{
        plan::{FunctionPlan, Source},
        program::{
            build::build,
            describe::{self, Description},
            executable::Executable,
            package::{Copied, Package},
            project::Project,
            variables::{Place, Variables, region},
        },
        reload::{Reload, WatchPlan},
    },
};

/// A function that can be started.
pub(crate) struct Prepared {
    pub(crate) name: String,
    pub(crate) how: How,
    pub(crate) variables: Variables,
    pub(crate) timeout: Duration,
    pub(crate) concurrency: Option<u16>,
    /// What the program is a copy of, if it is one.
    pub(crate) copy: Option<Arc<Copied>>,
    /// What starts it anew.
    pub(crate) reload: Option<Reload>,
    /// What can be asked for its routes, whoever runs it.
    program: Option<Executable>,
}

/// Who runs it.
pub(crate) enum How {
    /// We start this.
    Start(Executable),
    /// Somebody who answers there.
    Invoke(Url),
    /// A debugger, whose process comes to this address.
    Wait(SocketAddr),
}

impl Prepared {
    /// Builds what there is to build of a function that is in `folder`, unless it says otherwise.
    /// Copies go below `programs`.
    pub(crate) async fn new(
        plan: FunctionPlan,
        folder: &Path,
        place: &Place<'_>,
        watch: &WatchPlan,
        programs: &Path,
    ) -> Result<Self> {
        let (mut copy, mut reload) = (None, None);
        let (how, program) = match &plan.source {
            Source::Package(project) => {
                // Watched before it is built, so that no change is missed.
                let watch = watch.start(Some(project))?;
                let package = Package::new(project.clone(), programs);
                let built = package.build().await?;
                let (executable, copied) = package.copy(&built).await?;
                copy = Some(copied);
                reload = watch.map(|watch| Reload::of_package(watch, package, &built));
                started(executable)
            }
            Source::Command(executable) => {
                reload = watch.start(None)?.map(Reload::of_command);
                started(executable.clone())
            }
            Source::Managed(managed) => {
                reload = watch.start(None)?.map(Reload::of_command);
                started(managed.executable(&plan.name, place.data_dir)?)
            }
            Source::Url { url, app } => (How::Invoke(url.clone()), built(app.as_ref()).await?),
            Source::Attach { listen, app } => (How::Wait(*listen), built(app.as_ref()).await?),
        };
        let folder = program.as_ref().map_or(folder, |program| &program.folder);
        let variables = place.variables(&plan, folder, std::env::vars_os());
        let FunctionPlan { name, timeout, concurrency, .. } = plan;
        Ok(Self { name, how, variables, timeout, concurrency, copy, reload, program })
    }

    /// What it says of itself; nothing, if there is no program to ask.
    pub(crate) async fn describe(&self) -> Result<Description> {
        match &self.program {
            Some(program) => describe::describe(program, &self.variables).await,
            None => Ok(Description::default()),
        }
    }

    pub(crate) fn region(&self) -> String {
        region(&self.variables).to_string_lossy().into_owned()
    }

    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.variables.insert(name.into(), value.into());
    }
}

fn started(program: Executable) -> (How, Option<Executable>) {
    (How::Start(program.clone()), Some(program))
}

async fn built(app: Option<&Project>) -> Result<Option<Executable>> {
    match app {
        Some(project) => Ok(Some(build(project).await?)),
        None => Ok(None),
    }
}
