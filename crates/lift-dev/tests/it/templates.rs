//! `lift dev` with templates: which template is used, and the errors of templates that cannot run. Functions
//! of templates run in `e2e/templates.py`, with Python and Node.

use std::{fs, path::Path};

use tempfile::TempDir;

use crate::{app::App, command::Lift};

/// A template whose only function has these properties.
fn template(properties: &str) -> String {
    format!(
        "Transform: AWS::Serverless-2016-10-31
Resources:
  Api:
    Type: AWS::Serverless::WebSocketApi
    Properties:
      RouteSelectionExpression: $request.body.action
      Routes:
        $default:
          FunctionArn: !GetAtt Chat.Arn
  Chat:
    Type: AWS::Serverless::Function
    Properties: {{{properties}}}
"
    )
}

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        let file = folder.path().join(name);
        fs::create_dir_all(file.parent().expect("a folder")).expect("made");
        fs::write(file, text).expect("written");
    }
    folder
}

#[track_caller]
fn fails(path: &Path, args: &[&str], parts: &[&str]) {
    Lift::dev_with(path, args, &[]).ended().failed_with(parts);
}

#[test]
fn an_error_has_the_file_the_line_and_the_path() {
    let folder = folder(&[("template.yaml", &template("Runtime: !Ref Nothing"))]);
    let error = "template.yaml:12: Resources.Chat.Properties.Runtime: there is no parameter or";
    // The template is given by its folder, by its path, and by the flag.
    fails(folder.path(), &[], &[error]);
    fails(&folder.path().join("template.yaml"), &[], &[error]);
    let elsewhere = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("template.yaml");
    fails(elsewhere.path(), &["--template", file.to_str().expect("a path")], &[error]);
}

#[test]
fn a_package_is_preferred_to_its_template_unless_the_template_is_named() {
    let app = App::new(&[("src/lib.rs", ""), ("template.yaml", &template("Runtime: java21"))]);
    fails(app.path(), &[], &["has no binary", "add src/main.rs"]);
    let file = app.path().join("template.yaml");
    fails(app.path(), &["--template", file.to_str().expect("a path")], &["runtime java21"]);
}

#[test]
fn errors_of_serverless_yml_have_the_line_and_the_path() {
    let service = "functions:\n  a:\n    events: [websocket: $default]\n    handler: ${opt:x";
    let folder = folder(&[("serverless.yml", service)]);
    fails(folder.path(), &[], &["serverless.yml:4: functions.a.handler: `${opt:x` has no `}`"]);
}

#[test]
fn functions_that_cannot_run_locally_are_errors() {
    let of = |properties: &str| folder(&[("template.yml", &template(properties))]);
    let java = of("Runtime: java21, Handler: A::b");
    fails(java.path(), &[], &["runtime java21", "--function Chat='COMMAND'"]);
    let nowhere = of("Runtime: provided.al2023, CodeUri: nowhere/");
    fails(nowhere.path(), &[], &["the code of Chat is not in", "nowhere"]);
    let empty = of("Runtime: provided.al2023");
    fails(empty.path(), &[], &["no Cargo.toml and no `bootstrap` for the function Chat"]);
    let nameless = of("Runtime: nodejs22.x");
    fails(nameless.path(), &[], &["the function Chat has no handler"]);
}

#[test]
fn flags_that_do_not_fit_a_template_are_errors() {
    let folder = folder(&[("template.yaml", &template("Runtime: provided.al2023"))]);
    for flags in [
        &["--command", "true"][..],
        &["--route", "say"],
        &["--two-way", "say"],
        &["--select", "$request.body.type"],
        &["--authorizer"],
    ] {
        let file = folder.path().join("template.yaml");
        let mut args = vec!["--template", file.to_str().expect("a path")];
        args.extend(flags);
        fails(folder.path(), &args, &["the template declares the functions and routes"]);
    }
    let path = folder.path();
    fails(path, &["--function", "Chta=true"], &["has no function Chta, only Chat"]);
    fails(path, &["--parameter", "A=1"], &["the template has no parameter `A`; it has none"]);
    fails(path, &["--api", "B"], &["there is no WebSocket API `B`; it has Api"]);
    fails(
        path,
        &["--function", "Chat=true", "--model", "x=a.json"],
        &["cannot read the model a.json"],
    );
    let none = tempfile::tempdir().expect("a folder");
    fails(none.path(), &["--parameter", "A=1"], &["need a template: pass it as --template FILE"]);
}

/// Any program that uses the Runtime API can be a function.
#[test]
fn a_bootstrap_runs_with_the_environment_of_the_template() {
    let properties = "Runtime: provided.al2023, Timeout: 7, MemorySize: 512, Handler: x.y, VpcConfig: {}, \
        Environment: {Variables: {TABLE: !Ref Items, URL: !Sub '${Api.ApiEndpoint}/default'}}";
    let text = template(properties) + "  Items: {Type: AWS::Serverless::SimpleTable}\n";
    let bootstrap = "#!/bin/sh\nenv | grep -E '^(TABLE|URL|_HANDLER|AWS_LAMBDA_FUNCTION_.*)='\n";
    let folder = folder(&[("template.yaml", &text), ("bootstrap", bootstrap)]);
    let file = folder.path().join("bootstrap");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(file, mode).expect("made executable");
    let ended = Lift::dev(folder.path(), &[]).ended();
    let name = folder.path().file_name().expect("a name").to_string_lossy().replace('.', "");
    let function = format!("  AWS_LAMBDA_FUNCTION_NAME={name}-Chat\n");
    let table = format!("  TABLE={name}-Items\n");
    for part in [
        &*function,
        &table,
        "  AWS_LAMBDA_FUNCTION_MEMORY_SIZE=512\n",
        "  _HANDLER=x.y\n",
        "  URL=ws://127.0.0.1:",
    ] {
        assert!(ended.stderr.contains(part), "no {part:?} in {}", ended.stderr);
    }
    let block = "`lift dev` does not use these parts of the template:\n  Resources.Chat.Properties.VpcConfig: is ignored\n\n";
    assert!(ended.stderr.starts_with(block), "{}", ended.stderr);
}
