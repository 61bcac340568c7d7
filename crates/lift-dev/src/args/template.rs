//! The flags for a template: the file, its parameters and its API.

use std::path::PathBuf;

/// A template of SAM, CloudFormation or the Serverless Framework.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Template")]
pub(crate) struct TemplateArgs {
    /// Run the functions, routes, authorizer, stage and tables of this template; PATH can also be a
    /// template, or a folder that has one and no Cargo.toml
    #[arg(long, value_name = "FILE")]
    pub(crate) template: Option<PathBuf>,

    /// The value of a parameter of the template; may be given more than once
    #[arg(long = "parameter", value_name = "NAME=VALUE", value_parser = parameter)]
    pub(crate) parameters: Vec<(String, String)>,

    /// The logical id of the API, if the template has several
    #[arg(long, value_name = "ID")]
    pub(crate) api: Option<String>,
}

fn parameter(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("write NAME=VALUE, such as `TableName=chat`".to_owned()),
    }
}
