//! Errors of other kinds become an [`Error`] by `?`, and an [`Error`] passes through code that does not know it.

use std::{error, io, num::ParseIntError};

use anyhow::Context as _;
use eyre::WrapErr as _;
use lift_ws::{App, Error, IntoReply, Json, Text, error::StdError, test::Kit};

type BoxError = Box<dyn error::Error + Send + Sync>;

fn too_low() -> Error {
    Error::new("too_low", "Bid 100 or more").with_status(409)
}

/// Each line is an error type that a handler's `?` takes.
fn fail_by(kind: &str) -> Result<(), Error> {
    let anyhow = || -> anyhow::Result<()> { Err(anyhow::anyhow!("no bank")).context("paying") };
    let eyre = || -> eyre::Result<()> { Err(eyre::eyre!("no bank")).wrap_err("paying") };
    let boxed = || -> Result<(), BoxError> { Err("no bank".into()) };
    match kind {
        "std" => Err(io::Error::other("no bank"))?,
        "anyhow" => anyhow()?,
        "eyre" => eyre()?,
        "boxed" => boxed()?,
        "str" => Err("no bank")?,
        _ => Err(format!("no {kind}"))?,
    }
    Ok(())
}

#[tokio::test]
async fn every_kind_of_error_is_an_internal_error() {
    let route = async |Text(kind): Text| fail_by(&kind);
    let ana = Kit::new(App::new().default_route(route)).connect("").await.unwrap();
    for kind in ["std", "anyhow", "eyre", "boxed", "str", "bank"] {
        let error = fail_by(kind).unwrap_err();
        let cause = error.cause().expect("a cause for the log");
        let root = cause.source().unwrap_or(cause);
        assert_eq!(root.to_string(), "no bank", "{kind}");
        ana.send(kind).await;
        let frame = r#"{"type":"error","code":"internal_error","message":"Internal error"}"#;
        assert_eq!(ana.received(), [frame], "{kind}");
    }
}

#[tokio::test]
async fn a_handler_may_return_a_boxed_error() {
    async fn double(Text(text): Text) -> Result<Json<i64>, BoxError> {
        let number: i64 = text.parse()?;
        if number > 100 {
            return Err(too_low().into_std().into());
        }
        Ok(Json(number * 2))
    }
    let ana = Kit::new(App::new().default_route(double)).connect("").await.unwrap();
    for (text, code) in [("x", "internal_error"), ("101", "too_low")] {
        ana.send(text).await;
        assert_eq!(ana.received_json()[0]["code"], code);
    }
}

#[test]
fn an_error_is_found_again_below_anyhow_eyre_and_boxes() {
    let anyhow = || anyhow::Error::from(too_low().into_std());
    let eyre = || eyre::Report::from(too_low().into_std());
    let boxed = || BoxError::from(too_low().into_std());
    let io = io::Error::other(boxed());
    let bare: [Error; 5] =
        [too_low().into_std().into(), anyhow().into(), eyre().into(), boxed().into(), io.into()];
    for error in bare {
        assert_is_too_low(&error);
        assert!(error.cause().is_none(), "a mistake of a client is not logged as a failure");
    }
    let wrapped: [Error; 3] = [
        anyhow().context("bidding").into(),
        anyhow().context("inside").context("bidding").into(),
        eyre().wrap_err("bidding").into(),
    ];
    for error in wrapped {
        assert_is_too_low(&error);
        assert!(error.cause().is_some(), "the context is for the log");
    }
}

#[test]
fn the_whole_chain_is_the_cause() {
    let digits: ParseIntError = "x".parse::<i32>().unwrap_err();
    let error = too_low().with_cause(digits).into_std();
    assert_eq!(
        format!("{error:?}"),
        "too_low: Bid 100 or more: status 409: invalid digit found in string"
    );
    let error: Error = anyhow::Error::from(error).context("bidding").into();
    let mut chain = Vec::new();
    let mut next = error.cause();
    while let Some(cause) = next {
        chain.push(cause.to_string());
        next = cause.source();
    }
    let expected =
        ["bidding", "too_low: Bid 100 or more", "status 409", "invalid digit found in string"];
    assert_eq!(chain, expected);
}

#[test]
fn anyhow_finds_the_error_by_its_type() {
    let error = anyhow::Error::from(too_low().into_std()).context("bidding");
    assert_is_too_low(error.downcast_ref::<StdError>().expect("the error").error());
}

fn assert_is_too_low(error: &Error) {
    assert_eq!((error.code(), error.message()), ("too_low", "Bid 100 or more"));
    assert_eq!(error.status(), 409);
}

#[test]
fn a_reply_takes_a_boxed_error() {
    let reply: Result<String, BoxError> = Err("no bank".into());
    assert_eq!(reply.into_reply().unwrap_err().code(), "internal_error");
}
