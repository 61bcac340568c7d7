//! Runs as text, JSON and Markdown.

mod counts;
mod json;
mod markdown;
mod text;

pub use json::json;
pub use markdown::markdown;
pub use text::{list, text};
