//! The prompt: a line editor with history, on its own thread.

use std::{
    io::{Write as _, stdin, stdout},
    path::PathBuf,
    thread,
};

use anyhow::Context as _;
use nix::sys::termios::{SetArg, Termios, tcgetattr, tcsetattr};
use rustyline::{Config, Editor, error::ReadlineError, history::DefaultHistory};
use tokio::sync::mpsc::unbounded_channel;

use super::{
    screen::Screen,
    source::{Action, Source},
};
use crate::{exit::note, running::state_folder};

const PROMPT: &str = "> ";

/// The most lines of history.
const HISTORY: usize = 1_000;

const HELP: &str = "\
Each line is sent as a message. Commands:
  /ping     send a ping, and print how long the pong took
  /close    close the connection, as Ctrl-D and Ctrl-C do
  //text    send a message that starts with a slash";

/// The settings of the terminal, which are restored on drop, even while the editor waits for a line.
pub(super) struct Terminal(Termios);

impl Terminal {
    pub(super) fn save() -> anyhow::Result<Self> {
        tcgetattr(stdin()).map(Self).context("cannot use the terminal")
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = tcsetattr(stdin(), SetArg::TCSANOW, &self.0);
        // Turns off bracketed paste, which the editor turned on.
        let _ = write!(stdout(), "\x1b[?2004l\r").and_then(|()| stdout().flush());
    }
}

/// Starts the prompt, and makes the screen print above it.
pub(super) fn start(screen: &mut Screen) -> anyhow::Result<Source> {
    let config =
        Config::builder().max_history_size(HISTORY).context("cannot set up the history")?;
    let config = config
        .history_ignore_dups(true)
        .context("cannot set up the history")?
        .auto_add_history(true);
    let mut editor: Editor<(), DefaultHistory> =
        Editor::with_config(config.build()).context("cannot use the terminal")?;
    let printer = editor.create_external_printer().context("cannot use the terminal")?;
    screen.print_above(Box::new(printer));
    let history = history_file();
    if let Some(file) = &history {
        // Fails if there is no history yet.
        let _ = editor.load_history(file);
    }
    let (actions, source) = unbounded_channel();
    thread::spawn(move || {
        loop {
            let next = match editor.readline(PROMPT) {
                Ok(line) => match line.trim() {
                    "" => continue,
                    "/help" => {
                        note(HELP);
                        continue;
                    }
                    "/ping" => Action::Ping,
                    "/close" => Action::Close,
                    text => match text.strip_prefix("//") {
                        Some(text) => Action::Send(format!("/{text}")),
                        None if text.starts_with('/') => {
                            note(format_args!(
                                "{text} is not a command; /help lists them, //{} sends it",
                                &text[1..]
                            ));
                            continue;
                        }
                        None => Action::Send(text.to_owned()),
                    },
                },
                Err(ReadlineError::Interrupted | ReadlineError::Eof) => Action::Close,
                Err(error) => {
                    note(format_args!("cannot read the terminal: {error}"));
                    Action::Close
                }
            };
            let last = matches!(next, Action::Close);
            if let (Some(file), Some(folder)) =
                (&history, history.as_ref().and_then(|f| f.parent()))
            {
                // The conversation goes on if the history cannot be saved.
                let _ = std::fs::create_dir_all(folder)
                    .and_then(|()| editor.save_history(file).map_err(std::io::Error::other));
            }
            if actions.send(next).is_err() || last {
                return;
            }
        }
    });
    Ok(Source::Channel(source))
}

/// The file of the history.
fn history_file() -> Option<PathBuf> {
    Some(state_folder()?.join("connect-history"))
}
