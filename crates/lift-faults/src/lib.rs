//! Faults on purpose: a layer between a program and the APIs it calls, which fails as AWS fails.
//!
//! A [`Plan`] says what goes wrong and how often. [`Faults`] is the plan at work: it decides what
//! falls on each request, and keeps a record. A [`Link`] is the way from a program to one API, the
//! DynamoDB API, `@connections` or the Lambda Runtime API: an HTTP request in, an HTTP response
//! out, with no socket of its own. A [`Proxy`] serves a link on loopback, for programs that want
//! an address.
//!
//! ```text
//! program -> Proxy -> Link: call (what is asked) -> Faults (what falls on it) -> Upstream
//!                       '-- lag: the copies of the tables that lag behind -> Upstream
//! ```
//!
//! The same seed and the same requests give the same faults. What falls on a request depends on
//! the seed, on the entry of the plan and on how many requests of the same operation that entry
//! met before; it never depends on time, but for windows, which are made of time.
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
pub use link::{Link, Reset};
pub use plan::{Api, Plan, PlanError};
pub use proxy::Proxy;
pub use report::{Injected, Report};
pub use upstream::{HttpUpstream, Upstream, UpstreamError};

/// Compiles the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
