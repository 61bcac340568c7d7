//! A conformance suite for gateways that implement API Gateway's WebSocket APIs. It tests a gateway case
//! by case, from outside.
//!
//! ```text
//! Target -> TargetApi -> Case -> Handshake, Client, management --> gateway --> probe, the function behind it
//!                     '-- CaseResult -> Outcome -> report
//! ```
//!
//! A [`Target`] is a gateway with the [`probe`] deployed behind several APIs ([`Api`]); a [`TargetApi`] is one
//! of these. A [`Case`] sends instructions to the probe, observes the gateway, and reports differences.
//! [`coverage`] names the statements of the reference that each case tests. No case uses code of Lift's
//! gateway; [`local`] starts it as a target.
//!
//! ```no_run
//! use lift_conformance::{Api, Target, Timing, cases, report, run};
//!
//! # async fn look() -> anyhow::Result<()> {
//! let mut target = Target::new("other", Timing::default());
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

pub use case::{Case, Evidence};
pub use error::{CaseResult, Finding};
pub use known::KnownFailures;
pub use run::{Outcome, Run, run};
pub use sign::Keys;
pub use target::{Address, Api, Target, TargetApi, Timing};

/// Compiles the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
