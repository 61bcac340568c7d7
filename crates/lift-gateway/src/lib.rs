//! A local gateway that behaves like API Gateway: sockets in, event bytes out.
