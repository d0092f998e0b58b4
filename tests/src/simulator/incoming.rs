//! Requests to the edge, and its answers.

use super::platform::{SimulatedPlatform, header_pairs};
use crate::world::{Request, Response};
use edge::{
    dispatch::handle,
    fault::Fault,
    http::{Body, BodyError, COMMON_HEADERS, Incoming},
    settings::Settings,
};

/// Lets the edge answer a request.
pub(super) async fn answer(
    settings: Result<&Settings, &[Fault]>,
    platform: &SimulatedPlatform,
    request: Request,
) -> Response {
    let (method, url) = (request.method().to_string(), request.uri().to_string());
    let mut incoming = IncomingRequest(request);
    let answer = handle(settings, platform, &method, &url, &mut incoming).await;
    let mut response = http::Response::builder().status(answer.status);
    for (name, value) in answer.headers {
        response = response.header(name.as_ref(), value);
    }
    if answer.has_common_headers {
        for (name, value) in COMMON_HEADERS {
            response = response.header(name, value);
        }
    }
    let body = match answer.body {
        Body::Text(text) => text.into_bytes(),
        Body::Stream(bytes) => bytes,
    };
    response.body(body).expect("the edge's headers are valid")
}

struct IncomingRequest(Request);

impl Incoming for IncomingRequest {
    type Stream = Vec<u8>;

    fn headers(&self) -> Vec<(String, String)> {
        header_pairs(self.0.headers())
    }

    fn stream(&mut self) -> Option<Vec<u8>> {
        let body = self.0.body().clone();
        (!body.is_empty()).then_some(body)
    }

    fn header(&self, name: &str) -> Option<String> {
        let values: Vec<_> =
            self.0.headers().get_all(name).iter().filter_map(|value| value.to_str().ok()).collect();
        // RFC 9110 §5.3: the values of a repeated header are joined, as the platform does.
        (!values.is_empty()).then(|| values.join(", "))
    }

    async fn body(&mut self, limit: usize) -> Result<Vec<u8>, BodyError> {
        if self.0.body().len() > limit { Err(BodyError::TooLong) } else { Ok(self.0.body().clone()) }
    }
}
