//! Trying again: how long to pause, and reads that are worth a second try.

use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::time::{Instant, sleep, timeout_at};

use crate::store::StoreError;

/// The first back-off; each further one is twice as long, up to [`LONGEST`].
const BACK_OFF: Duration = Duration::from_millis(50);

const LONGEST: Duration = Duration::from_secs(1);

/// How often the store is asked. Its own client has tried again already.
const READS: u32 = 4;

/// The pause before another try, jittered over its whole length. `tried` counts from 1.
pub(super) fn pause(tried: u32) -> Duration {
    let doubled = BACK_OFF * 2_u32.pow(tried.saturating_sub(1).min(8));
    doubled.min(LONGEST).mul_f64(fastrand::f64())
}

/// Reads from the store, again after a throttle or a failure, while there is time.
pub(super) async fn persist<'a, T>(
    stop_at: Instant,
    mut read: impl FnMut() -> BoxFuture<'a, Result<T, StoreError>>,
) -> Result<T, StoreError> {
    let mut tried = 0;
    loop {
        tried += 1;
        let error = match timeout_at(stop_at, read()).await {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(error)) => error,
            Err(late) => return Err(StoreError::failed(late)),
        };
        let pause = pause(tried);
        if error.is_invalid() || tried == READS || Instant::now() + pause >= stop_at {
            return Err(error);
        }
        sleep(pause).await;
    }
}
