//! What happens to files, as bursts: an editor's save is several events, and a checkout is hundreds.

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

/// A burst is over when nothing happens for so long.
const QUIET: Duration = Duration::from_millis(50);

/// Or when it has lasted so long: something may write all the time.
const LONGEST: Duration = Duration::from_secs(1);

/// Watches folders.
#[derive(Debug)]
pub(crate) struct Watcher {
    inner: RecommendedWatcher,
    events: UnboundedReceiver<notify::Result<Event>>,
    folders: BTreeSet<PathBuf>,
    /// What is not reported yet.
    burst: Option<Burst>,
}

/// What happened, at about the same time.
#[derive(Debug)]
pub(crate) struct Burst {
    /// When the first of it was noticed.
    pub(crate) began: Instant,
    /// What was written, made, removed or renamed.
    pub(crate) paths: BTreeSet<PathBuf>,
    /// There was too much at once, so anything may have changed.
    pub(crate) is_all: bool,
}

impl Watcher {
    pub(crate) fn new() -> Result<Self> {
        let (sender, events) = unbounded_channel();
        let inner = notify::recommended_watcher(move |event| {
            // Nobody listens any more when Lift stops.
            let _ = sender.send(event);
        })
        .context("cannot watch files: pass --no-reload to run without")?;
        Ok(Self { inner, events, folders: BTreeSet::new(), burst: None })
    }

    /// Watches these folders, not those below them, and no others any more.
    pub(crate) fn watch(&mut self, folders: BTreeSet<PathBuf>) -> Result<()> {
        for gone in self.folders.difference(&folders) {
            // It fails for a folder that does not exist, which nobody watches.
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
                // Or it went meanwhile.
                _ => {}
            }
        }
        self.folders = folders;
        Ok(())
    }

    /// Waits for something to happen, and then until it is quiet. Cancel safe.
    pub(crate) async fn burst(&mut self) -> Burst {
        loop {
            let next = match &self.burst {
                None => self.events.recv().await,
                Some(burst) => {
                    let left = LONGEST.saturating_sub(burst.began.elapsed());
                    timeout(QUIET.min(left), self.events.recv()).await.unwrap_or_default()
                }
            };
            match next {
                Some(event) => self.note(event),
                // It is quiet; or, without a watcher, for ever.
                None => match self.burst.take() {
                    Some(burst) => return burst,
                    None => std::future::pending().await,
                },
            }
        }
    }

    fn note(&mut self, event: notify::Result<Event>) {
        let event = event.unwrap_or_else(|error| {
            tracing::debug!(%error, "an event of a file is lost");
            Event::new(EventKind::Other).set_flag(notify::event::Flag::Rescan)
        });
        // To read a file changes nothing, and cargo reads them all.
        if event.kind.is_access() {
            return;
        }
        if let EventKind::Remove(_) | EventKind::Modify(ModifyKind::Name(_)) = event.kind {
            // Its watch went with it, so another one of this name needs another.
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
