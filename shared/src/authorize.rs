//! Builds authorization requests (RFC 6749 §4.1.1). It does not send them: a person's click does.

use crate::{State, push_parameter};
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
        if endpoint.bytes().all(|byte| byte != b'?') {
            url.push('?');
        }
        push_parameter(&mut url, "response_type", "code");
        push_parameter(&mut url, "client_id", self.client_id);
        push_parameter(&mut url, "redirect_uri", self.redirect_uri);
        push_parameter(&mut url, "state", &self.state.to_text());
        if self.pkce {
            push_parameter(&mut url, "code_challenge", self.state.challenge.as_str());
            push_parameter(&mut url, "code_challenge_method", "S256");
        }
        url
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
