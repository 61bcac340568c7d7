//! Compiles and runs the snippets of the book and of the README: one item for each chapter. Not published.

#![cfg(doctest)]

#[doc = include_str!("../README.md")]
struct Readme;

#[doc = include_str!("src/first-app.md")]
struct FirstApp;

#[doc = include_str!("src/handlers.md")]
struct Handlers;

#[doc = include_str!("src/connecting.md")]
struct Connecting;

#[doc = include_str!("src/replies.md")]
struct Replies;

#[doc = include_str!("src/sending.md")]
struct Sending;

#[doc = include_str!("src/groups.md")]
struct Groups;

#[doc = include_str!("src/publishing.md")]
struct Publishing;

#[doc = include_str!("src/own-tables.md")]
struct OwnTables;

#[doc = include_str!("src/layers.md")]
struct Layers;

#[doc = include_str!("src/invoking.md")]
struct Invoking;

#[doc = include_str!("src/testing.md")]
struct Testing;

#[doc = include_str!("src/aws.md")]
struct OnAws;

#[doc = include_str!("src/deploying.md")]
struct Deploying;

#[doc = include_str!("src/description.md")]
struct AppDescription;

#[doc = include_str!("src/table.md")]
struct TheTable;

#[doc = include_str!("src/migrate.md")]
struct FromGoLift;

#[doc = include_str!("src/recording.md")]
struct Recording;

#[doc = include_str!("src/cost.md")]
struct Cost;

#[doc = include_str!("src/faults.md")]
struct Faults;

#[doc = include_str!("src/gateway.md")]
struct Gateway;
