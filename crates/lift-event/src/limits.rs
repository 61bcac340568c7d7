//! The limits and defaults of API Gateway's WebSocket APIs and of Lambda, each once. All crates of
//! Lift take them from here.
//!
//! Sources: "Quotas for configuring and running a WebSocket API in API Gateway" in the API Gateway
//! guide, "Lambda quotas" and "Configure Lambda function timeout" in the Lambda guide. AWS writes KB
//! and MB for 1024 and 1024 × 1024 bytes.

use std::{ops::RangeInclusive, time::Duration};

/// The largest message in bytes, in both directions: 128 KB. API Gateway closes a client that sends
/// more with 1009, answers a post of more with 413, and sends an error frame instead of a larger
/// reply.
pub const MESSAGE_BYTES: usize = 128 * 1024;

/// The largest WebSocket frame that a client may send, in bytes: 32 KB.
pub const FRAME_BYTES: usize = 32 * 1024;

/// How long a connection may carry no message in either direction: 10 minutes.
pub const IDLE_TIMEOUT: Duration = Duration::from_secs(10 * 60);

/// How long a connection may stay open: 2 hours.
pub const CONNECTION_LIFETIME: Duration = Duration::from_secs(2 * 60 * 60);

/// How long API Gateway waits for an integration: 29 seconds. The function itself runs on.
pub const INTEGRATION_TIMEOUT: Duration = Duration::from_secs(29);

/// How many handshakes, messages and calls of `@connections` all APIs of an account may have per second in a
/// Region. AWS can raise it.
pub const ACCOUNT_RATE: u32 = 10_000;

/// The burst of [`ACCOUNT_RATE`]: how many may come at once.
pub const ACCOUNT_BURST: u32 = 5_000;

/// The longest path and query of a handshake, in bytes.
pub const URL_BYTES: usize = 4096;

/// The largest response of a Lambda authorizer, in bytes: 8 KB.
pub const AUTHORIZER_RESPONSE_BYTES: usize = 8 * 1024;

/// The longest name of a stage, in characters.
pub const STAGE_NAME_CHARS: usize = 128;

/// The largest response of a Lambda function, in bytes, as Lambda's own error message states it:
/// 6 MB and 100 bytes.
pub const FUNCTION_RESPONSE_BYTES: usize = 6_291_556;

/// The largest event of a Lambda function whose caller waits, in bytes: 6 MB.
pub const FUNCTION_REQUEST_BYTES: usize = 6 * 1024 * 1024;

/// The largest event of a Lambda function whose caller does not wait, in bytes: 1 MB.
pub const FUNCTION_ASYNC_REQUEST_BYTES: usize = 1024 * 1024;

/// How long a Lambda function may run when its configuration names no timeout: 3 seconds.
pub const FUNCTION_TIMEOUT: Duration = Duration::from_secs(3);

/// The memory of a Lambda function when its configuration names none, in MB.
pub const FUNCTION_MEMORY_MB: u32 = 128;

/// The memory that a Lambda function may have, in MB.
pub const FUNCTION_MEMORY_RANGE_MB: RangeInclusive<u32> = 128..=10_240;
