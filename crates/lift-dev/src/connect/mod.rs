//! `lift connect`: a WebSocket client for the terminal and for scripts.
//!
//! ```text
//! args -> dial -> conversation <- source: script, lines of stdin, or prompt
//!                      '-> screen
//! ```

mod conversation;
mod dial;
mod prompt;
mod screen;
mod source;

use std::io::{IsTerminal as _, stdin};

use anyhow::Context as _;
use http::Uri;

use crate::{args::ConnectArgs, running::Wanted};

use self::{conversation::Conversation, prompt::Terminal, screen::Screen, source::Source};

/// Connects, runs the conversation that `args` declare, and closes.
pub(crate) fn run(args: ConnectArgs) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.context("cannot start the async runtime")?;
    let ended = runtime.block_on(async {
        let url = match &args.url {
            Some(url) => url.clone(),
            None => running()?,
        };
        let connected = dial::dial(&url, &args).await?;
        let interactive = args.steps.is_empty() && stdin().is_terminal();
        let mut screen = Screen::new(args.color());
        screen.connected(&url, connected.subprotocol.as_deref(), interactive);
        let terminal = interactive.then(Terminal::save).transpose()?;
        let source = if interactive {
            prompt::start(&mut screen)?
        } else if args.steps.is_empty() {
            Source::lines_of_stdin()
        } else {
            Source::script(args.steps.clone())
        };
        let ended = Conversation::new(connected.socket, source, screen, &args).run().await;
        drop(terminal);
        ended
    });
    // Does not wait for the thread that reads the terminal.
    runtime.shutdown_background();
    ended
}

/// The URL of the app that `lift dev` runs.
fn running() -> anyhow::Result<Uri> {
    let app = Wanted { flag: "a URL", ..Wanted::default() }.find()?;
    format!("ws://{}/{}", app.gateway, app.stage).parse().context("the URL is not valid")
}
