//! What in an address is made for one viewer or one moment, so that no cache has it twice.
//!
//! The idea to hold: in a query, names and values give it away; in a path, where identifiers of
//! content are at home, only what is called a session or a signature is one.

/// Names of parameters that are made for one viewer or one moment, in lower case.
const FLEETING: &[&str] = &[
    "access_token",
    "auth",
    "exp",
    "expire",
    "expires",
    "hdnea",
    "hdntl",
    "hdnts",
    "hmac",
    "key-pair-id",
    "nonce",
    "policy",
    "session",
    "session_id",
    "sessionid",
    "sid",
    "sig",
    "signature",
    "timestamp",
    "token",
    "uuid",
    "x-amz-date",
    "x-amz-signature",
];

/// What in an address is made for one viewer or one moment.
pub(super) fn fleeting(url: &str) -> Option<String> {
    let url = url.split('#').next().unwrap_or_default();
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let path = path.split_once("://").map_or(path, |(_, rest)| rest);
    let pairs = query.split(['&', ';']).filter_map(|pair| pair.split_once('='));
    for (name, value) in pairs {
        let lower = name.to_ascii_lowercase();
        if FLEETING.contains(&lower.as_str()) {
            return Some(format!("the parameter `{}=`", short(name)));
        }
        if is_uuid(value) || is_timestamp(value) {
            return Some(format!("`{}={}`", short(name), short(value)));
        }
    }
    // In a path, where identifiers of content are at home, only what is called a session is one.
    let mut before = String::new();
    for part in path.split('/').flat_map(|part| part.split(';')) {
        let lower = part.to_ascii_lowercase();
        let (name, value) = lower.split_once(['=', '~']).unwrap_or((&lower, ""));
        let named = !value.is_empty() && (FLEETING.contains(&name) || name == "jsessionid");
        let session = ["sess", "sessions"].contains(&before.as_str());
        if named {
            return Some(format!("`{}` in their path", short(part)));
        }
        if (session || FLEETING.contains(&before.as_str())) && is_token(part) {
            return Some(format!("`{before}/{}` in their path", short(part)));
        }
        before = lower;
    }
    None
}

/// 8-4-4-4-12 hexadecimal digits, or 32 of them.
fn is_uuid(text: &str) -> bool {
    let hexadecimal = |part: &str| part.bytes().all(|byte| byte.is_ascii_hexdigit());
    let lengths: Vec<_> = text.split('-').map(str::len).collect();
    text.split('-').all(hexadecimal) && matches!(lengths[..], [8, 4, 4, 4, 12] | [32])
}

/// Seconds or milliseconds since 1970, from 2017 to 2033.
fn is_timestamp(text: &str) -> bool {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    digits && matches!(text.len(), 10 | 13) && ("15".."20").contains(&text)
}

/// Long enough, and mixed enough, to be nobody's word.
fn is_token(text: &str) -> bool {
    text.len() >= 8 && text.bytes().any(|byte| byte.is_ascii_digit())
}

/// The beginning of what may be very long.
pub(super) fn short(text: &str) -> String {
    match text.char_indices().nth(24) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
