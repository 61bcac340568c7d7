//! Every limit of the gateway, in one place, with AWS's documented values as defaults.

use std::{collections::HashMap, time::Duration};

use lift_event::limits;
use lift_local::HEAD_TIMEOUT;

/// The limits of clients, messages and functions.
///
/// A default is AWS's value where AWS publishes one. The others are marked as Lift's own. Build it with
/// `..Limits::default()`: later versions add fields.
#[derive(Clone, Debug)]
pub struct Limits {
    /// The largest frame of a client, in bytes of payload; above it the close code is 1009. AWS: 32 KB.
    pub frame_bytes: usize,
    /// The largest message, in bytes, inbound and outbound: above it a client is closed with 1009,
    /// a POST is answered 413 and a two-way reply becomes an error frame. AWS: 128 KB.
    pub message_bytes: usize,
    /// How long a connection may carry no message in either direction. AWS: 10 minutes.
    pub idle: Duration,
    /// How long a connection may live. AWS: 2 hours.
    pub lifetime: Duration,
    /// How long a client waits for the function; the function itself runs on. AWS: 29 seconds.
    pub integration_timeout: Duration,
    /// How long a client may take to send a request's head, and a caller of `@connections` its
    /// body. Lift: 10 seconds.
    pub header_timeout: Duration,
    /// The longest path and query, in bytes; above it the response is 414. AWS: 4096.
    pub url_bytes: usize,
    /// The largest request head, in bytes; above it the response is 431. Hyper's least is 8 KiB.
    /// Lift: 32 KiB.
    pub head_bytes: usize,
    /// How many bytes may wait for a client that reads slowly; above it a POST is answered 429.
    /// Never less than `message_bytes`. AWS has such a limit but no value for it. Lift: 256 KiB.
    pub buffered_bytes: usize,
    /// How many messages of one connection the function may process concurrently; at the limit the
    /// gateway stops reading that connection. Lift: 64.
    pub in_flight: usize,
    /// How long a closing connection may take for its last messages and the close handshake.
    /// Lift: 3 seconds.
    pub close_timeout: Duration,
    /// How long a shutdown waits for `$disconnect` and for invocations. Lift: 30 seconds, so that
    /// the longest integration can end.
    pub drain_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            frame_bytes: limits::FRAME_BYTES,
            message_bytes: limits::MESSAGE_BYTES,
            idle: limits::IDLE_TIMEOUT,
            lifetime: limits::CONNECTION_LIFETIME,
            integration_timeout: limits::INTEGRATION_TIMEOUT,
            header_timeout: HEAD_TIMEOUT,
            url_bytes: limits::URL_BYTES,
            head_bytes: 32 * 1024,
            buffered_bytes: 256 * 1024,
            in_flight: 64,
            close_timeout: Duration::from_secs(3),
            drain_timeout: Duration::from_secs(30),
        }
    }
}

/// A token bucket: AWS's `ThrottlingRateLimit` and `ThrottlingBurstLimit`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// How many tokens the bucket gains per second.
    pub per_second: f64,
    /// How many tokens the bucket holds: the number of calls that may come at once.
    pub burst: u32,
}

/// The throttles of an API. By default there are none, so that a load test measures the app. Build it
/// with `..Throttles::default()`: later versions add fields.
///
/// A handshake above a rate is refused with 429, a call of `@connections` with 429
/// `LimitExceededException`, a message as [`Undocumented::throttled`](crate::Undocumented::throttled) says.
#[derive(Clone, Debug, Default)]
pub struct Throttles {
    /// Handshakes, messages and calls of `@connections` together. AWS: 10,000/s and 5,000 for all
    /// APIs of an account in a Region, can be raised ([R-7.1]).
    pub account: Option<Rate>,
    /// Handshakes. AWS: 500/s for all APIs of an account in a Region, can be raised.
    pub handshakes: Option<Rate>,
    /// Handshakes and messages of the routes that are not in `routes`, together. AWS: the stage's
    /// `DefaultRouteSettings`, none by default. Whether the routes share a bucket there is not
    /// known; here they do.
    pub stage: Option<Rate>,
    /// By route key; `$connect` is for handshakes. AWS: the stage's `RouteSettings`, none by default.
    pub routes: HashMap<String, Rate>,
    /// The messages of one connection; above it the client is closed with 1008. AWS documents the
    /// code, "too many requests from one client", but no value ([R-5.3.6]).
    pub messages_per_connection: Option<Rate>,
}

impl Throttles {
    /// What AWS allows a new account in most Regions. It publishes no burst for new connections, so
    /// the burst is the rate for one second.
    #[must_use]
    pub fn aws() -> Self {
        Self {
            account: Some(Rate {
                per_second: limits::ACCOUNT_RATE.into(),
                burst: limits::ACCOUNT_BURST,
            }),
            handshakes: Some(Rate { per_second: 500.0, burst: 500 }),
            ..Self::default()
        }
    }
}

/// The read buffer of a socket, in bytes. The library's default of 128 KiB is as much memory as
/// 20 connections use.
pub(crate) const READ_BUFFER: usize = 4 * 1024;

/// What a queued message counts in addition to its bytes: the overhead of the queue and the
/// allocator.
pub(crate) const MESSAGE_OVERHEAD: usize = 128;

/// Room in a socket's write buffer for pongs and the close frame, beside one message.
pub(crate) const CONTROL_ROOM: usize = 4 * 1024;

/// How long HTTP responses may take after everything else has ended.
pub(crate) const HTTP_GRACE: Duration = Duration::from_secs(1);

/// The largest report of a function's error and the largest registration, in bytes.
pub(crate) const REPORT_BYTES: usize = 256 * 1024;

/// How long an extension has between SHUTDOWN and its end.
pub(crate) const SHUTDOWN_GRACE: Duration = Duration::from_secs(2);
