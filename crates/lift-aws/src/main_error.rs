//! The error of a program's `main`.

use std::{error, fmt};

use crate::causes::causes;

/// The error of a `main` with a set-up of its own: `?` takes every error, as of `std::env::var` or of a client, also
/// [`Error`](crate::Error) and `anyhow::Error`. A `main` that returns it prints the error and its causes in one line.
///
/// ```no_run
/// use lift_ws::App;
///
/// #[tokio::main(flavor = "current_thread")]
/// async fn main() -> Result<(), lift_aws::MainError> {
///     let limit: u32 = std::env::var("SHOP_LIMIT").unwrap_or_else(|_| "10".to_owned()).parse()?;
///     lift_aws::run(App::with_state(limit)).await?;
///     Ok(())
/// }
/// ```
///
/// `main` runs for the app's description too, without the app's variables. So a state that needs variables, secrets
/// or the network is made by [`App::with_state_from`](lift_ws::App::with_state_from).
pub struct MainError(Box<dyn error::Error + Send + Sync>);

// `MainError` is not a `std::error::Error`, so that this cannot clash with `From<MainError>`.
impl<E: Into<Box<dyn error::Error + Send + Sync>>> From<E> for MainError {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl fmt::Display for MainError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&causes(&*self.0))
    }
}

/// As its text, because a `main` that returns it prints it so.
impl fmt::Debug for MainError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn every_error_is_one_line() {
        fn fail_by(kind: &str) -> Result<(), MainError> {
            let missing = io::Error::other("no table");
            match kind {
                "std" => Err(missing)?,
                "lift" => Err(crate::Error::new(ErrorKind::State, "no start").with_cause(missing))?,
                "variable" => drop(std::env::var("LIFT_TEST_NOT_SET")?),
                _ => Err("no table")?,
            }
            Ok(())
        }
        for (kind, line) in [
            ("std", "no table"),
            ("lift", "no start: no table"),
            ("variable", "environment variable not found"),
            ("text", "no table"),
        ] {
            assert_eq!(format!("{:?}", fail_by(kind).expect_err(kind)), line);
        }
    }
}
