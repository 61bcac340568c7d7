//! The flags of `lift dev` for the gateway: who may reach it, and how it behaves.

use std::path::PathBuf;

/// How the gateway behaves where API Gateway can be configured.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Gateway")]
pub(crate) struct GatewayArgs {
    /// Let other machines connect: allows --listen beyond loopback, and guards @connections with a
    /// token
    #[arg(long)]
    pub(crate) public: bool,

    /// The token that calls of @connections need [default: none; random with --public]
    #[arg(
        long,
        value_name = "TOKEN",
        env = "LIFT_MANAGEMENT_TOKEN",
        hide_env_values = true,
        value_parser = token
    )]
    pub(crate) management_token: Option<String>,

    /// Take only signed calls of @connections, as AWS does
    #[arg(long)]
    pub(crate) require_signature: bool,

    /// A stage variable, which every event carries; may be given again
    #[arg(long = "stage-variable", value_name = "NAME=VALUE", value_parser = stage_variable)]
    pub(crate) stage_variables: Vec<(String, String)>,

    /// Let only such messages through to a route as a JSON Schema allows; may be given again
    #[arg(long = "model", value_name = "KEY=FILE", value_parser = model)]
    pub(crate) models: Vec<(String, PathBuf)>,

    /// Handle the messages of one connection one after the other, which AWS does not promise
    #[arg(long)]
    pub(crate) serial: bool,
}

/// As long as what a guesser would need centuries for, and fit for a header.
fn token(text: &str) -> Result<String, String> {
    match (16..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        true => Ok(text.to_owned()),
        false => Err("a token has 16 to 128 letters, digits and signs, without spaces".to_owned()),
    }
}

fn model(text: &str) -> Result<(String, PathBuf), String> {
    match text.rsplit_once('=') {
        Some((key, file)) if !key.is_empty() && !file.is_empty() => {
            Ok((key.to_owned(), file.into()))
        }
        _ => Err("write KEY=FILE, such as `say=say.schema.json`".to_owned()),
    }
}

fn stage_variable(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE, such as `table=chat`")?;
    // API Gateway's own rules for both.
    let of_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let of_value = |c: char| c.is_ascii_alphanumeric() || "-._~:/?#&=,".contains(c);
    if name.is_empty() || !name.chars().all(of_name) {
        return Err("a stage variable is named with letters, digits and `_`".to_owned());
    }
    if value.is_empty() || !value.chars().all(of_value) {
        return Err("a stage variable's value has letters, digits and `-._~:/?#&=,`".to_owned());
    }
    Ok((name.to_owned(), value.to_owned()))
}
