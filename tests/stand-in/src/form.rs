//! Reads the forms of the pages. Each form carries the CSRF token of its session, signed in or not.

use crate::pages;
use crate::params::Params;
use crate::request::{Request, content_type};
use crate::response::Response;
use crate::session::Session;
use crate::smooch::Smooch;
use http::StatusCode;

/// Reads a posted form and returns its session and its fields.
///
/// On error it returns an error page: 415 for another content type, 400 for a duplicate field, 403 for a CSRF
/// token that does not belong to this browser's session.
pub(crate) fn posted_form(smooch: &Smooch, request: &Request) -> Result<(Session, Params), Box<Response>> {
    const UNREADABLE: &str = "The form could not be read";
    if content_type(request) != "application/x-www-form-urlencoded" {
        let page = pages::error(UNREADABLE, "Please go back and use the button on the page.");
        return Err(page.into_response(StatusCode::UNSUPPORTED_MEDIA_TYPE, &smooch.options).into());
    }
    let Ok(fields) = Params::parse(request.body()) else {
        let page = pages::error(UNREADABLE, "A field was sent more than once. Please go back and try again.");
        return Err(page.into_response(StatusCode::BAD_REQUEST, &smooch.options).into());
    };
    let session = smooch.sessions.find(request).filter(|session| fields.get("csrf") == Some(&session.csrf));
    let Some(session) = session else {
        let text = "It was opened in another browser, or you have signed in or out since then. Please go back, \
                    reload the page and try again.";
        let page = pages::error("This form has expired", text);
        return Err(page.into_response(StatusCode::FORBIDDEN, &smooch.options).into());
    };
    Ok((session, fields))
}
