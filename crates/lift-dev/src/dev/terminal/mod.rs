//! What happens, on the terminal.

use std::io::{Write as _, stderr};

use crate::dev::seen::{Seen, Sight, Witness};

/// The terminal.
pub(crate) struct Terminal;

impl Witness for Terminal {
    fn see(&self, seen: &Seen) {
        if let Sight::Line { process, text, .. } = &seen.what {
            let _ = stderr().write_all(format!("[{process}] {text}\n").as_bytes());
        }
    }
}
