//! `GET /callback`: the redirect endpoint to which Smooch sends the browser back.
//!
//! It changes nothing: it sends no request and writes nothing. So a prefetch, a HEAD, a reload or a link scanner
//! cannot use up the code. It seals the code and redirects the browser to the page of the site that started the flow.

use crate::{
    http::{Response, Target},
    log::Report,
    platform::Platform,
    receipt::{Binding, Held, Receipt},
    settings::Settings,
};
use shared::{Callback, CallbackError, ErrorCode, Secret, Site, State};

/// The page to redirect to. Only [`return_target`] makes one, and it takes the URL only from the settings.
struct ReturnTarget {
    url: String,
    binding: Binding,
}

/// Handles an authorization response (RFC 6749 §4.1.2):
///
/// 1. Parse the query. Reject a repeated parameter.
/// 2. Find the page to return to, by the site in the state. Without one, redirect to the edge's own page with the
///    error.
/// 3. Check the issuer, if the settings have one.
/// 4. Seal the code in a receipt and redirect with it in the fragment. Browsers send the fragment to no server and
///    put it in no `Referer`.
pub fn callback(
    settings: &Settings,
    platform: &impl Platform,
    target: &Target<'_>,
    report: &mut Report,
) -> Response {
    let Ok(callback) = Callback::parse(target.query) else {
        return redirect_with_error_to_install(target, ErrorCode::InvalidRequest, report);
    };
    let return_target = match return_target(settings, target, callback.state) {
        Ok(return_target) => return_target,
        Err(code) => return redirect_with_error_to_install(target, code, report),
    };
    if let Binding::Browser(state) = &return_target.binding {
        report.site = Some(state.site.as_str().into());
    }
    // RFC 9207 §2.4: reject a response with another issuer or none: it can be a mix-up attack.
    let same_issuer = settings.issuer.is_none() || settings.issuer == callback.issuer;
    let result =
        if same_issuer { callback.result.map_err(error_code) } else { Err(ErrorCode::InvalidRequest) };
    match result {
        Ok(code) => redirect_with_receipt(settings, platform, target, return_target, code, report),
        Err(code) => redirect_with_error(&return_target, code, report),
    }
}

fn return_target(
    settings: &Settings,
    target: &Target<'_>,
    state: Option<State>,
) -> Result<ReturnTarget, ErrorCode> {
    let install = || target.origin.to_owned() + "/install";
    match state {
        Some(state) if state.site.as_str() == Site::HOSTED => {
            Ok(ReturnTarget { url: install(), binding: Binding::Browser(state) })
        }
        Some(state) => {
            let site =
                settings.sites.find(&state.site).map_err(|error| error.code(ErrorCode::InvalidRequest))?;
            Ok(ReturnTarget { url: site.return_to.as_str().into(), binding: Binding::Browser(state) })
        }
        None if settings.direct_install => Ok(ReturnTarget { url: install(), binding: Binding::Direct }),
        None => Err(ErrorCode::InvalidRequest),
    }
}

const fn error_code(error: CallbackError) -> ErrorCode {
    match error {
        CallbackError::Denied => ErrorCode::AccessDenied,
        CallbackError::Unavailable => ErrorCode::SmoochUnavailable,
        CallbackError::ClientRejected => ErrorCode::ClientRejected,
        CallbackError::Malformed(_) => ErrorCode::SmoochMalformed,
    }
}

fn redirect_with_receipt(
    settings: &Settings,
    platform: &impl Platform,
    target: &Target<'_>,
    return_target: ReturnTarget,
    code: Secret,
    report: &mut Report,
) -> Response {
    let ReturnTarget { url, binding } = return_target;
    // A direct install starts at Smooch. The edge does not know if its authorization request had a redirect URI.
    let redirect_uri = match binding {
        Binding::Browser(_) => Some(target.redirect_uri()),
        Binding::Direct => None,
    };
    let held = Held::Code { code, redirect_uri };
    let receipt = Receipt { binding, held, issued: platform.now() };
    let sealed = receipt.seal(&settings.keyring, &settings.client_id, &platform.random());
    report.outcome = "bounced";
    let location = [url.as_str(), "#smooch.receipt=", &sealed].concat();
    Response::see_other(with_state(location, &receipt.binding))
}

fn redirect_with_error(return_target: &ReturnTarget, code: ErrorCode, report: &mut Report) -> Response {
    report.outcome = code.as_str();
    let location = [return_target.url.as_str(), "#smooch.error=", code.as_str()].concat();
    Response::see_other(with_state(location, &return_target.binding))
}

/// Redirects to the edge's own page `/install` with an error. It is for requests that name no known site: redirecting
/// to any other page would be an open redirect (RFC 9700 §4.11).
pub(crate) fn redirect_with_error_to_install(
    target: &Target<'_>,
    code: ErrorCode,
    report: &mut Report,
) -> Response {
    report.outcome = code.as_str();
    Response::see_other([target.origin, "/install#smooch.error=", code.as_str()].concat())
}

fn with_state(mut location: String, binding: &Binding) -> String {
    if let Binding::Browser(state) = binding {
        location.push_str("&smooch.state=");
        location.push_str(&state.to_text());
    }
    location
}
