//! `GET /callback`: where Smooch sends the owner back to.
//!
//! It changes nothing: no request goes out and nothing is written, so a prefetch, a HEAD, a reload or a link
//! scanner spends no code. It seals what came and sends the browser on to the site it set out from.

use crate::{
    http::{Response, Target},
    log::Report,
    platform::Platform,
    receipt::{Binding, Held, Receipt},
    settings::Settings,
};
use shared::{Callback, CallbackError, ErrorCode, Secret, Site, State};

/// Where to go, once it is known whose flow this is. Only [`place`] makes one, from settings alone.
struct Place {
    return_to: String,
    binding: Binding,
}

/// Answers an authorization response (RFC 6749 §4.1.2):
///
/// 1. read the query, strictly;
/// 2. find the place to go, by the site that the state names; without one, the edge's own page tells the error;
/// 3. check the issuer, where the settings know one;
/// 4. seal the code, and bounce with it in the fragment, which no server and no Referer sees.
pub fn callback(
    settings: &Settings,
    platform: &impl Platform,
    target: &Target<'_>,
    report: &mut Report,
) -> Response {
    let Ok(callback) = Callback::parse(target.query) else {
        return tell_here(target, ErrorCode::InvalidRequest, report);
    };
    let place = match place(settings, target, callback.state) {
        Ok(place) => place,
        Err(code) => return tell_here(target, code, report),
    };
    if let Binding::Browser(state) = &place.binding {
        report.site = Some(state.site.as_str().into());
    }
    // RFC 9207 §2.4: an answer of another issuer, or of none, is a mix-up attack.
    let same_issuer = settings.issuer.is_none() || settings.issuer == callback.issuer;
    let result =
        if same_issuer { callback.result.map_err(error_code) } else { Err(ErrorCode::InvalidRequest) };
    match result {
        Ok(code) => bounce(settings, platform, target, place, code, report),
        Err(code) => tell(&place, code, report),
    }
}

fn place(settings: &Settings, target: &Target<'_>, state: Option<State>) -> Result<Place, ErrorCode> {
    let install = || target.origin.to_owned() + "/install";
    match state {
        Some(state) if state.site.as_str() == Site::HOSTED => {
            Ok(Place { return_to: install(), binding: Binding::Browser(state) })
        }
        Some(state) => {
            let site =
                settings.sites.find(&state.site).map_err(|error| error.code(ErrorCode::InvalidRequest))?;
            Ok(Place { return_to: site.return_to.as_str().into(), binding: Binding::Browser(state) })
        }
        None if settings.direct_install => Ok(Place { return_to: install(), binding: Binding::Direct }),
        None => Err(ErrorCode::InvalidRequest),
    }
}

const fn error_code(error: CallbackError) -> ErrorCode {
    match error {
        CallbackError::Denied => ErrorCode::AccessDenied,
        CallbackError::Unavailable => ErrorCode::SmoochUnavailable,
        CallbackError::Client => ErrorCode::ClientRejected,
        CallbackError::Malformed(_) => ErrorCode::SmoochMalformed,
    }
}

fn bounce(
    settings: &Settings,
    platform: &impl Platform,
    target: &Target<'_>,
    place: Place,
    code: Secret,
    report: &mut Report,
) -> Response {
    // A direct install's authorization request was not ours, and had no redirect URI that we know of.
    let redirect_uri = match place.binding {
        Binding::Browser(_) => Some(target.redirect_uri()),
        Binding::Direct => None,
    };
    let held = Held::Code { code, redirect_uri };
    let receipt = Receipt { binding: place.binding, held, issued: platform.now() };
    let sealed = receipt.seal(&settings.keyring, &settings.client_id, &platform.random());
    report.outcome = "bounced";
    let location = [place.return_to.as_str(), "#smooch.receipt=", &sealed].concat();
    Response::see_other(with_state(location, &receipt.binding))
}

fn tell(place: &Place, code: ErrorCode, report: &mut Report) -> Response {
    report.outcome = code.as_str();
    let location = [place.return_to.as_str(), "#smooch.error=", code.as_str()].concat();
    Response::see_other(with_state(location, &place.binding))
}

/// Tells an error on the edge's own page: there is nowhere else that this request could be trusted to name.
pub(crate) fn tell_here(target: &Target<'_>, code: ErrorCode, report: &mut Report) -> Response {
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
