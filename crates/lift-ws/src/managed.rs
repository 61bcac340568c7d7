//! Managed connections: let in with a row, or kept out without one; ended once.

use std::sync::Arc;

use lift_event::Reply;

use crate::{
    Accept, Call, Connection, Error, Subprotocols,
    erase::Erased,
    store::{Removed, Saved},
};

/// `$connect`: ask the handler, store the row, tell the others, let the client in.
pub(crate) fn accept(
    connect: Option<Erased<Accept>>,
    connected: Option<Erased<Reply>>,
    unmanaged: bool,
    subprotocols: Vec<String>,
) -> Erased<Reply> {
    let handlers = Arc::new((connect, connected, subprotocols));
    Arc::new(move |call| {
        let handlers = handlers.clone();
        Box::pin(async move {
            let (connect, connected, subprotocols) = &*handlers;
            let mut accept = match connect {
                Some(handler) => agreed(&call, handler(call.clone()).await?)?,
                None => call.identified()?.unwrap_or_default(),
            };
            let reply = letting_in(&call, accept.subprotocol.take(), subprotocols)?;
            call.start_saving();
            if unmanaged {
                return Ok(reply);
            }
            save(&call, accept).await?;
            if let Some(connected) = connected {
                connected(call).await?;
            }
            Ok(reply)
        })
    })
}

/// An identity that messages take from the authorizer's context is the one that is stored.
fn agreed(call: &Call, accept: Accept) -> Result<Accept, Error> {
    match call.identified()? {
        Some(known) if (&known.user, &known.tenant) != (&accept.user, &accept.tenant) => {
            Err(Error::internal("$connect accepted another user or tenant than `identify` names"))
        }
        _ => Ok(accept),
    }
}

async fn save(call: &Call, accept: Accept) -> Result<(), Error> {
    let row = Arc::new(call.row(accept)?);
    match call.services().store.save(&row).await? {
        Saved::Stored => {}
        Saved::Ended => return Err(Error::new("ended", "The connection has ended")),
    }
    let connection = Connection(row);
    call.services().remember(&connection);
    call.set_connection(connection);
    Ok(())
}

/// `$disconnect`: put the tombstone first. The row that this returns is the connection; without
/// one the handler has run before, or never had a connection to serve.
pub(crate) fn end(disconnect: Option<Erased<Reply>>, unmanaged: bool) -> Erased<Reply> {
    Arc::new(move |call| {
        let disconnect = disconnect.clone();
        Box::pin(async move {
            let services = call.services();
            services.forget(call.event().connection_id());
            if !unmanaged {
                match services.store.remove(&call.connection_id()).await? {
                    Some(Removed { row, items }) => {
                        call.set_connection(Connection(Arc::new(row)));
                        call.set_items(items);
                    }
                    None => return Ok(Reply::new(200)),
                }
            }
            match disconnect {
                Some(handler) => handler(call).await,
                None => Ok(Reply::new(200)),
            }
        })
    })
}

/// The answer that lets a client in, with the subprotocol that the handler chose, or else the first
/// of the app's own that the client offered. One that the client did not offer would make browsers
/// drop the connection.
fn letting_in(call: &Call, chosen: Option<String>, own: &[String]) -> Result<Reply, Error> {
    let reply = Reply::new(200);
    if chosen.is_none() && own.is_empty() {
        return Ok(reply);
    }
    let offers = Subprotocols::of(call.event())?;
    let preferred = || own.iter().find(|name| offers.contains(name)).cloned();
    match chosen.or_else(preferred) {
        Some(name) if offers.contains(&name) => Ok(reply.with_subprotocol(name)),
        Some(name) => {
            Err(Error::internal(format!("the client did not offer the subprotocol {name:?}")))
        }
        None => Ok(reply),
    }
}
