//! No process of the function outlives Lift, not even after `kill -9`, when Lift can do nothing.
//!
//! On Linux the kernel does it: a child that asked for a parent-death signal gets it when the
//! *thread* that spawned it ends. That is why Lift spawns children only from the future given to
//! `block_on`, which runs on the main thread, and never from a task of a worker thread.
//!
//! Elsewhere nobody does. There a function ends because its Runtime API goes away with Lift: its
//! long poll fails, and every runtime exits on that.
//!
//! This is the one module with unsafe code: `pre_exec` is unsafe because its closure runs between
//! fork and exec, when other threads may have held locks. What we call there, prctl and getppid,
//! are plain system calls that take no lock and allocate nothing.
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
