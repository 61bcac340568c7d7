//! The token buckets of one gateway, filled by tokio's clock.

use std::{collections::HashMap, sync::Mutex};

use tokio::time::Instant;

use crate::{ApiKey, Rate, Settings, sync};

/// A token bucket.
pub(crate) struct Bucket {
    rate: Rate,
    level: Mutex<Level>,
}

struct Level {
    tokens: f64,
    at: Instant,
}

impl Bucket {
    /// A full bucket.
    pub(crate) fn new(rate: Rate) -> Self {
        let level = Level { tokens: rate.burst.into(), at: Instant::now() };
        Self { rate, level: Mutex::new(level) }
    }

    /// Takes one token, if there is one.
    pub(crate) fn try_take(&self) -> bool {
        let mut level = sync::lock(&self.level);
        let now = Instant::now();
        let fresh = (now - level.at).as_secs_f64() * self.rate.per_second;
        level.tokens = (level.tokens + fresh).min(self.rate.burst.into());
        level.at = now;
        let full = level.tokens >= 1.0;
        if full {
            level.tokens -= 1.0;
        }
        full
    }
}

/// The buckets of an API.
pub(crate) struct Buckets {
    account: Option<Bucket>,
    handshakes: Option<Bucket>,
    stage: Option<Bucket>,
    routes: HashMap<String, Bucket>,
    /// By the key's id.
    keys: HashMap<String, Bucket>,
}

impl Buckets {
    pub(crate) fn new(settings: &Settings) -> Self {
        let throttles = &settings.throttles;
        let routes = throttles.routes.iter();
        let keys = settings.api_keys.iter().flat_map(|keys| &keys.keys);
        Self {
            account: throttles.account.map(Bucket::new),
            handshakes: throttles.handshakes.map(Bucket::new),
            stage: throttles.stage.map(Bucket::new),
            routes: routes.map(|(key, rate)| (key.clone(), Bucket::new(*rate))).collect(),
            keys: keys.filter_map(|key| Some((key.id.clone(), Bucket::new(key.rate?)))).collect(),
        }
    }

    /// Takes a token for a handshake.
    pub(crate) fn handshake(&self) -> bool {
        try_take(&self.handshakes) && self.message("$connect")
    }

    /// Takes a token for a message of a route.
    pub(crate) fn message(&self, route: &str) -> bool {
        let route = self.routes.get(route).or(self.stage.as_ref());
        route.is_none_or(Bucket::try_take) && self.call()
    }

    /// Takes a token for a call of `@connections`.
    pub(crate) fn call(&self) -> bool {
        try_take(&self.account)
    }

    /// Takes a token for a handshake with this API key.
    pub(crate) fn key(&self, key: &ApiKey) -> bool {
        self.keys.get(&key.id).is_none_or(Bucket::try_take)
    }
}

fn try_take(bucket: &Option<Bucket>) -> bool {
    bucket.as_ref().is_none_or(Bucket::try_take)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::advance;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_bucket_gives_its_burst_and_then_its_rate() {
        let bucket = Bucket::new(Rate { per_second: 0.5, burst: 2 });
        assert_eq!([bucket.try_take(), bucket.try_take(), bucket.try_take()], [true, true, false]);
        advance(Duration::from_millis(1999)).await;
        assert!(!bucket.try_take());
        advance(Duration::from_millis(2)).await;
        assert_eq!([bucket.try_take(), bucket.try_take()], [true, false]);
        advance(Duration::from_secs(3600)).await;
        assert_eq!([bucket.try_take(), bucket.try_take(), bucket.try_take()], [true, true, false]);
    }
}
