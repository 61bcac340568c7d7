//! What the command line accepts.

use clap::{CommandFactory as _, Parser as _};

use super::{Args, Command, DevArgs};

fn dev(args: &[&str]) -> Result<DevArgs, String> {
    let all = ["lift", "dev"].iter().chain(args);
    match Args::try_parse_from(all) {
        Ok(Args { command: Command::Dev(dev) }) => Ok(dev),
        Err(error) => Err(error.to_string()),
    }
}

#[test]
fn the_definition_is_sound() {
    Args::command().debug_assert();
}

#[test]
fn defaults() {
    let args = dev(&["app"]).expect("one path is enough");
    assert_eq!(args.listen.to_string(), "127.0.0.1:3001");
    assert_eq!(args.stage, "local");
    assert_eq!(args.data_dir, None);
    assert_eq!(args.concurrency, 10);
    assert_eq!(args.faults, None);
}

#[test]
fn only_loopback() {
    assert!(dev(&["app", "--listen", "[::1]:0"]).is_ok());
    let refused = dev(&["app", "--listen", "0.0.0.0:3001"]).expect_err("everyone could connect");
    assert!(refused.contains("--public"), "{refused}");
    assert!(dev(&["app", "--listen", "3001"]).is_err());
}

#[test]
fn stages() {
    assert!(dev(&["app", "--stage", "prod_2-a"]).is_ok());
    for bad in ["", "a/b", "$default", "ä"] {
        assert!(dev(&["app", "--stage", bad]).is_err(), "{bad}");
    }
}
