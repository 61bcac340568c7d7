//! What SAM's transform adds to CloudFormation: `Globals`, `AWS::Serverless::WebSocketApi`, schedules as events of
//! functions.

pub(crate) mod globals;
pub(crate) mod schedules;
pub(crate) mod websocket_api;
