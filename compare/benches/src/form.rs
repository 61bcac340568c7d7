//! A handler in one form (typed, HTTP-style, or on lambda_runtime), and the types that all forms share.

use std::hint::black_box;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

/// The message that a client sends, and that the handler returns.
#[derive(Deserialize, Serialize)]
pub struct Said {
    pub(crate) action: String,
    pub(crate) room: String,
    pub(crate) text: String,
}

/// The only origin that may connect, in the cases that read headers.
pub(crate) const ORIGIN: &str = "https://app.example.com";

/// A handler in a form.
pub struct Form {
    pub name: &'static str,
    run: Box<dyn Fn(Vec<Bytes>) -> Vec<u8>>,
}

impl Form {
    pub(crate) fn new(name: &'static str, call: impl AsyncFn(Bytes) -> Vec<u8> + 'static) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
        let runtime = runtime.expect("a runtime");
        let run = move |events: Vec<Bytes>| {
            runtime.block_on(async {
                let mut last = Vec::new();
                for event in events {
                    last = black_box(call(event).await);
                }
                last
            })
        };
        Self { name, run: Box::new(run) }
    }

    /// Handles events one after the other, and returns the last reply.
    pub fn run(&self, events: Vec<Bytes>) -> Vec<u8> {
        (self.run)(events)
    }
}
