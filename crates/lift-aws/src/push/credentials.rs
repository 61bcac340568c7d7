//! The credentials to sign with, read once and kept until they are about to expire.

use std::time::{Duration, SystemTime};

use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_smithy_runtime_api::client::identity::Identity;
use lift_ws::push::PushError;
use tokio::sync::Mutex;

/// Credentials are read again this long before they expire.
const MARGIN: Duration = Duration::from_secs(60);

pub(super) struct CachedCredentials {
    provider: SharedCredentialsProvider,
    cached: Mutex<Option<Identity>>,
}

impl CachedCredentials {
    pub(super) fn new(provider: SharedCredentialsProvider) -> Self {
        Self { provider, cached: Mutex::new(None) }
    }

    /// The identity to sign with. Posts that start during a read wait for it.
    pub(super) async fn identity(&self) -> Result<Identity, PushError> {
        let mut cached = self.cached.lock().await;
        if let Some(identity) = cached.as_ref().filter(|identity| is_fresh(identity)) {
            return Ok(identity.clone());
        }
        let credentials = self.provider.provide_credentials().await;
        let identity = Identity::from(credentials.map_err(PushError::forbidden)?);
        *cached = Some(identity.clone());
        Ok(identity)
    }

    pub(super) async fn forget(&self) {
        *self.cached.lock().await = None;
    }
}

fn is_fresh(identity: &Identity) -> bool {
    identity.expiration().is_none_or(|expiry| expiry > SystemTime::now() + MARGIN)
}
