//! The rules that can be broken, and how a connection ends.

use std::io;

use clap::ValueEnum;

#[derive(Clone, Copy, PartialEq, ValueEnum)]
pub(crate) enum Fault {
    /// Text need not be UTF-8.
    NoUtf8Check,
    /// A client's frame need not be masked.
    UnmaskedAccepted,
    /// Reserved bits are ignored.
    RsvAccepted,
    /// A control frame may come in fragments.
    FragmentedControlAccepted,
    /// A close code that no endpoint may send is echoed.
    BadCloseCodeEchoed,
}

/// Why a connection ends.
pub(super) enum End {
    /// The client's close frame, to be echoed.
    Closed(Vec<u8>),
    /// The client broke a rule: the close code says which kind.
    Failed(u16),
    Lost,
}

impl From<io::Error> for End {
    fn from(_: io::Error) -> Self {
        Self::Lost
    }
}
