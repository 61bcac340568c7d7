//! Ends child processes together with Lift, even after `kill -9`, when Lift itself can do nothing.
//!
//! On Linux, a child can ask the kernel for a signal when its parent dies. The parent in this sense is
//! the *thread* that spawned the child. So Lift spawns children only from the future given to
//! `block_on`, which runs on the main thread, and never from a task on a worker thread.
//!
//! Other systems have no such signal. There, a function exits because its Runtime API closes with Lift,
//! and every runtime client exits when its long poll fails.
//!
//! This module has unsafe code: `pre_exec` is unsafe because its closure runs between fork
//! and exec, when other threads may have held locks. The closure calls only prctl and getppid, which
//! take no lock and allocate nothing.
#![allow(unsafe_code)]

use tokio::process::Command;

/// Makes the child that `command` spawns end together with this program.
#[cfg(target_os = "linux")]
pub(crate) fn die_with_parent(command: &mut Command) {
    use nix::{
        sys::{prctl::set_pdeathsig, signal::Signal},
        unistd::{getpid, getppid},
    };

    let parent = getpid();
    let ask = move || {
        set_pdeathsig(Signal::SIGKILL)?;
        // The parent may have died before the child asked; then no signal would ever come.
        if getppid() == parent { Ok(()) } else { Err(nix::errno::Errno::ESRCH.into()) }
    };
    // SAFETY: the closure makes two async-signal-safe system calls and allocates nothing; the
    // errors it returns are built from an errno without allocation.
    unsafe { command.pre_exec(ask) };
}

/// Does nothing here; see the module's text.
#[cfg(not(target_os = "linux"))]
pub(crate) fn die_with_parent(_command: &mut Command) {}
