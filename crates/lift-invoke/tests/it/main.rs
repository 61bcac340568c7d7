//! Invocations from outside: Lambda's Invoke API, schedules with a paused clock, events of queues.

mod api;
mod observed;
mod schedules;
mod sqs;
