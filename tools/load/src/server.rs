//! The server as a child process: its counts, memory and CPU time.

use std::{net::SocketAddr, process::Stdio, time::Duration};

use anyhow::{Context, Result, ensure};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
};

use crate::serve::{Counts, Options};

/// Clock ticks a second in `/proc/PID/stat`; 100 on every Linux.
const TICKS: u64 = 100;

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    process: Child,
    id: u32,
    /// `None` after `stop`.
    stdin: Option<ChildStdin>,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Server {
    pub(crate) async fn start(options: Options) -> Result<Self> {
        let Options { port, files, authorizer, rate, takes } = options;
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["serve", &format!("--port={port}"), &format!("--takes={takes}")]);
        command.args(files.map(|files| format!("--files={files}")));
        command.args(authorizer.then_some("--authorizer"));
        command.args(rate.map(|rate| format!("--rate={rate}")));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut process = command.spawn().context("cannot start the server")?;
        let id = process.id().context("the server has no process id")?;
        let stdin = process.stdin.take();
        let stdout = process.stdout.take().context("the server has no stdout")?;
        let mut lines = BufReader::new(stdout).lines();
        let address = lines.next_line().await?.context("the server did not start")?;
        Ok(Self { address: address.parse()?, process, id, stdin, lines })
    }

    pub(crate) async fn counts(&mut self) -> Result<Counts> {
        let stdin = self.stdin.as_mut().context("the server was stopped")?;
        stdin.write_all(b"counts\n").await.context("the server has ended")?;
        self.read_counts().await
    }

    /// Shuts the server down and returns its last counts.
    pub(crate) async fn stop(mut self) -> Result<Counts> {
        // The server shuts down when its stdin ends.
        self.stdin = None;
        let counts = self.read_counts().await?;
        let status = self.process.wait().await?;
        ensure!(status.success(), "the server ended with {status}");
        Ok(counts)
    }

    async fn read_counts(&mut self) -> Result<Counts> {
        let line = self.lines.next_line().await?.context("the server has ended")?;
        Ok(serde_json::from_str(&line)?)
    }

    /// The resident memory of the process in bytes, without the kernel's socket buffers.
    pub(crate) fn resident(&self) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib: u64 =
            line.and_then(|line| line.split_whitespace().next()).context("no VmRSS")?.parse()?;
        Ok(kib * 1024)
    }

    /// The CPU time that the process has used.
    pub(crate) fn cpu(&self) -> Result<Duration> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.id))?;
        // The name, in parentheses, may have any characters. User and system time are fields 14 and 15.
        let (_, fields) = stat.rsplit_once(')').context("no name")?;
        let ticks = fields.split_whitespace().skip(11).take(2).map(str::parse::<u64>);
        let ticks: u64 = ticks.sum::<Result<u64, _>>()?;
        Ok(Duration::from_millis(ticks * 1000 / TICKS))
    }
}
