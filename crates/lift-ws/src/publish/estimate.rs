//! How many connections a list has: exactly, or estimated from a sample of their hashes.

use futures_util::{TryStreamExt, stream::FuturesUnordered};

use super::{PublishError, context::SendContext, retry::retry_read, target::Target};
use crate::store::{ListKey, Part};

/// The first sample is one of this many equal ranges of the hashes.
const FIRST_SAMPLE: u64 = 1 << 8;

/// A sample with this many connections has a deviation of 3 % ([S-2.3.3]).
const ENOUGH: u64 = 1000;

/// A sample is widened at most by this factor at once, because a small sample says little about the needed width.
const MAX_WIDENING: u64 = 16;

/// How many hashes there are.
const ALL_HASHES: u64 = 1 << 32;

/// About how many connections an audience has.
///
/// ```
/// use lift_ws::{Error, Publisher};
///
/// async fn audience_size(publish: Publisher) -> Result<String, Error> {
///     let estimate = publish.own_tenant().estimate().await?;
///     let about = if estimate.exact { "" } else { "about " };
///     Ok(format!("{about}{} are connected", estimate.connections))
/// }
/// # let _ = lift_ws::App::new().route("size", audience_size);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Estimate {
    /// The number of connections.
    pub connections: u64,
    /// Whether the number is exact: all connections were counted, as in small audiences.
    pub exact: bool,
}

impl Estimate {
    /// An estimate, or an exact number.
    #[must_use]
    pub fn new(connections: u64, exact: bool) -> Self {
        Self { connections, exact }
    }

    /// How many parts to [split](crate::publish::Audience::split) the audience into, with this many connections
    /// each; at least 1.
    #[must_use]
    pub fn parts(&self, connections: u64) -> u32 {
        let parts = self.connections.div_ceil(connections.max(1)).max(1);
        u32::try_from(parts).unwrap_or(u32::MAX)
    }

    pub(super) async fn of_list(
        context: &SendContext,
        list: &ListKey,
        parts: &[Part],
    ) -> Result<Self, PublishError> {
        let mut width = ALL_HASHES / FIRST_SAMPLE;
        loop {
            let start = fastrand::u64(0..=ALL_HASHES - width);
            let samples = parts.iter().map(|part| sample(*part, start, width)).collect();
            let hits = count_parts(context, list, samples).await?;
            if hits >= ENOUGH || width == ALL_HASHES {
                let connections = u128::from(hits) * u128::from(ALL_HASHES) / u128::from(width);
                let connections = u64::try_from(connections).unwrap_or(u64::MAX);
                return Ok(Self { connections, exact: width == ALL_HASHES });
            }
            let wider = ENOUGH.div_ceil(hits.max(1)).clamp(2, MAX_WIDENING);
            width = (width * wider).min(ALL_HASHES);
        }
    }
}

/// Reads the parts of a target, with retries.
pub(super) async fn read_parts(
    context: &SendContext,
    target: &Target,
    min_parts: u32,
) -> Result<Vec<Part>, PublishError> {
    target.check()?;
    let store = &*context.services.store;
    Ok(retry_read(context.stop_at(), || target.parts(store, min_parts)).await?)
}

/// Counts the connections of some parts of a list, all parts at the same time.
pub(super) async fn count_parts(
    context: &SendContext,
    list: &ListKey,
    parts: Vec<Part>,
) -> Result<u64, PublishError> {
    let (store, stop_at) = (&context.services.store, context.stop_at());
    let count = |part| retry_read(stop_at, move || store.count(list, part));
    let counts: FuturesUnordered<_> = parts.into_iter().map(count).collect();
    Ok(counts.try_fold(0, async |all, part| Ok(all + part)).await?)
}

/// The range of a part that corresponds to a range of all hashes.
fn sample(part: Part, start: u64, width: u64) -> Part {
    let size = u64::from(part.to) - u64::from(part.from) + 1;
    let at = |hash: u64| (u128::from(size) * u128::from(hash) / u128::from(ALL_HASHES)) as u64;
    let from = u64::from(part.from) + at(start);
    let to = (u64::from(part.from) + at(start + width)).saturating_sub(1).max(from);
    // Never saturates: the values are within the bounds of the part, which are 32 bits wide.
    let narrow = |hash: u64| u32::try_from(hash).unwrap_or(u32::MAX);
    Part { shard: part.shard, from: narrow(from), to: narrow(to) }
}
