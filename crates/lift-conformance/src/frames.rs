//! Frames as they come, which a client's library puts together.
