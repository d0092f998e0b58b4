//! Forms that a browser posts: signed in or not, each carries its session's CSRF token.

use crate::params::Params;
use crate::session::Session;
use crate::smooch::Smooch;
use crate::{Request, Response, answer, pages};
use http::StatusCode;
use http::header::CONTENT_TYPE;

impl Smooch {
    /// The session and the fields of a form, or the page that refuses it: 415 for another content type, 400 for a
    /// field that comes twice, 403 for one that no page of this session made.
    pub(crate) fn posted_form(&self, request: &Request) -> Result<(Session, Params), Box<Response>> {
        if content_type(request) != "application/x-www-form-urlencoded" {
            let page = pages::refused("That is not a form", "Please go back and use the button on the page.");
            return Err(self.page(StatusCode::UNSUPPORTED_MEDIA_TYPE, page).into());
        }
        let Ok(fields) = Params::parse(request.body()) else {
            let page = pages::refused("That form was filled in twice", "Please go back and try again.");
            return Err(self.page(StatusCode::BAD_REQUEST, page).into());
        };
        let session = self.sessions.of(request).filter(|session| fields.get("csrf") == Some(&session.csrf));
        let Some(session) = session else {
            let text = "It was not made in this browser, or you have signed in or out since. Please go back, \
                        reload the page and try again.";
            let page = pages::refused("This form is out of date", text);
            return Err(self.page(StatusCode::FORBIDDEN, page).into());
        };
        Ok((session, fields))
    }

    /// Where to sign in before coming back to this request's address.
    pub(crate) fn sign_in_first(request: &Request) -> Response {
        let here = request.uri().path_and_query().map_or("/console", |here| here.as_str());
        let query = form_urlencoded::Serializer::new(String::new()).append_pair("next", here).finish();
        answer::see_other(&format!("/login?{query}"))
    }
}

/// The media type of a body, without parameters, in lower case; empty if none is given.
pub(crate) fn content_type(request: &Request) -> String {
    let header =
        request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    header.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}
