//! The limits in plain numbers, as AWS documents them.

use std::time::Duration;

use lift_event::limits::{
    AUTHORIZER_RESPONSE_BYTES, CONNECTION_LIFETIME, FRAME_BYTES, IDLE_TIMEOUT, MESSAGE_BYTES,
};

#[test]
fn products_are_the_documented_numbers() {
    assert_eq!((MESSAGE_BYTES, FRAME_BYTES, AUTHORIZER_RESPONSE_BYTES), (131_072, 32_768, 8_192));
    assert_eq!(IDLE_TIMEOUT, Duration::from_secs(600));
    assert_eq!(CONNECTION_LIFETIME, Duration::from_secs(7_200));
}
