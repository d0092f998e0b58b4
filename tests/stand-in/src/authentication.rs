//! Authenticates the calls of an integration: its access token and its marketplace headers.

use crate::credentials::Token;
use crate::request::Request;
use crate::smooch::Smooch;
use http::HeaderValue;
use http::header::AUTHORIZATION;

/// Returns the live access token in the `Authorization` header (RFC 6750 §2.1). A repeated header counts as
/// no token.
pub(crate) fn bearer_token<'a>(smooch: &'a Smooch, request: &Request) -> Option<&'a Token> {
    let mut headers = request.headers().get_all(AUTHORIZATION).iter();
    let (Some(header), None) = (headers.next(), headers.next()) else {
        return None;
    };
    let (scheme, token) = header.to_str().ok()?.split_once(' ')?;
    let token = scheme.eq_ignore_ascii_case("Bearer").then(|| smooch.tokens.get(token.trim()))??;
    (!token.revoked).then_some(token)
}

/// The name of the first marketplace header that is missing or wrong. `None` if the integration is not in the
/// marketplace.
pub(crate) fn missing_marketplace_header(smooch: &Smooch, request: &Request) -> Option<&'static str> {
    let marketplace = smooch.options.marketplace.as_ref()?;
    let expected = [
        ("x-zendesk-marketplace-name", &marketplace.name),
        ("x-zendesk-marketplace-organization-id", &marketplace.organization_id),
        ("x-zendesk-marketplace-bot-id", &marketplace.bot_id),
    ];
    let sent = |name| request.headers().get(name).map(HeaderValue::as_bytes);
    expected.into_iter().find(|(name, value)| sent(*name) != Some(value.as_bytes())).map(|(name, _)| name)
}
