//! An error of the AWS SDK in words. Its own text for people is `Debug` output of several hundred characters.

use std::error::Error;

use aws_sdk_dynamodb::error::ProvideErrorMetadata;

/// What DynamoDB says, with the code; or the error and its causes, each once.
pub(crate) fn in_words<E: ProvideErrorMetadata + Error>(error: &E) -> String {
    match (error.code(), error.message()) {
        (Some(code), Some(message)) => format!("{code}: {message}"),
        _ => causes(error),
    }
}

/// The error and its causes in one line. Some errors say the text of their cause themselves.
pub(crate) fn causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use std::{fmt, io};

    use super::*;

    #[derive(Debug)]
    struct Twice(io::Error);

    impl fmt::Display for Twice {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "cannot read it: {}", self.0)
        }
    }

    impl Error for Twice {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(&self.0)
        }
    }

    #[test]
    fn a_cause_is_said_once() {
        assert_eq!(causes(&Twice(io::Error::other("disk full"))), "cannot read it: disk full");
    }
}
