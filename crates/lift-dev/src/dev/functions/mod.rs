//! The functions of a plan, started, watched and stopped together.
//!
//! ```text
//! plan -> prepared -> running: supervisor -> generation -> process, output
//!                        '---- attached (debugger), remote (HTTP)
//! gateway, invoker, replay -> lift_invoke::Integration -> the running function
//! ```
//!
//! `lift_gateway::lambda::Function` gives events to execution environments; this folder has the
//! processes that those environments belong to.

pub(crate) mod attached;
pub(crate) mod environment;
mod generation;
mod output;
pub(crate) mod prepared;
mod process;
pub(crate) mod program;
mod running;
pub(crate) mod supervisor;

use std::{convert::Infallible, future::pending};

use anyhow::Result;
use futures_util::future::{join_all, try_join_all};
use lift_gateway::ServerHandle;
use lift_invoke::{Integration, NamedFunction};
use tokio_util::sync::CancellationToken;

pub(crate) use self::running::StartOptions;
use self::{prepared::Prepared, running::RunningFunction};
use crate::dev::reload::Deploy;

/// The started functions, in the order of the plan.
pub(crate) struct Functions {
    all: Vec<RunningFunction>,
    /// The same functions, as they are invoked by name.
    named: Vec<NamedFunction>,
}

impl Functions {
    /// Starts all functions at the same time. Call this on the main thread only, because of
    /// [`Child::spawn`](crate::dev::program::child::Child::spawn).
    pub(crate) async fn start(prepared: Vec<Prepared>, options: &StartOptions<'_>) -> Result<Self> {
        let start = async |function: Prepared| {
            let plan = &function.plan;
            let (name, id) = (plan.name.clone(), plan.id.clone());
            let (timeout, memory_mb) = (plan.timeout, plan.memory_mb);
            let running = RunningFunction::start(function, options).await?;
            let mut named = NamedFunction::new(name, running.integration());
            (named.id, named.timeout, named.memory_mb) = (id, timeout, memory_mb);
            anyhow::Ok((running, named))
        };
        let started = try_join_all(prepared.into_iter().map(start)).await?;
        let (all, named) = started.into_iter().unzip();
        Ok(Self { all, named })
    }

    /// The functions with their names, in the order of the plan.
    pub(crate) fn named(&self) -> Vec<NamedFunction> {
        self.named.clone()
    }

    /// The integration of each function, in the order of the plan.
    pub(crate) fn integrations(&self) -> Vec<Integration> {
        self.all.iter().map(RunningFunction::integration).collect()
    }

    /// Whether a debugger runs one of them, and may hold it at a breakpoint for any time.
    pub(crate) fn has_attached_debugger(&self) -> bool {
        self.all.iter().any(|function| matches!(function, RunningFunction::Attached(_)))
    }

    /// How to start the functions that a debugger runs: one line of the ready block for each.
    pub(crate) fn attach_lines(&self) -> Result<Vec<String>> {
        let attached = self.all.iter().filter_map(|function| match function {
            RunningFunction::Attached(attached) => Some(attached.ready_line()),
            _ => None,
        });
        attached.collect()
    }

    /// Makes each reload of function `app` deploy the routes of its description.
    pub(crate) fn deploy_on_reload(&mut self, app: usize, deploy: Deploy) {
        if let Some(RunningFunction::Local(local)) = self.all.get_mut(app)
            && let Some(reload) = &mut local.reload
        {
            reload.set_deploy(deploy);
        }
    }

    /// Watches the functions for as long as this is polled. New code is deployed to the gateway of
    /// `handle`, if there is one. After `closing`, no debugger is waited for.
    pub(crate) async fn watch(
        &mut self,
        handle: Option<&ServerHandle>,
        closing: &CancellationToken,
    ) -> Infallible {
        join_all(self.all.iter_mut().map(|function| function.watch(handle, closing))).await;
        pending().await
    }

    /// Ends their processes.
    pub(crate) async fn stop(self) {
        join_all(self.all.into_iter().map(RunningFunction::stop)).await;
    }
}
