//! Access to `@connections`: callers without a token or a signature are refused, and the function's own posts arrive.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
};

use crate::{
    command::{Lift, TIMEOUT},
    scenario::{chat, run_scenario, value},
};

/// Posts to an unknown connection, and returns the whole response.
fn post(block: &str, authorization: &str) -> String {
    let url = value(block, "Management").strip_prefix("http://").expect("a URL");
    let (host, path) = url.split_once('/').expect("a path");
    let mut stream = TcpStream::connect(host).expect("the gateway listens");
    stream.set_read_timeout(Some(TIMEOUT)).expect("set");
    write!(
        stream,
        "POST /{path}/@connections/R1kmxc2VNjMCFIA= HTTP/1.1\r\nHost: {host}\r\n{authorization}\
         Content-Length: 1\r\nConnection: close\r\n\r\nx"
    )
    .expect("sent");
    let mut response = String::new();
    stream.read_to_string(&mut response).expect("a response");
    response
}

#[tokio::test]
async fn a_public_gateway_needs_the_token_that_it_prints() {
    let lift = Lift::dev_in_workspace(&chat(), &["--public", "--listen", "0.0.0.0:0"]);
    let block = lift.ready();
    assert!(block.contains("   (on every address of this machine)"), "{block}");
    let token = value(&block, "Token").to_owned();
    assert_eq!(token.len(), 32, "{block}");
    assert!(
        value(&block, "DynamoDB").starts_with("http://127.0.0.1:"),
        "only on this machine: {block}"
    );

    let refused = post(&block, "");
    assert!(refused.starts_with("HTTP/1.1 403 "), "{refused}");
    assert!(refused.contains("x-amzn-errortype: MissingAuthenticationTokenException"), "{refused}");
    let wrong = post(&block, "Authorization: Bearer 0123\r\n");
    assert!(wrong.starts_with("HTTP/1.1 403 "), "{wrong}");
    let good = post(&block, &format!("Authorization: Bearer {token}\r\n"));
    assert!(good.starts_with("HTTP/1.1 410 "), "{good}");
    run_scenario(&block).await;
}

#[tokio::test]
async fn with_require_signature_a_token_is_not_enough() {
    let token = "0123456789abcdef";
    let args = ["--require-signature", "--management-token", token, "--listen", "127.0.0.1:0"];
    let lift = Lift::dev_in_workspace(&chat(), &args);
    let block = lift.ready();
    assert!(block.contains(&format!("secret key {token}, Region us-east-1")), "{block}");
    let refused = post(&block, &format!("Authorization: Bearer {token}\r\n"));
    assert!(refused.starts_with("HTTP/1.1 403 "), "{refused}");
    assert!(refused.contains("x-amzn-errortype: IncompleteSignatureException"), "{refused}");
    run_scenario(&block).await;
}
