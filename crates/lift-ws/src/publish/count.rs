//! How many connections an audience has: exactly, or from a sample of their hashes.

use futures_util::{TryStreamExt, stream::FuturesUnordered};

use super::{Audience, PublishError, patience::persist, who::Who};
use crate::store::{Members, Part};

/// The first sample is one of so many ranges of the hashes.
const FIRST: u64 = 1 << 8;

/// A sample with so many connections is off by 3 % ([S-2.3.3]).
const ENOUGH: u64 = 1000;

/// A sample is widened so much at most, since a small one says little of how wide to make it.
const WIDEN: u64 = 16;

/// All range hashes.
const ALL: u64 = 1 << 32;

/// About how many connections an audience has.
///
/// ```
/// use lift_ws::{Error, Publisher};
///
/// async fn crowd(publish: Publisher) -> Result<String, Error> {
///     let estimate = publish.own_tenant().estimate().await?;
///     let about = if estimate.exact { "" } else { "about " };
///     Ok(format!("{about}{} are here", estimate.connections))
/// }
/// # let _ = lift_ws::App::new().route("crowd", crowd);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Estimate {
    /// How many.
    pub connections: u64,
    /// Whether all were counted: no sample of a small audience is large enough.
    pub exact: bool,
}

impl Estimate {
    /// Into how many pieces to cut the audience for so many connections each:
    /// see [`Audience::tasks`].
    #[must_use]
    pub fn pieces(&self, connections: u64) -> u32 {
        let pieces = self.connections.div_ceil(connections.max(1)).max(1);
        u32::try_from(pieces).unwrap_or(u32::MAX)
    }
}

impl Audience {
    /// Counts the connections: some units per thousand, about $0.002 per million on DynamoDB. Lists may
    /// lag by a second.
    ///
    /// # Errors
    /// When the list cannot be read.
    pub async fn count(self) -> Result<u64, PublishError> {
        if let (Who::List(of, _), true) = (&self.who, self.except.is_empty()) {
            let parts = self.parts(1).await?;
            return self.count_parts(of, parts).await;
        }
        let (mut members, mut count) = (self.members(), 0);
        while let Some(member) = members.next().await {
            member?;
            count += 1;
        }
        Ok(count)
    }

    /// Estimates the number of connections, within some per cent: counts those in one random range of
    /// the hashes of their ids, wide enough for a thousand. Of a
    /// million, it costs a hundredth of [`count`](Self::count).
    ///
    /// # Errors
    /// When the list cannot be read.
    pub async fn estimate(self) -> Result<Estimate, PublishError> {
        let Who::List(of, _) = &self.who else {
            return Ok(Estimate { connections: self.count().await?, exact: true });
        };
        let parts = self.parts(1).await?;
        let mut width = ALL / FIRST;
        loop {
            let start = fastrand::u64(0..=ALL - width);
            let sample = parts.iter().map(|part| sample(*part, start, width)).collect();
            let hits = self.count_parts(of, sample).await?;
            if hits >= ENOUGH || width == ALL {
                let connections = u128::from(hits) * u128::from(ALL) / u128::from(width);
                let connections = u64::try_from(connections).unwrap_or(u64::MAX);
                return Ok(Estimate { connections, exact: width == ALL });
            }
            let wider = ENOUGH.div_ceil(hits.max(1)).clamp(2, WIDEN);
            width = (width * wider).min(ALL);
        }
    }

    pub(super) async fn parts(&self, wished: u32) -> Result<Vec<Part>, PublishError> {
        self.who.check().map_err(PublishError::from)?;
        let store = &*self.publisher.services.store;
        let parts = || self.who.parts(store, wished);
        Ok(persist(self.publisher.stop_at(), parts).await?)
    }

    async fn count_parts(&self, of: &Members, parts: Vec<Part>) -> Result<u64, PublishError> {
        let store = &self.publisher.services.store;
        let stop_at = self.publisher.stop_at();
        let counts = parts.into_iter().map(|part| persist(stop_at, move || store.count(of, part)));
        let counts: FuturesUnordered<_> = counts.collect();
        Ok(counts.try_fold(0, async |all, part| Ok(all + part)).await?)
    }
}

/// The share of a part that a range of all hashes is of the whole.
fn sample(part: Part, start: u64, width: u64) -> Part {
    let size = u64::from(part.to) - u64::from(part.from) + 1;
    let at = |hash: u64| (u128::from(size) * u128::from(hash) / u128::from(ALL)) as u64;
    let from = u64::from(part.from) + at(start);
    let to = (u64::from(part.from) + at(start + width)).saturating_sub(1).max(from);
    // Within the part's own bounds, which are 32 bits wide.
    let narrow = |hash: u64| u32::try_from(hash).unwrap_or(u32::MAX);
    Part { shard: part.shard, from: narrow(from), to: narrow(to) }
}
