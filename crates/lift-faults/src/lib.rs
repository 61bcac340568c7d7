//! Fault injection: a layer between a program and the AWS APIs that it calls, which fails as AWS does.
//!
//! A [`Plan`] lists faults and how often they happen. [`Faults`] runs the plan: it decides which
//! faults each request gets, and records them. A [`Link`] connects a program with one API, the
//! DynamoDB API, `@connections` or the Lambda Runtime API. It takes an HTTP request, returns an HTTP
//! response, and opens no socket. A [`Proxy`] serves a link on loopback, for programs that need an
//! address.
//!
//! ```text
//! program -> Proxy -> Link: call (parses the request) -> Faults (decides) -> Upstream
//!                       '-- lag: copies of the tables that lag behind -> Upstream
//! ```
//!
//! The same seed and the same requests give the same faults. The faults of a request depend on the
//! seed, on the entry of the plan, and on how many requests of the same operation matched that entry
//! before. Only windows (`after`, `for`) depend on time.
//!
//! ```
//! use bytes::Bytes;
//! use http::{Request, Response};
//! use lift_faults::{Faults, Link, Plan, UpstreamError};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let plan: Plan = r#"
//!     seed = 7
//!
//!     [[fault]]
//!     api = "connections"
//!     operation = "post"
//!     kind = "throttle"
//!     nth = 2
//! "#
//! .parse()?;
//! let faults = Faults::new(plan);
//! let gateway = |_: Request<Bytes>| async { Ok::<_, UpstreamError>(Response::new(Bytes::new())) };
//! let link = Link::connections(&faults, gateway);
//!
//! let post = || Request::post("/local/@connections/abc=").body(Bytes::from("hello"));
//! assert_eq!(link.call(post()?).await?.status(), 200);
//! assert_eq!(link.call(post()?).await?.status(), 429);
//! assert_eq!(faults.report().total(), 1);
//! # Ok(())
//! # }
//! ```

mod call;
mod faults;
mod lag;
mod link;
mod plan;
mod proxy;
mod random;
mod report;
mod response;
mod upstream;

pub use faults::Faults;
pub use lift_local::{HostNames, Reset};
pub use link::Link;
pub use plan::{Api, Plan, PlanError};
pub use proxy::Proxy;
pub use report::{FaultReport, InjectedFault};
pub use upstream::{HttpUpstream, Upstream, UpstreamError};

/// Compiles the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
