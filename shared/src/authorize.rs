//! Builds authorization requests (RFC 6749 §4.1.1). It never sends them: the browser follows the link on a click.

use crate::push_parameter;
use alloc::string::String;

/// The request that the button's link makes to the authorization endpoint.
///
/// ```
/// use shared::AuthorizationRequest;
///
/// let request = AuthorizationRequest {
///     client_id: "shoplifter",
///     redirect_uri: "https://connect.partner.example/callback",
///     state: "1.main.E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
///     code_challenge: None,
/// };
/// assert_eq!(
///     request.url("https://app.smooch.io/oauth/authorize"),
///     "https://app.smooch.io/oauth/authorize?response_type=code&client_id=shoplifter\
///      &redirect_uri=https%3A%2F%2Fconnect.partner.example%2Fcallback\
///      &state=1.main.E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
/// );
/// ```
#[derive(Clone, Copy, Debug)]
pub struct AuthorizationRequest<'a> {
    /// The client id that Smooch issued to the partner.
    pub client_id: &'a str,
    /// The edge's `/callback`, which receives the authorization code. It must be registered at Smooch.
    pub redirect_uri: &'a str,
    /// The [`State`](crate::State) as text. Smooch sends it back with the code.
    pub state: &'a str,
    /// The PKCE challenge (RFC 7636 §4.3), for a server that supports PKCE. Smooch does not document PKCE.
    pub code_challenge: Option<&'a str>,
}

impl AuthorizationRequest<'_> {
    /// The URL of the link: `endpoint` with this request as its query.
    ///
    /// RFC 6749 §3.1: an endpoint that already has a query keeps it.
    #[must_use]
    pub fn url(&self, endpoint: &str) -> String {
        let mut url = String::from(endpoint);
        if !endpoint.contains('?') {
            url.push('?');
        }
        push_parameter(&mut url, "response_type", "code");
        push_parameter(&mut url, "client_id", self.client_id);
        push_parameter(&mut url, "redirect_uri", self.redirect_uri);
        push_parameter(&mut url, "state", self.state);
        if let Some(challenge) = self.code_challenge {
            push_parameter(&mut url, "code_challenge", challenge);
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
        let state = &format!("1.main.{CHALLENGE}");
        let redirect_uri = "https://connect.partner.example/callback";
        let code_challenge = pkce.then_some(CHALLENGE);
        let request = AuthorizationRequest { client_id, redirect_uri, state, code_challenge };
        assert_eq!(request.url(endpoint), expected);
    }

    const ENDPOINT: &str = "https://app.smooch.io/oauth/authorize";
    const REDIRECT: &str = "redirect_uri=https%3A%2F%2Fconnect.partner.example%2Fcallback";

    #[test]
    fn the_link_has_the_parameters_of_rfc_6749() {
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
    fn a_value_cannot_add_a_parameter() {
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
