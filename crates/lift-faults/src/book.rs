//! Compiles the snippets of the book's chapter.

#[doc = include_str!("../../../docs/src/faults.md")]
struct Faults;
