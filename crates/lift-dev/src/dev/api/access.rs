//! Access to `@connections`: the token, and how functions authenticate with it.
//!
//! A function signs its calls with SigV4, as on AWS. The token is the secret key of its credentials, so
//! every AWS SDK works unchanged, without variables or headers of Lift. People send the token itself.

use anyhow::{Result, anyhow};
use lift_gateway::{Caller, ConnectionsAccess, SignatureRejection, Signatures};
use lift_local::HostNames;

use crate::args::GatewayArgs;

/// The access key of functions, and their secret key if there is no token.
pub(crate) const LOCAL: &str = "local";

/// Access to `@connections`.
pub(crate) struct Access {
    token: Option<String>,
    signed_only: bool,
    /// Whether other machines can reach the gateway.
    is_public: bool,
}

impl Access {
    /// The access that the flags declare. With --public, a random token if none is given.
    pub(crate) fn new(args: &GatewayArgs) -> Result<Self> {
        let token = match &args.management_token {
            None if args.public => Some(random_token()?),
            token => token.clone(),
        };
        Ok(Self { token, signed_only: args.require_signature, is_public: args.public })
    }

    /// The secret key of the functions' credentials.
    pub(crate) fn secret_key(&self) -> &str {
        self.token.as_deref().unwrap_or(LOCAL)
    }

    /// The token, if there is one.
    pub(crate) fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// The token that the inspector asks for. Without --public, only this machine reaches the gateway.
    pub(crate) fn inspector_token(&self) -> Option<&str> {
        self.token.as_deref().filter(|_| self.is_public)
    }

    /// The token that calls may carry as a bearer token, if there is one and --require-signature does not
    /// forbid it.
    pub(crate) fn bearer_token(&self) -> Option<&str> {
        self.token.as_deref().filter(|_| !self.signed_only)
    }

    /// The gateway's setting.
    pub(crate) fn connections(&self, region: &str, allowed_hosts: HostNames) -> ConnectionsAccess {
        // The names that programs build an API's endpoint from.
        let execute_api = format!(".execute-api.{region}.amazonaws.com");
        let allowed_hosts = allowed_hosts.with(&execute_api);
        let guarded = self.token.is_some() || self.signed_only;
        ConnectionsAccess {
            token: self.bearer_token().map(str::to_owned),
            signatures: guarded.then(|| self.signatures(region)),
            allowed_hosts,
        }
    }

    /// The check of signatures with the functions' credentials.
    pub(crate) fn signatures(&self, region: &str) -> Signatures {
        signatures(self.secret_key(), region)
    }

    /// The credentials, for the ready block.
    pub(crate) fn keys(&self, region: &str) -> String {
        let secret_key = self.secret_key();
        format!("access key {LOCAL}, secret key {secret_key}, Region {region}")
    }

    /// The line of the ready block about authentication, if calls need any: its name and its text.
    pub(crate) fn ready_line(&self, region: &str) -> Option<(&'static str, String)> {
        match (self.signed_only, &self.token) {
            (true, _) => {
                let keys = self.keys(region);
                Some(("Signature", format!("SigV4   (for Management: {keys})")))
            }
            (false, Some(token)) => {
                let how = "for Management: `Authorization: Bearer`; functions sign with it";
                Some(("Token", format!("{token}   ({how})")))
            }
            (false, None) => None,
        }
    }
}

fn signatures(secret_key: &str, region: &str) -> Signatures {
    let signatures = lift_aws::Signatures::new(LOCAL, secret_key, region);
    Signatures::new(move |request| {
        let checked = signatures.check(request.method, request.uri, request.headers, request.body);
        match checked {
            Ok(()) => Ok(Caller {
                access_key: LOCAL.to_owned(),
                account_id: "000000000000".to_owned(),
                user: LOCAL.to_owned(),
                user_arn: "arn:aws:iam::000000000000:user/local".to_owned(),
            }),
            Err(error) => {
                Err(SignatureRejection { kind: error.kind(), message: error.to_string() })
            }
        }
    })
}

/// 128 random bits in hexadecimal.
fn random_token() -> Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| anyhow!("cannot get random numbers: {error}"))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
