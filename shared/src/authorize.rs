//! Builds authorization requests (RFC 6749 §4.1.1). It does not send them: a person's click does.

use crate::State;
use alloc::string::String;

/// The request that the button's link makes of the authorization endpoint.
#[derive(Clone, Copy, Debug)]
pub struct AuthorizationRequest<'a> {
    /// The client identifier, as Smooch gave it to the partner.
    pub client_id: &'a str,
    /// Where the authorization code is to arrive: the edge's `/callback`. It must be registered at Smooch.
    pub redirect_uri: &'a str,
    /// What comes back with the code.
    pub state: &'a State,
    /// Whether to send the challenge as PKCE's `code_challenge` too (RFC 7636 §4.3). Smooch documents no PKCE.
    pub pkce: bool,
}

impl AuthorizationRequest<'_> {
    /// The whole link: `endpoint` and this request's query. An endpoint that has a query of its own keeps it
    /// (RFC 6749 §3.1).
    #[must_use]
    pub fn url(&self, endpoint: &str) -> String {
        let mut url = String::from(endpoint);
        let first = if !endpoint.contains('?') {
            "?"
        } else if endpoint.ends_with(['?', '&']) {
            ""
        } else {
            "&"
        };
        let state = self.state.to_text();
        let challenge = self.state.challenge.as_str();
        url.push_str(first);
        url.push_str("response_type=code");
        push(&mut url, "client_id", self.client_id);
        push(&mut url, "redirect_uri", self.redirect_uri);
        push(&mut url, "state", &state);
        if self.pkce {
            push(&mut url, "code_challenge", challenge);
            push(&mut url, "code_challenge_method", "S256");
        }
        url
    }
}

fn push(url: &mut String, name: &str, value: &str) {
    url.push('&');
    url.push_str(name);
    url.push('=');
    push_encoded(url, value);
}

/// Percent-encodes all but the unreserved characters (RFC 3986 §2.3), which every reader of a query takes as
/// they stand.
fn push_encoded(url: &mut String, value: &str) {
    const HEX: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'];
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            url.push(char::from(byte));
        } else {
            url.push('%');
            for nibble in [byte >> 4, byte & 15] {
                url.extend(HEX.get(usize::from(nibble)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    #[track_caller]
    fn check(endpoint: &str, client_id: &str, pkce: bool, expected: &str) {
        let state = State::parse(&format!("1.main.{CHALLENGE}")).unwrap();
        let redirect_uri = "https://connect.partner.example/callback";
        let request = AuthorizationRequest { client_id, redirect_uri, state: &state, pkce };
        assert_eq!(request.url(endpoint), expected);
    }

    const ENDPOINT: &str = "https://app.smooch.io/oauth/authorize";
    const REDIRECT: &str = "redirect_uri=https%3A%2F%2Fconnect.partner.example%2Fcallback";

    #[test]
    fn the_link_has_what_smooch_and_rfc_6749_ask_for() {
        let query = format!("response_type=code&client_id=shoplifter&{REDIRECT}&state=1.main.{CHALLENGE}");
        check(ENDPOINT, "shoplifter", false, &format!("{ENDPOINT}?{query}"));
    }

    #[test]
    fn pkce_adds_the_challenge_and_its_method() {
        let query = format!(
            "response_type=code&client_id=shoplifter&{REDIRECT}&state=1.main.{CHALLENGE}\
             &code_challenge={CHALLENGE}&code_challenge_method=S256"
        );
        check(ENDPOINT, "shoplifter", true, &format!("{ENDPOINT}?{query}"));
    }

    #[test]
    fn a_value_cannot_break_out_of_its_parameter() {
        let query = format!(
            "response_type=code&client_id=a%26b%3D%20%2B%23%C3%A9&{REDIRECT}&state=1.main.{CHALLENGE}"
        );
        check(ENDPOINT, "a&b= +#é", false, &format!("{ENDPOINT}?{query}"));
    }

    #[test]
    fn an_endpoint_keeps_its_own_query() {
        let query = format!("response_type=code&client_id=a&{REDIRECT}&state=1.main.{CHALLENGE}");
        check("https://a.example/o?x=1", "a", false, &format!("https://a.example/o?x=1&{query}"));
        check("https://a.example/o?", "a", false, &format!("https://a.example/o?{query}"));
    }
}
