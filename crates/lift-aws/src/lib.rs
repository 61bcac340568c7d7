//! Lift on AWS: the only library of Lift that depends on the AWS SDK.
//!
//! ```text
//! Lambda Runtime API -> run -> Service::call -> DynamoStore      -> DynamoDB
//!                                          '--> ManagementApi    -> @connections
//! ```
//!
//! [`Signatures`] checks the signatures of `@connections` calls, for a local gateway.
//!
//! A Lambda function is an app in this `main`:
//!
//! ```no_run
//! #[tokio::main(flavor = "current_thread")]
//! async fn main() -> Result<(), lift_aws::Error> {
//!     lift_aws::run(lift_ws::App::new()).await
//! }
//! ```

mod causes;
mod config;
mod error;
mod http;
mod init_error;
mod log;
mod main_error;
mod publisher;
mod push;
mod run;
mod store;
pub mod stream;
pub mod table;
pub mod variables;
mod verify;

pub use config::{AwsConfig, AwsConfigBuilder};
pub use error::Error;
pub use main_error::MainError;
pub use publisher::{PublisherBuilder, publisher};
pub use push::ManagementApi;
pub use run::{run, run_beside};
pub use store::DynamoStore;
pub use table::Table;
pub use verify::{SignatureError, Signatures};

/// Compiles the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
