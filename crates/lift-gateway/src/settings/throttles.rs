//! How often clients and functions may call. All are token buckets, as AWS's are.

use std::collections::HashMap;

/// A token bucket: AWS's `ThrottlingRateLimit` and `ThrottlingBurstLimit`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// How many calls a second the bucket is filled up with. Unit: 1/s.
    pub per_second: f64,
    /// How many calls it holds: so many may come at once.
    pub burst: u32,
}

/// The throttles of an API. By default there are none: a load test measures the app, not them.
///
/// A handshake above a rate is refused with 429, a call of `@connections` with 429
/// `LimitExceededException`, a message as [`Choices::throttled`](crate::Choices::throttled) says.
#[derive(Clone, Debug, Default)]
pub struct Throttles {
    /// Handshakes, messages and calls of `@connections` together. AWS: 10,000/s and 5,000 for all
    /// APIs of an account in a Region, can be raised (reference, section 7).
    pub account: Option<Rate>,
    /// Handshakes. AWS: 500/s for all APIs of an account in a Region, can be raised.
    pub connections: Option<Rate>,
    /// Handshakes and messages of the routes that are not in `routes`, together. AWS: the stage's
    /// `DefaultRouteSettings`, none by default. Whether the routes share a bucket there is not
    /// known; here they do.
    pub stage: Option<Rate>,
    /// By route key; `$connect` is for handshakes. AWS: the stage's `RouteSettings`, none by default.
    pub routes: HashMap<String, Rate>,
    /// The messages of one connection; above it the client is closed with 1008. AWS documents the
    /// code ("too many requests from one client", reference, section 5.3) and no value.
    pub connection: Option<Rate>,
}

impl Throttles {
    /// What AWS allows a new account in most Regions. It publishes no burst for new connections, so
    /// that is one second's worth.
    #[must_use]
    pub fn aws() -> Self {
        Self {
            account: Some(Rate { per_second: 10_000.0, burst: 5_000 }),
            connections: Some(Rate { per_second: 500.0, burst: 500 }),
            ..Self::default()
        }
    }
}
