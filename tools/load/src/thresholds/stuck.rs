//! Posts to clients that do not read, and to clients that do. The former use a bounded amount of memory, and
//! the latter miss no message.

use anyhow::{Result, ensure};
use bytes::Bytes;
use clap::Args;
use futures_util::{StreamExt, TryStreamExt, future::join_all, stream};

use super::one_disconnect_each;
use crate::{
    clients::{Client, ask, connect_many, receive},
    management::Management,
    report::Report,
    serve,
    server::Server,
    system,
};

/// The most memory for a stuck client, in bytes: the limit of its queue. A queued message counts more than it
/// takes, which leaves room for the frame that is being sent.
const MAX_BYTES_PER_CLIENT: u64 = 256 * 1024;

/// Large posts fill the kernel's buffers, small ones the rest of the queue. Small posts have the largest
/// overhead.
const LARGE_POST_BYTES: usize = 32 * 1024;
const SMALL_POST_BYTES: usize = 1;

/// The number of stuck clients that get posts at the same time. It is small, so that HTTP connections use little memory.
const FILLING: usize = 4;

/// More large posts than fit into the kernel's buffers.
const MAX_POSTS: usize = 2000;

#[derive(Args)]
pub(crate) struct Options {
    /// How many clients never read
    #[arg(long, default_value_t = 100)]
    stuck: usize,
    /// How many clients read
    #[arg(long, default_value_t = 1000)]
    healthy: usize,
    /// How many posts each of them gets, of 1 KiB
    #[arg(long, default_value_t = 20)]
    posts: usize,
}

pub(crate) async fn run(options: Options) -> Result<bool> {
    let Options { stuck, healthy, posts } = options;
    system::check(stuck + healthy)?;
    let mut report = Report::new("stuck");
    let server = Server::start(serve::Options::default()).await?;
    let management = Management::new(server.address);
    let (readers, reader_ids) = with_ids(connect_many(server.address, 0, healthy).await?).await?;
    let (stuck_clients, stuck_ids) =
        with_ids(connect_many(server.address, healthy, stuck).await?).await?;
    let before = server.resident()?;
    for size in [LARGE_POST_BYTES, SMALL_POST_BYTES] {
        let data = Bytes::from(vec![b'x'; size]);
        let filling = stuck_ids.iter().map(|id| fill(&management, id, data.clone()));
        stream::iter(filling).buffer_unordered(FILLING).try_collect::<()>().await?;
    }
    let each = server.resident()?.saturating_sub(before) / stuck.max(1) as u64;
    report.at_most("resident memory for each stuck client", each, MAX_BYTES_PER_CLIENT);

    let data = Bytes::from(vec![b'y'; 1024]);
    let reading = readers.into_iter().map(|mut client| {
        tokio::spawn(async move {
            let mut got = 0;
            while got < posts && receive(&mut client).await.is_ok() {
                got += 1;
            }
            (client, got as u64)
        })
    });
    let reading: Vec<_> = reading.collect();
    let mut sent = 0;
    let mut refused = 0;
    for _ in 0..posts {
        let (to_readers, to_stuck) = tokio::join!(
            management.broadcast(&reader_ids, &data),
            management.broadcast(&stuck_ids, &data),
        );
        sent += to_readers?[0];
        refused += to_stuck?[1];
    }
    let mut received = 0;
    let mut readers = Vec::new();
    for reader in reading {
        let (client, got) = reader.await?;
        readers.push(client);
        received += got;
    }
    let all = (healthy * posts) as u64;
    report.exactly("posts to healthy clients with status 200", sent, all);
    report.exactly("posts that reached healthy clients", received, all);
    report.exactly("posts to stuck clients with status 429", refused, (stuck * posts) as u64);
    drop((stuck_clients, readers));
    one_disconnect_each(server, &mut report).await?;
    Ok(report.passed())
}

/// Posts until the queue is full.
async fn fill(management: &Management, id: &str, data: Bytes) -> Result<()> {
    for _ in 0..MAX_POSTS * LARGE_POST_BYTES / data.len().max(16) {
        match management.post(id, data.clone()).await? {
            200 => {}
            429 => return Ok(()),
            other => anyhow::bail!("the status of a post is {other}"),
        }
    }
    anyhow::bail!("the queue of a client that never reads does not fill up")
}

/// Returns the clients with their ids.
async fn with_ids(clients: Vec<Client>) -> Result<(Vec<Client>, Vec<String>)> {
    let asking = clients.into_iter().map(|mut client| async move {
        let id = ask(&mut client, "id").await?;
        ensure!(id.len() == 16, "{id:?} is no connection id");
        anyhow::Ok((client, id))
    });
    join_all(asking).await.into_iter().collect()
}
