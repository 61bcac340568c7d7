//! A client's socket that records the bytes of its first request. Events carry header names in the
//! client's case, and the HTTP library lower-cases them.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::{client_socket::ClientSocket, sync};

/// A socket that records what is read until [`FirstRequest::take`].
pub(crate) struct RecordingStream {
    socket: ClientSocket,
    first: FirstRequest,
    limit: usize,
}

/// The recorded bytes. Recording ends when they are taken.
#[derive(Clone)]
pub(crate) struct FirstRequest(Arc<Mutex<Option<Vec<u8>>>>);

impl FirstRequest {
    /// The bytes of the first request. `None` for later requests.
    pub(crate) fn take(&self) -> Option<Vec<u8>> {
        sync::lock(&self.0).take()
    }
}

impl RecordingStream {
    /// Records at most `limit` bytes.
    pub(crate) fn new(socket: ClientSocket, limit: usize) -> (Self, FirstRequest) {
        let first = FirstRequest(Arc::new(Mutex::new(Some(Vec::new()))));
        (Self { socket, first: first.clone(), limit }, first)
    }

    /// The socket without its recording.
    pub(crate) fn into_inner(self) -> ClientSocket {
        self.socket
    }
}

impl AsyncRead for RecordingStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.socket).poll_read(context, buffer);
        let mut first = sync::lock(&self.first.0);
        if let Some(kept) = first.as_mut() {
            let new = &buffer.filled()[before..];
            let room = self.limit.saturating_sub(kept.len());
            kept.extend_from_slice(&new[..new.len().min(room)]);
        }
        read
    }
}

impl AsyncWrite for RecordingStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write_vectored(context, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }
}
