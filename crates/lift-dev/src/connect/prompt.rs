//! The prompt: a line editor with history, in a thread of its own.

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
    source::{Move, Source},
};

const PROMPT: &str = "> ";

/// The most lines of history that are kept.
const HISTORY: usize = 1_000;

const HELP: &str = "\
Each line is sent as a message. Besides:
  /ping     send a ping, and say how long the pong took
  /close    close the connection, as Ctrl-D and Ctrl-C do
  //text    send a message that starts with a slash";

/// The terminal as it was. Dropped, it is so again, although the editor may still wait for a line.
pub(super) struct Terminal(Termios);

impl Terminal {
    pub(super) fn remember() -> anyhow::Result<Self> {
        tcgetattr(stdin()).map(Self).context("the terminal cannot be used")
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = tcsetattr(stdin(), SetArg::TCSANOW, &self.0);
        // The editor has asked that pasted text be marked.
        let _ = write!(stdout(), "\x1b[?2004l\r").and_then(|()| stdout().flush());
    }
}

/// Starts the prompt. From now on the screen prints above it.
pub(super) fn start(screen: &mut Screen) -> anyhow::Result<Source> {
    let config = Config::builder().max_history_size(HISTORY).context("no history")?;
    let config = config.history_ignore_dups(true).context("no history")?.auto_add_history(true);
    let mut editor: Editor<(), DefaultHistory> =
        Editor::with_config(config.build()).context("the terminal cannot be used")?;
    let printer = editor.create_external_printer().context("the terminal cannot be used")?;
    screen.above(Box::new(printer));
    let history = history();
    if let Some(file) = &history {
        // There is none at first.
        let _ = editor.load_history(file);
    }
    let (moves, source) = unbounded_channel();
    thread::spawn(move || {
        loop {
            let next = match editor.readline(PROMPT) {
                Ok(line) => match line.trim() {
                    "" => continue,
                    "/help" => {
                        eprintln!("{HELP}");
                        continue;
                    }
                    "/ping" => Move::Ping,
                    "/close" => Move::Close,
                    text => match text.strip_prefix("//") {
                        Some(text) => Move::Send(format!("/{text}")),
                        None if text.starts_with('/') => {
                            eprintln!(
                                "{text} is no command; /help lists them, //{} sends it",
                                &text[1..]
                            );
                            continue;
                        }
                        None => Move::Send(text.to_owned()),
                    },
                },
                Err(ReadlineError::Interrupted | ReadlineError::Eof) => Move::Close,
                Err(error) => {
                    eprintln!("the terminal cannot be read: {error}");
                    Move::Close
                }
            };
            let last = matches!(next, Move::Close);
            if let (Some(file), Some(folder)) =
                (&history, history.as_ref().and_then(|f| f.parent()))
            {
                // A history that cannot be kept is no reason to stop talking.
                let _ = std::fs::create_dir_all(folder)
                    .and_then(|()| editor.save_history(file).map_err(std::io::Error::other));
            }
            if moves.send(next).is_err() || last {
                return;
            }
        }
    });
    Ok(Source::Channel(source))
}

/// Where the history is kept, by the XDG rules.
fn history() -> Option<PathBuf> {
    let state = std::env::var_os("XDG_STATE_HOME").filter(|path| !path.is_empty());
    let state =
        state.map(PathBuf::from).or_else(|| Some(std::env::home_dir()?.join(".local/state")));
    Some(state?.join("lift/connect-history"))
}
