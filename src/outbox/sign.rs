//! Signatures as Standard Webhooks has them: HMAC-SHA256 over `id.timestamp.body`.

use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::store::Secret;

/// Bytes of a secret that somebody brings along.
pub const SHORTEST_SECRET: usize = 24;
pub const LONGEST_SECRET: usize = 256;

const PREFIX: &str = "whsec_";

/// 256 bits of the operating system's randomness, as `whsec_` and Base64.
pub fn new_secret() -> io::Result<Secret> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(Secret(format!("{PREFIX}{}", STANDARD.encode(bytes))))
}

/// The header `webhook-signature`: `v1,<Base64>`. A secret that is not `whsec_` and Base64 is taken as it is.
pub fn signature(secret: &Secret, id: &str, timestamp: i64, body: &[u8]) -> String {
    let decoded = secret.0.strip_prefix(PREFIX).and_then(|text| STANDARD.decode(text).ok());
    let key = decoded.as_deref().unwrap_or(secret.0.as_bytes());
    // A key of any length is fine.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return String::new() };
    mac.update(format!("{id}.{timestamp}.").as_bytes());
    mac.update(body);
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_specification() {
        let secret = Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".into());
        let body = br#"{"test": 2432232314}"#;
        let signed = signature(&secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body);
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn secrets_are_long_and_never_the_same_and_never_logged() {
        let (one, two) = (new_secret().unwrap(), new_secret().unwrap());
        assert!(one != two && one.0.len() == 50 && !format!("{one:?}").contains("whsec"));
    }
}
