//! Changes of files, grouped into bursts: saving a file causes several events, a git checkout hundreds.

use std::{collections::BTreeSet, path::PathBuf, time::Duration};

use anyhow::{Context as _, Result};
use notify::{
    Event, RecommendedWatcher, RecursiveMode, Watcher as _,
    event::{EventKind, ModifyKind},
};
use tokio::{
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
    time::{Instant, timeout},
};

/// A burst ends when nothing happens for this time.
const QUIET: Duration = Duration::from_millis(50);

/// The longest burst, in case a program writes all the time.
const MAX_BURST: Duration = Duration::from_secs(1);

/// Watches folders.
#[derive(Debug)]
pub(crate) struct Watcher {
    inner: RecommendedWatcher,
    events: UnboundedReceiver<notify::Result<Event>>,
    folders: BTreeSet<PathBuf>,
    /// The burst that has not ended yet.
    burst: Option<Burst>,
}

/// Changes at about the same time.
#[derive(Debug)]
pub(crate) struct Burst {
    /// When the first change was noticed.
    pub(crate) began: Instant,
    /// The files that were written, created, removed or renamed.
    pub(crate) paths: BTreeSet<PathBuf>,
    /// Whether events were lost, so that any file may have changed.
    pub(crate) is_all: bool,
}

impl Watcher {
    pub(crate) fn new() -> Result<Self> {
        let (sender, events) = unbounded_channel();
        let inner = notify::recommended_watcher(move |event| {
            // Fails only while Lift stops.
            let _ = sender.send(event);
        })
        .context("cannot watch files: pass --no-reload to run without")?;
        Ok(Self { inner, events, folders: BTreeSet::new(), burst: None })
    }

    /// Watches exactly these folders, without their subfolders.
    pub(crate) fn watch(&mut self, folders: BTreeSet<PathBuf>) -> Result<()> {
        for gone in self.folders.difference(&folders) {
            // Fails for a removed folder, which is not watched anyway.
            let _ = self.inner.unwatch(gone);
        }
        for new in folders.difference(&self.folders) {
            match self.inner.watch(new, RecursiveMode::NonRecursive) {
                Err(error) if new.is_dir() => {
                    return Err(error).with_context(|| {
                        format!(
                            "cannot watch {}: pass --no-reload to run without, or raise the \
                             system's limit (on Linux `sysctl fs.inotify.max_user_watches`)",
                            new.display()
                        )
                    });
                }
                // The folder was removed in the meantime.
                _ => {}
            }
        }
        self.folders = folders;
        Ok(())
    }

    /// Waits for a change, and then for the end of its burst. Cancel safe.
    pub(crate) async fn burst(&mut self) -> Burst {
        loop {
            let next = match &self.burst {
                None => self.events.recv().await,
                Some(burst) => {
                    let left = MAX_BURST.saturating_sub(burst.began.elapsed());
                    timeout(QUIET.min(left), self.events.recv()).await.unwrap_or_default()
                }
            };
            match next {
                Some(event) => self.note(event),
                // The burst has ended; without one, the watcher has failed and sends nothing more.
                None => match self.burst.take() {
                    Some(burst) => return burst,
                    None => std::future::pending().await,
                },
            }
        }
    }

    fn note(&mut self, event: notify::Result<Event>) {
        let event = event.unwrap_or_else(|error| {
            tracing::debug!(error = error.to_string(), "lost an event of the file watcher");
            Event::new(EventKind::Other).set_flag(notify::event::Flag::Rescan)
        });
        // Cargo reads every file, which changes nothing.
        if event.kind.is_access() {
            return;
        }
        if let EventKind::Remove(_) | EventKind::Modify(ModifyKind::Name(_)) = event.kind {
            // The watch ends with the folder, so a new folder of this name needs a new watch.
            for path in &event.paths {
                if self.folders.remove(path) {
                    let _ = self.inner.unwatch(path);
                }
            }
        }
        let burst = self.burst.get_or_insert_with(|| Burst {
            began: Instant::now(),
            paths: BTreeSet::new(),
            is_all: false,
        });
        burst.is_all |= event.need_rescan();
        burst.paths.extend(event.paths);
    }
}
