//! The server process: the gateway with a function that counts events and echoes messages.
//!
//! It prints its address on stdout, prints its counts for each line on stdin, and shuts down when stdin
//! ends, so that it does not outlive its parent.

use std::{
    collections::HashSet,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::Result;
use bytes::Bytes;
use clap::Args;
use lift_event::{Event, EventKind, Reply};
use lift_gateway::{
    Authorization, Authorizer, InvokeError, Rate, Routes, Settings, Throttles, serve,
};
use serde::{Deserialize, Serialize};
use tokio::{
    io::{AsyncBufReadExt, BufReader, stdin},
    net::TcpSocket,
    time::sleep,
};

use crate::system;

/// The listener's backlog; the kernel limits it further.
const BACKLOG: u32 = 4096;

/// A policy that allows every client.
const ALLOW: &str = r#"{"principalId":"load","policyDocument":{"Version":"2012-10-17","Statement":
    [{"Action":"execute-api:Invoke","Effect":"Allow","Resource":"*"}]}}"#;

#[derive(Args, Clone, Default)]
pub(crate) struct Options {
    /// The port; 0 for a free port
    #[arg(long, default_value_t = 0)]
    pub(crate) port: u16,
    /// The limit of open files of the process
    #[arg(long)]
    pub(crate) files: Option<u64>,
    /// Run an authorizer for each connection
    #[arg(long)]
    pub(crate) authorizer: bool,
    /// How many messages a second a connection may send before it is closed with 1008
    #[arg(long)]
    pub(crate) rate: Option<u32>,
    /// How many milliseconds the function takes for a message
    #[arg(long, default_value_t = 0)]
    pub(crate) takes: u64,
}

/// The events that the function has received.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Counts {
    /// `$connect` events, all of which were accepted.
    pub(crate) accepted: u64,
    /// First `$disconnect` events of accepted connections.
    pub(crate) ended: u64,
    /// All other `$disconnect` events.
    pub(crate) unexpected_disconnects: u64,
    pub(crate) messages: u64,
}

#[derive(Default)]
struct Function {
    counts: Counts,
    open: HashSet<String>,
}

impl Function {
    /// Counts an event and replies: with the connection's id to the message `id`, else with the message.
    fn reply_to(&mut self, event: &Event) -> Reply {
        let id = event.connection_id();
        match event.kind() {
            EventKind::Connect => {
                self.counts.accepted += 1;
                self.open.insert(id.to_owned());
            }
            EventKind::Disconnect if self.open.remove(id) => self.counts.ended += 1,
            EventKind::Disconnect => self.counts.unexpected_disconnects += 1,
            EventKind::Message => {
                self.counts.messages += 1;
                let asks_for_id = event.body() == b"id";
                let body = if asks_for_id { id.as_bytes() } else { event.body() };
                return Reply::new(200).with_body(body.to_vec());
            }
        }
        Reply::new(200)
    }
}

pub(crate) async fn run(options: Options) -> Result<()> {
    if let Some(files) = options.files {
        system::limit_files(files)?;
    }
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(SocketAddr::from(([127, 0, 0, 1], options.port)))?;
    let listener = socket.listen(BACKLOG)?;
    println!("{}", listener.local_addr()?);

    let function = Arc::new(Mutex::new(Function::default()));
    let backend = {
        let function = function.clone();
        move |payload: Bytes| {
            let event = Event::decode(payload).expect("the gateway's own event");
            let reply = function.lock().unwrap_or_else(PoisonError::into_inner).reply_to(&event);
            let takes = match event.kind() {
                EventKind::Message => Duration::from_millis(options.takes),
                _ => Duration::ZERO,
            };
            async move {
                if !takes.is_zero() {
                    sleep(takes).await;
                }
                Ok::<_, InvokeError>(Bytes::from(reply.encode()))
            }
        }
    };
    let counts = move || {
        let counts = function.lock().unwrap_or_else(PoisonError::into_inner).counts.clone();
        println!("{}", serde_json::json!(counts));
    };
    let print_counts = counts.clone();
    let stdin_ended = async move {
        let mut lines = BufReader::new(stdin()).lines();
        while let Ok(Some(_)) = lines.next_line().await {
            print_counts();
        }
    };
    serve(listener, settings(&options), backend, stdin_ended).await?;
    counts();
    Ok(())
}

fn settings(options: &Options) -> Settings {
    let routes = Routes::default().with_route("$connect", false).with_route("$disconnect", false);
    let allow = |_: Bytes| async { Ok::<_, InvokeError>(Bytes::from_static(ALLOW.as_bytes())) };
    Settings {
        stage: "load".into(),
        routes: routes.with_route("$default", true),
        authorization: match options.authorizer {
            true => Authorization::Lambda(Authorizer::function(allow)),
            false => Authorization::None,
        },
        throttles: Throttles {
            messages_per_connection: options
                .rate
                .map(|rate| Rate { per_second: rate.into(), burst: rate }),
            ..Throttles::default()
        },
        ..Settings::default()
    }
}
