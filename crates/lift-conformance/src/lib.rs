//! A conformance suite for gateways of WebSocket APIs: what API Gateway does, case by case, observed
//! from outside.
//!
//! ```text
//! Target -> Site -> Case -> Knock, Client, Manage --> the gateway --> Probe, the function behind it
//!                     '-- Observed -> Outcome -> report
//! ```
//!
//! A [`Target`] is one gateway with the [`probe`] deployed behind a handful of APIs ([`Api`]). A
//! [`Case`] tells the probe what to do, looks at what the gateway makes of it, and says what differs.
//! No code of Lift's own gateway checks anything here; [`local`] only starts it.
//!
//! ```no_run
//! use lift_conformance::{Api, Target, Waits, cases, report, run};
//!
//! # async fn look() -> anyhow::Result<()> {
//! let mut target = Target::new("other", Waits::default());
//! target.urls.insert(Api::Main, "ws://127.0.0.1:4000/prod".to_owned());
//! let run = run(&target, &cases::all(), 8).await?;
//! println!("{}", report::text(&[run]));
//! # Ok(())
//! # }
//! ```

mod case;
pub mod cases;
mod client;
pub mod coverage;
mod error;
mod frames;
mod handshake;
mod known;
mod lifetime;
pub mod local;
mod management;
pub mod probe;
pub mod report;
mod run;
mod sign;
mod target;
mod watcher;

pub use case::{Case, Mark};
pub use error::{Finding, Observed};
pub use known::Known;
pub use run::{Outcome, Run, run};
pub use sign::Keys;
pub use target::{Address, Api, Site, Target, Waits};

/// Compiles the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
