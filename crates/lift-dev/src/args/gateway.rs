//! The flags of `lift dev` for the gateway: access, and settings of API Gateway.

use std::path::PathBuf;

use lift_local::HostNames;

/// Settings of the gateway.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Gateway")]
pub(crate) struct GatewayArgs {
    /// Let other machines connect: allows --listen beyond loopback, and requires a token for
    /// @connections
    #[arg(long)]
    pub(crate) public: bool,

    /// The token that calls of @connections must carry [default: none; random with --public]
    #[arg(
        long,
        value_name = "TOKEN",
        env = "LIFT_MANAGEMENT_TOKEN",
        hide_env_values = true,
        value_parser = token
    )]
    pub(crate) management_token: Option<String>,

    /// Accept only signed calls of @connections, as AWS does
    #[arg(long)]
    pub(crate) require_signature: bool,

    /// A host name under which programs may call the APIs, beside localhost and addresses; may be given
    /// more than once
    #[arg(long = "allow-host", value_name = "NAME", value_parser = host)]
    pub(crate) allowed_hosts: Vec<String>,

    /// A stage variable, which every event carries; may be given more than once
    #[arg(long = "stage-variable", value_name = "NAME=VALUE", value_parser = stage_variable)]
    pub(crate) stage_variables: Vec<(String, String)>,

    /// A JSON Schema that messages of a route must match; may be given more than once
    #[arg(long = "model", value_name = "KEY=FILE", value_parser = model)]
    pub(crate) models: Vec<(String, PathBuf)>,

    /// Handle the messages of one connection in order, one at a time. AWS does not guarantee this order
    #[arg(long)]
    pub(crate) serial: bool,
}

/// A token that is too long to guess and that a header can carry.
fn token(text: &str) -> Result<String, String> {
    if (16..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(text.to_owned());
    }
    Err("a token has 16 to 128 letters, digits and signs, without spaces".to_owned())
}

/// A host without a scheme, port or path.
fn host(text: &str) -> Result<String, String> {
    let is_name_char = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    match !text.is_empty() && text.bytes().all(is_name_char) {
        true => Ok(text.to_owned()),
        false => Err("write a name without scheme, port and path, such as `box.local`".to_owned()),
    }
}

impl GatewayArgs {
    /// The hosts of `--allow-host`.
    pub(crate) fn allowed_hosts(&self) -> HostNames {
        self.allowed_hosts.iter().fold(HostNames::default(), |names, name| names.with(name))
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
    // API Gateway's rules.
    let is_name_char = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let is_value_char = |c: char| c.is_ascii_alphanumeric() || "-._~:/?#&=,".contains(c);
    if name.is_empty() || !name.chars().all(is_name_char) {
        return Err("the name of a stage variable has letters, digits and `_`".to_owned());
    }
    if value.is_empty() || !value.chars().all(is_value_char) {
        return Err(
            "the value of a stage variable has letters, digits and `-._~:/?#&=,`".to_owned()
        );
    }
    Ok((name.to_owned(), value.to_owned()))
}
