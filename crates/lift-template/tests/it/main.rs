//! Reads templates, and compares the model, the notices and the errors.

#![allow(missing_docs)]

mod errors;
mod intrinsics;
mod random_input;
mod schedules;
mod templates;
mod variables;

use std::fmt::Write as _;

use lift_template::{Authorization, ReadOptions, Template};

fn options() -> ReadOptions {
    let mut options = ReadOptions::new("app");
    options.region = "eu-west-1".to_owned();
    options.account_id = "123456789012".to_owned();
    options
}

/// Reads a template. An error is the text that a user sees.
fn read(file: &str, text: &str, options: &ReadOptions) -> Result<Template, String> {
    lift_template::read(text, options).map_err(|error| error.in_file(file).to_string())
}

fn template(text: &str) -> Template {
    read("template.yaml", text, &options()).expect("a template")
}

/// Returns the error of a text, as a user sees it.
#[track_caller]
fn error(text: &str) -> String {
    error_with(text, &options())
}

#[track_caller]
fn error_with(text: &str, options: &ReadOptions) -> String {
    read("template.yaml", text, options).expect_err("an error")
}

/// A template as lines of text.
fn show(template: &Template) -> String {
    let Template { functions, api, schedules, tables, notices, .. } = template;
    let mut text = format!("api {} by {}\n", api.api_id, api.route_selection);
    let mut line = |line: String| writeln!(text, "{line}").expect("writing to a String succeeds");
    for route in &api.routes {
        let arrow = if route.two_way { "<->" } else { "->" };
        line(format!("route {} {arrow} {}", route.key, route.function));
        if let Some(models) = &route.models {
            let by = models.selection.as_deref().unwrap_or("-");
            for model in &models.models {
                line(format!("  model {} if {by} is {}: {}", model.name, model.key, model.schema));
            }
        }
    }
    match &api.authorization {
        Authorization::None => {}
        Authorization::Iam => line("authorization by signature".to_owned()),
        Authorization::Lambda(authorizer) => {
            let sources = &authorizer.identity_sources;
            line(format!("authorization by {} {sources:?}", authorizer.function));
        }
    }
    if let Some(keys) = &api.api_keys {
        let pairs: Vec<_> = keys.keys.iter().map(|key| (&key.id, &key.value)).collect();
        line(format!("keys {pairs:?}, from the authorizer: {}", keys.from_authorizer));
    }
    let stage = &api.stage;
    line(format!("stage {:?} {:?}", stage.name, stage.variables));
    if stage.default_throttle.is_some() || !stage.route_throttles.is_empty() {
        line(format!("throttle {:?} {:?}", stage.default_throttle, stage.route_throttles));
    }
    for one in functions {
        let (runtime, handler) = (one.runtime.as_deref(), one.handler.as_deref());
        let (runtime, handler) = (runtime.unwrap_or("-"), handler.unwrap_or("-"));
        line(format!("function {} ({}): {runtime} {handler} {:?}", one.id, one.name, one.code));
        line(format!("  {:?}, {} MB, {:?}", one.timeout, one.memory_mb, one.environment));
        if one.reserved_concurrency.is_some() || one.build_method.is_some() {
            let concurrency = one.reserved_concurrency;
            line(format!("  {concurrency:?} {:?} {:?}", one.build_method, one.binary));
        }
    }
    for one in schedules {
        let state = if one.enabled { "" } else { ", disabled" };
        let service = if one.is_of_scheduler { " (scheduler)" } else { "" };
        let input = one.input.as_deref().map(|input| format!(" {input}")).unwrap_or_default();
        line(format!(
            "schedule {} -> {}: {}{service}{state}{input}",
            one.name, one.function, one.expression
        ));
    }
    for table in tables {
        let ttl = &table.ttl_attribute;
        line(format!("table {}, expires by {ttl:?}: {}", table.id, table.create_table));
    }
    for notice in notices {
        line(format!("- {}: {}", notice.path, notice.message));
    }
    text
}
