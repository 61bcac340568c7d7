//! The load tests, one file each, with the thresholds that the chapter "Limits under load" lists.

pub(crate) mod burst;
pub(crate) mod echo;
pub(crate) mod fds;
pub(crate) mod flood;
pub(crate) mod frames;
pub(crate) mod idle;
pub(crate) mod slowloris;
pub(crate) mod stuck;

use anyhow::Result;

use crate::{report::Report, server::Server};

/// Stops the server and checks that each accepted connection had one `$disconnect`.
async fn one_disconnect_each(server: Server, report: &mut Report) -> Result<()> {
    let counts = server.stop().await?;
    report.exactly("connections that had their $disconnect", counts.ended, counts.accepted);
    report.exactly("other $disconnect events", counts.unexpected_disconnects, 0);
    Ok(())
}
