//! Retries: the back-off between attempts, and reads of the store that are retried.

use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::time::{Instant, sleep, timeout_at};

use crate::store::StoreError;

/// The first back-off. Each further one is twice as long, up to [`MAX_BACK_OFF`].
const FIRST_BACK_OFF: Duration = Duration::from_millis(50);

const MAX_BACK_OFF: Duration = Duration::from_secs(1);

/// How many times a read is attempted. The store's own client has retried already.
const READ_ATTEMPTS: u32 = 4;

/// The pause before the next attempt, with full jitter. `attempts` is the number made so far, from 1.
pub(super) fn back_off(attempts: u32) -> Duration {
    let doubled = FIRST_BACK_OFF * 2_u32.pow(attempts.saturating_sub(1).min(8));
    doubled.min(MAX_BACK_OFF).mul_f64(fastrand::f64())
}

/// Reads from the store, and retries after a throttle or a failure as long as there is time.
pub(super) async fn retry_read<'a, T>(
    stop_at: Instant,
    mut read: impl FnMut() -> BoxFuture<'a, Result<T, StoreError>>,
) -> Result<T, StoreError> {
    let mut attempts = 0;
    loop {
        attempts += 1;
        let error = match timeout_at(stop_at, read()).await {
            Ok(Ok(value)) => return Ok(value),
            Ok(Err(error)) => error,
            Err(elapsed) => return Err(StoreError::failed(elapsed)),
        };
        let pause = back_off(attempts);
        if error.is_invalid() || attempts == READ_ATTEMPTS || Instant::now() + pause >= stop_at {
            return Err(error);
        }
        sleep(pause).await;
    }
}
