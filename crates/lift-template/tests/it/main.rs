//! What is read out of templates, and what is said of the rest.

mod any;
mod faults;
mod intrinsics;
mod variables;
mod whole;

use std::fmt::Write as _;

use lift_template::{Access, Given, Template, TemplateError};

/// What a user says who says nothing.
fn given() -> Given {
    Given {
        stack: "app".to_owned(),
        region: "eu-west-1".to_owned(),
        account: "123456789012".to_owned(),
        parameters: [].into(),
        stage: None,
        api: None,
        environment: [].into(),
    }
}

/// Reads a template; an error is as a user reads it, after the file's name.
fn read(file: &str, text: &str, given: &Given) -> Result<Template, String> {
    let named = |error: TemplateError| format!("{file}{error}");
    lift_template::read(text, given).map_err(named)
}

fn template(text: &str) -> Template {
    read("template.yaml", text, &given()).expect("a template")
}

/// What is wrong with a text, as a user reads it.
#[track_caller]
fn fault(text: &str) -> String {
    fault_given(text, &given())
}

#[track_caller]
fn fault_given(text: &str, given: &Given) -> String {
    read("template.yaml", text, given).expect_err("a fault")
}

/// A template as lines that can be compared.
fn show(template: &Template) -> String {
    let Template { functions, api, tables, ignored } = template;
    let mut text = format!("api {} by {}\n", api.api_id, api.selection);
    let mut line = |line: String| writeln!(text, "{line}").expect("into a text");
    for route in &api.routes {
        let arrow = if route.two_way { "<->" } else { "->" };
        line(format!("route {} {arrow} {}", route.key, route.function));
        if let Some(models) = &route.models {
            for (key, name, schema) in &models.by_key {
                let by = models.selection.as_deref().unwrap_or("-");
                line(format!("  model {name} if {by} is {key}: {schema}"));
            }
        }
    }
    match &api.access {
        Access::Everybody => {}
        Access::Iam => line("access by signature".to_owned()),
        Access::Lambda(lambda) => {
            line(format!("access by {} {:?}", lambda.function, lambda.sources))
        }
    }
    if let Some(keys) = &api.keys {
        line(format!("keys {:?}, from the authorizer: {}", keys.keys, keys.from_authorizer));
    }
    let stage = &api.stage;
    line(format!("stage {:?} {:?}", stage.name, stage.variables));
    if stage.throttle.is_some() || !stage.throttles.is_empty() {
        line(format!("throttle {:?} {:?}", stage.throttle, stage.throttles));
    }
    for one in functions {
        let (runtime, handler) = (one.runtime.as_deref(), one.handler.as_deref());
        let (runtime, handler) = (runtime.unwrap_or("-"), handler.unwrap_or("-"));
        line(format!("function {} ({}): {runtime} {handler} {:?}", one.id, one.name, one.code));
        line(format!("  {:?}, {} MB, {:?}", one.timeout, one.memory_mb, one.environment));
        if one.concurrency.is_some() || one.build_method.is_some() {
            line(format!("  {:?} {:?} {:?}", one.concurrency, one.build_method, one.binary));
        }
    }
    for table in tables {
        line(format!("table {}, expires by {:?}: {}", table.id, table.expires_by, table.create));
    }
    for notice in ignored {
        line(format!("- {}: {}", notice.place, notice.what));
    }
    text
}
