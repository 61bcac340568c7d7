//! Lift's gateway with the probe behind it: the target `lift`, on free loopback ports.

mod processes;
mod settings;

use std::{io, net::Ipv4Addr, path::PathBuf, time::Duration};

use anyhow::{Context as _, Result};
use bytes::Bytes;
use futures_util::future::BoxFuture;
use lift_aws::{AwsConfig, ManagementApi};
use lift_gateway::{Backend, InvokeError, Settings, serve};
use tokio::{net::TcpListener, task::JoinSet};

use crate::{
    Api, Keys, Target, Timing,
    probe::{self, Failure},
};

pub use settings::{API_KEY, settings};
use settings::{LOCAL, REGION};

/// Where the probe runs.
#[derive(Clone, Debug)]
pub enum ProbeLocation {
    /// In this process.
    InProcess,
    /// In child processes of this program, by the Lambda Runtime API, as deployed.
    ChildProcesses(PathBuf),
}

/// Lift's running gateway; dropping it stops the gateway.
#[derive(Debug)]
pub struct Local {
    /// The target for cases.
    pub target: Target,
    _serving: JoinSet<io::Result<()>>,
}

impl Local {
    /// Starts all APIs; `change` may change their settings.
    ///
    /// # Errors
    /// If there is no free port, or the probe does not start.
    pub async fn start(
        probe: &ProbeLocation,
        timing: Timing,
        change: impl Fn(Api, &mut Settings),
    ) -> Result<Self> {
        let mut target = Target::new("lift", timing);
        target.keys = Some(Keys::new(LOCAL, LOCAL, REGION));
        target.api_key = Some(API_KEY.to_owned());
        let mut serving = JoinSet::new();
        for api in Api::ALL {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("no port")?;
            let address = listener.local_addr()?;
            let mut settings = settings(api, &timing);
            change(api, &mut settings);
            let management = format!("http://{address}/{}", settings.stage);
            target.urls.insert(api, format!("ws://{address}/{}", settings.stage));
            let never = std::future::pending();
            match probe {
                ProbeLocation::InProcess => {
                    let function = in_process_probe(&management)?;
                    serving.spawn(serve(listener, settings, function, never));
                }
                ProbeLocation::ChildProcesses(program) => {
                    let function =
                        processes::start(api, program, &management, &mut serving).await?;
                    serving.spawn(serve(listener, settings, function, never));
                }
            }
        }
        Ok(Self { target, _serving: serving })
    }
}

/// The times of Lift's gateway in the suite: short, so that all cases are quick.
#[must_use]
pub fn timing() -> Timing {
    Timing {
        idle: Duration::from_secs(3),
        lifetime: Duration::from_secs(5),
        integration: Duration::from_millis(2500),
        silence: Duration::from_millis(200),
        max_wait: Duration::from_secs(10),
        ..Timing::default()
    }
}

/// The probe as a function in this process.
fn in_process_probe(management: &str) -> Result<impl Backend + use<>> {
    // The database's endpoint is asked for and never used.
    let config = AwsConfig::local(management, REGION);
    let push = ManagementApi::new(&config)?.with_endpoint(management);
    Ok(move |event: Bytes| -> BoxFuture<'static, _> {
        let push = push.clone();
        Box::pin(async move {
            probe::answer(&push, REGION, event).await.map_err(|fail| match fail {
                Failure::Error(message) => InvokeError::function("Error", message),
                Failure::Exit => InvokeError::exited(),
            })
        })
    })
}
