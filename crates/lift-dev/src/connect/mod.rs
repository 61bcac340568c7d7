//! `lift connect`: a WebSocket client in the terminal, for people and for scripts.
//!
//! ```text
//! args -> dial -> conversation <- source: script, lines of stdin, or prompt
//!                      '-> screen
//! ```

mod conversation;
mod dial;
mod expect;
mod highlight;
mod prompt;
mod screen;
mod source;

use std::io::{IsTerminal as _, stdin};

use anyhow::Context as _;

use crate::args::ConnectArgs;

use self::{conversation::Conversation, prompt::Terminal, screen::Screen, source::Source};

/// Connects, talks as `args` say, and closes.
pub(crate) fn run(args: ConnectArgs) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.context("cannot start")?;
    let ended = runtime.block_on(async {
        let dialled = dial::dial(&args).await?;
        let interactive = args.steps.is_empty() && stdin().is_terminal();
        let mut screen = Screen::new(args.color());
        screen.connected(&args.url, dialled.subprotocol.as_deref(), interactive);
        let terminal = interactive.then(Terminal::remember).transpose()?;
        let source = if interactive {
            prompt::start(&mut screen)?
        } else if args.steps.is_empty() {
            Source::lines_of_stdin()
        } else {
            Source::script(args.steps.clone())
        };
        let ended = Conversation::new(dialled.socket, source, screen, &args).run().await;
        drop(terminal);
        ended
    });
    // A thread that waits for a line of the terminal is not waited for.
    runtime.shutdown_background();
    ended
}
