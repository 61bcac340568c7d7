//! A started function: its processes on this machine, a debugger's process, or a server elsewhere.

use std::{convert::Infallible, future::pending, path::Path};

use anyhow::{Context as _, Result};
use lift_gateway::{
    ServerHandle,
    lambda::{Function, FunctionSettings},
};
use lift_invoke::{Integration, RemoteFunction};
use lift_local::HostNames;
use tokio_util::sync::CancellationToken;

use super::{
    attached::AttachedFunction, prepared::Prepared, program::Program, supervisor::Supervisor,
};
use crate::{
    dev::{fault_proxies::Faults, plan::Runner, reload::Reload},
    observe::Observers,
};

/// What all functions are started with.
pub(crate) struct StartOptions<'a> {
    /// The most processes of a function whose plan sets no limit.
    pub(crate) concurrency: u16,
    pub(crate) faults: Option<&'a Faults>,
    /// The host names under which a debugger's process may call the Runtime API.
    pub(crate) allowed_hosts: &'a HostNames,
    /// The folder for the environment files of functions that a debugger starts.
    pub(crate) data_dir: &'a Path,
    /// The observers of what the functions write.
    pub(crate) observers: &'a Observers,
}

/// A function whose processes Lift starts.
pub(super) struct LocalFunction {
    function: Function,
    supervisor: Supervisor,
    /// None if nothing is watched.
    pub(super) reload: Option<Reload>,
}

/// A started function.
pub(super) enum RunningFunction {
    /// Processes that Lift starts.
    Local(Box<LocalFunction>),
    /// A process that a debugger starts.
    Attached(Box<AttachedFunction>),
    /// A server that is invoked by HTTP.
    Remote(RemoteFunction),
}

impl RunningFunction {
    pub(super) async fn start(prepared: Prepared, options: &StartOptions<'_>) -> Result<Self> {
        let region = prepared.region();
        let Prepared { plan, variables, program, copy, reload, .. } = prepared;
        let name = plan.name;
        let settings = FunctionSettings {
            name: name.clone(),
            region,
            timeout: plan.timeout,
            allowed_hosts: options.allowed_hosts.clone(),
            ..FunctionSettings::default()
        };
        let concurrency = usize::from(plan.concurrency.unwrap_or(options.concurrency));
        match plan.runner {
            Runner::Package(_) | Runner::Command(_) | Runner::Managed(_) => {
                let executable = program.context("the function has no program")?;
                let function = Function::new(settings);
                let (faults, observers) = (options.faults.cloned(), options.observers.clone());
                let program = Program { name, executable, variables, faults, observers, copy };
                let supervisor = match plan.is_lazy {
                    true => Supervisor::lazy(function.clone(), program, concurrency),
                    false => Supervisor::start(function.clone(), program, concurrency).await?,
                };
                Ok(Self::Local(Box::new(LocalFunction { function, supervisor, reload })))
            }
            Runner::Debugger { listen, .. } => {
                let file = options.data_dir.join(format!("{name}.env"));
                let attached = AttachedFunction::start(settings, listen, &variables, file).await?;
                Ok(Self::Attached(Box::new(attached)))
            }
            Runner::Remote { url, .. } => {
                let remote = RemoteFunction::new(&url, &name, plan.timeout, concurrency);
                remote.warn_if_unreachable().await;
                Ok(Self::Remote(remote))
            }
        }
    }

    /// What invokes it.
    pub(super) fn integration(&self) -> Integration {
        match self {
            Self::Local(local) => Integration::Local(local.function.clone()),
            Self::Attached(attached) => Integration::Local(attached.function()),
            Self::Remote(remote) => Integration::Remote(remote.clone()),
        }
    }

    /// Watches its processes for as long as this is polled. New code is deployed to the gateway of
    /// `handle`, if there is one.
    pub(super) async fn watch(
        &mut self,
        handle: Option<&ServerHandle>,
        closing: &CancellationToken,
    ) -> Infallible {
        match self {
            Self::Local(local) => match local.reload.as_mut().zip(handle) {
                Some((reload, handle)) => Box::pin(reload.run(&mut local.supervisor, handle)).await,
                None => local.supervisor.watch().await,
            },
            Self::Attached(attached) => attached.watch(closing).await,
            Self::Remote(_) => pending().await,
        }
    }

    /// Ends its processes.
    pub(super) async fn stop(self) {
        if let Self::Local(local) = self {
            local.supervisor.stop().await;
        }
    }
}
