//! The rules that can be broken, and how a connection ends.

use std::io;

use clap::ValueEnum;

#[derive(Clone, Copy, PartialEq, ValueEnum)]
pub(crate) enum BrokenRule {
    /// Text frames are not checked for UTF-8.
    NoUtf8Check,
    /// A client's frame without a mask is accepted.
    UnmaskedAccepted,
    /// Reserved bits are ignored.
    RsvAccepted,
    /// A fragmented control frame is accepted.
    FragmentedControlAccepted,
    /// A close code that no endpoint may send is echoed in the close frame.
    BadCloseCodeEchoed,
}

/// Why a connection ends.
pub(super) enum End {
    /// The client's close frame, to be echoed.
    Closed(Vec<u8>),
    /// The client broke a rule; the close code for it.
    Failed(u16),
    /// The connection ended without a close frame.
    Lost,
}

impl From<io::Error> for End {
    fn from(_: io::Error) -> Self {
        Self::Lost
    }
}
