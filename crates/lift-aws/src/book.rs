//! Compiles and runs the snippets of the book, `docs/`: one item for each chapter.

#[doc = include_str!("../../../docs/src/first-app.md")]
struct FirstApp;

#[doc = include_str!("../../../docs/src/handlers.md")]
struct Handlers;

#[doc = include_str!("../../../docs/src/connecting.md")]
struct Connecting;

#[doc = include_str!("../../../docs/src/replies.md")]
struct Replies;

#[doc = include_str!("../../../docs/src/sending.md")]
struct Sending;

#[doc = include_str!("../../../docs/src/anywhere.md")]
struct Anywhere;

#[doc = include_str!("../../../docs/src/layers.md")]
struct Layers;

#[doc = include_str!("../../../docs/src/testing.md")]
struct Testing;

#[doc = include_str!("../../../docs/src/aws.md")]
struct OnAws;

#[doc = include_str!("../../../docs/src/table.md")]
struct TheTable;

#[doc = include_str!("../../../docs/src/migrate.md")]
struct FromGoLift;

#[doc = include_str!("../../../docs/src/recording.md")]
struct Recording;

#[doc = include_str!("../../../docs/src/cost.md")]
struct Cost;
