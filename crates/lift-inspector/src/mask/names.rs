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

/// Whether the value of a JSON field `name` is an error's code, such as `invalid_payload`, and not a code
/// that signs a user in. It is lower-case words joined by `_`.
pub(super) fn is_error_code(name: &str, value: &str) -> bool {
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase());
    name.eq_ignore_ascii_case("code") && value.contains('_') && value.split('_').all(is_word)
}

/// Masks the subprotocols that are neither `declared` by the app nor well known: browsers send tokens there,
/// because they cannot set headers.
pub(super) fn mask_subprotocols(offered: &str, declared: &[String]) -> String {
    /// Names of protocols that any server may choose.
    const WELL_KNOWN: [&str; 8] = [
        "actioncable-v1-json",
        "graphql-transport-ws",
        "graphql-ws",
        "mqtt",
        "ocpp1.6",
        "ocpp2.0.1",
        "v12.stomp",
        "wamp.2.json",
    ];
    let offered = offered.split(',').map(str::trim).map(|one| {
        match WELL_KNOWN.contains(&one) || declared.iter().any(|name| name == one) {
            true => one,
            false => MASK,
        }
    });
    offered.collect::<Vec<_>>().join(", ")
}
