//! Where a conversation's next move comes from: a script, the lines of a pipe, or a person.

use std::{
    io::{BufRead as _, stdin},
    thread,
};

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::expect::Expected;
use crate::args::{Step, Steps};

/// What to do next.
#[derive(Debug)]
pub(super) enum Move {
    Send(String),
    Expect(Expected),
    Ping,
    /// Close at once.
    Close,
    /// There is no more; what is still on its way may come.
    End,
}

/// A source of moves, which may be waited for again after a wait was dropped.
pub(super) enum Source {
    Script(std::vec::IntoIter<Step>),
    Channel(UnboundedReceiver<Move>),
}

impl Source {
    pub(super) fn script(steps: Steps) -> Self {
        Self::Script(steps.into_iter())
    }

    pub(super) fn lines_of_stdin() -> Self {
        let (moves, source) = unbounded_channel();
        thread::spawn(move || {
            for line in stdin().lock().lines() {
                let Ok(line) = line else { break };
                if moves.send(Move::Send(line)).is_err() {
                    return;
                }
            }
            let _ = moves.send(Move::End);
        });
        Self::Channel(source)
    }

    pub(super) async fn next(&mut self) -> Move {
        match self {
            Self::Script(steps) => match steps.next() {
                Some(Step::Send(text)) => Move::Send(text),
                Some(Step::Expect(text)) => Move::Expect(Expected::parse(text)),
                None => Move::End,
            },
            Self::Channel(moves) => moves.recv().await.unwrap_or(Move::End),
        }
    }
}
