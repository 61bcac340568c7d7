//! What the command line accepts and refuses.

use clap::CommandFactory as _;

use super::{
    Args, Command, DevArgs,
    function::{CommandOrUrl, NamedFunction, RouteArg},
};

fn dev(args: &[&str]) -> Result<DevArgs, String> {
    let all = ["lift", "dev"].iter().chain(args);
    match Args::try_read(all) {
        Ok(Args { command: Command::Dev(dev) }) => Ok(*dev),
        Ok(other) => panic!("not `dev`: {other:?}"),
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
    assert_eq!(args.app.stage, None);
    assert_eq!(args.data_dir, None);
    assert_eq!(args.concurrency, 10);
    assert_eq!(args.faults, None);
}

#[test]
fn only_loopback() {
    assert!(dev(&["app", "--listen", "[::1]:0"]).is_ok());
    let refused = dev(&["app", "--listen", "0.0.0.0:3001"]).expect_err("everyone could connect");
    assert!(refused.contains("--public"), "{refused}");
    assert!(refused.contains("Usage: lift dev "), "{refused}");
}

#[test]
fn the_current_folder_is_the_default_unless_a_flag_names_a_function() {
    let path = |args: &[&str]| dev(args).expect("an app").app.path;
    assert_eq!(path(&[]), Some(".".into()));
    assert_eq!(path(&["--port", "0"]), Some(".".into()));
    assert_eq!(path(&["--command", "node app.js"]), None);
    assert_eq!(path(&["--template", "api.yaml"]), None);
}

#[test]
fn addresses() {
    let listen = |args: &[&str]| dev(args).map(|dev| dev.listen.to_string());
    for args in [&["--listen", "4240"], &["--listen", "localhost:4240"], &["--port", "4240"]] {
        assert_eq!(listen(args).as_deref(), Ok("127.0.0.1:4240"), "{args:?}");
    }
    for (text, right) in [
        ("127.0.0.1", "write 127.0.0.1:3001"),
        ("[::1]", "write [::1]:3001"),
        ("::1", "write [::1]:3001"),
        ("box.local:3001", "such as 127.0.0.1:3001, [::1]:3001 or 3001"),
    ] {
        let wrong = listen(&["--listen", text]).expect_err(text);
        assert!(wrong.contains(right), "{wrong}");
    }
    let both = listen(&["--listen", "4240", "--port", "4240"]).expect_err("both");
    assert!(both.contains("cannot be used with") && both.contains("Usage: lift dev"), "{both}");
}

#[test]
fn public() {
    let args = dev(&["app", "--public", "--listen", "0.0.0.0:0"]).expect("it is meant");
    assert!(args.gateway.public);
    assert!(dev(&["app", "--public"]).is_ok(), "for a tunnel that ends on this machine");
}

#[test]
fn tokens() {
    let token = |token: &str| dev(&["app", "--management-token", token]);
    let good = token("0123456789abcdef").expect("long enough");
    assert_eq!(good.gateway.management_token.as_deref(), Some("0123456789abcdef"));
    for bad in ["", "short", "0123456789 abcdef", "0123456789äbcdef"] {
        assert!(token(bad).is_err(), "{bad}");
    }
}

#[test]
fn stage_variables() {
    let args = ["app", "--stage-variable", "table=chat", "--stage-variable", "url=a?b=c"];
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let expected = [pair("table", "chat"), pair("url", "a?b=c")];
    assert_eq!(dev(&args).expect("two of them").gateway.stage_variables, expected);
    for bad in ["", "x", "=x", "x=", "a-b=x", "a=x y"] {
        assert!(dev(&["app", "--stage-variable", bad]).is_err(), "{bad}");
    }
}

#[test]
fn stages() {
    assert!(dev(&["app", "--stage", "prod_2-a"]).is_ok());
    for bad in ["", "a/b", "$default", "ä"] {
        assert!(dev(&["app", "--stage", bad]).is_err(), "{bad}");
    }
}

#[test]
fn something_is_run() {
    for ways in [
        &[][..],
        &["--route", "say"],
        &["--command", "a"],
        &["app", "--command", "a"],
        &["--function", "a=b"],
        &["--function-url", "http://localhost:9000"],
        &["--attach"],
        &["--attach", "app"],
    ] {
        assert!(dev(ways).is_ok(), "{ways:?}");
    }
    assert!(dev(&["--command", "a", "--attach"]).is_err(), "which of them?");
    assert_eq!(dev(&["--attach", "app"]).expect("fine").app.path.as_deref(), Some("app".as_ref()));
    assert!(dev(&["--attach=0.0.0.0:9001"]).expect_err("anybody").contains("--attach 0.0.0.0"));
}

#[test]
fn commands() {
    let words = |text: &str| {
        let line = dev(&["--command", text])?.app.function.command.expect("given");
        Ok::<_, String>([vec![line.program], line.args].concat())
    };
    assert_eq!(
        words(r#"python3 -m "a b" 'c="d"' e\ f"#).expect("quoted"),
        ["python3", "-m", "a b", "c=\"d\"", "e f"]
    );
    for bad in ["", "  ", "a 'b", "a \\"] {
        assert!(words(bad).is_err(), "{bad}");
    }
}

#[test]
fn functions_by_name() {
    let kind = |text: &str| {
        let mut functions = dev(&["--function", text])?.app.function.functions;
        let NamedFunction { name, value } = functions.remove(0);
        Ok::<_, String>((name, matches!(value, CommandOrUrl::Url(_))))
    };
    assert_eq!(kind("chat=env A=b python3 chat.py").expect("good"), ("chat".to_owned(), false));
    assert_eq!(kind("ask=http://localhost:9000/x").expect("good"), ("ask".to_owned(), true));
    for bad in ["chat", "=chat.py", "chat=", "a b=c", "a=https://host", "a=http://"] {
        assert!(kind(bad).is_err(), "{bad}");
    }
}

#[test]
fn routes_and_their_functions() {
    let args = ["app", "--route", "$connect", "--two-way", "a=b=chat"];
    let function = dev(&args).expect("good").app.function;
    let all: Vec<_> = function.all_routes().collect();
    let route = |key: &str, function: Option<&str>| RouteArg {
        key: key.to_owned(),
        function: function.map(str::to_owned),
    };
    assert_eq!(all, [(&route("$connect", None), false), (&route("a=b", Some("chat")), true)]);
    for bad in ["", "=chat", "say=", "say=a b"] {
        assert!(dev(&["app", "--route", bad]).is_err(), "{bad}");
    }
}

#[test]
fn authorizers() {
    let source = ["--identity-source", "route.request.header.Auth"];
    let of = |authorizer: &str| dev(&["app", authorizer, source[0], source[1]]);
    assert_eq!(of("--authorizer").expect("the same").app.function.authorizer, Some(None));
    let other = of("--authorizer=auth").expect("another one").app.function;
    assert_eq!(other.authorizer, Some(Some("auth".to_owned())));
    assert_eq!(other.identity_sources, [source[1].parse().expect("a source")]);
    assert!(dev(&["app", source[0], source[1]]).is_err(), "a source without an authorizer");
    assert!(dev(&["app", "--authorizer", source[0], "method.request.header.Auth"]).is_err());
}

#[test]
fn names_of_tables() {
    let create =
        |name: &str| Args::try_read(["lift", "table", "create", "--table", name]).map(drop);
    assert!(create("chat.connections_2-a").is_ok());
    for bad in ["", "ab", "a b c", "a/b/c", &"x".repeat(256)] {
        assert!(create(bad).is_err(), "{bad}");
    }
}

#[test]
fn tags_and_limits() {
    let create = |option: &str, value: &str| {
        Args::try_read(["lift", "table", "create", "--table", "abc", option, value]).map(drop)
    };
    assert!(create("--tag", "team=chat=1").is_ok());
    assert!(create("--max-writes", "1").is_ok());
    for (option, bad) in [("--tag", "team"), ("--tag", "=x"), ("--max-reads", "0")] {
        assert!(create(option, bad).is_err(), "{option} {bad}");
    }
}
