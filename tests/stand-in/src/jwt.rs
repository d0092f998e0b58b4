//! Access tokens with the shape of Smooch's documentation: a JWT (RFC 7519) that only Smooch can verify.

use crate::random::hmac_sha256;
use base64ct::{Base64UrlUnpadded, Encoding as _};
use serde_json::{Value, json};

/// Signs an access token for `app_id`. Every token needs a new `key_id` and `key`: `iat` counts seconds, so two
/// tokens with the same key and the same second would be equal.
pub(crate) fn access_token(client_id: &str, app_id: &str, key_id: &str, key: &[u8], now_ms: u64) -> String {
    let header = json!({"alg": "HS256", "typ": "JWT", "kid": format!("app_{key_id}"), "azp": client_id});
    let payload = json!({"scope": "integration", "appId": app_id, "iat": now_ms / 1000});
    let signed = format!("{}.{}", encode(&header), encode(&payload));
    let signature = Base64UrlUnpadded::encode_string(&hmac_sha256(key, signed.as_bytes()));
    format!("{signed}.{signature}")
}

fn encode(part: &Value) -> String {
    Base64UrlUnpadded::encode_string(part.to_string().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(part: &str) -> Value {
        serde_json::from_slice(&Base64UrlUnpadded::decode_vec(part).unwrap()).unwrap()
    }

    #[test]
    fn a_token_has_the_documented_header_and_payload_and_no_expiry() {
        let token = access_token("shoplifter", "5deb3bf0e3ad4e0010a3f0c1", "k1", b"key", 1_700_000_000_999);
        let parts: Vec<&str> = token.split('.').collect();
        assert_eq!(parts.len(), 3);
        let header = json!({"alg": "HS256", "typ": "JWT", "kid": "app_k1", "azp": "shoplifter"});
        assert_eq!(decode(parts[0]), header);
        let payload =
            json!({"scope": "integration", "appId": "5deb3bf0e3ad4e0010a3f0c1", "iat": 1_700_000_000_u64});
        assert_eq!(decode(parts[1]), payload);
    }

    // RFC 7515, appendix A.1.
    #[test]
    fn the_signature_is_hmac_sha256_over_header_and_payload() {
        let key = Base64UrlUnpadded::decode_vec(
            "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow",
        )
        .unwrap();
        let signed = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.\
                      eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
        let signature = Base64UrlUnpadded::encode_string(&hmac_sha256(&key, signed.as_bytes()));
        assert_eq!(signature, "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
    }
}
