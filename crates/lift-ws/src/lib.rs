//! The framework: routing, handlers, extractors, layers, stores and pushes. No AWS, no sockets.
