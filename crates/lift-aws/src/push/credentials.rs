//! The credentials to sign with, read once and kept until they are about to expire.

use std::time::{Duration, SystemTime};

use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_smithy_runtime_api::client::identity::Identity;
use lift_ws::push::PushError;
use tokio::sync::Mutex;

/// Credentials are read anew this long before they expire.
const MARGIN: Duration = Duration::from_secs(60);

pub(super) struct CachedCredentials {
    provider: SharedCredentialsProvider,
    known: Mutex<Option<Identity>>,
}

impl CachedCredentials {
    pub(super) fn new(provider: SharedCredentialsProvider) -> Self {
        Self { provider, known: Mutex::new(None) }
    }

    /// The identity to sign with. Posts that come while it is read wait for the one reading.
    pub(super) async fn identity(&self) -> Result<Identity, PushError> {
        let mut known = self.known.lock().await;
        if let Some(identity) = known.as_ref().filter(|identity| is_fresh(identity)) {
            return Ok(identity.clone());
        }
        let credentials = self.provider.provide_credentials().await;
        let identity = Identity::from(credentials.map_err(PushError::forbidden)?);
        *known = Some(identity.clone());
        Ok(identity)
    }

    pub(super) async fn forget(&self) {
        *self.known.lock().await = None;
    }
}

fn is_fresh(identity: &Identity) -> bool {
    identity.expiration().is_none_or(|expiry| expiry > SystemTime::now() + MARGIN)
}
