//! Returns memory to the system that the allocator keeps.
//!
//! glibc keeps most of the memory of large messages after the clients that did not read them have left,
//! because small buffers that live longer are between them. Its `malloc_trim` returns the free pages.
//!
//! This module has unsafe code, because the call is a function of the C library. It takes one number, no
//! pointer, and takes the allocator's own locks.
#![allow(unsafe_code)]

use std::{convert::Infallible, time::Duration};

use tokio::time::{MissedTickBehavior, interval};

/// How long unused memory stays.
const PAUSE: Duration = Duration::from_secs(5);

/// Returns unused memory again and again. Never ends.
pub(crate) async fn return_unused() -> Infallible {
    let mut ticks = interval(PAUSE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        trim();
    }
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn trim() {
    // SAFETY: the function may be called at any time on any thread. 0 is the memory to keep at the top.
    unsafe { nix::libc::malloc_trim(0) };
}

/// Does nothing here: other allocators return memory by themselves.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn trim() {}
