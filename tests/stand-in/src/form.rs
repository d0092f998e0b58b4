//! Reads the forms of the pages. Each form carries the CSRF token of its session, signed in or not.

use crate::params::Params;
use crate::session::Session;
use crate::smooch::Smooch;
use crate::{Request, Response, pages, response};
use http::StatusCode;
use http::header::CONTENT_TYPE;

impl Smooch {
    /// Reads a posted form and returns its session and its fields.
    ///
    /// On error it returns an error page: 415 for another content type, 400 for a duplicate field, 403 for a CSRF
    /// token that does not belong to this browser's session.
    pub(crate) fn posted_form(&self, request: &Request) -> Result<(Session, Params), Box<Response>> {
        const UNREADABLE: &str = "The form could not be read";
        if content_type(request) != "application/x-www-form-urlencoded" {
            let page = pages::error(UNREADABLE, "Please go back and use the button on the page.");
            return Err(self.page(StatusCode::UNSUPPORTED_MEDIA_TYPE, page).into());
        }
        let Ok(fields) = Params::parse(request.body()) else {
            let page =
                pages::error(UNREADABLE, "A field was sent more than once. Please go back and try again.");
            return Err(self.page(StatusCode::BAD_REQUEST, page).into());
        };
        let session = self.sessions.find(request).filter(|session| fields.get("csrf") == Some(&session.csrf));
        let Some(session) = session else {
            let text = "It was opened in another browser, or you have signed in or out since then. Please go back, \
                        reload the page and try again.";
            let page = pages::error("This form has expired", text);
            return Err(self.page(StatusCode::FORBIDDEN, page).into());
        };
        Ok((session, fields))
    }

    /// Redirects to the sign-in page, which leads back to the URL of `request`.
    pub(crate) fn redirect_to_login(request: &Request) -> Response {
        let next = request.uri().path_and_query().map_or("/console", |next| next.as_str());
        let query = form_urlencoded::Serializer::new(String::new()).append_pair("next", next).finish();
        response::see_other(&format!("/login?{query}"))
    }
}

/// The media type of `Content-Type`, without parameters and in lower case. Empty if the header is absent.
pub(crate) fn content_type(request: &Request) -> String {
    let header =
        request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    header.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}
