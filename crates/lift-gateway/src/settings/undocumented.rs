//! Settings for what AWS does not document, or where sources disagree. A default is what the documents
//! say or suggest, else what is most likely.

/// What the gateway does where AWS does not document its behavior. Build it with
/// `..Undocumented::default()`: later versions add fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undocumented {
    /// How values of an authorizer's context appear in events ([R-1.1.28]). Default: as text.
    pub context_values: ContextValues,
    /// Whether the events of messages carry the authorizer's context and the API key, as those of
    /// `$connect` and `$disconnect` do ([R-1.1.26]). Default: yes.
    pub context_in_messages: bool,
    /// The reason in the `$disconnect` event of a client that left without a close frame, code 1006 ([R-1.2.8]).
    /// Default: empty.
    pub close_reason_1006: String,
    /// What an authorizer's event has for a URL without a query ([R-2.7]). Default: `{}`.
    pub no_query: NoQuery,
    /// The status of a handshake without a good API key ([R-2.18]). Default: 403.
    pub api_key_status: u16,
    /// The status of a handshake at a path below the stage ([R-4.3]). Default: 403.
    pub extra_path_status: u16,
    /// The status when `$connect` fails or its reply is malformed ([R-4.12]). Default: 502, which
    /// most reports say; some say 500.
    pub connect_error_status: u16,
    /// The status when `$connect` exceeds the integration timeout ([R-4.13]). Default: 504.
    pub connect_timeout_status: u16,
    /// Whether a status of 400 or more on a one-way route sends the "Internal server error" frame
    /// ([R-5.1.4]). Default: no, as documented.
    pub one_way_error_frames: bool,
    /// Whether the replies `null` and `{}` to a message are valid ([R-5.1.6]). Default: no.
    pub empty_replies: bool,
    /// The form of the "Bad request body" frame ([R-5.2.5]). Default: as documented.
    pub bad_body: BadBodyFrame,
    /// What happens to a message above a rate of the account, the stage or the route
    /// ([R-5.2.6]). Default: an error frame.
    pub throttled: ThrottledMessages,
    /// What happens to a binary message of a client ([R-5.5.1]). Default: it closes the connection
    /// with 1003, as documented.
    pub binary_messages: BinaryMessages,
    /// How posts that are not UTF-8 go out ([R-5.5.3]). Default: as binary frames.
    pub binary_posts: BinaryPosts,
    /// Whether pings keep an idle connection alive ([R-5.5.7]). Default: no.
    pub pings_are_activity: bool,
    /// Whether `$disconnect` does not run for a client that left without a close frame and had sent no
    /// message. This was seen after handshakes whose subprotocol the function did not confirm ([R-8.5]).
    /// Default: no, as documented. `true` tests an app with rows that are never removed.
    pub silent_clients_skip_disconnect: bool,
    /// The close code of a shutdown: 1001 "Going away", or 1012 "Service restart", which AWS documents
    /// for its own restarts ([R-5.3.9]). Default: 1001.
    pub shutdown_code: u16,
}

impl Default for Undocumented {
    fn default() -> Self {
        Self {
            context_values: ContextValues::Text,
            context_in_messages: true,
            close_reason_1006: String::new(),
            no_query: NoQuery::Empty,
            api_key_status: 403,
            extra_path_status: 403,
            connect_error_status: 502,
            connect_timeout_status: 504,
            one_way_error_frames: false,
            empty_replies: false,
            bad_body: BadBodyFrame::Documented,
            throttled: ThrottledMessages::Frame,
            binary_messages: BinaryMessages::Refused,
            binary_posts: BinaryPosts::Binary,
            pings_are_activity: false,
            silent_clients_skip_disconnect: false,
            shutdown_code: 1001,
        }
    }
}

/// How values of an authorizer's context appear in events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ContextValues {
    /// `1` becomes `"1"`, as in mapping templates.
    Text,
    /// Numbers and booleans keep their type.
    AsGiven,
}

/// What an authorizer's event has for a URL without a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NoQuery {
    /// `{}`
    Empty,
    /// `null`
    Null,
    /// No such key.
    Absent,
}

/// The form of the "Bad request body" frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BadBodyFrame {
    /// `{"message" : "Bad request body", "connectionId": "..", "messageId": ".."}`
    Documented,
    /// `{"message": "Bad request body", "connectionId":"..", "requestId":".."}`
    LikeOthers,
}

/// What happens to a message above a rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ThrottledMessages {
    /// The frame `{"message": "Too Many Requests", "connectionId":"..", "requestId":".."}`.
    Frame,
    /// The connection is closed with 1008.
    Close,
}

/// What happens to a binary message of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BinaryMessages {
    /// The connection is closed with 1003.
    Refused,
    /// The function gets it as base64, and a reply in base64 goes out as a binary message.
    Base64,
}

/// How posts that are not UTF-8 go out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BinaryPosts {
    /// As binary frames.
    Binary,
    /// As text, with U+FFFD for bytes that are not UTF-8.
    LossyText,
}
