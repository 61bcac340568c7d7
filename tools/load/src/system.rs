//! Checks the limits of the system, which would otherwise distort the measurements.

use anyhow::{Context, Result, ensure};
use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// File descriptors besides the sockets: of the runtime, pipes, the listener.
const OTHER_FILES: u64 = 100;

/// The smallest sufficient backlog of a listener.
const BACKLOG: u64 = 1024;

/// The smallest sufficient number of ports for each local address.
const PORTS: u64 = 25_000;

/// Checks that a process may open this many sockets, and raises the limit of this process and its children.
pub(crate) fn check(sockets: usize) -> Result<()> {
    let wanted = sockets as u64 + OTHER_FILES;
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    ensure!(
        hard >= wanted,
        "a process may open {hard} files here, and {sockets} clients need {wanted}: \
         raise the hard limit with `ulimit -Hn {wanted}` as root, or ask for fewer clients"
    );
    limit_files(hard)?;
    let backlog = numbers("/proc/sys/net/core/somaxconn")?;
    ensure!(
        backlog.first() >= Some(&BACKLOG),
        "the system queues too few new connections: `sysctl -w net.core.somaxconn=4096`"
    );
    let range = numbers("/proc/sys/net/ipv4/ip_local_port_range")?;
    let [first, last] = range[..] else { anyhow::bail!("no range of ports: {range:?}") };
    ensure!(
        last.saturating_sub(first) >= PORTS,
        "clients have too few ports: `sysctl -w net.ipv4.ip_local_port_range='32768 60999'`"
    );
    Ok(())
}

/// Sets the limit of open files of this process.
pub(crate) fn limit_files(files: u64) -> Result<()> {
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    setrlimit(Resource::RLIMIT_NOFILE, files, hard)
        .with_context(|| format!("cannot allow {files} files of at most {hard}"))
}

fn numbers(path: &str) -> Result<Vec<u64>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {path}"))?;
    Ok(text.split_whitespace().map(str::parse).collect::<Result<_, _>>()?)
}
