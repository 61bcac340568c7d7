//! Whether a stream gets colors: a terminal does, unless `NO_COLOR` is set or it is dumb. Any other stream
//! does if `CLICOLOR_FORCE` is set.

use anstream::{AutoStream, ColorChoice, stream::RawStream};

/// Whether `stream` gets colors.
pub(crate) fn on(stream: &impl RawStream) -> bool {
    AutoStream::choice(stream) != ColorChoice::Never
}
