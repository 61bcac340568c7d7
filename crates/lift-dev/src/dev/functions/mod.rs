//! The functions of a plan, started, watched and ended together. Behind the gateway, which has a
//! [`Target`] for each route.

pub(crate) mod attached;
mod backoff;
mod end;
mod env_file;
mod generation;
pub(crate) mod output;
pub(crate) mod prepared;
mod process;
pub(crate) mod program;
mod remote;
pub(crate) mod supervisor;

use std::{convert::Infallible, future::pending, path::Path};

use anyhow::Result;
use bytes::Bytes;
use futures_util::future::{join_all, try_join_all};
use lift_gateway::{
    Backend, Control, Id, InvokeError,
    lambda::{Function, FunctionSettings},
};
use tokio_util::sync::CancellationToken;

use crate::{
    dev::{
        fault_proxies::Faults,
        functions::{
            attached::Attached,
            prepared::{How, Prepared},
            program::Program,
            remote::Elsewhere,
            supervisor::Supervisor,
        },
        reload::{Deploy, Reload},
    },
    observe::Observers,
};

/// What starts them all.
pub(crate) struct Start<'a> {
    /// How many processes each may have, if its plan says nothing else.
    pub(crate) concurrency: u16,
    pub(crate) faults: Option<&'a Faults>,
    /// Where the variables of those are written down that are started by others.
    pub(crate) data_dir: &'a Path,
    /// Who is told what they write.
    pub(crate) observers: &'a Observers,
}

/// What a route invokes: a function here or elsewhere.
#[derive(Clone)]
pub(crate) enum Target {
    Here(Function),
    Elsewhere(Elsewhere),
}

impl Backend for Target {
    async fn invoke(&self, payload: Bytes) -> Result<Bytes, InvokeError> {
        match self {
            Self::Here(function) => function.invoke(payload).await,
            Self::Elsewhere(function) => function.invoke(payload).await,
        }
    }

    async fn invoke_as(&self, invocation: Id, payload: Bytes) -> Result<Bytes, InvokeError> {
        match self {
            Self::Here(function) => function.invoke_as(invocation, payload).await,
            Self::Elsewhere(function) => function.invoke(payload).await,
        }
    }
}

/// The functions, up.
pub(crate) struct Functions {
    all: Vec<Running>,
}

struct Running {
    target: Target,
    /// None for one that runs elsewhere.
    runner: Option<Runner>,
    /// None for one that stays as it is.
    reload: Option<Reload>,
}

/// Who keeps a function at work.
enum Runner {
    Supervisor(Box<Supervisor>),
    Attached(Attached),
}

impl Functions {
    /// Starts them beside each other. Call this on the main thread only, because of
    /// [`Child::spawn`](crate::dev::program::child::Child::spawn).
    pub(crate) async fn start(prepared: Vec<Prepared>, start: &Start<'_>) -> Result<Self> {
        let all = prepared.into_iter().map(|function| Running::start(function, start));
        Ok(Self { all: try_join_all(all).await? })
    }

    /// Each, in the order of the plan.
    pub(crate) fn targets(&self) -> Vec<Target> {
        self.all.iter().map(|function| function.target.clone()).collect()
    }

    /// Whether a debugger may hold one of them for as long as it likes.
    pub(crate) fn take_their_time(&self) -> bool {
        self.all.iter().any(|one| matches!(one.runner, Some(Runner::Attached(_))))
    }

    /// How those are started that wait for it: a line of the ready block for each.
    pub(crate) fn lines(&self) -> Result<Vec<String>> {
        let lines = self.all.iter().filter_map(|one| match &one.runner {
            Some(Runner::Attached(attached)) => Some(attached.line()),
            _ => None,
        });
        lines.collect()
    }

    /// From now on the word of the function `app` on its routes counts.
    pub(crate) fn deploy_by(&mut self, app: usize, deploy: Deploy) {
        if let Some(Running { reload: Some(reload), .. }) = self.all.get_mut(app) {
            reload.deploy_by(deploy);
        }
    }

    /// Watches them for as long as it is polled. New code goes to the gateway that `control` is a
    /// hand on; without one there is none. Once it is `closing`, no debugger will come.
    pub(crate) async fn watch(
        &mut self,
        control: Option<&Control>,
        closing: &CancellationToken,
    ) -> Infallible {
        join_all(self.all.iter_mut().map(|one| one.watch(control, closing))).await;
        pending().await
    }

    /// Ends their processes.
    pub(crate) async fn stop(self) {
        join_all(self.all.into_iter().map(Running::stop)).await;
    }
}

impl Running {
    async fn start(function: Prepared, start: &Start<'_>) -> Result<Self> {
        let settings = FunctionSettings {
            name: function.name.clone(),
            region: function.region(),
            timeout: function.timeout,
            ..FunctionSettings::default()
        };
        let Prepared { name, how, variables, timeout, concurrency, copy, reload, .. } = function;
        let cap = usize::from(concurrency.unwrap_or(start.concurrency));
        match how {
            How::Start(executable) => {
                let function = Function::new(settings);
                let (faults, observers) = (start.faults.cloned(), start.observers.clone());
                let program = Program { name, executable, variables, faults, observers, copy };
                let supervisor = Supervisor::start(function.clone(), program, cap).await?;
                let runner = Some(Runner::Supervisor(Box::new(supervisor)));
                Ok(Self { target: Target::Here(function), runner, reload })
            }
            How::Invoke(url) => {
                let elsewhere = Elsewhere::new(&url, &name, timeout, cap);
                elsewhere.look().await;
                Ok(Self { target: Target::Elsewhere(elsewhere), runner: None, reload })
            }
            How::Wait(address) => {
                let file = start.data_dir.join(format!("{name}.env"));
                let attached = Attached::start(settings, address, &variables, file).await?;
                let target = Target::Here(attached.function());
                Ok(Self { target, runner: Some(Runner::Attached(attached)), reload })
            }
        }
    }

    /// Watches it for as long as it is polled.
    async fn watch(
        &mut self,
        control: Option<&Control>,
        closing: &CancellationToken,
    ) -> Infallible {
        let reload = self.reload.as_mut().zip(control);
        match (&mut self.runner, reload) {
            (Some(Runner::Supervisor(supervisor)), Some((reload, control))) => {
                Box::pin(reload.run(supervisor, control)).await
            }
            (Some(Runner::Supervisor(supervisor)), None) => supervisor.watch().await,
            (Some(Runner::Attached(attached)), _) => attached.watch(closing).await,
            (None, _) => pending().await,
        }
    }

    /// Ends its processes.
    async fn stop(self) {
        if let Some(Runner::Supervisor(supervisor)) = self.runner {
            supervisor.stop().await;
        }
    }
}
