//! The names of secrets.

/// The replacement of a secret.
pub(crate) const MASK: &str = "•••";

/// Whether this is the name of a secret: of a field, a header or a parameter.
pub(super) fn is_secret(name: &str) -> bool {
    const WITHIN: [&str; 16] = [
        "token",
        "ticket",
        "secret",
        "password",
        "passwd",
        "passcode",
        "passphrase",
        "jwt",
        "credential",
        "apikey",
        "sessid",
        "sessionid",
        "csrf",
        "xsrf",
        "saml",
        "authorization",
    ];
    const WHOLE: [&str; 35] = [
        "access",
        "accesskey",
        "accesskeyid",
        "assertion",
        "auth",
        "authcode",
        "bearer",
        "clientassertion",
        "code",
        "codeverifier",
        "connectsid",
        "cookie",
        "key",
        "mfa",
        "nonce",
        "otp",
        "pass",
        "pin",
        "privatekey",
        "pwd",
        "refresh",
        "relaystate",
        "session",
        "setcookie",
        "sid",
        "sig",
        "signature",
        "signingkey",
        "sso",
        "state",
        "totp",
        "xamzsignature",
        "xauth",
        "xauthkey",
        "xsession",
    ];
    let is_sign = |c: &char| !matches!(c, '-' | '_' | '.' | ' ');
    let name: String = name.chars().filter(is_sign).map(|c| c.to_ascii_lowercase()).collect();
    WITHIN.iter().any(|part| name.contains(part)) || WHOLE.contains(&&*name)
}

/// Masks tokens among subprotocols: browsers send them there, because they cannot set headers.
pub(super) fn mask_subprotocols(offered: &str) -> String {
    const LONGEST: usize = 32;
    let mut after_secret = false;
    let offered = offered.split(',').map(|one| {
        let one = one.trim();
        let named = is_secret(one) || one.to_ascii_lowercase().contains("bearer");
        let hidden = after_secret || one.len() > LONGEST || (named && one.contains('.'));
        after_secret = named;
        if hidden { MASK } else { one }
    });
    offered.collect::<Vec<_>>().join(", ")
}
