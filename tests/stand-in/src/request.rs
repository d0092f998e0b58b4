//! The type of requests, and what several endpoints read from one.

use http::header::CONTENT_TYPE;

/// A request with its whole body. [`Smooch::handle`](crate::Smooch::handle) and the handlers of
/// [`serve`](crate::serve) take it.
pub type Request = http::Request<Vec<u8>>;

/// The media type of `Content-Type`, without parameters and in lower case. Empty if the header is absent.
pub(crate) fn content_type(request: &Request) -> String {
    let header =
        request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    header.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}
