//! The built-in handlers of `$connect` and `$disconnect`, which wrap those of the app: they store the
//! connection before the client is accepted, and replace its row by a tombstone before the app's `$disconnect`
//! handler runs.

use std::sync::Arc;

use lift_event::Reply;

use crate::{
    Accept, Call, Connection, Error,
    extract::Subprotocols,
    handler::ErasedHandler,
    store::{Removed, Saved},
};

/// `$connect`: run the app's handler, store the row, run `on_connected`, accept the client.
pub(crate) fn connect(
    connect: Option<ErasedHandler<Accept>>,
    on_connected: Option<ErasedHandler<Reply>>,
    managed: bool,
    subprotocols: Vec<String>,
) -> ErasedHandler<Reply> {
    let handlers = Arc::new((connect, on_connected, subprotocols));
    Arc::new(move |call| {
        let handlers = handlers.clone();
        Box::pin(async move {
            let (connect, on_connected, subprotocols) = &*handlers;
            let mut accept = match connect {
                Some(handler) => check_identity(&call, handler(call.clone()).await?)?,
                None => call.authorizer_identity()?.unwrap_or_default(),
            };
            let reply = accepting_reply(&call, accept.subprotocol.take(), subprotocols)?;
            call.set_row_may_exist();
            if !managed {
                return Ok(reply);
            }
            save(&call, accept).await?;
            if let Some(on_connected) = on_connected {
                on_connected(call).await?;
            }
            Ok(reply)
        })
    })
}

/// Messages take the identity from the authorizer's context, so the stored one must be the same.
fn check_identity(call: &Call, accept: Accept) -> Result<Accept, Error> {
    match call.authorizer_identity()? {
        Some(known) if (&known.user, &known.tenant) != (&accept.user, &accept.tenant) => {
            Err(Error::internal(
                "the $connect handler accepted another user or tenant than \
                 `identity_from_authorizer` returned",
            ))
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

/// `$disconnect`: put the tombstone, then run the app's handler with the row that it replaced. When
/// it replaced none, the handler ran before or the connection was never stored: it does not run.
pub(crate) fn disconnect(
    disconnect: Option<ErasedHandler<Reply>>,
    managed: bool,
) -> ErasedHandler<Reply> {
    Arc::new(move |call| {
        let disconnect = disconnect.clone();
        Box::pin(async move {
            let services = call.services();
            services.forget(call.event().connection_id());
            if managed {
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

/// The reply that accepts a client, with the subprotocol that the handler chose, or else the first
/// of the app's list that the client offered. A subprotocol that the client did not offer is an
/// error: browsers would close the connection.
fn accepting_reply(
    call: &Call,
    chosen: Option<String>,
    supported: &[String],
) -> Result<Reply, Error> {
    let reply = Reply::new(200);
    if chosen.is_none() && supported.is_empty() {
        return Ok(reply);
    }
    let offered = Subprotocols::of(call.event())?;
    let preferred = || supported.iter().find(|name| offered.contains(name)).cloned();
    match chosen.or_else(preferred) {
        Some(name) if offered.contains(&name) => Ok(reply.with_subprotocol(name)),
        Some(name) => {
            Err(Error::internal(format!("the client did not offer the subprotocol {name:?}")))
        }
        None => Ok(reply),
    }
}
