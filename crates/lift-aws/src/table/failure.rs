//! Errors of DynamoDB, told to a person: one line that names the fix.

use aws_sdk_dynamodb::error::{BuildError, DisplayErrorContext, ProvideErrorMetadata, SdkError};

use super::Table;
use crate::Error;

/// What DynamoDB calls credentials that it does not know, or no longer.
const UNKNOWN: [&str; 6] = [
    "UnrecognizedClientException",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "IncompleteSignature",
    "ExpiredTokenException",
    "MissingAuthenticationToken",
];

impl Table {
    pub(super) fn missing(&self) -> Error {
        let Self { name, place, .. } = self;
        let create = format!("lift table create --table {name}");
        Error::new(match self.is_local {
            true => format!(
                "there is no table {name} at {place}: `{create} --endpoint-url {place}` makes it"
            ),
            false => format!(
                "there is no table {name} at {place}: `{create}` makes it; or is it in another \
                 region or account?"
            ),
        })
    }

    /// The request for a table could not be built: a fault of ours, or of an option.
    pub(super) fn undefined(&self, error: BuildError) -> Error {
        Error::new(format!("the table {} cannot be defined", self.name)).with_cause(error)
    }

    /// `action` is the operation, and the name of the right to it.
    pub(super) fn failed<E, R>(&self, action: &str, error: SdkError<E, R>) -> Error
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
        R: std::fmt::Debug + Send + Sync + 'static,
    {
        let Self { name, place, .. } = self;
        if matches!(error, SdkError::TimeoutError(_)) {
            return Error::new(format!("{place} does not answer {action} in time: try again"));
        }
        if matches!(&error, SdkError::DispatchFailure(to) if to.is_io() || to.is_timeout()) {
            let fix = match self.is_local {
                true => "is it running?",
                false => "is the network up, and the region's name right?",
            };
            return Error::new(format!("cannot connect to {place}: {fix}"));
        }
        let message = error.message().map(str::to_owned);
        let (Some(code), SdkError::ServiceError(_)) = (error.code(), &error) else {
            let cause = DisplayErrorContext(error).to_string();
            return Error::new(format!("{action} failed for the table {name}")).with_cause(cause);
        };
        let said = message.unwrap_or_else(|| code.to_owned());
        if code == "AccessDeniedException" {
            return Error::new(format!(
                "access denied: allow `dynamodb:{action}` on the table {name}. AWS says: {said}"
            ));
        }
        if UNKNOWN.contains(&code) {
            return Error::new(format!(
                "{place} does not take the AWS credentials: sign in again, or choose others with \
                 AWS_PROFILE. AWS says: {said}"
            ));
        }
        if code == "ResourceNotFoundException" {
            return self.missing();
        }
        Error::new(format!("{action} failed for the table {name}: {said} ({code})"))
    }
}
