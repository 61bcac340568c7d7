//! Managed connections: let in with a row, or kept out without one; ended once.

use std::sync::Arc;

use lift_event::Reply;

use crate::{
    Accept, Call, Connection, Error,
    routes::Routes,
    store::{Removed, Row, Saved},
};

impl Routes {
    /// `$connect`: ask the handler, store the row, tell the others, let the client in.
    pub(crate) async fn accept(&self, call: Call) -> Result<Reply, Error> {
        let accept = match &self.connect {
            Some(handler) => handler(call.clone()).await?,
            None => Accept::anonymous(),
        };
        if let Some(chosen) = &accept.subprotocol {
            offered(&call, chosen)?;
        }
        let reply = accept.reply();
        call.start_saving();
        if self.unmanaged {
            return Ok(reply);
        }
        let row = Row {
            id: call.connection_id(),
            user: accept.user,
            tenant: accept.tenant,
            endpoint: call.endpoint(),
            connected_at: call.event().connected_at(),
            attributes: accept.attributes.transpose().map_err(Error::internal)?,
        };
        match call.services().store.save(&row).await? {
            Saved::Stored => {}
            Saved::Ended => return Err(Error::new("ended", "The connection has ended")),
        }
        call.set_connection(call.services().remember(row));
        if let Some(connected) = &self.connected {
            connected(call).await?;
        }
        Ok(reply)
    }

    /// `$disconnect`: put the tombstone first. The row that this returns is the connection; without
    /// one the handler has run before, or never had a connection to serve.
    pub(crate) async fn end(&self, call: Call) -> Result<Reply, Error> {
        let services = call.services();
        services.forget(call.event().connection_id());
        if !self.unmanaged {
            match services.store.remove(&call.connection_id()).await? {
                Some(Removed { row, items }) => {
                    call.set_connection(Connection(Arc::new(row)));
                    call.set_items(items);
                }
                None => return Ok(Reply::new(200)),
            }
        }
        match &self.disconnect {
            Some(handler) => handler(call).await,
            None => Ok(Reply::new(200)),
        }
    }
}

/// A subprotocol that the client did not offer would make browsers drop the connection.
fn offered(call: &Call, chosen: &str) -> Result<(), Error> {
    let headers = call.event().headers()?;
    let offers = headers.get_all("Sec-WebSocket-Protocol");
    if offers.flat_map(|list| list.split(',')).any(|offer| offer.trim() == chosen) {
        return Ok(());
    }
    Err(Error::internal(format!("the client did not offer the subprotocol {chosen:?}")))
}
