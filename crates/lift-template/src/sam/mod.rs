//! What SAM's transform adds to CloudFormation: `Globals`, and `AWS::Serverless::WebSocketApi`.

pub(crate) mod globals;
pub(crate) mod websocket_api;
