//! Compiles and runs the snippets of the book in `docs`: one item per chapter.

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

#[doc = include_str!("../../../docs/src/publishing.md")]
struct Publishing;

#[doc = include_str!("../../../docs/src/layers.md")]
struct Layers;

#[doc = include_str!("../../../docs/src/testing.md")]
struct Testing;

#[doc = include_str!("../../../docs/src/aws.md")]
struct OnAws;

#[doc = include_str!("../../../docs/src/deploying.md")]
struct Deploying;

#[doc = include_str!("../../../docs/src/description.md")]
struct AppDescription;

#[doc = include_str!("../../../docs/src/table.md")]
struct TheTable;

#[doc = include_str!("../../../docs/src/migrate.md")]
struct FromGoLift;

#[doc = include_str!("../../../docs/src/recording.md")]
struct Recording;

#[doc = include_str!("../../../docs/src/cost.md")]
struct Cost;
