//! Lift's own gateway with the probe behind it: the target `lift`, on free ports of this machine.

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
    Api, Keys, Target, Waits,
    probe::{self, Fail},
};

pub use settings::{API_KEY, settings};

/// The Region that events and signatures name.
const REGION: &str = "us-east-1";
/// Access key, secret key, and what `AWS_IAM` takes.
const LOCAL: &str = "local";

/// Where the probe runs.
#[derive(Clone, Debug)]
pub enum Place {
    /// In this process, which is quick.
    Here,
    /// In processes of this program that speak the Lambda Runtime API, which is what is deployed.
    Processes(PathBuf),
}

/// Lift's gateway while it runs; dropping it stops it.
#[derive(Debug)]
pub struct Local {
    /// Where it is.
    pub target: Target,
    _serving: JoinSet<io::Result<()>>,
}

impl Local {
    /// Starts every API, each with settings that `change` has been over.
    ///
    /// # Errors
    /// When there is no port, or the probe does not start.
    pub async fn start(
        place: &Place,
        waits: Waits,
        change: impl Fn(Api, &mut Settings),
    ) -> Result<Self> {
        let mut target = Target::new("lift", waits);
        target.keys = Some(Keys {
            access: LOCAL.to_owned(),
            secret: LOCAL.to_owned(),
            token: None,
            region: REGION.to_owned(),
        });
        target.api_key = Some(API_KEY.to_owned());
        let mut serving = JoinSet::new();
        for api in Api::ALL {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("no port")?;
            let address = listener.local_addr()?;
            let mut settings = settings(api, &waits);
            change(api, &mut settings);
            let management = format!("http://{address}/{}", settings.stage);
            target.urls.insert(api, format!("ws://{address}/{}", settings.stage));
            let never = std::future::pending();
            match place {
                Place::Here => {
                    let function = here(&management)?;
                    serving.spawn(serve(listener, settings, function, never));
                }
                Place::Processes(program) => {
                    let function =
                        processes::start(api, program, &management, &mut serving).await?;
                    serving.spawn(serve(listener, settings, function, never));
                }
            }
        }
        Ok(Self { target, _serving: serving })
    }
}

/// The times that ours is served with for the suite: short, so that every case is quick.
#[must_use]
pub fn waits() -> Waits {
    Waits {
        idle: Duration::from_secs(3),
        lifetime: Duration::from_secs(5),
        integration: Duration::from_millis(2500),
        quiet: Duration::from_millis(200),
        longest: Duration::from_secs(10),
        ..Waits::default()
    }
}

/// The probe as a function of this process.
fn here(management: &str) -> Result<impl Backend + use<>> {
    // The database's endpoint is asked for and never used.
    let config = AwsConfig::local(management, REGION);
    let push = ManagementApi::new(&config)?.with_endpoint(management);
    Ok(move |event: Bytes| -> BoxFuture<'static, _> {
        let push = push.clone();
        Box::pin(async move {
            probe::answer(&push, REGION, event).await.map_err(|fail| match fail {
                Fail::Error(message) => InvokeError::function("Error", message),
                Fail::Exit => InvokeError::exited(),
            })
        })
    })
}
