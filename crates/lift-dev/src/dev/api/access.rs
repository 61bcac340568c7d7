//! Who may call `@connections`: the token, and how the function comes by it.
//!
//! The function proves itself as it does on AWS, with SigV4: the token is the secret key of the
//! credentials that it is given anyway. So every AWS SDK in it works unchanged, with no variable
//! or header of Lift's own. People send the token as it is.

use anyhow::{Result, anyhow};
use lift_gateway::{Caller, ConnectionsAccess, Denied, Signatures};

use crate::args::GatewayArgs;

/// The access key of the function, and its secret key when there is no token.
pub(crate) const LOCAL: &str = "local";

/// Who may call `@connections`.
pub(crate) struct Access {
    token: Option<String>,
    signed_only: bool,
}

impl Access {
    /// What the flags say; a random token when others may connect and none is given.
    pub(crate) fn new(args: &GatewayArgs) -> Result<Self> {
        let token = match &args.management_token {
            None if args.public => Some(random()?),
            token => token.clone(),
        };
        Ok(Self { token, signed_only: args.require_signature })
    }

    /// The secret key of the function's credentials.
    pub(crate) fn secret_key(&self) -> &str {
        self.token.as_deref().unwrap_or(LOCAL)
    }

    /// The token, if there is one.
    pub(crate) fn secret(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// The token that people send, if there is one and it is taken.
    pub(crate) fn token(&self) -> Option<&str> {
        self.token.as_deref().filter(|_| !self.signed_only)
    }

    /// What the gateway checks.
    pub(crate) fn connections(&self, region: &str) -> ConnectionsAccess {
        let guarded = self.token.is_some() || self.signed_only;
        ConnectionsAccess {
            token: self.token().map(str::to_owned),
            signatures: guarded.then(|| self.signatures(region)),
        }
    }

    /// What is signed with the function's credentials.
    pub(crate) fn signatures(&self, region: &str) -> Signatures {
        signatures(self.secret_key(), region)
    }

    /// What signs, in words.
    pub(crate) fn keys(&self, region: &str) -> String {
        let secret_key = self.secret_key();
        format!("access key {LOCAL}, secret key {secret_key}, Region {region}")
    }

    /// The ready block's line on how to call, if not everybody may.
    pub(crate) fn line(&self, region: &str) -> Option<(&'static str, String)> {
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
            Err(error) => Err(Denied { kind: error.kind(), message: error.to_string() }),
        }
    })
}

/// 128 random bits in hexadecimal.
fn random() -> Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| anyhow!("no random numbers: {error}"))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
