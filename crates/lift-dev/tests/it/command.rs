//! Runs the built `lift` and reads its output. Each wait has a timeout.

use std::{
    ffi::OsStr,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

/// Long enough to build a small package on a busy machine.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(120);

/// The folder in which `lift dev` names itself for other commands.
const STATE: (&str, &str) = ("XDG_STATE_HOME", concat!(env!("CARGO_TARGET_TMPDIR"), "/state"));

/// A running `lift`. It is killed when it is dropped.
pub(crate) struct Lift {
    child: Child,
    stdout: Receiver<String>,
    stderr: Receiver<String>,
    data: TempDir,
}

/// The exit status and the output of a `lift` that ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Lift {
    /// Starts `lift dev PATH` on a free port, with its own data folder.
    pub(crate) fn dev(path: &Path, variables: &[(&str, &OsStr)]) -> Self {
        Self::dev_with::<&str>(path, &[], variables)
    }

    /// The same with more arguments.
    pub(crate) fn dev_with<A: AsRef<OsStr>>(
        path: &Path,
        args: &[A],
        variables: &[(&str, &OsStr)],
    ) -> Self {
        let data = tempfile::tempdir().expect("a folder for temporary files");
        let mut command = Command::new(env!("CARGO_BIN_EXE_lift"));
        command.arg("dev").arg(path).args(args).arg("--data-dir").arg(data.path());
        if !args.iter().any(|arg| arg.as_ref() == "--listen") {
            command.args(["--listen", "127.0.0.1:0"]);
        }
        Self::start(command, variables, data)
    }

    /// Starts `lift dev` without a PATH, on a free port, with its own data folder.
    pub(crate) fn dev_of<A: AsRef<OsStr>>(args: &[A]) -> Self {
        let data = tempfile::tempdir().expect("a folder for temporary files");
        let mut command = Command::new(env!("CARGO_BIN_EXE_lift"));
        command.arg("dev").args(args).args(["--listen", "127.0.0.1:0", "--data-dir"]);
        command.arg(data.path());
        Self::start(command, &[], data)
    }

    /// Starts `lift dev PATH` for a package of this workspace, which is already built in the same
    /// target folder as these tests.
    pub(crate) fn dev_in_workspace<A: AsRef<OsStr>>(path: &Path, args: &[A]) -> Self {
        match std::env::var_os("CARGO_TARGET_DIR") {
            Some(target) => Self::dev_with(path, args, &[("CARGO_TARGET_DIR", &target)]),
            None => Self::dev_with(path, args, &[]),
        }
    }

    /// Starts `lift` with only these arguments.
    pub(crate) fn with_args<A: AsRef<OsStr>>(args: &[A]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lift"));
        command.args(args);
        Self::start(command, &[], tempfile::tempdir().expect("a folder for temporary files"))
    }

    /// Starts `lift` with these arguments and environment variables.
    pub(crate) fn with_variables<A: AsRef<OsStr>>(
        args: &[A],
        variables: &[(&str, &OsStr)],
    ) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lift"));
        command.args(args);
        let data = tempfile::tempdir().expect("a folder for temporary files");
        Self::start(command, variables, data)
    }

    /// Starts `lift` with these arguments and only these environment variables.
    pub(crate) fn alone<A: AsRef<OsStr>>(args: &[A], variables: &[(&str, &OsStr)]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lift"));
        command.args(args).env_clear();
        Self::start(command, variables, tempfile::tempdir().expect("a folder for temporary files"))
    }

    /// Starts a command that runs `lift`.
    pub(crate) fn of(command: Command) -> Self {
        Self::start(command, &[], tempfile::tempdir().expect("a folder for temporary files"))
    }

    fn start(mut command: Command, variables: &[(&str, &OsStr)], data: TempDir) -> Self {
        // The packages build in their own folder, unless a test says otherwise.
        command.env_remove("CARGO_TARGET_DIR").env_remove("LIFT_LOG").env_remove("RUST_LOG");
        // The tests do not write to the user's folder, and find only what tests run.
        if command.get_envs().all(|(name, _)| name != STATE.0) {
            command.env(STATE.0, STATE.1);
        }
        command.envs(variables.iter().copied());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("lift is built");
        let stdout = lines(child.stdout.take().expect("piped"));
        let stderr = lines(child.stderr.take().expect("piped"));
        Self { child, stdout, stderr, data }
    }

    pub(crate) fn data(&self) -> &Path {
        self.data.path()
    }

    /// Waits until `lift dev` is ready. Returns the ready block, the lines with its URLs that it prints then.
    pub(crate) fn ready(&self) -> String {
        let deadline = Instant::now() + TIMEOUT;
        let mut block = String::new();
        while !block.contains("Press Ctrl-C to stop.") {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.stdout.recv_timeout(left) {
                Ok(line) => block += &(line + "\n"),
                Err(_) => panic!("not ready: {}", self.stderr.try_iter().collect::<String>()),
            }
        }
        block
    }

    /// Whether it has printed a line on stdout.
    pub(crate) fn is_ready(&self) -> bool {
        self.stdout.try_recv().is_ok()
    }

    /// Waits for a line on stderr.
    pub(crate) fn wait_for_line(&self, part: &str) {
        self.lines_until(part);
    }

    /// Returns the lines on stderr, up to and including one that contains `part`.
    pub(crate) fn lines_until(&self, part: &str) -> Vec<String> {
        until(&self.stderr, part)
    }

    /// Returns the lines on stdout, up to and including one that contains `part`.
    pub(crate) fn stdout_until(&self, part: &str) -> Vec<String> {
        until(&self.stdout, part)
    }

    pub(crate) fn signal(&self, name: &str) {
        signal(self.child.id(), name);
    }

    /// Waits for the end.
    pub(crate) fn ended(mut self) -> Ended {
        let mut status = None;
        wait_until("lift ends", || {
            status = self.child.try_wait().expect("our child");
            status.is_some()
        });
        // Both channels end with the pipes, which end with the process.
        let all = |lines: &Receiver<String>| {
            let mut text = String::new();
            while let Ok(line) = lines.recv_timeout(Duration::from_secs(5)) {
                text += &(line + "\n");
            }
            text
        };
        let (stdout, stderr) = (all(&self.stdout), all(&self.stderr));
        Ended { status: status.expect("waited for"), stdout, stderr }
    }
}

impl Drop for Lift {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Ended {
    /// Asserts that `lift` failed with one error, which contains each of `parts`.
    #[track_caller]
    pub(crate) fn failed_with(&self, parts: &[&str]) {
        let Self { status, stdout, stderr } = self;
        assert_eq!(status.code(), Some(1), "{stderr}");
        assert_eq!(stdout, "", "{stderr}");
        assert_eq!(stderr.matches("error: ").count(), 1, "{stderr}");
        let error = &stderr[stderr.find("error: ").unwrap_or_default()..];
        for part in parts {
            assert!(error.contains(part), "no {part:?} in {stderr}");
        }
    }
}

/// Sends a signal with the program `kill`.
pub(crate) fn signal(id: u32, name: &str) {
    let status = Command::new("kill").args([&format!("-{name}"), &id.to_string()]).status();
    assert!(status.expect("kill is installed").success());
}

/// Waits until `condition` holds.
#[track_caller]
pub(crate) fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + TIMEOUT;
    while !condition() {
        assert!(Instant::now() < deadline, "still waiting: {what}");
        thread::sleep(Duration::from_millis(10));
    }
}

fn until(lines: &Receiver<String>, part: &str) -> Vec<String> {
    let deadline = Instant::now() + TIMEOUT;
    let mut seen = Vec::new();
    while !seen.last().is_some_and(|line: &String| line.contains(part)) {
        match lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(line) => seen.push(line),
            Err(_) => panic!("no line with {part:?} in {seen:#?}"),
        }
    }
    seen
}

fn lines(source: impl std::io::Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut lines = BufReader::new(source).lines();
        while let Some(Ok(line)) = lines.next() {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    receiver
}
